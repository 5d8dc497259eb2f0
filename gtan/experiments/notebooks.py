"""Notebooks with parameters: checked before any work begins, then run by papermill.

Papermill checks neither a parameter's name nor its type. `check_parameters`, called in a notebook's
cell after the parameters, does; `run_notebook` does it before a kernel is even started.
"""

from __future__ import annotations

import math
import os
import re
import tempfile
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd
from pydantic import ConfigDict, TypeAdapter, ValidationError

from gtan.files import to_disk, write_json
from gtan.runs.run import Run, check_folder, open_run
from gtan.settings import Settings, SettingsError

if TYPE_CHECKING:
    from gtan.evaluation import DetectionResults
    from gtan.experiments.grouping_report import GroupingReport

# Types of parameters that are checked, as a notebook declares them.
_TYPES: dict[str, type] = {kind.__name__: kind for kind in (str, int, float, bool, dict, list)}
_SUBSETS = ("train", "validation", "test")
_IPYTHON = re.compile(r"_+|__\w+__|_i*[0-9]*|_exit_code")  # names it sets while cells run


# In a checkout beside the lessons; in a wheel beside this file.
_PLACES = (
    Path(__file__).parents[2] / "notebooks" / "pipelines",
    Path(__file__).parent / "pipelines",
)


class ParameterError(ValueError):
    """A notebook was given a parameter it does not have, or a value of the wrong type."""


def check_parameters(namespace: Mapping[str, Any], before: set[str]) -> None:
    """Check the parameters of the notebook that runs this.

    Args:
        namespace: the notebook's `globals()`. Its parameters are the annotated names.
        before: names that existed before the parameters cell.

    Raises:
        ParameterError: naming every unknown name and every wrong value.

    Example, the second and fourth cell of a notebook (the third is tagged `parameters`):
        before = set(globals())
        check_parameters(globals(), before)
    """
    annotations = namespace.get("__annotations__", {})
    types = {name: getattr(kind, "__name__", str(kind)) for name, kind in annotations.items()}
    given = {
        name: value
        for name, value in namespace.items()
        if name not in before and not _IPYTHON.fullmatch(name) and name != "before"
    }
    check_types(types, given)


def check_types(types: Mapping[str, str], given: Mapping[str, Any]) -> None:
    """Check parameters against the names and types (as text) that a notebook declares.

    Raises:
        ParameterError: naming every unknown name and every wrong value.
    """
    faults = [_fault(name, value, types) for name, value in given.items()]
    if any(faults):
        raise ParameterError("\n".join(filter(None, faults)))


def _fault(name: str, value: Any, types: Mapping[str, str]) -> str:
    """What is wrong with a parameter, in words; "" if nothing is."""
    if name not in types:
        return f"parameter {name!r} does not exist; there are {', '.join(types)}"
    kind = _TYPES.get(types[name].partition("[")[0])
    if kind is None:
        return ""
    try:
        TypeAdapter(kind, config=ConfigDict(strict=True)).validate_python(value)
    except ValidationError as error:
        reason = error.errors()[0]["msg"]
        return f"parameter {name} = {value!r} must be of type {types[name]}: {reason}"
    try:
        if name == "run_folder":
            check_folder(name, value)
    except ValueError as error:
        return f"parameter {error}"
    return ""


def check_subset(subset: str) -> None:
    """Refuse a subset that no data set has; before a training, not after it.

    Raises:
        ParameterError: with those there are.
    """
    if subset not in _SUBSETS:
        raise ParameterError(f"parameter subset = {subset!r}: choose from {', '.join(_SUBSETS)}")


def check_least(least: float, **given: float) -> None:
    """Refuse parameters below `least`, or infinite.

    Raises:
        ParameterError: naming the first.
    """
    for name, value in given.items():
        if not least <= value < math.inf:
            raise ParameterError(f"parameter {name} = {value}: must be at least {least:g}")


def pipeline(name: str) -> Path:
    """The notebook of a pipeline, wherever this package is installed.

    Args:
        name: train, evaluate, compare, ablate, measure or from_pixels.

    Raises:
        ValueError: there is no such pipeline; the message lists them.

    Example:
        >>> pipeline("train").name
        'train.ipynb'
    """
    known = {file.stem: file for place in _PLACES for file in sorted(place.glob("*.ipynb"))}
    if name not in known:
        raise ValueError(f"there is no pipeline {name!r}; there are {', '.join(known)}")
    return known[name]


def run_notebook(
    notebook: str | Path,
    output: str | Path,
    parameters: Mapping[str, Any] | None = None,
    progress: bool = True,
    warm: bool = False,
) -> Path:
    """Check the parameters, then run a notebook with them.

    Args:
        notebook: with a cell tagged `parameters`.
        output: the executed copy.
        parameters: values by name; JSON types.
        warm: this process runs many: fork their kernels (`gtan.experiments.warm`).

    Raises:
        FileNotFoundError: if there is no such notebook.
        ParameterError: naming every unknown name and every wrong value, before anything runs.
        papermill.PapermillExecutionError: if a cell fails; the executed copy shows where.
    """
    import papermill
    from traitlets.config import Config

    from gtan.experiments.warm import WarmKernelManager, modules_for

    parameters = dict(parameters or {})
    known = notebook_parameters(notebook)
    check_types({name: kind for name, (kind, _) in known.items()}, parameters)
    modules = modules_for(notebook) if warm else []
    Path(output).parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="gtan") as sockets:
        # Kernels of parallel runs pick the same free TCP port now and then; files cannot clash.
        own = {"transport": "ipc", "ip": f"{sockets}/kernel"} if os.name == "posix" else {}
        papermill.execute_notebook(
            str(notebook),
            str(output),
            parameters=parameters,
            progress_bar=progress,
            store_widget_state=False,  # 0.2 MB instead of 10
            config=Config({"KernelManager": own, "WarmKernelManager": {"modules": modules}}),
            **({"kernel_manager_class": WarmKernelManager} if warm else {}),
        )
    to_disk(Path(output))
    return Path(output)


