"""Reading every value of a data set once: a NaN is found before a training, and not by it."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
from tqdm.auto import tqdm

from gtan.data.dataset import Dataset
from gtan.data.features import FeatureError, FeatureFile


def check_features(
    dataset: Dataset,
    names: Iterable[str] | None = None,
    headers_only: bool = False,
    workers: int | None = None,
    progress: bool = True,
) -> list[str]:
    """All faults of a data set's feature files, each value of which is read once.

    Args:
        dataset: recordings that lie in no file (SBHAR's) have no faults, nor have those whose
            features are not made yet (the world's).
        names: of the recordings to check; None: all.
        headers_only: what loading does: the files' headers, and tables' first lines.
        workers: threads; None: one for each core. They share the reading of files, but not that of
            HDF5, whose library reads one at a time.
        progress: show a bar.

    Returns:
        One line for each faulty file, in the order of the names: the file, the first clip that is
        wrong, and how many are.

    Raises:
        KeyError: a name is not in the data set.

    Example:
        >>> from gtan.data import load_dataset
        >>> from gtan.settings import DataSettings
        >>> check_features(load_dataset(DataSettings()), progress=False)
        []
    """
    chosen = dataset.recordings if names is None else names
    known = [getattr(dataset.recordings[name], "file", None) for name in chosen]
    # Copies, which know nothing of the files yet: they may have changed since they were loaded.
    files = [replace(file) for file in known if isinstance(file, FeatureFile)]
    if dataset.prepare is not None:  # features that are made when first read
        files = [file for file in files if file.path.exists()]
    if not files:
        return []
    bar = tqdm(total=len(files), desc="checking features", unit="recording", disable=not progress)
    begun, read = time.perf_counter(), 0
    faults = []
    with bar, ThreadPoolExecutor(workers or os.cpu_count()) as pool:
        try:
            jobs = (pool.submit(_check, file, dataset.feature_dim, headers_only) for file in files)
            for fault, size in (job.result() for job in list(jobs)):
                faults += [fault] if fault else []
                read += size
                bar.update()
                if not headers_only:
                    speed = read / 1e6 / max(time.perf_counter() - begun, 1e-6)
                    bar.set_postfix_str(f"{speed:,.0f} MB/s", refresh=False)
        except BaseException:  # Ctrl-C: what has not begun, does not
            pool.shutdown(cancel_futures=True)
            raise
    return faults


def _check(file: FeatureFile, width: int, headers_only: bool) -> tuple[str, int]:
    """What is wrong with a file, "" if nothing is, and how many bytes of values were read."""
    size = 0
    try:
        found = file.width if headers_only else file.shape[1]
        if found != width:
            return f"{file.place}: has {found} dimensions, the data set {width}", 0
        bad: list[int] = []
        first_bad = ""
        for first, values in () if headers_only else file.stretches():
            size += values.nbytes
            if np.isfinite(values).all():
                continue
            wrong = ~np.isfinite(values)
            clips = np.flatnonzero(wrong.any(1))
            first_bad = (
                first_bad or f"clip {first + clips[0]}, dimension {wrong[clips[0]].argmax()}"
            )
            bad += [first + int(clip) for clip in clips]
    except FeatureError as error:
        return " ".join(str(error).split()), size
    except OSError as error:
        return f"{file.place}: cannot be read ({error.strerror or error})", size
    if not bad:
        return "", size
    more = f" (and {len(bad) - 1} more clips, up to {bad[-1]})" if len(bad) > 1 else ""
    return (
        f"{file.place}: {first_bad} is NaN, infinite or beyond float32{more}; extract this "
        "recording again",
        size,
    )
