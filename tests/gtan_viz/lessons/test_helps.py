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
    tables = {one["key"]: one for one in helps.part().data["tables"]}
    made = read_json(ROOT / "docs" / "study.json", dict)
    sbhar = ("table3", "pooling", "table4", "figure7")
    world = {"world": "table3", "world_E1": "E1", "world_table4": "table4"}
    world |= {"world_figure7": "figure7"}
    assert set(tables) == {*sbhar, *world}
    for keys, record in ((dict(zip(sbhar, sbhar)), made), (world, made["world"])):
        study = pd.DataFrame(record["table"])
        done = study[study.average_mAP.notna()].groupby("experiment").size()
        for key, experiment in keys.items():
            assert len(tables[key]["rows"]) == done[experiment], key
            assert tables[key]["comparisons"] == study["corrected p"].notna().sum()
    study = pd.DataFrame(made["table"])
    row = study[(study.experiment == "table3") & (study.variant == "+ Gaussian grouping")].iloc[0]
    found = tables["table3"]["rows"][2]
    assert found["differenceLow"] == row["difference low"]
    assert found["p"] == row["corrected p"]
    folds = seeds.part().data
    assert {name: [len(one) for one in rows] for name, rows in folds.items()} == {
        name: [4, 4, 4] for name in ("replace", "join", "off")
    }
