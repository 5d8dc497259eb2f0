"""Data sets, annotations and features."""
