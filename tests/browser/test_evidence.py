"""Why it fired: what the cells bring adds up to what the network said, on screen."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from gtan.kernels import derivative_weights, kernel_weights
from gtan.runs.explanation import Explanation
from gtan.runs.run import EXAMPLE
from tests.browser.reference import tensor
from tests.gtan_viz.conftest import make_explanation
from tests.videos import write_video

pytestmark = pytest.mark.browser

Open = Callable[..., Any]
Write = Callable[..., Path]
PICTURE = ".gx-why [role=slider]"


@pytest.fixture(scope="module")
def example() -> Explanation:
    return Explanation.load(sorted(EXAMPLE.glob("explanations/*/*.safetensors"))[-1])


def shown_sum(window: Any) -> float:
    """The number at the end of the picture's name."""
    window.page.wait_for_timeout(80)
    label = window.page.locator(PICTURE).get_attribute("aria-label")
    found = re.search(r": ([+−]?[\d.]+) (?:logit|s)$", label)
    assert found, label
    return float(found[1].replace("−", "-"))


def added_up(window: Any) -> float:
    return float(window.state("state.evidence.brings.reduce((a, b) => a + b, state.evidence.bias)"))


def outputs(explanation: Explanation, name: str, layer: int, window: int, kernel: Any) -> Any:
    """What a prediction convolution says of a kernel (centre, sigma), in Python."""
    a = {k.partition(".")[2]: v for k, v in explanation.arrays.items() if k[5:6] == str(layer)}
    valid = tensor(a["valid"][window]).bool()
    center, sigma = (tensor([value]) for value in kernel)
    weights = kernel_weights(center, sigma, len(valid), valid)
    order = explanation.settings.kernels.derivatives
    orders = derivative_weights(weights, center, sigma, order).numpy()[:, 0]
    pooled = (orders @ a["features"][window].T.astype(float)).ravel()
    ratios = len(explanation.header["layers"][layer - 1]["ratios"])
    rows = a[f"{name}_weights"].astype(float) @ pooled + a[f"{name}_bias"]
    return rows.reshape(ratios, -1)


@pytest.mark.parametrize("number", [0, 1, 4, 7])
def test_cells_add_up_to_the_stored_logits(
    open_page: Open, write_page: Write, example: Explanation, number: int
) -> None:
    window = open_page(write_page(example))
    window.page.evaluate(
        f"""() => document.querySelector('.gtan-explorer').explorer.store
          .set({{selection: {{kind: 'detection', detection: {number}}}}})"""
    )
    window.until(f"state.facts?.learned.detection === {number}")
    best = example.detections().iloc[number]
    a = {k.partition(".")[2]: v for k, v in example.arrays.items() if k[5:6] == str(best["layer"])}
    at = best["row"], best["ratio"]
    logits = a["logits"][at].astype(float)
    label = example.header["classes"].index(best["label"]) + 1
    wanted = logits[label] - np.delete(logits, label).max()
    assert added_up(window) == pytest.approx(wanted, abs=0.01)
    assert shown_sum(window) == pytest.approx(wanted, abs=0.01)

    window.page.get_by_label("overlap", exact=True).check()
    overlap = float(a["overlap"][at])
    assert shown_sum(window) == pytest.approx(math.log(overlap / (1 - overlap)), abs=0.01)
    header = example.header
    seconds = header["window"] * header["grid"]["stride"]
    wide = a["widths"][best["row"]] * header["layers"][best["layer"] - 1]["ratios"][best["ratio"]]
    delta_center, delta_width = a["offsets"][at].astype(float)
    for name, side in (("start", -1), ("end", 1)):
        window.page.get_by_label(name, exact=True).check()
        moved = delta_center + side / 2 * math.expm1(delta_width)
        assert shown_sum(window) == pytest.approx(moved * wide * seconds, abs=0.02)


def test_cells_add_up_after_a_what_if(
    open_page: Open, write_page: Write, example: Explanation
) -> None:
    window = open_page(write_page(example))
    before = shown_sum(window)
    window.slide("sigma", 0.25)  # narrower, so that it is not merged
    layer, cell, at = window.state("[state.focus.layer, state.focus.cell, state.focus.window]")
    sigma = window.state("state.facts.whatif.sigma")
    cells = example.header["layers"][layer - 1]["cells"]
    row, ratio, label = window.state("(({row, ratio, label}) => [row, ratio, label])(state.focus)")
    center = example.arrays[f"layer{layer}.centers"][row]
    assert cell == row - example.arrays[f"layer{layer}.kernel_offsets"][at]
    logits = outputs(example, "score", layer, at, (center, sigma / cells))[ratio]
    wanted = logits[label + 1] - np.delete(logits, label + 1).max()
    assert abs(wanted - before) > 0.1
    assert added_up(window) == pytest.approx(wanted, abs=0.01)
    assert shown_sum(window) == pytest.approx(wanted, abs=0.01)
    assert "as learned" in window.text(".gx-why .gx-legend")


