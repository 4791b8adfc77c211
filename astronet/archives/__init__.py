"""Archives of light curves: which files a star has, and how they reach the disk unharmed."""
