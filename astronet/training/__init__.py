"""Training with Lightning; `settings` can be imported without it."""
