"""Many videos: names, failures, workers, and how far they have come."""

from __future__ import annotations

import os
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import load_file

import gtan
from gtan.cli import main
from gtan.extraction import many, read_extracted
from gtan.files import MACHINE
from gtan.world import films, render
from gtan.world.dataset import WEIGHTS, feature_path, load_world
from tests.gtan.extraction.nets import SEES, Numbers
from tests.gtan.extraction.test_clips import by_hand
from tests.gtan.runs.made_run import files
from tests.gtan.video.test_decoding import write

TICK = Fraction(1, 25)


@pytest.fixture
def videos(tmp_path: Path) -> Path:
    folder = tmp_path / "videos"
    folder.mkdir()
    write(folder / "a.mp4", "libx264", range(60), TICK)
    write(folder / "b.webm", "libvpx-vp9", range(20), TICK)
    write(folder / "c.mkv", "libx264", range(100), TICK)
    (folder / "notes.txt").write_text("no video")
    (folder / ".hidden.mp4").write_text("no video")
    return folder


def test_a_folder_of_videos(tmp_path: Path, videos: Path) -> None:
    table = gtan.extract(videos, Numbers(), tmp_path / "f", recipe=SEES, progress=False)
    assert [Path(file).name for file in table["video"]] == ["a.mp4", "b.webm", "c.mkv"]
    assert table["clips"].tolist() == [6, 1, 11] and (table["error"] == "").all()
    assert table["duration"].tolist() == pytest.approx([2.4, 0.8, 4.0], abs=0.05)
    for file, frames in zip(table["features"], (60, 20, 100)):
        np.testing.assert_array_equal(load_file(file)["features"], by_hand(frames, 16, 8))


def test_one_that_fails_does_not_stop_the_others(tmp_path: Path, videos: Path) -> None:
    (videos / "b.webm").write_bytes(b"no video")
    table = gtan.extract(videos, Numbers(), tmp_path / "f", recipe=SEES, progress=False)
    assert table["clips"].tolist() == [6, 0, 11]
    assert "b.webm cannot be opened" in table["error"][1]


@pytest.mark.parametrize("which", [{"frames": 4}, {"stride": 3}, {"fps": 12.5}])
def test_clips_are_cut_as_is_said(tmp_path: Path, videos: Path, which: dict[str, Any]) -> None:
    out = tmp_path / "f"
    gtan.extract(videos / "a.mp4", Numbers(), out, recipe=SEES, progress=False, **which)
    made = read_extracted(out / "a.safetensors")
    assert made is not None and made.recipe == SEES.with_(**which)
    rows = load_file(out / "a.safetensors")["features"]
    frames, stride = made.recipe.frames, made.recipe.stride
    if "fps" in which:  # every second frame; the one that is on show in the middle
        expected = np.array(by_hand(30, frames, stride)) * 2 + 1
    else:
        expected = np.array(by_hand(60, frames, stride))
    np.testing.assert_array_equal(rows, expected)


@pytest.mark.slow
def test_workers_write_the_same(tmp_path: Path, videos: Path, capsys: Any) -> None:
    here = gtan.extract(videos, "world", tmp_path / "here", progress=False)
    there = gtan.extract(videos, "world", tmp_path / "there", workers=2)
    columns = ["video", "clips", "duration", "notes", "error"]
    assert there[columns].equals(here[columns])
    for mine, theirs in zip(here["features"], there["features"]):
        np.testing.assert_allclose(
            load_file(mine)["features"], load_file(theirs)["features"], atol=1e-5
        )
    assert f"{here['clips'].sum()}/{here['clips'].sum()}" in capsys.readouterr().err


def test_what_a_killed_writer_left_is_removed(tmp_path: Path, videos: Path) -> None:
    """It may be killed while it copies rows into the file, and after: both are as large as it."""
    out = tmp_path / "f"
    gtan.extract(videos, Numbers(), out, recipe=SEES, progress=False)
    whole = files(out)
    running = out / f".a.safetensors.{MACHINE}.{os.getpid()}"
    for path in (running, out / f".b.safetensors.{MACHINE}.999999999", out / ".mine.2"):
        path.touch()
    for end in ("", ".json", ".sums"):
        (out / f".c.safetensors.part{end}").touch()
    gtan.extract(videos, Numbers(), out, recipe=SEES, progress=False)
    assert files(out).keys() - whole.keys() == {str(running), str(out / ".mine.2")}


