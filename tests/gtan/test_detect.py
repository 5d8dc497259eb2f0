"""`gtan.detect`: recordings of the run, and new ones, give the same detections; errors in words."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pandas as pd
import pytest
import torch

import gtan
from gtan.data.brought import feature_file, feature_recording, new_recording
from gtan.data.features import FeatureError, FeatureFile
from gtan.inference import operating_point
from gtan.runs.source import choose_recordings
from gtan.settings import Settings
from tests.gtan.runs.made_run import STEPS, made, train

same = pd.testing.assert_frame_equal


@pytest.fixture
def run(place: Path) -> gtan.Run:
    """A tiny run; v3 is its validation recording, v4 its test recording."""
    return gtan.open_run("old")


@pytest.fixture
def v4(run: gtan.Run) -> Any:
    return run.dataset().recordings["v4"]


def renamed(detections: pd.DataFrame, name: str) -> pd.DataFrame:
    return detections.assign(video=name).astype({"video": "str"})


def test_a_new_recording_is_detected_as_by_name(
    run: gtan.Run, v4: Any, place: Path, tmp_path: Path
) -> None:
    array = np.load("v4.npy")
    wanted = renamed(gtan.detect(run, "v4"), "monday")
    seconds = v4.duration
    assert len(wanted)
    (place / "new").mkdir()
    np.save("new/monday.npy", array)
    np.savez("new/a.npz", x=array)
    torch.save(torch.from_numpy(array), "new/a.pt")
    pd.DataFrame(array, columns=[f"f{n}" for n in range(array.shape[1])]).to_csv(
        "new/a.csv", index=False, float_format="%.9g"
    )
    with h5py.File("new/a.h5", "w") as file:
        file["a"] = array
    np.save("turned.npy", array.T)
    for given in (
        array, array[None], array.tolist(), torch.from_numpy(array), "v4.npy", Path("v4.npy"),
        "new/a.npz", "new/a.pt", "new/a.csv", "new/a.h5",
        FeatureFile(Path("turned.npy"), clips_last=True),
    ):  # fmt: skip
        found = gtan.detect(run, {"monday": given}, duration=seconds, fps=10)
        same(renamed(found, "monday"), wanted)
    for source in ("new/monday.npy", Path("new/monday.npy"), ["new/monday.npy"]):
        same(gtan.detect(run, source, duration=seconds, fps=10), wanted)
    # Without a duration, it ends with the last clip.
    short = gtan.detect(run, {"monday": array}, fps=10)
    assert 0 < short["end"].max() <= 98 * 0.5 + 1


def test_a_folder_and_names_together(run: gtan.Run, v4: Any, place: Path) -> None:
    (place / "new").mkdir()
    for name in ("b", "a"):
        np.save(f"new/{name}.npy", np.load("v4.npy"))
    (place / "new" / "notes.txt").write_text("no features")
    for source in ("new", "new/", Path("new")):
        assert list(choose_recordings(run, source, fps=10)) == ["a", "b"]
    assert list(choose_recordings(run, ["v3", "new/b.npy", "test"], {"b": 10})) == ["v3", "b", "v4"]
    (place / "test").mkdir()  # a subset's name stays one
    assert list(choose_recordings(run, "test")) == ["v4"]
    (place / "train").write_text("a file")
    assert list(choose_recordings(run, "train")) == ["v0", "v1", "v2"]
    with pytest.raises(FileNotFoundError, match="test holds no feature files"):
        choose_recordings(run, "test/")


def test_new_recordings_do_not_need_the_runs_data(place: Path) -> None:
    train("run")
    array = np.load("v4.npy")
    for path in (*place.glob("v*.npy"), place / "annotations.json"):
        path.unlink()
    assert len(gtan.detect("run", {"a": array}, fps=10))
    for missing in ("nowhere.npy", "new/x.npy"):
        with pytest.raises(FileNotFoundError, match=rf"there is no file {re.escape(missing)}"):
            gtan.detect("run", missing)


@pytest.mark.parametrize(
    ("source", "options", "message"),
    [
        ({"a": np.zeros((50, 7))}, {}, r"a: has 7 dimensions .* trained on 3"),
        ({"a": np.zeros((3, 50))}, {}, r"it is \[dimensions, clips\]; turn it \(array\.T\)"),
        ({"a": np.zeros((50, 4, 2))}, {}, r"a: has shape \(50, 4, 2\)"),
        ({"a": np.full((90, 3), np.nan)}, {"fps": 10}, "a: clip 0, dimension 0 is NaN"),
        ({"a": ["text"]}, {}, "a: holds <U4, not numbers"),
        ({"a": np.zeros((0, 4))}, {}, "a: is empty"),
        ({"a": None}, {}, "recording 'a': no features are given"),
        ({"": np.zeros((9, 3))}, {}, "recording '': not a name"),
        (np.zeros((9, 3)), {}, "give a new recording a name"),
        ([np.zeros((9, 3))], {}, "is no name or path"),
        (7, {}, "give a new recording a name"),
        ({"a": "v4.txt"}, {}, r"v4\.txt: features are read from \.npy"),
        ({"a": np.zeros((90, 3))}, {"duration": 900, "fps": 10}, "a: 900 s .* cannot be true"),
        ({"a": np.zeros((90, 3))}, {"duration": 0}, "a: duration = 0 is not a positive"),
        ({"a": np.zeros((90, 3))}, {"fps": "25"}, "a: fps = '25' is not a number"),
        ({"a": np.zeros((90, 3))}, {"fps": {"b": 25}}, r"fps is for new recordings.*named 'b'"),
        ("v4", {"fps": 25}, "fps is for new recordings of features, and there is none"),
        (["v4", "./v4.npy"], {}, "two recordings are named 'v4'"),
        (["./v4.npy", "test"], {}, "two recordings are named 'v4'"),
        ("v4", {"at": "best"}, "operating point 'best': write 'f1'"),
        ("v4", {"at": "f1", "tiou": 2}, "tiou: 2 is not above 0"),
        ("v4", {"at": "f1", "tiou": "x"}, "tiou: 'x' is not a number"),
    ],
)  # fmt: skip
def test_what_cannot_be(run: gtan.Run, source: Any, options: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        gtan.detect(run, source, **options)


def test_near_names_are_said(run: gtan.Run, example_recording: str) -> None:
    with pytest.raises(KeyError, match=r"did you mean 'test'\?"):
        gtan.detect(run, "tests")
    with pytest.raises(KeyError, match=rf"did you mean .*'{example_recording}'"):
        gtan.detect(None, example_recording[:2] + example_recording[3:])


def test_a_square_array_is_read_one_way_and_said(run: gtan.Run) -> None:
    with pytest.warns(UserWarning, match=r"3 clips and as many dimensions.*turn it"):
        choose_recordings(run, {"a": np.zeros((3, 3))}, fps=10)


def brought(settings: Settings, given: Any = None, **options: Any) -> Any:
    """A new recording of 100 clips of 4 dimensions."""
    given = np.zeros((100, 4), np.float32) if given is None else given
    options = {"fps": None, "duration": None} | options
    return new_recording("a", given, settings.data, 4, None, **options)


def test_where_clips_lie() -> None:
    settings = made(**{"data.fps": 10})  # clips of 10 frames, every 5
    recording = brought(settings)
    assert (recording.grid.stride, recording.grid.length, recording.grid.offset) == (0.5, 1.0, 0.0)
    assert recording.duration == 99 * 0.5 + 1
    assert brought(settings, fps=20).grid.stride == 0.25
    centred = brought(made(**{"data.fps": 10, "data.clip_offset": -2.5}))
    assert centred.duration == pytest.approx(50)  # a quarter of a second before, and behind
    by_recording = made()
    with pytest.raises(ValueError, match=r"a: how many frames a second had it\?.*--fps"):
        brought(by_recording)
    assert brought(by_recording, fps=10).duration == 50.5
    even = made(**{"data.spacing": "even"})
    with pytest.raises(ValueError, match=r"a: how many seconds long is it\?.*--duration"):
        brought(even)
    with pytest.raises(ValueError, match="fps has no effect"):
        brought(even, fps=10, duration=9)
    assert brought(even, duration=200).grid.stride == 2.0
    one_window = brought(made(**{"data.spacing": "even", "data.view": "resized"}), duration=200)
    assert one_window.clips == 64 and one_window.grid.stride == 200 / 64


@pytest.mark.parametrize("preset", ["paper-thumos14", "paper-activitynet"])
def test_the_papers_runs_take_new_recordings(preset: str) -> None:
    settings = Settings.preset(preset).override({"data.features": "{video}.npy"})
    fps = 30.0 if settings.data.spacing == "stride" and settings.data.fps is None else None
    recording = brought(settings, fps=fps)
    assert recording.features(0.0, 16).shape == (16, 4)
    assert recording.clips == (settings.data.window if settings.data.view == "resized" else 100)


def test_framewise_files_are_read_as_those_of_the_run(tmp_path: Path) -> None:
    """MS-TCN's are [D, T]; what is in memory is [T, D]."""
    settings = Settings.preset("features").override(
        {"data.dataset": "framewise", "data.fps": 15, "data.clip_length": 1, "data.clip_stride": 1}
    )
    values = np.arange(400, dtype=np.float32).reshape(100, 4)
    np.save(tmp_path / "a.npy", values.T)
    one, other = brought(settings, tmp_path / "a.npy"), brought(settings, values)
    np.testing.assert_array_equal(one.features(0.0, 100), values)
    np.testing.assert_array_equal(other.features(0.0, 100), values)
    assert one.duration == other.duration == pytest.approx(100 / 15)
    with pytest.raises(FeatureError, match="turn it"):
        brought(settings, values.T)


