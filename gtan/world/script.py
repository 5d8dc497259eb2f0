"""What happens in a video, and when: the script, its annotations, and the poses that play it.

Everything is drawn from a seed. The annotations are the script's own times, so that they are exact.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from gtan.world.figure import AT, Body, Floats, mirrored, standing
from gtan.world.motions import ACTIONS, BREAKABLE, DECOYS, SEATED, STAND_UP, Motion, perform

FPS = 12.5  # frames a second
EXACT = ("sit down", "stand up", "throw")  # they end in another pose, or a turn further
SHARES = {"activity": 0.16, "gesture": 0.32, "stroke": 0.32, "decoy": 0.1, "broken": 0.1}


@dataclass(frozen=True)
class Performer:
    """Who plays: body, habits and looks, all from one seed.

    Attributes:
        tempo: 1 is average; also shortens what this performer does.
        vigour: how far limbs swing, 1 is average.
        left_handed: does everything the other way round.
        colours: RGB in 0 to 1 of each part of `LIMBS`.
    """

    seed: int
    body: Body
    tempo: float
    vigour: float
    left_handed: bool
    colours: dict[str, tuple[float, float, float]] = field(repr=False)


@dataclass(frozen=True)
class Event:
    """One thing that happens.

    Attributes:
        label: of an action; "" for what is none.
        start, end: seconds.
        doing: name of the motion.
        stop: share of it after which it is broken off and taken back; 1 if it is not.
        pauses: [n, 2] seconds since the start; the figure stands, and the action does not end.
    """

    label: str
    start: float
    end: float
    doing: str
    stop: float = 1.0
    pauses: Floats = field(default_factory=lambda: np.zeros((0, 2)), repr=False)


def performer(seed: int) -> Performer:
    """The performer of a seed."""
    rng = np.random.default_rng((seed, 1))
    body = Body(
        height=rng.uniform(0.85, 1.1),
        legs=rng.uniform(0.48, 0.54),
        breadth=rng.uniform(0.85, 1.2),
        girth=rng.uniform(0.85, 1.3),
    )
    skin = np.array([0.95, 0.78, 0.65]) * rng.uniform(0.4, 1.0)
    return Performer(
        seed,
        body,
        tempo=float(np.exp(rng.uniform(-0.15, 0.15))),
        vigour=rng.uniform(0.8, 1.15),
        left_handed=bool(rng.random() < 0.4),
        colours={
            "skin": _colour(skin),
            "shirt": _colour(rng.uniform(0.05, 1.0, 3)),
            "trousers": _colour(rng.uniform(0.05, 0.7, 3)),
            "shoes": _colour(rng.uniform(0.0, 0.5, 3)),
            "hair": _colour(np.array([0.6, 0.45, 0.3]) * rng.uniform(0.1, 1.2)),
        },
    )


def write_script(who: Performer, seed: int, length: float) -> list[Event]:
    """What happens in a video of `length` seconds, in order; nothing overlaps.

    Example:
        >>> events = write_script(performer(1), seed=1, length=60.0)
        >>> all(a.end <= b.start for a, b in zip(events, events[1:])), events[-1].end <= 60
        (True, True)
    """
    rng = np.random.default_rng((seed, 2))
    events: list[Event] = []
    now = rng.uniform(0.6, 2.0)
    while now < length - 4:
        kind = str(rng.choice(list(SHARES), p=list(SHARES.values())))
        event = _event(kind, now, length - 1.0, who, rng)
        if event is None:
            continue
        events.append(event)
        now = event.end + rng.uniform(0.5, 2.5)
        if event.doing == "sit down" and event.stop == 1:
            rise = now + rng.uniform(1.0, 3.0)
            events.append(Event("", rise, rise + rng.uniform(1.2, 2.4), "stand up"))
            now = events[-1].end + rng.uniform(0.5, 2.0)
    return [event for event in events if event.end <= length]


def _event(
    kind: str, now: float, end: float, who: Performer, rng: np.random.Generator
) -> Event | None:
    """Something of a kind that begins now, if there is time for it."""
    if kind == "broken":
        doing = str(rng.choice(BREAKABLE))
        motion = ACTIONS[doing]
        long = rng.uniform(motion.shortest, motion.longest) / who.tempo
        return _held(Event("", now, now + 0.9 * long, doing, stop=rng.uniform(0.2, 0.35)), end)
    of_kind = DECOYS if kind == "decoy" else ACTIONS
    doing = str(rng.choice([name for name, motion in of_kind.items() if motion.kind == kind]))
    motion = of_kind[doing]
    label = "" if kind == "decoy" else doing
    if kind != "activity":
        long = np.exp(rng.uniform(np.log(motion.shortest), np.log(motion.longest))) / who.tempo
        return _held(Event(label, now, now + long, doing), end)
    longest = min(motion.longest, end - now)
    if longest < motion.shortest:
        return None
    long = float(np.exp(rng.uniform(np.log(motion.shortest), np.log(longest))))
    return Event(label, now, now + long, doing, pauses=_pauses(long, rng))


def _held(event: Event, end: float) -> Event | None:
    return event if event.end <= end else None


def _pauses(length: float, rng: np.random.Generator) -> Floats:
    """Pauses under a second within an activity, none near its ends."""
    pauses, now = [], rng.uniform(2.0, 6.0)
    while now < length - 3:
        long = rng.uniform(0.4, 0.9)
        pauses.append((now, now + long))
        now += long + rng.uniform(2.5, 8.0)
    return np.array(pauses).reshape(-1, 2)


def play(events: list[Event], who: Performer, seed: int, length: float) -> Floats:
    """The poses of a video, frame by frame: [N, P], `length` seconds at `FPS`."""
    rng = np.random.default_rng((seed, 3))
    seconds = np.arange(round(length * FPS)) / FPS
    pose = standing(len(seconds))
    yaw, x, done = _facing("across", rng), 0.0, 0
    for event in events:
        motion = STAND_UP if event.doing == "stand up" else {**ACTIONS, **DECOYS}[event.doing]
        begin, end = np.searchsorted(seconds, [event.start, event.end])
        before = pose[done:begin]  # idle
        new_yaw = yaw if event.doing == "stand up" else _facing(motion.facing, rng)
        # Whoever sits does not turn round; else the figure turns to its next motion while idle.
        turn = np.clip((seconds[done:begin] - event.start + 0.5) / 0.4, 0, 1)
        before[:, AT["yaw"]] = yaw + (new_yaw - yaw) * turn
        before[:, AT["x"]] = x
        yaw = new_yaw
        acted = _act(event, motion, seconds[begin:end] - event.start, who)
        acted[:, AT["x"]] = x + acted[:, AT["x"]] * np.cos(yaw)
        acted[:, AT["yaw"]] += yaw
        if motion.speed and len(acted):
            acted = _within(acted, yaw)
            yaw = float(acted[-1, AT["yaw"]])
        pose[begin:end] = acted
        if len(acted):
            x = float(acted[-1, AT["x"]])
        done = end
        if event.doing == "sit down" and event.stop == 1:
            for name, angle in SEATED.items():
                pose[end:, AT[name]] = angle
        elif event.doing == "stand up":
            pose[end:, : AT["yaw"]] = standing(1)[0, : AT["yaw"]]
    pose[done:, AT["x"]], pose[done:, AT["yaw"]] = x, yaw
    return _blended(pose) + _sway(seconds, rng)


def _act(event: Event, motion: Motion, seconds: Floats, who: Performer) -> Floats:
    length = event.end - event.start
    if event.stop < 1:  # to and fro
        share = 1 - np.abs(2 * seconds / length - 1)
        seconds = event.stop * length * np.sin(share * np.pi / 2)
    moving = np.ones(len(seconds))
    for start, end in event.pauses:
        near = np.minimum(seconds - start, end - seconds)
        moving -= np.clip((near + 0.1) / 0.2, 0, 1)
    clock = np.cumsum(moving) / FPS if len(event.pauses) else seconds
    pose = perform(motion, clock, length, who.tempo)
    neutral = standing(1)
    angles = slice(0, AT["yaw"])
    vigour = 1.0 if event.doing in EXACT else who.vigour
    pose[:, angles] = neutral[:, angles] + (vigour * moving[:, None]) * (
        pose[:, angles] - neutral[:, angles]
    )
    if motion.kind == "activity":  # into it and out of it
        ramp = np.clip(np.minimum(seconds, length - seconds) / 0.2, 0, 1)[:, None]
        pose[:, angles] = neutral[:, angles] + ramp * (pose[:, angles] - neutral[:, angles])
    return mirrored(pose) if who.left_handed else pose


def _within(pose: Floats, yaw: float, reach: float = 2.2) -> Floats:
    """One who comes to the scene's end turns round within half a second and goes on."""
    # Reflected between the walls: a triangle wave of the way gone.
    way = pose[:, AT["x"]] + reach
    folded = np.abs((way % (4 * reach)) - 2 * reach)
    pose = pose.copy()
    pose[:, AT["x"]] = reach - folded
    back = (way % (4 * reach)) >= 2 * reach
    turns = np.where(back, np.pi, 0.0)
    kernel = np.ones(5) / 5
    smooth = np.convolve(np.pad(turns, 2, mode="edge"), kernel, mode="valid")
    pose[:, AT["yaw"]] = yaw + (smooth if np.cos(yaw) > 0 else -smooth)
    return pose


