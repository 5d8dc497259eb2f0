"""SBHAR: 61 untrimmed recordings of a smartphone worn at the waist.

It is sensor data, not video: a clip is a stretch of accelerometer and gyroscope samples, 50 a
second. Reyes-Ortiz et al., "Transition-Aware Human Activity Recognition Using Smartphones",
Neurocomputing 2015. It is not part of this project: `gtan data add sbhar`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from gtan.data.dataset import (
    Dataset,
    Floats,
    Recording,
    recording_card,
    recording_line,
    without_excluded,
)
from gtan.data.sbhar import UNITS, read_sbhar, source_in
from gtan.data.store import find
from gtan.grid import ClipGrid
from gtan.settings import AugmentationSettings, DataSettings, SettingsError

RATE = 50.0  # samples a second
TEST_USERS = (2, 4, 9, 10, 12, 13, 18, 20, 24)  # the data set's own split
VALIDATION_USERS = (5, 14, 19, 25, 29)  # unless named: of the training users; ours
CHANNELS: tuple[str, ...] = (
    *(f"acc {axis} (g)" for axis in "xyz"),
    *(f"gyro {axis} (rad/s)" for axis in "xyz"),
)
_UNIT = np.repeat(np.array(list(UNITS.values()), np.float32), 3)
UPRIGHT = np.array([1.0, 0.0, 0.0])  # the axis along the body of who stands
_SENSORS = {"acc+gyro": slice(0, 6), "acc": slice(0, 3), "gyro": slice(3, 6)}


@dataclass(frozen=True)
class SensorRecording:
    """One SBHAR recording; clips are raw samples, normalised channel by channel.

    Attributes:
        samples: [S, channels] in g and rad/s.
        mean, deviation: [channels] of the training users.
        clip_length, clip_stride: samples.
    """

    name: str
    samples: Floats
    mean: Floats
    deviation: Floats
    clip_length: int
    clip_stride: int
    channel_names: tuple[str, ...]

    def __repr__(self) -> str:
        return recording_line(self)

    def _repr_html_(self) -> str:
        return recording_card(self)

    @property
    def duration(self) -> float:
        """Seconds."""
        return len(self.samples) / RATE

    @property
    def clips(self) -> int:
        """Clips are centred so that clip i is the middle of samples i*stride .. (i+1)*stride."""
        return clip_count(self.duration, self.clip_stride)

    @property
    def grid(self) -> ClipGrid:
        """Clip grid in seconds; the first clip may reach before the recording."""
        return clip_grid(self.clip_length, self.clip_stride)

    def features(
        self,
        start: float,
        count: int,
        speed: float = 1.0,
        augmentation: AugmentationSettings | None = None,
        rng: np.random.Generator | None = None,
    ) -> Floats:
        """[count, clip_length * channels]; samples beyond either end repeat the last one."""
        needed = (count - 1) * self.clip_stride + self.clip_length
        first = start * self.clip_stride + (self.clip_stride - self.clip_length) / 2 * speed
        where = (first + speed * np.arange(needed)).clip(0, len(self.samples) - 1)
        left = where.astype(np.int64)
        right = np.minimum(left + 1, len(self.samples) - 1)
        share = (where - left).astype(np.float32)[:, None]
        samples = self.samples[left] * (1 - share) + self.samples[right] * share
        if augmentation is not None and rng is not None:
            if augmentation.yaw:
                samples = _rotate(samples, UPRIGHT, augmentation.yaw, rng)
            if augmentation.rotation:
                samples = _rotate(samples, rng.standard_normal(3), augmentation.rotation, rng)
        samples = (samples - self.mean) / self.deviation
        if augmentation is not None and rng is not None and augmentation.noise:
            noise = rng.standard_normal(samples.shape, dtype=np.float32)
            samples = samples + np.float32(augmentation.noise) * noise
        clips = np.lib.stride_tricks.sliding_window_view(samples, self.clip_length, axis=0)
        return clips[:: self.clip_stride].reshape(count, -1).astype(np.float32)

    def signal(self) -> tuple[Floats, float, list[str]]:
        """Samples [S, channels], samples a second, channel names with units."""
        return self.samples, RATE, list(self.channel_names)


def clip_grid(length: int, stride: int) -> ClipGrid:
    """Where clips of `length` samples lie, one every `stride`, each in the middle of its stride."""
    return ClipGrid(stride / RATE, length / RATE, (stride - length) / 2 / RATE)


def clip_count(duration: float, stride: int) -> int:
    """Clips of a recording of `duration` seconds: one for every stride that begins within it."""
    return -(-round(duration * RATE) // stride)


def load_sbhar(settings: DataSettings) -> Dataset:
    """SBHAR with the clips, channels and split of `settings`.

    Raises:
        MissingDataError: it is not under `GTAN_DATA`; the message says how to add it.
        SettingsError: users or recordings that are not there, or nobody is left to learn from.
        ValueError: its files are damaged.
    """
    source = source_in(find("sbhar"))
    assert source is not None  # found
    raw = read_sbhar(source)
    sensors = _SENSORS[settings.channels]
    names = without_excluded(sorted(raw.samples), settings.exclude)
    samples = {name: (raw.samples[name] * _UNIT)[:, sensors] for name in names}
    users = {name: int(name[-2:]) for name in samples}
    subsets = _subsets(users, settings)
    fit = np.concatenate([samples[name] for name in subsets["train"]])
    mean, deviation = fit.mean(0), fit.std(0)
    recordings: dict[str, Recording] = {
        name: SensorRecording(
            name=name,
            samples=samples[name],
            mean=mean,
            deviation=deviation,
            clip_length=settings.clip_length,
            clip_stride=settings.clip_stride,
            channel_names=CHANNELS[sensors],
        )
        for name in samples
    }
    classes, rows = raw.classes, raw.labels
    truth = pd.DataFrame(
        {
            "video": [f"exp{e:02d}_user{u:02d}" for e, u in rows[:, :2]],
            "label": [classes[a - 1] for a in rows[:, 2]],
            "start": (rows[:, 3] - 1) / RATE,  # samples are counted from 1
            "end": rows[:, 4] / RATE,
        }
    )
    truth = truth[truth["video"].isin(names)].reset_index(drop=True)
    channels = len(CHANNELS[sensors])
    return Dataset("sbhar", classes, recordings, truth, subsets, settings.clip_length * channels)


def _subsets(users: dict[str, int], settings: DataSettings) -> dict[str, tuple[str, ...]]:
    """Who learns, who validates, who tests. Validation recordings may be learned from as well."""
    there = set(users.values())
    test = {settings.held_out_user} if settings.held_out_user else set(TEST_USERS)
    validation = set(settings.validation_users or VALIDATION_USERS)
    if settings.validation_users and validation & test:
        raise SettingsError(
            f"setting data.validation_users: {_users(validation & test)} tested on; choose by "
            "others"
        )
    for setting, asked in (
        ("held_out_user", test if settings.held_out_user else set()),
        ("validation_users", set(settings.validation_users)),
    ):
        if asked - there:
            raise SettingsError(
                f"setting data.{setting}: {_users(asked - there)} in no recording (data.exclude?)"
            )
    validation -= test
    learn = there - test
    if settings.train_on == "train":
        learn -= validation
    if not learn:
        raise SettingsError(
            "setting data.validation_users: nobody is left to learn from; name fewer, or set "
            "data.train_on='train+validation'"
            if settings.validation_users
            else "setting data.exclude: nobody is left to learn from; exclude fewer"
        )

    def of(chosen: set[int]) -> tuple[str, ...]:
        return tuple(name for name, user in users.items() if user in chosen)

    return {"train": of(learn), "validation": of(validation), "test": of(test)}


def _users(numbers: set[int]) -> str:
    one = len(numbers) == 1
    return (
        f"user{'' if one else 's'} {', '.join(map(str, sorted(numbers)))} {'is' if one else 'are'}"
    )


def _rotate(
    samples: Floats, axis: NDArray[np.float64], degrees: float, rng: np.random.Generator
) -> Floats:
    """Turn each three-axis sensor about `axis` by one random angle (Rodrigues)."""
    axis = axis / np.linalg.norm(axis)
    angle = np.deg2rad(rng.normal(0, degrees))
    x, y, z = axis
    cross = np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]])
    turn = np.eye(3) + np.sin(angle) * cross + (1 - np.cos(angle)) * cross @ cross
    turned = samples.reshape(len(samples), -1, 3) @ turn.T.astype(np.float32)
    return turned.reshape(samples.shape).astype(np.float32)