def test_one_file_that_holds_all(tmp_path: Path) -> None:
    """Its key names the recording, as in training."""
    data = made(**{"data.features": "all.h5", "data.fps": 10}).data
    with h5py.File(tmp_path / "new.h5", "w") as file:
        file["a"], file["b"] = np.zeros((10, 4)), np.zeros((20, 4))
    file_of = [feature_file(name, tmp_path / "new.h5", data) for name in ("a", "b", "c")]
    assert [feature_recording("a", one, data, 4).clips for one in file_of[:2]] == [10, 20]
    with pytest.raises(FeatureError, match=r"has no entry 'c'.*a, b"):
        feature_recording("c", file_of[2], data, 4)


TOP_K = 20


@pytest.fixture(scope="module")
def sbhar(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """A run on SBHAR of a few steps, and the raw samples of one of its test recordings."""
    settings = Settings.preset("sbhar").override(
        {"network.base_channels": (8, 8), "network.anchor_channels": (8, 8, 8), "data.window": 256,
         "detection.top_k": TOP_K, "training.device": "cpu", "training.batch_size": 2}
        | STEPS
    )  # fmt: skip
    run = gtan.train(settings, tmp_path_factory.mktemp("sbhar") / "run", progress=False)
    return run, run.dataset().recordings[OF_SBHAR].signal()[0]


OF_SBHAR = "exp07_user04"


def test_raw_sensors(sbhar: Any, tmp_path: Path) -> None:
    run, samples = sbhar
    wanted = renamed(gtan.detect(run, OF_SBHAR), "walk")
    assert len(wanted) == TOP_K
    same(gtan.detect(run, {"walk": samples}), wanted)
    names = run.dataset().recordings[OF_SBHAR].channel_names
    pd.DataFrame(samples, columns=names).to_csv(
        tmp_path / "walk.csv", index=False, float_format="%.9g"
    )
    seconds = len(samples) / 50
    same(gtan.detect(run, tmp_path / "walk.csv", fps=50, duration=seconds), wanted)


def test_what_raw_sensors_must_be(sbhar: Any) -> None:
    run, samples = sbhar
    for given, options, message in (
        (samples[:, :3], {}, r", 3\); a run on SBHAR wants samples \[S, 6\], 50 a second"),
        (samples.T, {}, r"turn it \(array\.T\)"),
        (samples, {"fps": 100}, "100 samples a second.*resample"),
        (samples, {"duration": 10}, "samples in 10 s are .* a second.*resample"),
        (np.full_like(samples, np.nan), {}, "NaN"),
    ):  # fmt: skip
        with pytest.raises(ValueError, match=message):
            choose_recordings(run, {"walk": given}, **options)
    with pytest.warns(UserWarning, match=r"acceleration is (9\.[89].|10) g.*9\.80665"):
        choose_recordings(run, {"walk": samples * 9.80665})


def test_features_of_a_film_are_detected_as_by_name(
    example: gtan.Run, example_recording: str
) -> None:
    """A run on the world knows its clip grid, which is no setting."""
    film = example.dataset().recordings[example_recording]
    features = film.features(0, film.clips)
    wanted = renamed(gtan.detect(example, example_recording), "monday")
    assert len(wanted)
    same(gtan.detect(example, {"monday": features}, duration=film.duration), wanted)
    (alone,) = choose_recordings(example, {"monday": features}).values()
    assert alone.grid == film.grid and 0 <= film.duration - alone.duration < 2 * film.grid.stride
    with pytest.raises(FeatureError, match=r"cannot be true|cannot"):
        choose_recordings(example, {"monday": features}, duration=2 * film.duration)


def test_operating_point_of_a_run(run: gtan.Run) -> None:
    point = operating_point(run, "f1")
    assert point.recordings == 1 and point.tiou == 0.5
    everything = gtan.detect(run, "test")
    same(gtan.detect(run, "test", at="f1"), point.kept(everything))
    same(gtan.detect(run, "test", at=point), point.kept(everything))
    few = gtan.detect(run, "test", at="score=0.05")
    same(few, everything[everything["score"] >= 0.05].reset_index(drop=True))
    assert 0 < len(few) < len(everything)


def test_operating_points_never_look_at_test_recordings(run: gtan.Run, monkeypatch: Any) -> None:
    dataset = run.dataset()
    monkeypatch.setitem(dataset.subsets, "validation", ("v3", "v4"))
    assert operating_point(run, "f1").recordings == 1
    monkeypatch.setitem(dataset.subsets, "validation", ("v4",))
    with pytest.raises(ValueError, match=r"none with actions that it is not tested on.*--at"):
        operating_point(run, "precision=0.9")


def test_hours_hold_more_actions_than_top_k(sbhar: Any) -> None:
    """What reaches the operating point is kept, however many there are; no other score changes."""
    run, samples = sbhar
    day = np.tile(samples, (24, 1))
    some = gtan.detect(run, {"day": samples})
    least = round(float(some["score"].iloc[TOP_K // 2]), 4)  # half of the hour's best reach it
    everything, above = (
        gtan.detect(run, {"day": day}),
        gtan.detect(run, {"day": day}, at=f"score={least}"),
    )
    assert len(everything) == TOP_K and len(above) > 1.5 * TOP_K
    assert (above["score"] >= least).all() and above["score"].is_monotonic_decreasing
    same(above.head(TOP_K), everything)
    short = some[some["score"] >= least].reset_index(drop=True)
    same(gtan.detect(run, {"day": samples}, at=f"score={least}"), short)
    assert 5 < len(short) < TOP_K


@pytest.mark.parametrize(
    ("settings", "options"),
    [
        ({"data.view": "resized"}, {"fps": 10, "duration": 50}),
        (
            {"data.view": "resized", "data.spacing": "even", "data.feature_layout": "clips_first"},
            {"duration": {"monday": 50}},
        ),
        ({"data.fps": 10, "data.clip_offset": -2.5}, {"duration": 50}),
    ],
)
def test_other_clips_are_detected_as_by_name(place: Path, settings: Any, options: Any) -> None:
    train("run", **settings)
    wanted = renamed(gtan.detect("run", "v4"), "monday")
    same(gtan.detect("run", {"monday": "v4.npy"}, **options), wanted)
    same(gtan.detect("run", {"monday": np.load("v4.npy")}, **options), wanted)
    assert len(wanted)


def test_frame_by_frame_runs_are_detected_as_by_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """MS-TCN's layout: a folder, features [D, T], the duration as many labels long."""
    monkeypatch.chdir(tmp_path)
    for folder in ("groundTruth", "splits", "features"):
        (tmp_path / "set" / folder).mkdir(parents=True)
    rng = np.random.default_rng(0)
    for number in range(4):
        labels = ["run"] * 30 + ["background"] * 40 + ["jump"] * (30 + number)
        (tmp_path / f"set/groundTruth/v{number}.txt").write_text("\n".join(labels))
        np.save(f"set/features/v{number}.npy", rng.standard_normal((5, len(labels))))
    (tmp_path / "set/splits/train.split1.bundle").write_text("v0.txt\nv1.txt\nv2.txt\n")
    (tmp_path / "set/splits/test.split1.bundle").write_text("v3.txt\n")
    default = {"data.annotations": "set", "data.features": "", "data.test_subset": "testing"}
    train(
        "run",
        **default
        | {"data.dataset": "framewise", "data.split": 1, "data.fps": 15, "data.clip_length": 1,
           "data.clip_stride": 1, "data.hold_out_every": 3},
    )  # fmt: skip
    wanted = renamed(gtan.detect("run", "v3"), "monday")
    path = Path("set/features/v3.npy")
    same(gtan.detect("run", {"monday": path}), wanted)
    same(gtan.detect("run", {"monday": np.load(path).T}), wanted)
    assert len(wanted) and wanted["end"].max() <= 103 / 15


@pytest.mark.parametrize("at", [0.3, None, True])
def test_an_operating_point_is_written_as_text(at: Any) -> None:
    with pytest.raises(ValueError, match=f"at = {at}: write 'score={at}'"):
        gtan.detect(None, "anything", at=at)


@pytest.mark.parametrize(("at", "tiou", "words"), [("f2", 0.5, "f2"), ("all", 7, "7")])
def test_points_and_thresholds_are_checked_first(at: str, tiou: float, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        gtan.detect("no run is needed", "anything", at=at, tiou=tiou)
