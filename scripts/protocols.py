"""Run a published protocol, or go on with it, and write its figures into docs/study.json.

    python scripts/protocols.py loso         SBHAR, leave one subject out: 30 runs
    python scripts/protocols.py gtea         four splits; needs `gtan data add gtea`
    python scripts/protocols.py 50salads     five

Each fold is one run of notebooks/pipelines/measure.ipynb; a finished one is never repeated.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from gtan.commands.options import path, strict, whole
from gtan.data.sensors import TEST_USERS
from gtan.data.store import find
from gtan.experiments import protocols
from gtan.experiments.study_page import made_by, write_pages
from gtan.experiments.sweep import run_name, sweep
from gtan.files import read_json, write_json
from gtan.runs.run import open_run

ROOT = Path(__file__).parents[1]
NOTEBOOK = ROOT / "notebooks" / "pipelines" / "measure.ipynb"


def main(argv: Sequence[str] | None = None) -> int:
    """Run; returns 1 if a run failed."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    strict(parser)
    parser.add_argument("protocol", choices=protocols.PROTOCOLS)
    parser.add_argument("--folder", type=path, help="of the runs (default: runs/PROTOCOL)")
    parser.add_argument("--docs", type=path, default=ROOT / "docs", help="where the pages go")
    parser.add_argument("--seeds", type=whole, nargs="+", default=[0])
    parser.add_argument("--workers", type=whole, help="processes (default: 2)")
    parser.add_argument("--scheduler", help="a dask scheduler instead, tcp://host:8786")
    given = parser.parse_args(argv)
    folder = given.folder or Path("runs") / given.protocol
    runs = protocols.fold_runs(given.protocol, given.seeds)
    table = sweep(
        NOTEBOOK, list(runs["parameters"]), folder,
        scheduler=given.scheduler, workers=given.workers,
    )  # fmt: skip
    print(table[["run", "status", "seed", "seconds", "average_mAP", "error"]])
    if (table["status"] != "done").any():
        return 1
    made = read_json(given.docs / "study.json", dict)
    made.setdefault("protocols", {})[given.protocol] = record(given.protocol, runs, folder)
    write_json(given.docs / "study.json", made)
    write_pages(given.docs)
    return 0


def record(protocol: str, runs: pd.DataFrame, folder: Path) -> dict[str, Any]:
    """What the pages need of a protocol, in JSON types: a row per group of recordings and seed."""
    names = [run_name(NOTEBOOK, values) for values in runs["parameters"]]
    settings = open_run(folder / names[0]).settings
    rows = []
    for seed, mine in runs.groupby("seed"):
        results = protocols.pool(mine, NOTEBOOK, folder)
        for group, recordings in groups(protocol, results.truth.videos["video"].tolist()).items():
            part = protocols.of_recordings(results, recordings)
            row = {"group": group, "seed": int(seed), **protocols.figures(part)}
            if protocol != "loso":
                fps = settings.data.fps or 1.0
                row |= protocols.segmentation_figures(part, find(protocol), fps)
            rows.append(row)
    return {
        **made_by(folder, names),
        "preset": settings.preset_name,
        "iterations": settings.training.iterations,
        "tiou": list(results.tiou),
        "rows": rows,
    }


def groups(protocol: str, recordings: Sequence[str]) -> dict[str, list[str]]:
    """Which recordings are scored together, by name."""
    everything = {"all": list(recordings)}
    if protocol == "loso":
        tested = [name for name in recordings if int(name[-2:]) in TEST_USERS]
        return everything | {
            "test users": tested,
            "the others": [name for name in recordings if name not in tested],
        }
    if protocol == "gtea":  # as far as ED-TCN's published detections go
        return everything | {"splits 1 to 3": [n for n in recordings if not n.startswith("S4")]}
    return everything


if __name__ == "__main__":
    sys.exit(main())
