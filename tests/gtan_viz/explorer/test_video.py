"""The video above the timeline, in Python: where it comes from, how it travels, what is refused."""

from __future__ import annotations

import base64
import json
import re
import warnings
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

import gtan
import gtan_viz
from gtan.files import write_bytes
from gtan.runs.run import Run, escaped, explanation_path
from gtan.settings import Settings
from gtan_viz.cli import main
from gtan_viz.explorer import video as video_module
from tests.gtan_viz.conftest import make_explanation

MP4 = b"\x00\x00\x00\x18ftypmp42" + bytes(40)
WEBM = b"\x1a\x45\xdf\xa3" + bytes(40)


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """Two recordings, one of which has a video in the run's folder."""
    folder = tmp_path / "run"
    write_bytes(folder / "settings.json", Settings().to_json().encode())
    for recording in ("made", "a/b"):
        one = make_explanation(recording=recording)
        one.save(explanation_path(folder, recording, 60))
    write_bytes(folder / "videos" / "a%2Fb.webm", WEBM)
    return folder


@pytest.fixture
def file(tmp_path: Path) -> Path:
    write_bytes(tmp_path / "v.mp4", MP4)
    return tmp_path / "v.mp4"


def test_the_run_knows_its_videos(run: Path, tmp_path: Path) -> None:
    opened = gtan.open_run(run)
    assert opened.video("a/b") == run / "videos" / "a%2Fb.webm"
    assert opened.video("made") is None
    write_bytes(run / "videos" / "a%2Fb.mp4", MP4)
    assert opened.video("a/b") == run / "videos" / "a%2Fb.mp4"
    write_bytes(run / "videos" / f"{escaped('x' * 300)}.mp4", MP4)
    assert opened.video("x" * 300) is not None
    write_bytes(tmp_path / "outside.mp4", MP4)
    (run / "videos" / "made.mp4").symlink_to(tmp_path / "outside.mp4")
    assert opened.video("made") is None  # a run from a stranger reads nothing outside it


