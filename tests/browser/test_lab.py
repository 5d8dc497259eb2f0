"""The front-door notebook in a real JupyterLab: it runs, follows the hand, and Python knows."""

from __future__ import annotations

import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import gtan_viz
from gtan.files import write_json
from gtan.runs.explanation import Explanation
from gtan.runs.run import escaped
from tests.browser.conftest import FIXTURE, Window, write_run
from tests.browser.reference import detect
from tests.videos import FPS, READ, write_video

pytestmark = [pytest.mark.browser, pytest.mark.slow]

ROOT = Path(__file__).parents[2]
IDLE = "window.jupyterapp?.shell?.currentWidget?.sessionContext?.session?.kernel?.status === 'idle'"
LOOK = """
import json
frame = explorer.detections
what_if = frame[frame["what_if"]]
print("SEEN" + json.dumps({
    "recording": explorer.recording, "step": explorer.step, "selection": explorer.selection,
    "settings": explorer.settings, "problem": explorer.problem,
    "learned": int((~frame["what_if"]).sum()), "scores": what_if["score"].tolist(),
}))
"""


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[tuple[str, Path]]:
    """The address of a JupyterLab in a folder with the notebook and one run."""
    work = tmp_path / "work"
    (work / "notebooks").mkdir(parents=True)
    shutil.copy(ROOT / "notebooks" / "explore.ipynb", work / "notebooks")
    explanation = Explanation.load(FIXTURE)
    run = write_run(work / "runs" / "made-up", [explanation], None)
    name = escaped(explanation.header["recording"])
    write_video(run / "videos" / f"{name}.mp4", 18.4)
    write_video(work / "other.webm", 10)
    late = replace(explanation, header={**explanation.header, "step": 900})
    write_run(work / "runs" / "of-two" / "second", [late], None)
    write_json(work / "notebooks" / "two.ipynb", TWO)
    write_json(work / "notebooks" / "acts.ipynb", ACTS)
    private = {
        name: str(tmp_path / name.lower())
        for name in ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR", "IPYTHONDIR")
    }
    settings = tmp_path / "jupyter_config_dir" / "lab" / "user-settings" / "@jupyterlab"
    news = settings / "apputils-extension" / "notification.jupyterlab-settings"
    news.parent.mkdir(parents=True)
    news.write_text(json.dumps({"fetchNews": "false", "checkForUpdates": False}))
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    token = secrets.token_hex(16)
    command = [
        sys.executable, "-m", "jupyterlab", "--no-browser", "--ip=127.0.0.1", f"--port={port}",
        f"--IdentityProvider.token={token}", f"--ServerApp.root_dir={work}",
        "--LabApp.expose_app_in_browser=True", "--ServerApp.port_retries=0",
    ]  # fmt: skip
    if os.geteuid() == 0:
        command.append("--allow-root")
    log = tmp_path / "lab.log"
    with log.open("wb") as output:
        server = subprocess.Popen(
            command,
            stdout=output,
            stderr=subprocess.STDOUT,
            cwd=work,
            env=os.environ | private,
            start_new_session=True,
        )
    try:
        yield f"http://127.0.0.1:{port}/lab/tree/notebooks/explore.ipynb?token={token}", log
    finally:
        os.killpg(server.pid, signal.SIGTERM)  # and its kernels
        try:
            server.wait(10)
        except subprocess.TimeoutExpired:
            os.killpg(server.pid, signal.SIGKILL)


def cell_of(source: str) -> dict[str, Any]:
    return {"cell_type": "code", "id": "one", "metadata": {}, "source": source, "outputs": [],
            "execution_count": None}  # fmt: skip


TWO = {
    "nbformat": 4,
    "nbformat_minor": 5,
    "metadata": {"kernelspec": {"name": "python3", "display_name": "Python 3"}},
    "cells": [
        cell_of(
            "import gtan_viz\n"
            "pair = gtan_viz.explore(['../runs/made-up', '../runs/of-two/second'])\n"
            "pair"
        )
    ],
}


def text_of(source: str) -> dict[str, Any]:
    return {"cell_type": "markdown", "id": "text", "metadata": {}, "source": source}


ACTS = TWO | {
    "cells": [
        cell_of(
            "import gtan_viz\n"
            "explorer = gtan_viz.explore('../runs/made-up', hide=['why'])\n"
            "explorer"
        ),
        cell_of("from gtan_viz.lessons import kernel\npart = kernel.part()\npart") | {"id": "part"},
        text_of(
            f"Make it [twice as wide]({gtan_viz.link(settings={'sigma_factor': 2})}), and the "
            "lesson's kernel [narrow](#set:sigma=0.3)."
        ),
    ]
}


