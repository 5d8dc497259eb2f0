"""The Trace: how every sigma moved while training, for a few probe recordings.

A folder `trace/` of a run. `index.json` says what is probed (format, version, classes, window,
layers, and per probe: recording, duration, grid, window starts, truth). Then one file per recorded
step, `000015.safetensors`, each complete when it gets its name, so a trace can be read while
training goes on; `gtan.runs.schema.TRACE` names its arrays.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from gtan.card import card, one_line
from gtan.data.texts import listed
from gtan.files import by_step
from gtan.grid import ClipGrid
from gtan.runs.reading import check_record, check_trace, check_version, named, read, read_tree
from gtan.runs.schema import TRACE_FORMAT, TRACE_VERSION

PADDING = -2  # the state of a cell beyond the recording
AT_ONCE = 16  # files that are read: one after another, a hundred of a slow disk take a minute


@dataclass(frozen=True)
class Trace:
    """A recorded training.

    Attributes:
        index: contents of `index.json`.
        steps: [S] recorded training steps, ascending.
        sigmas: per layer [S, P, T] float32, in cells; P windows of all probes together.
        state: per layer [S, P, T] int8.
        mixed: per layer [S, P] int32.
    """

    index: dict[str, Any]
    steps: NDArray[np.int64]
    sigmas: list[NDArray[np.float32]]
    state: list[NDArray[np.int8]]
    mixed: list[NDArray[np.int32]]

    def __repr__(self) -> str:
        return one_line(
            "Trace",
            f"steps: {self._steps}",
            f"{len(self.index['probes'])} recordings",
            f"{len(self.sigmas)} layers",
        )

    def _repr_html_(self) -> str:
        rows = [
            [sigmas.shape[-1], *(np.median(sigmas[at][state[at] != PADDING]) for at in (0, -1)),
             mixed[-1].sum()]
            for sigmas, state, mixed in zip(self.sigmas, self.state, self.mixed)
            if len(self.steps)
        ]  # fmt: skip
        return card(
            "Trace",
            "of a training",
            {
                "steps": self._steps,
                "recordings": listed(probe["recording"] for probe in self.index["probes"]),
                "windows": len(self.windows),
            },
            table=pd.DataFrame(
                rows,
                pd.RangeIndex(1, len(rows) + 1, name="layer"),
                [
                    "cells",
                    "median sigma at first (cells)",
                    "at last (cells)",
                    "mixed kernels at last",
                ],
                dtype=object,
            ),
            calls=["gtan_viz.sigmas(trace)", "gtan_viz.sigma_quantiles(trace)"],
        )

    @property
    def _steps(self) -> str:
        if not len(self.steps):
            return "none yet"
        return f"{len(self.steps):,} from {self.steps[0]:,} to {self.steps[-1]:,}"

    @classmethod
    def load(cls, folder: str | Path) -> Trace:
        """Read a `trace/` folder, finished or not.

        Raises:
            FileNotFoundError: if nothing was recorded there.
            ValueError: naming the file, if it is of another format or a newer version, or holds
                anything that `gtan.runs.schema` does not allow.
        """
        folder = Path(folder)
        if not (folder / "index.json").exists():
            raise FileNotFoundError(f"{folder} holds no trace: it has no index.json")
        index = read_tree(folder / "index.json")
        check_version(index, TRACE_FORMAT, TRACE_VERSION, folder / "index.json")
        with named(folder / "index.json"):
            index = check_trace(index)
        files = by_step(folder.glob("*.safetensors"))
        with ThreadPoolExecutor(AT_ONCE) as pool:
            records = list(pool.map(lambda named: _record(named[1], index), files))
        layers = [f"layer{layer + 1}" for layer in range(len(index["layers"]))]
        windows = sum(len(probe["starts"]) for probe in index["probes"])

        def stack(name: str, dtype: Any, *shape: int) -> NDArray[Any]:
            if not records:
                return np.zeros((0, windows, *shape), dtype)
            return np.stack([record[name] for record in records]).astype(dtype)

        return cls(
            index=index,
            steps=np.array([step for step, _ in files], np.int64),
            sigmas=[
                stack(f"{layer}.sigmas", np.float32, entry["cells"])
                for layer, entry in zip(layers, index["layers"], strict=True)
            ],
            state=[
                stack(f"{layer}.state", np.int8, entry["cells"])
                for layer, entry in zip(layers, index["layers"], strict=True)
            ],
            mixed=[stack(f"{layer}.mixed", np.int32) for layer in layers],
        )

    @property
    def windows(self) -> pd.DataFrame:
        """One row per probed window: recording, start (clips), of rows P of the arrays."""
        return pd.DataFrame(
            [
                {"recording": probe["recording"], "start": start}
                for probe in self.index["probes"]
                for start in probe["starts"]
            ]
        )

    def probe(self, recording: str) -> dict[str, Any]:
        """The index entry of one probe recording.

        Raises:
            KeyError: naming the recordings that were probed.
        """
        for probe in self.index["probes"]:
            if probe["recording"] == recording:
                return dict(probe)
        there = ", ".join(probe["recording"] for probe in self.index["probes"])
        raise KeyError(f"{recording!r} was not probed while training; these were: {there}")

    def grid(self, recording: str) -> ClipGrid:
        """Clip grid of a probe recording."""
        return ClipGrid(**self.probe(recording)["grid"])


def _record(file: Path, index: dict[str, Any]) -> dict[str, NDArray[Any]]:
    arrays, _ = read(file)
    with named(file):
        return check_record(index, arrays)
