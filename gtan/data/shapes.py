"""What an array of features must be: numbers, along two axes, clips and dimensions.

Extractors leave a third axis of length 1: [1, T, D], [T, 1, D], ... It is no question which two
axes are meant, and so it is dropped.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from gtan.data.texts import listed, shown


class FeatureError(ValueError):
    """A feature file is not what it should be; the message names it and says what to do."""


def chosen_name(names: Collection[str], key: str, what: str) -> str:
    """The array of that name in a file that holds several, or, without a name, the only one.

    Args:
        names: of all in the file.
        key: of `data.feature_key`; "": there is but one.
        what: "array" or "tensor", for messages.

    Raises:
        FeatureError: there is none of that name, or several and no name.
    """
    if key and key not in names:
        raise FeatureError(
            f"has no {what} {shown(key)} (data.feature_key); it holds {listed(names) or 'none'}"
        )
    if not key and len(names) != 1:
        raise FeatureError(
            f"holds {len(names)} {what}s ({listed(names)}); name one by data.feature_key"
        )
    return key or next(iter(names))


def check_array(array: Any) -> None:
    """That an array is a feature sequence, or one with an extra axis.

    Args:
        array: anything with a shape and a dtype, which are all that is looked at.

    Raises:
        FeatureError: saying what it is instead.
    """
    if array.dtype.kind == "O":
        raise FeatureError(
            "holds Python objects (a pickle), or text, which are never loaded; save the plain "
            "array: np.save(path, np.asarray(features, 'float32'))"
        )
    if array.dtype.kind not in "fiu":
        raise FeatureError(f"holds {array.dtype}, not numbers")
    shape = tuple(array.shape or ())  # HDF5 has arrays of no shape at all
    extra_axis(shape)
    if 0 in shape:
        raise FeatureError(f"is empty, shape {shape}; extract it again")


def extra_axis(shape: Sequence[int]) -> int | None:
    """The one axis of length 1 that a three-dimensional array has too many; None for [., .].

    Raises:
        FeatureError: saying what is wrong with the shape and what to do.

    Example:
        >>> extra_axis((900, 400)), extra_axis((1, 900, 400)), extra_axis((900, 1, 400))
        (None, 0, 1)
    """
    if len(shape) == 2:
        return None
    ones = [axis for axis, length in enumerate(shape) if length == 1]
    if len(shape) == 3 and len(ones) == 1:
        return ones[0]
    wrong = f"has shape {tuple(shape)}; a feature sequence is [clips, dimensions]"
    if len(shape) == 3 and len(ones) > 1:
        long = max(shape)
        wrong += f", and this can be {long} clips or {long} dimensions"
    raise FeatureError(f"{wrong}: save two axes (numpy's array.reshape(clips, dimensions))")
