"""`make demo`: train and evaluate on the embedded recordings, then write the page to explore."""

from __future__ import annotations

import argparse
import os
import sys
import time
from pathlib import Path

ROOT = Path(__file__).parents[1]
PIPELINES = ROOT / "notebooks" / "pipelines"


def main() -> int:
    """Run both pipelines into a run folder and say where everything is."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--run", default="runs/demo", help="the run folder (default: %(default)s)")
    parser.add_argument("--iterations", type=int, help="fewer, for a quick look")
    arguments = parser.parse_args()
    os.chdir(ROOT)

    from gtan import open_run
    from gtan.experiments.notebooks import run_notebook
    from gtan.files import read_json
    from gtan_viz import page

    folder = Path(arguments.run)
    overrides = {"training.iterations": arguments.iterations} if arguments.iterations else {}
    started = time.perf_counter()
    print(f"Training a GTAN on SBHAR, real recordings of 21 people, into {folder} ...", flush=True)
    run_notebook(
        PIPELINES / "train.ipynb",
        folder / "train.ipynb",
        {"run_folder": str(folder), "overrides": overrides},
    )
    trained = time.perf_counter()
    print("Evaluating it on 9 people it has never seen ...", flush=True)
    run_notebook(
        PIPELINES / "evaluate.ipynb", folder / "evaluate.ipynb", {"run_folder": str(folder)}
    )
    print("Writing the page to explore ...", flush=True)
    explorer = page(open_run(folder), folder / "explore.html")
    evaluation = open_run(folder).evaluation()
    low, high = evaluation["interval"]["average_mAP"]
    grouping = read_json(folder / "grouping.json", dict)
    mixed, hits = grouping["mixed_kernels"], grouping["of_these_from_mixed_kernels"]
    print(
        f"""
Average mAP over tIoU 0.3:0.1:0.7 on the test users: {evaluation["average_mAP"]:.3f}
  (95 % interval over recordings: {low:.3f} to {high:.3f})
{hits or 0:.0%} of the hits come from {mixed:,.0f} kernels that were merged.
Trained in {trained - started:.0f} s, all done in {time.perf_counter() - started:.0f} s. Now look at
  {explorer}   the explorer; opens by double click
  {folder / "train.ipynb"}, {folder / "evaluate.ipynb"}   the reports
  make lab   the same in JupyterLab"""
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
