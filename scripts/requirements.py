"""What pyproject.toml asks for, core and extras, one requirement a line, as pip reads it.

    python scripts/requirements.py [--oldest] [--without NAME ...]

`--oldest` asks for each package's lower bound exactly: what the code is said to work with at least.
`--without torch accelerate` leaves room for what must work without them.
"""

from __future__ import annotations

import argparse
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

PYPROJECT = Path(__file__).parents[1] / "pyproject.toml"


def requirements(oldest: bool = False, without: tuple[str, ...] = ()) -> Iterator[str]:
    """The lines, in pyproject's order."""
    project = tomllib.loads(PYPROJECT.read_text())["project"]
    for lines in (project["dependencies"], *project["optional-dependencies"].values()):
        for line in lines:
            name = re.split(r"[\[>]", line)[0]
            if name not in (project["name"], *without):
                yield line.replace(">=", "==") if oldest else line


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--oldest", action="store_true", help="each at its lower bound")
    parser.add_argument("--without", nargs="+", default=[], metavar="NAME")
    arguments = parser.parse_args()
    print(*requirements(arguments.oldest, tuple(arguments.without)), sep="\n")
