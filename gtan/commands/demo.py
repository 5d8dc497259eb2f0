"""``gtan demo``: from films (or sensors) to detections, and the page to explore them."""

from __future__ import annotations

import argparse
import time
from importlib.util import find_spec
from pathlib import Path

from gtan.commands.options import path, strict, whole

ABOUT = {
    "world": (
        "rendered films of 24 people who do not exist: synthetic, for seeing how it works",
        "8 people it has never seen",
    ),
    "sbhar": ("SBHAR, real sensor recordings of 21 people", "9 people it has never seen"),
}
# What it needs beside the core, and the extra that brings it.
NEEDED = {"notebooks": ("anywidget", "ipykernel", "papermill", "plotly"), "video": ("av",)}


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Declare ``gtan demo``."""
    parser = commands.add_parser(
        "demo",
        help="render, train, evaluate and write the page to explore: some minutes",
        description="From films (or sensors) to detections: train and evaluate into a run folder, "
        "with the reports of both, and write the page to explore. Started again, it goes on where "
        "it stopped.",
    )
    strict(parser)
    parser.add_argument(
        "--data",
        choices=ABOUT,
        default="world",
        help="what to learn from: rendered films, or sensors (gtan data add sbhar); "
        "default: %(default)s",
    )
    parser.add_argument(
        "--run",
        dest="folder",
        type=path,
        metavar="RUN",
        help="its folder (default: runs/demo, runs/demo-sbhar)",
    )
    parser.add_argument("--iterations", type=whole, help="fewer, for a quick look")
    parser.set_defaults(run=run, command="demo")


def run(arguments: argparse.Namespace) -> None:
    """Run ``gtan demo``."""
    check_needed()

    from gtan.data import load_dataset
    from gtan.experiments.notebooks import pipeline, run_notebook
    from gtan.runs.run import open_run
    from gtan.settings import Settings
    from gtan.training.loop import train
    from gtan_viz.explorer.page import page

    preset = arguments.data
    name = "runs/demo" if preset == "world" else f"runs/demo-{preset}"
    folder = arguments.folder or Path(name)
    overrides = {}
    if arguments.iterations is not None:
        overrides["training.iterations"] = arguments.iterations
    settings = Settings.preset(preset).override(overrides)
    learned_from, tested_on = ABOUT[preset]
    started = time.perf_counter()
    print(f"Data: {learned_from}.", flush=True)
    dataset = load_dataset(settings.data)
    dataset.make_ready(dataset.recordings)
    print(f"Training a GTAN into {folder} (mAP: of the recordings to choose by) ...", flush=True)
    began = time.perf_counter()
    train(settings, folder, dataset)
    trained = time.perf_counter()
    print("Writing the report of the training ...", flush=True)
    parameters = {"run_folder": str(folder), "preset": preset, "overrides": overrides}
    run_notebook(pipeline("train"), folder / "train.ipynb", parameters, progress=False)
    print(f"Evaluating it on {tested_on} ...", flush=True)
    parameters = {"run_folder": str(folder)}
    run_notebook(pipeline("evaluate"), folder / "evaluate.ipynb", parameters, progress=False)
    print("Writing the page to explore ...", flush=True)
    explorer = page(open_run(folder), folder / "explore.html")
    print(f"\n{_found(folder)}")
    print(
        f"Trained in {trained - began:.0f} s, all done in {time.perf_counter() - started:.0f} s. "
        f"Now look at\n"
        f"  {explorer}   the explorer; opens by double click\n"
        f"  {folder / 'train.ipynb'}, {folder / 'evaluate.ipynb'}   the reports"
    )


def check_needed() -> None:
    """Before minutes of training, whether what comes after them can run.

    Raises:
        ModuleNotFoundError: naming what is missing, and how to install it.
    """
    missing = {
        extra: [name for name in names if find_spec(name) is None]
        for extra, names in NEEDED.items()
    }
    names = [name for lacking in missing.values() for name in lacking]
    if names:
        extras = ",".join(extra for extra, lacking in missing.items() if lacking)
        raise ModuleNotFoundError(
            f"the demo also needs {', '.join(names)}: pip install 'gtan[{extras}]'", name=names[0]
        )


def _found(folder: Path) -> str:
    """The run's figures, in words."""
    from gtan.files import read_json
    from gtan.runs.run import open_run

    evaluation = open_run(folder).evaluation()
    low, high = evaluation["interval"]["average_mAP"]
    grouping = read_json(folder / "grouping.json", dict)
    mixed, hits = grouping["mixed_kernels"], grouping["of_these_from_mixed_kernels"]
    return (
        f"Average mAP over tIoU 0.3:0.1:0.7 on the test recordings: "
        f"{evaluation['average_mAP']:.3f}\n"
        f"  (95 % interval over recordings: {low:.3f} to {high:.3f})\n"
        f"{hits or 0:.0%} of the hits come from {mixed:,.0f} kernels that were merged."
    )