@pytest.fixture
def notebook(lab: tuple[str, Path], browser: Any) -> Iterator[tuple[Any, list[str]]]:
    address, log = lab
    context = browser.new_context(viewport={"width": 1500, "height": 2400})
    page = context.new_page()
    problems: list[str] = []
    page.on("pageerror", lambda error: problems.append(str(error)))
    for _ in range(240):  # until the server answers
        try:
            page.goto(address)
            break
        except Exception as error:
            if "ERR_CONNECTION_REFUSED" not in str(error):
                raise
            page.wait_for_timeout(250)
    else:
        raise AssertionError(f"JupyterLab does not answer: {log.read_text()[-2000:]}")
    page.wait_for_function(IDLE, timeout=60_000)
    yield page, problems
    context.close()


def test_text_of_a_notebook_acts(notebook: tuple[Any, list[str]]) -> None:
    page, problems = notebook
    page.goto(page.url.replace("explore.ipynb", "acts.ipynb"))
    here = "window.jupyterapp?.shell?.currentWidget?.context?.path?.endsWith('acts.ipynb')"
    page.wait_for_function(f"{here} && {IDLE}", timeout=60_000)
    page.evaluate("jupyterapp.commands.execute('notebook:run-all-cells')")
    page.locator(".gtan-explorer").wait_for(timeout=60_000)
    window = Window(page, problems)
    window.until("state.facts !== null")
    assert not page.locator("[data-panel=why]").is_visible()
    lesson = page.locator(".gtan-lesson[data-part=kernel]")
    lesson.get_by_text("about half as much").click()
    lesson.locator("[data-question=wide] button[type=submit]").click()
    lesson.locator(".gl-picture").wait_for()

    page.get_by_role("link", name="twice as wide").click()
    window.until("state.settings.sigma_factor === 2")
    page.get_by_role("link", name="narrow").click()
    lesson.get_by_text("σ is 0.30 cells").wait_for()
    code = "print(explorer.settings, part.values, part.table()['right'].tolist())"
    for _ in range(20):  # what is set on screen reaches Python with the next drawing
        said = run_python(page, code)
        if "{'sigma_factor': 2}" in said:
            break
        page.wait_for_timeout(250)
    assert "{'sigma_factor': 2}" in said
    assert "'sigma': 0.3" in said
    assert "[True]" in said
    assert not problems


def test_the_notebook_opens_the_explorer(notebook: tuple[Any, list[str]]) -> None:
    page, problems = notebook
    page.evaluate("jupyterapp.commands.execute('notebook:run-all-cells')")
    page.locator(".gtan-explorer").wait_for(timeout=60_000)
    window = Window(page, problems)
    explanation = Explanation.load(FIXTURE)
    best = explanation.detections().iloc[0]
    window.until("state.facts !== null")
    assert window.number("score after") == f"{best['score']:.3f}"
    assert window.text(".gx-badge") == "As learned"

    canvas = page.get_by_label("Timeline: truth and detections")
    box = canvas.bounding_box()
    label = explanation.header["classes"].index(best["label"])
    row = window.state(f"state.rows.find(({{ label }}) => label === {label})")
    middle = float(best["start"] + best["end"]) / 2 / explanation.header["duration"]
    x = 168 + (box["width"] - 180) * middle
    canvas.click(position={"x": x, "y": 18 + row["top"] + 9 + row["pitch"] / 2})
    window.until("state.focus.detection >= 0")
    clicked = window.state("state.focus.detection")
    page.get_by_label("Grouping: first step").click()
    page.get_by_title("the next merge").click()
    assert "so they merge" in window.text(".gx-said")
    window.slide("sigma_factor", 0.7)
    window.slide("xi", 0.4)
    window.until("state.whatif !== null")
    settings = window.state("state.settings")
    assert set(settings) == {"sigma_factor", "xi"}

    seen = look(page, settings)
    assert (seen["recording"], seen["step"]) == (explanation.header["recording"], 300)
    assert seen["settings"] == settings
    assert seen["problem"] == ""
    assert seen["selection"]["kind"] == "detection"
    chosen = explanation.detections().iloc[clicked]
    for name in ("window", "layer", "ratio"):
        assert seen["selection"][name] == chosen[name]
    least = window.state("state.score")
    stored = explanation.detections()["score"]
    assert seen["learned"] == int((stored >= least).sum())
    wanted = detect(explanation, **settings)["score"]
    wanted = wanted[wanted >= least].tolist()
    assert len(seen["scores"]) == pytest.approx(len(wanted), abs=1)
    for one, other in zip(seen["scores"], wanted, strict=False):
        assert one == pytest.approx(other, abs=1e-3)

    # And from Python to the screen.
    run_python(page, "explorer.settings = {}; explorer.layer = 3")
    window.until("state.whatif === null && state.layer === 3")
    assert window.text(".gx-badge") == "As learned"
    assert not problems


