"""Many parameterised notebook runs: each in its own folder, on dask, resumed where they stopped.

    folder/<run>/sweep.json    which notebook, with which parameters
                 attempts      one line for each start: machine, process, time
                 *.ipynb       the executed notebook, and whatever it leaves
                 done.json     written last: seconds, machine, versions, commit
                 failed.json   instead of it: the error

A run's name is a hash of its notebook and parameters, so equal ones are one run, and a run with a
`done.json` is never repeated, whoever asks for it.

Workers are those of `gtan.workers`.
"""

from __future__ import annotations

import ast
import hashlib
import itertools
import json
import os
import platform
import time
from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd

from gtan.experiments.notebooks import (
    ParameterError,
    check_subset,
    check_types,
    notebook_parameters,
    run_notebook,
    run_settings,
)
from gtan.files import AGAIN, read_json, write_json
from gtan.runs.provenance import PACKAGES, git_state, package_version
from gtan.runs.run import check_folder
from gtan.settings import SettingsError
from gtan.workers import carry_out, check_workers, where_they_are

Values = Mapping[str, Any]
DONE, FAILED, WAITING = "done", "failed", "waiting"
WAIT = 3.0  # seconds; a kernel whose worker was killed notices within one, and ends
_TRAINS = ("preset", "baseline", "seed", "device", "overrides")


def sweep(
    notebook: str | Path,
    parameters: Sequence[Values] | Mapping[str, Sequence[Any]],
    folder: str | Path,
    *,
    scheduler: str | None = None,
    workers: int | None = None,
    progress: bool = True,
) -> pd.DataFrame:
    """Run a notebook once for every set of parameters.

    Everything is checked before anything starts. A run that fails does not stop the others; it is
    tried again by the next call, a finished one is not. In a script, call this under
    ``if __name__ == "__main__":``, since local workers import the script.

    Args:
        notebook: with a cell tagged `parameters`; `run_folder`, if it has one, is set for it.
        parameters: a list of sets, or a grid: a mapping from names to lists of values.
        folder: where the runs go.
        scheduler: address of a running dask scheduler, as ``tcp://10.0.0.1:8786``; then no local
            workers are started, and `allowed-failures` of that scheduler says how many workers a
            run may lose (here: 3).
        workers: local processes, each with one run at a time; 2 by default.
        progress: show a bar, and a line for each run that ends.

    Returns:
        `sweep_table` of these runs.

    Raises:
        FileNotFoundError: if there is no such notebook.
        ValueError: if there is nothing to run, no worker, or both workers and a scheduler.
        ParameterError, SettingsError: naming what is wrong, before anything starts.

    Example:
        >>> import gtan
        >>> gtan.sweep(
        ...     "notebooks/pipelines/measure.ipynb",
        ...     {"baseline": ["gtan", "fixed"], "seed": [0, 1, 2]},
        ...     "sweeps/table3",
        ... )  # doctest: +SKIP
    """
    from tqdm.auto import tqdm

    check_folder("folder", folder)
    check_workers(scheduler, workers)
    workers = 2 if workers is None else workers
    runs = plan(notebook, parameters)
    folder, path = Path(folder).absolute(), str(Path(notebook).absolute())
    # What is finished was checked when it began, and thousands of runs may be.
    left = [name for name in runs if not (folder / name / "done.json").exists()]
    check(notebook, [runs[name] for name in left])
    for name in left:
        write_json(folder / name / "sweep.json", {"notebook": path, "parameters": runs[name]})
    if not left:
        return _table(folder, runs)

    jobs = {folder / name: (path, str(folder / name), dict(runs[name])) for name in left}
    failed = 0
    with tqdm(total=len(runs), initial=len(runs) - len(left), disable=not progress) as bar:
        for place, result in carry_out(run_one, jobs, scheduler, workers):
            ended = partial(_ended, place, result, runs[place.name])
            row = where_they_are(ended, place / "sweep.json")
            failed += row["status"] == FAILED
            bar.set_postfix(failed=failed, refresh=False)
            bar.update()
            if progress:
                bar.write(_line(row))
    return _table(folder, runs)


