"""Plot style, HTML rendering and plots of views, shared by all reports."""
