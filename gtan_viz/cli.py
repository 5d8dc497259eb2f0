"""The command ``gtan-viz``."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from gtan.commands.options import path, strict, told


def main(argv: Sequence[str] | None = None) -> int:
    """Run a subcommand; returns the exit code: 0, or 2 with one line on stderr for bad input."""
    parser = argparse.ArgumentParser(prog="gtan-viz", description="Pictures of Gaussian kernels.")
    commands = parser.add_subparsers(
        title="commands", metavar="COMMAND", required=True, dest="command"
    )
    add_page(commands)
    arguments = parser.parse_args(argv)
    return told(f"gtan-viz {arguments.command}", lambda: arguments.run_command(arguments))


def add_page(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Declare ``gtan-viz page``."""
    parser = commands.add_parser(
        "page",
        help="the explorer as one HTML file",
        description="Write the explorer of a run as one HTML file: no server, no network, opens by "
        "double click.",
    )
    strict(parser)
    parser.add_argument("run", metavar="RUN", help="folder of a run; - for the example run")
    parser.add_argument("out", metavar="OUT", nargs="?", default="explore.html", type=path)
    parser.add_argument(
        "--recording",
        action="append",
        metavar="NAME",
        help="a recording to show; may be given several times (default: up to five)",
    )
    parser.add_argument(
        "--video",
        metavar="FILE",
        type=path,
        help="MP4 (H.264) or WebM of the first recording (default: the run's own videos)",
    )
    parser.set_defaults(run_command=run_page)


def run_page(arguments: argparse.Namespace) -> None:
    """Run ``gtan-viz page``."""
    from gtan_viz.explorer.page import page

    run = None if arguments.run == "-" else arguments.run
    written = page(run, arguments.out, arguments.recording, arguments.video)
    print(f"{written} ({written.stat().st_size / 1e6:.2f} MB)")


if __name__ == "__main__":
    sys.exit(main())
