"""``gtan check``: all faults of a data set or a run."""

from __future__ import annotations

import argparse
from pathlib import Path

from gtan.commands.options import path, settings_given, strict


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Declare ``gtan check``."""
    parser = commands.add_parser(
        "check",
        help="read a data set or a run once, and list all its faults",
        description="Read every value of a data set (and every file of a run) once, on all cores, "
        "and list all faults. Exit code 1: there are some. For example: gtan check --preset "
        "features -s data.annotations=a.json -s 'data.features=f/{video}.npy' -s data.fps=25",
    )
    strict(parser)
    parser.add_argument("folder", type=path, nargs="?", metavar="RUN", help="a run folder")
    parser.add_argument("--preset", help="instead of a run: a preset (default: features)")
    parser.add_argument(
        "-s",
        "--setting",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="a setting; JSON, or text where it is none",
    )
    parser.add_argument(
        "--headers", action="store_true", help="only what loading looks at: seconds, not minutes"
    )
    parser.set_defaults(run=run, command="check")


def run(arguments: argparse.Namespace) -> int:
    """Run ``gtan check``."""
    from gtan.runs.check import check
    from gtan.settings import Settings

    if arguments.folder is not None and (arguments.preset or arguments.setting):
        raise ValueError("give a run, or --preset and -s; a run has settings of its own")
    source: Path | Settings | None = arguments.folder
    if source is None:
        source = Settings.preset(arguments.preset or "features").override(
            settings_given(arguments.setting)
        )
    faults = check(source, headers_only=arguments.headers)
    print("\n".join([*faults, f"{len(faults)} faults" if faults else "no fault"]))
    return int(bool(faults))
