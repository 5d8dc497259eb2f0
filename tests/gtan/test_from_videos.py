"""From videos to a run and back: features extracted, learned from, and new videos detected in."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import gtan
from gtan.cli import main
from gtan.data import load_dataset
from gtan.data.features import FeatureError
from gtan.extraction import Recipe, read_extracted
from gtan.runs.check import check_files
from gtan.settings import Settings, SettingsError
from gtan.video import measure, open_video
from gtan.video.preview import is_played, write_preview
from gtan.world import films, render, truth
from gtan.world.motions import ACTIONS
from tests.gtan.video.test_decoding import number, write

SUBSETS = {"train": "training", "validation": "validation", "test": "testing"}
SMALL = {
    "data.classes": tuple(sorted(ACTIONS)), "data.window": 64,
    "data.test_subset": "testing", "data.train_on": "train",
    "network.base_channels": (16, 16), "network.anchor_channels": (16, 16, 16),
    "training.iterations": 20, "training.batch_size": 2, "training.warmup": 0,
    "training.validate_every": 20, "training.checkpoint_every": 20, "training.threads": 1,
}  # fmt: skip


@pytest.fixture(scope="module")
def videos(film_cache: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three videos, their features by the small world's ConvNet, and what happens in them."""
    folder = tmp_path_factory.mktemp("mine")
    cast = films("tiny-world")
    for film, path in zip(cast, render(cast, "tiny-world", progress=False)):
        (folder / "videos").mkdir(exist_ok=True)
        shutil.copy(path, folder / "videos" / f"{film.name}.mp4")
    gtan.extract(folder / "videos", "world", folder / "features", progress=False)
    actions = truth(cast)
    database: dict[str, Any] = {
        film.name: {
            "subset": SUBSETS[film.subset],
            "duration": film.duration,
            "annotations": [
                {"segment": [row["start"], row["end"]], "label": row["label"]}
                for row in actions[actions["video"] == film.name].to_dict("records")
            ],
        }
        for film in cast
    }
    (folder / "actions.json").write_text(json.dumps({"version": "mine", "database": database}))
    return folder


def settings_of(videos: Path, **changes: Any) -> Settings:
    return Settings.preset("features").override(
        {
            "data.annotations": str(videos / "actions.json"),
            "data.features": str(videos / "features" / "{video}.safetensors"),
            **SMALL,
            **changes,
        }
    )


@pytest.fixture(scope="module")
def run(videos: Path) -> gtan.Run:
    return gtan.train(settings_of(videos), videos / "run", progress=False)


def test_where_clips_lie_need_not_be_said(videos: Path) -> None:
    dataset = load_dataset(settings_of(videos).data)
    made = read_extracted(videos / "features" / f"{films('tiny-world')[0].name}.safetensors")
    assert made is not None
    for recording in dataset.recordings.values():
        assert recording.grid == made.grid
    assert dataset.recipe == made.recipe


def test_a_run_remembers_how_its_features_were_made(videos: Path, run: gtan.Run) -> None:
    recipe = run.recipe()
    assert recipe is not None and recipe == run.dataset().recipe and recipe.backbone == "world"
    assert not check_files(run)
    packed = gtan.open_run(gtan.pack(run, videos / "packed"))
    assert packed.recipe() == recipe
    assert "- features: world, 16 frames every 2" in (packed.path / "README.md").read_text()


