"""Run the study, or go on with it, and write docs/study.json, study.md and readings.md.

    python scripts/study.py                 all runs on SBHAR (hours on 2 cores), then the pages
    python scripts/study.py --preset world  Tables 3 and 4 and Figure 7 on the small world
    python scripts/study.py --docs-only     the pages from docs/study.json, seconds

The same runs with pictures: notebooks/pipelines/ablate.ipynb.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from gtan.commands.options import path, strict, whole
from gtan.evaluation import holm
from gtan.experiments import ablations, study
from gtan.experiments.readings_page import preset_settings
from gtan.experiments.study_page import made_by, write_pages
from gtan.experiments.sweep import sweep
from gtan.files import read_json, write_json
from gtan.runs.run import open_run

ROOT = Path(__file__).parents[1]
NOTEBOOK = ROOT / "notebooks" / "pipelines" / "measure.ipynb"
# By preset: what is run if nothing is named; everything where empty.
EXPERIMENTS: dict[str, list[str]] = {"sbhar": [], "world": ["table3", "E1", "figure7"]}


def main(argv: Sequence[str] | None = None) -> int:
    """Run; returns 1 if a run failed."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    strict(parser)
    parser.add_argument("--preset", choices=list(EXPERIMENTS), default="sbhar")
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
            given.preset, given.seeds, {}, given.subset,
            given.experiments or EXPERIMENTS[given.preset], given.repeated,
        )  # fmt: skip
        table = sweep(
            NOTEBOOK, ablations.parameters(runs), given.folder,
            scheduler=given.scheduler, workers=given.workers,
        )  # fmt: skip
        print(table[["run", "status", "baseline", "seed", "seconds", "average_mAP", "error"]])
        failed = bool((table["status"] != "done").any())
        made = study.load_study(runs, NOTEBOOK, given.folder)
        page = given.docs / "study.json"
        before = read_json(page, dict) if page.exists() else {}
        now = record(made, given.folder, given.subset)
        if given.preset == "sbhar":
            kept = {name: before[name] for name in ("protocols", "world") if name in before}
            write_json(page, now | kept)
        else:
            write_json(page, before | {given.preset: now})
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
    settings = open_run(folder / done["run"].iloc[0]).settings
    return {
        **made_by(folder, list(done["run"])),
        "preset": settings.preset_name,
        "settings": preset_settings(settings.preset_name),
        "subset": subset,
        "seeds": sorted(made.runs["seed"].unique().tolist()),
        "iterations": settings.training.iterations,
        "long_seconds": seconds,
        "length": study.length_in_words(made.learned),
        "table": _plain(whole),
        "figure7": _plain(study.layers(made, table)),
        "grouping": _plain(study.grouping_reports(made, folder)),
    }


def _plain(table: pd.DataFrame) -> list[dict[str, Any]]:
    """Rows in JSON types, None for what is not known."""
    return [
        {str(name): None if pd.isna(value) else value for name, value in row.items()}
        for row in table.round(6).astype(object).to_dict("records")
    ]


if __name__ == "__main__":
    sys.exit(main())
