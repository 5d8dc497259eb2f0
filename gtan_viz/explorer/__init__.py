"""The explorer: a widget in Jupyter, and the same as one page that needs no Python."""
