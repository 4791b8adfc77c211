"""Training runs, weights that come with the package, and the scorer that loads both."""
