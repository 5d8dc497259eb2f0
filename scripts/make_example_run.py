"""Remake `gtan/example_run`, the trained run that ships with the package.

    python scripts/make_example_run.py            trains the world preset, seed 0, first
    python scripts/make_example_run.py runs/demo  takes a finished run

What is left out: what `gtan pack` leaves out, and every other Explanation along the way.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import tempfile
from pathlib import Path

import gtan
from gtan.experiments.notebooks import evaluate_run, report_grouping
from gtan.files import read_json, write_bytes
from gtan.runs.pack import pack
from gtan.runs.run import EXAMPLE

LIMIT = 4_000_000  # bytes, zipped
LICENCE = "Apache-2.0, as the code; trained on the small world, which is rendered and synthetic."


def main() -> int:
    """Copy what pictures need, and say how large it is."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("run", nargs="?", help="a finished run; trained anew if left out")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        if arguments.run:
            run = gtan.open_run(arguments.run)
        else:
            run = gtan.train(gtan.Settings.preset("world"), Path(scratch) / "run")
        evaluate_run(run)
        report_grouping(run)
        copy(run)
        zipped = Path(shutil.make_archive(str(Path(scratch) / "example"), "zip", EXAMPLE))
        size = zipped.stat().st_size
    files = sum(path.is_file() for path in EXAMPLE.rglob("*"))
    print(f"{EXAMPLE}: {files} files, {size / 1e6:.2f} MB zipped (at most {LIMIT / 1e6:.0f})")
    return int(size > LIMIT)


def copy(run: gtan.Run) -> None:
    """Into EXAMPLE, which is emptied first; with the film of the recording that it explains."""
    shutil.rmtree(EXAMPLE, ignore_errors=True)
    pack(run, EXAMPLE, LICENCE)
    # One file without blanks instead of a hundred with them.
    (metrics,) = (EXAMPLE / "metrics").iterdir()
    write_bytes(metrics, json.dumps(read_json(metrics), separators=(",", ":")).encode())
    for recording in (EXAMPLE / "explanations").iterdir():
        for explanation in sorted(recording.iterdir())[-2::-2]:
            explanation.unlink()  # every other step along the way is enough for the size
    (shown,) = run.settings.training.probes
    film = run.dataset().recordings[shown].video()
    (EXAMPLE / "videos").mkdir(exist_ok=True)
    shutil.copyfile(film, EXAMPLE / "videos" / film.name)


if __name__ == "__main__":
    sys.exit(main())
