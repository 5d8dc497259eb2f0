"""A small made-up recording with mixed kernels, and what is needed to take things away from it."""

import json
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import plotly.graph_objects as go
import pytest

from gtan.algorithm_1 import algorithm_1
from gtan.data.windows import tile
from gtan.runs.explanation import FORMAT, VERSION, Explanation
from gtan.runs.trace import Trace
from gtan.settings import Settings

WINDOW, STRIDE = 32, 0.5  # clips, seconds
HOSTILE = (
    "<img src=x onerror=alert(1)>",
    "\"quoted\" & 'single' </script><script>alert(2)</script>",
    "walk 🚶🏽‍♀️ \u202e\u0000",
    "long " * 60,
    "$\\alpha$ %{x}",
)

Maker = Callable[..., Any]


def make_explanation(
    *,
    clips: int = 40,
    cells: Sequence[int] = (8, 4),
    width: float = 4.0,
    classes: Sequence[str] = ("WALK", "SIT", "LIE"),
    recording: str = "made",
    truth: Sequence[tuple[int, float, float]] = ((0, 1.0, 6.0), (1, 8.0, 14.0)),
    detections: Sequence[tuple[int, float, float, float]] = (
        (0, 1.5, 6.0, 0.9), (0, 1.0, 6.0, 0.8), (1, 8.0, 10.0, 0.6), (2, 12.0, 15.0, 0.05)
    ),
    features: bool = True,
    signal: bool = True,
    grouping: str = "join",
) -> Explanation:  # fmt: skip
    """`width` cells wide kernels, so that 4 of them merge at epsilon 0.5."""
    rng = np.random.default_rng(0)
    starts, owned = tile(clips, WINDOW)
    count, ratios, labels = len(starts), 3, len(classes)
    arrays: dict[str, Any] = {
        "windows.start": starts.astype(np.float32),
        "windows.owned": owned,
        "truth.segments": np.array([t[1:] for t in truth], np.float32).reshape(-1, 2),
        "truth.labels": np.array([t[0] for t in truth], np.int32),
        "detections.segments": np.array([d[1:3] for d in detections], np.float32).reshape(-1, 2),
        "detections.labels": np.array([d[0] for d in detections], np.int32),
        "detections.scores": np.array([d[3] for d in detections], np.float32),
        "detections.ranking": np.array([d[3] for d in detections], np.float32),
        "detections.source": np.array([(0, 1, n, 0) for n in range(len(detections))], np.int32)
        .reshape(-1, 4),
        "signal": rng.normal(size=(100, 2) if signal else (0, 0)).astype(np.float16),
    }  # fmt: skip
    for layer, length in enumerate(cells, 1):
        valid = starts[:, None] + WINDOW * (np.arange(length) + 0.5) / length < clips
        centers = np.tile((np.arange(length) + 0.5) / length, (count, 1))
        widths = np.full((count, length), width / length)
        put = {name: [] for name in ("centers", "widths", "members", "exists")}
        offsets, merges = [0], []
        for w in range(count):
            here = np.flatnonzero(valid[w])
            given = centers[w, here], widths[w, here], 0.5, "paper"
            mine = algorithm_1(here, np.zeros_like(here), *given)
            put["centers"] += [*centers[w], *(group.steps[-1][1] for group in mine)]
            put["widths"] += [*widths[w], *(group.steps[-1][2] for group in mine)]
            put["members"] += [[cell] for cell in range(length)] + [group.cells for group in mine]
            put["exists"] += [*valid[w].tolist(), *[1] * len(mine)]
            offsets.append(len(put["centers"]))
            merges += [
                (w, group.cells[0], cell, *done)
                for group in mine
                for cell, done in zip(group.cells[1:], group.steps)
            ]
        total = offsets[-1]
        steps = np.array(merges, float).reshape(-1, 6)
        sizes = [len(members) for members in put["members"]]
        arrays |= {
            f"layer{layer}.{name}": value
            for name, value in {
                "valid": valid.astype(np.uint8),
                "kernel_offsets": np.array(offsets, np.int32),
                "centers": np.array(put["centers"], np.float32),
                "sigmas": np.array(put["widths"], np.float32) / 2,
                "widths": np.array(put["widths"], np.float32),
                "exists": np.array(put["exists"], np.uint8),
                "member_offsets": np.concatenate([[0], np.cumsum(sizes)]).astype(np.int32),
                "members": np.concatenate(put["members"]).astype(np.int32),
                "merges": steps[:, :3].astype(np.int32),
                "merge_values": steps[:, 3:].astype(np.float32),
                "logits": rng.normal(size=(total, ratios, labels + 1)).astype(np.float16),
                "offsets": rng.normal(0, 0.1, (total, ratios, 2)).astype(np.float32),
                "overlap": rng.uniform(0.2, 1, (total, ratios)).astype(np.float32),
                "state": rng.integers(-1, 2, (total, ratios)).astype(np.int8),
                "truth": np.zeros((total, ratios), np.int32),
                "iou": np.zeros((total, ratios), np.float32),
            }.items()
        }
        if features:
            maps = rng.normal(size=(count, 6, length)).astype(np.float16)
            arrays[f"layer{layer}.features"] = maps
    settings = Settings().override({"kernels.epsilon": 0.5, "kernels.grouping": grouping})
    header = {
        "format": FORMAT,
        "version": VERSION,
        "recording": recording,
        "duration": clips * STRIDE,
        "step": 60,
        "classes": list(classes),
        "window": WINDOW,
        "grid": {"stride": STRIDE, "length": STRIDE, "offset": 0.0},
        "layers": [
            {"cells": n, "channels": 6, "ratios": [1.0, 2 ** (1 / 3), 2 ** (2 / 3)]} for n in cells
        ],
        "signal": {"rate": 5.0, "names": ["x (g)", "<b>y"] if signal else []},
        "settings": settings.model_dump(mode="json"),
    }
    return Explanation(header, arrays)


