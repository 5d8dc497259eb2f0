"""What every data set gives: recordings with clips and truth, and windows cut from them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from functools import cached_property
from typing import Protocol

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from gtan.card import card, one_line
from gtan.data.annotations import Annotations
from gtan.data.texts import listed
from gtan.extraction.recipe import Recipe
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


def recording_line(recording: Recording) -> str:
    """A recording in one line; no feature is read."""
    return one_line(type(recording).__name__, recording.name, f"{recording.duration:,.1f} s")


def recording_card(recording: Recording) -> str:
    """A recording as a card; no feature is read."""
    return card(
        type(recording).__name__,
        recording.name,
        {"duration": f"{recording.duration:,.1f} s"},
        calls=["recording.clips", "recording.grid", "recording.features(start, count)"],
    )


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
        recipe: how the features were made from videos; None: that is not known.
        prepare: makes recordings of some names ready, all at once and with progress bars; each one
            else gets ready when it is first read. None: there is nothing to do.
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
    recipe: Recipe | None = None
    prepare: Callable[[Iterable[str], bool], None] | None = None

    def __repr__(self) -> str:
        subsets = [f"{name} {len(names)}" for name, names in self.subsets.items()]
        return one_line(
            "Dataset",
            self.name,
            f"{len(self.recordings)} recordings",
            f"{len(self.classes)} classes",
            f"{len(self.truth)} actions",
            *subsets,
        )

    def _repr_html_(self) -> str:
        rows = {
            subset: {
                "recordings": len(names),
                "minutes": sum(self.recordings[name].duration for name in names) / 60,
                "actions": len(self.truth_of(names)),
                "without features": len(self.skipped.get(subset, {})),
            }
            for subset, names in self.subsets.items()
        }
        return card(
            "Dataset",
            self.name,
            {
                "classes": f"{len(self.classes)}: {listed(self.classes, most=20)}",
                "features": f"{self.feature_dim:,} dimensions",
                "scored by": self.protocol,
            },
            table=pd.DataFrame.from_dict(rows, orient="index").rename_axis("subset"),
            calls=["dataset.truth_of([recording])", "gtan.reach(dataset, settings)"],
        )

    def make_ready(self, names: Iterable[str], progress: bool = True) -> None:
        """Render, extract or whatever recordings need before they can be read; see `prepare`."""
        if self.prepare is not None:
            self.prepare(names, progress)

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
