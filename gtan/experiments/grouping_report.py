"""The grouping report: do mixed kernels matter in a trained run, or are they a by-product?

A picture of merging kernels is exact whatever the kernels do. Whether they do anything is told by
four figures of the recordings that a run is judged on: where mixed kernels stand (on actions or on
background, by the run's own loss settings), which hits come from them, whether they merged because
sigmas sit at their ceiling, and what mAP is lost when detection leaves them out.

Two neighbours, both w cells wide, have an IoU of (w - 1) / (w + 1). With w the width at sigma's
ceiling that is the saturation line: merges there say that sigmas are at their ceiling, no more.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from gtan.card import card, one_line
from gtan.evaluation import DetectionResults, evaluate_detections, paired_difference

if TYPE_CHECKING:
    from gtan.data.dataset import Dataset
    from gtan.network import GTAN, LayerOutput
    from gtan.runs.explanation import Explanation
    from gtan.runs.run import Run
    from gtan.settings import KernelSettings

HIT = 0.7  # tIoU at which a detection is a hit
NEAR = 0.02  # share by which a sigma at its floor or ceiling, or an IoU on the line, may be off
FOREGROUND, BACKGROUND = 1, -1  # of `gtan.assignment`


@dataclass(frozen=True)
class GroupingReport:
    """What grouping does in a run.

    Attributes:
        name: of the run.
        subset: whose recordings were looked at.
        epsilon: IoU above which kernels merged.
        layers: one row an anchor layer, index `layer` from 1: `cells`; of learned kernels, those
            that a group replaced too, their number (`learned`), and how many have a sigma within
            2 % of its `floor` or `ceiling`; of mixed kernels their number (`mixed`) and how many
            are `foreground`, `background`, or neither (`ignored`); `saturation`, the IoU of two
            neighbours at the ceiling (NaN where there is none). Windows overlap, and each one's
            kernels count.
        merges: one row a merge: `layer`, `iou`.
        hits: one row a true positive at tIoU 0.7: `video`, `label`, `start`, `end` (seconds, of
            the action), `layer`, `mixed` (whether a mixed kernel found it).
        results: the detections, scored.
        without: the same network's detections when mixed kernels are left out, scored.
    """

    name: str
    subset: str
    epsilon: float
    layers: pd.DataFrame
    merges: pd.DataFrame
    hits: pd.DataFrame
    results: DetectionResults
    without: DetectionResults

    def figures(self) -> pd.Series:
        """The figures by which to judge: shares from 0 to 1, and average mAP."""
        total = self.layers.sum()
        line = self.layers["saturation"].reindex(self.merges["layer"]).to_numpy(float)
        saturated = np.abs(self.merges["iou"].to_numpy(float) - line) <= NEAR * line

        def share(part: float, whole: float) -> float:
            return float(part / whole) if whole else float("nan")

        return pd.Series(
            {
                "mixed kernels": float(total["mixed"]),
                "of these foreground": share(total["foreground"], total["mixed"]),
                "of these background": share(total["background"], total["mixed"]),
                "merges on the saturation line": share(saturated.sum(), len(self.merges)),
                "hits": float(len(self.hits)),
                "of these from mixed kernels": share(self.hits["mixed"].sum(), len(self.hits)),
                "sigmas at the floor": share(total["floor"], total["learned"]),
                "sigmas at the ceiling": share(total["ceiling"], total["learned"]),
                "average mAP": self.results.average_mAP,
                "average mAP without mixed kernels": self.without.average_mAP,
            },
            name=self.name,
        )

    def difference(self, resamples: int = 1000, seed: int = 0) -> pd.DataFrame:
        """What mixed kernels add to mAP at detection: low and high of 95 %, over recordings.

        The network is the same one: what it would have learned without grouping, only another
        training tells.
        """
        table = paired_difference(self.results, self.without, resamples, seed).interval()
        return pd.DataFrame(table)

    def by_layer(self) -> pd.DataFrame:
        """`layers`, with the hits of each layer and those from mixed kernels."""
        counts = self.hits.groupby("layer")["mixed"].agg(["size", "sum"])
        counts = counts.reindex(self.layers.index, fill_value=0).astype(int)
        return self.layers.assign(hits=counts["size"], hits_mixed=counts["sum"])

    def by_length(self, edges: Sequence[float] = (0, 2, 4, 8, 16, 32, np.inf)) -> pd.DataFrame:
        """Hits by the length of the action: low, high (seconds), hits, hits_mixed."""
        length = (self.hits["end"] - self.hits["start"]).to_numpy(float)
        mixed = self.hits["mixed"].to_numpy(bool)
        place = np.digitize(length, edges) - 1
        return pd.DataFrame(
            [
                {
                    "low": low,
                    "high": high,
                    "hits": int((place == n).sum()),
                    "hits_mixed": int(mixed[place == n].sum()),
                }
                for n, (low, high) in enumerate(pairwise(edges))
            ]
        )

    def to_json(self) -> dict[str, Any]:
        """All figures in JSON types."""
        named = {str(name).replace(" ", "_"): value for name, value in self.figures().items()}
        interval = self.difference().loc["average"].to_numpy(float).tolist()
        return _plain(
            {"subset": self.subset, "tiou_of_a_hit": HIT, "epsilon": self.epsilon}
            | named
            | {
                "difference_interval": interval,
                "layers": self.by_layer().reset_index().to_dict("records"),
                "lengths": self.by_length().to_dict("records"),
            }
        )

    def sentence(self) -> str:
        """The report in one sentence."""
        f = self.figures()
        if not f["mixed kernels"]:
            return f"No kernels merge on the {self.subset} recordings: there is no grouping to see."
        lost = f["average mAP"] - f["average mAP without mixed kernels"]
        return (
            f"Of {f['mixed kernels']:,.0f} mixed kernels on the {self.subset} recordings "
            f"{f['of these foreground']:.0%} stand on actions; "
            f"{self.hits['mixed'].sum()} of {f['hits']:.0f} hits (tIoU {HIT:g}) come from them; "
            f"leaving them out of detection changes average mAP by {0.0 - lost:+.3f}."
        )

    def summary(self) -> str:
        """Tables to read."""
        three = "{:.3f}".format
        low, high = self.difference().loc["average"]
        return (
            f"{self.sentence()}\n\n{self.figures().to_string(float_format=three)}\n"
            f"what mixed kernels add at detection: 95 % {low:+.3f} to {high:+.3f}\n\n"
            f"{self.by_layer().to_string(float_format=three)}\n\n"
            f"{self.by_length().to_string(float_format=three, index=False)}"
        )

    def __repr__(self) -> str:
        return one_line("GroupingReport", self.sentence())

    def _repr_html_(self) -> str:
        return card(
            "Grouping report", self.name, dict(self.figures()),
            table=self.by_layer()[["cells", "mixed", "foreground", "hits", "hits_mixed"]],
            calls=("report.summary()", "gtan_viz.grouping_report(report)"),
        )  # fmt: skip


def grouping_report(
    run: Run | str | None = None, subset: str = "test", progress: bool = True
) -> GroupingReport:
    """Look at every recording of a subset, with the mixed kernels and without.

    Args:
        run: a run, the path of its folder, or None for the example run.
        subset: train, validation or test.
        progress: show a progress bar.

    Raises:
        ValueError: there is no such subset, or nothing is annotated in it.

    Example:
        >>> import gtan
        >>> report = gtan.open_run("runs/mine").grouping_report()  # doctest: +SKIP
        >>> print(report.summary())  # doctest: +SKIP
    """
    from tqdm.auto import tqdm

    from gtan.explaining import explain_recording
    from gtan.runs.run import open_run

    run = open_run(run)
    dataset, model, settings = run.dataset(), run.model(), run.settings
    truth = dataset.evaluation_truth(subset)
    if truth.instances.empty:
        raise ValueError(f"nothing is annotated in subset {subset!r}; choose another one")
    found, without, layers, merges = [], [], [], []
    for name in tqdm(dataset.subsets[subset], desc="grouping report", disable=not progress):
        explanation = explain_recording(model, dataset, name, settings, run.step)
        found.append(_with_kernels(explanation))
        without.append(_without_mixed(model, dataset, name))
        layers.append(_layers(explanation, settings.kernels))
        merges.append(_merges(explanation))
    detections = pd.concat(found, ignore_index=True)
    thresholds = sorted({*dataset.tiou, HIT})
    scored = [
        evaluate_detections(truth, table, dataset.protocol, thresholds)
        for table in (detections, pd.concat(without, ignore_index=True))
    ]
    own = list(dataset.tiou)
    return GroupingReport(
        name=run.path.name,
        subset=subset,
        epsilon=settings.kernels.epsilon,
        layers=_summed(layers),
        merges=pd.concat(merges, ignore_index=True),
        hits=_hits(scored[0], detections),
        results=_at(scored[0], own),
        without=_at(scored[1], own),
    )


def _with_kernels(explanation: Explanation) -> pd.DataFrame:
    """A recording's detections, with their layer and whether a mixed kernel made them."""
    table = explanation.detections()
    mixed = np.zeros(len(table), bool)
    for layer in range(1, len(explanation.header["layers"]) + 1):
        here = (table["layer"] == layer).to_numpy()
        mixed[here] = explanation.places(layer)[1][table["row"].to_numpy()[here]]
    columns = ["label", "start", "end", "score", "layer"]
    return table[columns].assign(video=explanation.header["recording"], mixed=mixed)


