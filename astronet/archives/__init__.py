"""Archives of light curves: list the files of a star, and download them completely."""
