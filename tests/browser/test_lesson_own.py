"""Lesson 9 on its page: a signal drawn by mouse and key, or brought; held to gtan's numbers."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from gtan.kernels import derivative_weights, kernel_weights
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
    says_as_gtan(script.shaped(0, 8))
    page.get_by_role("link", name="A hill of 4 s").click()
    says_as_gtan(script.shaped(0, 4))
    said = lesson.answer("long", 1.0)
    assert said.startswith("Not yet. The strongest is a hill of 3."), said
    page.get_by_role("link", name="Nothing at all").click()
    assert lesson.says("own").startswith("No kernel fires")
    assert lesson.answer("most", 16).startswith("Not yet. Nothing fires")
    page.locator("[data-control='shape=hill']").click()
    page.locator("input[data-control=long]").fill("10")
    best = says_as_gtan(script.shaped(0, 10))
    lesson.says("own")
    assert lesson.answer("long", 1.0).startswith("Not yet. 1.00 s is too narrow")
    assert lesson.answer("long", best["sigma"]).startswith(f"Right. {best['sigma']:.2f} s")
    parts = brings(script, model, script.shaped(0, 10), int(best["proposal"]), int(best["label"]))
    middle = (parts.argmax() + 0.5) * 32 / len(parts)
    at = int(lesson.values("own")["place"] * len(parts) / 32)
    told = f"{parts[at]:+.2f}".replace("-", "−")
    assert f"brings {told}." in lesson.says("own") and "most" not in lesson.says("own")
    assert lesson.answer("most", middle + 9).startswith("Not yet. Look for the tallest bar")
    said = lesson.answer("most", middle)
    assert said.startswith("Right. ") and f"brings +{parts.max():.2f} of the " in said

    # By mouse: a line over the sheet; what is seen is what gtan finds in the very same numbers.
    page.get_by_role("link", name="Nothing at all").click()
    lesson.says("own")
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
    page.get_by_text("Line 3: “x” is not a number.").wait_for()
    np.testing.assert_array_equal(lesson.values("own")["drawn"], raised)  # as it was
    rows = "time,value\n" + "\n".join(f"{i / 10},{v:.4f}" for i, v in enumerate(5 * raised))
    file.set_input_files({"name": "b.csv", "mimeType": "text/csv", "buffer": rows.encode()})
    page.get_by_text("128 values from").wait_for()
    says_as_gtan(np.array(lesson.values("own")["drawn"]))
