"""The Trace: how every sigma moved while training, for a few probe recordings.

A folder `trace/` of a run. `index.json` says what is probed (format, version, classes, window,
layers, and per probe: recording, duration, grid, window starts, truth). Then one file per recorded
step, `000015.safetensors`, each complete when it gets its name, so a trace can be read while
training goes on; `gtan.schema.TRACE` names its arrays.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from gtan.files import by_step, write_arrays, write_json
from gtan.grid import ClipGrid
from gtan.reading import check_record, check_trace, check_version, named, read, read_tree
from gtan.schema import TRACE_FORMAT, TRACE_VERSION

if TYPE_CHECKING:
    from gtan.data.dataset import Dataset
    from gtan.network import GTAN
    from gtan.settings import Settings


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

    @classmethod
    def load(cls, folder: str | Path) -> Trace:
        """Read a `trace/` folder, finished or not.

        Raises:
            FileNotFoundError: if nothing was recorded there.
            ValueError: naming the file, if it is of another format or a newer version, or holds
                anything that `gtan.schema` does not allow.
        """
        folder = Path(folder)
        if not (folder / "index.json").exists():
            raise FileNotFoundError(f"{folder} holds no trace: it has no index.json")
        index = read_tree(folder / "index.json")
        check_version(index, TRACE_FORMAT, TRACE_VERSION, folder / "index.json")
        with named(folder / "index.json"):
            index = check_trace(index)
        files = by_step(folder.glob("*.safetensors"))
        records = [_record(file, index) for _, file in files]
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


class TraceRecorder:
    """Writes a trace while a network trains."""

    def __init__(
        self, folder: Path, dataset: Dataset, probes: Sequence[str], settings: Settings
    ) -> None:
        from gtan.data.dataset import WindowCutter, tile
        from gtan.inference import collate

        self.folder, self.settings = folder, settings
        cutter = WindowCutter(dataset, settings.data.window, settings.data.min_visible)
        entries, windows = [], []
        for name in probes:
            recording = dataset.recordings[name]
            starts, _ = tile(recording.clips, cutter.window)
            windows += [cutter.cut(name, float(start)) for start in starts]
            grid = recording.grid
            entries.append(
                {
                    "recording": name,
                    "duration": recording.duration,
                    "grid": {"stride": grid.stride, "length": grid.length, "offset": grid.offset},
                    "starts": starts.tolist(),
                    "truth": dataset.truth_of([name])[["label", "start", "end"]].to_dict("records"),
                }
            )
        self._batch = collate(windows) if windows else None
        self._entries, self._classes = entries, dataset.classes

    def record(self, model: GTAN, step: int) -> None:
        """Write the sigmas of all probe windows at `step`."""
        import torch

        from gtan.assignment import ABSENT, assign
        from gtan.inference import evaluating
        from gtan.network import proposals

        if self._batch is None:
            return
        device = next(model.parameters()).device
        features, valid, truths = self._batch
        with torch.no_grad(), evaluating(model):
            outputs = model(features.to(device), valid.to(device))
            joined = proposals(outputs)
            truths = truths.to(device)
            state = assign(
                joined.centers, joined.widths, joined.mask, truths, self.settings.loss
            ).state
        arrays: dict[str, NDArray[Any]] = {}
        first = 0
        for layer, output in enumerate(outputs, 1):
            slots, ratios, cells = (
                output.centers.shape[1],
                len(output.ratios),
                output.valid.shape[1],
            )
            mine = state[:, first : first + slots * ratios].view(-1, slots, ratios)[:, :cells]
            mine = mine.amax(-1).masked_fill(~output.valid, ABSENT)
            first += slots * ratios
            sigmas = (output.learned_sigmas * cells).float().cpu().numpy()
            arrays[f"layer{layer}.sigmas"] = sigmas.astype(np.float16)
            arrays[f"layer{layer}.state"] = mine.cpu().numpy()
            arrays[f"layer{layer}.mixed"] = output.mask[:, cells:].sum(1).int().cpu().numpy()
        if not (self.folder / "index.json").exists():
            layers = [
                {"cells": output.valid.shape[1], "ratios": list(self.settings.ratios(layer))}
                for layer, output in enumerate(outputs)
            ]
            write_json(
                self.folder / "index.json",
                {
                    "format": TRACE_FORMAT,
                    "version": TRACE_VERSION,
                    "classes": list(self._classes),
                    "window": self.settings.data.window,
                    "layers": layers,
                    "probes": self._entries,
                },
            )
        write_arrays(self.folder / f"{step:06d}.safetensors", arrays, {"step": step})
