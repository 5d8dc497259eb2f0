"""What the network found along a recording, beside what is there: truth, boxes, hits and misses."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from numpy.typing import NDArray
from plotly.subplots import make_subplots

from gtan.detection import class_scores, decode
from gtan.intervals import pairwise_iou
from gtan.runs.explanation import Explanation
from gtan_viz.figures.theme import (
    ClassStyle,
    Theme,
    class_styles,
    colors,
    dress,
    note_in_panel,
    plain,
)

ROWS = {
    "truth": "truth",
    "default": "default boundary",
    "proposals": "proposal",
    "detections": "detection",
}
CHANNEL_HUES = ("#5b7fa6", "#a67f5b", "#7fa65b", "#a65b7f", "#4f9f95", "#7f5ba6")  # no class's
MOST_SAMPLES = 4000  # of a channel of the signal; more than any screen has pixels


def timeline(
    explanation: Explanation | str | Path,
    *others: Explanation | str | Path,
    rows: Sequence[str] = ("truth", "default", "proposals", "detections"),
    names: Sequence[str] | None = None,
    tiou: float = 0.5,
    min_score: float = 0.2,
    max_boxes: int = 200,
    signal: bool = True,
    theme: Theme = "light",
) -> go.Figure:
    """Truth, default boundaries, proposals and detections along a recording, class by class.

    The signal stands above. Within the row of a class, from above: truth, default boundaries, the
    proposals they were refined to, detections; the stronger a box, the higher its score. A hit is
    a detection that takes the best truth of its class that is still free, by descending score, at
    a tIoU of at least `tiou`. With several Explanations of one recording, one stands above the
    other: a fixed-scale run above a learned one is the paper's Figure 1.

    Args:
        explanation: an Explanation or its file.
        others: more of them, of the same recording.
        rows: what to draw, of `truth`, `default`, `proposals`, `detections`.
        names: titles of the panels when there are several.
        tiou: from which overlap a detection is a hit.
        min_score: boxes below are left out (detections: the score after soft-NMS; default
            boundaries and proposals: Eq. 10).
        max_boxes: at most so many of the best default boundaries, proposals and detections each.
        signal: whether to draw the signal.
        theme: light or dark.

    Raises:
        ValueError: if a row is unknown, or the Explanations are of different recordings.

    Example:
        >>> import gtan, gtan_viz
        >>> explanation = gtan.explain(gtan.open_run(), "exp09_user05")  # doctest: +SKIP
        >>> gtan_viz.timeline(explanation, tiou=0.7).show()  # doctest: +SKIP
    """
    unknown = [row for row in rows if row not in ROWS]
    if unknown:
        raise ValueError(f"rows {unknown} are unknown; choose from {', '.join(ROWS)}")
    explained = [_open(each) for each in (explanation, *others)]
    recordings = {each.header["recording"] for each in explained}
    if len(recordings) > 1:
        listed = ", ".join(sorted(recordings))
        raise ValueError(f"the Explanations are of different recordings: {listed}")
    header = explained[0].header
    c = colors(theme)
    titles = names or [f"step {each.header['step']}" for each in explained]

    boxes = [_boxes(each, rows, min_score, max_boxes) for each in explained]
    labels = [
        label
        for label in header["classes"]
        if any((kind["label"] == label).any() for found, _ in boxes for kind in found.values())
    ]
    lanes = len(rows)
    tall = max(3, len(labels)) * max(34, 13 * lanes)
    heights = [110] * signal + [tall] * len(explained)
    figure = make_subplots(
        rows=len(heights), cols=1, shared_xaxes=True, row_heights=heights,
        vertical_spacing=26 / (sum(heights) + 26),
        subplot_titles=[""] * signal + ([plain(t) for t in titles] if others else [""]),
    )  # fmt: skip
    if signal:
        _signal(figure, explained[0])
    notes = []
    for row, (each, (found, note)) in enumerate(zip(explained, boxes), 1 + signal):
        drawn = _panel(figure, each, found, labels, rows, tiou, row, c, row == 1 + signal)
        notes.append("<br>".join(filter(None, [drawn, note])))
    figure.update_xaxes(range=[0, header["duration"]], showgrid=False)
    figure.update_xaxes(title_text="time in the recording (seconds)", row=len(heights))
    if len(notes) > 1:
        notes = [f"{plain(title)}: {note}" for title, note in zip(titles, notes)]
    lines = sum(note.count("<br>") + 1 for note in notes)
    dress(
        figure,
        f"Timeline of {plain(header['recording'])}",
        "<br>".join(notes),
        theme=theme,
        height=sum(heights) + 206 + 16 * lines,
        barmode="overlay",
        margin={"l": 170, "r": 20, "t": 66 + 16 * lines, "b": 120},
        legend={"orientation": "h", "yref": "container", "y": 0.005, "yanchor": "bottom"},
    )
    figure.update_annotations(font_size=13)
    return figure


def hits(truth: pd.DataFrame, detections: pd.DataFrame, tiou: float) -> NDArray[np.int64]:
    """Which row of `truth` each detection takes, -1 for a miss.

    By descending score, a detection takes the free truth of its class with the best tIoU, if that
    is at least `tiou`. Columns label, start, end (seconds), and score.

    Example:
        >>> truth = pd.DataFrame({"label": ["a"], "start": [0.0], "end": [4.0]})
        >>> found = pd.DataFrame({"label": ["a", "a"], "start": [0, 0], "end": [3.0, 4.0],
        ...                       "score": [0.9, 0.5]})
        >>> hits(truth, found, 0.5).tolist()
        [0, -1]
    """
    taken = np.full(len(detections), -1, np.int64)
    if not len(truth) or not len(detections):
        return taken
    overlap = pairwise_iou(
        detections[["start", "end"]].to_numpy(np.float64),
        truth[["start", "end"]].to_numpy(np.float64),
    )
    same = detections["label"].to_numpy()[:, None] == truth["label"].to_numpy()
    overlap = np.where(same, overlap, -1.0)
    for index in np.argsort(-detections["score"].to_numpy(), kind="stable"):
        best = int(overlap[index].argmax())
        if overlap[index, best] >= tiou:
            taken[index] = best
            overlap[:, best] = -1.0
    return taken


def proposals(explanation: Explanation) -> pd.DataFrame:
    """Every proposal that its window owns: one row per kernel and scale ratio, best first.

    Columns label (best class), score (Eq. 10), start, end (refined, Eq. 5), default_start,
    default_end (Eq. 2), all in seconds; layer, row and ratio say which kernel it is.
    """
    a, header = explanation.arrays, explanation.header
    settings = explanation.settings.detection
    classes = np.array(header["classes"], object)
    frames = []
    for layer, about in enumerate(header["layers"], 1):
        p = f"layer{layer}."
        offsets = a[p + "kernel_offsets"]
        window = np.repeat(np.arange(len(offsets) - 1), np.diff(offsets))[:, None]
        width = a[p + "widths"][:, None] * np.array(about["ratios"])
        default = np.broadcast_to(a[p + "centers"][:, None], width.shape)
        center, refined = decode(default, width, a[p + "offsets"], settings)
        score = class_scores(a[p + "logits"].astype(np.float64))[..., 1:]
        ranking = score.max(-1) * a[p + "overlap"]
        clip = a["windows.start"][window] + header["window"] * center
        owned = a["windows.owned"][window[:, 0]]
        own = (clip >= owned[:, :1]) & (clip < owned[:, 1:]) & a[p + "exists"].astype(bool)[:, None]
        row, ratio = np.nonzero(own & np.isfinite(ranking))
        at = row, ratio
        ends = [
            _clipped(explanation, window[row, 0], value)
            for value in (
                center[at] - refined[at] / 2, center[at] + refined[at] / 2,
                default[at] - width[at] / 2, default[at] + width[at] / 2,
            )
        ]  # fmt: skip
        names = ("start", "end", "default_start", "default_end")
        frames.append(
            pd.DataFrame(
                {
                    "label": classes[score[at].argmax(-1)],
                    "score": ranking[at],
                    **dict(zip(names, ends)),
                    "layer": layer,
                    "row": row,
                    "ratio": ratio,
                }
            )
        )
    table = pd.concat(frames, ignore_index=True)
    return table.sort_values("score", ascending=False, kind="stable", ignore_index=True)


def _clipped(explanation: Explanation, window: Any, fraction: Any) -> Any:
    """Seconds of fractions of windows, cut to the recording."""
    clip = explanation.arrays["windows.start"][window] + explanation.header["window"] * fraction
    return explanation.grid.to_seconds(clip).clip(0.0, explanation.header["duration"])


def _open(explanation: Explanation | str | Path) -> Explanation:
    return explanation if isinstance(explanation, Explanation) else Explanation.load(explanation)


def _boxes(
    explanation: Explanation, rows: Sequence[str], min_score: float, max_boxes: int
) -> tuple[dict[str, pd.DataFrame], str]:
    """The boxes of each row that are to be drawn, and a note on those that are not."""
    found, left_out = {}, []
    proposed = proposals(explanation) if {"default", "proposals"} & set(rows) else pd.DataFrame()
    for kind in rows:
        if kind == "truth":
            found[kind] = explanation.truth()
            continue
        table = explanation.detections() if kind == "detections" else proposed
        shown = table[table["score"] >= min_score].nlargest(max_boxes, "score")
        if kind == "default":
            shown = shown.assign(start=shown["default_start"], end=shown["default_end"])
        if kind != "default" and len(shown) < len(table):
            left_out.append(f"the best {len(shown)} of {len(table)} {kind}")
        found[kind] = shown.iloc[::-1].reset_index(drop=True)  # the strongest is drawn last
    least = f"score from {min_score:g}, " if np.isfinite(min_score) else ""
    limits = f"; {least}at most {max_boxes} each"
    return found, "shown: " + ", ".join(left_out) + limits if left_out else ""


def _panel(
    figure: go.Figure,
    explanation: Explanation,
    found: dict[str, pd.DataFrame],
    labels: list[str],
    rows: Sequence[str],
    tiou: float,
    row: int,
    c: dict[str, str],
    first: bool,
) -> str:
    """Draw one Explanation's boxes into a panel; returns what to say about hits."""
    styles = class_styles(explanation.header["classes"])
    place = {label: len(labels) - 1 - number for number, label in enumerate(labels)}
    lane = 0.86 / max(1, len(rows))
    said = ""
    for number, kind in enumerate(rows):
        table = found[kind]
        y = table["label"].map(place).to_numpy(float) + 0.43 - (number + 0.5) * lane
        mine = [styles[label] for label in table["label"]]
        figure.add_trace(_bars(kind, table, y, lane * 0.84, mine, c), row=row, col=1)
        figure.add_scatter(
            x=[None], y=[None], mode="markers", name=ROWS[kind], legendgroup=kind, showlegend=first,
            marker=_swatch(kind, c), row=row, col=1,
        )  # fmt: skip
        if kind == "detections" and len(table):
            said = _verdicts(figure, explanation.truth(), table, y, tiou, row, c, first)
    missing = [
        text
        for kind, text in (
            ("truth", "this recording has no truth"),
            ("detections", "no detection of this score"),
        )
        if kind in rows and not len(found[kind])
    ]
    if not labels:
        note_in_panel(figure, "; ".join(missing) or "nothing to draw", row)
    figure.update_yaxes(
        tickvals=list(place.values()), ticktext=[styles[label].text for label in labels],
        range=[-0.5, max(1, len(labels)) - 0.5], showgrid=False, row=row, col=1,
    )  # fmt: skip
    for edge in range(1, len(labels)):
        figure.add_hline(y=edge - 0.5, line={"color": c["grid"], "width": 1}, row=row, col=1)
    return "; ".join([*([said] if said else []), *missing])