def test_a_new_video_is_seen_as_the_runs_own_were(
    videos: Path, run: gtan.Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    test = films("tiny-world")[2].name
    expected = gtan.detect(run, test)
    assert len(expected)
    video = shutil.copy(videos / "videos" / f"{test}.mp4", tmp_path / "holiday.mp4")
    monkeypatch.chdir(tmp_path)
    for source in ("holiday.mp4", {"monday": video}, Path("holiday.mp4"), str(tmp_path)):
        found = gtan.detect(run, source)
        name = "monday" if isinstance(source, dict) else "holiday"
        pd.testing.assert_frame_equal(found, expected.assign(video=name).astype({"video": "str"}))
    (tmp_path / "features").mkdir()
    shutil.copy(
        videos / "features" / f"{test}.safetensors", tmp_path / "features" / "a.safetensors"
    )
    found = gtan.detect(run, tmp_path / "features")
    pd.testing.assert_frame_equal(found, expected.assign(video="a").astype({"video": "str"}))


def test_features_are_kept(run: gtan.Run, videos: Path, capsys: Any) -> None:
    video = videos / "videos" / f"{films('tiny-world')[1].name}.mp4"
    gtan.detect(run, video, progress=True)
    assert "extracting" in capsys.readouterr().err
    gtan.detect(run, video, progress=True)
    assert "extracting" not in capsys.readouterr().err


def test_the_command_writes_whatever_is_asked_for(
    run: gtan.Run, videos: Path, tmp_path: Path, capsys: Any
) -> None:
    video = shutil.copy(
        videos / "videos" / f"{films('tiny-world')[2].name}.mp4", tmp_path / "h.mp4"
    )
    for ending, begins in ((".vtt", "WEBVTT\n\n1\n00:00:"), (".srt", "1\n00:00:"), (".json", "{")):
        out = tmp_path / f"h{ending}"
        command = ["detect", str(video), "--run", str(run.path), "--at", "all", "--out", str(out)]
        assert main(command) == 0
        assert out.read_text().startswith(begins)
    assert "h: " in capsys.readouterr().out
    page = tmp_path / "h.html"
    assert main(["detect", str(video), "--run", str(run.path), "--page", str(page)]) == 0
    text = page.read_text()
    assert '"videos":{"h":' in text and '"recording":"h"' in text
    assert "media-src data: blob:" in text


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["nowhere.mp4"], "there is no video nowhere.mp4"),
        (["broken.mp4"], "broken.mp4 cannot be opened as a video"),
        (["broken.mp4", "--fps", "25"], "fps is for new recordings of features"),
        (["broken.mp4", "--weights", "nowhere.pt"], "there is no file nowhere.pt"),
        (["broken.mp4", "--page", "a.txt"], "--page a.txt: must end in .html"),
        (["broken.mp4", "--page", "broken.mp4"], "--page broken.mp4: must end in .html"),
        (["test", "--weights", "nowhere.pt"], "weights are a backbone's"),
        (["broken.mp4", "other.mp4", "--out", "a.vtt"], "subtitles are of one video"),
    ],
)
def test_what_cannot_be(
    run: gtan.Run,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: Any,
    options: list[str],
    message: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "broken.mp4").write_bytes(b"no video")
    (tmp_path / "other.mp4").write_bytes(b"no video either")
    assert main(["detect", *options, "--run", str(run.path), "--at", "all"]) == 2
    said = capsys.readouterr().err
    assert message in said and "Traceback" not in said


def test_weights_that_are_gone_are_asked_for(run: gtan.Run, videos: Path, tmp_path: Path) -> None:
    from gtan.world.dataset import WEIGHTS

    folder = shutil.copytree(run.path, tmp_path / "run")
    recipe = Recipe.model_validate_json((folder / "recipe.json").read_text())
    gone = recipe.with_(weights=str(tmp_path / "gone.safetensors"))
    (folder / "recipe.json").write_text(gone.model_dump_json())
    video = videos / "videos" / f"{films('tiny-world')[2].name}.mp4"
    with pytest.raises(FileNotFoundError, match=r"gone.safetensors \(SHA-256 .*--weights FILE"):
        gtan.detect(folder, video)
    assert len(gtan.detect(folder, video, weights=WEIGHTS))


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"backbone": 3}'])
def test_a_damaged_recipe_is_named(run: gtan.Run, tmp_path: Path, text: str) -> None:
    folder = shutil.copytree(run.path, tmp_path / "run")
    (folder / "recipe.json").write_text(text)
    with pytest.raises(ValueError, match=r"run/recipe\.json"):
        gtan.open_run(folder).recipe()
    assert any("recipe.json" in fault for fault in check_files(gtan.open_run(folder)))


def test_a_run_on_features_that_were_brought_says_so(place: Path) -> None:
    write(place / "a.mp4")
    with pytest.raises(ValueError, match=r"how those were made is not known .*gtan extract"):
        gtan.detect("old", "a.mp4")


