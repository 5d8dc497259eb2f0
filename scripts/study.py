"""Run the study on SBHAR, or go on with it, and write docs/study.json, study.md and readings.md.

    python scripts/study.py                 all runs (hours on 2 cores), then the pages
    python scripts/study.py --docs-only     the pages from docs/study.json, seconds

The same runs with pictures: notebooks/pipelines/ablate.ipynb.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from gtan.commands.options import path, strict, whole
from gtan.evaluation import holm
from gtan.experiments import ablations, study
from gtan.experiments.markdown import cell, interval, number
from gtan.experiments.readings_page import preset_settings, readings_page
from gtan.experiments.sweep import sweep
from gtan.files import read_json, write_bytes, write_json
from gtan.runs.run import open_run

ROOT = Path(__file__).parents[1]
NOTEBOOK = ROOT / "notebooks" / "pipelines" / "measure.ipynb"
BY_HAND = "## What was found behind the numbers\n"
PAPER_COLUMNS = ("paper THUMOS14", "paper ActivityNet v1.3")
EMPTY = BY_HAND + "\nNothing is written here yet.\n"


def main(argv: Sequence[str] | None = None) -> int:
    """Run; returns 1 if a run failed."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    strict(parser)
    parser.add_argument("--folder", type=path, default=Path("runs/study"), help="of the runs")
    parser.add_argument("--docs", type=path, default=ROOT / "docs", help="where the pages go")
    parser.add_argument("--seeds", type=whole, nargs="+", default=[0, 1, 2])
    parser.add_argument(
        "--experiments",
        nargs="+",
        default=[],
        metavar="NAME",
        help=", ".join(ablations.EXPERIMENTS),
    )
    parser.add_argument(
        "--repeated", nargs="+", default=[], metavar="NAME", help="readings, E2: with all seeds"
    )
    parser.add_argument("--subset", default="test", help="recordings to evaluate (default: test)")
    parser.add_argument("--workers", type=whole, help="processes (default: 2)")
    parser.add_argument("--scheduler", help="a dask scheduler instead, tcp://host:8786")
    parser.add_argument("--docs-only", action="store_true", help="write the pages, run nothing")
    given = parser.parse_args(argv)
    unused = sorted(set(vars(given).get("given", ())) - {"docs"})
    if given.docs_only and unused:
        parser.error(f"--docs-only runs nothing, so that --{unused[0]} has no effect; leave it out")
    failed = False
    if not given.docs_only:
        runs = ablations.study_runs(
            "sbhar", given.seeds, {}, given.subset, given.experiments, given.repeated
        )
        table = sweep(
            NOTEBOOK, ablations.parameters(runs), given.folder,
            scheduler=given.scheduler, workers=given.workers,
        )  # fmt: skip
        print(table[["run", "status", "baseline", "seed", "seconds", "average_mAP", "error"]])
        failed = bool((table["status"] != "done").any())
        made = study.load_study(runs, NOTEBOOK, given.folder)
        write_json(given.docs / "study.json", record(made, given.folder, given.subset))
    write_pages(given.docs)
    return int(failed)


def record(made: study.Study, folder: Path, subset: str) -> dict[str, Any]:
    """What the pages need of a study, in JSON types."""
    table = study.summary(made)
    seconds = study.long_seconds(made.learned)
    tables = [table]
    if (made.runs["experiment"] == "table3").any():
        tables.append(study.long_actions(made, seconds))
    whole = pd.concat(tables, ignore_index=True)
    whole["corrected p"] = holm(whole["p"])
    done = made.runs[made.runs["status"] == "done"].drop_duplicates("run")
    spent = {name: read_json(folder / name / "done.json") for name in done["run"]}
    parts = [part for name in done["run"] for part in open_run(folder / name).provenance()]
    settings = open_run(folder / done["run"].iloc[0]).settings
    table3 = done[done["experiment"] == "table3"]["run"]
    return {
        "preset": "sbhar",
        "settings": preset_settings(),
        "subset": subset,
        "seeds": sorted(made.runs["seed"].unique().tolist()),
        "iterations": settings.training.iterations,
        "commits": sorted({str(one["git"]["commit"]) for one in spent.values()}),
        "devices": sorted({str(part["device"]) for part in parts}),
        "dirty": any(one["git"]["dirty"] for one in spent.values()),
        "runs": len(spent),
        "hours": round(sum(one["seconds"] for one in spent.values()) / 3600, 2),
        "table3_hours": round(sum(spent[name]["seconds"] for name in table3) / 3600, 2),
        "long_seconds": seconds,
        "length": study.length_in_words(made.learned),
        "table": _plain(whole),
        "figure7": _plain(study.layers(made, table)),
        "grouping": _plain(study.grouping_reports(made, folder)),
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
    commits = ", ".join(commit[:10] for commit in made["commits"])
    lines += [
        f"{made['runs']} runs of {made['iterations']} iterations, {_where(made)}, evaluated on the "
        f"{made['subset']} recordings; how many seeds stands in each row (of {len(made['seeds'])}: "
        f"{', '.join(map(str, made['seeds']))}); commit {commits}"
        f"{', with local changes' if made['dirty'] else ''}.",
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
        f"There are {table['p'].notna().sum()} comparisons: of so many, two or three intervals "
        "leave out zero by chance alone. The words below therefore follow p corrected by Holm.",
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
    readings = table[table["experiment"].isin(ablations.STUDIED)]
    if len(readings):
        lines += ["## Readings", "", "What each is about: [readings](readings.md).", ""]
        lines += [*rows(readings, experiment=True), ""]
    return "\n".join([*lines, ""])


def _where(made: Mapping[str, Any]) -> str:
    """How long the runs took, and on what."""
    if "cuda" in made["devices"]:
        return (
            f"{made['hours']:.1f} hours, many at a time on one GPU ({', '.join(made['devices'])})"
        )
    return f"{made['hours']:.1f} hours of one core ({made['table3_hours']:.1f} for Table 3)"


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


def _plain(table: pd.DataFrame) -> list[dict[str, Any]]:
    """Rows in JSON types, None for what is not known."""
    return [
        {str(name): None if pd.isna(value) else value for name, value in row.items()}
        for row in table.round(6).astype(object).to_dict("records")
    ]


if __name__ == "__main__":
    sys.exit(main())
