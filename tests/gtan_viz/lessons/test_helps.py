"""The numbers of lesson 8 are those of docs/."""

import importlib.util
from pathlib import Path

import pandas as pd

from gtan.files import read_json
from gtan_viz.lessons import helps, seeds

ROOT = Path(__file__).parents[3]


def test_the_numbers_are_those_of_the_docs() -> None:
    spec = importlib.util.spec_from_file_location("numbers", ROOT / "scripts/lesson_numbers.py")
    assert spec and spec.loader
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    assert helps.numbers() == script.numbers(), "old: python scripts/lesson_numbers.py"


def test_nothing_was_missed() -> None:
    tables = {one["key"]: one["rows"] for one in helps.part().data["tables"]}
    counts = {key: len(rows) for key, rows in tables.items()}
    study = pd.DataFrame(read_json(ROOT / "docs" / "study.json", dict)["table"])
    done = study[study.average_mAP.notna()].groupby("experiment").size()
    expected = {key: done[key] for key in ("table3", "pooling", "table4", "figure7")}
    assert counts == expected | {"world": 3, "world_E1": 3}
    assert helps.part().data["comparisons"] == study["corrected p"].notna().sum()
    row = study[(study.experiment == "table3") & (study.variant == "+ Gaussian grouping")].iloc[0]
    found = tables["table3"][2]
    assert found["differenceLow"] == row["difference low"]
    assert found["p"] == row["corrected p"]
    assert tables["world_E1"][1]["seedRange"] == [0.869, 0.873]
    assert tables["world_E1"][1]["difference"] == 0.094
    folds = seeds.part().data
    assert {name: [len(one) for one in rows] for name, rows in folds.items()} == {
        name: [4, 4, 4] for name in ("replace", "join", "off")
    }
