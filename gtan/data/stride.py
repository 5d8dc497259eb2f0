"""Can the stride that one believes a feature sequence to have be true?"""

from __future__ import annotations

import math
from dataclasses import dataclass
from numbers import Integral
from pathlib import Path
from typing import Any

from gtan.grid import ClipGrid


@dataclass(frozen=True)
class StrideCheck:
    """Whether a feature sequence can have the stride that is claimed for it; print it.

    Attributes:
        possible: whether the number of clips fits.
        clips: in the feature sequence.
        expected: fewest and most clips, without tolerance: whole clips only, and one more for
            every stride that begins within the recording.
        implied: frames from clip to clip if the clips do cover the recording.
        advice: what the mistake may be; "" if there is none.
    """

    possible: bool
    clips: int
    expected: tuple[int, int]
    implied: float
    advice: str

    def __str__(self) -> str:
        low, high = self.expected
        verdict = "can be true" if self.possible else "cannot be true"
        text = (
            f"the stride {verdict}: {self.clips} clips, {low} to {high} expected; clips that cover "
            f"the recording would lie {self.implied:.4g} frames apart"
        )
        return f"{text}. {self.advice}" if self.advice else text


def check_stride(
    features: Any,
    duration: float,
    *,
    stride: float,
    length: float,
    fps: float,
    offset: float = 0.0,
    tolerance: float = 0.05,
) -> StrideCheck:
    """Say whether the claimed stride of a feature sequence can be true.

    Args:
        features: a feature file (its path, or a `FeatureFile` that says how it is read), an array
            [T, D] (a third axis of length 1 is dropped), or the number of clips T.
        duration: of the recording, seconds.
        stride, length, offset: of the clips, in frames (samples).
        fps: frames a second at which the features were extracted.
        tolerance: share by which the number of clips may be off (two clips are always allowed).

    Raises:
        ValueError: a file that is no feature sequence or can be read in two ways, a quantity that
            is not positive, or an offset that leaves clip 0 outside the recording.

    Example:
        >>> check_stride(1800, 240.0, stride=4, length=16, fps=30).possible  # I3D
        True
        >>> print(check_stride(900, 240.0, stride=4, length=16, fps=30))  # doctest: +ELLIPSIS
        the stride cannot be true: 900 clips, 1797 to 1800 expected; clips that cover ...
    """
    shape = _shape(features)
    clips = shape[0]
    if not (duration > 0 and fps > 0 and math.isfinite(duration)):
        raise ValueError(f"duration and fps must be positive, not {duration} and {fps}")
    grid = ClipGrid(stride / fps, length / fps, offset / fps)
    if not grid.begins_within(duration):
        raise ValueError(
            f"offset {offset:g}: clip 0, frames {offset:g} to {offset + length:g}, lies outside "
            f"the recording of {duration:g} s, {duration * fps:g} frames (data.clip_offset)"
        )
    expected = (grid.clips(duration), max(1, math.ceil(duration / grid.stride - 1e-9)))
    expected = (min(expected), max(expected))

    def fits(count: int, seconds: float = duration) -> bool:
        scale = seconds / duration
        slack = max(2.0, tolerance * expected[1] * scale)
        return expected[0] * scale - slack <= count <= expected[1] * scale + slack

    possible = fits(clips)
    implied = duration * fps / clips
    advice = ""
    other_fits = len(shape) == 2 and fits(shape[1])
    if possible and other_fits:
        advice = "The other axis fits too: make sure that clips stand in the first."
    elif not possible:
        ratio = implied / stride
        if other_fits:
            advice = "The other axis fits: clips stand in the last axis (data.feature_layout)."
        elif clips in (64, 100, 128, 256, 512, 1024):
            advice = (
                "That is a round number: if all files have it, they were rescaled "
                "(data.spacing='even')."
            )
        else:
            advice = (
                f"Stride, fps or duration is off by a factor of {ratio:.3g}: "
                f"is the stride {implied:.3g} frames, or fps {fps / ratio:.4g}?"
            )
    return StrideCheck(possible, clips, expected, implied, advice)


def _shape(features: Any) -> tuple[int, ...]:
    if isinstance(features, str | Path):
        from gtan.data.features import FeatureFile

        return FeatureFile(Path(features)).shape
    shape = (int(features),) if isinstance(features, Integral) else tuple(features.shape)
    if len(shape) > 2:
        from gtan.data.shapes import extra_axis

        axis = extra_axis(shape)
        shape = tuple(length for number, length in enumerate(shape) if number != axis)
    if not shape or shape[0] < 1:
        raise ValueError(f"features have shape {shape}; a feature sequence is [clips, dimensions]")
    return shape
