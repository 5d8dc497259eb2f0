"""Pixels: against a renderer that is slow and obvious, and what every film must keep."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from hashlib import sha256
from itertools import islice
from typing import Any

import numpy as np
import pytest

from gtan.world import drawing
from gtan.world.drawing import GROUND, MARGIN, PHASES, SCALE, SIZE, build_stage, draw
from gtan.world.figure import AT, JOINTS, LIMBS, joints, standing
from gtan.world.library import Film, films
from gtan.world.script import FPS, performer, play


def covered(x: float, y: float, begin: Any, end: Any, radius: float) -> float:
    """How much of the pixel about (x, y) a capsule covers, by its middle's distance to the edge."""
    along = end - begin
    squared = max(float(along @ along), 1e-3)
    share = min(max(float((np.array([x, y]) - begin) @ along) / squared, 0.0), 1.0)
    nearest = begin + share * along
    distance = float(np.hypot(x - nearest[0], y - nearest[1]))
    return min(max(radius + 0.5 - distance, 0.0), 1.0)


def painted(background: Any, places: Any, order: Any, radii: Any, colours: Any) -> Any:
    """Limbs over a background, pixel by pixel, from the nearest limb to what is behind all."""
    frame = background.astype(np.float64).copy()
    for row in range(SIZE):
        for column in range(SIZE):
            open_, colour = 1.0, np.zeros(3)
            for rank, limb in enumerate(order):
                a, b, _ = LIMBS[limb]
                cover = covered(
                    column + 0.5, row + 0.5, places[JOINTS.index(a)], places[JOINTS.index(b)],
                    radii[limb],
                )  # fmt: skip
                shade = 1.0 - 0.22 * rank / (len(order) - 1)
                colour += open_ * cover * shade * colours[limb]
                open_ *= 1 - cover
                if open_ == 0:
                    break
            frame[row, column] = colour + open_ * frame[row, column]
    return frame


@pytest.mark.parametrize(("seed", "moved"), [(1, (0, 0)), (2, (-40, 10)), (3, (45, -70))])
def test_a_figure_is_what_the_slow_renderer_paints(seed: int, moved: tuple[int, int]) -> None:
    rng = np.random.default_rng(seed)
    pose = standing(1) + rng.normal(0, 0.8, (1, len(AT)))
    pose[:, [AT["x"], AT["lift"]]] = 0
    who = performer(seed)
    points = joints(pose, who.body)[0]
    places = np.stack([48 + SCALE * points[:, 0], GROUND - SCALE * points[:, 1]], 1) + moved
    depth = [points[JOINTS.index(a), 2] + points[JOINTS.index(b), 2] for a, b, _ in LIMBS]
    order = np.argsort(-np.array(depth), kind="stable")
    radii = who.body.radii() * SCALE
    colours = np.array([who.colours[part] for _, _, part in LIMBS]) * 255
    frame = rng.uniform(0, 255, (SIZE, SIZE, 3)).astype(np.float32)
    expected = painted(frame, places, order, radii, colours)
    before = frame.copy()
    drawing._figure(
        frame, places.astype(np.float32), order, radii.astype(np.float32),
        colours.astype(np.float32),
    )  # fmt: skip
    np.testing.assert_allclose(frame, expected, atol=0.5)  # of 255
    assert np.abs(frame - before).max() > 50


def test_a_figure_out_of_view_changes_nothing() -> None:
    frame = np.full((SIZE, SIZE, 3), 90, np.float32)
    places = np.full((len(JOINTS), 2), -50, np.float32)
    order, ones = np.arange(len(LIMBS)), np.ones(len(LIMBS), np.float32)
    drawing._figure(frame, places, order, ones, np.zeros((len(LIMBS), 3), np.float32))
    assert (frame == 90).all()


def test_the_nearer_arm_hides_the_farther() -> None:
    """Seen from its left, that arm hangs before the trunk; from its right, behind it."""
    who = replace(performer(1), colours={**performer(1).colours, "skin": (1.0, 0.0, 0.0)})
    pose = standing(1)
    pose[:, [AT["r_arm"], AT["r_hand"]]] = np.pi / 2  # out of the way, from either side
    points = joints(pose, who.body)
    assert points[0, JOINTS.index("l_wrist"), 2] > points[0, JOINTS.index("r_wrist"), 2]
    pose_away = pose.copy()
    pose_away[:, AT["yaw"]] = np.pi
    stage = build_stage(1)
    near, far = (next(draw(each, who, stage, 1)) for each in (pose, pose_away))
    red = [
        int(((f[..., 0] > 120) & (f[..., 1] < 40) & (f[..., 2] < 40)).sum()) for f in (near, far)
    ]
    assert red[0] > red[1] + 10


def first_frames(film: Film, count: int) -> np.ndarray:
    return np.stack(list(islice(film.frames(), count)))


HASH = """
import sys
from hashlib import sha256
from itertools import islice
from gtan.world.library import films
print(sha256(b"".join(f.tobytes() for f in islice(films()[4].frames(), 30))).hexdigest())
"""