def test_the_data_set_knows_others(run: Path, file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    recordings: dict[str, Any] = {
        "made": SimpleNamespace(video=lambda: file),
        "gone": SimpleNamespace(video=lambda: file.with_name("gone.mp4")),
        "none": SimpleNamespace(video=lambda: None),
    }
    monkeypatch.setattr(Run, "dataset", lambda _: SimpleNamespace(recordings=recordings))
    opened = gtan.open_run(run)
    assert opened.video("made") == file
    assert opened.video("gone") is opened.video("none") is opened.video("nobody") is None

    def missing(_: Run) -> None:
        raise FileNotFoundError("features")

    monkeypatch.setattr(Run, "dataset", missing)
    assert opened.video("made") is None


def test_a_widget_gets_bytes_or_an_address(run: Path, file: Path) -> None:
    for given in (file, str(file), MP4):
        explorer = gtan_viz.explore(run, recording="made", video=given)
        assert (explorer.video, explorer.video_url, explorer.video_of) == (MP4, "", "made")
    for url in ("https://example.org/v.mp4", "/files/videos/v.mp4"):
        explorer = gtan_viz.explore(run, recording="made", video=url)
        assert (explorer.video, explorer.video_url, explorer.video_of) == (b"", url, "made")
    assert gtan_viz.explore(run, recording="made").video == b""
    assert gtan_viz.explore(run, recording="a/b", video=False).video == b""


def test_the_video_follows_the_recording(run: Path, file: Path) -> None:
    explorer = gtan_viz.explore(run, recording="made", video=file)
    sent: list[tuple[str, bytes]] = []
    explorer.observe(lambda _: sent.append((explorer.video_of, explorer.video)), "video_of")
    explorer.layer = 2
    explorer.recording = "a/b"
    explorer.recording = "made"
    assert sent == [("a/b", WEBM), ("made", MP4)]
    file.unlink()
    explorer.recording = "a/b"
    explorer.recording = "made"
    assert (explorer.video, explorer.video_of) == (b"", "made")
    assert "there is no file" in explorer.problem
    explorer = gtan_viz.explore(run, recording="made", video=False)
    explorer.recording = "a/b"
    assert explorer.video == b""


def test_the_data_set_is_asked_once_the_browser_has_drawn(
    run: Path, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    recordings = {"made": SimpleNamespace(video=lambda: file)}
    monkeypatch.setattr(Run, "dataset", lambda _: SimpleNamespace(recordings=recordings))
    explorer = gtan_viz.explore(run, recording="made")
    assert (explorer.video, explorer.video_of) == (b"", "")
    explorer.screen_of = {"recording": "made", "step": 60}
    assert (explorer.video, explorer.video_of) == (MP4, "made")


@pytest.mark.parametrize("write", [gtan_viz.explore, gtan_viz.page])
def test_what_is_no_video_is_refused(run: Path, tmp_path: Path, write: Any) -> None:
    write_bytes(tmp_path / "v.avi", b"RIFF....AVI ")
    with pytest.raises(ValueError, match=r"v\.avi is neither MP4 nor WebM.*ffmpeg"):
        write(run, video=tmp_path / "v.avi")
    with pytest.raises(ValueError, match="video is neither MP4 nor WebM"):
        write(run, video=b"")
    with pytest.raises(FileNotFoundError, match="give the path of"):
        write(run, video="nowhere.mp4")


def blocks(page: Path) -> tuple[str, dict[str, Any], list[str]]:
    text = page.read_text(encoding="utf-8")
    index = re.search(r'id="gtan-index">(.*?)</script>', text)
    assert index
    return text, json.loads(index[1]), re.findall(r'id="gtan-data-\d+">(.*?)</script>', text)


def test_a_page_holds_the_bytes_and_its_policy_says_so(
    run: Path, tmp_path: Path, file: Path
) -> None:
    out = tmp_path / "explore.html"
    text, index, data = blocks(gtan_viz.page(run, out, ["made", "a/b"], video=file))
    held = {name: base64.b64decode(data[at]) for name, at in index["videos"].items()}
    assert held == {"made": MP4, "a/b": WEBM}
    assert "; media-src data: blob:; " in text
    policies = [blocks(gtan_viz.page(run, out, video=given))[0] for given in (None, False)]
    policies = [re.findall(r'Policy" content="(.*?)"', one)[0] for one in policies]
    assert policies[0].replace("; media-src data: blob:", "") == policies[1]
    assert "connect-src" not in policies[0]
    assert blocks(gtan_viz.page(run, out, video=False))[1]["videos"] == {}


def test_a_page_takes_no_address(run: Path, tmp_path: Path) -> None:
    for url in ("https://example.org/v.mp4", "/files/v.mp4"):
        with pytest.raises(ValueError, match="needs no network"):
            gtan_viz.page(run, tmp_path / "explore.html", video=url)


def test_a_large_video_comes_with_a_warning(
    run: Path, tmp_path: Path, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gtan_viz.explorer.page.PAGE_LIMIT", 10)
    monkeypatch.setattr("gtan_viz.explorer.widget.WIDGET_LIMIT", 10)
    out = tmp_path / "explore.html"
    with pytest.warns(UserWarning, match="slow to open") as caught:
        index = blocks(gtan_viz.page(run, out, ["made"], video=file))[1]
    assert list(index["videos"]) == ["made"]
    assert caught[0].filename == __file__
    with pytest.warns(UserWarning, match=r"a%2Fb\.webm .* is left out"):
        index = blocks(gtan_viz.page(run, out, ["a/b"]))[1]
    assert index["videos"] == {}
    with pytest.warns(UserWarning, match="slow to open"):
        assert gtan_viz.explore(run, recording="made", video=file).video == MP4
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        gtan_viz.explore(run, recording="made", video="/files/v.mp4")


def test_an_address_is_told_from_a_path(tmp_path: Path, file: Path) -> None:
    assert video_module.is_url("HTTPS://example.org/v.mp4")
    assert not video_module.is_url(str(file))
    assert not video_module.is_url(file)
    assert not video_module.is_url(MP4)


def test_command(run: Path, tmp_path: Path, file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = str(tmp_path / "page.html")
    assert main(["page", str(run), out, "--recording", "made", "--video", str(file)]) == 0
    assert list(blocks(Path(out))[1]["videos"]) == ["made"]
    assert main(["page", str(run), out, "--video", str(tmp_path / "nowhere.mp4")]) == 2
    assert "there is no file" in capsys.readouterr().err
