"""Lessons: parts to play with and questions, in notebooks and in pages that need no Python."""
