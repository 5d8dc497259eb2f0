"""Labels that are numbers, and the map that names them."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from gtan.data.annotations import read_detections, read_truth
from gtan.data.labels import read_label_map
from gtan.settings import DataSettings, SettingsError
from tests.gtan.bench import Bench, database, entry

MAP = {"0": "run", "1": "high jump", "12": "Gehen ü"}


def write(path: Path, content: Any) -> Path:
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    return path


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("m.json", MAP),
        ("m.json", {label: int(number) for number, label in MAP.items()}),
        ("m.json", {label: number for number, label in MAP.items()}),
        ("m.json", {"00": "run", "01": "high jump", "12": "Gehen ü"}),
        ("mapping.txt", "0 run\n1 high jump\n\n12\tGehen ü\n"),
        ("m.csv", "id,label\n0,run\n1,high jump\n12,Gehen ü\n"),
        ("m.csv", "Label;ID\nrun;0\nhigh jump;1\nGehen ü;12\n"),
        ("m.tsv", "class\tclass_id\nrun\t0\nhigh jump\t1\nGehen ü\t12\n"),
    ],
)
def test_every_form_of_a_map(tmp_path: Path, name: str, content: Any) -> None:
    assert read_label_map(write(tmp_path / name, content)) == MAP


def test_a_list_counts_from_0(tmp_path: Path) -> None:
    labels = read_label_map(write(tmp_path / "m.json", ["run", "jump"]))
    assert labels == {"0": "run", "1": "jump"}


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("m.json", {"0": "1", "1": "0"}, "all keys and all values are numbers"),
        ("m.json", {"0": 1}, "all keys and all values are numbers"),
        ("m.json", {"run": "jump"}, "'run' is no whole number, for 'jump'"),
        ("m.json", {"0": "run", "00": "jump"}, "0 stands for 'run' and for 'jump'"),
        ("m.json", {"run": 0, "jump": 0}, "0 stands for 'run' and for 'jump'"),
        ("m.json", {"0": "run", "1": "run"}, "'run' has two numbers, 0, 1"),
        ("m.json", {"0": ["run"]}, r"0: \['run'\] is not a name"),
        ("m.json", ["run", ""], "1: '' is not a name"),
        ("m.json", {}, "names no label"),
        ("m.json", 3, "not a label map"),
        ("m.json", '{"0": "\\ud800"}', "surrogate"),
        ("m.json", '{"0": "a", "0": "b"}', "'0' appears twice"),
        ("m.json", {"run": 0.5}, "'run' is no whole number|0.5 is no whole number"),
        ("m.json", "[", "not JSON"),
        ("m.txt", "0 run\njump\n", "line 2, 'jump', must be a number, a space and a name"),
        ("m.txt", "run 0\n", "line 1, 'run 0', must be a number"),
        ("m.txt", "0\n", "line 1, '0', must be a number, a space and a name"),
        ("m.txt", "", "is empty"),
        ("m.csv", "id,label\nx,run\n", "'x' is no whole number"),
        ("m.csv", "id,name\n0,run\n", "column label is missing"),
        ("m.pkl", "x", "is .json, .csv, .tsv or .txt"),
    ],
)
def test_what_is_no_map(tmp_path: Path, name: str, content: Any, message: str) -> None:
    path = write(tmp_path / name, content)
    with pytest.raises(ValueError, match=re.escape(str(path)) + ".*" + message):
        read_label_map(path)


def test_numbers_become_names_in_tables_and_json(tmp_path: Path) -> None:
    records = [{"segment": [1, 2], "label": label, "score": 1} for label in (0, "1", 12.0, "run")]
    table = "video,label,start,end,score\n" + "".join(
        f"v,{label},1,2,1\n" for label in ("0", "01", "12.0", "run")
    )
    expected = ["run", "high jump", "Gehen ü", "run"]
    database = {"database": {"v": {"annotations": records}}}
    for path in (
        write(tmp_path / "d.json", {"results": {"v": records}}),
        write(tmp_path / "d.csv", table),
    ):
        assert read_detections(path, labels=MAP)["label"].tolist() == expected
    for path in (write(tmp_path / "t.json", database), write(tmp_path / "t.csv", table)):
        assert read_truth(path, labels=MAP).instances["label"].tolist() == expected


def test_a_number_without_a_name_lists_what_there_is(tmp_path: Path) -> None:
    path = write(tmp_path / "t.csv", "video,label,start,end\nv,0,1,2\nv,7,1,2\nv,9,1,2\n")
    message = r"line 3: the label map \(data.label_map\) has no name for 7, 9; it names 0, 1, 12"
    with pytest.raises(ValueError, match=re.escape(str(path)) + ": " + message):
        read_truth(path, labels=MAP)


def test_the_setting(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    numbered = database()
    for video in numbered.values():
        for number, annotation in enumerate(video["annotations"]):
            annotation["label"] = number
    bench.annotate(numbered)
    bench.fails(ValueError, "label is 0.0, not a name; .* label map .data.label_map")
    names = write(tmp_path / "mapping.txt", "0 run\n1 jump\n")
    dataset = bench.load(label_map=str(names))
    assert dataset.classes == ("jump", "run")
    assert set(dataset.truth["label"]) == {"jump", "run"}
    bench.annotate(numbered | {"b": entry((1, 2, 7), (1, 2, True))})  # type: ignore[arg-type]
    bench.fails(ValueError, "no name for 7; it names 0, 1", label_map=str(names))
    bench.fails(FileNotFoundError, r"there is no .*gone.*data\.label_map", label_map="gone.txt")
    from gtan.data import load_dataset

    with pytest.raises(SettingsError, match=r"data\.label_map: no effect"):
        load_dataset(DataSettings(label_map="x.txt"))
