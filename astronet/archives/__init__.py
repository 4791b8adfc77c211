"""Archives of light curves and tables: list, download and check their files."""
