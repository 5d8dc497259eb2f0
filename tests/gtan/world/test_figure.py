"""The figure: forward kinematics against arithmetic by hand, and what holds for every pose."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gtan.world.figure import ANGLES, AT, JOINTS, LIMBS, POSE, Body, joints, mirrored, standing

BODY = Body(height=1.0, legs=0.5)
ANGLE = st.floats(-np.pi, np.pi)
POSES = st.lists(ANGLE, min_size=len(POSE), max_size=len(POSE)).map(lambda row: np.array([row]))
BODIES = st.builds(
    Body,
    height=st.floats(0.8, 1.2),
    legs=st.floats(0.45, 0.55),
    breadth=st.floats(0.8, 1.2),
)


def placed(body: Body = BODY, **angles: float) -> dict[str, Any]:
    """Joints by name of a straight body, every limb hanging, but for some angles."""
    pose = np.zeros((1, len(POSE)))
    for name, angle in angles.items():
        pose[0, AT[name]] = angle
    return dict(zip(JOINTS, joints(pose, body)[0]))


def close(found: Any, x: float, y: float, z: float) -> None:
    np.testing.assert_allclose(found, (x, y, z), atol=1e-12)


# The feet point slightly down, by 0.1 rad: toes are the lowest, and stand 0.03 above the ground.
SOLE = 0.03 + 0.085 * np.sin(0.1)
HIPS, NECK = SOLE + 0.5, SOLE + 0.8


def test_a_straight_body_stands_above_its_feet() -> None:
    at = placed()
    close(at["l_ankle"], 0, SOLE, 0.055)
    close(at["l_toe"], 0.085 * np.cos(0.1), 0.03, 0.055)
    close(at["l_knee"], 0, SOLE + 0.25, 0.055)
    close(at["r_hip"], 0, HIPS, -0.055)
    close(at["hips"], 0, HIPS, 0)
    close(at["neck"], 0, NECK, 0)
    close(at["head"], 0, NECK + 0.115, 0)
    close(at["chin"], 0, NECK + 0.095, 0)
    close(at["crown"], -0.03, NECK + 0.145, 0)  # hair lies a little behind
    close(at["l_shoulder"], 0, NECK - 0.02, 0.105)
    close(at["r_elbow"], 0, NECK - 0.19, -0.105)
    close(at["r_wrist"], 0, NECK - 0.375, -0.105)


def test_one_arm_at_a_right_angle() -> None:
    at = placed(l_arm=np.pi / 2)  # the upper arm forward, the lower one still hangs
    close(at["l_elbow"], 0.17, NECK - 0.02, 0.105)
    close(at["l_wrist"], 0.17, NECK - 0.205, 0.105)
    close(at["r_elbow"], 0, NECK - 0.19, -0.105)


@pytest.mark.parametrize(("side", "sign"), [("l", 1), ("r", -1)])
def test_out_is_away_from_the_body_on_both_sides(side: str, sign: int) -> None:
    at = placed(**{f"{side}_arm_out": np.pi / 2})
    close(at[f"{side}_elbow"], 0, NECK - 0.02, sign * (0.105 + 0.17))


def test_a_quarter_turn_takes_what_was_ahead_towards_the_camera() -> None:
    at = placed(l_arm=np.pi / 2, yaw=np.pi / 2, x=2.0)
    close(at["l_elbow"], 2 - 0.105, NECK - 0.02, 0.17)
    close(at["l_toe"], 2 - 0.055, 0.03, 0.085 * np.cos(0.1))


def test_a_bow_takes_shoulders_along_but_neither_arms_nor_legs() -> None:
    at = placed(pitch=np.pi / 2)
    close(at["neck"], 0.3, HIPS, 0)
    close(at["l_shoulder"], 0.28, HIPS, 0.105)
    close(at["l_elbow"], 0.28, HIPS - 0.17, 0.105)
    close(at["l_knee"], 0, HIPS - 0.25, 0.055)


def test_measures_scale_what_they_say() -> None:
    tall, long = placed(Body(height=2.0, legs=0.5)), placed(Body(legs=0.6))
    for name, place in placed().items():
        np.testing.assert_allclose(tall[name], 2 * place, atol=1e-12)
    assert long["hips"][1] - long["l_ankle"][1] == pytest.approx(0.6)
    assert long["neck"][1] - long["hips"][1] == pytest.approx(0.3)


BONES = [
    *((a, b) for a, b, _ in LIMBS),
    *(("neck", "chin"), ("neck", "l_shoulder"), ("hips", "r_hip")),
]


@given(POSES, BODIES)
def test_no_pose_stretches_a_limb(pose: Any, body: Body) -> None:
    pose[:, AT["roll"]] = 0  # shoulders stay level while the back leans
    one, straight = joints(pose, body)[0], joints(np.zeros((1, len(POSE))), body)[0]
    for a, b in BONES:
        a, b = JOINTS.index(a), JOINTS.index(b)
        length = np.linalg.norm(one[b] - one[a])
        assert length == pytest.approx(np.linalg.norm(straight[b] - straight[a]), abs=1e-9)


@given(POSES, BODIES)
def test_limbs_keep_their_length_while_the_body_leans(pose: Any, body: Body) -> None:
    one, straight = joints(pose, body)[0], joints(np.zeros((1, len(POSE))), body)[0]
    for a, b, _ in LIMBS:
        a, b = JOINTS.index(a), JOINTS.index(b)
        if "crown" not in (JOINTS[a], JOINTS[b]):  # hair, whose place behind is not turned by roll
            length = np.linalg.norm(one[b] - one[a])
            assert length == pytest.approx(np.linalg.norm(straight[b] - straight[a]), abs=1e-9)


@given(POSES, BODIES)
def test_the_lowest_joint_stands_on_the_ground_or_lift_above_it(pose: Any, body: Body) -> None:
    sole = 0.03 * body.height
    lift = pose[0, AT["lift"]] * body.height
    assert joints(pose, body)[0, :, 1].min() == pytest.approx(sole + lift, abs=1e-9)


def test_who_stands_has_both_feet_on_the_ground() -> None:
    at = dict(zip(JOINTS, joints(standing(1), BODY)[0]))
    assert at["l_toe"][1] == pytest.approx(at["r_toe"][1]) == pytest.approx(0.03)


@given(POSES)
def test_mirrored_twice_is_the_same(pose: Any) -> None:
    np.testing.assert_array_equal(mirrored(mirrored(pose)), pose)


@given(POSES, BODIES)
def test_mirrored_shows_the_same_from_the_other_side(pose: Any, body: Body) -> None:
    pose[:, [AT["yaw"], AT["x"]]] = 0
    one, other = joints(pose, body)[0], joints(mirrored(pose), body)[0]
    for number, name in enumerate(JOINTS):
        opposite = JOINTS.index({"l_": "r_", "r_": "l_"}.get(name[:2], name[:2]) + name[2:])
        np.testing.assert_allclose(other[opposite], one[number] * (1, 1, -1), atol=1e-9)


def test_radii_are_of_the_limbs_and_grow_with_girth() -> None:
    radii = BODY.radii()
    assert len(radii) == len(LIMBS) and (radii > 0).all()
    np.testing.assert_allclose(Body(girth=1.3, height=0.9).radii(), radii * 1.3 * 0.9)
    assert set(ANGLES) < set(POSE)
