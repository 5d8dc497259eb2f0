"""Damaged files for every reader: `make fuzz` tries new ones, and writes down how many.

A reader runs in a process of its own with bounded memory, so that what kills it, or makes it hang,
is found as well. Explanations and traces have a fuzzer of their own, which asks the browser, too.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import random
import re
import resource
import shutil
import signal
import sys
import tempfile
import time
import warnings
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.fuzz.damage import damaged
from tests.fuzz.readers import READERS, Files
from tests.gtan.runs.fuzzer import PATIENCE, Browser, Verdict, fault, trials

BOTH = "Explanations and traces, by Python and the browser"
ROOM = 3 * 2**30  # bytes that a process may take, beside what it has when it begins
ASLEEP = 300  # seconds without a word, of a machine that may be busy with other work
LONGEST = 20_000  # characters of a message


def damaged_set(seed: str, goods: list[Files], spared: tuple[str, ...]) -> tuple[Files, str]:
    """A set of files of which one is damaged, and that one's name."""
    chance = random.Random(seed)
    files = dict(chance.choice(goods))
    # Small files say what the large ones are: each is as likely.
    name = chance.choice([name for name in files if name not in spared])
    files[name] = damaged(name, files[name], chance)
    return files, name


def verdict(name: str, folder: Path) -> Verdict:
    """What a reader makes of a folder's files."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            READERS[name].read(folder)
    except (ValueError, OSError) as error:
        kind, words = type(error), str(error)
        ours = kind in (ValueError, OSError, FileNotFoundError, IsADirectoryError)
        ours = ours or kind.__module__.startswith("gtan")
        if ours and str(folder) in words and len(words) < LONGEST:
            return "refused", words
        return "error", f"{kind.__name__}: {words[:500]}"
    except Exception as error:
        return "error", f"{type(error).__name__}: {str(error)[:500]}"
    return "accepted", ""


def put(folder: Path, files: Files) -> None:
    """Write them."""
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


def readings(
    name: str, seed: int, scratch: Path, first: int = 0
) -> Iterator[tuple[int, Path, Verdict]]:
    """Damaged files without end: number, where they lie, and what the reader makes of them."""
    goods, spared = READERS[name].goods(), READERS[name].spared
    for number in range(first, sys.maxsize):
        folder = scratch / f"{number}"
        put(folder, damaged_set(f"{seed} {name} {number}", goods, spared)[0])
        yield number, folder, verdict(name, folder)
        shutil.rmtree(folder, ignore_errors=True)


def work(name: str, seed: int, scratch: Path, first: int, last: int, out: Any) -> None:
    """Of a process: read on, and tell each verdict."""
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, 2)  # libraries that complain there
    there = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (there + ROOM, there + ROOM))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    signal.setitimer(signal.ITIMER_PROF, PATIENCE)  # of its own time, after which it is killed
    for number, folder, (said, words) in readings(name, seed, scratch, first):
        signal.setitimer(signal.ITIMER_PROF, PATIENCE)
        out.send((number, str(folder), said, words))
        if said == "error":
            out.recv()  # the file is kept
        if number + 1 == last:
            break


def tried(
    name: str, seed: int, count: int, scratch: Path, seconds: float = float("inf")
) -> Iterator[tuple[Path, Verdict]]:
    """`count` verdicts of a reader, over as many processes as die under it."""
    READERS[name].goods()  # here, so that what it imports is there in every process
    here = multiprocessing.get_context("fork")
    first, end = 0, time.monotonic() + seconds
    while first < count and time.monotonic() < end:
        mine, theirs = here.Pipe()
        process = here.Process(target=work, args=(name, seed, scratch, first, count, theirs))
        process.start()
        theirs.close()
        try:
            while first < count and time.monotonic() < end:
                if not mine.poll(ASLEEP):
                    yield scratch / f"{first}", ("error", f"nothing for {ASLEEP} s")
                    first += 1
                    break
                try:
                    number, folder, said, words = mine.recv()
                except EOFError:
                    process.join()
                    hung = process.exitcode == -signal.SIGPROF
                    why = f"hangs for {PATIENCE} s" if hung else f"died, {process.exitcode}"
                    yield scratch / f"{first}", ("error", why)
                    first += 1
                    break
                yield Path(folder), (said, words)
                if said == "error":
                    mine.send(None)
                first = number + 1
        finally:
            process.kill()
            process.join()


def both(seed: int, count: int, scratch: Path, seconds: float) -> Iterator[tuple[Path, Verdict]]:
    """Explanations and traces: Python's verdict, or what is wrong with the two."""
    end = time.monotonic() + seconds
    with Browser("node") as browser:
        for number, (path, here, there) in enumerate(trials(seed, scratch, browser)):
            wrong = fault(here, there)
            yield path, ("error", wrong) if wrong else here
            if path.exists():
                shutil.rmtree(path) if path.is_dir() else path.unlink()
            if number + 1 == count or time.monotonic() > end:
                break


def main() -> int:
    """Try files; keep those that fail; say how many there were."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=sys.maxsize, help="files a reader")
    parser.add_argument("--seconds", type=float, default=120, help="at most, all readers together")
    parser.add_argument("--seed", type=int, default=random.randrange(10**6))
    parser.add_argument("--keep", type=Path, default=Path("runs/fuzz"))
    parser.add_argument("--only", default="", help="readers whose name holds this pattern")
    parser.add_argument("--json", type=Path, help="where the counts are written, too")
    told = parser.parse_args()
    names = [name for name in (*READERS, BOTH) if re.search(told.only, name)]
    print(f"seed {told.seed}, {len(names)} readers", flush=True)
    counts: dict[str, Any] = {}
    for name in names:
        started, found = time.monotonic(), Counter[str]()
        seconds = told.seconds / len(names)
        with tempfile.TemporaryDirectory(
            dir="/dev/shm" if os.path.isdir("/dev/shm") else None
        ) as s:
            scratch = Path(s)
            results = (
                both(told.seed, told.count, scratch, seconds)
                if name == BOTH
                else tried(name, told.seed, told.count, scratch, seconds)
            )
            for path, (said, words) in results:
                found[said] += 1
                if said == "error":
                    _keep(path, told.keep / name.partition(",")[0].partition(" (")[0])
                    print(f"{name}, {path.name}: {words}", flush=True)
        counts[name] = {**found, "seconds": round(time.monotonic() - started)}
        print(f"{name}: {counts[name]}", flush=True)
        if told.json:
            told.json.write_text(json.dumps({"seed": told.seed, "readers": counts}, indent=1))
    failed = sum(one.get("error", 0) for one in counts.values())
    whole = sum(sum(v for k, v in one.items() if k != "seconds") for one in counts.values())
    print(f"{whole} files, {failed} failed")
    return 1 if failed else 0


def _keep(path: Path, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    kept = folder / path.name
    if kept.exists():
        shutil.rmtree(kept) if kept.is_dir() else kept.unlink()
    if path.is_dir():
        shutil.copytree(path, kept)
    elif path.exists():
        shutil.copy(path, kept)


if __name__ == "__main__":
    sys.exit(main())
