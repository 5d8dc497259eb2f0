"""What the network does with one recording, kept: it makes Explanations."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from gtan.assignment import assign
from gtan.data.dataset import Dataset
from gtan.data.windows import WindowCutter, tile
from gtan.detection import detect_recording
from gtan.inference import evaluating, run_recording, to_predictions
from gtan.network import GTAN
from gtan.runs.explanation import Explanation, list_offsets
from gtan.runs.run import explanation_path, open_run
from gtan.runs.schema import FORMAT, VERSION
from gtan.settings import Settings

FEATURE_LIMIT = 8_000_000  # bytes; larger feature maps are left out
SIGNAL_RATE = 12.5  # samples a second kept of the signal, enough for a picture


def explain_recording(
    model: GTAN, dataset: Dataset, name: str, settings: Settings, step: int, features: bool = False
) -> Explanation:
    """Run the network over one recording and keep all of it, large feature maps with `features`.

    Raises:
        KeyError: if the data set has no such recording.
    """
    if name not in dataset.recordings:
        raise KeyError(f"recording {name!r} is not in {dataset.name}")
    recording = dataset.recordings[name]
    cutter = WindowCutter(dataset, settings.data.window, settings.data.min_visible)
    starts, owned = tile(recording.clips, cutter.window)
    with evaluating(model):
        outputs, joined, truths = run_recording(model, cutter, recording)
    assignment = assign(joined.centers, joined.widths, joined.mask, truths, settings.loss)
    found = detect_recording(
        to_predictions(joined),
        starts,
        owned,
        cutter.window,
        recording.grid,
        recording.duration,
        settings.detection,
    )

    truth = dataset.truth_of([name])
    number = {label: index for index, label in enumerate(dataset.classes)}
    rows = _truth_rows(truth, starts, cutter.window, recording)
    samples, rate, names = recording.signal()
    thin = max(1, round(rate / SIGNAL_RATE))
    arrays: dict[str, NDArray[Any]] = {
        "windows.start": starts.astype(np.float32),
        "windows.owned": owned.astype(np.float32),
        "truth.segments": truth[["start", "end"]].to_numpy(np.float32),
        "truth.labels": truth["label"].map(number).to_numpy(np.int32),
        "signal": samples[::thin].astype(np.float16),
    }
    layers = []
    small = sum(output.features.numel() * 2 for output in outputs) <= FEATURE_LIMIT
    features = features or small
    first = 0  # of this layer's proposals among all
    sources = np.zeros((len(found), 4), np.int32)
    at, proposal = found["window"].to_numpy(), found["proposal"].to_numpy()
    for layer, output in enumerate(outputs, 1):
        windows, slots = output.centers.shape
        ratios, cells = len(output.ratios), output.features.shape[-1]
        keep = output.mask.cpu().numpy().copy()
        keep[:, :cells] = True  # learned kernels stay, even in padding; mixed ones if they exist
        prefix = f"layer{layer}."

        def put(name: str, value: Any, dtype: Any, prefix: str = prefix) -> None:
            array = value.detach().float().cpu().numpy() if hasattr(value, "detach") else value
            arrays[prefix + name] = array.astype(dtype)

        def kernels(value: Any, keep: NDArray[Any] = keep) -> NDArray[Any]:
            return value.detach().float().cpu().numpy()[keep]

        span = slice(first, first + slots * ratios)
        per_ratio = {
            key: getattr(assignment, key)[:, span].view(windows, slots, ratios)
            for key in ("state", "iou")
        }
        offsets = list_offsets(keep.sum(1))
        members = output.members.numpy()[keep]
        window_of = np.repeat(np.arange(windows), keep.sum(1))
        mine = assignment.truths[:, span].unflatten(1, (slots, ratios)).cpu().numpy()[keep]
        kernel, _, local = np.nonzero(mine)  # of [K, R, G]
        put("valid", output.valid, np.uint8)
        put("kernel_offsets", offsets, np.int32)
        put("centers", kernels(output.centers), np.float32)
        put("sigmas", kernels(output.sigmas), np.float32)
        put("widths", kernels(output.widths), np.float32)
        put("exists", kernels(output.mask), np.uint8)
        put("member_offsets", list_offsets(members.sum(1)), np.int32)
        put("members", np.nonzero(members)[1], np.int32)
        steps = output.mixed.steps if output.mixed else []
        table = np.array(steps, np.float64).reshape(-1, 6)
        put("merges", table[:, :3], np.int32)
        put("merge_values", table[:, 3:], np.float32)
        put("logits", kernels(output.logits), np.float16)
        put("offsets", kernels(output.offsets), np.float32)
        put("overlap", kernels(output.overlap), np.float32)
        put("state", kernels(per_ratio["state"]), np.int8)
        put("iou", kernels(per_ratio["iou"]), np.float32)
        put("truth_offsets", list_offsets(mine.sum(-1).ravel()), np.int32)
        put("truths", rows[window_of[kernel], local], np.int32)
        if features:
            anchor: Any = model.anchors[layer - 1]
            put("features", output.features, np.float16)
            for what, conv in (
                ("score", anchor.scores), ("offset", anchor.offsets), ("overlap", anchor.overlap)
            ):  # fmt: skip
                put(f"{what}_weights", conv.weight.squeeze(-1), np.float16)
                put(f"{what}_bias", conv.bias, np.float16)
        here = (proposal >= span.start) & (proposal < span.stop)
        slot, ratio = np.divmod(proposal[here] - first, ratios)
        row = offsets[at[here]] + (np.cumsum(keep, 1) - 1)[at[here], slot]
        sources[here] = np.stack([at[here], np.full_like(slot, layer), row, ratio], 1)
        first = span.stop
        layers.append(
            {
                "cells": cells,
                "channels": output.features.shape[1],
                "ratios": list(settings.ratios(layer - 1)),
            }
        )
    arrays |= {
        "detections.segments": found[["start", "end"]].to_numpy(np.float32),
        "detections.labels": found["label"].to_numpy(np.int32),
        "detections.scores": found["score"].to_numpy(np.float32),
        "detections.ranking": found["ranking"].to_numpy(np.float32),
        "detections.source": sources,
    }
    grid = recording.grid
    header = {
        "format": FORMAT,
        "version": VERSION,
        "recording": name,
        "duration": recording.duration,
        "step": step,
        "classes": list(dataset.classes),
        "window": cutter.window,
        "grid": {"stride": grid.stride, "length": grid.length, "offset": grid.offset},
        "layers": layers,
        "signal": {"rate": rate / thin, "names": names},
        "settings": settings.model_dump(mode="json"),
    }
    return Explanation(header, arrays)


def _truth_rows(
    truth: pd.DataFrame, starts: NDArray[Any], window: int, recording: Any
) -> NDArray[np.int64]:
    """Row in the recording's truth of each window's g-th truth: [W, G], -1 where there is none."""
    segments = recording.grid.from_seconds(truth[["start", "end"]].to_numpy(np.float64))
    inside = [
        np.flatnonzero(
            np.minimum(segments[:, 1], min(start + window, recording.clips))
            > np.maximum(segments[:, 0], start)
        )
        for start in starts
    ]
    rows = np.full((len(starts), max(1, max(map(len, inside)))), -1, np.int64)
    for index, found in enumerate(inside):
        rows[index, : len(found)] = found
    return rows


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
        >>> explanation = gtan.explain(gtan.open_run(), "exp07_user04")  # doctest: +SKIP
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
    dataset = run.dataset()
    return explain_recording(run.model(), dataset, recording, run.settings, run.step, features)
