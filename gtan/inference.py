"""Running a network over whole recordings."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pandas as pd
import torch
from torch import nn
from tqdm.auto import tqdm

from gtan.assignment import Truths
from gtan.data.annotations import DETECTION_COLUMNS
from gtan.data.batches import collate
from gtan.data.dataset import Dataset, Recording
from gtan.data.windows import WindowCutter, tile
from gtan.detection import (
    Candidates,
    Predictions,
    detect_recording,
    find_candidates,
    pick_detections,
)
from gtan.evaluation import OperatingPoint, evaluate_detections
from gtan.evaluation import operating_point as choose_point
from gtan.evaluation.detection import check_tiou
from gtan.evaluation.operating import given_score, read_at
from gtan.network import GTAN, LayerOutput, Proposals, proposals
from gtan.runs.run import Run, open_run
from gtan.runs.source import ByRecording, Source, choose_recordings, dataset_of
from gtan.settings import DetectionSettings, Settings


@contextmanager
def evaluating(model: nn.Module) -> Iterator[None]:
    """The model in evaluation mode, then back as it was."""
    was_training = model.training
    model.eval()
    try:
        yield
    finally:
        model.train(was_training)


MANY = 1_000_000_000  # more than there can be
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


def portions(clips: int, window: int) -> Iterator[slice]:
    """The windows of a recording (`tile`), a few at a time, so that memory has a bound."""
    for first in range(0, len(tile(clips, window)[0]), AT_ONCE):
        yield slice(first, first + AT_ONCE)


class Finder:
    """Detections of one recording, however long, from the predictions of a few windows at a time.

    Args:
        recording: to detect in.
        window: clips of a window.
        settings: what to keep.
    """

    def __init__(self, recording: Recording, window: int, settings: DetectionSettings) -> None:
        self.recording, self.window, self.settings = recording, window, settings
        self._starts, self._owned = tile(recording.clips, window)
        self._found: list[Candidates] = []

    def add(self, some: slice, predictions: Predictions) -> None:
        """The predictions of some windows."""
        self._found.append(
            find_candidates(
                predictions, self._starts[some], self._owned[some], self.window, self.settings,
                first=some.start,
            )
        )  # fmt: skip
        if sum(len(part.ranking) for part in self._found) > 2 * self.settings.candidates:
            self._found = [self._best()]

    def _best(self) -> Candidates:
        return Candidates.joined(self._found).best(self.settings.candidates)

    def detections(self) -> pd.DataFrame:
        """As of `detect_recording`."""
        recording = self.recording
        return pick_detections(self._best(), recording.grid, recording.duration, self.settings)


def detect_dataset(
    model: GTAN,
    dataset: Dataset,
    names: Iterable[str],
    settings: Settings,
    least: float = 0.0,
    progress: bool = False,
) -> pd.DataFrame:
    """Detections of several recordings: columns video, label, start, end (seconds), score.

    With a `least` score there are, besides those that `settings.detection` keeps of a recording,
    all at or above it, however many: in hours there may be more actions than `top_k`.
    """
    names = list(names)
    dataset.make_ready(names, progress)
    cutter = WindowCutter(dataset, settings.data.window, settings.data.min_visible)
    wanted = [settings.detection]
    if least > 0:
        wanted.append(unlimited(settings.detection, least))
    parts = []
    for name in tqdm(names, "detecting", unit="recording", disable=not progress):
        recording = dataset.recordings[name]
        finders = [Finder(recording, cutter.window, one) for one in wanted]
        for some in portions(recording.clips, cutter.window):
            with evaluating(model):
                _, joined, _ = run_recording(model, cutter, recording, some)
            predictions = to_predictions(joined)
            for finder in finders:
                finder.add(some, predictions)
        found = finders[0].detections()
        if least > 0:
            above = finders[1].detections()
            found = pd.concat([above, found[found["score"] < least]], ignore_index=True)
        found["label"] = [dataset.classes[number] for number in found["label"]]
        found.insert(0, "video", name)
        parts.append(found[list(DETECTION_COLUMNS)])
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=DETECTION_COLUMNS)


def stitched(
    predictions: Predictions, recording: Recording, window: int, settings: DetectionSettings
) -> pd.DataFrame:
    """Detections of a recording from the predictions of its windows; see `detect_recording`."""
    starts, owned = tile(recording.clips, window)
    return detect_recording(
        predictions=predictions,
        starts=starts,
        owned=owned,
        window=window,
        grid=recording.grid,
        duration=recording.duration,
        settings=settings,
    )


def unlimited(settings: DetectionSettings, least: float) -> DetectionSettings:
    """Settings that keep whatever has a score of at least `least`.

    Soft-NMS only lowers scores, and only by what stands higher: what is below is not missed.
    """
    score = max(least, settings.min_score)
    return settings.model_copy(update={"min_score": score, "candidates": MANY, "top_k": MANY})


def detect(
    run: Run | str | Path | None,
    source: Source = "test",
    *,
    fps: ByRecording = None,
    duration: ByRecording = None,
    at: str | OperatingPoint = "all",
    tiou: float = 0.5,
    weights: str | Path | None = None,
    progress: bool = False,
) -> pd.DataFrame:
    """Detections of a run's network, in recordings of its data set or in new ones.

    Args:
        run: a run, the path of its folder, or None for the example run.
        source: "train", "validation" or "test" of the run's data set; the name of a recording; new
            recordings as `{"monday": features}`, with an array [T, D] (SBHAR: samples [S, 6], 50 a
            second), a path or a `gtan.data.features.FeatureFile`; the path of a video or of a
            feature file, or of a folder of them; or several names and paths. Videos become
            features as those did that the run was trained on (`Run.recipe`), kept in the cache.
        fps: frames a second of new recordings, one for all or by name; None: the run's.
        duration: seconds of new recordings, as `fps`; None: up to the end of the last clip. Given,
            it is checked against the number of clips (`gtan.check_stride`).
        at: which detections to keep: "all", "score=0.3", or "f1", "precision=0.9", "recall=0.8",
            for which the validation recordings are detected as well, to choose a least score on; or
            an `operating_point`. "all" are the `detection.top_k` best of each recording; a point
            keeps as many as reach it.
        tiou: at which `at` counts an action of the validation recordings as found.
        weights: of the backbone, for videos; None: where they lay when features were extracted.
        progress: show a bar.

    Returns:
        Columns video, label, start, end (seconds), score; by recording, the best first.

    Raises:
        KeyError: naming the recordings that the data set does not have, and near names.
        FileNotFoundError: there is no such file.
        ValueError: features that the run was not trained for, unknown fps or duration, two
            recordings of one name, no validation recordings to choose on, or a video from which
            nothing can be read or of whose features it is not known how they are made.

    Example:
        >>> import gtan
        >>> gtan.detect(None, ["exp07_user04"])  # doctest: +SKIP
        >>> gtan.detect("runs/mine", {"monday": features}, fps=25, at="f1")  # doctest: +SKIP
    """
    if not isinstance(at, str | OperatingPoint):
        raise ValueError(f"at = {at!r}: write 'score={at}', 'f1', 'precision=0.9' or 'all'")
    if isinstance(at, str):
        read_at(at)
    check_tiou([tiou])
    run = open_run(run)
    recordings = choose_recordings(run, source, fps, duration, weights)
    point = operating_point(run, at, tiou, progress) if isinstance(at, str) else at
    return point.kept(detect_recordings(run, recordings, point.least, progress))


def detect_recordings(
    run: Run, recordings: Mapping[str, Recording], least: float = 0.0, progress: bool = False
) -> pd.DataFrame:
    """Detections of some recordings, whose truth does not matter; see `detect_dataset`."""
    chosen = dataset_of(run, recordings)
    return detect_dataset(run.model(), chosen, recordings, run.settings, least, progress)


def operating_point(
    run: Run | str | Path | None, at: str = "f1", tiou: float = 0.5, progress: bool = False
) -> OperatingPoint:
    """An operating point for a run's detections, chosen on its validation recordings.

    Args:
        run: a run, the path of its folder, or None for the example run.
        at: see `gtan.evaluation.operating_point`.
        tiou: what counts as found.
        progress: show a bar.

    Raises:
        ValueError: there are none, or none but those it is tested on; `at` or `tiou` cannot be.
        FileNotFoundError: the run's data are not here.
    """
    given = given_score(at)
    if given is not None:
        return given
    run = open_run(run)
    dataset = run.dataset()
    tested = set(dataset.subsets["test"])
    names = tuple(name for name in dataset.subsets["validation"] if name not in tested)
    dataset = replace(dataset, subsets={"validation": names})
    truth = dataset.evaluation_truth("validation")
    if truth.instances.empty:
        raise ValueError(
            f"{at} is chosen on validation recordings, and {run.path} has none with actions that "
            "it is not tested on; give at='score=0.3' (--at score=0.3), or 'all'"
        )
    detections = detect_dataset(run.model(), dataset, names, run.settings, progress=progress)
    results = evaluate_detections(truth, detections, dataset.protocol, [tiou])
    return choose_point(results, at, tiou)
