"""The jobs of benchmarks/scale.py: what is made up beforehand, and the call that is measured."""

from __future__ import annotations

import json
from collections.abc import Callable
from copy import copy
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

Call = Callable[[], object]


@dataclass(frozen=True)
class Job:
    """What grows.

    Attributes:
        what: the call, and what n counts, for the page.
        sizes: n, at four sizes or more.
        prepare: of n and an empty folder: the call to be measured.
    """

    what: str
    sizes: tuple[int, ...]
    prepare: Callable[[int, Path], Call]


def interval_tables(
    recordings: int, each: int, labels: int = 20, categorical: bool = False
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """A truth of 10 actions a recording, and `each` detections a recording, most near one."""
    rng = np.random.default_rng(0)
    video_names = np.array([f"v_{number:06d}" for number in range(recordings)])
    label_names = np.array([f"class_{number:03d}" for number in range(labels)])

    def named(video: Any, label: Any) -> dict[str, Any]:
        if categorical:
            return {
                "video": pd.Categorical.from_codes(video, video_names),
                "label": pd.Categorical.from_codes(label, label_names),
            }
        return {"video": video_names[video], "label": label_names[label]}

    video = np.repeat(np.arange(recordings), 10)
    label = rng.integers(0, labels, len(video))
    start = rng.uniform(0, 600, len(video))
    end = start + rng.uniform(2, 60, len(video))
    truth = pd.DataFrame({**named(video, label), "start": start, "end": end})

    count = recordings * each
    of = rng.permutation(count) % recordings * 10 + rng.integers(0, 10, count)
    length = (end - start)[of]
    moved = start[of] + rng.normal(0, 0.3, count) * length
    wrong = rng.random(count) < 0.3
    found = pd.DataFrame(
        {
            **named(video[of], np.where(wrong, rng.integers(0, labels, count), label[of])),
            "start": moved,
            "end": moved + length * rng.uniform(0.5, 1.5, count),
            "score": rng.random(count),
        }
    )
    return truth, found


def compared(recordings: int, _: Path) -> Call:
    from gtan.evaluation import compare

    truth, one = interval_tables(recordings, 200)
    other = one.assign(score=one["score"].to_numpy()[::-1])

    def call() -> None:
        comparison = compare(truth, {"one": one, "other": other})
        comparison.recordings("activitynet")
        comparison.recordings("thumos14")

    return call


def loaded(recordings: int, folder: Path) -> Call:
    from gtan.data import load_dataset

    settings = feature_folder(folder, recordings)
    return lambda: load_dataset(settings)


def feature_folder(folder: Path, recordings: int) -> Any:
    """A data set of recordings of 40 s, 39 clips of 6 dimensions each, an .npy file each."""
    from gtan.settings import DataSettings

    subsets = ("training", "validation", "testing")
    annotations = [{"segment": [2.0, 5.5], "label": "run"}, {"segment": [10, 30], "label": "jump"}]
    names = [f"v_{number:06d}" for number in range(recordings)]
    database = {
        name: {"subset": subsets[number % 3], "duration": 40.0, "annotations": annotations}
        for number, name in enumerate(names)
    }
    (folder / "truth.json").write_text(json.dumps({"database": database}))
    np.save(folder / "first.npy", np.zeros((39, 6), np.float32))
    content = (folder / "first.npy").read_bytes()
    for name in names:
        (folder / f"{name}.npy").write_bytes(content)
    return DataSettings(
        dataset="features", annotations=str(folder / "truth.json"),
        features=str(folder / "{video}.npy"), fps=8.0, clip_length=16, clip_stride=8,
        train_subset="training", validation_subset="validation", test_subset="testing", window=64,
        train_on="train",
    )  # fmt: skip


def evaluated(detections: int, _: Path) -> Call:
    from gtan.evaluation import evaluate_detections

    truth, found = interval_tables(max(1, detections // 500), 500, 200, categorical=True)
    return lambda: evaluate_detections(truth, found)


def diagnosed(detections: int, _: Path) -> Call:
    from gtan.evaluation import diagnose, evaluate_detections

    truth, found = interval_tables(max(1, detections // 500), 500, 200)
    results = evaluate_detections(truth, found)
    del truth, found
    return lambda: diagnose(results)


def identical(detections: int, _: Path) -> Call:
    """One recording, one label, 200 truths; every detection overlaps every truth alike."""
    from gtan.evaluation import evaluate_detections

    truth = pd.DataFrame({"video": ["v"] * 200, "label": "run", "start": 0.0, "end": 10.0})
    score = np.random.default_rng(0).random(detections)
    found = pd.DataFrame(
        {"video": ["v"] * detections, "label": "run", "start": 0.0, "end": 9.0, "score": score}
    )
    return lambda: evaluate_detections(truth, found)


CLIPS_AN_HOUR = 11_250  # 8 frames of 25 a second


def long_run(hours: int, folder: Path) -> tuple[Any, Path]:
    """A run that learned nothing, of the preset `features`, and features of one long recording."""
    from safetensors.torch import save_file
    from torch import manual_seed

    from gtan import GTAN, Settings, open_run
    from gtan.files import write_json

    manual_seed(0)
    classes = tuple(f"class_{number:02d}" for number in range(12))
    settings = Settings.preset("features").override(
        {
            "data.annotations": "none.json", "data.features": "{video}.npy", "data.fps": 25.0,
            "data.clip_length": 16, "data.clip_stride": 8, "data.classes": classes,
            "network.feature_dim": 64, "network.classes": len(classes),
        }
    )  # fmt: skip
    run = folder / "run"
    checkpoint = run / "checkpoints" / "000001"
    checkpoint.mkdir(parents=True)
    (run / "settings.json").write_text(settings.to_json())
    save_file(GTAN(settings).state_dict(), checkpoint / "model.safetensors")
    write_json(checkpoint / "state.json", {"step": 1, "scaler": None, "classes": list(classes)})
    features = np.lib.format.open_memmap(
        folder / "day.npy", "w+", np.float32, (hours * CLIPS_AN_HOUR, 64)
    )
    rng = np.random.default_rng(0)
    for hour in range(hours):
        rows = slice(hour * CLIPS_AN_HOUR, (hour + 1) * CLIPS_AN_HOUR)
        features[rows] = rng.standard_normal((CLIPS_AN_HOUR, 64), np.float32)
    features.flush()
    del features
    return open_run(run), folder / "day.npy"


def detected(hours: int, folder: Path) -> Call:
    """With a least score that some 1,000 detections an hour reach."""
    from gtan import detect

    run, day = long_run(hours, folder)
    hour = np.array(np.load(day, mmap_mode="r")[:CLIPS_AN_HOUR])
    few = copy(run)
    few.settings = run.settings.override({"detection.top_k": 1_000})
    least = detect(few, {"hour": hour})["score"].min()
    return lambda: detect(run, {"day": day}, at=f"score={least}")


def explained(hours: int, folder: Path) -> Call:
    from gtan import explain

    run, day = long_run(hours, folder)
    run = run.with_recordings({"day": day})
    return lambda: explain(run, "day").save(folder / "day.safetensors")


def paged(hours: int, folder: Path) -> Call:
    """What `gtan-viz page` does."""
    from gtan_viz import page

    run, day = long_run(hours, folder)
    run = run.with_recordings({"day": day})
    return lambda: page(run, folder / "day.html", ["day"])


def notebook_that_does_nothing(folder: Path) -> Path:
    import nbformat

    notebook = nbformat.v4.new_notebook()
    cell = nbformat.v4.new_code_cell("seed: int = 0\nrun_folder: str = ''")
    cell["metadata"]["tags"] = ["parameters"]
    notebook.cells = [cell, nbformat.v4.new_code_cell("pass")]
    notebook.metadata["kernelspec"] = {
        "name": "python3", "display_name": "Python 3", "language": "python",
    }  # fmt: skip
    nbformat.write(notebook, folder / "nothing.ipynb")
    return folder / "nothing.ipynb"


def swept(runs: int, folder: Path) -> Call:
    from gtan import sweep

    notebook = notebook_that_does_nothing(folder)
    seeds = {"seed": list(range(runs))}
    return lambda: sweep(notebook, seeds, folder / "runs", progress=False)


def resumed(runs: int, folder: Path) -> Call:
    from gtan import sweep
    from gtan.experiments.sweep import plan
    from gtan.files import write_json

    notebook = notebook_that_does_nothing(folder)
    seeds = {"seed": list(range(runs))}
    for name, values in plan(notebook, seeds).items():
        content = {"notebook": str(notebook), "parameters": values}
        write_json(folder / "runs" / name / "sweep.json", content)
        write_json(folder / "runs" / name / "done.json", {"seconds": 1.0, "attempts": 1})
        write_json(folder / "runs" / name / "evaluation.json", {"average_mAP": 0.5})
    return lambda: sweep(notebook, seeds, folder / "runs", progress=False)


JOBS = {
    "compare": Job(
        "`compare` of two results, and the recordings table by both protocols; n recordings with "
        "200 detections each",
        (200, 400, 800, 1_600),
        compared,
    ),
    "load": Job(
        "`load_dataset`; n recordings, an `.npy` file each", (2_500, 5_000, 10_000, 20_000), loaded
    ),
    "evaluate": Job(
        "`evaluate_detections`, ActivityNet's protocol, names as pandas categories; n detections",
        (1_250_000, 2_500_000, 5_000_000, 10_000_000),
        evaluated,
    ),
    "diagnose": Job(
        "`diagnose`; n detections", (375_000, 750_000, 1_500_000, 3_000_000), diagnosed
    ),
    "identical": Job(
        "`evaluate_detections` of n identical detections that overlap 200 identical truths",
        (25_000, 50_000, 100_000, 200_000),
        identical,
    ),
    "detect": Job(
        "`detect` in one recording of n hours, at a score that 1,000 detections an hour reach",
        (3, 6, 12, 24),
        detected,
    ),
    "explain": Job("`explain` of one recording of n hours, and saving it", (3, 6, 12, 24),
                   explained),
    "page": Job("`gtan-viz page` of one recording of n hours", (3, 6, 12, 24), paged),
    "sweep": Job("`sweep` of n runs that do nothing, two workers", (50, 100, 200, 500), swept),
    "resume": Job("`sweep` again, all n runs finished", (375, 750, 1_500, 3_000), resumed),
}  # fmt: skip
