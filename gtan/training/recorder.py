"""Writes the trace while a network trains; `gtan.runs.trace` reads it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from gtan.assignment import ABSENT, assign
from gtan.data.batches import collate
from gtan.data.dataset import Dataset
from gtan.data.windows import WindowCutter, tile
from gtan.files import write_arrays, write_json
from gtan.inference import evaluating
from gtan.network import GTAN, LayerOutput, by_layer, proposals
from gtan.runs.schema import TRACE_FORMAT, TRACE_VERSION
from gtan.settings import Settings


class TraceRecorder:
    """Writes a trace while a network trains."""

    def __init__(
        self, folder: Path, dataset: Dataset, probes: Sequence[str], settings: Settings
    ) -> None:
        self.folder, self.settings = folder, settings
        cutter = WindowCutter(dataset, settings.data.window, settings.data.min_visible)
        entries, windows = [], []
        for name in probes:
            recording = dataset.recordings[name]
            starts, _ = tile(recording.clips, cutter.window)
            windows += [cutter.cut(name, float(start)) for start in starts]
            entries.append(
                {
                    "recording": name,
                    "duration": recording.duration,
                    "grid": asdict(recording.grid),
                    "starts": starts.tolist(),
                    "truth": dataset.truth_of([name])[["label", "start", "end"]].to_dict("records"),
                }
            )
        self._batch = collate(windows) if windows else None
        self._entries, self._classes = entries, dataset.classes

    def record(self, model: GTAN, step: int) -> None:
        """Write the sigmas of all probe windows at `step`."""
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
        for layer, (output, states) in enumerate(zip(outputs, by_layer(state, outputs)), 1):
            cells = output.valid.shape[1]
            best = _state_of_cells(output, states.amax(-1))  # of the ratios
            sigmas = (output.learned_sigmas * cells).float().cpu().numpy()
            arrays[f"layer{layer}.sigmas"] = sigmas.astype(np.float16)
            arrays[f"layer{layer}.state"] = best.cpu().numpy()
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


def _state_of_cells(output: LayerOutput, states: Tensor) -> Tensor:
    """State of every cell, [B, T], of those of the kernels, [B, K].

    A kernel that its group replaced (R6) still has a sigma that is learned: its cell is what its
    group is.
    """
    cells = output.valid.shape[1]
    own, mixed = states[:, :cells], states[:, cells:]
    if output.mixed is not None and mixed.shape[1]:
        members = output.mixed.members.to(states.device)  # [B, M, T]
        groups = mixed[..., None].expand(members.shape).masked_fill(~members, ABSENT).amax(1)
        replaced = output.valid & ~output.mask[:, :cells]
        own = torch.where(replaced, groups, own)
    return own.masked_fill(~output.valid, ABSENT)
