"""What finished runs of the ablations give: the paper's tables, and what they say in words.

Numbers are the mean over seeds, with the standard deviation over seeds and a 95 % interval from a
bootstrap over recordings (the same draws for every run, averaged over seeds). The first tells how
much training again moves a number, the second how much other recordings would. A difference is to
the variant that a part was added to, seed by seed on the same draws.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from gtan.data.annotations import AMBIGUOUS, Annotations
from gtan.evaluation import DetectionResults, Resampled, evaluate_detections, evaluate_proposals
from gtan.evaluation.uncertainty import AVERAGE, holm, resample
from gtan.experiments.ablations import FIXED, GAUSSIAN, GROUPING, against
from gtan.experiments.notebooks import run_settings
from gtan.experiments.sweep import run_name, sweep_table
from gtan.files import read_json
from gtan.runs.run import open_run
from gtan.settings import Settings

NAMES = {
    "table3": "Table 3",
    "E1": "Extension E1",
    "E2": "Extension E2",
    "pooling": "Split of Table 3",
    "table4": "Table 4, long actions",
    "figure7": "Figure 7",
}
# As the paper prints them, in percent: mAP at tIoU 0.5 on THUMOS14, average mAP over 0.5:0.05:0.95
# on ActivityNet v1.3 (validation). Of Figure 7 the text gives two numbers.
PAPER = pd.DataFrame(
    [
        ("table3", FIXED, 33.5, 29.8, "Table 3"),
        ("table3", GAUSSIAN, 37.1, 31.6, "Table 3"),
        ("table3", GROUPING, 38.2, 34.3, "Table 3"),
        ("table4", GAUSSIAN, 22.1, 49.4, "Table 4, at least 128 / 2048 frames"),
        ("table4", GROUPING, 25.9, 54.2, "Table 4, at least 128 / 2048 frames"),
        ("figure7", "ssad, 4 layers", np.nan, 5.12, "Section 4.5"),
        ("figure7", "gtan, 4 layers", np.nan, 26.77, "Section 4.5"),
    ],
    columns=["experiment", "variant", "paper THUMOS14", "paper ActivityNet v1.3", "paper source"],
)
TABLE = [
    "experiment", "variant", "seeds", "average_mAP", "std", "low", "high", "against",
    "difference", "difference low", "difference high", "p", "error",
]  # fmt: skip
RESAMPLES = 10_000  # fewer leave no p small enough to be corrected for fifty comparisons


@dataclass(frozen=True)
class Study:
    """Runs with what became of them.

    Attributes:
        runs: as `study_runs`, with run (folder name), status (done, failed, waiting), error.
        results: of the runs that are done, by run.
        learned: the annotations that were learned from: label, start, end, ...
    """

    runs: pd.DataFrame
    results: Mapping[str, DetectionResults]
    learned: pd.DataFrame


def load_study(runs: pd.DataFrame, notebook: str | Path, folder: str | Path) -> Study:
    """A study from the folder of its sweep; runs that are not done are there without results.

    A run that was made when a preset was another one keeps its numbers, and says so as its error.

    Args:
        runs: of `study_runs`.
        notebook: that the sweep ran.
        folder: of the sweep.

    Raises:
        ValueError: no run is done.
    """
    runs = runs.assign(run=[run_name(notebook, values) for values in runs["parameters"]])
    there = [name for name in runs["run"].unique() if (Path(folder) / name).is_dir()]
    found = sweep_table(folder, there).set_index("run")
    statuses, errors = found["status"].to_dict(), found["error"].dropna().to_dict()
    runs["status"] = [statuses.get(name, "waiting") for name in runs["run"]]
    runs["error"] = [errors.get(name, "") for name in runs["run"]]
    results: dict[str, DetectionResults] = {}
    done = runs[runs["status"] == "done"].drop_duplicates("run")
    if done.empty:
        failures = "; ".join(sorted(set(runs["error"]) - {""}))
        raise ValueError(f"no run in {folder} is done yet{': ' * bool(failures)}{failures}")
    dataset = open_run(Path(folder) / done["run"].iloc[0]).dataset()
    for name, values in zip(done["run"], done["parameters"]):
        run = open_run(Path(folder) / name)
        truth = dataset.evaluation_truth(values["subset"])
        results[name] = evaluate_detections(truth, run.detections(), dataset.protocol, dataset.tiou)
        runs.loc[runs["run"] == name, "error"] = _other_settings(run.settings, values)
    return Study(runs, results, dataset.truth_of(dataset.subsets["train"]))


GROUPING_FIGURES = (
    "mixed_kernels",
    "of_these_foreground",
    "of_these_from_mixed_kernels",
    "merges_on_the_saturation_line",
    "average_mAP",
    "average_mAP_without_mixed_kernels",
)


def grouping_reports(study: Study, folder: str | Path) -> pd.DataFrame:
    """What grouping does in the runs that have it, by their `grouping.json`: means over seeds.

    Returns:
        One row per experiment and variant: experiment, variant, seeds, then `GROUPING_FIGURES`; see
        `gtan.experiments.grouping_report`.
    """
    rows = []
    for row in study.runs[study.runs["status"] == "done"].itertuples():
        file = Path(folder) / str(row.run) / "grouping.json"
        if file.exists():
            told = read_json(file, dict)
            figures = {name: told.get(name) for name in GROUPING_FIGURES}
            rows.append({"experiment": row.experiment, "variant": row.variant, **figures})
    if not rows:
        return pd.DataFrame(columns=["experiment", "variant", "seeds", *GROUPING_FIGURES])
    groups = pd.DataFrame(rows).groupby(["experiment", "variant"], sort=False)
    means = groups[list(GROUPING_FIGURES)].mean()
    means.insert(0, "seeds", groups.size())
    return means.reset_index()


def summary(study: Study, resamples: int = RESAMPLES) -> pd.DataFrame:
    """Average mAP of every experiment and variant, with its spread and the paper's own numbers.

    Returns:
        One row per experiment and variant: experiment, variant, seeds (that are done), average_mAP
        (mean over seeds), std (over seeds; NaN for one), low, high (95 %, over recordings),
        against (see `against`), difference (over the seeds that both have), difference low,
        difference high, p (two-sided, of no difference, from the same draws, not corrected: see
        `gtan.evaluation.holm`), error (of runs that failed or are missing), then the paper's
        numbers, in percent, on the data set that their column names. ``attrs["tiou"]``: the
        thresholds.

    Raises:
        ValueError: resamples below 1.
    """
    drawn = dict(zip(study.results, resample(list(study.results.values()), resamples)))
    return _with_thresholds(_with_paper(_compared(study.runs, drawn)), study)


def long_actions(study: Study, seconds: float, resamples: int = RESAMPLES) -> pd.DataFrame:
    """Table 4: the variants of Table 3 scored on actions of at least so many seconds.

    A detection that is a hit on a shorter action is neither a hit nor a false positive here; one
    that hits nothing is a false positive whatever its length. Labels without a long action are left
    out of the mean.

    Returns:
        As `summary`, with experiment ``table4``.

    Raises:
        ValueError: no action is that long, or resamples below 1.
    """
    runs = study.runs[study.runs["experiment"] == "table3"]
    wanted = [name for name in runs["run"].unique() if name in study.results]
    at_each = [long_only(study.results[name], seconds) for name in wanted]
    drawn: dict[str, Resampled] = {}
    if wanted:
        by_tiou = [resample(list(column), resamples) for column in zip(*at_each)]
        drawn = {name: _mean(column) for name, column in zip(wanted, zip(*by_tiou))}
    table = _with_paper(_compared(runs, drawn).assign(experiment="table4"))
    return _with_thresholds(table, study)


def long_only(results: DetectionResults, seconds: float) -> list[DetectionResults]:
    """Results on the actions of at least so many seconds, one for each threshold; see above.

    Detections that match a shorter action at a threshold are taken out together with the shorter
    actions; what is left matches as it did before.

    Raises:
        ValueError: no action is that long.
    """
    instances = results.truth.instances
    long = (instances["end"] - instances["start"] >= seconds).to_numpy()
    kept = long | (instances["label"] == AMBIGUOUS).to_numpy()
    if not (long & (instances["label"] != AMBIGUOUS)).any():
        raise ValueError(f"no action lasts {seconds:g} s")
    truth = Annotations(instances[kept].reset_index(drop=True), results.truth.videos)
    found = []
    for column, tiou in enumerate(results.tiou):
        match = results.matches[:, column]
        elsewhere = (match >= 0) & ~long[match]
        left = results.detections[~elsewhere].reset_index(drop=True)
        found.append(evaluate_detections(truth, left, results.protocol, [tiou]))
    return found


def long_seconds(truth: pd.DataFrame) -> int:
    """From which length on an action is long: the mean length, rounded up to a second.

    The paper's 128 frames are as near to THUMOS14's mean of about 4 s. Give the annotations that
    were learned from, not those that are scored.

    Example:
        >>> long_seconds(pd.DataFrame({"start": [0.0, 2.0], "end": [4.0, 9.0]}))
        6
    """
    return math.ceil((truth["end"] - truth["start"]).mean())


def length_in_words(truth: pd.DataFrame) -> str:
    """How long actions last, in words."""
    seconds = truth["end"] - truth["start"]
    low, high = seconds.quantile([0.1, 0.9])
    return f"{seconds.mean():.1f} s on average, eight in ten of them {low:.1f} to {high:.1f} s"


def layers(study: Study, table: pd.DataFrame) -> pd.DataFrame:
    """Figure 7: method, layers, seeds, average_mAP, low, high (fractions) and AUC (percent).

    Means over the seeds that are done.

    AUC is of the detections taken as proposals, whatever their label: AR over tIoU 0.5:0.05:0.95
    against the average number of proposals, up to 100, as on ActivityNet.

    Args:
        study: of `load_study`.
        table: of `summary`.
    """
    rows = []
    for row in table[table["experiment"] == "figure7"].itertuples():
        method, count, _ = str(row.variant).replace(",", "").split()
        mine = study.runs[
            (study.runs["experiment"] == "figure7") & (study.runs["variant"] == row.variant)
        ]
        done = [study.results[name] for name in mine["run"] if name in study.results]
        auc = np.mean([_auc(result) for result in done]) if done else np.nan
        rows.append((method, int(count), len(done), row.average_mAP, row.low, row.high, auc))
    columns = ["method", "layers", "seeds", "average_mAP", "low", "high", "AUC"]
    return _with_thresholds(pd.DataFrame(rows, columns=columns), study)


def _auc(result: DetectionResults) -> float:
    """In percent."""
    proposals = result.detections.drop(columns="label")
    return 100 * evaluate_proposals(result.truth, proposals, average_number=100).AUC


def sentences(table: pd.DataFrame) -> list[str]:
    """What helped and what did not, one plain sentence for each comparison and each failure.

    A difference counts only if its p, corrected by Holm for all comparisons of the table, is below
    0.05. One whose own interval over recordings leaves out zero, but not after that, "may have".
    """
    said = []
    corrected = holm(table["p"].astype(float))
    for row, p in zip(table.to_dict("records"), corrected):
        name = f"{NAMES.get(row['experiment'], row['experiment'])}, {row['variant']}"
        remarks = [part for part in row["error"].split("; ") if not part.endswith(" waiting")]
        if any(remarks):
            said.append(f"{name}: {'; '.join(remarks)}.")
        if pd.isna(row["difference"]):
            continue
        low, high = row["difference low"], row["difference high"]
        size = f"{100 * row['difference']:+.1f} points of average mAP"
        interval = f"95 % {100 * low:+.1f} to {100 * high:+.1f}"
        said.append(
            f"{name}: {_verdict(low, high, p)} {row['against']} ({size}, {interval}, "
            f"corrected p {p:.3f}, {_seeds(row['seeds'])})."
        )
    return said


def _verdict(low: float, high: float, p: float) -> str:
    """In words, of a difference's interval and its corrected p."""
    if low <= 0 <= high:
        return "cannot be told from no change against"
    if p < 0.05:
        return "helped against" if low > 0 else "did harm against"
    return f"may have {'helped' if low > 0 else 'done harm'} (alone, not among so many) against"


