"""Where many jobs run: processes on this machine, or the workers of a running dask scheduler.

Machines fail one by one. A job whose worker dies is begun anew on another; jobs whose scheduler
dies are handed to the next one at its address; and what fails while a shared folder is away is done
again when that is back. So a job must find out itself what is done already, by files, under a lock.

Dask sends pickled Python to whoever reaches its ports: such a cluster belongs on a trusted network.
All workers must see the same file system.
"""

from __future__ import annotations

import logging
import os
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any, TypeVar

LOSSES = 3  # workers a job may lose, by a crash or a kill, before it counts as failed
PATIENCE = 600.0  # seconds that a scheduler or a folder may be away
LOOK = 0.5  # seconds between two looks at what is done, or back

Result = TypeVar("Result")


class AwayError(OSError):
    """A folder or a scheduler went away, and did not come back in time."""


def tell(text: str) -> None:
    """A line for whoever watches, or for a worker's log."""
    print(text, file=sys.stderr, flush=True)


def cores() -> int:
    """Processor cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def check_workers(scheduler: str | None, workers: int | None) -> None:
    """That at most one of the two is given, and can be.

    Raises:
        ValueError: saying which to leave out.
    """
    if scheduler is not None and not scheduler.strip():
        raise ValueError(f"scheduler = {scheduler!r} is no address; leave it out for local workers")
    if scheduler is not None and workers is not None:
        raise ValueError(f"workers = {workers}: a scheduler has its own; leave out one of the two")
    if workers is not None and (
        not isinstance(workers, int) or isinstance(workers, bool) or workers < 1
    ):
        raise ValueError(f"workers = {workers!r}: a whole number of at least 1 is needed")


@contextmanager
def client(scheduler: str | None, workers: int) -> Iterator[Any]:
    """A dask client of a scheduler's address, or of so many processes here."""
    from dask import config
    from distributed import Client, LocalCluster

    wanted = {
        "distributed.scheduler.allowed-failures": LOSSES,
        "distributed.worker.profile.enabled": False,  # it looks at each job 100 times a second
    }
    with config.set(wanted), _quiet("distributed.client"):
        if scheduler:
            with Client(scheduler) as found:
                yield found
            return
        with (
            ExitStack() as after,
            LocalCluster(
                n_workers=workers, threads_per_worker=1, dashboard_address="127.0.0.1:0"
            ) as cluster,
            Client(cluster) as found,
        ):
            try:
                yield found
            except KeyboardInterrupt:  # what the workers are at is lost, as we say ourselves
                after.enter_context(_quiet("distributed.nanny", "distributed.scheduler"))
                raise


@contextmanager
def _quiet(*names: str) -> Iterator[None]:
    """Without what distributed's loggers say of losses: we say so ourselves."""
    loggers = [logging.getLogger(name) for name in names]
    before = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        for logger, level in zip(loggers, before):
            logger.setLevel(level)


def carry_out(
    function: Callable[..., Result],
    jobs: Mapping[Path, tuple[Any, ...]],
    scheduler: str | None,
    workers: int,
    tick: Callable[[], None] = lambda: None,
) -> Iterator[tuple[Path, Result | BaseException]]:
    """Call a function for every job on workers; results come as they are done.

    Args:
        function: must find out itself whether a job is done: it may be begun more than once.
        jobs: its arguments, by the path of what each makes.
        scheduler: address of a running one, or None for so many processes here.
        tick: called now and then while jobs are at work.

    Raises:
        AwayError: the scheduler went away, and did not come back.
    """
    left = dict(jobs)
    while left:
        with client(scheduler, min(workers, len(left))) as dask:
            # Keys of one group let dask keep what no worker is free for, and hand it out in order.
            group = getattr(function, "__name__", "job")
            futures = {
                path: dask.submit(
                    function, *given, key=(group, str(path)), pure=False, retries=LOSSES
                )
                for path, given in left.items()
            }
            while left:
                ended = [path for path in left if futures[path].done()]
                if any(futures[path].status not in ("finished", "error") for path in ended):
                    break  # of a scheduler that died, all futures are cancelled
                for path in ended:
                    del left[path]
                    future = futures.pop(path)
                    yield path, future.exception() or future.result()
                if left:
                    tick()
                    time.sleep(LOOK)
        if left:
            tell(
                f"the scheduler {scheduler} is gone; its {len(left)} jobs go to the next one there"
            )
            _await_scheduler(str(scheduler))


def _await_scheduler(address: str) -> None:
    """Until a scheduler answers."""
    from distributed import Client

    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        with suppress(OSError), Client(address, timeout=min(10, PATIENCE)):
            return
        time.sleep(LOOK)
    raise AwayError(
        f"the scheduler {address} has been away for {PATIENCE / 60:.0f} minutes; start it, and "
        "this again: it goes on where it stopped"
    )


def where_they_are(work: Callable[[], Result], *needed: Path) -> Result:
    """Do some work that needs files and folders; while one is away, wait, and do it again.

    Args:
        work: can be done again, where it failed on the way.
        needed: paths that are there unless what they lie on is away.

    Raises:
        AwayError: one of them did not come back.

    Example:
        >>> where_they_are(lambda: 3, Path("."))
        3
    """
    while True:
        _await_paths(needed)
        try:
            return work()
        except Exception:
            if all(path.exists() for path in needed):
                raise


def _await_paths(needed: Sequence[Path]) -> None:
    until, told = time.monotonic() + PATIENCE, False
    while away := [path for path in needed if not path.exists()]:
        if not told:
            tell(f"{away[0]} is away; waiting for it, {PATIENCE / 60:.0f} minutes at most")
            told = True
        if time.monotonic() > until:
            raise AwayError(
                f"{away[0]} has been away for {PATIENCE / 60:.0f} minutes; put it back, and start "
                "this again: it goes on where it stopped"
            )
        time.sleep(LOOK)
