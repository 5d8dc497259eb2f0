"""Test what `make dist` left in dist/: the sdist's tests, against the wheel, in a new environment.

    python scripts/check_release.py
    python scripts/check_release.py --python python3.13 --without torch accelerate
    python scripts/check_release.py --oldest --without torch accelerate -- -m "not browser"

Packages come at the versions of constraints.txt, with `--oldest` at pyproject.toml's lower bounds;
what follows `--` is pytest's. Nothing of this folder is used but dist/ and those two files.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tarfile
import tempfile
import tomllib
from pathlib import Path

from requirements import PYPROJECT, requirements

ROOT = Path(__file__).parents[1]
# Written over the sources of the unpacked sdist, so that no test passes by them.
REFUSED = 'raise ImportError("sources were imported, where the installed package was meant")\n'


def main() -> int:
    """Install, unpack, and run the tests; returns pytest's exit code."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--python", default=sys.executable, help="default: this one")
    parser.add_argument("--oldest", action="store_true", help="packages at their lower bounds")
    parser.add_argument("--without", nargs="+", default=[], metavar="NAME", help="not installed")
    parser.add_argument("pytest", nargs="*", help="pytest's arguments")
    arguments = parser.parse_args()
    name = f"gtan-{tomllib.loads(PYPROJECT.read_text())['project']['version']}"
    wheel, sdist = (ROOT / "dist" / f"{name}{end}" for end in ("-py3-none-any.whl", ".tar.gz"))
    with tempfile.TemporaryDirectory(prefix="gtan-release") as place:
        python = install(Path(place), wheel, arguments)
        source = unpack(sdist, Path(place))
        empty = Path(place) / "empty"
        empty.mkdir()
        tests = [python, "-P", "-m", "pytest", "-c", source / "pyproject.toml", "--rootdir", source]
        return subprocess.run([*tests, source / "tests", *arguments.pytest], cwd=empty).returncode


def install(place: Path, wheel: Path, arguments: argparse.Namespace) -> Path:
    """A new environment with the wheel and what it asks for; returns its Python."""
    subprocess.run([arguments.python, "-m", "venv", place / "venv"], check=True)
    python = place / "venv" / "bin" / "python"
    asked = place / "requirements.txt"
    without = tuple(arguments.without)
    asked.write_text("\n".join(requirements(arguments.oldest, without)))
    pip: list[str | Path] = [python, "-m", "pip", "install", "--quiet"]
    if not arguments.oldest:
        pip += ["--constraint", ROOT / "constraints.txt"]
    subprocess.run([*pip, "setuptools", "--requirement", asked], check=True)
    subprocess.run([*pip, "--no-deps", wheel], check=True)
    return python


def unpack(sdist: Path, place: Path) -> Path:
    """The sdist's folder, of which only what is not installed can be used."""
    with tarfile.open(sdist) as archive:
        archive.extractall(place, filter="data")
    source = place / sdist.name.removesuffix(".tar.gz")
    for package in ("gtan", "gtan_viz"):
        (source / package / "__init__.py").write_text(REFUSED)
    return source


if __name__ == "__main__":
    sys.exit(main())
