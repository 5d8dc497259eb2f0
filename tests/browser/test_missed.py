"""Why it did not fire: a missed action of the shipped run, and what stopped every layer."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import gtan_viz
from gtan.evaluation import evaluate_detections
from gtan.runs.explanation import Explanation
from gtan.runs.run import EXAMPLE

pytestmark = pytest.mark.browser

Open = Callable[..., Any]
TIOU = 0.9  # at which the shipped run misses some actions of its recording


@pytest.fixture(scope="module")
def example() -> Explanation:
    return Explanation.load(sorted(EXAMPLE.glob("explanations/*/*.safetensors"))[-1])


@pytest.fixture(scope="module")
def shipped(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return gtan_viz.page(None, tmp_path_factory.mktemp("page") / "explore.html")


@pytest.fixture
def window(open_page: Open, shipped: Path) -> Any:
    return open_page(shipped, f"#tiou={TIOU}")


def missed(explanation: Explanation) -> list[int]:
    """Numbers of the truths that nothing shown finds, by Python's evaluation."""
    video = {"video": explanation.header["recording"]}
    truth, found = explanation.truth().assign(**video), explanation.detections().assign(**video)
    found = found[found["score"] >= 0.1]
    matches = evaluate_detections(truth, found, "activitynet", [TIOU]).matches[:, 0]
    return sorted(set(range(len(truth))) - set(matches[matches >= 0].tolist()))


def click_truth(window: Any, number: int) -> None:
    canvas = window.page.get_by_label("Timeline: truth and detections")
    box = canvas.bounding_box()
    start, end, label = window.state(
        f"[state.scene.truth.start[{number}], state.scene.truth.end[{number}], "
        f"state.scene.truth.label[{number}]]"
    )
    t0, t1 = window.state("state.view")
    x = 168 + (box["width"] - 168 - 12) * ((start + end) / 2 - t0) / (t1 - t0)
    top = window.state(f"state.rows.find((row) => row.label === {label}).top")
    canvas.click(position={"x": x, "y": 18 + top + 4})
    window.page.wait_for_timeout(300)


def overlap(explanation: Explanation, row: Any, number: int) -> float:
    """Of the boundary that is drawn with the truth."""
    truth = explanation.truth().iloc[number]
    start, end = row["refined"]["start"], row["refined"]["end"]
    inside = max(0.0, min(end, truth["end"]) - max(start, truth["start"]))
    return float(inside / (end - start + truth["end"] - truth["start"] - inside))


def test_a_click_on_a_missed_action_tells_of_every_layer(window: Any, example: Explanation) -> None:
    number = missed(example)[0]
    truth = example.truth().iloc[number]
    click_truth(window, number)
    assert window.text(".gx-why h2") == "Why did it not fire?"
    story = window.text(".gx-missed p")
    assert story.startswith(
        f"{truth['label']}, {truth['start']:.1f}–{truth['end']:.1f} s, was missed"
    )
    assert f"tIoU {TIOU:.2f}" in story
    rows = window.state("state.missed.rows")
    assert {row["layer"] for row in rows} == {1, 2, 3, 4}
    texts = window.page.locator(".gx-proposal").all_inner_texts()
    assert len(texts) == len(rows)
    label = example.header["classes"].index(truth["label"])
    for row, text in zip(rows, texts, strict=True):
        assert row["reason"] in text.replace("\n", " ")
        assert row["tiou"] == pytest.approx(overlap(example, row, number), abs=1e-5)
        arrays = {k: example.arrays[f"layer{row['layer']}.{k}"] for k in ("logits", "overlap")}
        place = window.state(
            f"state.missed.rows.find(({{ name }}) => name === {row['name']!r}).ranking"
        )
        stored = window.state(
            f"state.scene.layers[{row['layer'] - 1}].offsets[{row['window']}] + {row['cell']}"
        )
        if row["mixed"]:
            continue
        logits = arrays["logits"][stored, row["ratio"]].astype(float)
        scores = np.exp(logits - logits.max())
        expected = scores[label + 1] / scores.sum() * arrays["overlap"][stored, row["ratio"]]
        assert place == pytest.approx(expected, abs=1e-5)
    # The old selection says nothing of this action.
    assert not window.page.locator(".gx-why-body").is_visible()
    assert story in window.text(".gx-voice")


