"""Annotations with feature files: what is accepted, and every mistake with its message."""

from __future__ import annotations

import re
import time
import warnings
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pandas as pd
import pytest

from gtan.data import load_dataset
from gtan.data.annotations import read_truth
from gtan.data.checks import shared_time
from gtan.data.dataset import Dataset
from gtan.data.features import FeatureError
from gtan.data.recordings import annotation_file
from gtan.data.stride import check_stride
from gtan.data.windows import WindowCutter, WindowSampler
from gtan.evaluation.overlap import overlapping_pairs
from gtan.settings import AugmentationSettings, DataSettings, Settings, SettingsError
from tests.gtan.bench import SECONDS, VIDEOS, Bench, database, entry, features
from tests.published import published_data


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


def test_a_data_set(bench: Bench) -> None:
    dataset = bench.load()
    assert dataset.subsets == {"train": ("a", "b"), "validation": ("c",), "test": ("d",)}
    assert dataset.classes == ("jump", "run") and dataset.feature_dim == 6
    assert len(dataset.truth) == 8 and not dataset.skipped
    window = WindowCutter(dataset, 64, 0.5).cut("b", 8.0)
    np.testing.assert_array_equal(window.features[:31], features(seed=1)[8:])
    assert window.valid.sum() == 31
    # Clip i covers i .. i + 2 s, its middle is position i + 0.5: [10, 30] s is 9.5 .. 29.5.
    np.testing.assert_allclose(window.segments, [[1.5 / 64, 21.5 / 64]])
    assert window.labels.tolist() == [0]


def test_learning_from_validation_too(bench: Bench) -> None:
    assert bench.load(train_on="train+validation").subsets["train"] == ("a", "b", "c")
    same = {"test_subset": "validation"}
    assert bench.load(**same).subsets["test"] == ("c",)
    bench.fails(SettingsError, "learn from 1 test recordings", train_on="train+validation", **same)
    held = bench.load(validation_subset="", hold_out_every=2).subsets
    assert held["train"] == ("b",) and held["validation"] == ("a",)
    assert bench.load(validation_subset="").subsets["validation"] == ()
    assert bench.load(test_subset="").subsets["test"] == ()


@pytest.mark.parametrize("suffix", ["npz", "h5", "csv", "npy"])
def test_formats(bench: Bench, suffix: str) -> None:
    expected = {n: bench.load().recordings[n].features(3.0, 40) for n in VIDEOS}
    for name in VIDEOS:
        array = np.load(bench.folder / f"{name}.npy").T
        path = bench.folder / f"{name}.{suffix}"
        if suffix == "npz":
            np.savez(path, array)
        elif suffix == "csv":
            np.savetxt(path, array, "%.9g", ",")
        elif suffix == "npy":
            np.save(path, array)
        else:
            with h5py.File(path, "w") as file:
                file["x"] = array
    place = str(bench.folder / ("{video}." + suffix))
    found = bench.load(features=place, feature_layout="clips_last")
    for name in VIDEOS:
        np.testing.assert_array_equal(found.recordings[name].features(3.0, 40), expected[name])


def test_one_hdf5_file_for_all(bench: Bench) -> None:
    path = bench.folder / "all.hdf5"
    with h5py.File(path, "w") as file:
        for name in VIDEOS:
            file[f"v_{name}/c3d_features"] = np.load(bench.folder / f"{name}.npy")
    found = bench.load(features=str(path), feature_key="v_{video}/c3d_features")
    np.testing.assert_array_equal(found.recordings["b"].features(3.0, 4), features(seed=1)[3:7])
    bench.fails(FileNotFoundError, "4 of 4 .* no features .*a, b, c, d", features=str(path))
    bench.fails(FeatureError, "holds c3d_features", features=str(path), feature_key="v_{video}")
    bench.fails(SettingsError, "must stand in the key", features=str(path), feature_key="x")
    with h5py.File(path, "r+") as file:
        del file["v_b"]
    key = {"features": str(path), "feature_key": "v_{video}/c3d_features"}
    bench.fails(FileNotFoundError, "1 of 4 .*: b. Fetch", **key)
    path.write_bytes(path.read_bytes()[:500])
    bench.fails(FeatureError, "not a whole HDF5 file", **key)


