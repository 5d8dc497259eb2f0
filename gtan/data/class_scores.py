"""Video-level class scores: how sure a classifier is of each label, of a video as a whole.

A table with one row per video and label: ``video``, ``label``, ``score`` (0 to 1). Files are

- CUHK's form, in which ActivityNet's are passed on: ``{"class": [label, ...], "results": {video:
  [score, ...]}}``, one score a label, in the order of ``class`` (``classes`` will do);
- ActivityNet's results format for untrimmed classification: ``{"results": {video: [{"label": ...,
  "score": ...}, ...]}}``;
- a table (CSV, TSV) with a header line ``video,label,score``;

each optionally gzipped.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from gtan.data.interval_tables import check_frame, to_frame
from gtan.data.tables import read_table
from gtan.data.texts import read_json_text, read_text, shown

COLUMNS = ("video", "label", "score")


def read_class_scores(path: str | Path) -> pd.DataFrame:
    """Read video-level class scores: video, label, score; in the file's order.

    Args:
        path: ``.json``, ``.csv`` or ``.tsv``, optionally followed by ``.gz``; forms as above.

    Raises:
        ValueError: naming file and place: none of these forms, another number of scores than of
            labels, a name that is none, a label twice of one video, or a score that is not from 0
            to 1 (logits, say).
        OSError: the file cannot be opened.

    Example:
        >>> import json, tempfile
        >>> path = Path(tempfile.mkdtemp()) / "scores.json"
        >>> content = {"class": ["run", "jump"], "results": {"v": [0.75, 0.25]}}
        >>> _ = path.write_text(json.dumps(content))
        >>> read_class_scores(path).values.tolist()
        [['v', 'run', 0.75], ['v', 'jump', 0.25]]
    """
    path = Path(path)
    kind = Path(path.name.lower().removesuffix(".gz")).suffix
    if kind == ".json":
        rows = list(_of_json(path, read_json_text(path)))
        columns = {name: [row[at] for row in rows] for at, name in enumerate(COLUMNS)}
        places = [row[3] for row in rows]
        return _checked(to_frame(columns, COLUMNS, places.__getitem__), places.__getitem__)
    if kind not in (".csv", ".tsv"):
        raise ValueError(f"{path}: class scores are .json, .csv or .tsv, optionally with .gz")
    table = read_table(path, read_text(path), COLUMNS)
    where = lambda row: f"{path}: line {table.lines[row]}"  # noqa: E731
    return _checked(to_frame(table.columns, COLUMNS, where), where)


def check_class_scores(frame: pd.DataFrame) -> pd.DataFrame:
    """The three columns in order, rows numbered from 0; errors as `read_class_scores`."""
    where = lambda row: f"class scores: row {row}"  # noqa: E731
    return _checked(check_frame(frame, COLUMNS, "class scores"), where)


def _checked(frame: pd.DataFrame, where: Callable[[int], str]) -> pd.DataFrame:
    scores = frame["score"].to_numpy()
    outside = np.flatnonzero((scores < 0) | (scores > 1))
    if len(outside):
        row = int(outside[0])
        raise ValueError(
            f"{where(row)}: score {scores[row]:g} is not from 0 to 1 ({len(outside)} of "
            f"{len(scores)} are not); are these logits? Apply softmax (or sigmoid) first"
        )
    twice = np.flatnonzero(frame.duplicated(["video", "label"]).to_numpy())
    if len(twice):
        video, label, _ = frame.iloc[int(twice[0])]
        raise ValueError(
            f"{where(int(twice[0]))}: {shown(video)} has two scores of {shown(label)}; keep one"
        )
    return frame


def _of_json(path: Path, content: Any) -> Iterator[tuple[Any, Any, Any, str]]:
    """Video, label, score and place, row by row."""
    results = content.get("results") if isinstance(content, dict) else None
    if not isinstance(results, dict):
        raise ValueError(
            f'{path}: no class scores: needs {{"results": {{video: ...}}, "class": [label, ...]}}'
        )
    labels = content.get("class", content.get("classes"))
    for video, found in results.items():
        place = f"{path}: results[{shown(video)}]"
        if not isinstance(found, list):
            raise ValueError(f"{place} is {shown(found)}, not a list")
        if any(isinstance(one, dict) for one in found):
            for number, one in enumerate(found):
                if not isinstance(one, dict) or not {"label", "score"} <= one.keys():
                    raise ValueError(f"{place}[{number}]: {shown(one)} needs 'label' and 'score'")
                yield video, one["label"], one["score"], f"{place}[{number}]"
            continue
        if not isinstance(labels, list):
            raise ValueError(f'{path}: has no list "class" of the labels whose scores it holds')
        if len(found) != len(labels):
            raise ValueError(
                f"{place} holds {len(found)} scores, and there are {len(labels)} labels"
            )
        for number, (label, score) in enumerate(zip(labels, found)):
            yield video, label, score, f"{place}[{number}]"
