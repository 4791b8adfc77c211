"""Stars that never were: physics and noise, with no files and no mission."""
