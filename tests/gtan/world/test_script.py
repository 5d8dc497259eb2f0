"""Scripts: what may happen when, and that the poses do what the script says, then and only then."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gtan.world.figure import ANGLES, AT, joints, standing
from gtan.world.library import Film, films, truth
from gtan.world.motions import ACTIONS, BREAKABLE, DECOYS, SEATED
from gtan.world.script import FPS, Event, performer, play, write_script

SEEDS = st.integers(0, 10_000)
ANGLE_COLUMNS = [AT[name] for name in ANGLES]
EPS = 1e-9


@given(SEEDS, SEEDS, st.floats(20, 200))
@settings(max_examples=40)
def test_events_follow_one_another_within_the_film(who: int, seed: int, length: float) -> None:
    events = write_script(performer(who), seed, length)
    assert events and events[0].start >= 0.6 and events[-1].end <= length
    assert all(before.end + 0.5 <= after.start + EPS for before, after in pairwise(events))


@given(SEEDS, SEEDS)
@settings(max_examples=40)
def test_lengths_labels_and_pauses(number: int, seed: int) -> None:
    who = performer(number)
    for event in write_script(who, seed, 180.0):
        took = event.end - event.start
        if event.doing == "stand up":
            assert event.label == "" and 1.2 <= took <= 2.4
            continue
        motion = {**ACTIONS, **DECOYS}[event.doing]
        low, high = motion.shortest, motion.longest
        if motion.kind != "activity":
            low, high = low / who.tempo, high / who.tempo
        if event.stop < 1:
            assert event.doing in BREAKABLE and 0.2 <= event.stop <= 0.35
            low, high = 0.9 * low, 0.9 * high
        assert low - EPS <= took <= high + EPS
        broken_or_decoy = event.stop < 1 or event.doing in DECOYS
        assert event.label == ("" if broken_or_decoy else event.doing)
        assert motion.kind == "activity" or len(event.pauses) == 0
        for start, end in event.pauses:
            assert 2 <= start < end < took - 1 and end - start < 1


@given(SEEDS)
@settings(max_examples=40)
def test_who_sits_next_stands_up(seed: int) -> None:
    events = write_script(performer(seed), seed, 240.0)
    sits = [k for k, each in enumerate(events[:-1]) if (each.doing, each.stop) == ("sit down", 1)]
    assert all(events[k + 1].doing == "stand up" for k in sits)
    rises = [k for k, each in enumerate(events) if each.doing == "stand up"]
    assert all(events[k - 1].label == "sit down" for k in rises)


def test_the_same_seed_gives_the_same_script_and_poses_and_another_another() -> None:
    one, same, other = (write_script(performer(3), seed, 120.0) for seed in (7, 7, 8))
    assert [replace(event, pauses=event.pauses.tolist()) for event in one] == [
        replace(event, pauses=event.pauses.tolist()) for event in same
    ]
    assert [event.start for event in one] != [event.start for event in other]
    poses = [play(each, performer(3), 7, 120.0) for each in (one, same, other)]
    assert (poses[0] == poses[1]).all() and (poses[0] != poses[2]).any()
    assert performer(3) == performer(3) != performer(4)


def test_over_many_films_everything_happens() -> None:
    events = [event for film in films() for event in film.events()]
    assert {event.label for event in events} == {*ACTIONS, ""}
    assert {event.doing for event in events} == {*ACTIONS, *DECOYS, "stand up"}
    assert {event.doing for event in events if event.stop < 1} == set(BREAKABLE)
    assert any(len(event.pauses) for event in events)


def apart(pose: np.ndarray, other: np.ndarray) -> np.ndarray:
    """[N, A] how far angles are from another pose's, whole turns aside."""
    difference = (pose - other)[:, ANGLE_COLUMNS]
    return np.abs((difference + np.pi) % (2 * np.pi) - np.pi)


def frames_of(event: Event) -> slice:
    """Well inside an event, where smoothing and easing into it are over."""
    return slice(int(np.ceil(event.start * FPS)) + 1, int(event.end * FPS) - 1)


@pytest.mark.parametrize("film", films()[::9], ids=lambda film: film.name)
def test_poses_do_what_the_script_says_and_stand_still_otherwise(film: Film) -> None:
    who, events = performer(film.performer), film.events()
    pose = play(events, who, film.seed, film.duration)
    assert len(pose) == round(film.duration * FPS)
    seated = standing(1)[0]
    for name, angle in SEATED.items():
        seated[AT[name]] = angle
    neutral, before = standing(1)[0], 0.0
    for event in [*events, Event("", film.duration, film.duration, "")]:
        idle = pose[int(np.ceil(before * FPS)) + 1 : int(event.start * FPS) - 1]
        # Sway is at most 1.5 times its size, 0.1 for hands.
        assert apart(idle, neutral).max(initial=0) < 0.16
        assert np.ptp(idle[:, AT["x"]]) < EPS if len(idle) else True
        if event.doing and event.doing != "turn":  # a turn is one of the whole body
            acted = pose[frames_of(event)]
            assert apart(acted, neutral).max() > 0.2
        if event.doing == "turn":
            yaw = np.unwrap(pose[frames_of(event), AT["yaw"]])
            assert np.ptp(yaw) > np.pi
        sits = event.doing == "sit down" and event.stop == 1
        neutral, before = (seated if sits else standing(1)[0]), event.end


