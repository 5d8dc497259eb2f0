"""Lesson 5 on its page: layers opened, and what a cell sees."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import gtan
from gtan.cells import layer_cells
from gtan.experiments.receptive import receptive_fields
from gtan_viz.lessons import receptive
from tests.browser.lesson import Lesson, write_lesson

pytestmark = pytest.mark.browser


def test_lesson_network(open_lesson: Callable[[Path], Lesson], tmp_path: Path) -> None:
    lesson = open_lesson(write_lesson("network", tmp_path))
    open_layers(lesson)
    what_a_cell_sees(lesson)


def drag(page: Any, dot: Any, by: float) -> None:
    box = dot.bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + by, y, steps=4)
    page.mouse.up()


def open_layers(lesson: Lesson) -> None:
    page: Any = lesson.page
    part = page.locator("[data-part=network]")
    assert not part.locator(".gl-picture").is_visible()
    cells = layer_cells(512, 8)
    assert lesson.answer("last", "64").startswith("Not yet. ")
    assert lesson.answer("last", str(cells[-1])).startswith("Right. ")

    # What the questions ask for is nowhere to be read before a layer is opened.
    assert "35" not in page.locator("main").inner_text()
    page.get_by_role("link", name="conv_a1", exact=True).click()
    assert "conv_a1: stride 2, 512 channels, 128 cells." in lesson.says("network")
    part.locator("[data-key=conv_a3] text").click()
    assert "conv_a3: stride 2, 1,024 channels, 32 cells." in lesson.says("network")
    assert "can see 35 clips (9.3 s)" in lesson.says("network")
    part.locator("[data-key=conv_a8]").focus()
    page.keyboard.press("Enter")
    assert "conv_a8: stride 2, 4,096 channels, 1 cell." in lesson.says("network")
    page.get_by_role("link", name="conv1", exact=True).click()
    assert "conv1: stride 1" in lesson.says("network")
    assert part.locator(".gl-inside tr").count() == 1  # no kernels

    part.locator("[data-key=clip]").focus()
    page.keyboard.press("PageUp")
    assert lesson.values("network")["clip"] == 210
    lesson.says("network")
    drag(page, part.locator("[data-key=clip]"), -80)
    assert lesson.values("network")["clip"] < 180
    part.get_by_role("button", name="the example run's").click()
    page.get_by_role("link", name="conv_a8", exact=True).click()
    assert "conv_a4: stride 2, 128 channels, 16 cells." in lesson.says("network")  # its last

    assert "Too few" in lesson.answer("kernels", 128)
    assert lesson.answer("kernels", sum(cells)).startswith("Right. ")
    assert "overlaps" in lesson.answer("field", 57)
    assert lesson.answer("field", 35).startswith("Right. ")
    network = gtan.Settings.preset("paper-thumos14").network
    (first, last), before = network.anchor_channels[::7], network.base_channels[1]
    times = (3 * network.anchor_channels[6] + 1) * last / ((3 * before + 1) * first)
    assert lesson.answer("weights", 8).startswith("Not yet. ")
    assert lesson.answer("weights", times).startswith("Right. ")


def what_a_cell_sees(lesson: Lesson) -> None:
    page: Any = lesson.page
    part = page.locator("[data-part=receptive]")
    settings = gtan.open_run().settings.override({"network.anchor_channels": (16,) * 8})
    fields = receptive_fields(settings)
    assert lesson.answer("sees", "4").startswith("Not yet. ")
    assert lesson.answer("sees", str(len(fields[0].weights))).startswith("Right. ")

    said = lesson.says("receptive")
    assert said == (
        "Layer 2, cell 25 stands for clips 200 to 207 (1.3 s) and sees 19 clips, 191 to 209."
    )
    # The film stands where the cell is, and the cell where the film is.
    data = receptive.window_of(gtan.open_run())
    film = "document.querySelector('[data-part=receptive] video').currentTime"
    for _ in range(100):
        if page.evaluate(film) == pytest.approx(data["start"] + 200 * 0.16, abs=0.05):
            break
        page.wait_for_timeout(50)
    else:
        raise AssertionError("the film stands elsewhere")
    part.get_by_role("button", name="Play").click()
    page.wait_for_timeout(1000)
    part.get_by_role("button", name="Pause").click()
    assert lesson.values("receptive")["clip"] > 201
    page.get_by_role("link", name="layer 8").click()
    assert "sees 1027 clips, −513 to 513; beyond the window" in lesson.says("receptive")
    page.get_by_role("link", name="layer 1", exact=True).click()
    dot = part.locator("[data-key=clip]").bounding_box()  # it hides nothing that is seen
    assert dot["y"] + dot["height"] <= part.locator(".gl-seen").bounding_box()["y"] + 1
    part.locator("[data-key=clip]").focus()
    page.keyboard.press("PageUp")
    assert "cell 52 stands for clips 208 to 211" in lesson.says("receptive")
    drag(page, part.locator("[data-key=clip]"), 60)
    assert lesson.values("receptive")["clip"] > 240

    for layer in (1, 8):
        left = fields[layer - 1].left
        assert "That is in clips" in lesson.answer(f"left{layer}", left * fields[layer - 1].clips)
        assert lesson.answer(f"left{layer}", round(left, 2)).startswith("Right. ")
    longer = next(one.layer for one in fields if len(one.weights) > 512)
    assert "sees 259 clips" in lesson.answer("whole", 6)
    assert lesson.answer("whole", longer).startswith("Right. ")
