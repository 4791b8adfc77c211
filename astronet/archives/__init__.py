"""Archives of light curves: list the files of a star, download them and check them."""
