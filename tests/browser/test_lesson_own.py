"""Lesson 9 on its page: a signal drawn by mouse and key, or brought; held to gtan's numbers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from gtan.kernels import derivative_weights, kernel_weights
from gtan.video.encoding import write_mp4
from gtan_viz.lessons import own
from tests.browser.lesson import Lesson, write_lesson
from tests.gtan_viz.lessons.test_own import script as script  # a fixture

pytestmark = pytest.mark.browser


def brings(script: Any, model: Any, signal: Any, proposal: int, label: int) -> Any:
    """What each cell brings to a class against background, by gtan's network: [T_j]."""
    outputs = model(torch.from_numpy(signal).float()[None, None])
    layer = 0
    while proposal >= outputs[layer].valid.shape[1]:
        proposal -= outputs[layer].valid.shape[1]
        layer += 1
    output, anchor = outputs[layer], model.layers[layer]
    center, sigma = output.centers[0, [proposal]], output.sigmas[0, [proposal]]
    orders = script.SETTINGS.kernels.derivatives
    weights = kernel_weights(center, sigma, output.valid.shape[1])
    weights = derivative_weights(weights, center, sigma, orders)[:, 0]  # [N + 1, T]
    rows = (anchor.scores.weight[label + 1] - anchor.scores.weight[0]).view(orders + 1, -1)
    return (weights * (rows @ output.features[0])).sum(0).detach().numpy()


def write_film(path: Path) -> None:
    """A square that stands, runs, and stands again: 4 s each."""

    def frames() -> Iterator[Any]:
        for number in range(150):
            frame = np.full((96, 96, 3), 40, np.uint8)
            left = abs(4 * (min(max(number, 50), 100) - 50) % 128 - 64)
            frame[30:60, left : left + 30] = 220
            yield frame

    write_mp4(path, frames(), 12.5, {"preset": "veryfast"}, 12)


def test_picture_and_first_question_share_a_small_screen(
    open_lesson: Callable[..., Lesson], tmp_path: Path
) -> None:
    size = {"width": 1280, "height": 800}
    lesson = open_lesson(write_lesson("own", tmp_path), viewport=size)
    lesson.answer("turned", "a fall")
    top, _ = ends(lesson, ".gl-picture")
    _, bottom = ends(lesson, "[data-question=long] button[type=submit]")
    assert bottom - top <= size["height"]


def ends(lesson: Lesson, what: str) -> tuple[float, float]:
    box = lesson.page.locator(what).bounding_box()
    return box["y"], box["y"] + box["height"]


def test_what_is_brought(open_lesson: Callable[[Path], Lesson], tmp_path: Path) -> None:
    pytest.importorskip("av")
    lesson = open_lesson(write_lesson("own", tmp_path))
    page: Any = lesson.page
    lesson.answer("turned", "a fall")
    file, said = page.locator("input[type=file]"), page.locator(".gl-brought")

    # A table of several columns: each can be the signal.
    rows = "\n".join(f"{i},{i % 7},{-i}" for i in range(40))
    table = {"name": "a.csv", "mimeType": "text/csv", "buffer": f"t,x,y\n{rows}".encode()}
    file.set_input_files(table)
    page.get_by_text("40 values from 0 to 6").wait_for()
    page.get_by_label("Column of the file").select_option("y")
    page.get_by_text("40 values from -39 to 0").wait_for()
    drawn = lesson.values("own")["drawn"]
    assert drawn[0] == pytest.approx(0.9) and drawn[-1] == pytest.approx(0.1)

    # A video: how much moves.
    write_film(tmp_path / "square.mp4")
    file.set_input_files(tmp_path / "square.mp4")
    page.get_by_text("“square.mp4”, 12.0 s").wait_for()
    assert not page.get_by_label("Column of the file").is_visible()
    drawn = np.array(lesson.values("own")["drawn"])
    third = len(drawn) // 3
    assert np.median(drawn[third + 2 : 2 * third - 2]) > 0.3
    assert max(drawn[: third - 2].max(), drawn[2 * third + 4 :].max()) < 0.2
    (tmp_path / "no.mp4").write_bytes((tmp_path / "square.mp4").read_bytes()[:1000])
    file.set_input_files(tmp_path / "no.mp4")
    page.get_by_text("This browser cannot play “no.mp4”").wait_for()
    np.testing.assert_array_equal(lesson.values("own")["drawn"], drawn)  # as it was
    assert said.get_attribute("role") == "status"