def notebook_parameters(notebook: str | Path) -> dict[str, tuple[str, str]]:
    """Type and default of each parameter, both as they stand in the notebook's cell.

    Raises:
        FileNotFoundError: if there is no such notebook.
        ParameterError: if the file is no notebook.
    """
    import papermill

    if not Path(notebook).is_file():
        raise FileNotFoundError(f"there is no notebook {str(notebook)!r}")
    try:
        known = papermill.inspect_notebook(str(notebook))
    except Exception as error:  # a damaged file can raise just about anything
        said = f"{type(error).__name__}: {error}"[:200]
        raise ParameterError(
            f"{notebook} is not a whole notebook ({said}); copy it again"
        ) from None
    return {name: (entry["inferred_type_name"], entry["default"]) for name, entry in known.items()}


def run_settings(
    preset: str, baseline: str, seed: int, device: str, overrides: Mapping[str, Any]
) -> Settings:
    """Settings from a training notebook's parameters; `overrides` has the last word.

    Raises:
        SettingsError: naming the setting, the value and what is allowed.
    """
    settings = Settings.preset(preset).baseline(baseline)
    settings = settings.override({"training.seed": seed, "training.device": device})
    return settings.override(overrides)


def evaluate_run(
    run: Run | str | Path, subset: str = "test", progress: bool = False
) -> DetectionResults:
    """Detect and score a subset of a run's data set, by the protocol of the data set.

    Writes `detections.json` and `evaluation.json` (with a 95 % bootstrap interval over recordings)
    into the run folder. Recordings that were skipped for want of features are left out; a warning
    and `evaluation.json` name them.

    Raises:
        RunError: if the folder cannot be written to, or holds links.
        ValueError: if the data set has no such subset, or nothing is annotated in it.
    """
    from gtan.data.annotations import write_detections
    from gtan.evaluation import bootstrap, evaluate_detections
    from gtan.inference import detect
    from gtan.runs.writable import check_there, check_writable

    run = open_run(run)
    check_writable(run.path)
    dataset = run.dataset()
    truth = dataset.evaluation_truth(subset)
    if truth.instances.empty:
        raise ValueError(f"nothing is annotated in subset {subset!r}: gtan.detect still works")
    skipped = dataset.skipped.get(subset, {})
    if skipped:
        warnings.warn(
            f"{len(skipped)} recordings of {subset!r} have no features and are left out, with "
            f"{sum(skipped.values())} actions: {', '.join(skipped)}",
            stacklevel=2,
        )
    detections = detect(run, subset, progress=progress)
    results = evaluate_detections(truth, detections, dataset.protocol, dataset.tiou)
    low, high = bootstrap(results).interval().loc["average"].to_numpy(float).tolist()
    check_there(run.path)
    write_detections(detections, run.path / "detections.json")
    found = {"protocol": dataset.protocol, "subset": subset, "step": run.step}
    if skipped:
        found["skipped"] = list(skipped)
    interval = {"average_mAP": [low, high], "level": 0.95, "resampled": "recordings"}
    found |= results.to_json() | {"interval": interval}
    write_json(run.path / "evaluation.json", found)
    return results


def report_grouping(run: Run | str | Path, subset: str = "test") -> GroupingReport:
    """Do mixed kernels matter? Writes `grouping.json` into the run folder.

    Raises:
        RunError: if the folder cannot be written to, or holds links.
        ValueError: if the data set has no such subset, or nothing is annotated in it.
    """
    from gtan.experiments.grouping_report import grouping_report
    from gtan.runs.writable import check_there, check_writable

    run = open_run(run)
    check_writable(run.path)
    report = grouping_report(run, subset)
    check_there(run.path)
    write_json(run.path / "grouping.json", {"step": run.step} | report.to_json())
    return report


def settings_table(run: Run | str | Path) -> pd.DataFrame:
    """Settings of a run beside its preset's: columns setting, value, preset, changed."""
    settings = open_run(run).settings
    try:
        preset = Settings.preset(settings.preset_name).model_dump()
    except SettingsError:
        preset = Settings().model_dump()
    rows = [
        {"setting": f"{group}.{leaf}", "value": str(value), "preset": str(preset[group][leaf])}
        for group, leaves in settings.model_dump().items()
        if isinstance(leaves, dict)
        for leaf, value in leaves.items()
    ]
    table = pd.DataFrame(rows)
    table["changed"] = table["value"] != table["preset"]
    return table


def recording_to_show(run: Run, subset: str, recording: str = "") -> str:
    """The recording that is named, or without a name the first of a subset.

    Raises:
        ParameterError: if the run's data set has no such recording, or none in the subset.
    """
    check_subset(subset)
    dataset = run.dataset()
    if recording and recording not in dataset.recordings:
        some = ", ".join(list(dataset.recordings)[:5])
        raise ParameterError(
            f"parameter recording = {recording!r}: {dataset.name} has none of this name; it has "
            f"{some}, ..."
        )
    if not dataset.subsets[subset]:
        raise ParameterError(
            f"parameter subset = {subset!r}: {dataset.name} has no recording there"
        )
    return recording or dataset.subsets[subset][0]
