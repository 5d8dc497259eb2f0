"""The command ``gtan``. One function adds a subcommand, one runs it; imports wait until it runs."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path


def main(argv: Sequence[str] | None = None) -> int:
    """Run a subcommand; returns the exit code.

    0; 1 if a run of a sweep failed; 2, with one line on stderr, for bad input.
    """
    parser = argparse.ArgumentParser(
        prog="gtan", description="Gaussian Temporal Awareness Networks for action localization."
    )
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    add_evaluate(commands)
    add_sweep(commands)
    arguments = parser.parse_args(argv)
    try:
        code = arguments.run(arguments)
        sys.stdout.flush()
        return code or 0
    except BrokenPipeError:  # the reader, say `head`, has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except (ValueError, OSError) as error:
        message = " ".join(str(error).split())
        print(f"{parser.prog} {arguments.command}: error: {message}", file=sys.stderr)
        return 2
    return 0


def add_evaluate(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Declare ``gtan evaluate``."""
    parser = commands.add_parser(
        "evaluate",
        help="mean average precision of detections",
        description="Mean average precision of detections by an official protocol. Files are "
        "ActivityNet JSON or CSV (video,label,start,end[,score]; seconds), optionally gzipped.",
    )
    parser.add_argument("--truth", type=Path, required=True, metavar="T")
    parser.add_argument("--detections", type=Path, required=True, metavar="D")
    parser.add_argument(
        "--protocol",
        required=True,
        choices=["activitynet", "thumos14"],
        help="thumos14 knows the truth label Ambiguous",
    )
    parser.add_argument(
        "--tiou",
        type=float,
        nargs="+",
        help="thresholds (default: 0.5:0.05:0.95 for activitynet, 0.1:0.1:0.5 for thumos14)",
    )
    parser.add_argument("--subset", help="recordings of the truth to evaluate (default: all)")
    parser.add_argument("--json", type=Path, metavar="OUT", help="write the numbers here, too")
    parser.set_defaults(run=run_evaluate, command="evaluate")


def run_evaluate(arguments: argparse.Namespace) -> None:
    """Run ``gtan evaluate``."""
    from gtan.data.annotations import read_detections, read_truth
    from gtan.evaluation import evaluate_detections
    from gtan.files import write_json

    truth = read_truth(arguments.truth, arguments.subset)
    detections = read_detections(arguments.detections)
    results = evaluate_detections(truth, detections, arguments.protocol, arguments.tiou)
    if arguments.json is not None:
        write_json(arguments.json, results.to_json())
    print(results.summary())


def add_sweep(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Declare ``gtan sweep``."""
    parser = commands.add_parser(
        "sweep",
        help="run a notebook with many parameters",
        description="Run a notebook with every combination of parameter values (or with a list of "
        "parameters), on the cores here or on a dask cluster. Started again, it goes on where it "
        "stopped. A dask cluster belongs on a trusted network. Exit code 1: a run failed.",
    )
    parser.add_argument("notebook", type=Path, help="say notebooks/pipelines/measure.ipynb")
    parser.add_argument("--folder", type=Path, required=True, help="where everything goes")
    parser.add_argument(
        "-p",
        "--parameter",
        nargs="+",
        action="append",
        default=[],
        metavar=("NAME", "VALUE"),
        help="a parameter and its values, as -p seed 0 1 2; JSON, or text where it is none",
    )
    parser.add_argument(
        "--parameters",
        type=Path,
        metavar="FILE",
        help="JSON instead: {name: [values]} for a grid, [{name: value}] for a list of runs",
    )
    parser.add_argument("--scheduler", metavar="ADDRESS", help="a dask scheduler, tcp://host:8786")
    parser.add_argument("--workers", type=int, default=2, help="processes here (default: 2)")
    parser.set_defaults(run=run_sweep, command="sweep")


def run_sweep(arguments: argparse.Namespace) -> int:
    """Run ``gtan sweep``."""
    from gtan.files import read_json
    from gtan.sweep import sweep

    if bool(arguments.parameter) == bool(arguments.parameters):
        raise ValueError("give either -p NAME VALUE... or --parameters FILE")
    parameters = (
        read_json(arguments.parameters)
        if arguments.parameters
        else {name: [_value(text) for text in values] for name, *values in arguments.parameter}
    )
    table = sweep(
        arguments.notebook, parameters, arguments.folder,
        scheduler=arguments.scheduler, workers=arguments.workers,
    )  # fmt: skip
    print(table.drop(columns="folder").to_string(index=False, max_colwidth=60))
    return int((table["status"] != "done").any())


def _value(text: str) -> object:
    """JSON, or the text itself."""
    try:
        return json.loads(text)
    except json.JSONDecodeError:
        return text


if __name__ == "__main__":
    sys.exit(main())
