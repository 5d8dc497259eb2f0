"""Import the modules named, and draw every picture, where importing torch is an error.

    python tests/without_torch.py MODULE ...

Run by `test_layering.py` in a process of its own.
"""

import importlib
import sys
import tempfile
from collections.abc import Callable
from importlib.abc import MetaPathFinder
from pathlib import Path
from typing import Any

import pandas as pd


class TorchIsMissing(MetaPathFinder):
    """As if torch were not installed, but with an error that no `except ImportError` hides."""

    def find_spec(self, name: str, *_: Any) -> None:
        if name.split(".")[0] == "torch":
            raise RuntimeError(f"{name} was imported")


def main(modules: list[str]) -> None:
    sys.meta_path.insert(0, TorchIsMissing())
    for module in modules:
        importlib.import_module(module)

    import gtan_viz

    calls = every_picture()
    missing = set(gtan_viz.__all__) - set(calls)
    assert not missing, f"call these here too: {missing}"
    for call in calls.values():
        call()
    assert "torch" not in sys.modules


def every_picture() -> dict[str, Callable[[], Any]]:
    """A call of each public name of gtan_viz, on the example run."""
    import gtan
    import gtan_viz as viz
    from gtan.evaluation import compare, diagnose, evaluate_detections, evaluate_proposals

    run = gtan.open_run()
    name = next(name for name, step in run.explanations() if step == run.step)
    explanation = gtan.Explanation.load(run.explanations()[name, run.step])
    found = run.detections()
    found = found[found["video"] == name]
    truth = explanation.truth().assign(video=name)
    results = evaluate_detections(truth, found)
    diagnosis = diagnose(results)
    proposals = evaluate_proposals(truth, found)
    comparison = compare(truth, {"one": found, "two": found}, [0.5])
    return {
        "ar_an": lambda: viz.ar_an(proposals),
        "browse_diagnosis": lambda: viz.browse_diagnosis(diagnosis),
        "compare_labels": lambda: viz.compare_labels(comparison),
        "compare_recordings": lambda: viz.compare_recordings(comparison),
        "curves": lambda: viz.curves(run),
        "diagnosis": lambda: viz.diagnosis(diagnosis),
        "explore": lambda: viz.explore(run),
        "grouping": lambda: viz.grouping(explanation),
        "grouping_report": lambda: viz.grouping_report(report(results)),
        "link": lambda: viz.link(tiou=0.7),
        "mean_ap": lambda: viz.mean_ap(results),
        "page": lambda: write_page(run, name),
        "pooling": lambda: viz.pooling(explanation),
        "precision_recall": lambda: viz.precision_recall(results),
        "lengths": lambda: viz.lengths(truth),
        "reach": lambda: viz.reach(gtan.reach(truth, run.settings)),
        "recall_tiou": lambda: viz.recall_tiou(proposals),
        "recording": lambda: viz.recording(results, name),
        "reliability": lambda: [
            viz.reliability(explanation, "detections"),
            viz.reliability(explanation, "proposals"),
        ],
        "show_in_exports": viz.show_in_exports,
        "sigma_map": lambda: viz.sigma_map(run.trace()),
        "sigma_quantiles": lambda: viz.sigma_quantiles(run),
        "sigmas": lambda: viz.sigmas(run, frames=3),
        "study": lambda: viz.study(variants(), "R5"),
        "study_layers": lambda: viz.study_layers(layers()),
        "timeline": lambda: viz.timeline(explanation),
        "what_if": lambda: every_what_if(explanation),
    }


def report(results: Any) -> Any:
    """A grouping report of hits that were counted elsewhere: counting them takes the network."""
    from gtan.experiments.grouping_report import GroupingReport

    counts = dict.fromkeys(("learned", "floor", "ceiling", "mixed"), 4)
    states = dict.fromkeys(("foreground", "ignored", "background"), 1)
    layers = pd.DataFrame([{"cells": 8, **counts, **states, "saturation": 0.5}], index=[1])
    hits = pd.DataFrame({"start": [0.0], "end": [3.0], "layer": [1], "mixed": [True]})
    merges = pd.DataFrame({"layer": [1], "iou": [0.45]})
    return GroupingReport("run", "test", 0.4, layers, merges, hits, results, results)


def write_page(run: Any, name: str) -> None:
    """Of what is stored; other recordings would have to be computed."""
    import gtan_viz

    with tempfile.TemporaryDirectory() as folder:
        gtan_viz.page(run, Path(folder) / "page.html", [name])


def every_what_if(explanation: Any) -> None:
    """Everything that the explorer can change, under every pooling."""
    from gtan import Explanation
    from gtan_viz import what_if

    for pooling in ("gaussian", "average", "cell"):
        arrays = dict(explanation.arrays)
        changed: dict[str, Any] = {"kernels.pooling": pooling}
        if pooling != "gaussian":  # derivatives are a Gaussian's: keep order 0 of the weights
            changed["kernels.derivatives"] = 0
            for layer, about in enumerate(explanation.header["layers"], 1):
                for head in ("score", "offset", "overlap"):
                    name = f"layer{layer}.{head}_weights"
                    arrays[name] = arrays[name][:, : about["channels"]]
        settings = explanation.settings.override(changed)
        header = explanation.header | {"settings": settings.model_dump(mode="json")}
        for changes in (
            {"sigma_factor": 1.5, "epsilon": 0.3, "merge": "union", "grouping": "replace"},
            {"ratio_scale": 1.2, "xi": 0.3, "rho": 0.5, "grouping": "off"},
            {"kernels": {"1/0/3": {"sigma": 2.0, "center": 4.0}}},
        ):
            assert len(what_if(Explanation(header, arrays), changes))


def variants() -> pd.DataFrame:
    """A table as of `gtan.experiments.study.summary`."""
    return pd.DataFrame(
        {
            "experiment": "R5", "variant": ["union", "paper"], "seeds": 1, "std": None,
            "average_mAP": [0.9, 0.8], "low": 0.7, "high": 0.95, "error": "", "against": "union",
            "difference": [None, -0.1], "difference low": -0.2, "difference high": 0.01,
        }
    )  # fmt: skip


def layers() -> pd.DataFrame:
    """A table as of `gtan.experiments.study.layers`."""
    scores = {"AUC": [50.0, 40.0], "average_mAP": [0.5, 0.4], "low": 0.3, "high": 0.7}
    return pd.DataFrame({"method": ["gtan", "ssad"], "layers": 4} | scores)


if __name__ == "__main__":
    main(sys.argv[1:])
