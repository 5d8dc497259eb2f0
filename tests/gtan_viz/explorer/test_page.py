"""The stand-alone page: its contents, its size, and that nothing in it can run or call out."""

import base64
import hashlib
import json
import re
import shutil
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from gtan.files import write_arrays, write_bytes, write_json
from gtan.runs.explanation import Explanation
from gtan.runs.run import EXAMPLE, explanation_path
from gtan.settings import Settings
from gtan_viz.cli import main
from gtan_viz.explorer.bundle import SHARE
from gtan_viz.explorer.page import escape_json, page

FIXTURE = Path(__file__).parents[2] / "fixtures" / "golden" / "explanation.safetensors"
HOSTILE = "<img src=x onerror=alert(1)>\"'</script><script>alert(2)</script>&\u2028 🦆" + "x" * 60
PLAIN = "exp01"


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run folder without a checkpoint: a hostile recording at two steps, and a plain one."""
    folder = tmp_path_factory.mktemp("runs") / "a <b>run</b> & more"
    write_bytes(folder / "settings.json", Settings().to_json().encode())
    explanation = Explanation.load(FIXTURE)
    for name, step in ((HOSTILE, 100), (HOSTILE, 300), (PLAIN, 300)):
        header = explanation.header | {"recording": name, "step": step}
        header["classes"] = [HOSTILE, *header["classes"][1:]]
        Explanation(header, explanation.arrays).save(explanation_path(folder, name, step))
    cells = [32, 16, 8, 4, 2]
    index = {
        "format": "gtan-trace",
        "version": 1,
        "classes": [HOSTILE, "b", "c"],
        "window": 64,
        "layers": [{"cells": count, "ratios": [1.0]} for count in cells],
        "probes": [
            {
                "recording": HOSTILE,
                "duration": 18.4,
                "grid": explanation.header["grid"],
                "starts": [0, 26],
                "truth": [{"label": HOSTILE, "start": 1.0, "end": 4.0}],
            }
        ],
    }
    write_json(folder / "trace" / "index.json", index)
    import numpy as np

    for step in (0, 100, 200):
        arrays = {}
        for layer, count in enumerate(cells, 1):
            arrays[f"layer{layer}.sigmas"] = np.full((2, count), 0.5 + step / 100, np.float16)
            arrays[f"layer{layer}.state"] = np.full((2, count), -1, np.int8)
            arrays[f"layer{layer}.mixed"] = np.zeros(2, np.int32)
        write_arrays(folder / "trace" / f"{step:06d}.safetensors", arrays, {"step": step})
    return folder


class Tags(HTMLParser):
    """Every start tag with its attributes, and the text in each script."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.scripts: list[str] = []
        self.inside = False
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag == "script":
            self.scripts.append("")
            self.inside = True

    def handle_endtag(self, tag: str) -> None:
        self.inside = False

    def handle_data(self, data: str) -> None:
        if self.inside:
            self.scripts[-1] += data


def read(path: Path) -> tuple[str, Tags]:
    text = path.read_text(encoding="utf-8")
    return text, Tags(text)


def test_contents(run: Path, tmp_path: Path) -> None:
    path = page(run, tmp_path / "explore.html")
    _, parsed = read(path)
    index = json.loads(parsed.scripts[0])
    catalogue = {entry["recording"]: entry["steps"] for entry in index["catalogue"]}
    assert catalogue == {HOSTILE: [100, 300], PLAIN: [300]}
    assert all(entry["duration"] == 18.4 for entry in index["catalogue"])
    first = next(e for e in index["entries"] if e["data"] == 0)
    assert first["step"] == 300
    assert len(parsed.scripts) == 1 + 3 + 1 + 1  # index, Explanations, trace, program
    for text in parsed.scripts[1:-1]:
        assert base64.b64decode(text, validate=True)[:2] == b"\x1f\x8b"  # gzip


def test_some_recordings(run: Path, tmp_path: Path) -> None:
    path = page(run, tmp_path / "one.html", [PLAIN])
    index = json.loads(read(path)[1].scripts[0])
    assert [entry["recording"] for entry in index["catalogue"]] == [PLAIN]