def test_features_made_otherwise_are_refused(run: gtan.Run, videos: Path, tmp_path: Path) -> None:
    video = videos / "videos" / f"{films('tiny-world')[2].name}.mp4"
    gtan.extract(video, "world", tmp_path, stride=4, progress=False)
    with pytest.raises(FeatureError, match=r"made otherwise than the run's features .stride 2, th"):
        gtan.detect(run, {"a": tmp_path / f"{video.stem}.safetensors"})
    whole = videos / "features" / f"{video.stem}.safetensors"
    with pytest.raises(ValueError, match=r"says itself where its clips lie"):
        gtan.detect(run, {"a": whole}, fps=25)


def copied(videos: Path, folder: Path) -> Path:
    shutil.copytree(videos / "features", folder / "features")
    shutil.copy(videos / "actions.json", folder)
    return folder


def test_two_ways_in_one_folder_are_refused(videos: Path, tmp_path: Path) -> None:
    mine = copied(videos, tmp_path)
    name = films("tiny-world")[1].name
    (mine / "features" / f"{name}.safetensors").unlink()
    video = videos / "videos" / f"{name}.mp4"
    gtan.extract(video, "world", mine / "features", fps=25, progress=False)
    with pytest.raises(FeatureError, match=r"were made otherwise: fps 12.5, there 25.0; extract"):
        load_dataset(settings_of(mine).data)


def test_a_rate_of_ones_own_is_refused(videos: Path) -> None:
    with pytest.raises(SettingsError, match=r"data.fps = 25 has no effect.*say themselves where"):
        load_dataset(settings_of(videos, **{"data.fps": 25}).data)


def test_features_of_another_video_are_refused(videos: Path, tmp_path: Path) -> None:
    mine = copied(videos, tmp_path)
    content = json.loads((mine / "actions.json").read_text())
    for entry in content["database"].values():
        entry["duration"] *= 3
    (mine / "actions.json").write_text(json.dumps(content))
    with pytest.raises(
        FeatureError, match=r"(?s)3 of 3 .* lasts 20 s, and its annotations say 60 s"
    ):
        load_dataset(settings_of(mine).data)


def test_damaged_files_are_all_named(videos: Path, tmp_path: Path) -> None:
    mine = copied(videos, tmp_path)
    for path in sorted((mine / "features").glob("*"))[:2]:
        path.write_bytes(path.read_bytes()[:100])
    with pytest.raises(FeatureError) as error:
        load_dataset(settings_of(mine).data)
    assert str(error.value).count(".safetensors is not a whole safetensors file") == 2


# --- in the explorer


def test_new_recordings_can_be_explained(run: gtan.Run, videos: Path) -> None:
    name = films("tiny-world")[2].name
    other = run.with_recordings({"holiday": videos / "videos" / f"{name}.mp4"})
    found = gtan.explain(other, "holiday")
    mine = gtan.explain(run, name)
    np.testing.assert_array_equal(
        found.arrays["detections.segments"], mine.arrays["detections.segments"]
    )
    assert not len(found.arrays["truth.segments"]) and len(mine.arrays["truth.segments"])
    assert other.video("holiday") == videos / "videos" / f"{name}.mp4"
    assert "holiday" not in run.dataset().recordings


def test_a_name_of_the_runs_own_is_refused(run: gtan.Run, videos: Path) -> None:
    (name, _), *_ = run.explanations()
    with pytest.raises(ValueError, match=f"has a recording '{name}' of its own"):
        run.with_recordings({name: next((videos / "videos").glob("*.mp4"))})


@pytest.mark.parametrize(
    ("name", "codec", "played"),
    [
        ("a.mp4", "libx264", True), ("a.webm", "libvpx-vp9", True), ("a.mkv", "libx264", False),
        ("a.avi", "mpeg4", False), ("a.mp4", "mpeg4", False), ("a.mov", "libx264", False),
    ],
)  # fmt: skip
def test_what_browsers_do_not_play_gets_a_copy(
    tmp_path: Path, name: str, codec: str, played: bool
) -> None:
    video = write(tmp_path / name, codec, size=(97, 128) if codec == "mpeg4" else (96, 96))
    assert is_played(video) == played
    copy = write_preview(video, tmp_path / "copies" / "a.mp4")
    assert is_played(copy)
    with open_video(copy) as opened:
        numbers = [number(frame) for frame in opened.samples(measure(video).rate)]
    assert numbers == list(range(30))  # the same at the same time