def test_missing_features_are_listed_at_once(bench: Bench) -> None:
    (bench.folder / "b.npy").unlink()
    (bench.folder / "d.npy").unlink()
    message = bench.fails(FileNotFoundError, "2 of 4 recordings .*: b, d.")
    assert str(bench.annotations) in message and "data.missing_features='skip'" in message
    assert f"The first is looked for at {bench.folder / 'b.npy'}, seen from {Path.cwd()}" in message
    with pytest.warns(UserWarning, match="2 of 4 recordings have no features and are left out"):
        dataset = bench.load(missing_features="skip")
    assert dataset.skipped == {"train": {"b": 2}, "test": {"d": 2}}
    assert dataset.subsets == {"train": ("a",), "validation": ("c",), "test": ()}
    assert set(dataset.truth["video"]) == {"a", "c"}
    assert bench.load(exclude=("b", "d"), test_subset="").skipped == {}
    for name in "ac":
        (bench.folder / f"{name}.npy").unlink()
    bench.fails(FileNotFoundError, "4 of 4", missing_features="skip")


def test_wrong_width(bench: Bench) -> None:
    np.save(bench.folder / "c.npy", features(width=7))
    bench.fails(FeatureError, "1 of 4 .*\n.*c.npy: has 7 dimensions, most files 6")


def test_all_broken_files_are_listed_at_once(bench: Bench) -> None:
    (bench.folder / "a.npy").write_bytes(b"")
    content = (bench.folder / "b.npy").read_bytes()
    (bench.folder / "b.npy").write_bytes(content[:-1])
    np.save(bench.folder / "c.npy", np.array([{}], object))
    message = bench.fails(FeatureError, "3 of 4 feature files cannot be used")
    for fault in ("a.npy: the file is empty", "b.npy: its header says", "c.npy: holds Python"):
        assert fault in message


def test_number_of_clips_against_the_duration(bench: Bench) -> None:
    np.save(bench.folder / "b.npy", features(78))
    bench.fails(FeatureError, "b.npy: 40 s, but the stride cannot be true: 78 clips, 39 to 40")
    assert bench.load(tolerance=1.0).recordings["b"].clips == 78
    np.save(bench.folder / "b.npy", features(41))  # two more or less are nothing
    assert bench.load().recordings["b"].clips == 41
    for name in VIDEOS:
        np.save(bench.folder / f"{name}.npy", features().T)
    bench.fails(FeatureError, "clips stand in the last axis .data.feature_layout")
    assert bench.load(feature_layout="clips_last").feature_dim == 6


def test_nan_is_found_when_the_clip_is_read(bench: Bench) -> None:
    broken = features()
    broken[20, 3] = np.nan
    np.save(bench.folder / "a.npy", broken)
    recording = bench.load().recordings["a"]
    assert np.isfinite(recording.features(0.0, 20)).all()
    with pytest.raises(FeatureError, match=r"a.npy: clip 20, dimension 3 is NaN"):
        recording.features(0.0, 40)


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        (entry((38, 50, "run")), r"1 annotations lie outside .*: b \[38, 50\] run of 40 s"),
        (entry((-5, 2, "run")), r"outside .*b \[-5, 2\] run"),
        (entry((70, 80, "run")), r"outside .*b \[70, 80\] run"),
        (entry((9, 3, "run")), "'b'.* end 3.0 is before start 9.0"),
        (entry((float("nan"), 3, "run")), "'b'.*start is nan"),
        (entry((1, 3, "")), "'b'.*label is ''"),
        (entry((1, 2, "run"), duration=-3), "'b'.*'duration'. is -3"),
        ({"subset": "training", "annotations": []}, "'duration' is missing in b"),
        (entry((1, 2, "run"), duration=None), "'duration' is missing in b; give the seconds"),
        (entry((1, 2, "run"), duration="40 s"), "'b'.*'duration'. is '40 s', not a positive"),
    ],
)
def test_annotations_with_a_fault(bench: Bench, changed: dict[str, Any], message: str) -> None:
    bench.annotate(database(b=changed))
    assert str(bench.annotations) in bench.fails(ValueError, message)


def test_outside_annotations_may_be_kept_for_the_evaluation(bench: Bench) -> None:
    bench.annotate(database(b=entry((38, 50, "run"), (70, 80, "run"))))
    dataset = bench.load(outside="keep")
    assert dataset.truth_of(["b"])["end"].tolist() == [50, 80]
    window = WindowCutter(dataset, 64, 0.1).cut("b", 0.0)
    np.testing.assert_allclose(window.segments, [[37.5 / 64, 39 / 64]])  # cut; the other is nowhere


