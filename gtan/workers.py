"""Where many jobs run: processes on this machine, or the workers of a running dask scheduler.

Dask sends pickled Python to whoever reaches its ports: such a cluster belongs on a trusted network.
All workers must see the same file system.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

LOSSES = 3  # workers a job may lose, by a crash or a kill, before it counts as failed


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

    with config.set({"distributed.scheduler.allowed-failures": LOSSES}):
        if scheduler:
            with Client(scheduler) as found:
                yield found
            return
        with (
            LocalCluster(
                n_workers=workers, threads_per_worker=1, dashboard_address="127.0.0.1:0"
            ) as cluster,
            Client(cluster) as found,
        ):
            yield found