def _seeds(count: int) -> str:
    return "one seed" if count == 1 else f"{count} seeds"


def _other_settings(there: Settings, values: Mapping[str, Any]) -> str:
    """What differs between a run's settings and those that its parameters mean today, in words."""
    now = run_settings(
        values["preset"], values["baseline"], values["seed"], "auto", values["overrides"]
    )
    old, new = there.model_dump(), now.model_dump()
    fitted = {"network.feature_dim", "network.classes", "data.classes"}  # to the data set
    different = [
        f"{group}.{leaf} {old[group][leaf]!r}, now {value!r}"
        for group, leaves in new.items()
        if isinstance(leaves, dict)
        for leaf, value in leaves.items()
        if value != old[group][leaf] and f"{group}.{leaf}" not in fitted
    ]
    return f"made with other settings: {', '.join(different)}" if different else ""


def _with_thresholds(table: pd.DataFrame, study: Study) -> pd.DataFrame:
    """The table, whose attrs say over which tIoU thresholds its mAP is averaged."""
    table.attrs["tiou"] = next(iter(study.results.values())).tiou
    return table


def _mean(drawn: Iterable[Resampled]) -> Resampled:
    """Mean of several that were drawn alike, of their averages alone."""
    parts = list(drawn)
    estimate = float(np.mean([part.estimate[AVERAGE] for part in parts]))
    samples = np.mean([part.samples[AVERAGE].to_numpy() for part in parts], axis=0)
    return Resampled(
        pd.Series([estimate], index=pd.Index([AVERAGE])), pd.DataFrame({AVERAGE: samples})
    )


