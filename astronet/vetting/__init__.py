"""Statistics of one signal in the light curve of one star: pure functions that read no files."""
