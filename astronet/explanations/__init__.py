"""Explanation of scores: attributions, removals, shifts, feature maps, and the page with them."""