def test_a_hair_beyond_the_end_is_no_fault(bench: Bench) -> None:
    bench.annotate(database(b=entry((30, 40.9, "run"), (39, 39, "jump"))))
    dataset = bench.load()
    assert dataset.truth_of(["b"])["end"].tolist() == [40.9, 39]
    assert len(WindowCutter(dataset, 64, 0.5).cut("b", 0.0).labels) == 1


def test_unknown_labels(bench: Bench) -> None:
    bench.annotate(database(d=entry((1, 2, "swim"), subset="testing")))
    bench.fails(ValueError, "1 annotations .*training recordings do not have: 'swim' in d")
    bench.fails(ValueError, "data.classes do not have: 'swim' in d", classes=("run", "jump"))
    dataset = bench.load(classes=("swim", "run", "jump"))
    assert dataset.classes == ("swim", "run", "jump")
    bench.fails(SettingsError, "'run' is there twice", classes=("run", "jump", "run"))


def test_duplicate_recordings(bench: Bench) -> None:
    text = bench.annotations.read_text()
    bench.annotations.write_text(text.replace('"b":', '"a":'))
    bench.fails(ValueError, "'a' appears twice")


@pytest.mark.parametrize("name", ["x/y", "..", ".", "../a", "/etc/passwd", "x\\y", "x\0y"])
def test_names_that_would_leave_the_folder(bench: Bench, name: str) -> None:
    bench.annotate(database(**{name: entry((1, 2, "run"))}))
    message = bench.fails(ValueError, "must not hold a slash or be '..'")
    assert repr(name) in message and str(bench.annotations) in message


def test_odd_but_harmless_names(bench: Bench) -> None:
    names = ["a..b", "{video}", "ü 1", "-x", "%2e", "<b>"]
    bench.annotate(database(**{name: entry((1, 2, "run")) for name in names}))
    for name in names:
        np.save(bench.folder / f"{name}.npy", features())
    assert set(names) <= set(bench.load().recordings)


def test_recordings_without_actions_and_subsets_without_annotations(bench: Bench) -> None:
    bench.annotate(
        database(
            b=entry(),
            d={"subset": "testing", "duration": SECONDS},  # no 'annotations' at all
        )
    )
    dataset = bench.load()
    assert dataset.subsets["test"] == ("d",) and dataset.truth_of(["b", "d"]).empty
    assert dataset.evaluation_truth("test").instances.empty
    assert dataset.evaluation_truth("train").videos["video"].tolist() == ["a", "b"]
    window = WindowCutter(dataset, 64, 0.5).cut("b", 0.0)
    assert window.segments.shape == (0, 2)


def test_nothing_annotated_at_all(bench: Bench) -> None:
    bench.annotate({name: entry(subset=subset) for name, subset in VIDEOS.items()})
    bench.fails(ValueError, "nothing is annotated in the training recordings")
    dataset = bench.load(classes=("run", "jump"))  # inference with the labels of a trained run
    assert dataset.truth.empty and len(dataset.recordings) == 4
    assert WindowCutter(dataset, 64, 0.5).cut("a", 0.0).labels.size == 0


def test_subsets_and_settings_that_do_not_exist(bench: Bench) -> None:
    bench.fails(SettingsError, "no such subset; it has 'testing', 'training'", train_subset="Train")
    bench.fails(SettingsError, "data.features: where", features="")
    bench.fails(SettingsError, "data.annotations: name a file", annotations="")
    bench.fails(FileNotFoundError, "there is no nowhere.json", annotations="nowhere.json")
    bench.fails(SettingsError, r"for a folder write f/\{video\}.npy", features="f/")
    for suffix, advice in (
        ("pkl", "a pickle can run any code and is never loaded"),
        ("mat", "convert each one: np.save.*scipy.io.loadmat"),
        ("json", "convert each one: np.save.*json.load"),
        ("npy.gz", "unpack it"),
    ):
        message = bench.fails(SettingsError, "must end in .npy, ", features="f/{video}." + suffix)
        assert re.search(advice, message) and "folder" not in message
    none = {f"{subset}_subset": "" for subset in ("train", "validation", "test")}
    bench.fails(SettingsError, "no recording is left", **none)
    assert "~" not in bench.fails(FileNotFoundError, "no /", annotations="~/nowhere.json")
    bench.fails(SettingsError, "must stand for", features="f/v.npy")
    bench.fails(SettingsError, "data.fps: give frames .* in a, b, c, d", fps=None)
    (bench.folder / "t.csv").write_text("video,label,start,end\na,run,1,2\n")
    bench.fails(SettingsError, "neither durations nor", annotations=str(bench.folder / "t.csv"))


