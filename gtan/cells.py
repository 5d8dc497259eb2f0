"""The cells of the anchor layers' feature maps: how many there are, and where their kernels stand.

Layers are numbered from 0, conv_a1, as in code.
"""

from __future__ import annotations

from typing import Any, Literal


def layer_cells(clips: Any, layers: int) -> tuple[Any, ...]:
    """Cells of each anchor layer's map: pool1 and then every layer halve, rounding up (Table 1).

    Those of a window's clips are T_j. Those of the clips that lie within the recording are valid;
    as padding stands at the end, they are the first ones.

    Args:
        clips: a number, or an array of them.

    Example:
        >>> layer_cells(512, 5), layer_cells(70, 5)
        ((128, 64, 32, 16, 8), (18, 9, 5, 3, 2))
    """
    cells, length = [], -(-clips // 2)
    for _ in range(layers):
        length = -(-length // 2)
        cells.append(length)
    return tuple(cells)


def alignment_shift(layer: int) -> float:
    """Cells by which (t + 0.5) / T lies right of the centre of a cell's receptive field (R16)."""
    return 0.5 - 0.5 ** (layer + 3)


def first_center(layer: int, alignment: Literal["paper", "receptive_field"]) -> float:
    """Where the first cell's kernel stands, in cells; that of cell t stands t further (R3, R16).

    Example:
        >>> first_center(0, "paper"), first_center(0, "receptive_field")
        (0.5, 0.125)
    """
    return 0.5 - (alignment_shift(layer) if alignment == "receptive_field" else 0.0)
