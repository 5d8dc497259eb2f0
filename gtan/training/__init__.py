"""How a run is made."""