def test_a_seed_gives_the_same_frames_bit_for_bit_here_and_in_another_process() -> None:
    one, same = (first_frames(films()[4], 30) for _ in range(2))
    assert one.shape == (30, SIZE, SIZE, 3) and one.dtype == np.uint8
    assert (one == same).all()
    there = subprocess.run([sys.executable, "-c", HASH], capture_output=True, text=True, check=True)
    assert there.stdout.strip() == sha256(one.tobytes()).hexdigest()
    assert (one != first_frames(films()[5], 30)).any()


def test_a_film_has_a_frame_for_every_moment_of_its_script() -> None:
    film = films("tiny-world")[0]
    assert len(list(film.frames())) == round(film.duration * FPS) == 250


def passing(seed: int) -> tuple[drawing._Passers, int]:
    """What passes in front in a minute, and a frame in which the first of it is in mid view."""
    passers = drawing._Passers(round(60 * FPS), np.random.default_rng(seed))
    begin, wide, speed, _, _ = passers.passing[0]
    return passers, round((begin + (SIZE / 2 + wide) / abs(speed)) * FPS)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_passer_covers_what_is_behind_it_and_goes(seed: int) -> None:
    passers, number = passing(seed)
    begin, wide, speed, top, colour = passers.passing[0]
    frame = np.zeros((SIZE, SIZE, 3), np.float32)
    passers.draw(frame, number)
    whole = (frame == colour).all(2)
    columns = np.flatnonzero(whole[-1])
    assert wide - 1.5 <= len(columns) <= wide + 1 and (np.diff(columns) == 1).all()
    assert not frame[:top].any() and (whole[top:] == whole[-1]).all()
    middle = (number / FPS - begin) * abs(speed) - wide
    middle = middle if speed > 0 else SIZE - middle
    assert columns.mean() + 0.5 == pytest.approx(middle, abs=0.6)
    for when in (begin - 1, begin + (SIZE + 2 * wide) / abs(speed) + 2 / FPS):
        frame = np.zeros((SIZE, SIZE, 3), np.float32)
        drawn_alone = drawing._Passers(0, np.random.default_rng(0))
        drawn_alone.passing = passers.passing[:1]
        drawn_alone.draw(frame, round(when * FPS))
        assert not frame.any()


def test_passers_come_in_every_long_film_and_from_both_sides() -> None:
    seen = [drawing._Passers(2000, np.random.default_rng(seed)).passing for seed in range(20)]
    assert all(len(each) >= 3 for each in seen)
    assert {np.sign(speed) for each in seen for _, _, speed, _, _ in each} == {-1, 1}


@pytest.mark.parametrize("film", films()[::8], ids=lambda film: film.name)
def test_the_camera_keeps_the_figure_in_view(film: Film) -> None:
    """It lags behind who runs: hips never leave the view, and of the joints one in four at most."""
    who = performer(film.performer)
    pose = play(film.events(), who, film.seed, film.duration)
    stage = build_stage(film.seed)
    left, shake = drawing._camera(pose[:, AT["x"]], stage, np.random.default_rng((film.seed, 5)))
    assert (left >= MARGIN).all() and (left <= stage.columns - SIZE - MARGIN).all()
    assert np.abs(shake).max() < MARGIN and (left * PHASES == np.round(left * PHASES)).all()
    points = joints(pose, who.body)
    across = points[:, :, 0] * SCALE + stage.columns / 2 - left[:, None]
    down = GROUND - points[:, :, 1] * SCALE + shake[:, 1:]
    inside = (across > 0) & (across < SIZE) & (down > 0) & (down < SIZE)
    assert inside[:, JOINTS.index("hips")].all()
    assert inside.mean(1).min() >= 0.75
    assert inside.all(1).mean() > 0.9


def test_the_camera_moves_on_smoothly() -> None:
    film = films()[0]
    who = performer(film.performer)
    pose = play(film.events(), who, film.seed, film.duration)
    stage = build_stage(film.seed)
    left, _ = drawing._camera(pose[:, AT["x"]], stage, np.random.default_rng((film.seed, 5)))
    assert np.abs(np.diff(left)).max() < 12  # pixels a frame; who runs makes up to 8


def test_the_scene_shifts_by_fractions_of_a_pixel() -> None:
    stage = build_stage(3)
    assert stage.views.shape[0] == PHASES and stage.views.min() >= 8 and stage.views.max() <= 247
    one, shifted = drawing._scene(stage, 50.0, 0), drawing._scene(stage, 51.0, 0)
    np.testing.assert_array_equal(one[:, 1:], shifted[:, :-1])
    higher = drawing._scene(stage, 50.0, 1)
    np.testing.assert_array_equal(one[:-1], higher[1:])
    between = drawing._scene(stage, 50.5, 0)
    assert np.abs(between - one).mean() < np.abs(shifted - one).mean()
    one[:] = 0
    assert stage.views[0, MARGIN:].any()  # drawn on a copy


def test_light_changes_slowly_and_little() -> None:
    film = replace(films()[2], duration=40.0)
    brightness = np.array([frame.mean() for frame in film.frames()])
    assert 0.65 < brightness.min() / brightness.max() < 0.99
