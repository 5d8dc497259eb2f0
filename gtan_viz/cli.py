"""The command ``gtan-viz``."""

from __future__ import annotations

import argparse
import shutil
import sys
import webbrowser
from collections.abc import Sequence
from pathlib import Path

from gtan.commands.options import path, strict, told


def main(argv: Sequence[str] | None = None) -> int:
    """Run a subcommand; returns the exit code: 0, or 2 with one line on stderr for bad input."""
    arguments = parser().parse_args(argv)
    return told(f"gtan-viz {arguments.command}", lambda: arguments.run_command(arguments))


def parser() -> argparse.ArgumentParser:
    """The command's parser, with those of its subcommands."""
    made = argparse.ArgumentParser(prog="gtan-viz", description="Pictures of Gaussian kernels.")
    commands = made.add_subparsers(
        title="commands", metavar="COMMAND", required=True, dest="command"
    )
    add_page(commands)
    add_lesson(commands)
    return made


def add_page(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Declare ``gtan-viz page``."""
    parser = commands.add_parser(
        "page",
        help="the explorer as one HTML file",
        usage="gtan-viz page RUN [OUT] | RUN_A RUN_B OUT  [--recording NAME] [--video FILE]",
        description="Write the explorer of a run as one HTML file: no server, no network, opens by "
        "double click. Of two runs: one above the other, with one time axis.",
    )
    strict(parser)
    parser.add_argument("run", metavar="RUN", help="folder of a run; - for the example run")
    parser.add_argument(
        "rest",
        metavar="[RUN_B] OUT",
        nargs="*",
        type=path,
        help="a second run, and the file to write (default: explore.html)",
    )
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

    *others, out = arguments.rest or [Path("explore.html")]
    if len(others) > 1:
        raise ValueError(f"two runs and a file at most, not {len(others) + 2} names")
    if out.is_dir():
        raise ValueError(f"{out} is a folder; name the file to write after the runs")
    runs = [None if str(one) == "-" else one for one in (arguments.run, *others)]
    written = page(runs[0] if len(runs) == 1 else runs, out, arguments.recording, arguments.video)
    print(f"{written} ({written.stat().st_size / 1e6:.2f} MB)")


def add_lesson(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Declare ``gtan-viz lesson``."""
    parser = commands.add_parser(
        "lesson",
        help="a lesson: text, parts to play with, questions",
        description="Open a lesson in the browser, or write it as one HTML file that needs no "
        "network, or as a notebook. Without a name: what lessons there are.",
    )
    strict(parser)
    parser.add_argument("name", metavar="NAME", nargs="?")
    parser.add_argument("--page", metavar="FILE", type=path, help="write the page there")
    parser.add_argument("--notebook", metavar="FILE", type=path, help="copy the notebook there")
    parser.set_defaults(run_command=run_lesson)


def run_lesson(arguments: argparse.Namespace) -> None:
    """Run ``gtan-viz lesson``."""
    from gtan.places import cache_folder
    from gtan_viz.lessons.catalogue import ARTICLE, lessons, notebook_of

    if arguments.name is None:
        for name, title in (*lessons().items(), ARTICLE):
            print(f"{name:<12}{title}")
        return
    notebook = notebook_of(arguments.name)
    if arguments.notebook:
        if arguments.notebook.exists():
            raise ValueError(f"{arguments.notebook} is there already; give another name")
        shutil.copyfile(notebook, arguments.notebook)
        print(f"{arguments.notebook}: open it with `jupyter lab {arguments.notebook}`")
        if not arguments.page:
            return
    from gtan_viz.lessons.page import lesson_page

    file = arguments.page or cache_folder() / "lessons" / f"{arguments.name}.html"
    file.parent.mkdir(parents=True, exist_ok=True)
    written = lesson_page(arguments.name, file)
    print(f"{written} ({written.stat().st_size / 1e6:.2f} MB)")
    if not arguments.page:
        webbrowser.open(written.resolve().as_uri())


if __name__ == "__main__":
    sys.exit(main())
