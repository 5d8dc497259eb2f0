"""The pages on data, step by step, as they stand: only the training is cut short."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import textwrap
from pathlib import Path

import numpy as np
import pytest
import yaml

import gtan
from gtan.data import load_dataset
from gtan.data.annotations import read_detections, read_truth
from gtan.data.recordings import annotation_file
from gtan.experiments.notebooks import evaluate_run
from tests.published import published_data

ROOT = Path(__file__).parents[3]
TINY = """
  training.iterations: 2
  training.explanations: 1
  training.batch_size: 2
  training.device: cpu
  detection.candidates: 100
  network.base_channels: [8, 8]
  network.anchor_channels: [8, 8, 8, 8, 8, 8, 8]
"""

pytestmark = pytest.mark.slow


def blocks(page: str) -> list[tuple[str, str, str]]:
    """Name, language and text of the page's named blocks."""
    text = (ROOT / "docs" / page).read_text()
    found = re.findall(r" *<!-- (\S+) -->\n *```(\w+)\n(.*?)```", text, re.DOTALL)
    return [(name, kind, textwrap.dedent(body)) for name, kind, body in found]


def run_page(page: str, folder: Path) -> str:
    """Run every block in `folder`, in order; returns what was printed."""
    (folder / "notebooks").symlink_to(ROOT / "notebooks")
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    environment = os.environ | {"PATH": path}
    printed = ""
    for name, kind, body in blocks(page):
        if kind == "yaml":
            body = re.sub(r"(?m)^ *training.iterations.*\n", "", body) + TINY
            (folder / name).parent.mkdir(exist_ok=True)
            (folder / name).write_text(body)
            continue
        if kind == "python":
            (folder / name).write_text(body)
            command = [sys.executable, name]
        else:
            command = ["sh", "-e", "-c", body]
        done = subprocess.run(
            command, cwd=folder, env=environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr[-3000:]
        printed += done.stdout
    return printed


def test_own_data(tmp_path: Path) -> None:
    pytest.importorskip("torch")  # its commands train
    printed = run_page("own-data.md", tmp_path)
    page = (ROOT / "docs" / "own-data.md").read_text()
    for line in printed.splitlines()[:3]:
        assert f"    {line}\n" in page, "docs/own-data.md shows something else"
    run = gtan.open_run(tmp_path / "runs" / "mine")
    assert set(run.detections()["video"]) <= set(
        read_truth(tmp_path / "mine/annotations.json").videos["video"]
    )
    assert (tmp_path / "mine" / "explore.html").stat().st_size > 10_000
    assert set(read_detections(tmp_path / "new" / "detections.json")["video"]) == {"monday"}


def short_cut(page: str) -> gtan.Run:
    """What the page's two commands do, without the notebooks around it (own-data.md runs those)."""
    (name, _, body), (_, _, commands) = blocks(page)
    parameters = yaml.safe_load(body + TINY)
    train, evaluate = commands.splitlines()
    assert train.endswith(f"-f {name}")
    assert f"-p run_folder {parameters['run_folder']}" in evaluate
    settings = gtan.Settings.preset(parameters["preset"]).override(parameters["overrides"])
    run = gtan.train(settings, parameters["run_folder"], progress=False)
    evaluate_run(run)
    return run


def make_features(folder: Path, names: list[str], clips: list[int]) -> None:
    folder.mkdir(parents=True)
    rng = np.random.default_rng(0)
    for name, count in zip(names, clips, strict=True):
        np.save(folder / f"{name}.npy", rng.standard_normal((count, 8), dtype=np.float32))


def test_thumos14(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Real annotations, made features."""
    monkeypatch.chdir(tmp_path)
    videos = read_truth(annotation_file("thumos14")).videos
    clips = [max(1, int((d * f - 16) / 4) + 1) for d, f in zip(videos["duration"], videos["fps"])]
    make_features(tmp_path / "thumos14" / "features", videos["video"].tolist(), clips)
    evaluation = short_cut("thumos14.md").evaluation()
    assert evaluation["protocol"] == "thumos14" and len(evaluation["AP"]) == 20
    assert list(evaluation["mAP"]) == ["0.1", "0.2", "0.3", "0.4", "0.5", "0.6", "0.7"]


def test_activitynet(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Real annotations, made features for one training video of each class and ten others."""
    monkeypatch.chdir(tmp_path)
    truth = read_truth(annotation_file("activitynet"))
    subset = truth.instances["video"].map(truth.videos.set_index("video")["subset"])
    learned = truth.instances[subset == "training"].drop_duplicates("label")["video"]
    tested = truth.instances[subset == "validation"]["video"].drop_duplicates()[:10]
    videos = truth.videos.set_index("video").loc[[*dict.fromkeys(learned), *tested]]
    clips = [max(1, int((d * 15 - 16) / 16) + 1) for d in videos["duration"]]
    make_features(tmp_path / "activitynet" / "features", videos.index.tolist(), clips)
    with pytest.warns(UserWarning, match="4718 recordings of 'test' have no features"):
        evaluation = short_cut("activitynet.md").evaluation()
    assert len(evaluation["skipped"]) == 4728 - 10 and len(evaluation["mAP"]) == 10


@pytest.mark.parametrize("page", ["thumos14.md", "activitynet.md"])
def test_a_page_without_features_says_what_is_missing(page: str, tmp_path: Path) -> None:
    (_, _, body) = next(block for block in blocks(page) if block[1] == "yaml")
    parameters = yaml.safe_load(body)
    published_data(page.removesuffix(".md"))
    overrides = parameters["overrides"] | {"data.missing_features": "error"}
    settings = gtan.Settings.preset(parameters["preset"]).override(overrides)
    with pytest.raises(FileNotFoundError, match=r"recordings of .* have no features"):
        load_dataset(settings.data)
