"""The articulated figure: how joint angles and a body's measures become points in space.

Lengths are in body heights. A limb's direction has two angles in the body's own frame: `flex`
swings it forward from hanging straight down, `out` lifts it sideways, away from the body. Both are
absolute, not relative to the limb above, so that an arm that hangs keeps hanging while the back
bows.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

# What a pose says, in this order; `l` and `r` are the body's left and right.
ANGLES = (
    *("pitch", "roll", "nod"),
    *("l_arm", "l_arm_out", "l_hand", "l_hand_out"),
    *("r_arm", "r_arm_out", "r_hand", "r_hand_out"),
    *("l_leg", "l_leg_out", "l_shin"),
    *("r_leg", "r_leg_out", "r_shin"),
)
PLACE = ("yaw", "lift", "x")  # which way it faces, height above the ground, place along the scene
POSE = ANGLES + PLACE
AT = {name: number for number, name in enumerate(POSE)}

# Where limbs begin and end, as numbers of `joints`; a limb is drawn as a capsule.
JOINTS = (
    *("hips", "neck", "chin", "head", "crown"),
    *("l_shoulder", "l_elbow", "l_wrist", "r_shoulder", "r_elbow", "r_wrist"),
    *("l_hip", "l_knee", "l_ankle", "l_toe", "r_hip", "r_knee", "r_ankle", "r_toe"),
)
LIMBS = (
    *(("hips", "neck", "shirt"), ("chin", "head", "skin"), ("head", "crown", "hair")),
    *(("l_shoulder", "l_elbow", "shirt"), ("l_elbow", "l_wrist", "skin")),
    *(("r_shoulder", "r_elbow", "shirt"), ("r_elbow", "r_wrist", "skin")),
    *(("l_hip", "l_knee", "trousers"), ("l_knee", "l_ankle", "trousers")),
    *(("r_hip", "r_knee", "trousers"), ("r_knee", "r_ankle", "trousers")),
    *(("l_ankle", "l_toe", "shoes"), ("r_ankle", "r_toe", "shoes")),
)


@dataclass(frozen=True)
class Body:
    """A body's measures, in heights of an average one.

    Attributes:
        height: of the whole body.
        legs: share of the height below the hips.
        breadth: of shoulders and hips, 1 is average.
        girth: of limbs, 1 is average.
    """

    height: float = 1.0
    legs: float = 0.51
    breadth: float = 1.0
    girth: float = 1.0

    def radii(self) -> Floats:
        """[L] radius of every limb of `LIMBS`."""
        thick = {"shirt": 0.036, "skin": 0.029, "trousers": 0.042, "shoes": 0.026, "hair": 0.058}
        radii = [thick[part] for _, _, part in LIMBS]
        radii[0], radii[1] = 0.08, 0.062  # trunk and face
        return np.array(radii) * self.girth * self.height


def standing(frames: int) -> Floats:
    """[frames, P] poses of one who stands with hanging arms, at x = 0, facing +x."""
    pose = np.zeros((frames, len(POSE)))
    for side in "lr":
        pose[:, AT[f"{side}_arm_out"]] = 0.14
        pose[:, AT[f"{side}_hand"]] = 0.18
        pose[:, AT[f"{side}_hand_out"]] = 0.10
        pose[:, AT[f"{side}_leg_out"]] = 0.05
    return pose


def joints(pose: Floats, body: Body) -> Floats:
    """Places of all joints, by forward kinematics.

    Args:
        pose: [N, P], columns as `POSE`; angles in radians.
        body: measures.

    Returns:
        [N, J, 3], order as `JOINTS`: x along the scene, y up from the ground, z towards the camera.
        The lower foot stands on the ground, or `lift` above it.

    Example:
        >>> at = dict(zip(JOINTS, joints(standing(1), Body())[0]))
        >>> [round(float(at[name][1]), 2) for name in ("l_ankle", "hips", "crown")]
        [0.03, 0.54, 0.96]
    """
    column = {name: pose[:, number] for name, number in AT.items()}
    tall = body.height
    leg = body.legs * tall
    pitch, roll = column["pitch"], column["roll"]
    up = _direction(pitch, roll, flip=True)
    across = np.array([0.0, 0.0, 1.0])  # shoulders and hips; they do not lean with the trunk
    hips = np.zeros((len(pose), 3))
    neck = hips + 0.30 * tall * up
    nod = pitch + column["nod"]
    head_up, back = _direction(nod, roll, True), _direction(nod - np.pi / 2, roll, True)
    head = neck + 0.115 * tall * head_up
    at = {"hips": hips, "neck": neck, "chin": head - 0.02 * tall * head_up, "head": head}
    at["crown"] = head + 0.03 * tall * (head_up + back)
    for side, sign in (("l", 1.0), ("r", -1.0)):
        shoulder = neck - 0.02 * tall * up + sign * 0.105 * body.breadth * tall * across
        elbow = shoulder + 0.17 * tall * _limb(column, side, "arm", sign)
        wrist = elbow + 0.185 * tall * _limb(column, side, "hand", sign)
        hip = hips + sign * 0.055 * body.breadth * tall * across
        knee = hip + 0.5 * leg * _limb(column, side, "leg", sign)
        out = sign * column[f"{side}_leg_out"]
        ankle = knee + 0.5 * leg * _direction(column[f"{side}_shin"], out)
        toe = ankle + 0.085 * tall * _direction(column[f"{side}_shin"] + np.pi / 2 - 0.1, out)
        at |= {f"{side}_shoulder": shoulder, f"{side}_elbow": elbow, f"{side}_wrist": wrist}
        at |= {f"{side}_hip": hip, f"{side}_knee": knee, f"{side}_ankle": ankle, f"{side}_toe": toe}
    placed = np.stack([at[name] for name in JOINTS], 1)
    lowest = placed[:, :, 1].min(1) - 0.03 * tall
    placed[:, :, 1] += (column["lift"] * tall - lowest)[:, None]
    cos, sin = np.cos(column["yaw"])[:, None], np.sin(column["yaw"])[:, None]
    x, z = placed[:, :, 0].copy(), placed[:, :, 2].copy()
    placed[:, :, 0] = x * cos - z * sin + column["x"][:, None]
    placed[:, :, 2] = x * sin + z * cos
    return placed


def mirrored(pose: Floats) -> Floats:
    """The same pose with left and right exchanged."""
    names = [{"l_": "r_", "r_": "l_"}.get(name[:2], name[:2]) + name[2:] for name in POSE]
    other = pose[:, [AT[name] for name in names]]
    other[:, AT["roll"]] *= -1
    return other


def _limb(column: dict[str, Floats], side: str, name: str, sign: float) -> Floats:
    return _direction(column[f"{side}_{name}"], sign * column[f"{side}_{name}_out"])


def _direction(flex: Floats, out: Floats, flip: bool = False) -> Floats:
    """[N, 3] unit vectors: down, swung forward by `flex` and sideways by `out`; or up, flipped."""
    way = -1.0 if flip else 1.0
    along, down = np.sin(flex) * np.cos(out), -np.cos(flex) * np.cos(out)
    return np.stack([along, way * down, np.sin(out)], 1)
