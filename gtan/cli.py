"""The command ``gtan``; its subcommands stand in `gtan.commands`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from gtan.commands import check, data, demo, detect, evaluate, extract, pack, reproduce, sweep
from gtan.commands.options import told

COMMANDS = (demo, data, extract, detect, evaluate, sweep, pack, reproduce, check)


def main(argv: Sequence[str] | None = None) -> int:
    """Run a subcommand; returns the exit code.

    0; 1 if a run of a sweep failed, a check found a fault, or a repeated run is not identical; 2,
    with one line on stderr, for bad input; 130 after Ctrl-C, 143 and 129 after SIGTERM and SIGHUP.
    """
    arguments = parser().parse_args(argv)
    return told(f"gtan {arguments.command}", lambda: arguments.run(arguments))


def parser() -> argparse.ArgumentParser:
    """The command's parser, with those of its subcommands."""
    made = argparse.ArgumentParser(
        prog="gtan", description="Gaussian Temporal Awareness Networks for action localization."
    )
    commands = made.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for command in COMMANDS:
        command.add(commands)
    return made


if __name__ == "__main__":
    sys.exit(main())