def _compared(runs: pd.DataFrame, drawn: Mapping[str, Resampled]) -> pd.DataFrame:
    """The columns `TABLE`: each variant's own numbers, and its difference to what it is against."""
    rows = []
    for key, mine in runs.groupby(["experiment", "variant"], sort=False):
        experiment, variant = (str(part) for part in key)
        done = mine[mine["run"].isin(drawn)]
        row: dict[str, Any] = {"experiment": experiment, "variant": variant, "seeds": len(done)}
        row["error"] = _errors(mine)
        if len(done):
            values = [drawn[name].estimate[AVERAGE] for name in done["run"]]
            interval = _mean(drawn[name] for name in done["run"]).interval().loc[AVERAGE]
            row |= {"average_mAP": np.mean(values), "low": interval["low"]}
            row |= {"high": interval["high"]}
            row["std"] = np.std(values, ddof=1) if len(values) > 1 else np.nan
        other = row["against"] = against(runs, experiment, variant)
        theirs = runs[(runs["experiment"] == experiment) & (runs["variant"] == other)]
        pairs = done.merge(theirs[theirs["run"].isin(drawn)], on="seed")
        if len(pairs):
            difference = _mean(
                drawn[one] - drawn[two] for one, two in zip(pairs["run_x"], pairs["run_y"])
            )
            interval = difference.interval().loc[AVERAGE]
            row["difference"] = difference.estimate[AVERAGE]
            row |= {"difference low": interval["low"], "difference high": interval["high"]}
            row["p"] = difference.p_value()[AVERAGE]
        rows.append(row)
    return pd.DataFrame(rows).reindex(columns=TABLE)


def _errors(runs: pd.DataFrame) -> str:
    """What is said of a variant's runs that failed, wait or were made otherwise."""
    parts = []
    for row in runs[(runs["status"] != "done") | (runs["error"] != "")].itertuples():
        parts.append(f"seed {row.seed} {row.status}{': ' if row.error else ''}{row.error}")
    return "; ".join(parts)


def _with_paper(table: pd.DataFrame) -> pd.DataFrame:
    return table.merge(PAPER, on=["experiment", "variant"], how="left")
