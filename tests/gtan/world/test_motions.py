"""What motions are: where they begin and end, how far a joint goes in a frame, which are alike."""

from __future__ import annotations

import numpy as np
import pytest

from gtan.world.figure import ANGLES, AT, Body, joints, standing
from gtan.world.motions import ACTIONS, BREAKABLE, DECOYS, SEATED, STAND_UP, perform
from gtan.world.script import FPS

MOTIONS = {**ACTIONS, **DECOYS, "stand up": STAND_UP}
CYCLES = [name for name, motion in MOTIONS.items() if motion.speed or motion.kind == "activity"]
ONCE = [name for name in MOTIONS if name not in CYCLES]
FASTEST = 0.2  # body heights a joint goes in a tenth of a frame: 25 a second, the foot of a kick


def times(length: float, apart: float = 1.0) -> np.ndarray:
    return np.append(np.arange(0, length, apart / FPS), length)


def seated() -> np.ndarray:
    pose = standing(1)[0]
    for name, angle in SEATED.items():
        pose[AT[name]] = angle
    return pose


def like(pose: np.ndarray) -> np.ndarray:
    """[J, 3] where joints are: whole turns of an angle do not matter."""
    return joints(pose[None], Body())[0]


@pytest.mark.parametrize("name", ONCE)
@pytest.mark.parametrize("share", [0.0, 1.0])
def test_begins_and_ends_standing_or_seated(name: str, share: float) -> None:
    motion = MOTIONS[name]
    length = motion.longest
    (pose,) = perform(motion, np.array([share * length]), length)
    sits = (name, share) in (("sit down", 1.0), ("stand up", 0.0))
    np.testing.assert_allclose(like(pose), like(seated() if sits else standing(1)[0]), atol=1e-9)


@pytest.mark.parametrize("name", ONCE)
def test_is_something_in_between(name: str) -> None:
    motion = MOTIONS[name]
    pose = perform(motion, times(motion.longest), motion.longest)
    assert np.abs(pose - standing(1)).max() > 0.3


@pytest.mark.parametrize("name", MOTIONS)
@pytest.mark.parametrize("which", ["shortest", "longest"])
def test_no_joint_jumps(name: str, which: str) -> None:
    motion = MOTIONS[name]
    length = getattr(motion, which)
    pose = perform(motion, times(length, 0.1), length)
    assert np.abs(np.diff(joints(pose, Body()), axis=0)).max() < FASTEST
    assert np.abs(np.diff(pose, axis=0)).max() < 0.5  # radians: nor does an angle, by whole turns


@pytest.mark.parametrize("name", CYCLES)
def test_a_cycle_comes_back_to_where_it_was(name: str) -> None:
    motion = MOTIONS[name]
    first = times(1 / motion.tempo, 0.1)
    one, next_ = (perform(motion, first + turns / motion.tempo, 60.0) for turns in (0, 3))
    np.testing.assert_allclose(one[:, : AT["x"]], next_[:, : AT["x"]], atol=1e-6)
    np.testing.assert_allclose(next_[:, AT["x"]] - one[:, AT["x"]], 3 * motion.speed / motion.tempo)


def test_running_is_walking_at_another_tempo() -> None:
    walk, run = ACTIONS["walk"], ACTIONS["run"]
    seconds = np.linspace(0, 3, 50)
    walking = perform(walk, seconds, 10.0)
    running = perform(run, seconds * walk.tempo / run.tempo, 10.0)
    angles = [AT[name] for name in (*ANGLES, "lift", "yaw")]
    np.testing.assert_allclose(walking[:, angles], running[:, angles], atol=1e-9)
    assert run.tempo > 1.5 * walk.tempo and run.speed > walk.speed


def test_a_few_steps_and_a_slow_clap_are_told_by_their_length_alone() -> None:
    steps, walk = DECOYS["a few steps"], ACTIONS["walk"]
    assert steps.keys is walk.keys and steps.longest < walk.shortest
    slow, clap = DECOYS["open and close the arms"], ACTIONS["clap"]
    assert slow.keys is clap.keys and slow.shortest > clap.longest


def test_tempo_makes_a_performer_step_faster_and_further() -> None:
    walk, seconds = ACTIONS["walk"], np.linspace(0, 4, 30)
    slow, fast = perform(walk, seconds, 10.0), perform(walk, seconds / 1.2, 10.0, tempo=1.2)
    np.testing.assert_allclose(slow, fast, atol=1e-9)


def test_waving_swings_the_hand_while_the_arm_is_up() -> None:
    length = 4.0
    pose = perform(ACTIONS["wave"], np.linspace(0, length, 400), length)
    hand = pose[60:340, AT["r_hand_out"]]
    turns = np.flatnonzero(np.diff(np.sign(np.diff(hand))))
    assert len(turns) == pytest.approx(2 * ACTIONS["wave"].tempo * length * 280 / 400, abs=2)


def test_what_there_is() -> None:
    assert not set(ACTIONS) & set(DECOYS) and set(BREAKABLE) <= set(ACTIONS)
    assert "" not in ACTIONS  # the label of what is none
    for motion in MOTIONS.values():
        assert 0 < motion.shortest < motion.longest
        assert all(0 <= share <= 1 for share in motion.keys)
        assert {name for pose in motion.keys.values() for name in pose} <= set(AT)