def test_frame_rates_of_their_own(bench: Bench) -> None:
    """b was filmed at half the rate: half as many clips, each twice as long."""
    content = database()
    for name, video in content.items():
        video["fps"] = 4 if name == "b" else 8
    bench.annotate(content)
    np.save(bench.folder / "b.npy", features(19))
    dataset = bench.load(fps=None)
    assert dataset.recordings["a"].grid.stride == 1 and dataset.recordings["b"].grid.stride == 2
    assert dataset.recordings["b"].grid.to_seconds(0.5) == 2.0
    bench.fails(FeatureError, "b.npy.*19 clips, 39 to 40 expected")


def test_shorter_than_one_window_and_a_single_clip(bench: Bench) -> None:
    bench.annotate(database(b=entry((0, 0.5, "run"), duration=1.0)))
    np.save(bench.folder / "b.npy", features(1))
    dataset = bench.load()
    window = WindowCutter(dataset, 64, 0.5).cut("b", 0.0)
    assert window.valid.sum() == 1 and not window.features[1:].any()
    sampler = WindowSampler(
        WindowCutter(dataset, 64, 0.5),
        ["b"],
        AugmentationSettings(time_stretch=0.5),
        batch_size=4,
        seed=0,
    )
    assert all(np.isfinite(window.features).all() for window in sampler.batch(1))


def test_training_windows_begin_at_a_clip(bench: Bench) -> None:
    dataset = bench.load(window=16)
    sampler = WindowSampler(
        WindowCutter(dataset, 16, 0.5), ["a"], AugmentationSettings(), batch_size=8, seed=0
    )
    rows = {row.tobytes() for row in features()}
    for window in sampler.batch(1):
        assert all(row.tobytes() in rows for row in window.features)


def test_augmentation(bench: Bench) -> None:
    recording = bench.load().recordings["a"]
    rng = np.random.default_rng(0)
    noisy = recording.features(0.0, 39, 1.0, AugmentationSettings(noise=0.1), rng)
    change = (noisy - features()) / features().std(0)
    assert change.std() == pytest.approx(0.1, rel=0.2)
    slow = recording.features(0.25, 10, 0.5)  # positions 0.5, 1.0, 1.5 ..: clips 0, 0.5, 1 ..
    np.testing.assert_allclose(slow[0], features()[0])
    np.testing.assert_allclose(slow[1], features()[:2].mean(0), rtol=1e-5)
    for name in ("rotation", "yaw"):
        augmentation = AugmentationSettings.model_validate({name: 5.0})
        with pytest.raises(SettingsError, match="turn a sensor"):
            recording.features(0.0, 4, 1.0, augmentation, rng)


def test_resized_to_one_window(bench: Bench) -> None:
    """Each recording is one window; a ramp stays the same ramp in seconds, truth stays put."""
    ramp = (np.arange(39, dtype=np.float32) + 1.0)[:, None].repeat(6, 1)  # middle of clip i, s
    for name in VIDEOS:
        np.save(bench.folder / f"{name}.npy", ramp)
    dataset = bench.load(view="resized", window=128)
    recording = dataset.recordings["a"]
    assert recording.clips == 128
    window = WindowCutter(dataset, 128, 0.5).cut("a", 0.0)
    assert window.valid.all()
    middles = recording.grid.to_seconds(np.arange(128) + 0.5)
    np.testing.assert_allclose(middles, (np.arange(128) + 0.5) * 40 / 128)
    np.testing.assert_allclose(window.features[:, 0], middles.clip(1, 39), rtol=1e-5)
    np.testing.assert_allclose(window.segments, [[2 / 40, 5.5 / 40], [10 / 40, 30 / 40]])


def test_evenly_spaced_files(bench: Bench) -> None:
    """BSN's: 100 rows whatever the duration, so that a row is a hundredth of the recording."""
    middles = ((np.arange(100, dtype=np.float32) + 0.5) * 0.4)[:, None].repeat(6, 1)
    for name in VIDEOS:
        header = ",".join(map(str, range(6)))
        path = bench.folder / f"{name}.csv"
        np.savetxt(path, middles, "%.7g", ",", header=header, comments="")
    place = str(bench.folder / "{video}.csv")
    bench.fails(FeatureError, "0,1,2,3.* a header or the first clip", features=place)
    read = {"features": place, "csv_header": "names"}
    bench.fails(FeatureError, "5 of them, can be an index", **read)  # they rise with time
    read["csv_skip_columns"] = 0
    bench.fails(FeatureError, "rescaled .data.spacing='even'", **read)
    read |= {"spacing": "even", "fps": None}
    bench.fails(SettingsError, r"data.feature_layout: .*a\.csv .*\(100, 6\)", **read)
    read["feature_layout"] = "clips_first"
    dataset = bench.load(**read)
    recording = dataset.recordings["a"]
    assert recording.clips == 100 and recording.grid.stride == 0.4
    np.testing.assert_allclose(
        recording.features(0.0, 100)[:, 0], recording.grid.to_seconds(np.arange(100) + 0.5)
    )
    resized = bench.load(**read, view="resized").recordings["a"]
    np.testing.assert_allclose(resized.features(0.0, 64)[1:-1, 0], (np.arange(1, 63) + 0.5) * 0.625)


