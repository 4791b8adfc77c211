"""Named features of the views of an event: numbers that describe noise, dips and shape."""
