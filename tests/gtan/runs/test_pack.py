"""A packed run opens, says what it is, and what it cannot do."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Any

import pytest

import gtan
from gtan.cli import main
from gtan.experiments.notebooks import evaluate_run
from gtan.runs.pack import pack
from gtan.runs.writable import RunError
from tests.gtan.runs.made_run import files, made, train


@pytest.mark.filterwarnings("ignore:shared goes on with other code")
def test_what_a_packed_run_can_do(place: Path) -> None:
    run = gtan.open_run("old")
    before = files("old")
    assert pack(run, "shared", "CC BY 4.0") == Path("shared")
    assert files("old") == before
    shared = gtan.open_run("shared")
    assert not list(shared.path.rglob("optimizer.safetensors"))
    assert shared.metrics().equals(run.metrics())
    assert shared.trace().steps.tolist() == run.trace().steps.tolist()
    assert set(shared.explanations()) == set(run.explanations())
    assert shared.detections().equals(run.detections()) and shared.provenance() == run.provenance()
    assert evaluate_run(shared).average_mAP == pytest.approx(run.evaluation()["average_mAP"])
    card = (shared.path / "README.md").read_text()
    assert "Average mAP 0.0948" in card and "CC BY 4.0" in card and "SHA-256" in card
    assert "- `training.iterations` = 6" in card and "2 labels: a, b" in card
    with pytest.raises(ValueError, match=r"trained\.safetensors is missing.*gtan pack"):
        gtan.train(shared.settings.override({"training.iterations": 9}), "shared", progress=False)
    started = train("new", **{"training.start_from": "shared"})
    assert started.step == 6


def test_paths_of_this_machine_stay_here(place: Path) -> None:
    train("run", **{"data.annotations": str(place / "annotations.json"),
                    "data.features": str(place / "{video}.npy")})  # fmt: skip
    pack("run", "shared")
    for name, content in files("shared").items():
        assert str(place).encode() not in content, name
    assert gtan.open_run("shared").settings.data.features == "{video}.npy"


def test_what_is_damaged_is_not_packed(place: Path) -> None:
    path = Path("old/checkpoints/000006/model.safetensors")
    path.write_bytes(path.read_bytes()[:-10])
    with pytest.raises(ValueError, match="not a whole safetensors file"):
        pack("old", "shared")
    assert not Path("shared").exists() and not list(place.glob(".shared*"))


def test_patterns_stay_patterns(place: Path) -> None:
    from gtan.runs.pack import without_paths

    settings = made(**{"data.features": "/home/me/{video}/rgb.npy", "data.label_map": "/x/map.txt",
                       "data.convnet": "/home/me/convnet.safetensors"})  # fmt: skip
    kept = without_paths(settings).data
    assert (kept.features, kept.label_map) == ("{video}/rgb.npy", "map.txt")
    assert kept.convnet == "convnet.safetensors"


def test_videos_go_along_and_nothing_beside_them(place: Path) -> None:
    folder = Path("old/videos")
    folder.mkdir()
    for name in ("v1.mp4", "v2.webm", ".v3.mp4.77.part", "notes.txt"):
        (folder / name).write_bytes(name.encode())
    pack("old", "shared")
    assert sorted(p.name for p in Path("shared/videos").iterdir()) == ["v1.mp4", "v2.webm"]
    assert gtan.open_run("shared").video("v1").read_bytes() == b"v1.mp4"  # type: ignore[union-attr]


def test_without_weights(place: Path, capsys: Any) -> None:
    assert main(["pack", "old", "shared.zip", "--no-weights"]) == 0
    assert "shared.zip" in capsys.readouterr().out
    with zipfile.ZipFile("shared.zip") as archive:
        archive.extractall("unpacked")
    shared = gtan.open_run("unpacked/shared")
    assert len(shared.explanations()) == 2 and shared.step == 0
    with pytest.raises(FileNotFoundError, match="cannot detect"):
        gtan.detect(shared)
    card = (shared.path / "README.md").read_text()
    assert "weights were left out" in card and "None is stated" in card


def test_nothing_is_written_over_and_no_link_followed(place: Path, capsys: Any) -> None:
    (place / "there").mkdir()
    assert main(["pack", "old", "there"]) == 2
    assert "there is there already" in capsys.readouterr().err
    (place / "old" / "detections.json").unlink()
    (place / "old" / "detections.json").symlink_to(place / "annotations.json")
    with pytest.raises(RunError, match=r"holds links \(detections\.json\)"):
        pack("old", "shared")
    assert not (place / "shared").exists() and not list(place.glob(".shared*"))
    assert made().data.window == 64


def test_detect_takes_a_subset_a_name_or_names(place: Path) -> None:
    run = gtan.open_run("old")
    assert gtan.detect(run, "test").equals(gtan.detect(run, "v4"))
    assert gtan.detect(run, ["v4", "v3", "v4"])["video"].unique().tolist() == ["v4", "v3"]
    with pytest.raises(
        KeyError, match=r"no recording 'v9'; give 'train', 'validation', 'test', or"
    ):
        gtan.detect(run, "v9")
