"""Log scales: their range, and ticks that people read."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from numpy.typing import NDArray


def log_range(values: list[NDArray[Any]]) -> tuple[float, float]:
    """Log10 of the least and greatest positive value, with room; at least a factor of two apart."""
    flat = np.concatenate([value.ravel() for value in values])
    flat = flat[np.isfinite(flat) & (flat > 0)]
    if not len(flat):
        return -1.0, 1.0
    low, high = math.log10(flat.min()), math.log10(flat.max())
    room = max(0.05, (math.log10(2) - (high - low)) / 2)
    return low - room, high + room


def log_ticks(low: float, high: float, most: int) -> list[float]:
    """At most `most` powers of two, or where there are not two of them, evenly spread values."""
    powers = range(math.ceil(low / math.log10(2)), math.floor(high / math.log10(2)) + 1)
    if len(powers) < 2:
        return [float(f"{10**at:.2g}") for at in np.linspace(low, high, most + 2)[1:-1]]
    return [2.0**power for power in powers][:: math.ceil(len(powers) / most)]


def log_axes(figure: go.Figure, values: list[NDArray[Any]], most: int) -> None:
    """One log scale for the y axes of all panels, with at most so many ticks."""
    low, high = log_range(values)
    ticks = log_ticks(low, high, most)
    figure.update_yaxes(
        type="log", range=[low, high], tickvals=ticks, ticktext=[short(tick) for tick in ticks]
    )


def decimal_ticks(values: NDArray[Any] | pd.Series[float], most: int = 12) -> dict[str, Any]:
    """An axis of Plotly for positive values, with ticks written out: 0.5, 1, 2, 5, 10, ...

    Plotly itself writes "2" and "5" for 20 and 50 as for 0.02 and 0.05. Where these are more than
    `most`, powers of ten alone.

    Example:
        >>> decimal_ticks(np.array([0.4, 30.0]))["ticktext"]
        ['0.5', '1', '2', '5', '10', '20']
    """
    flat = np.asarray(values, float)
    flat = flat[np.isfinite(flat) & (flat > 0)]
    if not len(flat):
        return {"type": "log"}
    low, high = flat.min(), flat.max()
    decades = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    for steps in ((1, 2, 5), (1,)):
        ticks = [step * 10.0**decade for decade in decades for step in steps]
        ticks = [tick for tick in ticks if 0.8 * low <= tick <= 1.25 * high]
        if len(ticks) <= most:
            break
    return {"type": "log", "tickvals": ticks, "ticktext": [f"{tick:.12g}" for tick in ticks]}


def short(value: float) -> str:
    """Three digits."""
    return f"{value:.3g}"
