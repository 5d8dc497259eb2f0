"""`docs/study.md`, made from `docs/study.json`, and what that says of the runs behind it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from gtan.experiments import ablations, study
from gtan.experiments.markdown import cell
from gtan.experiments.protocols_page import loso_section, video_section
from gtan.experiments.readings_page import preset_settings, readings_page
from gtan.experiments.study_marks import fill_marks
from gtan.experiments.study_tables import grouping_rows, layer_rows, rows, runs_in_words
from gtan.files import read_json, write_bytes
from gtan.runs.run import open_run

BY_HAND = "## What was found behind the numbers\n"
EMPTY = BY_HAND + "\nNothing is written here yet.\n"


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
    """`study.md`, `readings.md` and marked parts from `study.json`; what is by hand stays."""
    made = read_json(docs / "study.json") if (docs / "study.json").exists() else None
    page = docs / "study.md"
    before = page.read_text(encoding="utf-8") if page.exists() else EMPTY
    by_hand = BY_HAND + before.partition(BY_HAND)[2]
    write_bytes(page, (study_page(made) + by_hand).encode())
    write_bytes(docs / "readings.md", readings_page(made).encode())
    for other in (docs / "results.md", docs / "world.md", docs.parent / "README.md"):
        if made is not None and other.exists():
            text = other.read_text(encoding="utf-8")
            if (filled := fill_marks(text, made)) != text:
                write_bytes(other, filled.encode())


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
    if made is None or "table" not in made:
        return "\n".join([*lines, "The study has not been run yet.", "", ""])
    lines += [
        *_runs(made),
        *(
            []
            if made.get("settings") == preset_settings()
            else [
                "**The `sbhar` preset has changed since**: these are figures of what it was at "
                "that commit. What it is now, and why: [Where grouping earns its "
                "place](grouping.md).",
                "",
            ]
        ),
        "Average mAP is the mean over seeds at tIoU 0.3:0.1:0.7, std the standard deviation over "
        "seeds. Intervals are 95 %, from a bootstrap over recordings; differences are paired, seed "
        "by seed on the same resamples. The paper's numbers, in percent, are its own on other "
        "data: mAP at tIoU 0.5 on THUMOS14, average mAP over 0.5:0.05:0.95 on ActivityNet v1.3.",
        "",
        *_experiments(made, "##"),
    ]
    found = made.get("protocols", {})
    if "loso" in found:
        lines += loso_section(found["loso"])
    for name in ("gtea", "50salads"):
        if name in found:
            lines += video_section(name, found[name])
    if "world" in made:
        lines += _world(made["world"])
    table = pd.DataFrame(made["table"])
    readings = table[table["experiment"].isin(ablations.STUDIED)]
    if len(readings):
        lines += ["## Readings", "", "What each is about: [readings](readings.md).", ""]
        lines += [*rows(readings, experiment=True), ""]
    return "\n".join([*lines, ""])


def _world(made: Mapping[str, Any]) -> list[str]:
    """The small world, in a part of its own."""
    return [
        "## Synthetic: the small world",
        "",
        "The same on films that a program draws ([the small world](world.md)), made by `python "
        "scripts/study.py --preset world`. **Nothing about real video follows from it.** The "
        "`world` preset has four anchor layers.",
        "",
        *_runs(made),
        *_experiments(made, "###"),
    ]


def _runs(made: Mapping[str, Any]) -> list[str]:
    return [
        f"{runs_in_words(made)}, evaluated on the {made['subset']} recordings; seeds "
        f"{', '.join(map(str, made['seeds']))}, as many of them as each row says.",
        "",
    ]


def _experiments(made: Mapping[str, Any], level: str) -> list[str]:
    """What helped, in words, and the tables of a study; but its readings."""
    table = pd.DataFrame(made["table"])
    lines = [
        f"Comparisons: {table['p'].notna().sum()}. Of so many, one in twenty leaves out zero "
        "by chance alone. The words below therefore follow p corrected for their number (Holm).",
        "",
        f"{level} What helped and what did not",
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
            lines += [f"{level} {title}", "", *([text, ""] if text else []), *rows(mine), ""]
    if made["figure7"]:
        lines += [f"{level} Figure 7: anchor layers", "", *layer_rows(made["figure7"]), ""]
        lines += [
            "The paper prints, for 4 layers on ActivityNet, average mAP 26.77 (GTAN) and 5.12 "
            "(SSAD) percent. AUC is of the detections taken as proposals whatever their label.",
            "",
        ]
    if made.get("grouping"):
        lines += [
            f"{level} What mixed kernels do",
            "",
            "By the grouping report of each run, means over seeds: of its mixed kernels those that "
            "stand on actions, of its hits at tIoU 0.7 those that mixed kernels found, and average "
            "mAP when detection leaves mixed kernels out.",
            "",
            *grouping_rows(made["grouping"]),
            "",
        ]
    return lines