def test_the_same_run_gives_the_same_page(run: Path, tmp_path: Path) -> None:
    one, two = (page(run, tmp_path / name).read_bytes() for name in ("1.html", "2.html"))
    assert one == two


def test_nothing_in_it_can_run_but_its_own_script(run: Path, tmp_path: Path) -> None:
    text, parsed = read(page(run, tmp_path / "explore.html"))
    allowed = {"html", "head", "meta", "title", "style", "body", "main", "noscript", "script"}
    assert {tag for tag, _ in parsed.tags} == allowed
    for _, attributes in parsed.tags:
        assert not [name for name in attributes if name.startswith("on")]
    assert "<img" not in text.replace(parsed.scripts[-1], "")
    data = {"text/plain", "application/json"}
    runs = [a for tag, a in parsed.tags if tag == "script" and a.get("type") not in data]
    assert runs == [{"type": "module"}]


def test_no_network(run: Path, tmp_path: Path) -> None:
    text, parsed = read(page(run, tmp_path / "explore.html"))
    for _, attributes in parsed.tags:
        assert not {"src", "href", "srcset", "action"} & set(attributes)
    urls = set(re.findall(r"(?:https?:|ws:|wss:)?//[\w-]+(?:\.[\w-]+)+", text))
    assert urls <= {"http://www.w3.org"}, "only the namespace of SVG"
    policy = next(a["content"] for t, a in parsed.tags if t == "meta" and "http-equiv" in a)
    assert policy is not None
    assert policy.startswith("default-src 'none'; ")
    assert "connect-src" not in policy
    assert "unsafe-inline" not in re.findall(r"script-src [^;]*", policy)[0]
    digest = base64.b64encode(hashlib.sha256(parsed.scripts[-1].encode()).digest()).decode()
    assert f"script-src 'sha256-{digest}'" in policy


def test_json_in_a_script_block() -> None:
    text = escape_json({HOSTILE: HOSTILE})
    assert not set("<>&\u2028") & set(text)
    assert json.loads(text) == {HOSTILE: HOSTILE}


def test_a_run_with_nothing_to_show(tmp_path: Path) -> None:
    write_bytes(tmp_path / "empty" / "settings.json", Settings().to_json().encode())
    with pytest.raises(ValueError, match="no checkpoint"):
        page(tmp_path / "empty", tmp_path / "explore.html")
    assert not (tmp_path / "explore.html").exists()


