"""Speed and quality figures: scripts that print tables; the test suite runs none of them."""
