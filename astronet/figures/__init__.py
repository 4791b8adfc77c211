"""Drawing kit of all pages and plots: style, page template, views, sheets."""