def _bars(
    kind: str,
    table: pd.DataFrame,
    y: NDArray[Any],
    height: float,
    styles: list[ClassStyle],
    c: dict[str, str],
) -> go.Bar:
    """The boxes of one kind, as one trace: outlines for default boundaries, the others filled."""
    hues = [style.color for style in styles]
    scores = table["score"].to_numpy(float) if "score" in table else np.ones(len(table))
    scores = np.nan_to_num(scores)
    top = max(1e-9, scores.max(initial=0.0))
    hover = [
        f"{ROWS[kind]}: {style.text}<br>{start:.2f} to {end:.2f} s ({end - start:.2f} s)"
        + ("" if kind == "truth" else f"<br>score {score:.3f}")
        + (f", layer {layer}, kernel row {number}" if kind != "truth" and layer > 0 else "")
        for style, start, end, score, layer, number in zip(
            styles, table["start"], table["end"], scores,
            table.get("layer", scores), table.get("row", scores),
        )
    ]  # fmt: skip
    outline = kind == "default"
    return go.Bar(
        orientation="h",
        base=table["start"].to_numpy(np.float32),
        x=(table["end"] - table["start"]).to_numpy(np.float32),
        y=y.astype(np.float32),
        width=height,
        legendgroup=kind,
        showlegend=False,
        hovertext=hover,
        hoverinfo="text",
        marker={
            "color": ["rgba(0,0,0,0)"] * len(hues) if outline else hues,
            "opacity": (0.25 + 0.75 * (scores / top).clip(0.0)).astype(np.float32),
            "line": {"color": hues if outline else c["paper"], "width": 1.5 if outline else 0.5},
            "pattern": {
                "shape": [style.pattern for style in styles],
                "fgcolor": "#000000", "fgopacity": 0.6, "size": 5,
            },
        },
    )  # fmt: skip