def test_a_proposal_selects_its_kernel_and_the_question_stays(
    window: Any, example: Explanation
) -> None:
    click_truth(window, missed(example)[0])
    row = window.state("state.missed.rows[1]")
    button = window.page.locator(".gx-proposal").nth(1)
    button.click()
    window.page.wait_for_timeout(300)
    focus = window.state(
        "({ layer: state.focus.layer, cell: state.focus.cell, window: state.focus.window, "
        "ratio: state.focus.ratio })"
    )
    assert focus == {name: row[name] for name in focus}
    assert button.get_attribute("aria-pressed") == "true"
    assert window.text(".gx-why h2") == "Why did it not fire?"
    assert window.page.locator(".gx-why-body").is_visible()
    assert window.number("product") == f"{row['ranking']:.3f}"
    # A kernel that was chosen elsewhere is another question.
    window.page.get_by_label("Kernels of every anchor layer").focus()
    window.key("ArrowRight")
    assert not window.page.locator(".gx-missed").is_visible()


def test_what_lowered_it_can_be_selected(window: Any, example: Explanation) -> None:
    for number in missed(example):
        click_truth(window, number)
        links = window.page.locator(".gx-proposals .gx-link")
        if links.count():
            break
    assert "soft-NMS lowered it from" in window.text(".gx-missed")
    row = window.state("state.missed.rows.find(({ source }) => source)")
    links.first.click()
    window.page.wait_for_timeout(300)
    assert (
        window.state("[state.focus.window, state.focus.layer, state.focus.row]")
        == row["source"][:3]
    )
    assert window.state("state.focus.detection") >= 0


def test_by_keys_alone(window: Any, example: Explanation) -> None:
    window.page.get_by_label("Timeline: truth and detections").focus()
    last = example.truth()["start"].iloc[missed(example)].max()
    key = "m" if last > window.state("state.time") else "M"  # next, or previous
    for _ in range(40):
        window.key(key)
        if window.state("state.missed?.by === -1"):
            break
    assert window.state("state.chosenTruth") in missed(example)
    window.key("Enter")
    assert window.page.evaluate("document.activeElement.className") == "gx-proposal"
    window.key("Enter")
    window.page.wait_for_timeout(200)
    assert window.page.evaluate("document.activeElement.className") == "gx-proposal"
    assert window.state("state.focus.layer === state.missed.rows[0].layer")
    window.key("Escape")
    assert window.state("state.chosenTruth") is None
    assert not window.page.locator(".gx-missed").is_visible()


def test_the_link_asks_the_same_question(
    window: Any, open_page: Open, shipped: Path, example: Explanation
) -> None:
    number = missed(example)[-1]
    click_truth(window, number)
    window.page.locator(".gx-proposal").first.click()
    window.page.wait_for_timeout(400)
    link = window.page.evaluate("location.hash")
    assert f"chosenTruth={number}" in link
    again = open_page(shipped, link)
    assert again.text(".gx-missed p") == window.text(".gx-missed p")
    assert again.page.locator(".gx-proposal[aria-pressed=true]").count() == 1
    nowhere = open_page(shipped, link.replace(f"chosenTruth={number}", "chosenTruth=999"))
    assert nowhere.text(".gx-why h2") != "Why did it not fire?"
    assert not nowhere.problems


def test_of_a_what_if(open_page: Open, shipped: Path, example: Explanation) -> None:
    """An action that is found as learned, and missed once kernels are three times as wide."""
    window = open_page(shipped)
    click_truth(window, 0)
    assert " was found by a detection of score " in window.text(".gx-missed p")
    assert window.page.locator(".gx-proposal").count() == 0
    by = window.state("state.missed.by")
    window.page.get_by_role("button", name="why it fired").click()
    window.page.wait_for_timeout(200)
    assert window.state("state.focus.detection") == by
    assert window.text(".gx-why h2") == "Why did it fire here?"
    click_truth(window, 0)
    window.slide("sigma_factor", 0.95)
    window.until("state.missed?.by === -1")
    window.page.wait_for_timeout(100)
    assert "is in the what-if missed" in window.text(".gx-missed p")
    assert "as learned it was found" in window.text(".gx-missed p")
    said = window.page.locator(".gx-jumped").text_content()
    assert "found as learned, missed in the what-if" in said
    assert window.state("state.selection") is None  # sliders change no kernel elsewhere
    assert window.text(".gx-why h2") == "Why did it not fire?"
    reasons = window.page.locator(".gx-stopped").all_inner_texts()
    assert reasons and all(re.search(r"\d", text) for text in reasons)
    window.page.get_by_role("button", name="Reset to as learned").click()
    window.until("state.missed?.by >= 0")


def test_without_a_video_the_keys_walk_truths_too(
    open_page: Open, write_page: Callable[..., Path], example: Explanation
) -> None:
    window = open_page(write_page(example, video=False), f"#tiou={TIOU}")
    window.page.locator(".gtan-explorer").focus()
    order = example.truth()["start"].argsort().tolist()
    window.key("Escape")
    seen = []
    for _ in range(3):
        window.key("t")
        seen.append(window.state("state.chosenTruth"))
    window.key("T")
    assert [*seen, window.state("state.chosenTruth")] == [*order[:3], order[1]]
