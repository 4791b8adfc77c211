"""Explanation of scores: attributions, removals, shifts, feature maps, and an HTML page."""
