"""Training of networks with Lightning."""
