"""Readings and the study's page: complete, current, and never written twice."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from gtan.experiments.ablations import STUDIED
from gtan.experiments.markdown import cell
from gtan.experiments.protocols_page import with_means
from gtan.experiments.readings import EXTENSIONS, READINGS
from gtan.experiments.readings_page import readings_page, setting_values
from gtan.experiments.study import TABLE
from gtan.experiments.study_marks import fill_marks
from gtan.files import read_json, write_json
from gtan.settings import setting_names

ROOT = Path(__file__).parents[3]


def script() -> Any:
    spec = importlib.util.spec_from_file_location("study_script", ROOT / "scripts" / "study.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def row(**values: Any) -> dict[str, Any]:
    more = ["corrected p", "paper THUMOS14", "paper ActivityNet v1.3"]
    empty: dict[str, Any] = dict.fromkeys([*TABLE, *more])
    return empty | {"seeds": 1, "error": "", "against": ""} | values


RECORD: dict[str, Any] = {
    "preset": "sbhar", "subset": "test", "seeds": [0, 1, 2], "iterations": 10, "runs": 4,
    "commits": ["0123456789abcdef"], "dirty": False, "hours": 1.0, "devices": {"cpu": 3, "cuda": 1},
    "long_seconds": 14, "length": "13.6 s on average",
    "table": [
        row(experiment="table3", variant="fixed scale", average_mAP=0.9, std=0.01, low=0.88,
            high=0.92, seeds=3, **{"paper THUMOS14": 33.5}),
        row(experiment="table3", variant="+ Gaussian kernel", error="seed 0 failed: <a|b>",
            seeds=0),
        row(experiment="R5", variant="merge=union", average_mAP=0.9, low=0.88, high=0.92),
        row(experiment="R5", variant="merge=paper", average_mAP=0.85, low=0.8, high=0.9,
            against="merge=union", difference=-0.05,
            **{"difference low": -0.08, "difference high": -0.01, "p": 0.01, "corrected p": 0.01}),
    ],
    "figure7": [{"method": "gtan", "layers": 4, "seeds": 0, "average_mAP": None, "low": None,
                 "high": None, "AUC": None}],
    "protocols": {
        "loso": {
            "runs": 30, "commits": ["89abcdef"], "dirty": True, "hours": 1.0,
            "devices": {"cpu": 30},
            "iterations": 10, "preset": "sbhar", "tiou": [0.3, 0.4, 0.5, 0.6, 0.7],
            "rows": [{"group": "test users", "seed": 0, "recordings": 19, "mAP": [0.9] * 5,
                      "mAP_N": [0.95] * 5, "average_mAP": 0.9, "average_mAP_N": 0.95,
                      "low": 0.85, "high": 0.93}],
        },
        "gtea": {
            "runs": 4, "commits": ["89abcdef"], "dirty": False, "hours": 1.0, "devices": {"cpu": 4},
            "iterations": 10, "preset": "gtea", "tiou": [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7],
            "rows": [{"group": "splits 1 to 3", "seed": 0, "recordings": 21, "mAP": [0.6] * 7,
                      "mAP_N": [0.6] * 7, "average_mAP": 0.6, "average_mAP_N": 0.6, "low": 0.5,
                      "high": 0.7, "f1": [70.0, 60.0, 50.0], "edit": 65.0, "accuracy": 62.5}],
        },
    },
}  # fmt: skip
RECORD["world"] = {**{key: RECORD[key] for key in RECORD if key != "protocols"}, "preset": "world"}


def test_every_tag_has_a_reading_and_every_reading_a_choice() -> None:
    assert [reading.number for reading in READINGS] == list(range(1, 24))
    assert [extension.name for extension in EXTENSIONS] == ["E1", "E2"]
    assert all(extension.settings for extension in EXTENSIONS)
    tags = {int(n) for text in setting_names().values() for n in re.findall(r"\bR(\d+)\b", text)}
    assert tags <= {reading.number for reading in READINGS}
    for reading in READINGS:
        assert reading.settings or reading.always, (
            f"{reading.name}: neither a setting nor a fixed choice"
        )
    for name, setting in STUDIED.items():
        assert setting in READINGS[int(name[1:]) - 1].settings


def test_values_come_from_the_settings() -> None:
    values = setting_values("kernels.merge")
    assert values["allowed"] == ["paper", "union"] and values["paper-thumos14"] == "paper"
    assert setting_values("kernels.epsilon")["allowed"] == []


def test_a_reading_shows_its_evidence() -> None:
    page = readings_page(RECORD)
    assert "| merge=paper | 1 | 0.850 | 0.800 to 0.900 | -0.050 | -0.080 to -0.010 |" in page
    assert "not yet" not in readings_page(RECORD).partition("## R5")[2].partition("## R6")[0]
    assert page.count("\n## R") == 23


def test_pages_are_current(tmp_path: Path) -> None:
    docs = ROOT / "docs"
    pages = ("study.md", "readings.md", "results.md", "world.md", "../README.md")
    (tmp_path / "docs").mkdir()
    for name in ("study.json", *pages):
        (tmp_path / "docs" / name).write_bytes((docs / name).read_bytes())
    script().main(["--docs-only", "--docs", str(tmp_path / "docs")])
    for name in pages:
        same = (docs / name).read_text() == (tmp_path / "docs" / name).read_text()
        assert same, f"docs/{name} is old: python scripts/study.py --docs-only"


def test_the_page_of_a_study(tmp_path: Path) -> None:
    write_json(tmp_path / "study.json", RECORD)
    main = script().main
    main(["--docs-only", "--docs", str(tmp_path)])
    page = tmp_path / "study.md"
    text = page.read_text()
    assert "| fixed scale | 3 | 0.900 | 0.010 | 0.880 to 0.920 |  |  |  |  | 33.5 |" in text
    assert "4 runs (3 on cpu, 1 on cuda; 1.0 hours" in text and "Comparisons: 1. Of so many" in text
    assert "| 19 | 95.0 | 95.0 | 95.0 | 95.0 | 95.0 | 95.0 | 90.0 | 85.0 to 93.0 |" in text
    assert "| ActionFormer, as they print it | | | | | | | 94.32 | | |" in text
    assert "| 60.0 | 50.0 to 70.0 | 70.0 | 60.0 | 50.0 | 65.0 | 62.5 |" in text
    assert "| ED-TCN, splits 1 to 3 | 65.5 |" in text and "50 Salads" not in text
    assert "seed 0 failed: &lt;a&#124;b&gt;" in text
    assert "R5, merge=paper: did harm against merge=union (-5.0 points" in text
    assert "| 4 | gtan | 0 | failed |  |  |" in text and "trusted network" in text
    page.write_text(text.replace("Nothing is written here yet.", "Groups form rarely."))
    main(["--docs-only", "--docs", str(tmp_path)])
    assert "Groups form rarely." in page.read_text()


def test_several_seeds_have_a_mean() -> None:
    one = RECORD["protocols"]["gtea"]["rows"][0]
    other = {**one, "seed": 1, "mAP": [0.8] * 7, "average_mAP": 0.8, "f1": [72.0, 64.0, 50.0]}
    alone = {**one, "group": "all"}
    found = list(with_means([one, alone, other]))
    assert [row["group"] for row in found] == ["splits 1 to 3"] * 3 + ["all"]
    assert [row["seed"] for row in found] == ["seed 0", "seed 1", "**mean of 2 seeds**", "seed 0"]
    mean = found[2]
    assert mean["average_mAP"] == pytest.approx(0.7) and mean["spread"] == "std 14.1"
    assert mean["mAP"] == pytest.approx([0.7] * 7) and mean["f1"] == pytest.approx([71, 62, 50])


def test_the_small_world_is_a_part_of_its_own(tmp_path: Path) -> None:
    write_json(tmp_path / "study.json", RECORD)
    script().main(["--docs-only", "--docs", str(tmp_path)])
    page = (tmp_path / "study.md").read_text()
    real, _, world = page.partition("## Synthetic: the small world")
    assert "Nothing about real video follows" in world and "--preset world" in world
    assert "\n## Table 3\n" in real and "\n### Table 3\n" in world
    readings = "\n## Readings\n"
    assert world.count(readings) == 1 and readings not in real  # of SBHAR alone, at the end
    assert page.count("| merge=paper |") == 0 and page.count("R5 merge=paper |") == 1


def test_parts_between_marks_are_made_anew() -> None:
    made = read_json(ROOT / "docs" / "study.json", dict)
    page = "a\n<!-- study: {} -->\nold\n<!-- /study -->\nb"
    filled = fill_marks(page.format("headline"), made)
    rows = [row for row in made["table"] if row["experiment"] == "E1"]
    cells = " | ".join(f"{row['average_mAP']:.3f} ± {row['std']:.3f}" for row in rows)
    assert f"| SBHAR (sensors, 9 test people) | {cells} |" in filled
    assert filled.startswith("a\n<!--") and filled.endswith("-->\nb") and "old" not in filled
    assert fill_marks(filled, made) == filled
    beside = fill_marks(page.format("beside"), made)
    gtea = [row for row in made["protocols"]["gtea"]["rows"] if row["group"] == "splits 1 to 3"]
    mean = sum(row["average_mAP"] for row in gtea) / len(gtea)
    assert f"): {100 * mean:.1f}; ED-TCN 51.4." in beside and "ActionFormer 94.3" in beside
    for part in ("headline", "beside"):  # what has not been run leaves its part as it was
        assert fill_marks(page.format(part), {"table": []}) == page.format(part)
    with pytest.raises(ValueError, match="'other' is unknown; there are headline"):
        fill_marks(page.format("other"), made)


def test_record_is_json(tmp_path: Path) -> None:
    table = pd.DataFrame([{"a": 1.23456789, "b": None, "c": float("nan"), "d": "x"}])
    plain = script()._plain(table)
    write_json(tmp_path / "x.json", plain)
    assert read_json(tmp_path / "x.json") == [{"a": 1.234568, "b": None, "c": None, "d": "x"}]


def test_cell() -> None:
    assert cell("a|<b>\nc") == "a&#124;&lt;b&gt; c"
    with pytest.raises(KeyError):
        setting_values("kernels.nothing")