def _without_mixed(model: GTAN, dataset: Dataset, name: str) -> pd.DataFrame:
    """Detections of a recording from learned kernels alone, of those that a group replaced too."""
    import torch

    from gtan.data.windows import WindowCutter
    from gtan.inference import evaluating, run_recording, stitched, to_predictions
    from gtan.network import proposals

    def learned_alone(output: LayerOutput) -> LayerOutput:
        mixed = torch.zeros_like(output.mask[:, output.valid.shape[1] :])
        return replace(output, mask=torch.cat([output.valid, mixed], 1))

    settings, recording = model.settings, dataset.recordings[name]
    cutter = WindowCutter(dataset, settings.data.window, settings.data.min_visible)
    with evaluating(model):
        outputs, _, _ = run_recording(model, cutter, recording)
    alone = to_predictions(proposals([learned_alone(output) for output in outputs]))
    found = stitched(alone, recording, cutter.window, settings.detection)
    labels = [dataset.classes[number] for number in found["label"]]
    return found[["start", "end", "score"]].assign(video=name, label=labels)


def _layers(explanation: Explanation, settings: KernelSettings) -> pd.DataFrame:
    """Counts of one recording by layer; see `GroupingReport.layers`."""
    rows = []
    for layer, about in enumerate(explanation.header["layers"], 1):
        cells, kernels = about["cells"], explanation.kernels(layer)
        low, high = settings.sigma_range(cells)
        unit = cells if settings.sigma_unit in ("bounded", "cell") else 1
        sigmas = _learned_sigmas(explanation, layer) * unit
        state = kernels["state"][kernels["mixed"]]
        gaussian = settings.scale == "gaussian"
        # Cells, of a kernel at its ceiling; Eq. 2 as printed divides by T (R1).
        width = 2 * high * (cells if settings.sigma_unit == "map" else 1)
        rows.append(
            {
                "layer": layer,
                "cells": cells,
                "learned": len(sigmas),
                "floor": int((sigmas <= low * (1 + NEAR)).sum()) if gaussian else 0,
                "ceiling": int((sigmas >= high * (1 - NEAR)).sum()) if gaussian else 0,
                "mixed": len(state),
                "foreground": int((state == FOREGROUND).sum()),
                "ignored": int((state == 0).sum()),
                "background": int((state == BACKGROUND).sum()),
                "saturation": (width - 1) / (width + 1) if gaussian else float("nan"),
            }
        )
    return pd.DataFrame(rows).set_index("layer")


