"""What a run is, and what it keeps: read without torch."""
