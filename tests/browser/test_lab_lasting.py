"""The explorer in JupyterLab when a cell runs again, a run or the kernel goes, a notebook opens."""

from __future__ import annotations

import copy
import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from gtan.runs.explanation import Explanation
from tests.browser.conftest import FIXTURE, Window, go_when_ready, write_notebook, write_run
from tests.browser.test_lab import IDLE, lab, run_python  # noqa: F401

pytestmark = [pytest.mark.browser, pytest.mark.slow]

CODE = "import gtan_viz\n{name} = gtan_viz.explore('../runs/{run}')\n{name}"
RUN_CELL = """async (at) => {
  const { content, sessionContext } = jupyterapp.shell.currentWidget;
  content.activeCellIndex = at;
  await jupyterapp.commands.execute('notebook:run-cell');
}"""
LISTEN = """() => {
  window.senders = [];
  const { kernel } = jupyterapp.shell.currentWidget.sessionContext.session;
  kernel.anyMessage.connect((_, { direction, msg }) => {
    if (direction === 'send' && msg.header.msg_type === 'comm_msg') {
      window.senders.push(msg.content.comm_id);
    }
  });
}"""
HELD = """
import gc, ipywidgets
from gtan_viz.explorer.widget import Explorer
from ipywidgets.widgets.widget import _instances
gc.collect()
alive = [one for one in gc.get_objects() if isinstance(one, Explorer)]
print(sum(len(one.explanation) for one in alive), len(_instances))
"""


def write_runs(work: Path, *runs: str) -> None:
    """Runs of two recordings each, and a notebook with a cell for each run."""
    first = Explanation.load(FIXTURE)
    second = copy.deepcopy(first)
    second.header["recording"] = "another"
    for name in runs:
        write_run(work / "runs" / name, [first, second], None)
    codes = [CODE.format(name=name, run=name) for name in runs]
    write_notebook(work / "notebooks" / "lasting.ipynb", *codes)


def open_notebook(page: Any, address: str) -> None:
    go_when_ready(page, address.replace("explore.ipynb", "lasting.ipynb"))
    page.wait_for_function(IDLE, timeout=60_000)


@pytest.fixture
def notebook(lab: tuple[str, Path], browser: Any) -> Iterator[tuple[Any, Path, list[str]]]:  # noqa: F811
    """Two explorers of two runs, on screen; the folder of the runs; what went wrong on the page."""
    address, log = lab
    work = log.parent / "work"
    write_runs(work, "learned", "fixed")
    page = browser.new_page(viewport={"width": 1500, "height": 2400})
    problems: list[str] = []
    page.on("pageerror", lambda error: problems.append(str(error)))
    open_notebook(page, address)
    page.evaluate("jupyterapp.commands.execute('notebook:run-all-cells')")
    page.locator(".gtan-explorer").nth(1).wait_for(timeout=60_000)
    page.wait_for_function(IDLE, timeout=60_000)
    yield page, work, problems
    page.close()


def one_of(page: Any, run: str) -> Any:
    return page.get_by_role("region", name=f"GTAN explorer of {run}")


