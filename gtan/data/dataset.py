"""What every data set gives: recordings with clips and truth, and windows cut from them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from functools import cached_property
from typing import Protocol

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from gtan.data.annotations import Annotations
from gtan.grid import ClipGrid
from gtan.settings import AugmentationSettings, SettingsError

Floats = NDArray[np.float32]


class Recording(Protocol):
    """One untrimmed sequence."""

    @property
    def name(self) -> str:
        """Unique in its data set."""
        ...

    @property
    def duration(self) -> float:
        """Seconds."""
        ...

    @property
    def clips(self) -> int:
        """Length of its feature sequence."""
        ...

    @property
    def grid(self) -> ClipGrid:
        """Where each clip lies in time."""
        ...

    def features(
        self,
        start: float,
        count: int,
        speed: float = 1.0,
        augmentation: AugmentationSettings | None = None,
        rng: np.random.Generator | None = None,
    ) -> Floats:
        """Clip features [count, D] from position `start` (clips), `speed` clips apart."""
        ...

    def signal(self) -> tuple[Floats, float, list[str]]:
        """Something to draw above a timeline: [S, channels], samples per second, channel names."""
        ...


@dataclass(frozen=True)
class Dataset:
    """Recordings, their truth, and who learns from whom.

    Attributes:
        name: for example "sbhar".
        classes: action labels; a label's number is its place here.
        recordings: by name.
        truth: columns video, label, start, end (seconds), in file order.
        subsets: names of the recordings of "train", "validation" and "test".
        feature_dim: D.
        whole_clips: training windows begin at a clip, since between two clips there is nothing but
            a blur of both (SBHAR can cut its samples anywhere).
        protocol, tiou: how the test recordings are scored.
        ambiguous: as `truth`, intervals that THUMOS14's protocol does not count.
        skipped: recordings without features, by subset, and their number of actions.
    """

    name: str
    classes: tuple[str, ...]
    recordings: dict[str, Recording]
    truth: pd.DataFrame
    subsets: dict[str, tuple[str, ...]]
    feature_dim: int
    whole_clips: bool = False
    protocol: str = "activitynet"
    tiou: tuple[float, ...] = (0.3, 0.4, 0.5, 0.6, 0.7)
    ambiguous: pd.DataFrame | None = None
    skipped: dict[str, dict[str, int]] = field(default_factory=dict)

    @cached_property
    def rows(self) -> dict[str, NDArray[np.int64]]:
        """Rows of `truth` by recording; found once, however many recordings there are."""
        grouped = self.truth.groupby("video", sort=False).indices
        return {str(name): np.asarray(rows, np.int64) for name, rows in grouped.items()}

    def truth_of(self, names: Sequence[str]) -> pd.DataFrame:
        """Rows of `truth` that belong to these recordings."""
        found = [self.rows[name] for name in dict.fromkeys(names) if name in self.rows]
        rows = np.sort(np.concatenate(found)) if found else np.zeros(0, np.int64)
        return self.truth.iloc[rows].reset_index(drop=True)

    def evaluation_truth(self, subset: str) -> Annotations:
        """What the detections of a subset are scored against, recordings without actions too.

        Raises:
            ValueError: there is no such subset.
        """
        if subset not in self.subsets:
            raise ValueError(
                f"subset {subset!r} does not exist; there are {', '.join(self.subsets)}"
            )
        names = self.subsets[subset]
        truth = self.truth_of(names)
        if self.ambiguous is not None:
            mine = self.ambiguous[self.ambiguous["video"].isin(list(names))]
            truth = pd.concat([truth, mine], ignore_index=True)
        durations = [self.recordings[name].duration for name in names]
        videos = {"video": list(names), "subset": subset, "duration": durations}
        return Annotations(truth, pd.DataFrame(videos).astype({"video": "str"}))


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


def without_excluded(names: Sequence[str], excluded: Sequence[str]) -> list[str]:
    """The names of recordings but for those that `data.exclude` leaves out.

    Raises:
        SettingsError: an excluded one is not there; the message names what may be meant.
    """
    unknown = sorted(set(excluded) - set(names))
    if unknown:
        close = get_close_matches(unknown[0], names, n=3)
        meant = f"did you mean {' or '.join(close)}?" if close else "name recordings that are there"
        raise SettingsError(f"setting data.exclude: no recording {', '.join(unknown)}; {meant}")
    return [name for name in names if name not in set(excluded)]


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
        end = min(start + speed * self.window, recording.clips)
        cut = segments.clip(start, end)
        inside = cut[:, 1] > cut[:, 0]
        segments, cut = segments[inside], cut[inside]
        share = (cut[:, 1] - cut[:, 0]) / (segments[:, 1] - segments[:, 0])
        return Window(
            features=features,
            valid=valid,
            segments=((cut - start) / (speed * self.window)).astype(np.float32),
            labels=labels[inside],
            visible=share >= self.min_visible,
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
