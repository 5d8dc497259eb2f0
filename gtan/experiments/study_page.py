"""`docs/study.md`, made from `docs/study.json`, and what that says of the runs behind it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from gtan.experiments import ablations, study
from gtan.experiments.markdown import cell, interval, number
from gtan.experiments.protocols import BESIDE_LOSO, BESIDE_VIDEO, LEAST
from gtan.experiments.readings_page import preset_settings, readings_page
from gtan.files import read_json, write_bytes
from gtan.runs.run import open_run

BY_HAND = "## What was found behind the numbers\n"
EMPTY = BY_HAND + "\nNothing is written here yet.\n"
PAPER_COLUMNS = ("paper THUMOS14", "paper ActivityNet v1.3")


def made_by(folder: Path, names: Sequence[str]) -> dict[str, Any]:
    """How many runs, on what, by which code, and how many hours they took, one after the other.

    Args:
        folder: of a sweep.
        names: of its runs that are done.
    """
    spent = [read_json(folder / name / "done.json") for name in names]
    last = [open_run(folder / name).provenance()[-1] for name in names]
    return {
        "runs": len(spent),
        "hours": round(sum(one["seconds"] for one in spent) / 3600, 2),
        "commits": sorted({str(one["git"]["commit"]) for one in spent}),
        "dirty": any(one["git"]["dirty"] for one in spent),
        "devices": dict(Counter(str(one["device"]) for one in last)),
    }


def write_pages(docs: Path) -> None:
    """`study.md` and `readings.md` from `study.json`; what is written by hand stays."""
    made = read_json(docs / "study.json") if (docs / "study.json").exists() else None
    page = docs / "study.md"
    before = page.read_text(encoding="utf-8") if page.exists() else EMPTY
    by_hand = BY_HAND + before.partition(BY_HAND)[2]
    write_bytes(page, (study_page(made) + by_hand).encode())
    write_bytes(docs / "readings.md", readings_page(made).encode())


def study_page(made: Mapping[str, Any] | None) -> str:
    """`docs/study.md`, as far as it is made; the part written by hand follows."""
    lines = [
        "# The study: does each part of GTAN help?",
        "",
        "<!-- Made by scripts/study.py from docs/study.json. Edit only below the heading "
        f'"{BY_HAND[3:-1]}". -->',
        "",
        "The paper's ablations on SBHAR (`gtan data add sbhar`; sensor data, not video): trained "
        "with the `sbhar` preset and the changes named in each row, on one thread.",
        "",
        "    python scripts/study.py",
        "",
        "runs it, goes on where it stopped, never repeats a finished run, and writes this page. "
        "`notebooks/pipelines/ablate.ipynb` does the same for any data set, with pictures. "
        "`--scheduler tcp://host:8786` spreads the runs over the machines of a dask cluster that "
        "share the folder. Dask runs whatever code reaches its ports: such a cluster belongs on a "
        "trusted network.",
        "",
    ]
    if made is None:
        return "\n".join([*lines, "The study has not been run yet.", "", ""])
    table = pd.DataFrame(made["table"])
    lines += [
        f"{_where(made)}, evaluated on the {made['subset']} recordings; seeds "
        f"{', '.join(map(str, made['seeds']))}, as many of them as each row says.",
        "",
        *(
            []
            if made.get("settings") == preset_settings()
            else [
                "**The `sbhar` preset has changed since**: these are figures of what it was at "
                "that commit (five anchor layers, without E1 and E2). What it is now, and why: "
                "[Where grouping earns its place](grouping.md).",
                "",
            ]
        ),
        "Average mAP is the mean over seeds at tIoU 0.3:0.1:0.7, std the standard deviation over "
        "seeds. Intervals are 95 %, from a bootstrap over recordings; differences are paired, seed "
        "by seed on the same resamples. The paper's numbers, in percent, are its own on other "
        "data: mAP at tIoU 0.5 on THUMOS14, average mAP over 0.5:0.05:0.95 on ActivityNet v1.3.",
        "",
        f"Comparisons: {table['p'].notna().sum()}. Of so many, one in twenty leaves out zero "
        "by chance alone. The words below therefore follow p corrected for their number (Holm).",
        "",
        "## What helped and what did not",
        "",
        *[f"- {cell(said, 400)}" for said in study.sentences(table)],
        "",
    ]
    for experiment, title, text in (
        ("table3", "Table 3", ""),
        ("pooling", "The split that Table 3 hides",
         "Table 3's second row learns widths and pools under them; here one after the other, and "
         "Figure 4's average pooling."),
        ("E1", "Extension E1: Gaussian derivative pooling",
         "Features are pooled under a kernel's derivatives too, which says where in it things lie. "
         "Kernels of the fixed scale pool the same, so that the learned width is told from more "
         "taps."),
        ("E2", "Extension E2: sigmas at rest on background", ""),
        ("table4", "Table 4: long actions",
         f"Long is at least {made['long_seconds']} s: the mean length of the actions that were "
         f"learned from ({made['length']}), rounded up, as the paper's 128 frames are about the "
         "mean of THUMOS14. A detection that hits a shorter action counts neither as a hit nor as "
         "a false positive; one that hits nothing is a false positive whatever its length; labels "
         "without a long action are left out of the mean."),
    ):  # fmt: skip
        mine = table[table["experiment"] == experiment]
        if len(mine):
            lines += [f"## {title}", "", *([text, ""] if text else []), *rows(mine), ""]
    if made["figure7"]:
        lines += ["## Figure 7: anchor layers", "", *layer_rows(made["figure7"]), ""]
        lines += [
            "The paper prints, for 4 layers on ActivityNet, average mAP 26.77 (GTAN) and 5.12 "
            "(SSAD) percent. AUC is of the detections taken as proposals whatever their label.",
            "",
        ]
    if made.get("grouping"):
        lines += [
            "## What mixed kernels do",
            "",
            "By the grouping report of each run, means over seeds: of its mixed kernels those that "
            "stand on actions, of its hits at tIoU 0.7 those that mixed kernels found, and average "
            "mAP when detection leaves mixed kernels out.",
            "",
            *grouping_rows(made["grouping"]),
            "",
        ]
    found = made.get("protocols", {})
    if "loso" in found:
        lines += loso_section(found["loso"])
    for name in ("gtea", "50salads"):
        if name in found:
            lines += video_section(name, found[name])
    readings = table[table["experiment"].isin(ablations.STUDIED)]
    if len(readings):
        lines += ["## Readings", "", "What each is about: [readings](readings.md).", ""]
        lines += [*rows(readings, experiment=True), ""]
    return "\n".join([*lines, ""])


def _where(made: Mapping[str, Any]) -> str:
    """How long the runs took, on what, and by which code."""
    devices = ", ".join(f"{count} on {name}" for name, count in made["devices"].items())
    commits = ", ".join(commit[:10] for commit in made["commits"])
    return (
        f"{made['runs']} runs ({devices}; {made['hours']:.1f} hours, several at a time) of "
        f"{made['iterations']} iterations, commit {commits}"
        f"{', with local changes' if made['dirty'] else ''}"
    )


def loso_section(made: Mapping[str, Any]) -> list[str]:
    """Leave one subject out, beside what others reached."""
    lines = [
        "## Published protocol: leave one subject out",
        "",
        "SBHAR as Bock et al. (IMWUT 2024) evaluate it: each of 30 people held out once, the "
        "accelerometer alone, the detections of all folds pooled. Theirs is mAP normalised as "
        "DETAD does (mAP_N), averaged over tIoU 0.3:0.1:0.7, in percent. "
        f"{_where(made)}; preset `{made['preset']}`.",
        "",
        "Not the same in all: they cut a subject's recordings to windows of 1 s with 50 % "
        "overlap, here clips of 1 s follow each other in steps of 0.2 s. And the preset was chosen "
        "on 21 of these people, so that only the nine others' folds are free of any choice.",
        "",
        "| | recordings | mAP_N at 0.3 | 0.4 | 0.5 | 0.6 | 0.7 | average mAP_N | "
        "average mAP | 95 % |",
        "|---" * 10 + "|",
    ]
    groups = {
        "all": "GTAN, all 30 people",
        "test users": "GTAN, the nine official test users",
        "the others": "GTAN, the 21 people on whom the preset was chosen",
    }
    for row in made["rows"]:
        values = [percent(value) for value in (*row["mAP_N"], row["average_mAP_N"])]
        name = f"{groups[row['group']]} (seed {row['seed']})"
        spread = f"{percent(row['low'])} to {percent(row['high'])}"
        cells = [name, str(row["recordings"]), *values, percent(row["average_mAP"]), spread]
        lines.append(f"| {' | '.join(cells)} |")
    for name, value in BESIDE_LOSO.items():
        lines.append(f"| {name}, as they print it | | | | | | | {value:.2f} | | |")
    return [*lines, ""]


def video_section(name: str, made: Mapping[str, Any]) -> list[str]:
    """GTEA or 50 Salads, beside ED-TCN's published detections."""
    titles = {"gtea": "GTEA", "50salads": '50 Salads ("mid")'}
    beside = BESIDE_VIDEO[name]
    covered = "splits 1 to 3" if name == "gtea" else "all"
    lines = [
        f"## Real video: {titles[name]}",
        "",
        f"{_where(made)}; preset `{made['preset']}`. Features: Lea et al.'s spatial CNN, 128 "
        "numbers a frame. mAP (ActivityNet's protocol, percent) over all test videos of the splits "
        "named, pooled; ED-TCN's are its own published detections, scored here. F1, edit and "
        f"accuracy: the segmentation field's, from detections that score at least {LEAST:g}, "
        "turned into one label a frame.",
        "",
        "| | mAP at 0.1 | 0.2 | 0.3 | 0.4 | 0.5 | 0.6 | 0.7 | average | 95 % | F1 at 10 % | 25 % | "
        "50 % | edit | accuracy |",
        "|---" * 15 + "|",
    ]
    for row in made["rows"]:
        values = [percent(value) for value in (*row["mAP"], row["average_mAP"])]
        values += [f"{percent(row['low'])} to {percent(row['high'])}"]
        values += [f"{value:.1f}" for value in (*row["f1"], row["edit"], row["accuracy"])]
        group = "all splits" if row["group"] == "all" else row["group"]
        lines.append(f"| GTAN, {group} (seed {row['seed']}) | {' | '.join(values)} |")
    mean = sum(beside["mAP"]) / len(beside["mAP"])
    theirs = [f"{value:.1f}" for value in (*beside["mAP"], mean)]
    theirs += ["", *(f"{value:.1f}" for value in beside["segmentation"])]
    group = "all splits" if covered == "all" else covered
    return [*lines, f"| ED-TCN, {group} | {' | '.join(theirs)} |", ""]