def _swatch(kind: str, c: dict[str, str]) -> dict[str, Any]:
    """How a kind of box looks in the legend, without the hue of a class."""
    symbol = "square-open" if kind == "default" else "square"
    opacity = {"proposals": 0.45}.get(kind, 1.0)
    size = {"truth": 14}.get(kind, 10)
    return {"symbol": symbol, "color": c["muted"], "opacity": opacity, "size": size}


def _verdicts(
    figure: go.Figure,
    truth: pd.DataFrame,
    detections: pd.DataFrame,
    y: NDArray[Any],
    tiou: float,
    row: int,
    c: dict[str, str],
    first: bool,
) -> str:
    """Mark hits and misses at the end of their boxes; returns their numbers in words."""
    taken = hits(truth, detections, tiou)
    for name, hit, symbol in (("miss", False, "x-thin"), ("hit", True, "circle")):
        mine = (taken >= 0) == hit
        figure.add_scatter(
            x=detections["end"].to_numpy(np.float32)[mine],
            y=y[mine].astype(np.float32),
            mode="markers",
            name=f"{name} at tIoU ≥ {tiou:g}",
            legendgroup=name,
            showlegend=first,
            hovertext=[f"{name} at tIoU ≥ {tiou:g}"] * int(mine.sum()),
            hoverinfo="text",
            marker={
                "symbol": symbol, "size": 7, "color": c[name],
                "line": {"width": 1.0 if hit else 1.5, "color": c["paper" if hit else name]},
            },
            row=row, col=1,
        )  # fmt: skip
    count = int((taken >= 0).sum())
    return (
        f"hits: {count}, misses: {len(taken) - count} at tIoU ≥ {tiou:g}; "
        f"truths found: {count} of {len(truth)}"
    )


def _signal(figure: go.Figure, explanation: Explanation) -> None:
    """The recording's signal in row 1, channel over channel, thinned to what one can see."""
    samples, about = explanation.arrays["signal"], explanation.header["signal"]
    if not samples.size:
        note_in_panel(figure, "no signal is stored with this recording", 1)
        return
    thin = max(1, -(-len(samples) // MOST_SAMPLES))
    seconds = (np.arange(0, len(samples), thin) / about["rate"]).astype(np.float32)
    for number, channel in enumerate(about["names"]):
        figure.add_scatter(
            x=seconds, y=samples[::thin, number].astype(np.float32), mode="lines",
            name=plain(channel), hoverinfo="skip",
            line={"width": 1, "color": CHANNEL_HUES[number % len(CHANNEL_HUES)]}, opacity=0.8,
            row=1, col=1,
        )  # fmt: skip
    figure.update_yaxes(title_text="signal", row=1, col=1)
