"""What the network does with one recording, kept: it makes Explanations."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from gtan.assignment import Assignment, assign
from gtan.data.dataset import Dataset, Recording
from gtan.data.windows import WindowCutter, cut_truths, tile
from gtan.inference import Finder, evaluating, portions, run_recording, to_predictions
from gtan.network import GTAN, AnchorLayer, LayerOutput, by_layer
from gtan.runs.explanation import Explanation, list_offsets
from gtan.runs.reading import CODES
from gtan.runs.run import explanation_path, open_run
from gtan.runs.schema import FILE, FORMAT, LAYER, VERSION, Array
from gtan.settings import Settings

FEATURE_LIMIT = 8_000_000  # bytes; larger feature maps are left out
SIGNAL_RATE = 12.5  # samples a second kept of the signal, enough for a picture


def explain_recording(
    model: GTAN,
    dataset: Dataset,
    name: str,
    settings: Settings,
    step: int,
    *,
    features: bool = False,
) -> Explanation:
    """Run the network over one recording and keep all of it, large feature maps with `features`.

    Raises:
        KeyError: if the data set has no such recording.
    """
    if name not in dataset.recordings:
        raise KeyError(f"recording {name!r} is not in {dataset.name}")
    recording, truth = dataset.recordings[name], dataset.truth_of([name])
    cutter = WindowCutter(dataset, settings.data.window, settings.data.min_visible)
    starts, owned = tile(recording.clips, cutter.window)
    finder = Finder(recording, cutter.window, settings.detection)
    rows = _truth_rows(truth, starts, cutter.window, recording)
    parts: list[list[Layer]] = []
    for some in portions(recording.clips, cutter.window):
        with evaluating(model):
            outputs, joined, truths = run_recording(model, cutter, recording, some)
        finder.add(some, to_predictions(joined))
        assignment = assign(joined.centers, joined.widths, joined.mask, truths, settings.loss)
        size = sum(output.features[0].numel() for output in outputs) * 2 * len(starts)
        maps = features or size <= FEATURE_LIMIT
        parts.append(_layers(outputs, assignment, rows[some], some.start, maps))
    found = finder.detections()
    signal, about_signal = _thinned_signal(recording)
    arrays = _as(
        FILE,
        {
            "windows.start": starts,
            "windows.owned": owned,
            "truth.segments": truth[["start", "end"]],
            "truth.labels": truth["label"].map(dataset.classes.index),
            "signal": signal,
            "detections.segments": found[["start", "end"]],
            "detections.labels": found["label"],
            "detections.scores": found["score"],
            "detections.ranking": found["ranking"],
            "detections.source": _sources(found, parts),
        },
    )
    for layer, pieces in enumerate(zip(*parts), 1):
        about = _joined([piece.arrays for piece in pieces])
        if maps:
            about |= _weights(model.layers[layer - 1])
        arrays |= _as(LAYER, about, f"layer{layer}.")
    header = _header(dataset, recording, settings, step, layers=outputs, signal=about_signal)
    return Explanation(header, arrays)


class Layer(NamedTuple):
    """What is kept of one anchor layer in a few windows.

    Attributes:
        arrays: of `gtan.runs.schema.LAYER`, without the head's weights.
        stored: [W, K] bool, the kernels that are in them.
        ratios: number of scale ratios.
    """

    arrays: dict[str, Any]
    stored: NDArray[np.bool_]
    ratios: int


def _layers(
    outputs: list[LayerOutput],
    assignment: Assignment,
    rows: NDArray[np.int64],
    first: int,
    maps: bool,
) -> list[Layer]:
    """Some windows, the first of which has the number `first`; rows: [W, G], see `_truth_rows`."""
    found = []
    assigned = (assignment.state, assignment.iou, assignment.truths)
    for output, state, iou, mine in zip(
        outputs, *(by_layer(values, outputs) for values in assigned)
    ):
        kept = _stored_kernels(output)
        about = _kernels(output, kept, first) | _truths(mine, rows, kept)
        about |= {"state": _numpy(state)[kept], "iou": _numpy(iou)[kept]}
        if maps:
            about["features"] = output.features
        found.append(Layer(_as(LAYER, about), kept, len(output.ratios)))
    return found


OFFSETS = ("kernel_offsets", "member_offsets", "truth_offsets")  # they count on over all windows


def _joined(parts: list[dict[str, Any]]) -> dict[str, Any]:
    """Arrays of some windows behind those of the windows before."""
    found: dict[str, Any] = {}
    for name in list(parts[0]):
        arrays = [part.pop(name) for part in parts]
        if name in OFFSETS:
            arrays = [list_offsets(np.concatenate([np.diff(array) for array in arrays]))]
        found[name] = np.concatenate(arrays)
    return found


def _header(
    dataset: Dataset,
    recording: Recording,
    settings: Settings,
    step: int,
    *,
    layers: list[LayerOutput],
    signal: dict[str, Any],
) -> dict[str, Any]:
    return {
        "format": FORMAT,
        "version": VERSION,
        "recording": recording.name,
        "duration": recording.duration,
        "step": step,
        "subset": _subset(dataset, recording.name),
        "classes": list(dataset.classes),
        "window": settings.data.window,
        "grid": asdict(recording.grid),
        "layers": [
            {
                "cells": layer.features.shape[-1],
                "channels": layer.features.shape[1],
                "ratios": list(layer.ratios),
            }
            for layer in layers
        ],
        "signal": signal,
        "settings": settings.model_dump(mode="json"),
    }


def _subset(dataset: Dataset, name: str) -> str:
    """What a recording was for; one that was chosen by and learned from was learned from."""
    named = (
        subset
        for subset in ("train", "validation", "test")
        if name in dataset.subsets.get(subset, ())
    )
    return next(named, "new")


def _thinned_signal(recording: Recording) -> tuple[NDArray[Any], dict[str, Any]]:
    """Samples of about `SIGNAL_RATE`, and what the header says of them."""
    samples, rate, names = recording.signal()
    every = max(1, round(rate / SIGNAL_RATE))
    return samples[::every], {"rate": rate / every, "names": names}


def _numpy(value: Any) -> NDArray[Any]:
    """A tensor, table or array as an array on the host."""
    return value.detach().float().cpu().numpy() if hasattr(value, "detach") else np.asarray(value)


def _as(
    schema: Mapping[str, Array], values: Mapping[str, Any], prefix: str = ""
) -> dict[str, NDArray[Any]]:
    """Arrays of the dtypes that the file's schema gives them."""
    return {
        prefix + name: _numpy(value).astype(CODES[schema[name].dtype])
        for name, value in values.items()
    }


