"""SBHAR and the windows cut from it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from gtan.data import load_dataset
from gtan.data.dataset import Dataset
from gtan.data.sensors import TEST_USERS, VALIDATION_USERS
from gtan.data.windows import WindowCutter, WindowSampler
from gtan.settings import AugmentationSettings, DataSettings, SettingsError
from tests.published import published_data


@pytest.fixture(autouse=True, scope="module")
def published() -> None:
    published_data("sbhar")


@pytest.fixture(scope="module")
def sbhar() -> Dataset:
    return load_dataset(DataSettings(train_on="train"))


def users(names: Any) -> set[int]:
    return {int(name[-2:]) for name in names}


def test_sbhar_is_all_there(sbhar: Dataset) -> None:
    assert len(sbhar.recordings) == 61
    assert len(sbhar.truth) == 1214 and len(sbhar.classes) == 12
    assert sum(r.duration for r in sbhar.recordings.values()) / 60 == pytest.approx(374, abs=1)
    assert len(sbhar.subsets["test"]) == 19
    assert len(sbhar.truth_of(sbhar.subsets["test"])) == 365
    first = sbhar.truth.iloc[0]  # "1 1 5 250 1232", counted from 1
    assert (first["video"], first["label"]) == ("exp01_user01", "STANDING")
    assert (first["start"], first["end"]) == (4.98, 24.64)


def test_splits(sbhar: Dataset) -> None:
    assert users(sbhar.subsets["test"]) == set(TEST_USERS)
    assert users(sbhar.subsets["validation"]) == set(VALIDATION_USERS) == {5, 14, 19, 25, 29}
    assert len(users(sbhar.subsets["train"])) == 16
    everything = load_dataset(DataSettings(train_on="train+validation"))
    assert len(users(everything.subsets["train"])) == 21
    for dataset in (sbhar, everything):
        assert not users(dataset.subsets["train"]) & users(dataset.subsets["test"])


def test_leave_one_subject_out() -> None:
    dataset = load_dataset(DataSettings(held_out_user=5, train_on="train"))
    assert users(dataset.subsets["test"]) == {5}
    assert users(dataset.subsets["validation"]) == {14, 19, 25, 29}
    assert len(users(dataset.subsets["train"])) == 25


FOLDS = ((5, 14, 19, 25, 29), (1, 7, 15, 22, 28), (3, 8, 16, 21, 27), (6, 11, 17, 23, 26, 30))


@pytest.mark.parametrize("fold", FOLDS)
def test_folds_of_the_training_users(fold: tuple[int, ...]) -> None:
    """The four of docs/study.md; together they are all training users, each once."""
    dataset = load_dataset(DataSettings(validation_users=fold, train_on="train"))
    assert users(dataset.subsets["validation"]) == set(fold)
    learned = {user for other in FOLDS if other != fold for user in other}
    assert users(dataset.subsets["train"]) == learned and len(learned) in (15, 16)
    assert users(dataset.subsets["test"]) == set(TEST_USERS)


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"validation_users": (2, 5)}, "data.validation_users: user 2 is tested on"),
        ({"validation_users": (5, 7), "held_out_user": 7}, "user 7 is tested on"),
        ({"exclude": ("exp03_user99",)}, r"no recording exp03_user99; did you mean exp\d\d_user"),
        (
            {"exclude": ("exp09_user05", "exp10_user05"), "validation_users": (5,)},
            "data.validation_users: user 5 is in no recording",
        ),
        (
            {"exclude": ("exp09_user05", "exp10_user05"), "held_out_user": 5},
            "data.held_out_user: user 5 is in no recording",
        ),
        (
            {"train_on": "train", "validation_users": tuple(set(range(1, 31)) - set(TEST_USERS))},
            "data.validation_users: nobody is left to learn from",
        ),
    ],
)
def test_users_and_recordings_that_are_not_there(settings: Any, said: str) -> None:
    with pytest.raises(SettingsError, match=said):
        load_dataset(DataSettings(**settings))


def test_an_excluded_recording_takes_no_part() -> None:
    dataset = load_dataset(DataSettings(exclude=("exp03_user02", "exp09_user05")))
    assert len(dataset.recordings) == 59
    assert not {"exp03_user02", "exp09_user05"} & set(dataset.truth["video"])
    assert all("exp09_user05" not in names for names in dataset.subsets.values())
    assert len(dataset.evaluation_truth("test").videos) == 18


def test_statistics_come_from_training_users_only() -> None:
    def mean(**settings: Any) -> list[float]:
        dataset = load_dataset(DataSettings(train_on="train", **settings))
        recordings: Any = dataset.recordings
        fit = np.concatenate([recordings[name].samples for name in dataset.subsets["train"]])
        recording = next(iter(recordings.values()))
        np.testing.assert_allclose(recording.mean, fit.mean(0), rtol=1e-5)
        np.testing.assert_allclose(recording.deviation, fit.std(0), rtol=1e-5)
        return list(recording.mean)

    assert mean() != mean(held_out_user=1)


@pytest.mark.parametrize(("channels", "count"), [("acc+gyro", 6), ("acc", 3), ("gyro", 3)])
def test_clip_features_are_normalised_raw_samples(channels: Any, count: int) -> None:
    settings = DataSettings(channels=channels, clip_length=30, clip_stride=10, train_on="train")
    dataset = load_dataset(settings)
    recording: Any = dataset.recordings["exp01_user01"]
    features = recording.features(100.0, 4)
    assert features.shape == (4, 30 * count) and dataset.feature_dim == 30 * count
    # Clip 102 has its middle at sample 1025: samples 1010 .. 1039, channel after channel.
    raw = (recording.samples[1010:1040] - recording.mean) / recording.deviation
    np.testing.assert_allclose(features[2], raw.T.ravel(), rtol=1e-4, atol=1e-5)
    assert recording.grid.to_seconds(102.5) == pytest.approx(1025 / 50)


def test_windows_carry_their_truth(sbhar: Dataset) -> None:
    cutter = WindowCutter(sbhar, 512, 0.5)
    window = cutter.cut("exp01_user01", 100.0)
    truth = sbhar.truth_of(["exp01_user01"])
    seconds = 20.0 + window.segments * 102.4
    inside = truth[(truth["end"] > 20.0) & (truth["start"] < 122.4)]
    np.testing.assert_allclose(seconds[:, 0], inside["start"].clip(20.0), atol=1e-3)
    np.testing.assert_allclose(seconds[:, 1], inside["end"].clip(None, 122.4), atol=1e-3)
    shown = (inside["end"].clip(None, 122.4) - inside["start"].clip(20.0)) / (
        inside["end"] - inside["start"]
    )
    assert window.visible.tolist() == (shown >= 0.5).tolist()
    assert [sbhar.classes[label] for label in window.labels] == inside["label"].tolist()


def test_a_window_beyond_the_end_is_padded(sbhar: Dataset) -> None:
    cutter = WindowCutter(sbhar, 512, 0.5)
    clips = sbhar.recordings["exp01_user01"].clips
    window = cutter.cut("exp01_user01", float(clips - 100))
    assert window.valid.sum() == 100 and window.valid[:100].all()
    assert not window.features[100:].any() and window.features[:100].any()


def test_playback_speed_moves_truth_and_samples_together(sbhar: Dataset) -> None:
    cutter = WindowCutter(sbhar, 256, 0.5)
    fast = cutter.cut("exp01_user01", 100.0, speed=2.0)
    plain = WindowCutter(sbhar, 512, 0.5).cut("exp01_user01", 100.0)
    np.testing.assert_allclose(fast.segments, plain.segments, atol=1e-6)
    assert fast.features.shape == (256, 300)


def test_batches_depend_on_seed_and_step_alone(sbhar: Dataset) -> None:
    cutter = WindowCutter(sbhar, 64, 0.5)
    augmentation = AugmentationSettings(time_stretch=0.2, rotation=5, noise=0.1)

    def sampler(seed: int) -> WindowSampler:
        return WindowSampler(cutter, sbhar.subsets["train"], augmentation, batch_size=3, seed=seed)

    one = sampler(0)
    one.batch(1)
    for again, before in zip(one.batch(7), sampler(0).batch(7), strict=True):
        np.testing.assert_array_equal(again.features, before.features)
        np.testing.assert_array_equal(again.segments, before.segments)
    assert not np.array_equal(one.batch(7)[0].features, sampler(1).batch(7)[0].features)
    assert not np.array_equal(one.batch(7)[0].features, one.batch(8)[0].features)


def test_first_and_last_seconds_are_seen_as_often_as_the_others(sbhar: Dataset) -> None:
    """A uniform start would show them once in a hundred windows, and every recording begins so."""
    cutter = WindowCutter(sbhar, 512, 0.5)
    seen: list[tuple[float, float]] = []
    original = cutter.cut

    def remember(name: str, start: float, *rest: Any) -> Any:
        clips = sbhar.recordings[name].clips
        seen.append((start, clips - 512 - start))
        return original(name, start, *rest)

    cutter.cut = remember  # type: ignore[method-assign]
    sampler = WindowSampler(
        cutter, sbhar.subsets["train"], AugmentationSettings(), batch_size=20, seed=0
    )
    for step in range(10):
        sampler.batch(step)
    before, behind = np.array(seen).T
    assert (before >= 0).all() and (behind >= 0).all()
    assert 0.05 < (before == 0).mean() < 0.3 and 0.05 < (behind == 0).mean() < 0.3


def test_rotation_keeps_lengths(sbhar: Dataset) -> None:
    recording: Any = sbhar.recordings["exp01_user01"]
    plain = replace(recording, mean=np.zeros(6, "f4"), deviation=np.ones(6, "f4"))
    rng = np.random.default_rng(0)
    turned = plain.features(50.0, 2, 1.0, AugmentationSettings(rotation=20), rng)
    before = plain.features(50.0, 2)

    def norms(features: Any) -> Any:
        return np.linalg.norm(features[0].reshape(2, 3, -1), axis=1)

    np.testing.assert_allclose(norms(turned), norms(before), rtol=1e-3)
    assert not np.allclose(turned, before, atol=1e-2)


def test_yaw_turns_about_the_body(sbhar: Dataset) -> None:
    recording: Any = sbhar.recordings["exp01_user01"]
    plain = replace(recording, mean=np.zeros(6, "f4"), deviation=np.ones(6, "f4"))
    turned = plain.features(50.0, 2, 1.0, AugmentationSettings(yaw=20), np.random.default_rng(0))
    turned, before = (x[0].reshape(2, 3, -1) for x in (turned, plain.features(50.0, 2)))
    np.testing.assert_allclose(turned[:, 0], before[:, 0], rtol=1e-6)  # upright stays upright
    angle = [  # of the y-z part, one and the same for both sensors and all samples
        np.angle((a[1] + 1j * a[2]) / (b[1] + 1j * b[2])) for a, b in zip(turned, before)
    ]
    np.testing.assert_allclose(angle, angle[0][0], atol=1e-4)
    assert abs(angle[0][0]) > 0.01


def test_nothing_to_train_on_is_an_error(sbhar: Dataset) -> None:
    with pytest.raises(ValueError, match="no recordings"):
        WindowSampler(
            WindowCutter(sbhar, 64, 0.5), [], AugmentationSettings(), batch_size=1, seed=0
        )
