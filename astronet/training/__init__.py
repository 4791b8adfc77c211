"""Training with Lightning; the module `settings` can be imported without Lightning."""