def _stored_kernels(output: LayerOutput) -> NDArray[np.bool_]:
    """[W, K], the kernels that a file holds: all learned ones, even in padding, and mixed ones."""
    kept: NDArray[np.bool_] = output.mask.cpu().numpy().copy()
    kept[:, : output.valid.shape[1]] = True
    return kept


def _kernels(output: LayerOutput, kept: NDArray[np.bool_], first: int) -> dict[str, Any]:
    """A layer's kernels, how they were mixed, and what is predicted from them."""
    members = output.members.numpy()[kept]
    merges = np.array(output.mixed.steps if output.mixed else [], np.float64).reshape(-1, 6)
    merges[:, 0] += first  # the window
    names = ("centers", "sigmas", "widths", "logits", "offsets", "overlap")
    return {
        **{name: _numpy(getattr(output, name))[kept] for name in names},
        "valid": output.valid,
        "exists": _numpy(output.mask)[kept],
        "kernel_offsets": list_offsets(kept.sum(1)),
        "members": np.nonzero(members)[1],
        "member_offsets": list_offsets(members.sum(1)),
        "merges": merges[:, :3],
        "merge_values": merges[:, 3:],
    }


def _weights(anchor: AnchorLayer) -> dict[str, Any]:
    """Of a layer's three prediction convolutions (Eq. 5)."""
    convs = {"score": anchor.scores, "offset": anchor.offsets, "overlap": anchor.overlap}
    weights = {f"{name}_weights": conv.weight.squeeze(-1) for name, conv in convs.items()}
    return weights | {f"{name}_bias": conv.bias for name, conv in convs.items()}