def percent(fraction: float) -> str:
    """A fraction in percent, one decimal."""
    return f"{100 * fraction:.1f}"


def grouping_rows(found: Sequence[Mapping[str, Any]]) -> list[str]:
    """A Markdown table of `study.grouping_reports`."""
    lines = [
        "| | seeds | mixed kernels | on actions | hits from them | average mAP | without them |",
        "|---" * 7 + "|",
    ]
    for row in found:
        figures = [number(row[name]) for name in (
            "of_these_foreground", "of_these_from_mixed_kernels", "average_mAP",
            "average_mAP_without_mixed_kernels",
        )]  # fmt: skip
        name = f"{row['experiment']} {row['variant']}"
        count = f"{row['mixed_kernels']:,.0f}"
        lines.append(f"| {' | '.join([cell(name), str(row['seeds']), count, *figures])} |")
    return lines


def rows(table: pd.DataFrame, experiment: bool = False) -> list[str]:
    """A Markdown table of the study."""
    printed = [name for name in PAPER_COLUMNS if table[name].notna().any()]
    head = [
        "",
        "seeds",
        "average mAP",
        "std",
        "95 %",
        "against",
        "difference",
        "95 %",
        "p",
        *printed,
    ]
    lines = ["| " + " | ".join(head) + " |", "|---" * len(head) + "|"]
    for row in table.to_dict("records"):
        name = f"{row['experiment']} {row['variant']}" if experiment else row["variant"]
        cells = [
            cell(name), str(row["seeds"]), number(row["average_mAP"]), number(row["std"]),
            interval(row["low"], row["high"]), cell(row["against"]),
            number(row["difference"], sign=True),
            interval(row["difference low"], row["difference high"], sign=True),
            "" if pd.isna(row["corrected p"]) else f"{row['corrected p']:.3f}",
            *("" if pd.isna(row[name]) else f"{row[name]:g}" for name in printed),
        ]  # fmt: skip
        if row["error"]:
            cells[2] = f"{cells[2]} ({cell(row['error'])})".strip()
        lines.append("| " + " | ".join(cells) + " |")
    return lines


def layer_rows(figure7: Sequence[Mapping[str, Any]]) -> list[str]:
    """Figure 7 as a Markdown table."""
    lines = ["| layers | method | seeds | average mAP | 95 % | AUC (%) |", "|---" * 6 + "|"]
    for row in sorted(figure7, key=lambda row: (row["layers"], row["method"])):
        auc = "" if row["AUC"] is None else f"{row['AUC']:.1f}"
        value = number(row["average_mAP"]) or "failed"
        lines.append(
            f"| {row['layers']} | {row['method']} | {row['seeds']} | {value} | "
            f"{interval(row['low'], row['high'])} | {auc} |"
        )
    return lines