def test_the_video_in_a_notebook(notebook: tuple[Any, list[str]]) -> None:
    page, problems = notebook
    page.evaluate("jupyterapp.commands.execute('notebook:run-all-cells')")
    page.locator(".gtan-explorer").wait_for(timeout=60_000)
    window = Window(page, problems)
    window.until("document.querySelector('.gx-picture').duration > 18")  # bytes, of the run's own
    page.wait_for_timeout(500)
    page.locator(".gtan-explorer").focus()
    window.key("n", "k")
    window.until("state.time > 0")
    time = window.state("state.time")
    page.wait_for_timeout(200)
    assert abs(int(page.evaluate(READ)) - int(time * FPS)) <= 1
    window.key("Space")
    window.until(f"state.time > {time} + 0.5")
    window.key("Space")

    # An address below the root of Jupyter's server.
    run_python(
        page,
        "explorer.video_of = ''\n"
        "explorer.video, explorer.video_url = b'', '/files/other.webm'\n"
        "explorer.video_of = explorer.recording",
    )
    window.until("document.querySelector('.gx-picture').duration === 10")
    window.until("state.time === 0")
    window.key("Space")
    window.until("state.time > 0.5")
    assert not problems


def test_two_runs_in_a_notebook(notebook: tuple[Any, list[str]]) -> None:
    page, problems = notebook
    page.goto(page.url.replace("explore.ipynb", "two.ipynb"))
    here = "window.jupyterapp?.shell?.currentWidget?.context?.path?.endsWith('two.ipynb')"
    page.wait_for_function(f"{here} && {IDLE}", timeout=60_000)  # the other one is there, too
    page.evaluate("jupyterapp.commands.execute('notebook:run-all-cells')")
    parts = page.locator(".gtan-explorer")
    parts.nth(1).wait_for(timeout=60_000)
    assert page.locator(".gx-run-name").all_inner_texts() == ["made-up", "second"]

    def both(expression: str) -> list[Any]:
        page.wait_for_timeout(300)
        return page.evaluate(
            "[...document.querySelectorAll('.gtan-explorer')]"
            f".map(({{ explorer: {{ state }} }}) => {expression})"
        )

    assert both("state.step") == [300, 900]
    parts.nth(1).focus()
    Window(page, problems).key("+", "n")
    views, chosen = both("state.view"), both("state.focus?.detection")
    assert views[0] == views[1] != [0, both("state.scene.duration")[0]]
    assert chosen[0] == chosen[1] is not None
    assert page.locator("video:visible").count() == 1
    # From Python to the part that is meant, and back.
    run_python(page, "pair.explorers[1].settings = {'xi': 0.3}")
    assert both("state.settings.xi ?? null") == [None, 0.3]
    said = run_python(page, "print(pair.explorers[1].detections['what_if'].any())")
    assert "True" in said
    assert not problems


def look(page: Any, settings: dict[str, Any]) -> dict[str, Any]:
    """What the traits hold, once the page has reported these settings."""
    for _ in range(100):
        text = run_python(page, LOOK)
        seen = dict(json.loads(text[text.index("SEEN") + 4 :]))
        if seen["settings"] == settings:
            break
        page.wait_for_timeout(100)
    return seen


def run_python(page: Any, code: str) -> str:
    """Runs it in the notebook's kernel, and gives back what it printed."""
    return str(
        page.evaluate(
            """async (code) => {
              const { kernel } = jupyterapp.shell.currentWidget.sessionContext.session;
              const future = kernel.requestExecute({ code });
              let text = "";
              future.onIOPub = ({ header, content }) => {
                if (header.msg_type === "stream") text += content.text;
                if (header.msg_type === "error") text += content.traceback.join("\\n");
              };
              await future.done;
              return text;
            }""",
            code,
        )
    )
