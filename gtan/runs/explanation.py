"""The Explanation: everything about one recording that a picture needs, in one file.

A safetensors file; its metadata entry `gtan` is a JSON document, the header. `gtan.runs.schema`
names the arrays and says what they hold. Positions, widths and sigmas are fractions of the window;
`seconds = grid.to_seconds(start + window * fraction)`.

Version 1 had one truth a proposal, `layerJ.truth` int32 [K, R], -1 for none; it is read as
version 2.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from gtan.card import card, one_line
from gtan.files import write_arrays
from gtan.grid import ClipGrid
from gtan.runs.proposals import layer_proposals
from gtan.runs.reading import check_explanation, check_version, named, read
from gtan.runs.schema import FORMAT as FORMAT
from gtan.runs.schema import VERSION as VERSION
from gtan.settings import Settings, upgrade


@dataclass(frozen=True)
class Explanation:
    """One recording, explained. `gtan.runs.schema` says what the arrays are.

    The header is a dict with `recording`, `duration` (seconds), `step` (of training), `classes`,
    `window` (clips), `grid` (stride, length, offset in seconds), `layers` (per layer: `cells`,
    `channels`, `ratios`), `signal` (`rate`, `names`), `settings`,
    and `subset` ("train", "validation", "test", or "new": brought by somebody).
    """

    header: dict[str, Any]
    arrays: dict[str, NDArray[Any]]

    def __repr__(self) -> str:
        return one_line(
            "Explanation",
            self.header["recording"],
            f"step {self.header['step']}",
            f"{len(self.arrays['detections.scores'])} detections",
            f"{len(self.arrays['truth.labels'])} truths",
        )

    def _repr_html_(self) -> str:
        header, layers = self.header, range(1, len(self.header["layers"]) + 1)
        kernels = []
        for layer in layers:
            exists = self.arrays[f"layer{layer}.exists"].astype(bool)
            foreground = (self.arrays[f"layer{layer}.state"] == 1).any(1)
            mixed = self.places(layer)[1]
            kernels.append([(exists & ~mixed).sum(), (exists & mixed).sum(), foreground.sum()])
        return card(
            "Explanation",
            header["recording"],
            {
                "duration": f"{header['duration']:,.1f} s",
                "training step": header["step"],
                "windows": f"{len(self.arrays['windows.start']):,} of "
                f"{self.grid.span(header['window']):,.1f} s",
                "detections": len(self.arrays["detections.scores"]),
                "truths": len(self.arrays["truth.labels"]),
                "feature maps": "stored" if self.interactive else "not stored",
            },
            table=pd.DataFrame(
                kernels,
                pd.Index(layers, name="layer"),
                ["learned kernels", "mixed kernels", "on foreground"],
            ),
            calls=["gtan_viz.timeline(explanation)", "explanation.proposals()"],
        )

    @property
    def grid(self) -> ClipGrid:
        """Clip grid of the recording."""
        return ClipGrid(**self.header["grid"])

    @property
    def settings(self) -> Settings:
        """Settings of the run."""
        return Settings.parse(self.header["settings"])

    @property
    def interactive(self) -> bool:
        """Whether feature maps and prediction weights are here, for a what-if."""
        return "layer1.features" in self.arrays

    def seconds(self, window: int, fraction: Any) -> Any:
        """Seconds in the recording of a fraction of a window."""
        start = float(self.arrays["windows.start"][window])
        return self.grid.to_seconds(start + self.header["window"] * fraction)

    def places(self, layer: int) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
        """Window of each row of a layer's kernels, and whether it is a mixed one: [K] each."""
        offsets = self.arrays[f"layer{layer}.kernel_offsets"]
        window = np.repeat(np.arange(len(offsets) - 1), np.diff(offsets))
        within = np.arange(len(window)) - offsets[window]
        return window, within >= self.header["layers"][layer - 1]["cells"]

    def kernels(self, layer: int) -> pd.DataFrame:
        """The kernels of anchor layer `layer` (from 1) that exist.

        Columns: window, row (in the layer's arrays), center, sigma, width (seconds; width at ratio
        1), mixed (bool), members (cells), state (best over the ratios).
        """
        a = {name: self.arrays[f"layer{layer}.{name}"] for name in _KERNEL_ARRAYS}
        window, mixed = self.places(layer)
        span = self.grid.span(self.header["window"])
        start = self.arrays["windows.start"][window]
        frame = pd.DataFrame(
            {
                "window": window,
                "row": np.arange(len(window)),
                "center": self.grid.to_seconds(start + self.header["window"] * a["centers"]),
                "sigma": a["sigmas"] * span,
                "width": a["widths"] * span,
                "mixed": mixed,
                "members": np.split(a["members"], a["member_offsets"][1:-1]),
                "state": a["state"].max(1),
            }
        )
        return frame[a["exists"].astype(bool)].reset_index(drop=True)

    def proposals(self, layer: int | None = None) -> pd.DataFrame:
        """Every proposal of one anchor layer (from 1), or of all: one row per kernel x scale ratio.

        Columns:
            window, layer, row (of the kernel in the layer's arrays), ratio (its number);
            default_start, default_end (seconds; Eq. 2), start, end (refined, Eq. 5), both cut to
            the recording; label (best class), class_score (its softmax), overlap (y_ov),
            ranking (their product, Eq. 10); mixed (bool); state (1 foreground, 0 ignored,
            -1 background); owned (bool): whether the refined centre lies where detections of the
            window are kept.

        Raises:
            IndexError: if there is no such layer.

        Example:
            >>> import gtan
            >>> path = list(gtan.open_run().explanations().values())[-1]
            >>> explanation = gtan.Explanation.load(path)
            >>> len(explanation.proposals(3)) == 3 * len(explanation.kernels(3))  # ratios
            True
        """
        layers = len(self.header["layers"])
        if layer is not None and not 1 <= layer <= layers:
            raise IndexError(f"layer {layer} is not one of the {layers}, counted from 1")
        wanted = range(1, layers + 1) if layer is None else [layer]
        return pd.concat([layer_proposals(self, each) for each in wanted], ignore_index=True)

    def detections(self) -> pd.DataFrame:
        """Columns label, start, end (seconds), score, ranking, window, layer, row, ratio."""
        source = self.arrays["detections.source"]
        return pd.DataFrame(
            {
                **self._segments("detections"),
                "score": self.arrays["detections.scores"],
                "ranking": self.arrays["detections.ranking"],
                "window": source[:, 0],
                "layer": source[:, 1],
                "row": source[:, 2],
                "ratio": source[:, 3],
            }
        )

    def truth(self) -> pd.DataFrame:
        """Columns label, start, end (seconds)."""
        return pd.DataFrame(self._segments("truth"))

    def _segments(self, what: str) -> dict[str, Any]:
        segments = self.arrays[f"{what}.segments"]
        classes = self.header["classes"]
        return {
            "label": [classes[number] for number in self.arrays[f"{what}.labels"]],
            "start": segments[:, 0],
            "end": segments[:, 1],
        }

    def save(self, path: str | Path) -> None:
        """Write the file; the same Explanation gives the same bytes."""
        write_arrays(Path(path), self.arrays, self.header)

    @classmethod
    def load(cls, path: str | Path) -> Explanation:
        """Read a file by `save`.

        Raises:
            ValueError: naming the file, if it is something else, of a newer version, or holds
                anything that `gtan.runs.schema` does not allow.
        """
        path = Path(path)
        arrays, header = read(path)
        check_version(header, FORMAT, VERSION, path)
        with named(path):
            header, arrays = check_explanation(header, arrays)
        return cls(header, arrays) if header["version"] > 1 else _of_version_1(header, arrays)


def _of_version_1(header: dict[str, Any], arrays: dict[str, NDArray[Any]]) -> Explanation:
    """An Explanation with one truth a proposal, as one with any number of them."""
    arrays = dict(arrays)
    for layer in range(1, len(header["layers"]) + 1):
        truth = arrays.pop(f"layer{layer}.truth")
        there = (truth >= 0) & (arrays[f"layer{layer}.iou"] > 0)
        arrays[f"layer{layer}.truth_offsets"] = list_offsets(there.ravel())
        arrays[f"layer{layer}.truths"] = truth[there].astype(np.int32)
    settings = upgrade(header["settings"], version=1)
    return Explanation(header | {"version": VERSION, "settings": settings}, arrays)


def list_offsets(counts: NDArray[Any]) -> NDArray[np.int32]:
    """Where each of many lists, one behind the other, begins and ends: [N] -> [N + 1]."""
    return np.concatenate([[0], np.cumsum(counts)]).astype(np.int32)


_KERNEL_ARRAYS = (
    "centers", "sigmas", "widths", "exists", "member_offsets", "members", "state"
)  # fmt: skip