def plan(
    notebook: str | Path, parameters: Sequence[Values] | Mapping[str, Sequence[Any]]
) -> dict[str, dict[str, Any]]:
    """Runs of a list or a grid by name, in order; equal ones once.

    Raises:
        ValueError: if the parameters are neither, or there is nothing to run.

    Example:
        >>> list(plan("a.ipynb", {"seed": [0, 1], "baseline": ["fixed"]}).values())
        [{'seed': 0, 'baseline': 'fixed'}, {'seed': 1, 'baseline': 'fixed'}]
    """
    if isinstance(parameters, Mapping):
        for name, values in parameters.items():
            if isinstance(values, str) or not isinstance(values, Sequence):
                raise ValueError(f"a grid needs a list of values for {name!r}, not {values!r}")
            if not values:
                raise ValueError(
                    f"parameter {name!r} has no value, so that there is nothing to run"
                )
        sets = [
            dict(zip(parameters, values, strict=True))
            for values in itertools.product(*parameters.values())
        ]
    elif isinstance(parameters, str) or not isinstance(parameters, Sequence):
        raise ValueError(
            "parameters must be a grid {name: [values]} or a list of runs [{name: value}], not "
            f"{str(parameters)[:60]!r}"
        )
    else:
        for place, entry in enumerate(parameters):
            if not isinstance(entry, Mapping):
                raise ValueError(f"parameters[{place}] must be {{name: value}}, not {entry!r}")
        sets = [dict(values) for values in parameters]
    if not parameters:
        raise ValueError("parameters are empty, so that there is nothing to run; [{}] is one run")
    return {run_name(notebook, values): values for values in sets}


def run_name(notebook: str | Path, parameters: Values) -> str:
    """Twelve hexadecimal digits for a notebook (by its file name) and its parameters."""
    content = json.dumps([Path(notebook).name, parameters], sort_keys=True)
    return hashlib.sha256(content.encode()).hexdigest()[:12]


def check(notebook: str | Path, parameters: Iterable[Values]) -> None:
    """Raise if the notebook would refuse a set of parameters; the message tells of all of them.

    Raises:
        FileNotFoundError: if there is no such notebook.
        ParameterError: for an unknown name or a value of the wrong type.
        SettingsError: for a wrong setting, if the notebook trains.
    """
    refused: dict[str, ValueError] = {}
    known = notebook_parameters(notebook)
    types = {name: kind for name, (kind, _) in known.items()}
    for values in parameters:
        try:
            if "run_folder" in types and "run_folder" in values:
                raise ParameterError(
                    "parameter run_folder is set by the sweep, a folder for each run; leave it out"
                )
            check_types(types, values)
            if all(name in known for name in _TRAINS):
                run_settings(**{n: values.get(n, ast.literal_eval(known[n][1])) for n in _TRAINS})
                check_subset(values.get("subset", "test"))
        except (ParameterError, SettingsError) as error:
            refused.setdefault(str(error), error)
    if refused:
        raise type(next(iter(refused.values())))("\n".join(refused))


def run_one(notebook: str, folder: str, parameters: dict[str, Any]) -> None:
    """One run of a sweep, on a worker.

    An error in a cell is written down, not raised. All else, such as a kernel that was killed, is
    raised, so that dask tries again; what fails while the folder is away waits for it.
    """
    path = Path(folder)
    where_they_are(partial(_run_one, notebook, path, parameters), path / "sweep.json")


