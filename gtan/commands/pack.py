"""``gtan pack``: a copy of a run to give away."""

from __future__ import annotations

import argparse

from gtan.commands.options import path, strict


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Declare ``gtan pack``."""
    parser = commands.add_parser(
        "pack",
        help="a copy of a run to give away, with a card",
        description="A copy of a run for others: weights, metrics, trace, Explanations, figures, "
        "and a card (README.md). Optimizer state, notebooks and paths of this machine stay here.",
    )
    strict(parser)
    parser.add_argument("folder", type=path, metavar="RUN")
    parser.add_argument("out", type=path, metavar="OUT", help="a new folder, or a file.zip")
    parser.add_argument("--licence", default="", help="under which it may be used; on the card")
    parser.add_argument(
        "--no-weights", dest="weights", action="store_false", help="nothing that detects"
    )
    parser.set_defaults(run=run, command="pack")


def run(arguments: argparse.Namespace) -> None:
    """Run ``gtan pack``."""
    from gtan.runs.pack import pack

    print(pack(arguments.folder, arguments.out, arguments.licence, arguments.weights))
