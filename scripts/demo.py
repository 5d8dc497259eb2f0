"""`make demo`: from films (or sensors) to detections, then write the page to explore."""

from __future__ import annotations

import argparse
import os
import sys
import time
from pathlib import Path

ROOT = Path(__file__).parents[1]
PIPELINES = ROOT / "notebooks" / "pipelines"
ABOUT = {
    "world": (
        "rendered films of 24 people who do not exist: synthetic, for seeing how it works",
        "8 people it has never seen",
    ),
    "sbhar": ("SBHAR, real sensor recordings of 21 people", "9 people it has never seen"),
}


def main() -> int:
    """Train and evaluate into a run folder, and say where everything is."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", choices=ABOUT, default="world", help="default: %(default)s")
    parser.add_argument("--run", help="the run folder (default: runs/demo, runs/demo-sbhar)")
    parser.add_argument("--iterations", type=int, help="fewer, for a quick look")
    arguments = parser.parse_args()
    os.chdir(ROOT)

    from gtan import Settings, open_run, train
    from gtan.data import load_dataset
    from gtan.data.store import MissingDataError
    from gtan.experiments.notebooks import run_notebook
    from gtan.files import read_json
    from gtan_viz import page

    name = "runs/demo" if arguments.data == "world" else f"runs/demo-{arguments.data}"
    folder = Path(arguments.run or name)
    overrides = {"training.iterations": arguments.iterations} if arguments.iterations else {}
    settings = Settings.preset(arguments.data).override(overrides)
    learned_from, tested_on = ABOUT[arguments.data]
    started = time.perf_counter()
    print(f"Data: {learned_from}.", flush=True)
    try:
        dataset = load_dataset(settings.data)
    except MissingDataError as error:
        print(f"{error}", file=sys.stderr)
        return 2
    dataset.make_ready(dataset.recordings)
    print(f"Training a GTAN into {folder} (mAP: of the recordings to choose by) ...", flush=True)
    began = time.perf_counter()
    train(settings, folder, dataset)
    trained = time.perf_counter()
    print("Writing the report of the training ...", flush=True)
    parameters = {"run_folder": str(folder), "preset": arguments.data, "overrides": overrides}
    run_notebook(PIPELINES / "train.ipynb", folder / "train.ipynb", parameters, progress=False)
    print(f"Evaluating it on {tested_on} ...", flush=True)
    run_notebook(
        PIPELINES / "evaluate.ipynb",
        folder / "evaluate.ipynb",
        {"run_folder": str(folder)},
        progress=False,
    )
    print("Writing the page to explore ...", flush=True)
    explorer = page(open_run(folder), folder / "explore.html")
    evaluation = open_run(folder).evaluation()
    low, high = evaluation["interval"]["average_mAP"]
    grouping = read_json(folder / "grouping.json", dict)
    mixed, hits = grouping["mixed_kernels"], grouping["of_these_from_mixed_kernels"]
    print(
        f"""
Average mAP over tIoU 0.3:0.1:0.7 on the test recordings: {evaluation["average_mAP"]:.3f}
  (95 % interval over recordings: {low:.3f} to {high:.3f})
{hits or 0:.0%} of the hits come from {mixed:,.0f} kernels that were merged.
Trained in {trained - began:.0f} s, all done in {time.perf_counter() - started:.0f} s. Now look at
  {explorer}   the explorer; opens by double click
  {folder / "train.ipynb"}, {folder / "evaluate.ipynb"}   the reports
  make lab   the same in JupyterLab"""
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
