"""``gtan reproduce``: is a run's result the same when it is made again?"""

from __future__ import annotations

import argparse
import sys
from functools import partial
from pathlib import Path

from gtan.commands.options import path, strict


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Declare ``gtan reproduce``."""
    parser = commands.add_parser(
        "reproduce",
        help="repeat a run from its folder, and say whether its numbers are the same",
        description="Train and evaluate a run again, with the settings, data, seed and threads "
        "of its folder, and say whether metrics and detections are identical. What is another here "
        "(versions, data, device, threads) is said first. Stopped and started again, it goes on. "
        "Exit code 1: they are not identical.",
    )
    strict(parser)
    parser.add_argument("folder", type=path, metavar="RUN", help="of a finished run")
    parser.add_argument(
        "--out", type=path, metavar="FOLDER", help="of the repetition (default: RUN-again)"
    )
    parser.set_defaults(run=run, command="reproduce")


def run(arguments: argparse.Namespace) -> int:
    """Run ``gtan reproduce``."""
    from gtan.runs.reproduction import reproduce

    there: Path = arguments.folder
    out = arguments.out or there.absolute().with_name(f"{there.absolute().name}-again")
    found = reproduce(there, out, sys.stderr.isatty(), partial(print, flush=True))
    print(found)
    print(f"{out}: {'identical' if found.identical else 'not identical'}")
    return int(not found.identical)