def _facing(how: str, rng: np.random.Generator) -> float:
    side = rng.choice([-1.0, 1.0])
    if how == "camera":
        return float(np.pi / 2 + side * rng.uniform(0.0, 0.5))
    return float(np.pi / 2 + side * rng.uniform(1.1, 1.6))


def _blended(pose: Floats) -> Floats:
    """Smoothed a little over time, so that no limb jumps from one motion to the next."""
    kernel = np.array([0.2, 0.6, 0.2])
    # Unwrapped: whoever has turned round once stands as before, and so does an arm.
    padded = np.pad(np.unwrap(pose, axis=0), ((1, 1), (0, 0)), mode="edge")
    return kernel[0] * padded[:-2] + kernel[1] * padded[1:-1] + kernel[2] * padded[2:]


def _sway(seconds: Floats, rng: np.random.Generator) -> Floats:
    """Breath and unrest: nobody stands quite still."""
    sway = np.zeros((len(seconds), len(AT)))
    sizes = {"pitch": 0.03, "roll": 0.03, "nod": 0.06, "l_arm": 0.06, "r_arm": 0.06, "yaw": 0.06}
    sizes |= {"l_hand": 0.1, "r_hand": 0.1}
    for name, size in sizes.items():
        for rate in rng.uniform(0.05, 0.5, 3):
            phase = rng.uniform(0, 2 * np.pi)
            sway[:, AT[name]] += size / 2 * np.sin(2 * np.pi * rate * seconds + phase)
    return sway


def _colour(rgb: Floats) -> tuple[float, float, float]:
    red, green, blue = (round(float(part), 3) for part in rgb)
    return red, green, blue
