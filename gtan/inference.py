"""Running a network over whole recordings."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import fields
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from torch import nn

from gtan.assignment import Truths
from gtan.data.batches import collate
from gtan.data.dataset import Dataset, Recording
from gtan.data.windows import WindowCutter, tile
from gtan.detection import Predictions, detect_recording
from gtan.network import GTAN, LayerOutput, Proposals, proposals
from gtan.runs.run import Run, open_run
from gtan.settings import Settings


@contextmanager
def evaluating(model: nn.Module) -> Iterator[None]:
    """The model in evaluation mode, then back as it was."""
    was_training = model.training
    model.eval()
    try:
        yield
    finally:
        model.train(was_training)


AT_ONCE = 32  # windows of a recording that detection gives to the network together


@torch.no_grad()
def run_recording(
    model: GTAN, cutter: WindowCutter, recording: Recording, some: slice | None = None
) -> tuple[list[LayerOutput], Proposals, Truths]:
    """The network's word on all windows (`tile`) of one recording, or on some of them."""
    device = next(model.parameters()).device
    starts, _ = tile(recording.clips, cutter.window)
    starts = starts[some or slice(None)]
    features, valid, truths = collate([cutter.cut(recording.name, float(s)) for s in starts])
    outputs = model(features.to(device, non_blocking=True), valid.to(device, non_blocking=True))
    return outputs, proposals(outputs), truths.to(device)


def to_predictions(joined: Proposals) -> Predictions:
    """The proposals of a recording's windows as numpy arrays."""
    return Predictions(
        *(
            value.detach().float().cpu().numpy()
            if value.is_floating_point()
            else value.cpu().numpy()
            for value in (
                joined.centers,
                joined.widths,
                joined.mask,
                joined.logits,
                joined.offsets,
                joined.overlap,
            )
        )
    )


def predict_recording(model: GTAN, cutter: WindowCutter, recording: Recording) -> Predictions:
    """Predictions of all windows of a recording, however long: a few windows at a time."""
    count = len(tile(recording.clips, cutter.window)[0])
    parts = []
    for first in range(0, count, AT_ONCE):
        with evaluating(model):
            _, joined, _ = run_recording(model, cutter, recording, slice(first, first + AT_ONCE))
        parts.append(to_predictions(joined))
    # Where fewer kernels were mixed, there are fewer proposals; the mask leaves out what is added.
    most = max(part.mask.shape[1] for part in parts)

    def joined_up(name: str) -> np.ndarray:
        arrays = [getattr(part, name) for part in parts]
        padding = [((0, 0), (0, most - a.shape[1]), (0, 0))[: a.ndim] for a in arrays]
        return np.concatenate([np.pad(a, pad) for a, pad in zip(arrays, padding)])

    return Predictions(**{field.name: joined_up(field.name) for field in fields(Predictions)})


def detect_dataset(
    model: GTAN, dataset: Dataset, names: Iterable[str], settings: Settings
) -> pd.DataFrame:
    """Detections of several recordings: columns video, label, start, end (seconds), score."""
    cutter = WindowCutter(dataset, settings.data.window, settings.data.min_visible)
    parts = []
    for name in names:
        recording = dataset.recordings[name]
        starts, owned = tile(recording.clips, cutter.window)
        found = detect_recording(
            predict_recording(model, cutter, recording),
            starts,
            owned,
            cutter.window,
            recording.grid,
            recording.duration,
            settings.detection,
        )
        found["label"] = [dataset.classes[number] for number in found["label"]]
        found.insert(0, "video", name)
        parts.append(found[["video", "label", "start", "end", "score"]])
    columns = ["video", "label", "start", "end", "score"]
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=columns)


def detect(run: Run | str | Path | None, source: str | Iterable[str] = "test") -> pd.DataFrame:
    """Detections of a run's network.

    Args:
        run: a run, the path of its folder, or None for the example run.
        source: "train", "validation" or "test" of the run's data set, or the name of a recording,
            or names of several.

    Returns:
        Columns video, label, start, end (seconds), score.

    Raises:
        KeyError: naming the recordings that the data set does not have.

    Example:
        >>> import gtan
        >>> gtan.detect(None, ["exp07_user04"])  # doctest: +SKIP
    """
    run = open_run(run)
    dataset = run.dataset()
    if isinstance(source, str):
        names = list(dataset.subsets.get(source, [source]))
    else:
        names = list(dict.fromkeys(source))
    unknown = [name for name in names if name not in dataset.recordings]
    if unknown:
        subsets = ", ".join(map(repr, dataset.subsets))
        raise KeyError(
            f"{dataset.name} has no recording {', '.join(map(repr, unknown[:5]))}; give {subsets}, "
            f"or names such as {next(iter(dataset.recordings))!r}"
        )
    return detect_dataset(run.model(), dataset, names, run.settings)
