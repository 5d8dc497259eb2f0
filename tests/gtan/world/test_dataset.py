"""The world as a data set: who is in it, what is made when, and where a clip lies in time."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import gtan
from gtan.data import load_dataset
from gtan.data.dataset import Dataset
from gtan.places import cache_folder
from gtan.settings import AugmentationSettings, DataSettings, Settings, SettingsError
from gtan.world import library
from gtan.world.dataset import GRID, WEIGHTS, WorldRecording, feature_path, make_ready
from gtan.world.film import CLIP, PIXELS, STRIDE, WIDTH, read_film
from gtan.world.library import Film, film_path, films, render
from gtan.world.motions import ACTIONS
from gtan.world.script import FPS

TINY = DataSettings(dataset="tiny-world", train_on="train")


@pytest.fixture
def empty_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("GTAN_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


def world(**more: object) -> Dataset:
    return load_dataset(
        DataSettings.model_validate({"dataset": "world", "train_on": "train"} | more)
    )


def test_nobody_plays_in_two_subsets() -> None:
    cast = films()
    assert len({film.name for film in cast}) == len({film.seed for film in cast}) == len(cast) == 60
    players = {
        subset: {film.performer for film in cast if film.subset == subset}
        for subset in ("train", "validation", "test")
    }
    assert sum(map(len, players.values())) == len(set.union(*players.values()))
    assert all(players.values())


def test_subsets_truth_and_classes_are_of_the_scripts(empty_cache: Path) -> None:
    dataset = world()
    assert dataset.classes == tuple(sorted(ACTIONS)) and dataset.feature_dim == WIDTH
    for subset, names in dataset.subsets.items():
        assert list(names) == [film.name for film in films() if film.subset == subset]
        labels = set(dataset.truth_of(names)["label"])
        assert labels == set(ACTIONS), f"{subset} lacks {set(ACTIONS) - labels}"
    durations = {name: each.duration for name, each in dataset.recordings.items()}
    truth = dataset.truth
    assert (truth["start"] >= 0).all() and (truth["end"] <= truth["video"].map(durations)).all()
    assert all(
        round(seconds * FPS) == pytest.approx(seconds * FPS) for seconds in durations.values()
    )
    assert not empty_cache.exists()  # nothing is rendered for that


def test_train_on_and_exclude() -> None:
    train, both = world(), world(train_on="train+validation")
    assert both.subsets["train"] == train.subsets["train"] + train.subsets["validation"]
    assert both.subsets["validation"] == train.subsets["validation"]
    left_out = films()[0].name
    dataset = world(exclude=(left_out,))
    assert left_out not in dataset.recordings and left_out not in set(dataset.truth["video"])
    assert dataset.subsets["train"] == train.subsets["train"][1:]
    with pytest.raises(SettingsError, match=f"did you mean .*{left_out}"):
        world(exclude=(left_out + "x",))


@pytest.mark.parametrize("dataset", ["world", "tiny-world"])
@pytest.mark.parametrize(
    ("name", "value"),
    [
        *(("clip_length", 25), ("clip_stride", 5), ("clip_offset", 0.5), ("fps", 25.0)),
        *(("channels", "acc"), ("held_out_user", 3), ("validation_users", (3,))),
        *(("annotations", "a.json"), ("features", "f"), ("test_subset", "x"), ("split", 1)),
        *(("hold_out_every", 5), ("view", "resized"), ("spacing", "even")),
    ],
)
def test_settings_without_effect_are_refused(dataset: str, name: str, value: object) -> None:
    settings = DataSettings.model_validate({"dataset": dataset, name: value})
    with pytest.raises(SettingsError, match=f"data.{name}: no effect"):
        load_dataset(settings)


def test_a_film_is_made_when_its_features_are_asked_for_and_no_other(empty_cache: Path) -> None:
    dataset = load_dataset(TINY)
    one = next(iter(dataset.recordings.values()))
    assert not empty_cache.exists()
    features = one.features(0, one.clips)
    assert features.shape == (one.clips, WIDTH) and features.dtype == np.float32
    made = sorted(path.name for path in empty_cache.rglob("*") if path.suffix in (".mp4", ".npy"))
    assert made == [f"{one.name}.mp4", f"{one.name}.npy"]


def test_features_are_of_the_film_and_where_the_grid_says() -> None:
    dataset = load_dataset(TINY)
    recording = next(iter(dataset.recordings.values()))
    assert isinstance(recording, WorldRecording)
    some = recording.features(5, 3)
    stored = np.load(feature_path(recording.film, "tiny-world"))
    frames = read_film(recording.video(), PIXELS)
    assert len(frames) == round(recording.duration * FPS)
    assert len(stored) == recording.clips == (len(frames) - CLIP) // STRIDE + 1
    np.testing.assert_array_equal(some, stored[5:8])
    signal, rate, names = recording.signal()
    assert rate == pytest.approx(FPS / STRIDE) and len(names) == signal.shape[1] == 1


def test_a_moment_of_an_event_maps_to_the_clip_about_it() -> None:
    """Clip k shows frames 2 k to 2 k + 15: its middle is where half of them are over."""
    for seconds in (1.0, 7.3, 100.0):
        clip = int(np.floor(GRID.from_seconds(seconds)))  # clip k is [k, k + 1) on the grid
        middle = (STRIDE * clip + CLIP / 2) / FPS
        assert abs(seconds - middle) <= STRIDE / FPS / 2 + 1e-9
        assert GRID.to_seconds(np.array(clip + 0.5)) == pytest.approx(middle)


def test_an_action_shows_in_the_vectors_of_its_own_clips() -> None:
    """Vectors change most where the film's script says that something begins or ends."""
    film = films("tiny-world")[0]
    recording = load_dataset(TINY).recordings[film.name]
    from gtan.world.convnet import load_convnet
    from gtan.world.dataset import WEIGHTS

    net = load_convnet(WEIGHTS)
    vectors = recording.features(0, recording.clips)
    scores = vectors @ net.fc7.weight.detach().numpy().T + net.fc7.bias.detach().numpy()
    right = []
    for event in film.events():
        if event.label:
            clip = int(GRID.from_seconds((event.start + event.end) / 2))
            right.append(sorted(ACTIONS)[int(scores[clip].argmax())] == event.label)
    assert len(right) >= 2 and np.mean(right) > 0.5