def test_files_whose_axes_both_fit(bench: Bench) -> None:
    for name in VIDEOS:
        np.save(bench.folder / f"{name}.npy", features(39, 40))
    message = bench.fails(SettingsError, r"setting data\.feature_layout: .*a\.npy .*\(39, 40\)")
    assert "39 clips of 40 dim" in message and "40 clips of 39 dim" in message
    assert bench.load(feature_layout="clips_first").feature_dim == 40
    assert bench.load(feature_layout="clips_last").feature_dim == 39
    np.save(bench.folder / "a.npy", features(38, 40))  # now they agree in one axis only
    assert bench.load().feature_dim == 40


def test_evenly_spaced_files_of_many_lengths(bench: Bench) -> None:
    """One axis differs from file to file: clips."""
    even = {"spacing": "even", "fps": None}
    for clips, name in enumerate(VIDEOS, 20):
        np.save(bench.folder / f"{name}.npy", features(clips, 6))
    assert bench.load(**even).feature_dim == 6
    for clips, name in enumerate(VIDEOS, 20):
        np.save(bench.folder / f"{name}.npy", features(clips, 6).T)
    bench.fails(FeatureError, "same first axis: .*'clips_last'", **even)
    assert bench.load(feature_layout="clips_last", **even).feature_dim == 6


def test_an_index_column_is_found_when_the_data_set_is_loaded(bench: Bench) -> None:
    for seed, name in enumerate(VIDEOS):
        pd.DataFrame(features(seed=seed)).add_prefix("f").to_csv(bench.folder / f"{name}.csv")
    place = str(bench.folder / "{video}.csv")
    message = bench.fails(FeatureError, "4 of 4 .*\n.*a.csv: the first column", features=place)
    assert "data.csv_skip_columns: 1, or 0" in message and "d.csv" in message
    for view in ({}, {"spacing": "even", "fps": None, "feature_layout": "clips_first"}):
        bench.fails(FeatureError, "an index", features=place, **view)
        dataset = bench.load(features=place, csv_skip_columns=1, **view)
        assert dataset.feature_dim == 6
        read = dataset.recordings["b"].features(0.0, 39)
        np.testing.assert_allclose(read, features(seed=1), rtol=1e-5)
    assert bench.load(features=place, csv_skip_columns=0).feature_dim == 7


@pytest.mark.parametrize(
    "settings",
    [
        {"channels": "acc"},
        {"held_out_user": 3},
        {"validation_users": (3,)},
        {"csv_header": "names"},
        {"csv_skip_columns": 0},
        {"feature_key": "x"},
        {"spacing": "even", "fps": None, "clip_offset": 4.0},
        {"spacing": "even"},  # with fps
    ],
)
def test_settings_without_effect_are_refused(bench: Bench, settings: dict[str, Any]) -> None:
    idle = {"spacing": "clip_offset" if "clip_offset" in settings else "fps"}
    name = idle.get(next(iter(settings)), next(iter(settings)))
    bench.fails(SettingsError, rf"setting data\.{name}: no effect, since", **settings)


@pytest.mark.parametrize(
    "settings",
    [
        {"annotations": "x.json", "features": "{video}.npy"},
        {"fps": 50.0},
        {"classes": ("WALKING",)},
        {"view": "resized"},
        {"feature_layout": "clips_last"},
        {"test_subset": ""},
        {"clip_offset": -20.0},
    ],
)
def test_settings_of_brought_data_are_refused_for_sbhar(settings: dict[str, Any]) -> None:
    names = ", ".join(rf"data\.{name}" for name in settings)
    with pytest.raises(SettingsError, match=f"setting {names}: no effect, since .*sbhar"):
        load_dataset(DataSettings.model_validate(settings))