def _run_one(notebook: str, path: Path, parameters: dict[str, Any]) -> None:
    from filelock import FileLock
    from papermill import PapermillExecutionError

    # A worker that was taken for dead may still be at it.
    with FileLock(path / ".lock"):
        if (path / "done.json").exists():
            return
        (path / "failed.json").unlink(missing_ok=True)
        if (path / "attempts").exists():
            time.sleep(WAIT)
        with open(path / "attempts", "a", encoding="utf-8") as file:
            moment = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
            file.write(f"{platform.node()} {os.getpid()} {moment}\n")
        started = time.perf_counter()
        given = (
            {**parameters, "run_folder": str(path)}
            if "run_folder" in notebook_parameters(notebook)
            else parameters
        )
        try:
            output = path / Path(notebook).name
            run_notebook(notebook, output, given, progress=False, warm=True)
        except PapermillExecutionError as error:
            if not (path / "sweep.json").exists():
                raise  # it is the folder that failed
            _write_failure(path, f"{error.ename}: {error.evalue}")
            return
        attempts = len((path / "attempts").read_text().splitlines())  # fails if the folder is away
        write_json(
            path / "done.json",
            {
                "seconds": round(time.perf_counter() - started, 1),
                "attempts": attempts,
                "machine": platform.node(),
                "git": git_state(Path(__file__).parent),
                "packages": {name: package_version(name) for name in PACKAGES},
            },
        )


def sweep_table(folder: str | Path, runs: Iterable[str] | None = None) -> pd.DataFrame:
    """What became of the runs of a folder.

    Args:
        folder: of a sweep.
        runs: names; all that are there by default.

    Returns:
        One row a run: run, folder, status (done, failed or waiting), its parameters (those in
        `overrides` by the settings' names), seconds, average_mAP where evaluated, error.
    """
    folder = Path(folder)
    names = [path.parent.name for path in folder.glob("*/sweep.json")] if runs is None else runs
    known = {name: _told(folder / name / "sweep.json", "parameters", dict) for name in names}
    return _table(folder, known)


def _table(folder: Path, runs: Mapping[str, Values]) -> pd.DataFrame:
    """`sweep_table` of runs whose parameters are known."""
    first, last = ["run", "folder", "status"], ["seconds", "average_mAP", "error"]
    rows = [_row(folder / name, values) for name, values in runs.items()]
    table = pd.DataFrame(rows, columns=None if rows else [*first, *last])
    return table[[*first, *(name for name in table if name not in first + last), *last]]


def _ended(path: Path, result: Any, values: Values) -> dict[str, Any]:
    """The row of a run that ended; an error is not its notebook's: workers or kernels died."""
    if isinstance(result, BaseException):
        _write_failure(path, f"{type(result).__name__}: {result}")
    return _row(path, values)


def _row(path: Path, values: Values) -> dict[str, Any]:
    parameters = dict(values)
    overrides = parameters.pop("overrides", None) or {}
    if not isinstance(overrides, dict):
        raise ValueError(f"{path / 'sweep.json'}: its overrides are no object; {AGAIN}")
    row: dict[str, Any] = {"run": path.name, "folder": str(path), "status": WAITING}
    row |= overrides | parameters
    row |= {"seconds": None, "average_mAP": None, "error": None}
    if (path / "done.json").exists():
        row |= {"status": DONE, "seconds": _told(path / "done.json", "seconds", int, float)}
        if (path / "evaluation.json").exists():
            row["average_mAP"] = _told(path / "evaluation.json", "average_mAP", int, float)
    elif (path / "failed.json").exists():
        row |= {"status": FAILED, "error": _told(path / "failed.json", "error", str)}
    return row


def _told(path: Path, name: str, *types: type) -> Any:
    """An entry of a file of a sweep; ValueError naming the file if it is of no such type."""
    content = read_json(path)
    value = content.get(name) if isinstance(content, dict) else None
    if type(value) not in types:
        raise ValueError(f"{path} does not tell {name}; {AGAIN}, or run it again")
    return value


def _line(row: Mapping[str, Any]) -> str:
    """What became of a run, in a line."""
    parts = [time.strftime("%H:%M:%S"), row["run"], row["status"]]
    parts += [f"{row['seconds']:.0f} s"] if row["seconds"] else []
    parts += [f"average mAP {row['average_mAP']:.4f}"] if row["average_mAP"] is not None else []
    parts += [f"{name}={row[name]}" for name in ("baseline", "seed") if name in row]
    return "  ".join(parts + ([row["error"]] if row["error"] else []))


def _write_failure(path: Path, error: str) -> None:
    write_json(path / "failed.json", {"error": error, "machine": platform.node()})
