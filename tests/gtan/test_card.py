"""Every public object shows itself in a line and in a small card, whatever it is named."""

from __future__ import annotations

import doctest
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pandas as pd
import pytest

import gtan
import gtan.card
from gtan.card import card
from gtan.data import load_dataset
from gtan.data.annotations import Annotations
from gtan.data.dataset import Dataset
from gtan.data.features import FeatureFile
from gtan.data.recordings import FeatureRecording
from gtan.data.sensors import SensorRecording
from gtan.evaluation import (
    bootstrap,
    compare,
    diagnose,
    evaluate_detections,
    evaluate_proposals,
    operating_point,
)
from gtan.grid import ClipGrid
from gtan.settings import DataSettings

HOSTILE = "<script>alert(1)</script>\n&amp;\u202e\"'=1+1 $x^2$ \U0001f600 " + "<" * 300
NAMES = [HOSTILE, *(f"{number} {HOSTILE}" for number in range(70))]


def truth() -> Annotations:
    starts = np.arange(len(NAMES), dtype=float)
    instances = pd.DataFrame({"video": NAMES, "label": NAMES, "start": starts, "end": starts + 1})
    videos = {"video": NAMES, "subset": HOSTILE, "duration": 100.0}
    return Annotations(instances, pd.DataFrame(videos))


def found() -> pd.DataFrame:
    return truth().instances.assign(score=0.5)


def explanation() -> gtan.Explanation:
    stored = gtan.Explanation.load(list(gtan.open_run().explanations().values())[-1])
    classes = NAMES[: len(stored.header["classes"])]
    return replace(stored, header=stored.header | {"recording": HOSTILE, "classes": classes})


def trace() -> Any:
    stored = gtan.open_run().trace()
    probes = [probe | {"recording": HOSTILE} for probe in stored.index["probes"]]
    return replace(stored, index=stored.index | {"probes": probes})


def empty_trace() -> Any:
    stored = gtan.open_run().trace()
    cut = {name: [a[:0] for a in getattr(stored, name)] for name in ("sigmas", "state", "mixed")}
    return replace(stored, steps=stored.steps[:0], **cut)


def run(place: Path) -> gtan.Run:
    folder = place / "$runs$" / ("<i>" * 20)
    folder.mkdir(parents=True)
    settings = gtan.Settings(preset_name=HOSTILE).override({"data.annotations": HOSTILE})
    (folder / "settings.json").write_text(settings.to_json())
    for damaged in ("evaluation.json", "provenance.json"):
        (folder / damaged).write_text("<b>")
    (folder / "explanations" / "cut%~").mkdir(parents=True)
    (folder / "explanations" / "cut%~" / "000001.safetensors").write_text("<b>")
    return gtan.open_run(folder)


def recording() -> FeatureRecording:
    file = FeatureFile(Path(HOSTILE.replace("/", "") + ".npy"))
    return FeatureRecording(HOSTILE, 12.0, file, ClipGrid(1.0, 1.0), None)


def dataset() -> Dataset:
    return Dataset(
        name=HOSTILE,
        classes=tuple(NAMES),
        recordings={name: recording() for name in NAMES},
        truth=truth().instances,
        subsets={name: tuple(NAMES) for name in NAMES},
        feature_dim=2048,
    )


def sensors() -> SensorRecording:
    data = load_dataset(DataSettings(train_on="train"))
    one = next(iter(data.recordings.values()))
    assert isinstance(one, SensorRecording)
    return replace(one, name=HOSTILE)


MADE: dict[str, Callable[[], Any]] = {
    "the example run": gtan.open_run,
    "Explanation": explanation,
    "Trace": trace,
    "Trace before its first step": empty_trace,
    "DetectionResults": lambda: evaluate_detections(truth(), found()),
    "ProposalResults": lambda: evaluate_proposals(truth(), found()),
    "Diagnosis": lambda: diagnose(evaluate_detections(truth(), found())),
    "Comparison": lambda: compare(truth(), dict.fromkeys(NAMES, found())),
    "Resampled": lambda: bootstrap(evaluate_detections(truth(), found()), 10),
    "OperatingPoint": lambda: operating_point(evaluate_detections(truth(), found())),
    "Settings": lambda: gtan.Settings.preset("paper-thumos14"),
    "Settings of another version": lambda: gtan.Settings(preset_name=HOSTILE),
    "Dataset": dataset,
    "FeatureRecording": recording,
    "SensorRecording": sensors,
    "FeatureFile": lambda: FeatureFile(Path(HOSTILE), key=HOSTILE),
    "Annotations": truth,
}


@pytest.mark.parametrize("what", [*MADE, "Run"])
def test_a_line_and_a_card(what: str, tmp_path: Path) -> None:
    shown = run(tmp_path) if what == "Run" else MADE[what]()
    line = repr(shown)
    assert len(line) < 200 and len(line.splitlines()) == 1 and "\u202e" not in line
    html = shown._repr_html_()
    assert len(html) < 3000
    tree = ElementTree.fromstring(html)  # well-formed, so that what is < in a name was escaped
    tags = {element.tag for element in tree.iter()}
    assert tags <= {"div", "p", "b", "table", "thead", "tbody", "tr", "th", "td", "code"}
    assert "mathjax_ignore" in tree.attrib["class"] and "color" not in html
    assert "\u202e" not in html and "\n" not in html


def test_what_a_card_tells() -> None:
    example = gtan.open_run()
    text = "".join(ElementTree.fromstring(example._repr_html_()).itertext())
    assert f"{example.evaluation()['average_mAP']:.3f} (95 %: " in text
    assert example.settings.data.dataset in text and "gtan_viz.explore(run)" in text
    stored = explanation()
    text = stored._repr_html_()
    for layer in range(1, len(stored.header["layers"]) + 1):
        mixed = stored.kernels(layer)["mixed"]
        row = f"<tr><th>{layer}</th><td>{(~mixed).sum():,}</td><td>{mixed.sum():,}</td>"
        assert row in text
    assert "data.window=64" in repr(gtan.Settings.preset("sbhar").override({"data.window": 64}))


def test_a_table_ends_where_the_room_does() -> None:
    table = pd.DataFrame({"x": range(10_000)})
    html = card("Kind", "name", {"fact": 1.23456, "none": None, "no": np.nan}, table=table)
    assert "1.235" in html and '<td style="text-align: left">-</td>' in html
    assert "none" not in html and html.count("<tr>") > 20 and "more</p>" in html
    assert len(card("Kind", "name", dict.fromkeys(NAMES, "&" * 100))) < 3000


def test_a_run_shows_itself_without_data_and_without_torch() -> None:
    code = (
        "import gtan, sys; run = gtan.open_run(); repr(run); run._repr_html_();"
        "heavy = {'torch', 'gtan.data.recordings', 'gtan.data.sensors'} & set(sys.modules);"
        "assert not heavy and run._dataset is None, heavy"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_the_examples() -> None:
    failed, tried = doctest.testmod(gtan.card)
    assert tried and not failed