def test_holding_out_beside_a_validation_subset_is_said_to_do_nothing(bench: Bench) -> None:
    with pytest.warns(UserWarning, match="data.hold_out_every=2 has no effect"):
        bench.load(hold_out_every=2)


def test_excluding_what_is_not_there(bench: Bench) -> None:
    bench.annotate({f"r{n}": entry() for n in range(9)})
    bench.fails(SettingsError, "data.exclude: no recording r44; did you mean r4", exclude=("r44",))
    preset = Settings.preset("paper-thumos14").data.exclude
    bench.fails(SettingsError, "no recording video_test_0001292; name recordings", exclude=preset)


def test_faults_of_recordings_that_do_not_take_part_do_not_matter(bench: Bench) -> None:
    wrong = entry((9, 3, "run"), duration=None, fps="25")
    bench.annotate(database(b=wrong, x=wrong | {"subset": "gone"}))
    bench.fails(ValueError, "'b'.* end 3.0 is before start 9.0")
    assert set(bench.load(exclude=("b",)).recordings) == {"a", "c", "d"}


@pytest.mark.parametrize("offset", [320, 1e6, -16, -1e6])
def test_a_clip_offset_outside_the_recordings(bench: Bench, offset: float) -> None:
    bench.fails(
        SettingsError,
        r"data\.clip_offset = .*clip 0 would lie outside a, b, c, d",
        clip_offset=offset,
    )
    with pytest.raises(
        ValueError, match=r"offset .*: clip 0, .* lies outside the recording of 40 s"
    ):
        check_stride(39, SECONDS, stride=8, length=16, fps=8, offset=offset)
    assert bench.load(clip_offset=-15).recordings["a"].grid.offset == -15 / 8


def test_names_of_recordings_that_look_alike(bench: Bench) -> None:
    bench.annotate(database() | {"a ": entry(), "A": entry()})
    bench.fails(ValueError, "names of recordings differ only in .*'a' and 'a '; rename or exclude")
    np.save(bench.folder / "A.npy", features())
    assert "A" in bench.load(exclude=("a ",)).recordings  # videos' names may differ in case
    bench.annotate(database() | {"\u00e9": entry(), "e\u0301": entry()})
    bench.fails(ValueError, "names of recordings differ only in .*Unicode form")


@pytest.mark.parametrize("label", ["run ", "\uff52un", "r\u200bun"])
def test_labels_that_look_alike(bench: Bench, label: str) -> None:
    bench.annotate(database(b=entry((1, 2, label))))
    message = bench.fails(ValueError, "labels differ only in .*; write them alike")
    assert repr(label) in message and repr("run") in message
    assert bench.load(classes=("run", label, "jump")).classes == ("run", label, "jump")
    assert bench.load(exclude=("b",)).classes == ("jump", "run")


def test_labels_that_differ_in_letter_case_are_two_actions(bench: Bench) -> None:
    bench.annotate(database(b=entry((1, 2, "Run"))))
    with pytest.warns(
        UserWarning, match="only in letter case, and are different .*'Run' and 'run'"
    ):
        assert bench.load().classes == ("Run", "jump", "run")
    bench.annotate(database(b=entry((1, 2, "ambiguous"))))
    assert "ambiguous" in bench.load().classes  # THUMOS14's word is another one


def test_labels_in_two_unicode_forms_are_shown_apart(bench: Bench) -> None:
    bench.annotate(database(a=entry((1, 2, "caf\u00e9")), b=entry((1, 2, "cafe\u0301"))))
    message = bench.fails(ValueError, "labels differ only in spaces or Unicode form")
    assert r"caf\xe9" in message and r"cafe\u0301" in message


