"""What a run is, and what it keeps: read without torch."""

from gtan.runs.explanation import Explanation
from gtan.runs.run import Run, open_run
from gtan.runs.trace import Trace

__all__ = ["Explanation", "Run", "Trace", "open_run"]