def _learned_sigmas(explanation: Explanation, layer: int) -> np.ndarray:
    """Of every cell within the recording, of those that a group replaced too: fractions."""
    a = {name: explanation.arrays[f"layer{layer}.{name}"] for name in ("valid", "sigmas", "widths")}
    first = explanation.arrays[f"layer{layer}.kernel_offsets"][:-1]
    rows = (first[:, None] + np.arange(a["valid"].shape[1]))[a["valid"] > 0]
    # A replaced kernel stands in the file with its width alone; Eq. 2 as printed divides by T.
    literal = explanation.settings.kernels.sigma_unit == "literal"
    cells = a["valid"].shape[1] if literal else 1
    return np.where(a["sigmas"][rows] > 0, a["sigmas"][rows], a["widths"][rows] * cells / 2)


def _summed(recordings: list[pd.DataFrame]) -> pd.DataFrame:
    """Counts of all recordings; cells and the saturation line are those of each."""
    total = recordings[0].copy()
    for name in total.columns.difference(["cells", "saturation"]):
        total[name] = sum(table[name] for table in recordings)
    return total


def _merges(explanation: Explanation) -> pd.DataFrame:
    layers = range(1, len(explanation.header["layers"]) + 1)
    ious = [explanation.arrays[f"layer{layer}.merge_values"][:, 0] for layer in layers]
    return pd.DataFrame(
        {"layer": np.repeat(list(layers), list(map(len, ious))), "iou": np.concatenate(ious)}
    )


def _hits(results: DetectionResults, detections: pd.DataFrame) -> pd.DataFrame:
    """True positives at `HIT`: the action, and the kernel that found it."""
    column = int(np.argmin(np.abs(np.array(results.tiou) - HIT)))
    match = results.matches[:, column]  # of each detection
    rows = np.flatnonzero(match >= 0)
    actions = results.truth.instances.iloc[match[rows]].reset_index(drop=True)
    kernels = detections.iloc[rows][["layer", "mixed"]].reset_index(drop=True)
    return pd.concat([actions[["video", "label", "start", "end"]], kernels], axis=1)


def _at(results: DetectionResults, tiou: list[float]) -> DetectionResults:
    """The same results at some of their thresholds."""
    columns = [results.tiou.index(each) for each in tiou]
    return replace(
        results,
        tiou=tuple(tiou),
        AP=results.AP.iloc[:, columns],
        matches=results.matches[:, columns],
    )


def _plain(value: Any) -> Any:
    """JSON types; what is not finite is None."""
    if isinstance(value, dict):
        return {str(name): _plain(each) for name, each in value.items()}
    if isinstance(value, list):
        return [_plain(each) for each in value]
    if isinstance(value, (float, np.floating)):
        return float(value) if np.isfinite(value) else None
    return value.item() if isinstance(value, np.generic) else value
