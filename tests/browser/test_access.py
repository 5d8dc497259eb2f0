"""For everybody: axe finds nothing, the keyboard is enough, and what changes is spoken."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import gtan_viz
from gtan.runs.explanation import Explanation
from tests.browser.conftest import write_run
from tests.gtan_viz.conftest import make_explanation, make_trace

pytestmark = pytest.mark.browser

AXE = Path(__file__).parents[2] / "gtan_viz" / "js" / "node_modules" / "axe-core" / "axe.min.js"
RUN = """async () => {
  const { violations } = await axe.run(document, { resultTypes: ['violations'] });
  return violations.flatMap(({ id, nodes }) =>
    nodes.map(({ target, html }) => `${id}: ${target} ${html.slice(0, 120)}`));
}"""
SCREENS = {"light": (1440, 900), "dark": (1440, 900), "narrow": (360, 780)}

DROP = """([name, bytes]) => {
  const data = new DataTransfer();
  data.items.add(new File([Uint8Array.from(bytes)], name));
  const root = document.querySelector('.gtan-explorer');
  root.dispatchEvent(new DragEvent('drop', { dataTransfer: data, bubbles: true }));
}"""

Open = Callable[..., Any]
Write = Callable[..., Path]


def made() -> Explanation:
    """A missed truth, duplicates for soft-NMS, mixed kernels."""
    found = make_explanation(
        truth=[(0, 1.0, 6.0), (1, 8.0, 14.0), (2, 15.0, 18.0)],
        detections=[(0, 1.5, 6.0, 0.9), (0, 1.0, 6.0, 0.8), (1, 8.0, 13.0, 0.6)],
    )
    rng = np.random.default_rng(0)
    for layer in (1, 2):
        for name, rows in (("score", 12), ("offset", 6), ("overlap", 3)):
            found.arrays[f"layer{layer}.{name}_weights"] = rng.normal(size=(rows, 6)).astype("f2")
            found.arrays[f"layer{layer}.{name}_bias"] = np.zeros(rows, np.float32)
    return found


def focused(window: Any) -> str:
    """What has the focus, in words."""
    return str(
        window.page.evaluate(
            """(() => {
          const one = document.activeElement;
          if (!one || one === document.body) return '';
          return one.ariaLabel || one.labels?.[0]?.innerText || one.innerText || one.tagName;
        })()"""
        )
    )


def tab_to(window: Any, name: str, most: int = 80) -> None:
    """Goes on by Tab until what has the focus is called so."""
    for _ in range(most):
        window.page.keyboard.press("Tab")
        if name in focused(window):
            return
    raise AssertionError(f"Tab does not lead to {name}")


@pytest.mark.usefixtures("node_packages")
@pytest.mark.parametrize("screen", SCREENS)
def test_axe_finds_nothing(open_page: Open, write_page: Write, tmp_path: Path, screen: str) -> None:
    path = write_page(made(), trace=make_trace())
    window = open_page(path, color_scheme="dark" if screen == "dark" else "light")
    page = window.page
    width, height = SCREENS[screen]
    page.set_viewport_size({"width": width, "height": height})
    page.evaluate(AXE.read_text())
    found: list[str] = []

    def look(name: str) -> None:
        page.wait_for_timeout(350)  # the hand rests
        found.extend(f"{name}: {one}" for one in page.evaluate(RUN))
        wide = page.evaluate("document.documentElement.scrollWidth")
        if wide > width:
            found.append(f"{name}: {wide} pixels wide")

    def act(call: str) -> None:
        page.evaluate(f"document.querySelector('.gtan-explorer').explorer.{call}")

    look("opening")
    act("act.byScore(1)")
    look("detection")
    act("store.set({chosenTruth: 2})")
    window.until("state.hits.by[2] < 0")
    look("missed truth")
    act("act.cell(1)")
    look("kernel")
    act("store.set({settings: {sigma_factor: 1.5}})")
    look("what-if")
    act("act.debug(1)")
    look("grouping")
    act("act.tab('nms')")
    act("act.debug(1)")
    window.until("state.nms && state.nms.steps.some(({ decayed }) => decayed.length)")
    look("soft-NMS")
    act("act.reset()")
    for stop in range(1, 7):
        act(f"store.set({{tour: {stop}}})")
        look(f"tour, {stop}")
    act("store.set({tour: null})")
    act("act.help()")
    look("keys")
    page.keyboard.press("Escape")
    page.evaluate("() => { navigator.clipboard.writeText = () => Promise.reject(); }")
    page.get_by_role("button", name="Python").click()
    page.locator("dialog[open]").wait_for()
    look("as Python")
    page.keyboard.press("Escape")
    act("act.step(-1)")
    window.until("state.scene.traced")
    look("training step")
    foreign = make_explanation(recording="foreign", classes=("a", "b", "c"))
    foreign.save(tmp_path / "foreign.safetensors")
    page.evaluate(DROP, ["x.safetensors", list((tmp_path / "foreign.safetensors").read_bytes())])
    window.until("state.recording === 'foreign'")
    look("foreign file")
    act("act.clear()")
    look("nothing selected")
    assert not found, "\n".join(found)


def test_everything_can_be_done_by_keyboard(open_page: Open, write_page: Write) -> None:
    window = open_page(write_page(made(), trace=make_trace()))
    names = []
    for _ in range(90):
        window.page.keyboard.press("Tab")
        names.append(focused(window))
        if names[-1] == "":
            break
    assert names[-1] == "", "Tab does not leave the page"
    parts = (
        "Recording", "Training step", "Open", "PNG", "SVG", "Python", "Keys",
        "Zoom in", "Timeline", "Window", "Kernels", "Play the training", "Compare",
        "foreground only", "Sigma of every cell", "Grouping, step by step", "Grouping: step",
        "all σ", "least score", "class", "What each cell brings", "feature map",
    )  # fmt: skip
    assert [part for part in parts if not any(part in name for name in names)] == []


def test_keys_choose_change_and_let_go(open_page: Open, write_page: Write) -> None:
    window = open_page(write_page(made(), trace=make_trace()))
    tab_to(window, "Timeline")
    window.key("t")
    assert window.state("state.chosenTruth") is not None
    window.key("N")
    assert window.state("state.focus.kind") == "detection"
    tab_to(window, "Kernels of every")
    before = window.state("state.focus.key")
    window.key("PageDown", "ArrowRight")
    assert window.state("state.layer") == 2
    assert window.state("state.focus.key") != before
    tab_to(window, "Grouping, step by step")
    window.key("ArrowRight")
    assert window.state("state.tab") == "nms"
    window.key("ArrowLeft")
    assert window.state("state.tab") == "grouping"
    tab_to(window, "all σ")
    window.key(*["ArrowRight"] * 12)
    assert window.state("state.settings.sigma_factor") > 1
    tab_to(window, "What each cell brings")
    window.key("ArrowRight")
    assert window.state("state.litCell") is not None
    window.key("Escape")
    assert window.state("state.litCell") is None
    tab_to(window, "Keys")
    window.key("Enter")
    assert window.page.locator("dialog[open]").count() == 1
    window.key("Escape")
    assert window.page.locator("dialog[open]").count() == 0
    assert "Keys" in focused(window)  # where one was
    window.key("Escape")
    assert window.state("state.selection") is None


def test_what_changes_is_spoken(open_page: Open, write_page: Write) -> None:
    window = open_page(write_page(made(), trace=make_trace()))

    def spoken() -> str:
        """All live regions that are not hidden with what they are in."""
        return str(
            window.page.evaluate(
                """[...document.querySelectorAll('[aria-live], [role=status]')]
                .filter((one) => !one.closest('[hidden]'))
                .map((one) => one.textContent).join(' | ')"""
            )
        )

    assert "Layer 1 of 2: 8 cells a window" in spoken()
    assert "whole recording" in spoken()
    window.page.locator("canvas[aria-label^=Kernels]").focus()
    window.key("PageDown")
    assert "Layer 2 of 2: 4 cells a window" in spoken()
    window.key("+")
    assert "whole recording" not in spoken()
    window.key("g")
    first = spoken()
    assert "The base kernel (from cell" in first
    window.key(".")
    assert spoken() != first
    window.key("s")
    window.until("state.nms")
    assert "Pick 1: " in spoken()
    window.key(".")
    assert "Pick 2: " in spoken()
    window.key("t")
    window.page.wait_for_timeout(250)
    assert "SIT, 8.0–14.0 s, was found" in spoken()


def test_forced_colours_are_the_systems(open_page: Open, write_page: Write) -> None:
    window = open_page(write_page(made()), forced_colors="active", color_scheme="dark")
    panel = window.page.evaluate(
        """() => {
          const probe = document.createElement('i');
          probe.style = 'color: Canvas; forced-color-adjust: none';
          document.body.append(probe);
          const { color } = getComputedStyle(probe);
          probe.remove();
          return color;
        }"""
    )
    assert window.state("state.colors.panel") == panel
    assert window.state("state.colors.dark")
    corner = window.page.evaluate(
        """[...document.querySelector('canvas[aria-label^=Timeline]').getContext('2d')
        .getImageData(0, 0, 1, 1).data.slice(0, 3)]"""
    )
    assert panel == f"rgb({', '.join(map(str, corner))})"


def test_who_asks_for_little_motion_sees_steps(open_page: Open, write_page: Write) -> None:
    window = open_page(
        write_page(made(), trace=make_trace()),
        reduced_motion="reduce",
    )
    frames = window.page.evaluate(
        """() => new Promise((resolve) => {
          const { act, state } = document.querySelector('.gtan-explorer').explorer;
          const seen = [];
          const look = () => {
            seen.push(state.frame);
            if (state.playing) requestAnimationFrame(look);
            else resolve([...new Set(seen)]);
          };
          act.train();
          requestAnimationFrame(look);
        })"""
    )
    assert all(frame in (0, 1, 2) for frame in frames) and 1 in frames


@pytest.mark.usefixtures("node_packages")
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_in_two_runs(open_page: Open, tmp_path: Path, scheme: str) -> None:
    runs = [write_run(tmp_path / name, [made()], None) for name in ("one", "two")]
    window = open_page(gtan_viz.page(runs, tmp_path / "two.html"), color_scheme=scheme)
    window.page.evaluate(AXE.read_text())
    assert window.page.evaluate(RUN) == []
    window.page.evaluate(
        "document.querySelector('.gtan-explorer').explorer.store.set({chosenTruth: 2})"
    )
    window.page.wait_for_timeout(350)
    assert window.page.evaluate(RUN) == []