def test_one_hdf5_file_with_entries_under_a_group(bench: Bench) -> None:
    path = bench.folder / "all.h5"
    with h5py.File(path, "w") as file:
        for name in "abd":
            file[f"set/{name}"] = np.load(bench.folder / f"{name}.npy")
            file[f"deep/x_{name}/c3d"] = np.load(bench.folder / f"{name}.npy")
        file["deep/x_c/other"] = features()
    flat = {"features": str(path), "feature_key": "set/{video}"}
    bench.fails(FileNotFoundError, r"1 of 4 .*data.feature_key='set/\{video\}': c\.", **flat)
    with pytest.warns(UserWarning, match="1 of 4 recordings have no features"):
        assert bench.load(missing_features="skip", **flat).skipped == {"validation": {"c": 2}}
    deep = {"features": str(path), "feature_key": "deep/x_{video}/c3d"}
    # The group is there, without the array that others have.
    bench.fails(FileNotFoundError, "1 of 4 .*: c. Fetch", **deep)
    with pytest.warns(UserWarning, match="1 of 4 recordings have no features"):
        assert bench.load(missing_features="skip", **deep).skipped == {"validation": {"c": 2}}
    wrong = deep | {"feature_key": "deep/x_{video}/i3d"}
    for missing in ("skip", "error"):  # nobody has it: the key is wrong
        said = r"no entry 'deep/x_a/i3d' .* nor has any other .*; its group 'deep/x_a' holds c3d$"
        bench.fails(FeatureError, said, missing_features=missing, **wrong)
    with h5py.File(path, "r+") as file:
        del file["deep/x_c"]
    bench.fails(FileNotFoundError, "1 of 4 .*: c. Fetch", **deep)
    for key, held in (
        ("/set/{video}", ""),
        ("none/{video}", "; it holds deep, set$"),
        ("set/v_{video}", "; its group 'set' holds a, b, d$"),
    ):
        said = "no features.*seen from .*" + held
        bench.fails(FileNotFoundError, said, features=str(path), feature_key=key)


@pytest.mark.parametrize("suffix", ["h5", "npz"])
def test_a_file_without_the_array_that_others_have(bench: Bench, suffix: str) -> None:
    for name in VIDEOS:
        array, key = np.load(bench.folder / f"{name}.npy"), "flow" if name == "b" else "rgb"
        if suffix == "npz":
            np.savez(bench.folder / f"{name}.npz", **{key: array})
        else:
            with h5py.File(bench.folder / f"{name}.h5", "w") as file:
                file[key] = array
    files = {"features": str(bench.folder / ("{video}." + suffix)), "feature_key": "rgb"}
    bench.fails(FileNotFoundError, "1 of 4 .*: b. Fetch", **files)
    with pytest.warns(UserWarning, match="1 of 4 recordings have no features"):
        assert bench.load(missing_features="skip", **files).skipped == {"train": {"b": 2}}
    wrong = files | {"feature_key": "i3d", "missing_features": "skip"}
    bench.fails(FeatureError, "has no (entry|array) 'i3d' .*it holds rgb", **wrong)
    (bench.folder / f"b.{suffix}").write_bytes(b"damaged")  # which is no missing one
    bench.fails(
        FeatureError, f"1 of 4 .*\n.*b.{suffix}.*truncated", missing_features="skip", **files
    )


def test_messages_about_one_hdf5_file_name_the_entry(bench: Bench) -> None:
    path = bench.folder / "all.h5"
    arrays = {
        "a": features(),
        "b": features(width=7),
        "c": features(78),
        "d": features()[None, None],
    }
    with h5py.File(path, "w") as file:
        for name, array in arrays.items():
            file[name] = array
    message = bench.fails(FeatureError, "3 of 4", features=str(path))
    for fault in (
        "all.h5['b']: has 7 dimensions",
        "all.h5['c']: 40 s, but the stride cannot be true",
        "all.h5['d']: has shape (1, 1, 39, 6)",
    ):
        assert fault in message


def test_actions_that_share_their_time_are_mentioned(bench: Bench) -> None:
    dives = entry((1, 5, "dive"), (1.5, 5, "cliff dive"), (1, 9, "x"), (20, 22, "dive"))
    bench.annotate(database(b=dives))
    said = (
        r"2 actions overlap .* half: b \[1, 5\] s dive, \[1.5, 5\] s cliff dive.*detection.labels"
    )
    with pytest.warns(UserWarning, match=said):
        bench.load()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        load_dataset(bench.settings(), labels="all")
        bench.load(exclude=("b",))


def test_many_actions_are_compared_in_no_time() -> None:
    rng = np.random.default_rng(0)
    start = rng.uniform(0, 400, 20_000)
    table = pd.DataFrame(
        {
            "video": rng.integers(20, size=20_000).astype(str),
            "label": rng.choice(list("abc"), 20_000),
            "start": start,
            "end": start + rng.uniform(0, 4, 20_000) * (rng.random(20_000) > 0.01),
        }
    )
    begun = time.process_time()
    partners = shared_time(table)
    assert time.process_time() - begun < 2
    video, label = table["video"].astype("category").cat.codes, table["label"].to_numpy()
    times = table[["start", "end"]].to_numpy()
    a, b, tiou = overlapping_pairs(video.to_numpy(), times, video.to_numpy(), times, 0.5)
    pairs = {(a, b) for a, b in zip(a[tiou > 0.5], b[tiou > 0.5]) if label[a] != label[b]}
    found = {(row, partner) for row, partner in enumerate(partners) if partner >= 0}
    assert found <= pairs and {a for a, _ in found} == {a for a, _ in pairs} and len(found) > 1000


