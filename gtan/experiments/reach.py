"""Reach: which actions can a default boundary match at all, before anything is trained?

Training needs foreground: a default boundary with tIoU above 0.8 (Section 3.5). For each annotated
action and anchor layer, `reach` finds the best tIoU that any kernel of the layer could have, were
its sigma chosen for that action, with four sorts of kernels:

- ``fixed``: width 1/T times the scale ratios (Table 3);
- ``ssad``: the same with SSAD's ratios (Figure 7);
- ``learned``: every width that the setting's sigmas allow (R1), times the ratios;
- ``grouped``: those and every mixed kernel that Algorithm 1 can form of them (Eq. 3, R5).

It is an upper bound, since a network still has to find those sigmas, and since neighbours must have
the right ones for a group; but what is out of reach here, no training brings back. Actions are seen
as the detector sees them: in half-overlapping windows, cut at a window's edge, the best view
counting (R18), or, resized, with the whole recording as one window.

The best width for a kernel whose centre lies d away from that of an action of length w is w + 2 d,
the narrowest interval around the centre that holds the action; a wider or narrower one loses.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from gtan.card import card, one_line
from gtan.cells import first_center, layer_cells
from gtan.data import sensors
from gtan.data.annotated import clip_grid
from gtan.data.annotations import AMBIGUOUS, Annotations, as_annotations
from gtan.data.dataset import Dataset
from gtan.data.windows import cut_truths, tile
from gtan.grid import ClipGrid
from gtan.settings import DataSettings, Settings
from gtan.world.dataset import with_grid

KINDS = ("fixed", "ssad", "learned", "grouped")
# With R5's mean, centres of chains of m members approach whole cells as 2 ** -m: longer ones add
# nothing.
LONGEST_CHAIN = 12


@dataclass(frozen=True)
class Reach:
    """What is within reach.

    Attributes:
        instances: video, label, start, end, length (seconds), and fraction (length as a share of
            the window, not cut; above 1: no window holds it).
        tiou: for each of `KINDS`, [G, J] the best tIoU of any default boundary of a layer with an
            action.
        threshold: the tIoU to exceed, ``loss.foreground``.
        cells: T_j of each layer.
    """

    instances: pd.DataFrame
    tiou: Mapping[str, np.ndarray]
    threshold: float
    cells: tuple[int, ...]

    def share(self) -> pd.Series:
        """Share of the actions within reach of some layer, for each kind of kernel."""
        return pd.Series({kind: float(self._reached(kind).mean()) for kind in KINDS}, name="share")

    def by_layer(self) -> pd.DataFrame:
        """Share of the actions within reach of each layer: rows layers (from 1), columns kinds."""
        shares = {kind: (self.tiou[kind] > self.threshold).mean(axis=0) for kind in KINDS}
        return pd.DataFrame(shares, pd.RangeIndex(1, len(self.cells) + 1, name="layer"))

    def by_length(self, edges: Sequence[float] | None = None) -> pd.DataFrame:
        """Share of the actions within reach, by length.

        Args:
            edges: seconds, ascending; by default the tenths of the actions.

        Returns:
            One row per class of length that has actions: low, high (seconds), count, and the share
            for each kind.

        Raises:
            ValueError: fewer than two edges, or edges that do not ascend.
        """
        length = self.instances["length"].to_numpy()
        if edges is None:
            edges = np.unique(np.quantile(length, np.linspace(0, 1, 11))).tolist()
            edges = edges if len(edges) > 1 else [edges[0], edges[0] + 1]
        bounds = np.asarray(edges, float)
        if len(bounds) < 2 or (np.diff(bounds) <= 0).any():
            raise ValueError(f"edges: need two or more, ascending, not {list(edges)}")
        place = np.clip(np.searchsorted(bounds, length, side="right") - 1, 0, len(bounds) - 2)
        inside = (length >= bounds[0]) & (length <= bounds[-1])
        reached = {kind: self._reached(kind) for kind in KINDS}
        rows = []
        for number in range(len(bounds) - 1):
            mine = inside & (place == number)
            if mine.any():
                row = {"low": bounds[number], "high": bounds[number + 1], "count": mine.sum()}
                rows.append(row | {kind: reached[kind][mine].mean() for kind in KINDS})
        return pd.DataFrame(rows)

    def summary(self) -> str:
        """Tables to read."""
        three = "{:.3f}".format
        return (
            f"{len(self.instances)} actions; share with a default boundary above tIoU "
            f"{self.threshold:g}\n\n{self.share().to_string(float_format=three)}\n\n"
            f"{self.by_layer().to_string(float_format=three)}\n\n"
            f"{self.by_length().to_string(float_format=three, index=False)}"
        )

    def __repr__(self) -> str:
        shares = (f"{kind} {share:.3f}" for kind, share in self.share().items())
        return one_line(
            "Reach", f"{len(self.instances)} actions", f"tIoU > {self.threshold:g}", *shares
        )

    def _repr_html_(self) -> str:
        return card(
            "Reach",
            f"of {len(self.instances):,} actions, tIoU > {self.threshold:g}",
            {f"{kind} kernels": f"{share:.3f}" for kind, share in self.share().items()},
            table=self.by_layer().round(3),
            calls=("by_layer()", "by_length()", "share()"),
        )

    def _reached(self, kind: str) -> np.ndarray:
        return np.asarray((self.tiou[kind] > self.threshold).any(axis=1))


def reach(annotations: Annotations | pd.DataFrame | Dataset, settings: Settings) -> Reach:
    """Which actions the kernels of a setting can match; see the top of this file.

    Args:
        annotations: the actions (``Ambiguous`` ones are left out), with durations in ``videos``; a
            recording without one is taken to end with its last action. Or a data set, all of it:
            then windows lie where its feature sequences have them; otherwise their length is
            that of whole clips in the duration.
        settings: window, clips, anchor layers, scale ratios, sigmas, grouping, the foreground
            threshold. In windows (``data.view="sliding"``), frames a second are those of
            ``data.fps`` or of the annotations.

    Raises:
        ValueError: no action, or sliding windows and no frames a second.

    Example:
        >>> truth = pd.DataFrame({"video": ["v"], "label": ["run"], "start": [3], "end": [12.5]})
        >>> settings = Settings.preset("paper-thumos14").override({"data.fps": 30.0})
        >>> reach(truth, settings).share().to_dict()
        {'fixed': 0.0, 'ssad': 0.0, 'learned': 1.0, 'grouped': 1.0}
    """
    clips: dict[str, tuple[ClipGrid, int]] = {}
    if isinstance(annotations, Dataset):
        recordings = annotations.recordings
        clips = {name: (one.grid, one.clips) for name, one in recordings.items()}
        durations = {name: one.duration for name, one in recordings.items()}
        videos = pd.DataFrame({"video": list(durations), "duration": list(durations.values())})
        annotations = Annotations(annotations.truth, videos)
    annotations = as_annotations(annotations)
    instances = annotations.instances
    instances = instances[instances["label"] != AMBIGUOUS].reset_index(drop=True)
    if instances.empty:
        raise ValueError("the annotations have no action")
    if not clips and settings.data.view == "sliding":
        clips = _clips(instances, annotations.videos, settings)

    views = _views(instances, annotations.videos, clips, settings)
    cells = layer_cells(settings.data.window, settings.layers)
    valid = layer_cells(views.valid, settings.layers)
    best = {kind: np.zeros((len(instances), len(cells))) for kind in KINDS}
    for layer, length in enumerate(cells):
        center = (views.start + views.end) / 2 * length
        width = (views.end - views.start) * length
        found_by_kind = _best_of_layer(
            settings, layer, length, center=center, width=width, valid=valid[layer]
        )
        for kind, found in found_by_kind.items():
            np.maximum.at(best[kind][:, layer], views.row, found)

    seconds = instances["end"] - instances["start"]
    table = instances.assign(length=seconds, fraction=seconds / views.span)
    return Reach(table, best, settings.loss.foreground, cells)


def best_tiou(offset: np.ndarray, width: np.ndarray, low: float, high: float) -> np.ndarray:
    """Largest tIoU of an action with an interval of any width from `low` to `high`.

    Args:
        offset: [N] distance of the two centres.
        width: [N] of the action, same unit.

    Example:
        >>> best_tiou(np.array([0.0, 0.5]), np.array([4.0, 4.0]), 1.0, 8.0)
        array([1. , 0.8])
    """
    chosen = np.clip(width + 2 * offset, low, high)
    both = np.minimum(chosen / 2, offset + width / 2) - np.maximum(-chosen / 2, offset - width / 2)
    both = np.maximum(both, 0.0)
    return np.asarray(both / np.maximum(chosen + width - both, 1e-12))


def mixed_kernels(
    low: float, high: float, epsilon: float, merge: str, longest: int
) -> Iterator[tuple[int, float, float, float]]:
    """Mixed kernels that Algorithm 1 can form of neighbours with widths from `low` to `high`.

    Two intervals whose centres lie d apart differ by at least 2 d in union and intersection, and
    overlap by more than epsilon only if the union is longer than 2 d / (1 - epsilon). Merging as in
    the paper, a chain's centre is fixed by the number of its members, and its longest union is that
    of kernels that are all as wide as can be. Merging to the union's middle, the centre can lie
    anywhere (given here in sixteenths of a cell), and the longest union around it is that of
    kernels as wide as can be but for the first or the last one.

    Args:
        low, high: widths of the members, in cells.
        epsilon: IoU above which two kernels merge.
        merge: ``paper`` or ``union`` (R5).
        longest: most members.

    Yields:
        Number of members, centre (in cells from that of the first member), smallest and largest
        width (in cells; the smallest is a limit, not reached).

    Example:
        >>> [chain for chain in mixed_kernels(0.5, 8.0, 0.7, "paper", 2)]
        [(2, 0.5, 6.666666666666666, 9.0)]
    """
    if merge == "union":
        for members in range(2, longest + 1):
            least, middle = max(members / (1 - epsilon), low), (members - 1) / 2
            if least >= high + members - 1:
                return
            for center in np.linspace(middle - 0.5, middle + 0.5, 17).tolist():
                most = high + members - 1 - 2 * abs(center - middle)
                if least < most:
                    yield members, center, least, most
        return
    center, most = 0.0, high
    for members in range(2, min(longest, LONGEST_CHAIN) + 1):
        apart = members - 1 - center
        center = (center + members - 1) / 2
        least = max(2 * apart / (1 - epsilon), low)
        most = (most + high) / 2 + apart
        if least >= most:
            return
        yield members, center, least, most


@dataclass(frozen=True)
class _Views:
    """Actions as windows show them: [V] each; a long recording shows an action twice."""

    row: np.ndarray  # which action
    start: np.ndarray  # fraction of the window, cut at its edges
    end: np.ndarray
    valid: np.ndarray  # clips of the window that lie within the recording
    span: np.ndarray  # [G] seconds of a window, for every action


def _views(
    instances: pd.DataFrame,
    videos: pd.DataFrame,
    clips: Mapping[str, tuple[ClipGrid, int]],
    settings: Settings,
) -> _Views:
    data = settings.data
    if data.view == "resized":
        span = instances["video"].map(_durations(instances, videos)).to_numpy(float)
        start, end = (instances[name].to_numpy(float) / span for name in ("start", "end"))
        valid = np.full(len(instances), data.window)
        return _Views(np.arange(len(instances)), start.clip(0, 1), end.clip(0, 1), valid, span)
    spans = {name: grid.span(data.window) for name, (grid, _) in clips.items()}
    span = instances["video"].map(spans).to_numpy(float)
    parts = []
    for video, rows in instances.groupby("video").indices.items():
        grid, count = clips[str(video)]
        segments = grid.from_seconds(instances.iloc[rows][["start", "end"]].to_numpy(float))
        for first in tile(count, data.window)[0]:
            shown = cut_truths(segments, first, min(first + data.window, count))
            seen = shown.shares >= data.min_visible
            start, end = (shown.segments[seen] - first).T / data.window
            valid = np.full(len(start), min(data.window, count - first))
            parts.append((rows[shown.rows[seen]], start, end, valid))
    row, start, end, valid = (np.concatenate(column) for column in zip(*parts))
    return _Views(row, start, end, valid, span)


def _clips(
    instances: pd.DataFrame, videos: pd.DataFrame, settings: Settings
) -> dict[str, tuple[ClipGrid, int]]:
    """Clip grid and number of clips by recording, from durations."""
    data, durations = settings.data, _durations(instances, videos)
    if data.dataset == "sbhar":
        grid = sensors.clip_grid(data.clip_length, data.clip_stride)
        return {
            str(name): (grid, sensors.clip_count(seconds, data.clip_stride))
            for name, seconds in durations.items()
        }
    data = with_grid(data)
    found = {}
    for name, rate in _rates(durations.index, videos, data).items():
        grid = clip_grid(rate, data)
        found[str(name)] = grid, grid.clips(float(durations.loc[str(name)]))
    return found


def _rates(names: pd.Index, videos: pd.DataFrame, data: DataSettings) -> pd.Series:
    """Frames a second by recording."""
    if data.fps is not None:
        return pd.Series(data.fps, index=names)
    if "fps" in videos:
        rates = videos.drop_duplicates("video").set_index("video")["fps"].reindex(names)
        if rates.notna().all():
            return rates
    raise ValueError("the annotations give no frames a second: set data.fps in the settings")


def _durations(instances: pd.DataFrame, videos: pd.DataFrame) -> pd.Series:
    """Seconds by recording; at least to the end of the last action."""
    last: pd.Series = instances.groupby("video")["end"].max()
    if "duration" not in videos:
        return last
    given = videos.drop_duplicates("video").set_index("video")["duration"].reindex(last.index)
    return given.fillna(last).clip(lower=last)


def _best_of_layer(
    settings: Settings,
    layer: int,
    length: int,
    *,
    center: np.ndarray,
    width: np.ndarray,
    valid: np.ndarray,
) -> dict[str, np.ndarray]:
    """Best tIoU of each view with each kind of kernel of one layer: [V] for each of `KINDS`.

    Args:
        settings: their sigmas, ratios and grouping.
        layer, length: 0 is conv_a1; T_j.
        center, width: [V] of the actions, in cells.
        valid: [V] cells within the recording.
    """
    kernels = settings.kernels
    first = first_center(layer, kernels.alignment)
    low, high = (2 * sigma for sigma in kernels.sigma_range(length))
    if kernels.sigma_unit == "map":
        low, high = low * length, high * length

    def best(start: float, count: np.ndarray, low: float, high: float) -> np.ndarray:
        """With the nearest of `count` kernels, one in each cell from `start` on."""
        nearest = start + np.clip(np.rint(center - start), 0, np.maximum(count - 1, 0))
        return np.where(count > 0, best_tiou(np.abs(nearest - center), width, low, high), 0.0)

    def best_of(ratios: Sequence[float], low: float, high: float) -> np.ndarray:
        return np.maximum.reduce([best(first, valid, low * r, high * r) for r in ratios])

    ssad = settings.override({"kernels.scale": "ssad"}).ratios(layer)
    learned = best_of(kernels.scale_ratios, low, high)
    grouped = learned
    longest = int(valid.max(initial=0))
    for members, middle, least, most in mixed_kernels(
        low, high, kernels.epsilon, kernels.merge, longest
    ):
        for r in kernels.scale_ratios:
            found = best(first + middle, valid - (members - 1), least * r, most * r)
            grouped = np.maximum(grouped, found)
    return {
        "fixed": best_of(kernels.scale_ratios, 1.0, 1.0),
        "ssad": best_of(ssad, 1.0, 1.0),
        "learned": learned,
        "grouped": grouped,
    }
