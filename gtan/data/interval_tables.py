"""Tables of intervals: raw values, from whatever file or frame, become a checked frame."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import date, timedelta
from typing import Any

import numpy as np
import pandas as pd

from gtan.data.labels import label_number, to_names
from gtan.data.tables import NAMES, check_once
from gtan.data.texts import name_fault, shown

TRUTH_COLUMNS = ("video", "label", "start", "end")
DETECTION_COLUMNS = (*TRUTH_COLUMNS, "score")
PROPOSAL_COLUMNS = ("video", "start", "end", "score")


def check_frame(frame: pd.DataFrame, columns: tuple[str, ...], source: str) -> pd.DataFrame:
    """These columns of a frame, in this order, rows numbered from 0.

    Args:
        source: what the frame is, for messages.

    Raises:
        ValueError: naming the source and the row; see `to_frame`. Or a column is missing, or there
            twice.
    """
    check_once(list(frame.columns), source)
    missing = [column for column in columns if column not in frame.columns]
    if missing:
        raise ValueError(f"{source}: column {', '.join(missing)} is missing; need {list(columns)}")
    data = {column: frame[column].to_numpy() for column in columns}
    return to_frame(data, columns, lambda row: f"{source}: row {row}")


def to_frame(
    data: Mapping[str, Any],
    columns: tuple[str, ...],
    where: Callable[[int], str],
    labels: Mapping[str, str] | None = None,
) -> pd.DataFrame:
    """Columns of raw values as a checked frame.

    Args:
        data: values by column.
        columns: of the frame.
        where: names a row, for messages.
        labels: names for labels that are numbers.

    Raises:
        ValueError: naming the row: a name that is none, a time or score that is no finite number,
            or an end before its start.
    """
    series = {}
    for column in columns:
        if column not in NAMES:
            series[column] = _numbers(data[column], column, where)
        elif column == "label" and labels is not None:
            series[column] = _texts(to_names(data[column], labels, where), column, where)
        else:
            series[column] = _texts(data[column], column, where)
    frame = pd.DataFrame(series)
    if "start" not in frame:
        return frame
    start, end = frame["start"].to_numpy(), frame["end"].to_numpy()
    backwards = np.flatnonzero(end < start)
    if len(backwards):
        row = int(backwards[0])
        raise ValueError(
            f"{where(row)}: end {end[row]} is before start {start[row]}{_others(backwards)}"
        )
    return frame


def _texts(values: Any, column: str, where: Callable[[int], str]) -> pd.Series:
    if not (isinstance(values, np.ndarray) and values.dtype == object):
        values = list(values)
    for row, value in enumerate(values) if _any_fault(values) else ():
        fault = name_fault(value)
        if fault:
            hint = ""
            if column == "label" and label_number(value) is not None:
                hint = "; name the labels' numbers by a label map (data.label_map)"
            raise ValueError(f"{where(row)}: {column} is {shown(value)}, {fault}{hint}")
    return pd.Series(values, dtype="str")


def _any_fault(values: Iterable[Any]) -> bool:
    """Whether any value is no name; each name is looked at once, however many rows have it."""
    try:
        return any(map(name_fault, set(values)))
    except TypeError:  # a list or the like, which is no name
        return True


def _numbers(values: Any, column: str, where: Callable[[int], str]) -> pd.Series:
    """Finite numbers; of times, also spans of time, which become seconds."""
    if not (isinstance(values, np.ndarray) and values.dtype.kind in "iuf"):
        values = [_plain(value, column, row, where) for row, value in enumerate(values)]
    numbers = np.asarray(values, dtype=np.float64)
    infinite = np.flatnonzero(~np.isfinite(numbers))
    if len(infinite):
        row = int(infinite[0])
        raise ValueError(
            f"{where(row)}: {column} is {numbers[row]}; it must be finite{_others(infinite)}"
        )
    return pd.Series(numbers, copy=True)  # the table is the caller's, who may change it


def _plain(value: Any, column: str, row: int, where: Callable[[int], str]) -> Any:
    if isinstance(value, date | np.datetime64):
        raise ValueError(
            f"{where(row)}: {column} is {shown(value)}, a date; need seconds from the recording's "
            "start"
        )
    if isinstance(value, timedelta | np.timedelta64) and column != "score":
        return pd.Timedelta(value) / pd.Timedelta(seconds=1)
    number = isinstance(value, int | float | np.integer | np.floating)
    # To numpy a span of time is an integer, in some unit.
    if not number or isinstance(value, bool | np.timedelta64):
        hint = ", nor mm:ss or hh:mm:ss, both below 60 and of two digits" * (
            isinstance(value, str) and ":" in value and column != "score"
        )
        raise ValueError(f"{where(row)}: {column} is {shown(value)}, not a number{hint}")
    return value


def _others(rows: np.ndarray) -> str:
    return f" (and {len(rows) - 1} more such rows)" if len(rows) > 1 else ""