def test_the_bar_counts_clips(tmp_path: Path, videos: Path, capsys: Any) -> None:
    gtan.extract(videos, Numbers(), tmp_path / "f", recipe=SEES, batch_size=2)
    said = capsys.readouterr().err
    assert "extracting" in said and "18/18" in said and "clip" in said


def test_world_films_have_the_features_of_the_world(film_cache: Path, tmp_path: Path) -> None:
    film = films("tiny-world")[0]
    (path,) = render([film], "tiny-world", progress=False)
    gtan.extract(path, "world", tmp_path, progress=False)
    dataset = load_world(gtan.Settings().override({"data.dataset": "tiny-world"}).data)
    dataset.make_ready([film.name], progress=False)
    expected = np.load(feature_path(film, "tiny-world", WEIGHTS))
    found = load_file(tmp_path / f"{film.name}.safetensors")["features"]
    np.testing.assert_allclose(found, expected, atol=1e-4)
    made = read_extracted(tmp_path / f"{film.name}.safetensors")
    assert made is not None and dataset.recipe is not None
    assert not made.recipe.differences(dataset.recipe)
    assert made.grid == dataset.recordings[film.name].grid


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"videos": "nowhere.mp4"}, "there is no nowhere.mp4"),
        ({"videos": []}, "there is no video to extract"),
        ({"backbone": "c3d"}, "needs its weights"),
        ({"backbone": Numbers()}, "Give recipe=Recipe"),
        ({"frames": 0}, "recipe: frames"),
        ({"fps": -1}, "recipe: fps"),
        ({"precision": "float8"}, "recipe: precision"),
        ({"batch_size": 0}, "batch_size = 0: a whole number"),
        ({"workers": 0}, "workers = 0: a whole number"),
        ({"workers": 2, "scheduler": "tcp://127.0.0.1:1"}, "leave out one of the two"),
        ({"device": "cuda:9"}, "no cuda:9 is available"),
    ],
)
def test_what_cannot_be(
    tmp_path: Path, videos: Path, options: dict[str, Any], message: str
) -> None:
    given = {"videos": videos, "backbone": "world", "out": tmp_path / "f", "progress": False}
    with pytest.raises((ValueError, FileNotFoundError), match=message):
        gtan.extract(**{**given, **options})


def test_a_folder_without_videos_says_so(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"holds no videos"):
        gtan.extract(tmp_path, "world", tmp_path / "f", progress=False)


def test_two_videos_of_one_name(tmp_path: Path, videos: Path) -> None:
    write(videos / "a.mkv")
    with pytest.raises(ValueError, match=r"of one name are .*a\.mkv, .*a\.mp4; rename one"):
        gtan.extract(videos, "world", tmp_path / "f", progress=False)


def test_the_command(tmp_path: Path, videos: Path, capsys: Any) -> None:
    (videos / "c.mkv").write_bytes(b"no video")
    command = ["extract", str(videos), "--backbone", "world", "--out", str(tmp_path / "f")]
    assert main(command) == 1
    shown = capsys.readouterr()
    assert "a.safetensors: 8 clips of 2.40 s" in shown.out
    assert "c.mkv cannot be opened" in shown.err and "extracting" not in shown.err
    (videos / "c.mkv").unlink()
    assert main(command) == 0


def test_a_missing_option_of_the_command_is_one_line(tmp_path: Path, capsys: Any) -> None:
    write(tmp_path / "a.mp4")
    command = ["extract", str(tmp_path / "a.mp4"), "--out", str(tmp_path / "f")]
    assert main([*command, "--backbone", "p3d199"]) == 2
    said = capsys.readouterr().err
    assert said.count("\n") == 1 and "needs its weights; give their file (--weights FILE)" in said


def test_a_workers_network_is_loaded_once(monkeypatch: pytest.MonkeyPatch) -> None:
    loaded: list[str] = []
    monkeypatch.setattr(many, "_kept", {})
    monkeypatch.setattr(many, "load_backbone", lambda *a: loaded.append("x") or Numbers())
    work = many.Work(SEES, None, None, 8, "cpu")
    assert many._loaded(work) is many._loaded(work) and loaded == ["x"]