def test_the_keyboard_chooses_output_and_cell(
    open_page: Open, write_page: Write, example: Explanation
) -> None:
    window = open_page(write_page(example))
    focus = window.state("state.focus.key")
    window.page.get_by_label("class", exact=True).focus()
    window.key("ArrowRight")
    assert window.state("state.explained") == "start"
    window.key("ArrowLeft")
    assert window.state("state.explained") == "class"

    window.page.locator(PICTURE).focus()
    window.key("ArrowRight")
    strongest = "state.evidence.brings.indexOf(Math.max(...state.evidence.brings))"
    first = window.state("state.litCell")
    assert first == window.state(strongest)
    window.key("ArrowRight")
    assert window.state("state.litCell") == first + 1
    assert window.state("state.focus.key") == focus  # the arrows chose no other kernel
    asked = window.text(".gx-asked")
    assert asked.startswith(f"Cell {first + 1} brings ")
    assert window.page.locator(PICTURE).get_attribute("aria-valuetext") == asked
    window.key("End")
    assert window.state("state.litCell === state.evidence.to - 1")
    window.key("Escape")
    assert window.state("state.litCell") is None
    assert window.state("state.focus.key") == focus


def test_a_cell_lights_up_its_stretch_and_shows_its_frame(
    open_page: Open, write_page: Write, example: Explanation, tmp_path: Path
) -> None:
    film = write_video(tmp_path / "film.mp4", example.header["duration"])
    window = open_page(write_page(example, video=film))
    window.until("document.querySelector('.gx-picture').duration > 100")
    picture = window.page.locator(PICTURE)
    picture.scroll_into_view_if_needed()
    box = picture.bounding_box()
    picture.click(position={"x": box["width"] / 2, "y": 120})
    window.page.wait_for_timeout(150)
    cell = window.state("state.litCell")
    layer, at = window.state("[state.focus.layer, state.focus.window]")
    header = example.header
    clips = header["window"] / header["layers"][layer - 1]["cells"]
    grid = header["grid"]
    start = float(example.arrays["windows.start"][at]) + clips * cell - 0.5
    start = start * grid["stride"] + grid["offset"] + grid["length"] / 2
    span = window.state("[state.litSpan.start, state.litSpan.end]")
    assert span == pytest.approx([start, start + clips * grid["stride"]], abs=1e-3)
    assert window.state("state.time") == pytest.approx(sum(span) / 2, abs=0.1)
    lit = window.page.locator(".gx-lit:visible")
    assert lit.count() >= 4  # film, signal, timeline, kernels
    band = lit.first.bounding_box()
    assert band["width"] > 3
    window.key("n")  # another selection: nothing is asked any more
    assert window.state("state.litCell") is None
    assert window.page.locator(".gx-lit:visible").count() == 0


def test_the_feature_map_is_behind_a_click(
    open_page: Open, write_page: Write, example: Explanation
) -> None:
    window = open_page(write_page(example))
    map_ = window.page.get_by_label("The channels of the feature map")
    assert not map_.is_visible()
    window.page.locator(".gx-more summary").focus()
    window.key("Enter")
    assert map_.is_visible()
    channels = window.state("state.channels.map((one) => one.channel)")
    assert len(set(channels)) == 20 and max(channels) < 128


def test_without_feature_maps_the_panel_says_what_to_do(open_page: Open, write_page: Write) -> None:
    window = open_page(write_page(make_explanation(features=False)))
    assert "gtan.explain(run, recording, features=True)" in window.text(".gx-absent")
    assert not window.page.locator(PICTURE).is_visible()
    assert not window.page.get_by_role("button", name="Get the feature maps").is_visible()


def test_a_notebook_is_asked_for_them(open_page: Open, write_page: Write) -> None:
    window = open_page(write_page(make_explanation(features=False)))
    asked = window.page.evaluate(
        """() => {
          const { store, state } = document.querySelector('.gtan-explorer').explorer;
          const asked = [];
          store.set({ host: 'jupyter' });
          store.draw(() => asked.push(state.asking));
          store.flush();
          document.querySelector('.gx-absent button').click();
          store.flush();
          return asked;
        }"""
    )
    assert asked[:2] == [False, True]
    button = window.page.get_by_role("button", name="Get the feature maps")
    assert button.is_visible()
    window.page.evaluate(
        """() => {
          const { store, state } = document.querySelector('.gtan-explorer').explorer;
          store.set({ refused: [state.explanation] });
        }"""
    )
    window.page.wait_for_timeout(80)
    assert "could not compute them" in window.text(".gx-absent")
    assert not button.is_visible()


def test_a_kernel_that_did_not_fire_has_one_reason(
    open_page: Open, write_page: Write, example: Explanation
) -> None:
    window = open_page(write_page(example))
    window.page.evaluate(
        """() => document.querySelector('.gtan-explorer').explorer.store.set({selection:
          {kind: 'kernel', window: 0, layer: 1, cell: 2, mixed: false}})"""
    )
    window.until("state.focus.cell === 2")
    window.page.wait_for_timeout(300)
    story = window.text(".gx-story")
    assert "did not fire: background won, with" in story
    assert "0.00" not in story and "looks like" not in story
    assert window.text(".gx-why h2") == "Why did it not fire here?"
    window.unfold()
    assert story.split("did not fire: ")[1].strip() in window.text(".gx-faded")