def make_trace(
    *,
    steps: Sequence[int] = (0, 5, 10),
    cells: Sequence[int] = (8, 4),
    recordings: Sequence[str] = ("made", "other"),
    classes: Sequence[str] = ("WALK", "SIT", "LIE"),
    truth: Sequence[tuple[int, float, float]] = ((0, 1.0, 6.0), (1, 8.0, 14.0)),
    clips: int = 40,
) -> Trace:
    """Sigma is 0.5 + step / 10 cells; of each window, cell 1 is foreground and cell 2 ignored."""
    starts, _ = tile(clips, WINDOW)
    windows = len(starts) * len(recordings)
    sigmas, state, mixed = [], [], []
    for length in cells:
        value = 0.5 + np.array(steps, np.float32) / 10
        sigmas.append(np.tile(value[:, None, None], (1, windows, length)).astype(np.float32))
        one = np.full(length, -1, np.int8)
        one[1:2], one[2:3] = 1, 0
        valid = starts[:, None] + WINDOW * (np.arange(length) + 0.5) / length < clips
        one_window = np.where(valid, one, np.int8(-2))
        state.append(np.tile(one_window, (len(steps), len(recordings), 1)).astype(np.int8))
        mixed.append(np.zeros((len(steps), windows), np.int32))
    probes = [
        {
            "recording": name,
            "duration": clips * STRIDE,
            "grid": {"stride": STRIDE, "length": STRIDE, "offset": 0.0},
            "starts": starts.tolist(),
            "truth": [{"label": classes[n], "start": a, "end": b} for n, a, b in truth],
        }
        for name in recordings
    ]
    index = {
        "format": "gtan-trace", "version": 1, "classes": list(classes), "window": WINDOW,
        "layers": [{"cells": n, "ratios": [1.0]} for n in cells], "probes": probes,
    }  # fmt: skip
    return Trace(index, np.array(steps, np.int64), sigmas, state, mixed)


@pytest.fixture(scope="session")
def explanation() -> Explanation:
    return make_explanation()


@pytest.fixture
def explanations() -> Maker:
    return make_explanation


@pytest.fixture
def traces() -> Maker:
    return make_trace


@pytest.fixture
def run_folder(tmp_path: Path) -> Callable[[list[dict[str, float]]], Path]:
    """Writes a run that has settings and these rows of metrics."""

    def write(rows: list[dict[str, float]]) -> Path:
        (tmp_path / "metrics").mkdir()
        (tmp_path / "settings.json").write_text(Settings().to_json())
        (tmp_path / "metrics" / "000001.json").write_text(json.dumps(rows))
        return tmp_path

    return write


@pytest.fixture(params=range(len(HOSTILE)), ids=("tag", "script", "emoji", "long", "formula"))
def hostile(request: pytest.FixtureRequest) -> str:
    return HOSTILE[request.param]


@pytest.fixture
def assert_tame() -> Callable[[go.Figure], None]:
    """No text of the figure is read by Plotly as a tag (but our own <br>), formula or novel."""

    def check(figure: go.Figure) -> None:
        for text in strings(json.loads(figure.to_json())):
            bare = text.replace("<br>", "").replace("<extra></extra>", "")
            assert "<" not in bare, text
            assert "$" not in bare, text
            assert "\u202e" not in bare, text
            assert "long long long long long long long long long long" not in bare

    return check


@pytest.fixture
def notes() -> Callable[[go.Figure], str]:
    """Everything the figure says in annotations."""
    return lambda figure: " | ".join(str(a.text) for a in figure.layout.annotations)


def strings(tree: Any) -> Iterator[str]:
    if isinstance(tree, str):
        yield tree
    elif isinstance(tree, dict):
        for key, value in tree.items():
            if key != "bdata":
                yield from strings(value)
    elif isinstance(tree, list):
        for value in tree:
            yield from strings(value)