def test_lesson_own(open_lesson: Callable[[Path], Lesson], tmp_path: Path, script: Any) -> None:
    lesson = open_lesson(write_lesson("own", tmp_path))
    page: Any = lesson.page
    model = script.load(own.WEIGHTS.read_text(encoding="utf-8"))

    def says_as_gtan(signal: Any) -> Any:
        """The sentence is what gtan finds in the same signal, whose best is given back."""
        best = script.detections(model, signal).iloc[0]
        name = script.CLASSES[int(best["label"])]
        said = lesson.says("own")
        assert f"The strongest is a {name} from {best['start']:.1f} to {best['end']:.1f} s" in said
        assert f"score {best['score']:.2f}" in said
        assert f"σ = {best['sigma']:.2f} s" in said
        return best

    # Predict.
    turned = script.detections(model, script.shaped(1, 8)[::-1].copy()).iloc[0]
    assert script.CLASSES[int(turned["label"])] == "fall"
    assert lesson.answer("turned", "still a climb").startswith("Not yet. ")
    said = lesson.answer("turned", "a fall")
    assert said.startswith("Right. It says fall") and f"{turned['score']:.2f}" in said

    # Phrases and sliders.
    says_as_gtan(script.shaped(0, 4))  # nothing that answers a question
    said = lesson.answer("long", 1.0)
    assert said.startswith("Not yet. The strongest is a hill of 3."), said
    page.locator("input[data-control=long]").fill("8")
    says_as_gtan(script.shaped(0, 8))
    page.get_by_role("link", name="A hill of 4 s").click()
    says_as_gtan(script.shaped(0, 4))
    asked = page.locator("[data-question=long] .gl-said")
    assert asked.inner_text() == said  # of what was on screen then
    page.get_by_role("link", name="Nothing at all").click()
    assert lesson.says("own").startswith("No kernel fires")
    assert lesson.answer("most", 16).startswith("Not yet. Nothing fires")
    page.locator("[data-control='shape=hill']").click()
    page.locator("input[data-control=long]").fill("10")
    best = says_as_gtan(script.shaped(0, 10))
    lesson.says("own")
    assert lesson.answer("long", 1.0).startswith("Not yet. 1.00 s is too short")
    assert lesson.answer("long", best["sigma"]).startswith("Not yet. That is σ itself")
    said = lesson.answer("long", 2 * best["sigma"])
    assert said.startswith(f"Right. 2σ = {2 * best['sigma']:.2f} s")
    parts = brings(script, model, script.shaped(0, 10), int(best["proposal"]), int(best["label"]))
    middle = (parts.argmax() + 0.5) * 32 / len(parts)
    at = int(lesson.values("own")["place"] * len(parts) / 32)
    told = f"{parts[at]:+.2f}".replace("-", "−")
    assert f"brings {told}." in lesson.says("own") and "most" not in lesson.says("own")
    assert lesson.answer("most", middle + 9).startswith("Not yet. Look for the tallest bar")
    border = middle - 16 / len(parts)
    assert lesson.answer("most", border).startswith("Not yet. That is in the right cell")
    said = lesson.answer("most", middle)
    assert said.startswith("Right. ") and f"brings +{parts.max():.2f} of the " in said

    # By mouse: a line over the sheet; what is seen is what gtan finds in the very same numbers.
    page.get_by_role("link", name="Nothing at all").click()
    lesson.says("own")
    assert page.locator("[data-question=most] .gl-said").inner_text() == said
    page.locator(".gl-picture").scroll_into_view_if_needed()
    box = page.locator(".gl-sheet").bounding_box()
    left, bottom = box["x"] + 0.4 * box["width"], box["y"] + 0.85 * box["height"]
    page.mouse.move(left, bottom)
    page.mouse.down()
    page.mouse.move(left + 0.22 * box["width"], box["y"] + 0.2 * box["height"], steps=12)
    page.mouse.move(left + 0.225 * box["width"], bottom, steps=3)
    page.mouse.up()
    lesson.says("own")
    drawn = np.array(lesson.values("own")["drawn"])
    assert drawn.shape == (script.SAMPLES,) and drawn.max() > 0.7
    assert script.CLASSES[int(says_as_gtan(drawn)["label"])] == "climb"
    page.locator("[data-control='turned=1']").click()
    assert script.CLASSES[int(says_as_gtan(drawn[::-1].copy())["label"])] == "fall"

    # By key: a place is chosen, the signal raised there.
    page.locator("[data-control='shape=flat']").click()
    page.locator("[data-key=place]").focus()
    page.keyboard.press("PageDown")
    assert lesson.values("own")["place"] == 13.5
    lesson.says("own")
    page.locator("[data-key=height]").focus()
    for _ in range(14):
        page.keyboard.press("ArrowUp")
        lesson.says("own")
    raised = np.array(lesson.values("own")["drawn"])
    assert raised.argmax() == 54 and raised.max() == pytest.approx(0.78)
    assert page.evaluate("document.activeElement.dataset.key") == "height"
    assert script.CLASSES[int(says_as_gtan(raised)["label"])] == "hill"

    # A file.
    file = page.locator("input[type=file]")
    file.set_input_files({"name": "a.csv", "mimeType": "text/csv", "buffer": b"1\n2\nx\n4"})
    page.get_by_text("Line 3: “x” is not a number. The picture stays as it was.").wait_for()
    assert page.locator("[data-control^=shape][aria-pressed=true]").count() == 0
    np.testing.assert_array_equal(lesson.values("own")["drawn"], raised)  # as it was
    rows = "time,value\n" + "\n".join(f"{i / 10},{v:.4f}" for i, v in enumerate(5 * raised))
    file.set_input_files({"name": "b.csv", "mimeType": "text/csv", "buffer": rows.encode()})
    page.get_by_text("128 values from").wait_for()
    says_as_gtan(np.array(lesson.values("own")["drawn"]))
