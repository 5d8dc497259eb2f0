"""What a picture is drawn from: an object, or the path of its file or folder."""

from __future__ import annotations

from pathlib import Path

from gtan.runs.explanation import Explanation
from gtan.runs.run import Run, open_run
from gtan.runs.trace import Trace


def as_explanation(source: Explanation | str | Path) -> Explanation:
    """The Explanation, read if it is the path of a file."""
    return source if isinstance(source, Explanation) else Explanation.load(source)


def as_trace(source: Trace | Run | str | Path) -> Trace:
    """The Trace itself, of a run, or of the path of either's folder."""
    if isinstance(source, Trace):
        return source
    if isinstance(source, Run):
        return source.trace()
    path = Path(source)
    return Trace.load(path) if (path / "index.json").exists() else open_run(path).trace()


def check_place(explanation: Explanation, layer: int, window: int = 0) -> None:
    """Raise a ValueError that names what there is, if there is no such layer or window."""
    layers, windows = len(explanation.header["layers"]), len(explanation.arrays["windows.start"])
    if not 1 <= layer <= layers:
        raise ValueError(f"there is no layer {layer}; this Explanation has layers 1 to {layers}")
    if not 0 <= window < windows:
        raise ValueError(
            f"there is no window {window}; this recording has windows 0 to {windows - 1}"
        )
