"""Chromium, and pages written from made-up or fixture Explanations."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import nbformat
import pytest

from gtan.files import write_arrays, write_bytes, write_json
from gtan.runs.explanation import Explanation
from gtan.runs.run import explanation_path
from gtan.runs.trace import Trace
from gtan.settings import Settings

FIXTURE = Path(__file__).parents[1] / "fixtures" / "golden" / "explanation.safetensors"


def write_run(folder: Path, explanations: Sequence[Explanation], trace: Trace | None) -> Path:
    """A run folder that holds these Explanations and this trace, and nothing to compute with."""
    write_bytes(folder / "settings.json", Settings().to_json().encode())
    for one in explanations:
        one.save(explanation_path(folder, one.header["recording"], one.header["step"]))
    if trace is not None:
        write_json(folder / "trace" / "index.json", trace.index)
        for number, step in enumerate(trace.steps):
            arrays: dict[str, Any] = {}
            for layer, (sigmas, state, mixed) in enumerate(
                zip(trace.sigmas, trace.state, trace.mixed, strict=True), 1
            ):
                arrays[f"layer{layer}.sigmas"] = sigmas[number].astype("float16")
                arrays[f"layer{layer}.state"] = state[number]
                arrays[f"layer{layer}.mixed"] = mixed[number]
            write_arrays(folder / "trace" / f"{step:06d}.safetensors", arrays, {"step": int(step)})
    return folder


def write_notebook(path: Path, *codes: str) -> None:
    """A notebook for JupyterLab, one cell for each piece of code."""
    cells = [nbformat.v4.new_code_cell(code) for code in codes]
    notebook = nbformat.v4.new_notebook(cells=cells)
    notebook.metadata["kernelspec"] = {
        "display_name": "Python 3", "language": "python", "name": "python3"
    }  # fmt: skip
    nbformat.write(notebook, path)


def go_when_ready(page: Any, address: str) -> None:
    """Open a page of a server that may still be starting, for up to a minute."""
    for attempt in range(240):
        try:
            page.goto(address)
            return
        except Exception as error:
            if "ERR_CONNECTION_REFUSED" not in str(error) or attempt == 239:
                raise
            page.wait_for_timeout(250)


class Window:
    """A page of the explorer, opened from disk with the network off."""

    def __init__(self, page: Any, problems: list[str]) -> None:
        self.page, self.problems = page, problems

    def ready(self) -> Window:
        self.page.locator(".gtan-explorer").first.wait_for()
        self.page.wait_for_timeout(250)  # idle work: soft-NMS's history, the address
        return self

    def state(self, expression: str) -> Any:
        """A JavaScript expression over `state`."""
        script = "document.querySelector('.gtan-explorer').explorer.state"
        return self.page.evaluate(f"(() => {{ const state = {script}; return {expression}; }})()")

    def until(self, expression: str, seconds: float = 15.0) -> None:
        """Waits for it. (The page's policy forbids playwright's own way, which needs eval.)"""
        for _ in range(int(20 * seconds)):
            if self.state(expression):
                return
            self.page.wait_for_timeout(50)
        raise AssertionError(f"not true after {seconds} s: {expression}")

    def text(self, selector: str) -> str:
        return str(self.page.locator(selector).first.inner_text())

    def number(self, name: str, column: int = 1) -> str:
        """A number of the "why" panel by its row's name."""
        row = self.page.locator(".gx-numbers tr").filter(
            has=self.page.locator(f"th:text-is('{name}')")
        )
        return str(row.locator("td").nth(column - 1).text_content())

    def key(self, *names: str) -> None:
        for name in names:
            self.page.keyboard.press(name)
        self.page.wait_for_timeout(60)

    def unfold(self) -> None:
        """All blocks of the "why" column."""
        folded = self.page.locator(".gx-block:not([open]) > summary")
        while folded.count():
            folded.first.click()
        self.page.wait_for_timeout(60)

    def slide(self, key: str, share: float, steps: int = 8) -> None:
        """Drag a slider's thumb from where it is to this share of its track."""
        slider = self.page.locator(f"input[data-key={key}]")
        slider.scroll_into_view_if_needed()
        box = slider.bounding_box()
        now = float(slider.input_value()) / 1000
        at = [box["x"] + 8 + (box["width"] - 16) * where for where in (now, share)]
        middle = box["y"] + box["height"] / 2
        self.page.mouse.move(at[0], middle)
        self.page.mouse.down()
        self.page.mouse.move(at[1], middle, steps=steps)
        self.page.mouse.up()
        self.page.wait_for_timeout(200)


@pytest.fixture
def open_page(browser: Any) -> Iterator[Callable[..., Window]]:
    """Opens an HTML file; afterwards nothing may have gone wrong in it."""
    contexts, windows = [], []

    def open_it(path: Path, fragment: str = "", **options: Any) -> Window:
        context = browser.new_context(
            viewport={"width": 1360, "height": 1500}, offline=True, **options
        )
        contexts.append(context)
        page = context.new_page()
        problems: list[str] = []
        page.on("console", lambda m: problems.append(m.text) if m.type == "error" else None)
        page.on("pageerror", lambda error: problems.append(str(error)))
        page.on("dialog", lambda dialog: (problems.append("a dialog opened"), dialog.dismiss()))
        page.goto(path.as_uri() + fragment)
        windows.append(Window(page, problems))
        return windows[-1].ready()

    yield open_it
    found = [problem for window in windows for problem in window.problems]
    for context in contexts:
        context.close()
    assert not found


@pytest.fixture
def open_lesson(browser: Any) -> Iterator[Callable[..., Any]]:
    """Opens a lesson's page; afterwards nothing may have gone wrong in it."""
    from tests.browser.lesson import Lesson

    contexts: list[Any] = []
    problems: list[str] = []

    def open_it(path: Path, **options: Any) -> Lesson:
        size = {"width": 900, "height": 1200}
        context = browser.new_context(**{"viewport": size, "offline": True} | options)
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda m: problems.append(m.text) if m.type == "error" else None)
        page.on("pageerror", lambda error: problems.append(str(error)))
        page.goto(path.as_uri())
        return Lesson(page)

    yield open_it
    for context in contexts:
        context.close()
    assert not problems


@pytest.fixture
def write_page(tmp_path: Path) -> Callable[..., Path]:
    """Writes the stand-alone page of Explanations (and a trace)."""
    from gtan_viz import page

    def write(*explanations: Explanation, trace: Trace | None = None, **options: Any) -> Path:
        folder = write_run(tmp_path / "run", explanations, trace)
        names = list(dict.fromkeys(one.header["recording"] for one in explanations))
        return page(folder, tmp_path / "explore.html", names, **options)

    return write
