"""The command ``gtan``. One function adds a subcommand, one runs it; imports wait until it runs."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path


def main(argv: Sequence[str] | None = None) -> int:
    """Run a subcommand; returns the exit code: 0, or 2 with one line on stderr for bad input."""
    parser = argparse.ArgumentParser(
        prog="gtan", description="Gaussian Temporal Awareness Networks for action localization."
    )
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    add_evaluate(commands)
    arguments = parser.parse_args(argv)
    try:
        arguments.run(arguments)
        sys.stdout.flush()
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


if __name__ == "__main__":
    sys.exit(main())