def _truths(mine: Any, rows: NDArray[np.int64], kept: NDArray[np.bool_]) -> dict[str, Any]:
    """The truths of each proposal, as rows of the recording's.

    Args:
        mine: [W, K, R, G] bool, `Assignment.truths` of a layer.
        rows: [W, G], see `_truth_rows`.
        kept: [W, K], kernels that the file holds.
    """
    mine = mine.cpu().numpy()[kept]  # [kernels, R, G]
    kernel, _, number = np.nonzero(mine)
    window = np.nonzero(kept)[0][kernel]
    return {"truths": rows[window, number], "truth_offsets": list_offsets(mine.sum(-1).ravel())}


def _truth_rows(
    truth: pd.DataFrame, starts: NDArray[Any], window: int, recording: Recording
) -> NDArray[np.int64]:
    """Row in the recording's truth of each window's g-th truth: [W, G], -1 where there is none."""
    segments = recording.grid.from_seconds(truth[["start", "end"]].to_numpy(np.float64))
    shown = [
        cut_truths(segments, start, min(start + window, recording.clips)).rows for start in starts
    ]
    rows = np.full((len(starts), max(1, *map(len, shown))), -1, np.int64)
    for row, found in zip(rows, shown):
        row[: len(found)] = found
    return rows


def _sources(found: pd.DataFrame, parts: list[list[Layer]]) -> NDArray[np.int64]:
    """Where each detection came from: window, layer, row among the stored kernels, ratio."""
    window, proposal = found["window"].to_numpy(), found["proposal"].to_numpy()
    sources = np.zeros((len(found), 4), np.int64)
    kernels = np.zeros(len(parts[0]), np.int64)  # of the windows before, by layer
    first = 0
    for layers in parts:
        of_proposals = []
        for number, layer in enumerate(layers):
            kept = layer.stored
            row = kernels[number] + np.cumsum(kept).reshape(*kept.shape, 1) - 1  # [W, K, 1]
            ratio = np.arange(layer.ratios)
            source = np.stack(np.broadcast_arrays(number + 1, row, ratio), -1)  # [W, K, R, 3]
            of_proposals.append(source.reshape(len(kept), -1, 3))
            kernels[number] += kept.sum()
        here = (window >= first) & (window < first + len(kept))
        sources[here, 0] = window[here]
        sources[here, 1:] = np.concatenate(of_proposals, 1)[window[here] - first, proposal[here]]
        first += len(kept)
    return sources


def explain(
    run: Any, recording: str, step: int | None = None, *, features: bool = False
) -> Explanation:
    """Everything a picture needs to know about one recording of a run.

    A stored Explanation is opened; otherwise the network runs (of the newest checkpoint).

    Args:
        run: a `gtan.Run` or the path of its folder.
        recording: name of a recording of the run's data set.
        step: of training; the end by default. Other steps must have been stored.
        features: with feature maps and prediction weights even where these are large, so that a
            what-if can be computed. An Explanation that was stored without them is made anew.

    Raises:
        KeyError: if the data set has no such recording.
        ValueError: if `step` has no stored Explanation, listing those that are there, or none with
            feature maps.

    Example:
        >>> import gtan
        >>> explanation = gtan.explain(gtan.open_run(), "person21_film2")  # doctest: +SKIP
    """
    run = open_run(run)
    wanted = run.step if step is None else step
    path = explanation_path(run.path, recording, wanted)
    if path.exists():
        found = Explanation.load(path)
        if found.interactive or not features:
            return found
        if wanted != run.step:
            raise ValueError(
                f"the Explanation of {recording!r} at step {wanted} was stored without feature "
                f"maps, and the network is kept of step {run.step} only"
            )
    elif step is not None and step != run.step:
        there = sorted(s for name, s in run.explanations() if name == recording)
        raise ValueError(f"{recording!r} has no Explanation of step {step}; stored steps: {there}")
    dataset = run.dataset([recording])
    return explain_recording(
        run.model(), dataset, recording, run.settings, run.step, features=features
    )
