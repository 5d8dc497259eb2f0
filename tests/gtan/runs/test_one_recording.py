"""Who needs one recording opens one file, however many the data set has."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.torch import save_file

import gtan
from gtan.cli import main
from gtan.data import npy
from gtan.files import write_json
from gtan.runs.run import explanation_path
from gtan.settings import Settings
from gtan_viz.cli import main as viz
from tests.gtan.bench import Bench, database, features

VIDEOS = ("a", "b", "c", "d", "e")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A run that learned nothing, on five recordings."""
    bench = Bench(tmp_path)
    bench.annotate(database(e=database()["d"]))
    np.save(tmp_path / "e.npy", features(seed=9))
    data = bench.settings(validation_subset="validation", test_subset="testing")
    settings = Settings.preset("features").override(
        {f"data.{name}": value for name, value in data.model_dump(exclude_unset=True).items()}
        | {"network.feature_dim": 6, "network.classes": 2, "network.base_channels": (4, 4),
           "network.anchor_channels": (4, 4)}
    )  # fmt: skip
    checkpoint = tmp_path / "run" / "checkpoints" / "000001"
    checkpoint.mkdir(parents=True)
    (tmp_path / "run" / "settings.json").write_text(settings.to_json())
    save_file(gtan.GTAN(settings).state_dict(), checkpoint / "model.safetensors")
    write_json(checkpoint / "state.json", {"step": 1, "classes": ["jump", "run"]})
    return tmp_path


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    names: list[str] = []
    begin = npy.MappedArray.__init__

    def counted(self: Any, path: Path) -> None:
        names.append(path.stem)
        begin(self, path)

    monkeypatch.setattr(npy.MappedArray, "__init__", counted)
    return names


@pytest.mark.parametrize(
    ("command", "arguments"),
    [
        (main, "detect d --run {0}/run --at all"),
        (main, "detect d e --run {0}/run --at score=0.01"),
        (main, "detect d --run {0}/run --at all --page {0}/d.html"),
        (viz, "page {0}/run {0}/d.html --recording d"),
    ],
)
def test_a_command_opens_what_it_shows(
    folder: Path, opened: list[str], command: Any, arguments: str
) -> None:
    assert command(arguments.format(folder).split()) == 0
    assert set(opened) == {"d", "e"} & set(arguments.split())


def test_a_page_of_what_is_stored_opens_no_features(folder: Path, opened: list[str]) -> None:
    run = gtan.open_run(folder / "run")
    for name in VIDEOS:
        gtan.explain(run, name).save(explanation_path(run.path, name, 1))
    opened.clear()
    assert viz(["page", str(folder / "run"), str(folder / "all.html")]) == 0
    assert not opened


def test_one_of_all_is_as_one_alone(folder: Path) -> None:
    alone, run = gtan.open_run(folder / "run"), gtan.open_run(folder / "run")
    run.dataset()
    one, other = gtan.explain(alone, "d"), gtan.explain(run, "d")
    assert alone.dataset(["d"]).classes == run.dataset().classes
    assert one.header == other.header and one.header["subset"] == "testing"[:4]
    for name, array in other.arrays.items():
        np.testing.assert_array_equal(one.arrays[name], array)
    assert len(alone.dataset().recordings) == len(run.dataset().recordings) == 5


def test_who_is_not_there_is_named(folder: Path) -> None:
    run = gtan.open_run(folder / "run")
    with pytest.raises(KeyError, match="features has no recording 'dd'; did you mean 'd'"):
        gtan.explain(run, "dd")
    with pytest.raises(KeyError, match=r"'dd'.*did you mean 'd'"):
        gtan.detect(run, ["d", "dd"])


def test_a_damaged_file_of_another_does_not_matter(folder: Path) -> None:
    (folder / "a.npy").write_bytes(b"")
    assert gtan.explain(folder / "run", "d").header["recording"] == "d"
    with pytest.raises(ValueError, match=r"a\.npy"):
        gtan.open_run(folder / "run").dataset()
