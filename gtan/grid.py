"""The clip grid: where each clip of a feature sequence lies in its recording.

Inside the network every position is a fraction of a window. Seconds enter through `from_seconds`
and leave through `to_seconds`, and nowhere else.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class ClipGrid:
    """Clip `i` covers `offset + i * stride` to `offset + i * stride + length` seconds.

    A position is measured in clips: clip `i` occupies `i` to `i + 1` and its middle, `i + 0.5`, is
    the middle of what it covers.

    Attributes:
        stride: seconds from one clip to the next.
        length: seconds that one clip covers.
        offset: seconds, where clip 0 starts (negative: it reaches before the recording).

    Example:
        >>> grid = ClipGrid(stride=8 / 30, length=16 / 30)
        >>> round(grid.to_seconds(0.5), 4)  # the middle of the first 16 frames
        0.2667
        >>> round(grid.from_seconds(grid.to_seconds(7.25)), 6)
        7.25
    """

    stride: float
    length: float
    offset: float = 0.0

    def __post_init__(self) -> None:
        if self.stride <= 0 or self.length <= 0:
            raise ValueError(f"stride and length must be positive seconds, not {self}")

    def to_seconds(self, position: Any) -> Any:
        """Seconds of a position in clips (a number, array or tensor)."""
        return self.offset + self.length / 2 + (position - 0.5) * self.stride

    def from_seconds(self, seconds: Any) -> Any:
        """Position in clips of a time in seconds."""
        return (seconds - self.offset - self.length / 2) / self.stride + 0.5

    def span(self, window: float) -> float:
        """Seconds that a window of so many clips lasts."""
        return window * self.stride

    def clips(self, duration: float) -> int:
        """Number of whole clips in `duration` seconds (at least 1)."""
        return max(1, int((duration - self.offset - self.length) / self.stride + 1 + 1e-9))

    def begins_within(self, duration: float) -> bool:
        """Whether clip 0 covers anything of a recording of `duration` seconds."""
        return -self.length < self.offset < duration
