"""How time and memory grow with the work; docs/scale.md is made by this.

    python benchmarks/scale.py                     every job at all its sizes, on the screen
    python benchmarks/scale.py compare detect      these jobs
    python benchmarks/scale.py --write             into docs/scale.md, the other jobs' rows kept
    python benchmarks/scale.py compare --sizes 150 300

Each size of each job (benchmarks/scale_jobs.py) is measured in a process of its own: the seconds
of the call alone, how many of them a core worked for it (which is what counts on a machine that
others use), and the most memory that the process held during it, input and libraries included.
What the call needs is made before the clock starts.
"""

from __future__ import annotations

import argparse
import ctypes
import gc
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "scale.md"
HEAD = "| job | n | seconds | of a core | peak memory (MB) | load |"
RULE = "|---|---:|---:|---:|---:|---:|"
PR_SET_CHILD_SUBREAPER = 36  # linux/prctl.h


def measure(job: str, size: int) -> dict[str, float]:
    """Seconds and peak memory of one job at one size, in a process of its own."""
    command = [sys.executable, __file__, "--one", job, str(size)]
    environment = {"OMP_NUM_THREADS": "1", "PYTHONPATH": str(ROOT)} | os.environ
    load = os.getloadavg()[0]
    done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, check=True, text=True)
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found | {"load": load}


def measure_here(job: str, size: int) -> dict[str, float]:
    """The same, in this process."""
    from scale_jobs import JOBS

    with tempfile.TemporaryDirectory(prefix="gtan-scale") as folder:
        call = JOBS[job].prepare(size, Path(folder))
        gc.collect()
        Path("/proc/self/clear_refs").write_text("5")  # Linux: the peak so far is forgotten
        adopt_orphans()
        start, spent = time.perf_counter(), core_seconds()
        call()
        seconds = time.perf_counter() - start
        wait_for_children()
        core = core_seconds() - spent
    return {"seconds": seconds, "core": core, "peak": peak_memory()}


def adopt_orphans() -> None:
    """Linux: what children leave running when they end becomes a child of this process."""
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def wait_for_children() -> None:
    """Until none is left, so that `core_seconds` knows of all; for a while, some never end."""
    until = time.monotonic() + 10
    while time.monotonic() < until:
        try:
            if os.waitpid(-1, os.WNOHANG) == (0, 0):
                time.sleep(0.05)
        except ChildProcessError:
            return


def core_seconds() -> float:
    """Seconds that a core has worked for this process and its children that ended."""
    return sum(os.times()[:4])


def peak_memory() -> float:
    """Most memory of this process, in MB."""
    status = Path("/proc/self/status").read_text().splitlines()
    line = next(line for line in status if line.startswith("VmHWM"))
    return int(line.split()[1]) / 1024


def row(job: str, size: int, found: dict[str, float]) -> str:
    return (
        f"| {job} | {size:,} | {found['seconds']:.2f} | {found['core']:.2f} "
        f"| {found['peak']:,.0f} | {found['load']:.1f} |"
    )


def page(rows: Sequence[str]) -> str:
    """docs/scale.md with these rows in place of the same jobs' earlier ones."""
    from scale_jobs import JOBS

    text = PAGE.read_text(encoding="utf-8")
    before, _, rest = text.partition(HEAD)
    lines = rest.lstrip("\n").splitlines()
    end = next((n for n, line in enumerate(lines) if not line.startswith("|")), len(lines))
    kept = {_key(line): line for line in lines[1:end]}
    new = {_key(line) for line in rows}
    fresh = {job for job, _ in new}
    kept = {key: line for key, line in kept.items() if key[0] not in fresh}
    kept |= {_key(line): line for line in rows}
    names = list(JOBS)
    table = [kept[key] for key in sorted(kept, key=lambda key: (names.index(key[0]), key[1]))]
    return before + "\n".join([HEAD, RULE, *table, *lines[end:]]) + "\n"


def _key(line: str) -> tuple[str, int]:
    job, size = (cell.strip() for cell in line.split("|")[1:3])
    return job, int(size.replace(",", ""))


def machine() -> str:
    import numpy as np
    import pandas as pd

    return (
        f"Python {platform.python_version()}, numpy {np.__version__}, pandas {pd.__version__}, "
        f"{os.cpu_count()} cores"
    )


def main(argv: Sequence[str] | None = None) -> None:
    from scale_jobs import JOBS

    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("jobs", nargs="*", metavar="JOB", help=", ".join(JOBS))
    parser.add_argument("--sizes", nargs="+", type=int, help="instead of each job's own")
    parser.add_argument("--write", action="store_true", help="into docs/scale.md")
    parser.add_argument("--one", nargs=2, metavar=("JOB", "N"), help=argparse.SUPPRESS)
    given = parser.parse_args(argv)
    if given.one:
        print(json.dumps(measure_here(given.one[0], int(given.one[1]))))
        return
    unknown = set(given.jobs) - set(JOBS)
    if unknown:
        parser.error(f"no job {', '.join(sorted(unknown))}; there are {', '.join(JOBS)}")
    print(f"{machine()}\n\n{HEAD}\n{RULE}", flush=True)
    rows: list[str] = []
    for name in given.jobs or JOBS:
        for size in given.sizes or JOBS[name].sizes:
            rows.append(row(name, size, measure(name, size)))
            print(rows[-1], flush=True)
    if given.write:
        PAGE.write_text(page(rows), encoding="utf-8")


if __name__ == "__main__":
    main()
