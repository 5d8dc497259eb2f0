"""Windows: the stretches of a feature sequence that the network sees at once, with their truth."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from gtan.data.dataset import Dataset, Floats
from gtan.settings import AugmentationSettings


class CutTruths(NamedTuple):
    """The truths that a window shows.

    Attributes:
        rows: [V] which ones of the recording's, in order.
        segments: [V, 2] in clips, cut at the window's edges.
        shares: [V] of each truth that lies inside, in (0, 1].
    """

    rows: NDArray[np.int64]
    segments: NDArray[np.float64]
    shares: NDArray[np.float64]


def cut_truths(segments: NDArray[np.float64], start: float, end: float) -> CutTruths:
    """The truths that a window shows, cut at its edges (R18).

    Args:
        segments: [G, 2] truths of a recording, in clips.
        start, end: of the window, in clips; it ends where the recording does.

    Example:
        >>> rows, segments, shares = cut_truths(np.array([[0.0, 2.0], [6.0, 10.0]]), 4, 9)
        >>> rows.tolist(), segments.tolist(), shares.tolist()
        ([1], [[6.0, 9.0]], [0.75])
    """
    cut = segments.clip(start, end)
    rows = np.flatnonzero(cut[:, 1] > cut[:, 0])
    segments, cut = segments[rows], cut[rows]
    return CutTruths(rows, cut, (cut[:, 1] - cut[:, 0]) / (segments[:, 1] - segments[:, 0]))


@dataclass(frozen=True)
class Window:
    """A stretch of a recording, ready for the network.

    Attributes:
        features: [T, D] float32, zero where padded.
        valid: [T] bool.
        segments: [G, 2] truth, fractions of the window, cut at its edges.
        labels: [G] int64.
        visible: [G] bool, whether enough of the truth lies inside (R18).
    """

    features: Floats
    valid: NDArray[np.bool_]
    segments: Floats
    labels: NDArray[np.int64]
    visible: NDArray[np.bool_]


class WindowCutter:
    """Cuts windows, with their truth, out of a data set's recordings."""

    def __init__(self, dataset: Dataset, window: int, min_visible: float) -> None:
        self.dataset = dataset
        self.window = window
        self.min_visible = min_visible
        self._number = {label: index for index, label in enumerate(dataset.classes)}
        self._known: dict[str, tuple[NDArray[np.float64], NDArray[np.int64]]] = {}

    def _truth(self, name: str) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
        """Segments [G, 2] in clips, and labels [G], of a recording; worked out once."""
        if name in self._known:
            return self._known[name]
        rows = self.dataset.truth.iloc[self.dataset.rows.get(name, [])]
        segments = rows[["start", "end"]].to_numpy(np.float64)
        labels = np.asarray(rows["label"].map(self._number), np.int64)
        self._known[name] = self.dataset.recordings[name].grid.from_seconds(segments), labels
        return self._known[name]

    def cut(
        self,
        name: str,
        start: float,
        speed: float = 1.0,
        augmentation: AugmentationSettings | None = None,
        rng: np.random.Generator | None = None,
    ) -> Window:
        """The window of recording `name` from position `start` (clips), played at `speed`."""
        recording = self.dataset.recordings[name]
        features = recording.features(start, self.window, speed, augmentation, rng)
        centers = start + speed * (np.arange(self.window) + 0.5)
        valid = centers < recording.clips
        valid[0] = True
        features[~valid] = 0.0
        segments, labels = self._truth(name)
        span = speed * self.window
        shown = cut_truths(segments, start, min(start + span, recording.clips))
        return Window(
            features=features,
            valid=valid,
            segments=((shown.segments - start) / span).astype(np.float32),
            labels=labels[shown.rows],
            visible=shown.shares >= self.min_visible,
        )


class WindowSampler:
    """Random training windows.

    Those of a step depend on the seed, the step and their place in the batch alone, whoever cuts
    them: a resumed run, a worker of a loader, or one of several processes.
    """

    def __init__(
        self,
        cutter: WindowCutter,
        names: Sequence[str],
        augmentation: AugmentationSettings,
        *,
        batch_size: int,
        seed: int,
        dropout: float = 0.0,
    ) -> None:
        if not names:
            raise ValueError("there are no recordings to train on")
        self.cutter, self.names = cutter, list(names)
        self.augmentation, self.batch_size, self.seed = augmentation, batch_size, seed
        self.dropout = dropout
        clips = np.array([cutter.dataset.recordings[name].clips for name in self.names], float)
        self._share = clips / clips.sum()

    def batch(self, step: int, places: range | None = None) -> list[Window]:
        """The windows of optimisation step `step`, or those at some `places` of its batch."""
        return [self.window(step, place) for place in places or range(self.batch_size)]

    def window(self, step: int, place: int) -> Window:
        """One window of a step's batch."""
        rng = np.random.default_rng((self.seed, step, place))
        name = self.names[rng.choice(len(self.names), p=self._share)]
        stretch = np.log1p(self.augmentation.time_stretch)
        speed = float(np.exp(rng.uniform(-stretch, stretch)))
        # Drawn from half a window before to half a window behind and held within, so that the
        # first and last seconds of a recording are seen as often as the others.
        span = speed * self.cutter.window
        clips = self.cutter.dataset.recordings[name].clips
        start = float(rng.uniform(-span / 2, clips - span / 2))
        start = max(0.0, min(start, clips - span))
        if self.cutter.dataset.whole_clips:
            start = float(round(start))
        window = self.cutter.cut(name, start, speed, self.augmentation, rng)
        if self.dropout:  # of conv1's input features, over the whole window
            kept = rng.random(window.features.shape[1], np.float32) >= self.dropout
            window.features[:] *= kept / np.float32(1 - self.dropout)
        return window


def tile(clips: int, window: int) -> tuple[NDArray[np.int64], Floats]:
    """Half-overlapping windows over a recording, and the stretch whose detections each one owns.

    A detection belongs to the window in whose middle its centre lies, so that no action up to half
    a window long is judged from a fragment, and none is reported twice (R18).

    Returns:
        starts [W] and owned [W, 2], in clips; the first and last reach to infinity.

    Example:
        >>> starts, owned = tile(1000, 512)
        >>> starts.tolist(), owned.tolist()
        ([0, 256, 488], [[-inf, 384.0], [384.0, 628.0], [628.0, inf]])
    """
    last = max(0, clips - window)
    starts = np.unique(np.append(np.arange(0, last, max(1, window // 2)), last)).astype(np.int64)
    middles = (starts[:-1] + window + starts[1:]) / 2
    edges = np.concatenate([[-np.inf], middles, [np.inf]])
    return starts, np.stack([edges[:-1], edges[1:]], 1).astype(np.float32)
