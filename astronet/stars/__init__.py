"""The unit of work: one star, from its files to a result."""