def test_cells_runs_and_kernels_that_go_away(notebook: tuple[Any, Path, list[str]]) -> None:
    page, work, problems = notebook
    window = Window(page, problems)
    assert page.locator(".gx-whose").all_inner_texts() == ["learned", "fixed"]
    assert not any(still.is_visible() for still in page.locator(".gtan-still").all())

    # A cell that runs again leaves nothing behind.
    client = page.context.new_cdp_session(page)
    found = []
    for times in (2, 20):
        for _ in range(times):
            page.evaluate(RUN_CELL, 0)
            page.wait_for_function(IDLE, timeout=60_000)
            page.wait_for_timeout(400)
        one_of(page, "learned").wait_for()
        client.send("HeapProfiler.collectGarbage")
        heap = client.send("Runtime.getHeapUsage")
        counts = client.send("Memory.getDOMCounters")
        found.append(
            (run_python(page, HELD), counts, heap["usedSize"] + heap["backingStorageSize"])
        )
    (held, dom, size), (held_later, dom_later, size_later) = found
    assert held == held_later
    assert dom_later["nodes"] - dom["nodes"] < 20 * 100  # an explorer has 1000
    assert dom_later["jsEventListeners"] - dom["jsEventListeners"] < 20 * 30  # an explorer has 130
    assert size_later - size < 20 * 300_000

    page.evaluate(LISTEN)
    one_of(page, "learned").locator("input[data-key=sigma_factor]").fill("700")
    page.wait_for_timeout(1500)
    senders = page.evaluate("window.senders")
    assert len(set(senders)) == 1 and len(senders) < 6  # one explorer, once it rests
    one_of(page, "learned").get_by_role("button", name="Reset").click()

    # The folder of its run is gone.
    recording = one_of(page, "learned").get_by_label("Recording", exact=True)
    shutil.rmtree(work / "runs" / "learned")
    recording.select_option(index=1)
    message = one_of(page, "learned").locator(".gx-message")
    page.get_by_text("The run's folder is gone. What is on screen goes on working").wait_for()
    assert recording.input_value() == "0"

    # The kernel starts again.
    page.evaluate("jupyterapp.shell.currentWidget.sessionContext.session.kernel.restart()")
    page.get_by_text("No kernel answers: it was restarted").nth(1).wait_for(timeout=20_000)
    one_of(page, "learned").locator("input[data-key=sigma_factor]").fill("700")
    window.until("state.whatif !== null")
    recording = one_of(page, "fixed").get_by_label("Recording", exact=True)
    recording.select_option(index=1)
    page.wait_for_timeout(300)
    assert recording.input_value() == "0"
    assert "run the cell again" in message.inner_text()
    page.wait_for_function(IDLE, timeout=60_000)
    page.evaluate(RUN_CELL, 1)
    page.wait_for_function(IDLE, timeout=60_000)
    window = one_of(page, "fixed")
    window.get_by_label("Recording", exact=True).select_option(index=1)
    for _ in range(100):
        if window.locator(".gx-message").inner_text() == "":
            break
        page.wait_for_timeout(100)
    else:
        raise AssertionError(window.locator(".gx-message").inner_text())
    assert not problems


@pytest.mark.parametrize("is_kept", [True, False], ids=["with its state", "without"])
def test_a_notebook_that_is_opened_again(
    is_kept: bool, notebook: tuple[Any, Path, list[str]]
) -> None:
    page, work, problems = notebook
    if is_kept:
        page.evaluate(
            "jupyterapp.commands.execute('@jupyter-widgets/jupyterlab-manager:saveWidgetState')"
        )
    page.evaluate("jupyterapp.commands.execute('docmanager:save')")
    page.wait_for_timeout(1500)
    page.evaluate("jupyterapp.shell.currentWidget.sessionContext.shutdown()")
    page.wait_for_timeout(500)
    saved = json.loads((work / "notebooks" / "lasting.ipynb").read_text())
    assert ("widgets" in saved["metadata"]) == is_kept
    page.reload()
    page.wait_for_function(IDLE, timeout=60_000)
    if is_kept:
        one_of(page, "fixed").wait_for()
        page.get_by_text("or this notebook was only opened").first.wait_for()
        assert not page.locator(".gtan-still").first.is_visible()
        one_of(page, "learned").locator("input[data-key=sigma_factor]").fill("700")
        Window(page, problems).until("state.whatif !== null")
    else:
        page.get_by_text("Error displaying widget").first.wait_for(timeout=20_000)
        still = page.locator(".gtan-still img").first
        assert still.is_visible() and still.bounding_box()["height"] > 100
        assert page.get_by_text("Run the cell to explore.").first.is_visible()
    assert not problems
