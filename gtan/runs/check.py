"""All faults of a data set or a run, found before a training: everything is read once."""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from gtan.runs.run import Run, open_run
from gtan.runs.writable import check_links
from gtan.settings import Settings


def check(
    source: Run | str | Path | Settings, *, headers_only: bool = False, progress: bool = True
) -> list[str]:
    """List what is wrong with a data set, or with a run and its data set.

    Args:
        source: a run, the path of its folder, or settings that name a data set.
        headers_only: only what loading looks at (annotations, and the headers of feature files).
        progress: show a progress bar.

    Returns:
        One line a fault, with its file; empty if all is well.

    Raises:
        FileNotFoundError: if there is no run.

    Example:
        >>> import gtan
        >>> check(gtan.open_run(), headers_only=True)
        []
    """
    from gtan.data import check_features, load_dataset

    faults: list[str] = []
    if isinstance(source, Settings):
        settings = source
    else:
        run = open_run(source)
        faults, settings = check_files(run), run.settings
    try:
        if isinstance(source, Settings):
            dataset = load_dataset(settings.data, settings.detection.labels)
        else:
            dataset = run.dataset()
    except (ValueError, OSError) as error:
        return faults + str(error).splitlines()
    return faults + check_features(dataset, headers_only=headers_only, progress=progress)


def check_files(run: Run) -> list[str]:
    """Faults of a run's own files."""
    from gtan.runs.explanation import Explanation
    from gtan.training.checkpoints import FILES, read_state
    from gtan.weights import read_finite

    readers: list[Callable[[], Any]] = [
        lambda: check_links(run.path),
        run.provenance,
        run.recipe,
        run.metrics,
    ]
    if run.trace_files():
        readers.append(run.trace)
    for checkpoint in run.checkpoints().values():
        readers.append(partial(read_state, checkpoint))
        present = [name for name in FILES[:3] if os.path.lexists(checkpoint / name)]
        readers += [partial(read_finite, checkpoint / name) for name in present]
    if run.checkpoints():
        readers += [lambda: run.classes, run.model]
    if (run.path / "detections.json").exists():
        readers.append(run.detections)
    if (run.path / "evaluation.json").exists():
        readers.append(run.evaluation)
    readers += [partial(Explanation.load, path) for path in run.explanations().values()]
    faults = [
        f"{run.path / name} is a file, where a run has a folder; remove it"
        for name in ("checkpoints", "metrics", "trace", "explanations")
        if (run.path / name).is_file()
    ]
    for read in readers:
        try:
            read()
        except (ValueError, OSError) as error:
            faults.append(" ".join(str(error).split()))
    return list(dict.fromkeys(faults))