MAKE = """
from gtan.world import library
from gtan.world.dataset import WEIGHTS, make_ready
from gtan.world.library import films as all_films

apart = library._apart
def told(share, *more):
    for film in share:
        print("rendered", film.name, flush=True)
    return apart(share, *more)
library._apart = told

names = [film.name for film in all_films("tiny-world")[1:2]]
make_ready("tiny-world", WEIGHTS, names, progress=False)
"""


def test_two_processes_at_once_make_every_film_once(empty_cache: Path) -> None:
    pytest.importorskip("torch")
    start = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True, "env": os.environ}
    both = [subprocess.Popen([sys.executable, "-c", MAKE], **start) for _ in range(2)]  # type: ignore[call-overload]
    told = [process.communicate(timeout=120) for process in both]
    assert [process.returncode for process in both] == [0, 0], told
    assert sum(out.count("rendered") for out, _ in told) == 1, told
    film = films("tiny-world")[1]
    assert film_path(film, "tiny-world").exists() and feature_path(film, "tiny-world").exists()
    left = {path.name for path in empty_cache.rglob("*") if path.is_file()}
    assert not [name for name in left if "part" in name]


def test_several_films_are_rendered_by_several_processes(empty_cache: Path) -> None:
    cast = films("tiny-world")[:2]
    paths = render(cast, "tiny-world", progress=False, workers=2)
    assert [path.name for path in paths] == [f"{film.name}.mp4" for film in cast]
    before = [path.stat().st_mtime_ns for path in paths]
    assert render(cast, "tiny-world", progress=False) == paths
    assert [path.stat().st_mtime_ns for path in paths] == before


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="asks glibc for zeros")
def test_a_film_does_not_hang_on_what_memory_held(
    empty_cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """x264 reads memory that it has not written: this film's first second came out in many ways."""
    film, made = Film("sensitive", "test", 6, 6, 4.0), set()
    for filling in ("85", "170"):
        monkeypatch.setenv("MALLOC_PERTURB_", filling)
        (path,) = render([film], "tiny-world", progress=False, workers=2)
        made.add(path.read_bytes())
        path.unlink()
    assert len(made) == 1


SCRIPT = """
from gtan.world.library import films, render

print([path.name for path in render(films("tiny-world")[:2], "tiny-world", False, workers=2)])
"""


def test_a_script_without_a_main_guard_renders_on_all_cores(
    empty_cache: Path, tmp_path: Path
) -> None:
    """Its rendering processes ran the script again, and waited for their own parent's lock."""
    (tmp_path / "script.py").write_text(SCRIPT)
    env = os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    done = subprocess.run(
        [sys.executable, str(tmp_path / "script.py")],
        env=env, capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    names = [f"{film.name}.mp4" for film in films("tiny-world")[:2]]
    assert done.stdout.splitlines() == [repr(names)]  # once, by the script alone


def test_a_process_that_cannot_render_says_so(
    empty_cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "executable", "/bin/false")
    with pytest.raises(RuntimeError, match="could not be rendered"):
        render(films("tiny-world")[:2], "tiny-world", progress=False, workers=2)


def test_a_broken_rendering_leaves_nothing_and_is_made_again(
    empty_cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    film = films("tiny-world")[0]

    def dark(*_: object) -> object:
        raise RuntimeError("no light")

    with monkeypatch.context() as patch:
        patch.setattr(library, "draw", dark)
        with pytest.raises(RuntimeError, match="no light"):
            library.render_film(film, "tiny-world")
    assert not list(empty_cache.rglob("*.mp4")) and not list(empty_cache.rglob("*.part"))
    make_ready("tiny-world", WEIGHTS, [film.name], progress=False)
    assert feature_path(film, "tiny-world").exists()


def test_where_films_are_kept(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("GTAN_CACHE", str(tmp_path))
    assert cache_folder() == tmp_path and tmp_path in film_path(films()[0]).parents
    monkeypatch.delenv("GTAN_CACHE")
    assert cache_folder().name == "gtan" and cache_folder().is_absolute()


def test_what_turns_a_sensor_is_refused() -> None:
    recording = next(iter(load_dataset(TINY).recordings.values()))
    with pytest.raises(SettingsError, match="turn a sensor"):
        recording.features(0, 4, 1.0, AugmentationSettings(yaw=10), np.random.default_rng())


def test_the_fingerprint_names_film_version_and_weights() -> None:
    one, two = list(load_dataset(TINY).recordings.values())[:2]
    assert isinstance(one, WorldRecording) and isinstance(two, WorldRecording)
    assert one.fingerprint != two.fingerprint
    assert f"tiny-world-{library.VERSION}" in one.fingerprint


def test_a_run_on_the_tiny_world(tmp_path: Path) -> None:
    settings = Settings.preset("world").override(
        {
            "data.dataset": "tiny-world",
            "data.window": 64,
            "network.base_channels": (8, 8),
            "network.anchor_channels": (8, 8),
            "training.probes": (films("tiny-world")[2].name,),
            "training.iterations": 3,
            "training.checkpoint_every": 3,
            "training.validate_every": 3,
            "training.explanations": 1,
            "training.batch_size": 2,
            "training.threads": 1,
            "training.device": "cpu",
        }
    )
    run = gtan.train(settings, tmp_path / "run", progress=False)
    assert run.step == 3 and run.settings.network.feature_dim == WIDTH
    assert run.settings.data.classes == ()  # the world's own, as those of every embedded data set
    assert set(gtan.detect(run, "test")["video"]) <= {films("tiny-world")[2].name}
    assert gtan.explain(run, films("tiny-world")[2].name).header["duration"] == 20.0
