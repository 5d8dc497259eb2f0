"""Videos of people's own: their frames, each with the time at which the file shows it."""

from __future__ import annotations

from gtan.video.decoding import (
    Frame,
    Size,
    Timing,
    Video,
    VideoError,
    measure,
    open_video,
    read_frames,
)
from gtan.video.names import VIDEOS, videos_in

__all__ = [
    "VIDEOS",
    "Frame",
    "Size",
    "Timing",
    "Video",
    "VideoError",
    "measure",
    "open_video",
    "read_frames",
    "videos_in",
]
