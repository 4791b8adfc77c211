"""How good scores are: metrics with intervals, plots, the report and the sheet of views."""