def test_command(run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "page.html"
    assert main(["page", str(run), str(out)]) == 0
    assert str(out) in capsys.readouterr().out
    assert out.read_text(encoding="utf-8").startswith("<!doctype html>")
    assert main(["page", str(tmp_path / "nowhere"), str(out)]) == 2
    assert "is not a run" in capsys.readouterr().err
    assert main(["page", str(run), str(out), "--recording", "nobody"]) == 2
    assert "checkpoint" in capsys.readouterr().err


@pytest.fixture(scope="module")
def second(run: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Another run of the plain recording, and of one that the first does not have."""
    folder = tmp_path_factory.mktemp("others") / "second"
    write_bytes(folder / "settings.json", Settings().to_json().encode())
    stored = Explanation.load(explanation_path(run, PLAIN, 300))
    for name in (PLAIN, "elsewhere"):
        header = stored.header | {"recording": name, "step": 500}
        Explanation(header, stored.arrays).save(explanation_path(folder, name, 500))
    return folder


def test_two_runs_hold_what_both_have_and_what_is_equal_once(
    run: Path, second: Path, tmp_path: Path
) -> None:
    path = page([run, second], tmp_path / "two.html")
    text, parsed = read(path)
    upper, lower = json.loads(parsed.scripts[0])["runs"]
    assert [upper["run"], lower["run"]] == [run.name, "second"]
    for index in (upper, lower):
        assert [entry["recording"] for entry in index["catalogue"]] == [PLAIN]
    assert (upper["entries"][0]["step"], lower["entries"][0]["step"]) == (300, 500)
    assert upper["trace"] and lower["trace"] is None
    # The second Explanation has the arrays of the first: they are named, not held again.
    shared = lower["entries"][0]["shared"]
    assert set(shared.values()) == {upper["entries"][0]["data"]}
    sizes = {name: array.nbytes for name, array in Explanation.load(FIXTURE).arrays.items()}
    assert set(shared) == {name for name, size in sizes.items() if size >= SHARE}
    assert "second" in text.partition("</title>")[0]
    with pytest.raises(ValueError, match="holds two, not 3"):
        page([run, second, run], tmp_path / "three.html")


def test_two_runs_without_a_common_recording(run: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    write_bytes(other / "settings.json", Settings().to_json().encode())
    stored = Explanation.load(explanation_path(run, PLAIN, 300))
    header = stored.header | {"recording": "elsewhere"}
    Explanation(header, stored.arrays).save(explanation_path(other, "elsewhere", 300))
    with pytest.raises(ValueError, match=r"no recording in common: .*other has elsewhere$"):
        page([run, other], tmp_path / "two.html")
    assert not (tmp_path / "two.html").exists()


def test_command_of_two_runs(
    run: Path, second: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "two.html"
    assert main(["page", str(run), str(second), str(out)]) == 0
    assert str(out) in capsys.readouterr().out
    assert len(json.loads(read(out)[1].scripts[0])["runs"]) == 2
    assert main(["page", str(run), str(second)]) == 2  # the file was forgotten
    assert f"{second} is a folder; name the file" in capsys.readouterr().err
    assert main(["page", str(run), str(second), str(run), str(out)]) == 2
    assert "two runs and a file at most" in capsys.readouterr().err
    assert main(["page", str(run), str(second), str(out), "--recording", HOSTILE]) == 2


def test_a_damaged_file_is_refused_by_name(
    run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """What the browser would refuse does not get into a page."""
    copy, out = tmp_path / "run", tmp_path / "page.html"
    shutil.copytree(run, copy)
    stored = explanation_path(copy, PLAIN, 300)
    explanation = Explanation.load(stored)
    explanation.arrays["layer1.kernel_offsets"][0] = -(2**31)
    explanation.save(stored)
    assert main(["page", str(copy), str(out)]) == 2
    assert f"{stored}: layer1.kernel_offsets[0] is -2147483648" in capsys.readouterr().err
    stored.unlink()
    (copy / "trace" / "index.json").write_text("{")
    assert main(["page", str(copy), str(out)]) == 2
    assert "index.json" in capsys.readouterr().err
    assert not out.exists()


@pytest.mark.slow
@pytest.mark.skipif(not EXAMPLE.is_dir(), reason="the example run is not there yet")
def test_size_of_the_example_run(tmp_path: Path) -> None:
    path = page(None, tmp_path / "explore.html")
    index = json.loads(read(path)[1].scripts[0])
    assert len(index["catalogue"]) == 5
    assert path.stat().st_size <= 5_000_000


@pytest.mark.browser
def test_it_opens_from_disk_with_the_network_off(run: Path, tmp_path: Path, browser: Any) -> None:
    path = page(run, tmp_path / "explore.html")
    trouble: list[str] = []
    context = browser.new_context(offline=True)
    tab = context.new_page()
    tab.on("console", lambda message: trouble.append(message.text))
    tab.on("pageerror", lambda error: trouble.append(str(error)))
    tab.on("dialog", lambda dialog: (trouble.append(dialog.message), dialog.dismiss()))
    tab.on("request", lambda request: trouble.append(request.url))
    tab.goto(path.as_uri())
    tab.wait_for_selector("main select, main button")
    text = tab.inner_text("main")
    assert "could not start" not in text
    assert "onerror=alert(1)" in text + tab.title()
    assert tab.locator("main img").count() == 0
    # The other recording arrives when it is asked for.
    tab.wait_for_timeout(300)
    context.close()
    assert [t for t in trouble if not t.startswith(path.as_uri())] == []
