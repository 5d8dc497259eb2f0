"""The first minute: the overview, the tour, links that act or leave something out, the steppers."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from gtan.runs.explanation import Explanation
from gtan.runs.run import EXAMPLE
from tests.gtan_viz.conftest import make_explanation

pytestmark = pytest.mark.browser

Open = Callable[..., Any]
Write = Callable[..., Path]


@pytest.fixture(scope="module")
def example() -> Explanation:
    return Explanation.load(sorted(EXAMPLE.glob("explanations/*/*.safetensors"))[-1])


def next_stop(window: Any, number: int, panel: str) -> None:
    """To the next stop, whose card stands before its panel, which is outlined."""
    window.page.locator(".gx-next").click()
    window.until(f"state.tour === {number}")
    at_stop(window, number, panel)


def at_stop(window: Any, number: int, panel: str) -> None:
    window.page.locator(f".gx-tour + .gx-outlined[data-panel={panel}]").wait_for()
    assert window.text(".gx-tour h2").startswith(f"Tour, {number} of 6: ")
    assert window.text(".gx-next") in ("Skip", "Done")
    assert window.text(".gx-ask").startswith("▸")
    assert window.page.evaluate("document.activeElement.closest('.gx-tour') !== null")


def done(window: Any, told: str) -> None:
    """What it waited for has happened, and it says so."""
    window.page.locator(".gx-next.gx-ready").wait_for()
    assert window.text(".gx-ask").startswith("✓")
    assert told in window.text(".gx-then")


def test_the_tour_waits_for_an_action_at_each_stop(
    open_page: Open, write_page: Write, example: Explanation
) -> None:
    window = open_page(write_page(example))
    assert "finds the actions" in window.text(".gx-opening")
    window.page.get_by_role("button", name="Take the tour").click()
    at_stop(window, 1, "timeline")
    window.page.get_by_role("button", name="choose one for me").click()
    done(window, "It was made by one kernel: layer")
    followed = window.state("state.selection")

    next_stop(window, 2, "kernels")
    window.page.get_by_label("Kernels of every anchor layer").focus()
    window.key("ArrowRight")
    done(window, "This is layer ")

    next_stop(window, 3, "evidence")
    assert window.state("state.selection") == followed
    assert window.state("state.selection")["kind"] == "detection"
    window.page.locator(".gx-why [role=slider]").focus()
    window.key("ArrowRight")
    done(window, "lit on the timeline")

    next_stop(window, 4, "whatif")
    window.page.get_by_role("button", name="make it three times as wide").click()
    done(window, "Its own score went from ")
    sigma = window.state(
        "[state.settings.kernels[state.focus.key].sigma,"
        " state.scene.layers[state.focus.layer - 1].sigma[state.focus.row]]"
    )
    assert sigma[0] == pytest.approx(3 * sigma[1], rel=1e-3)

    next_stop(window, 5, "grouping")
    assert window.state("Object.keys(state.settings).length") == 0
    before = window.state("state.groupStep")
    window.page.get_by_role("button", name="Grouping: one step forward").click()
    done(window, "H is what the two share")
    assert window.state("state.groupStep") == before + 1

    next_stop(window, 6, "nms")
    assert window.state("state.selection") == {**followed, **window.state("state.selection")}
    window.page.get_by_role("button", name="let nothing fade").click()
    done(window, "That was the whole way.")
    window.page.locator(".gx-next").click()
    window.until("state.tour === null")
    assert window.page.locator(".gx-tour, .gx-outlined").count() == 0
    assert window.state("Object.keys(state.settings).length") == 0
    assert not window.page.locator(".gx-opening p").is_visible()


def test_the_tour_can_be_skipped_and_is_in_the_link(
    open_page: Open, write_page: Write, example: Explanation
) -> None:
    path = write_page(example)
    window = open_page(path, "#tour=3")
    at_stop(window, 3, "evidence")
    next_stop(window, 4, "whatif")
    window.page.get_by_role("button", name="Back", exact=True).click()
    window.until("state.tour === 3")
    window.page.wait_for_timeout(300)
    assert "tour=3" in window.page.evaluate("location.hash")
    window.page.get_by_role("button", name="End the tour").click()
    window.until("state.tour === null")
    window.page.wait_for_timeout(300)
    assert "tour" not in window.page.evaluate("location.hash")
    assert open_page(path, "#tour=99").state("state.tour") is None


def test_the_tour_says_what_is_so_where_nothing_is_known_or_found(
    open_page: Open, write_page: Write
) -> None:
    for changes in ({"truth": ()}, {"detections": ()}, {"features": False}):
        window = open_page(write_page(make_explanation(**changes)), "#tour=1")
        while (number := window.state("state.tour")) is not None:
            text = window.page.locator(".gx-tour").inner_text()
            assert "undefined" not in text
            assert "NaN" not in text
            window.page.locator(".gx-next").click()
            window.until(f"state.tour !== {number}")
            window.page.wait_for_timeout(50)  # a panel that is not there is passed over


def test_the_overview_says_the_figures_and_opens_the_panels(
    open_page: Open, write_page: Write, example: Explanation
) -> None:
    window = open_page(write_page(example))
    stages = window.page.locator(".gx-stages li")
    shown = int((example.detections()["score"] >= window.state("state.score")).sum())
    mixed = sum(
        int((example.arrays[f"layer{layer}.exists"][rows:end]).sum())
        for layer, cells in enumerate((128, 64, 32, 16), 1)
        for rows, end in zip(
            example.arrays[f"layer{layer}.kernel_offsets"][:-1] + cells,
            example.arrays[f"layer{layer}.kernel_offsets"][1:],
            strict=True,
        )
    )
    texts = [text.split("\n") for text in stages.all_inner_texts()]
    assert [name for name, _ in texts] == [
        "signal", "features", "anchor layers", "kernels", "grouping", "pooling", "scores",
        "boundary", "soft-NMS",
    ]  # fmt: skip
    figures = dict(texts)
    assert figures["features"] == "64 every 0.16 s"
    assert figures["anchor layers"] == "128 · 64 · 32 · 16"
    assert figures["grouping"] == f"{mixed} mixed"
    assert figures["soft-NMS"] == f"{shown} detections"

    boundary = window.page.locator("[data-panel=boundary]")
    assert boundary.get_attribute("open") is None
    stages.nth(7).locator("button").click()
    window.until("state.unfolded.includes('boundary')")
    assert boundary.locator("canvas").is_visible()
    stages.nth(8).locator("button").click()
    window.until("state.tab === 'nms'")
    assert window.page.locator("[data-panel=nms].gx-outlined").is_visible()

    number = int(window.text(".gx-grouping").partition("·")[2].split()[0])  # mixed ones that hit
    window.page.get_by_role("button", name="show it" if number == 1 else "show the next").click()
    window.until("state.focus.mixed && state.hits.hit[state.focus.detection] >= 0")

    window.slide("epsilon", 1.0)
    window.until("state.whatif && state.rested?.whatView === state.whatView")
    assert stages.nth(4).inner_text().endswith("0 mixed")


def test_a_link_leaves_panels_and_the_truth_out(
    open_page: Open, write_page: Write, example: Explanation
) -> None:
    path = write_page(example)
    window = open_page(path, "#hide=why,truth,training")
    for name in ("why", "training", "evidence"):
        assert not window.page.locator(f"[data-panel={name}]").is_visible()
    assert window.page.locator("[data-panel=kernels]").is_visible()
    assert window.state("[state.scene.truth.count, state.results.mAP]") == [0, None]
    assert "on actions" not in window.text(".gx-grouping")
    window.page.wait_for_timeout(300)
    assert "hide=" in window.page.evaluate("location.hash")

    window.page.evaluate("(hash) => { location.hash = hash; }", "show=timeline,evidence")
    window.until("state.hide.length === 0 && state.show.length === 2")
    assert window.state("state.scene.truth.count") == 15
    panels = window.page.locator("[data-panel]")
    seen = panels.evaluate_all(
        "all => all.filter((one) => one.checkVisibility()).map((one) => one.dataset.panel)"
    )
    assert sorted(seen) == ["evidence", "signal", "timeline", "why"]
    window.page.evaluate("(hash) => { location.hash = hash; }", "show=nothing")
    window.until("state.show.length === 0")
    assert window.page.locator("[data-panel=kernels]").is_visible()


def test_text_acts(open_page: Open, write_page: Write, example: Explanation) -> None:
    window = open_page(write_page(example))
    before = window.state("state.selection")
    wider = "#gtan:settings=" + quote('{"sigma_factor":2}')
    window.page.evaluate(
        """(all) => { for (const [text, href] of all) {
          const link = Object.assign(document.createElement('a'), {href, textContent: text});
          document.body.append(link);
        } }""",
        [["twice as wide", wider], ["less", "#gtan:tiou=0.3"], ["nobody", '#gtan:recording="x"']],
    )
    window.page.get_by_role("link", name="twice as wide").click()
    window.until("state.settings.sigma_factor === 2")
    assert window.state("state.selection") == before
    window.page.get_by_role("link", name="less").click()
    window.until("state.tiou === 0.3 && state.settings.sigma_factor === 2")
    window.page.get_by_role("link", name="nobody").click()
    window.page.locator(".gx-message", has_text="There is no recording x here").wait_for()
    assert "#gtan:" not in window.page.evaluate("location.hash")


def test_all_that_is_on_screen_is_in_the_link(
    open_page: Open, write_page: Write, example: Explanation
) -> None:
    path = write_page(example)
    window = open_page(path)
    window.page.locator("[data-panel=kernel] > summary").click()
    window.page.get_by_label("start", exact=True).check()
    window.page.locator(".gx-why [role=slider]").focus()
    window.key("ArrowRight")
    window.page.get_by_role("tab", name="soft-NMS").click()
    window.page.get_by_role("button", name="Soft-NMS: last step").click()
    names = ["unfolded", "explained", "lit", "tab", "nmsStep", "selection", "layer"]
    wanted = {name: window.state(f"state.{name}") for name in names}
    assert wanted["unfolded"] == ["evidence", "kernel"]
    assert wanted["nmsStep"] > 100
    window.page.wait_for_timeout(400)
    again = open_page(path, window.page.evaluate("location.hash"))
    assert {name: again.state(f"state.{name}") for name in names} == wanted
    assert again.page.locator("[data-panel=kernel] table").is_visible()


def test_steppers_start_at_what_is_selected(
    open_page: Open, write_page: Write, example: Explanation
) -> None:
    window = open_page(write_page(example))

    def select(layer: int, cell: int, window_number: int = 0) -> None:
        window.page.evaluate(
            """(selection) => document.querySelector('.gtan-explorer').explorer.store.set(
              {selection: {kind: 'kernel', mixed: false, ...selection}, layer: selection.layer})""",
            {"layer": layer, "cell": cell, "window": window_number},
        )

    def compared() -> list[int]:
        found: list[int] = window.state(
            "(({first, cell}) => [first, cell])(state.grouping.steps[state.groupStep])"
        )
        return found

    for cell in (20, 90):
        select(1, cell)
        window.until(f"state.focus.cell === {cell}")
        assert cell in compared()
    window.page.get_by_role("button", name="Grouping: one step forward").click()
    window.page.get_by_role("button", name="Grouping: one step forward").click()
    gone_to = compared()
    window.slide("tiou", 0.6)  # does not lose the place
    assert compared() == gone_to
    select(1, 40)
    window.until("state.focus.cell === 40")
    assert 40 in compared()

    window.page.get_by_role("tab", name="soft-NMS").click()
    second = example.detections().iloc[1]
    window.page.evaluate(
        """() => document.querySelector('.gtan-explorer').explorer.store.set(
          {selection: {kind: 'detection', detection: 1}})"""
    )
    window.until("state.focus.detection === 1")
    said = window.page.locator("[data-panel=nms] .gx-said").inner_text()
    assert f"{second['label']} {second['start']:.1f}–{second['end']:.1f} s" in said
