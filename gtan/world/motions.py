"""What the figure does: each motion as a few key poses over its time, or as a cycle.

A stroke or gesture begins and ends standing (or sitting). `ACTIONS` are labelled; `DECOYS` are
motions that are no action. Walking and running are one motion at two tempi, and so are a clap and
the slow opening and closing of the arms, which is no action.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np

from gtan.world.figure import AT, Floats, standing

Keys = Mapping[float, Mapping[str, float]]  # share of the time: angles that differ from standing


@dataclass(frozen=True)
class Motion:
    """A motion and how long it takes.

    Attributes:
        kind: a decoy is no action.
        shortest, longest: seconds.
        keys: key poses; between them angles move smoothly.
        cyclic: the keys are one cycle, which is repeated.
        tempo: cycles a second, or swings of a hand that waves.
        speed: body heights a second along the scene.
        facing: how the figure stands to the camera: across the scene, or towards it.
    """

    kind: Literal["stroke", "gesture", "activity", "decoy"]
    shortest: float
    longest: float
    keys: Keys
    cyclic: bool = False
    tempo: float = 0.0
    speed: float = 0.0
    facing: Literal["across", "camera"] = "across"


_STEP: Keys = {
    0.0: {"l_leg": 0.55, "l_shin": 0.30, "r_leg": -0.40, "r_shin": -0.75}
    | {"l_arm": -0.50, "l_hand": -0.05, "r_arm": 0.50, "r_hand": 1.00},
    0.25: {"l_leg": 0.10, "l_shin": 0.0, "r_leg": 0.35, "r_shin": -0.90, "lift": 0.015},
    0.5: {"r_leg": 0.55, "r_shin": 0.30, "l_leg": -0.40, "l_shin": -0.75}
    | {"r_arm": -0.50, "r_hand": -0.05, "l_arm": 0.50, "l_hand": 1.00},
    0.75: {"r_leg": 0.10, "r_shin": 0.0, "l_leg": 0.35, "l_shin": -0.90, "lift": 0.015},
}
_DANCE: Keys = {
    0.0: {"roll": 0.22, "l_arm_out": 2.5, "l_hand_out": 2.8, "r_arm_out": 0.5, "r_hand_out": -0.3}
    | {"l_leg_out": 0.35},
    0.25: {"lift": 0.03, "l_arm_out": 1.4, "r_arm_out": 1.4, "l_hand_out": 1.4, "r_hand_out": 1.4},
    0.5: {"roll": -0.22, "r_arm_out": 2.5, "r_hand_out": 2.8, "l_arm_out": 0.5, "l_hand_out": -0.3}
    | {"r_leg_out": 0.35},
    0.75: {"lift": 0.03, "l_arm_out": 1.4, "r_arm_out": 1.4, "l_hand_out": 1.4, "r_hand_out": 1.4},
}
_CLAP: Keys = {
    0.3: {"l_arm": 1.2, "l_arm_out": 1.0, "l_hand": 1.4, "l_hand_out": 1.0}
    | {"r_arm": 1.2, "r_arm_out": 1.0, "r_hand": 1.4, "r_hand_out": 1.0},
    0.6: {"l_arm": 1.2, "l_arm_out": 0.1, "l_hand": 1.6, "l_hand_out": -0.55}
    | {"r_arm": 1.2, "r_arm_out": 0.1, "r_hand": 1.6, "r_hand_out": -0.55},
}
_SIT = {"l_leg": 1.45, "l_shin": -0.05, "r_leg": 1.45, "r_shin": -0.05}
_SIT |= {"l_arm": 0.5, "r_arm": 0.5, "l_hand": 1.2, "r_hand": 1.2}
SEATED: Mapping[str, float] = _SIT | {"pitch": -0.05}
_WAVING = {"r_arm": 0.4, "r_arm_out": 2.1, "r_hand_out": 2.3}
_TURNING: Keys = {
    0.0: {"yaw": 0.0},
    **{
        0.1 + 0.2 * step: {
            "yaw": 2 * np.pi * (0.1 + 0.2 * step),
            f"{side}_leg": 0.45,
            f"{side}_shin": -0.5,
        }
        for step, side in enumerate("lrlrl")
    },
    1.0: {"yaw": 2 * np.pi},
}

ACTIONS: dict[str, Motion] = {
    "jump": Motion(
        "stroke",
        0.6,
        1.1,
        {
            0.3: {"pitch": 0.45, "l_leg": 0.9, "l_shin": -0.8, "r_leg": 0.9, "r_shin": -0.8}
            | {"l_arm": -0.8, "l_hand": -0.6, "r_arm": -0.8, "r_hand": -0.6},
            0.45: {"l_arm": 2.4, "r_arm": 2.4, "l_hand": 2.6, "r_hand": 2.6, "lift": 0.10},
            0.6: {"l_arm": 2.6, "r_arm": 2.6, "l_hand": 2.8, "r_hand": 2.8, "lift": 0.26},
            0.75: {"l_arm": 1.2, "r_arm": 1.2, "l_hand": 1.4, "r_hand": 1.4, "lift": 0.08},
            0.85: {"pitch": 0.3, "l_leg": 0.7, "l_shin": -0.6, "r_leg": 0.7, "r_shin": -0.6},
        },
    ),
    "kick": Motion(
        "stroke",
        0.6,
        1.2,
        {
            0.35: {"r_leg": -0.6, "r_shin": -1.6, "pitch": 0.15, "l_arm": 0.8, "l_hand": 1.2},
            0.55: {"r_leg": 1.45, "r_shin": 1.45, "pitch": -0.3, "r_arm": -0.7, "r_hand": -0.5},
            0.7: {"r_leg": 1.0, "r_shin": 0.3, "pitch": -0.15},
        },
    ),
    "throw": Motion(
        "stroke",
        0.7,
        1.4,
        {
            0.4: {"r_arm": -2.2, "r_arm_out": 0.5, "r_hand": -3.6, "pitch": -0.25, "l_arm": 1.2}
            | {"l_hand": 1.4, "l_leg": 0.3, "l_shin": 0.2},
            0.6: {"r_arm": -4.6, "r_arm_out": 0.2, "r_hand": -4.7, "pitch": 0.35, "l_leg": 0.4},
            0.75: {"r_arm": -5.6, "r_hand": -5.6, "pitch": 0.45, "l_leg": 0.4},
            1.0: {"r_arm": -2 * np.pi, "r_hand": 0.18 - 2 * np.pi},
        },
    ),
    "clap": Motion("stroke", 0.5, 0.9, _CLAP, facing="camera"),
    "wave": Motion(
        "gesture",
        1.6,
        6.0,
        {0.12: _WAVING, 0.88: _WAVING},
        tempo=1.7,
        facing="camera",
    ),
    "bow": Motion(
        "gesture",
        1.5,
        5.0,
        {0.35: {"pitch": 1.25, "nod": 0.2}, 0.6: {"pitch": 1.3, "nod": 0.25}},
    ),
    "turn": Motion("gesture", 1.6, 6.0, _TURNING),
    "sit down": Motion(
        "gesture",
        1.5,
        4.0,
        {0.45: {n: 0.5 * v for n, v in _SIT.items()} | {"pitch": 0.6}, 1.0: SEATED},
    ),
    "walk": Motion("activity", 8.0, 60.0, _STEP, cyclic=True, tempo=0.85, speed=0.6),
    "run": Motion("activity", 8.0, 60.0, _STEP, cyclic=True, tempo=1.65, speed=1.25),
    "dance": Motion("activity", 8.0, 60.0, _DANCE, cyclic=True, tempo=0.75, facing="camera"),
}

DECOYS: dict[str, Motion] = {
    "scratch the head": Motion(
        "decoy",
        1.5,
        3.0,
        {0.3: {"r_arm": 1.9, "r_arm_out": 0.5, "r_hand": 3.4}}
        | {0.5: {"r_arm": 1.9, "r_arm_out": 0.7, "r_hand": 3.2}}
        | {0.7: {"r_arm": 1.9, "r_arm_out": 0.5, "r_hand": 3.4}},
    ),
    "look at the watch": Motion(
        "decoy",
        1.5,
        3.0,
        {0.3: {"l_arm": 0.5, "l_hand": 1.9, "nod": 0.4}}
        | {0.7: {"l_arm": 0.5, "l_hand": 1.9, "nod": 0.4}},
    ),
    "open and close the arms": Motion("decoy", 2.5, 4.5, _CLAP, facing="camera"),
    "stretch": Motion(
        "decoy",
        2.0,
        4.0,
        {0.4: {"l_arm_out": 2.7, "r_arm_out": 2.7, "l_hand_out": 3.0, "r_hand_out": 3.0}}
        | {0.65: {"l_arm_out": 2.8, "r_arm_out": 2.8, "l_hand_out": 3.1, "r_hand_out": 3.1}},
        facing="camera",
    ),
    "a few steps": Motion("decoy", 1.2, 2.6, _STEP, cyclic=True, tempo=0.85, speed=0.6),
    "lift a knee slowly": Motion(
        "decoy", 2.0, 3.5, {0.5: {"r_leg": 1.45, "r_shin": 1.2, "pitch": -0.2}}
    ),
}
# What may be broken off: its first part, and back again.
BREAKABLE = ("jump", "kick", "throw", "bow", "wave", "sit down")
STAND_UP = Motion("decoy", 1.2, 2.4, {0.0: SEATED, 0.5: ACTIONS["sit down"].keys[0.45]})


def perform(motion: Motion, seconds: Floats, length: float, tempo: float = 1.0) -> Floats:
    """Poses of a motion at some times.

    Args:
        motion: what is done.
        seconds: [N] since its beginning, within 0 to `length`.
        length: how long it takes.
        tempo: of the performer's cycles, 1 is average.

    Returns:
        [N, P]; `x` counts from where the motion began, in its own direction.
    """
    neutral = standing(len(seconds))
    if motion.cyclic:
        phase = seconds * motion.tempo * tempo
        pose = neutral + _between(_offsets({**motion.keys, 1.0: motion.keys[0.0]}), phase % 1.0)
        pose[:, AT["x"]] = seconds * motion.speed * tempo
        return pose
    ends: Keys = {0.0: {}, 1.0: {}}
    pose = neutral + _between(_offsets({**ends, **motion.keys}), seconds / length)
    if motion.tempo:  # a wave: the hand swings while the arm is up
        up = _rise(seconds, length, 0.12 * length)
        pose[:, AT["r_hand_out"]] += 0.75 * up * np.sin(2 * np.pi * motion.tempo * tempo * seconds)
    return pose


def _rise(seconds: Floats, length: float, ramp: float) -> Floats:
    """0 at both ends, 1 in between, smoothly."""
    near = np.minimum(seconds, length - seconds) / ramp
    return _smooth(near.clip(0, 1))


def _smooth(share: Floats) -> Floats:
    return share * share * (3 - 2 * share)


def _offsets(keys: Keys) -> tuple[Floats, Floats]:
    """Times [K] and poses [K, P] less standing, in order of time."""
    neutral, times = standing(1)[0], sorted(keys)
    poses = np.zeros((len(times), len(AT)))
    for row, time in enumerate(times):
        for name, angle in keys[time].items():
            poses[row, AT[name]] = angle - neutral[AT[name]]
    return np.array(times), poses


def _between(offsets: tuple[Floats, Floats], share: Floats) -> Floats:
    """[N, P] at shares of the time, smooth from key to key."""
    times, poses = offsets
    right = np.searchsorted(times, share, side="right").clip(1, len(times) - 1)
    left = right - 1
    part = _smooth(((share - times[left]) / (times[right] - times[left])).clip(0, 1))[:, None]
    return poses[left] * (1 - part) + poses[right] * part
