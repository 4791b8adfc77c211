"""Style, page template and figures of views that all reports and plots share."""