def test_annotations_are_the_times_of_the_script() -> None:
    film = films()[5]
    table = truth([film])
    labelled = [event for event in film.events() if event.label]
    assert table["label"].tolist() == [event.label for event in labelled]
    assert (table["video"] == film.name).all()
    np.testing.assert_allclose(table["start"], [event.start for event in labelled], atol=5.1e-4)
    np.testing.assert_allclose(table["end"], [event.end for event in labelled], atol=5.1e-4)


def moving(event: Event, who_seed: int = 1) -> np.ndarray:
    """[N] how far angles are from standing, frame by frame, of a film with one event."""
    pose = play([event], performer(who_seed), 1, event.end + 2)
    return apart(pose, standing(1)).max(1)


def test_the_first_and_last_moved_frames_are_the_events_own() -> None:
    for doing in ("kick", "wave", "jump", "dance"):
        event = Event(doing, 4.0, 14.0 if doing == "dance" else 5.2, doing)
        moved = np.flatnonzero(moving(event) > 0.2) / FPS
        assert 4.0 - 1 / FPS <= moved[0] <= 4.3
        assert event.end - 0.3 <= moved[-1] <= event.end + 1 / FPS


def test_in_a_pause_the_figure_stands_and_then_goes_on() -> None:
    pauses = np.array([[4.0, 4.8]])
    event = Event("walk", 2.0, 14.0, "walk", pauses=pauses)
    far = moving(event)
    begin, end = (2.0 + pauses[0] + (0.15, -0.15)) * FPS
    assert far[int(np.ceil(begin)) : int(end)].max() < 0.2
    assert far[int(3 * FPS) : int(5 * FPS)].min() > 0.2 < far[int(8 * FPS) : int(13 * FPS)].min()
    pose = play([event], performer(1), 1, 16.0)
    assert np.ptp(pose[int(np.ceil(begin)) : int(end), AT["x"]]) < EPS  # nor does it slide


def test_broken_off_it_never_gets_far_and_comes_back() -> None:
    whole, broken = (Event("", 2.0, 4.0, "bow", stop=stop) for stop in (1.0, 0.3))
    assert 0.2 < moving(broken)[25:50].max() < moving(whole)[25:50].max()
    assert moving(broken)[51:].max() < 0.16


def test_left_handed_is_the_mirror() -> None:
    right = replace(performer(1), left_handed=False)
    event = Event("kick", 2.0, 3.2, "kick")
    one = play([event], right, 1, 5.0)[25:40]
    other = play([event], replace(right, left_handed=True), 1, 5.0)[25:40]
    kicks = np.ptp(one[:, AT["r_leg"]]), np.ptp(other[:, AT["l_leg"]])
    assert kicks[0] == pytest.approx(kicks[1], abs=0.05) and kicks[0] > 1


def test_who_walks_far_stays_on_the_scene_and_faces_where_it_goes() -> None:
    pose = play([Event("run", 1.0, 40.0, "run")], performer(1), 1, 42.0)
    x, yaw = pose[:, AT["x"]], pose[:, AT["yaw"]]
    assert np.abs(x).max() <= 2.2 + EPS and np.ptp(x) > 3
    step, facing = np.diff(x), np.cos(yaw[1:])
    going = np.abs(step) > 0.05
    assert (np.sign(step[going]) == np.sign(facing[going])).mean() > 0.9


@pytest.mark.parametrize("vigour", [0.8, 1.15])
@pytest.mark.parametrize("doing", sorted({*ACTIONS, *DECOYS} - {"sit down"}))
def test_a_motion_goes_over_into_standing(doing: str, vigour: float) -> None:
    """After a throw and a turn, limbs stand where they began, but an angle is 2 pi further."""
    motion = {**ACTIONS, **DECOYS}[doing]
    who = replace(performer(1), vigour=vigour)
    event = Event("", 2.0, 2.0 + motion.longest, doing)
    length = event.end + 2
    places = joints(play([event], who, 1, length), who.body)
    end = round(event.end * FPS)
    step = np.abs(np.diff(places, axis=0)).max((1, 2))
    assert step[end - 2 : end + 3].max() < 0.25  # body heights a frame
