"""Pictures in Plotly, one idea a file."""