def test_thumos14_is_all_there() -> None:
    everything = read_truth(annotation_file("thumos14"))
    counts = everything.videos["subset"].value_counts()
    assert counts.to_dict() == {"Test": 213, "Validation": 200}
    labels = everything.instances["label"]
    assert (labels != "Ambiguous").sum() == 3358 + 3007 and labels.nunique() == 21
    assert set(everything.videos["fps"]) == {24.0, 25.0, 29.97, 30.0}


def test_thumos14_truth_is_the_official_one_in_its_order() -> None:
    official = read_truth(published_data("oracles/thumos14_scnn_c3d/ground_truth.csv")).instances
    mine = read_truth(annotation_file("thumos14"), "Test").instances
    for video, rows in mine.groupby("video"):
        assert rows.values.tolist() == official[official["video"] == video].values.tolist()
    assert len(mine) == len(official)


def test_activitynet_is_all_there() -> None:
    truth = read_truth(annotation_file("activitynet"))
    counts = truth.videos["subset"].value_counts().to_dict()
    assert counts == {"training": 9649, "testing": 4851, "validation": 4728}
    assert len(truth.instances) == 22152 and truth.instances["label"].nunique() == 200


def made(preset: str, folder: Path, few: int, **changes: Any) -> Dataset:
    """A preset on made features for some of the real videos; the others are skipped."""
    settings = Settings.preset(preset).override(
        {f"data.{name}": value for name, value in changes.items()}
        | {"data.features": str(folder / "{video}.npy"), "data.missing_features": "skip"}
    )
    truth = read_truth(annotation_file(settings.data.dataset)).videos
    for subset, rows in truth.groupby("subset"):
        if subset == "testing":
            continue
        for row in rows.iloc[:few].itertuples():
            clips = max(1, int((row.duration * row.fps - 16) / 8) + 1)
            np.save(folder / f"{row.video}.npy", np.zeros((clips, 8), np.float32))
    return load_dataset(settings.data)


def test_paper_thumos14(tmp_path: Path) -> None:
    """Real annotations, made features."""
    dataset = made("paper-thumos14", tmp_path, 300)
    assert len(dataset.subsets["test"]) == 212 and len(dataset.subsets["train"]) == 200
    assert len(dataset.subsets["validation"]) == 40 and not dataset.skipped
    assert len(dataset.classes) == 20 and "Ambiguous" not in dataset.classes
    assert dataset.protocol == "thumos14" and len(dataset.truth) == 6365
    assert (dataset.evaluation_truth("test").instances["label"] == "Ambiguous").sum() == 96
    assert "Ambiguous" not in set(dataset.truth["label"])
    slow = dataset.recordings["video_test_0001235"]
    assert slow.grid.stride == pytest.approx(8 / 29.97)
    held = load_dataset(
        Settings.preset("paper-thumos14")
        .override({"data.features": str(tmp_path / "{video}.npy"), "data.train_on": "train"})
        .data
    )
    assert len(held.subsets["train"]) == 160 and len(held.subsets["validation"]) == 40


@pytest.mark.filterwarnings("ignore:.*left out")
def test_paper_activitynet(tmp_path: Path) -> None:
    """Real annotations, made features; every video is one window."""
    dataset = made("paper-activitynet", tmp_path, 20)
    assert len(dataset.classes) == 200  # of all training videos, with features or without
    assert len(dataset.subsets["test"]) == 20 == len(dataset.subsets["validation"])
    assert len(dataset.skipped["test"]) == 4708 and sum(dataset.skipped["test"].values()) > 4708
    assert {recording.clips for recording in dataset.recordings.values()} == {512}
    assert dataset.tiou[0] == 0.5 and len(dataset.tiou) == 10


def test_hours_long(bench: Bench) -> None:
    seconds = 3 * 3600
    bench.annotate(database(b=entry((seconds - 20, seconds - 10, "run"), duration=seconds)))
    np.save(bench.folder / "b.npy", features(seconds - 1))
    dataset = bench.load()
    cutter = WindowCutter(dataset, 64, 0.5)
    window = cutter.cut("b", float(seconds - 65))
    np.testing.assert_allclose(window.segments * 64, [[44.5, 54.5]], atol=1e-3)
