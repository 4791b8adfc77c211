"""What can be wrong with the events of a data set: leaks, conflicts, views without content."""
