"""Hyperparameter search: the search space, cross-validation folds, trials and results."""
