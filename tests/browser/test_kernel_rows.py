"""The kernels' rows: their height, their scale, and which mixed kernels they draw."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.gtan_viz.conftest import make_explanation

pytestmark = pytest.mark.browser

Open = Callable[..., Any]
Write = Callable[..., Path]


def test_a_row_is_made_higher_by_hand_and_by_key(open_page: Open, write_page: Write) -> None:
    path = write_page(make_explanation())
    window = open_page(path)
    page = window.page
    canvas = page.get_by_label("Kernels of every anchor layer")
    before = canvas.bounding_box()["height"]
    edge = page.get_by_role("separator", name="Height of layer 1")
    usual = int(edge.get_attribute("aria-valuenow"))
    edge.focus()
    window.key("ArrowDown", "ArrowDown")
    assert edge.get_attribute("aria-valuenow") == str(usual + 16)
    assert canvas.bounding_box()["height"] == before + 16
    assert window.state("state.layer") == 1  # the arrows chose no kernel
    edge.scroll_into_view_if_needed()
    box = edge.bounding_box()
    page.mouse.move(box["x"] + 60, box["y"] + 4)
    page.mouse.down()
    page.mouse.move(box["x"] + 60, box["y"] + 64, steps=4)
    page.mouse.up()
    page.wait_for_timeout(300)
    assert edge.get_attribute("aria-valuenow") == str(usual + 76)
    fragment = "#" + page.url.partition("#")[2]  # and the link holds it
    assert open_page(path, fragment).state("state.rowHeights") == {"1": usual + 76}
    edge.focus()
    window.key("Home")
    assert canvas.bounding_box()["height"] == before


def test_one_cell_and_sixteen_are_far_apart(open_page: Open, write_page: Write) -> None:
    window = open_page(write_page(make_explanation()))
    apart = """(() => {
      const { low, high } = state.widthScale;
      const wide = state.stripRows[0].height - 18;
      return (wide * 4) / Math.log2(high / low);
    })()"""
    assert window.state("state.widthScale.high") >= 16
    assert window.state(apart) >= 28


def test_mixed_kernels_that_do_nothing_are_a_band(open_page: Open, write_page: Write) -> None:
    found = make_explanation()
    state = found.arrays["layer1.state"]
    first = found.arrays["layer1.kernel_offsets"][0] + 8  # mixed: after the window's 8 cells
    state[:] = -1
    window = open_page(write_page(found))
    canvas = window.page.get_by_label("Kernels of every anchor layer")
    canvas.scroll_into_view_if_needed()
    box = canvas.bounding_box()
    kernel = window.state(
        f"({{c: state.scene.layers[0].center[{first}], d: state.scene.duration,"
        f" n: state.scene.layers[0].mixedCount}})"
    )
    assert kernel["n"] > 0
    at = {"x": 168 + (box["width"] - 180) * kernel["c"] / kernel["d"], "y": 18 + 5}
    canvas.hover(position=at)
    assert "2 mixed kernels here that neither stand on an action nor fire" in window.text(".gx-tip")
    chosen = []
    for _ in range(2):  # a second click goes on to the next one there
        canvas.click(position=at)
        window.page.wait_for_timeout(200)
        assert window.state("state.focus.mixed")
        chosen.append(window.state("state.focus.row"))
    assert len(set(chosen)) == 2 and first in chosen
