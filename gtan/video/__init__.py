"""Videos of people's own: their frames, each with the time at which the file shows it."""

from __future__ import annotations

from gtan.video.decoding import Frame, Size, VideoError, read_frames

__all__ = ["Frame", "Size", "VideoError", "read_frames"]
