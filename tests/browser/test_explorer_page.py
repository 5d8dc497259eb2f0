"""The explorer in its stand-alone page, opened from disk with networking off."""

import copy
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import gtan_viz
from gtan.evaluation import evaluate_detections
from gtan.runs.explanation import Explanation
from tests.browser.conftest import FIXTURE
from tests.gtan_viz.conftest import HOSTILE, make_explanation, make_trace

pytestmark = pytest.mark.browser

STATIC = Path(gtan_viz.__file__).parent / "static"
Open = Callable[..., Any]
Write = Callable[..., Path]


def without(*names: str, **changes: Any) -> Explanation:
    """The fixture's Explanation without some arrays, or with others."""
    found = Explanation.load(FIXTURE)
    arrays = {k: v for k, v in found.arrays.items() if not any(name in k for name in names)}
    return Explanation(found.header, arrays | changes)


def test_the_best_detection_is_explained_at_once(open_page: Open, write_page: Write) -> None:
    explanation = Explanation.load(FIXTURE)
    window = open_page(write_page(explanation))
    best = explanation.detections().iloc[0]
    assert window.text(".gx-badge") == "As learned"
    assert best["label"] in window.text(".gx-story")
    assert window.number("score after") == f"{best['score']:.3f}"
    assert window.number("product") == f"{best['ranking']:.3f}"
    overlap = explanation.arrays[f"layer{best['layer']}.overlap"][best["row"], best["ratio"]]
    assert window.number("overlap score") == f"{overlap:.3f}"
    assert window.number("refined") == f"{best['start']:.1f}–{best['end']:.1f} s"


def test_a_click_selects_a_detection_and_its_kernel(open_page: Open, write_page: Write) -> None:
    explanation = Explanation.load(FIXTURE)
    window = open_page(write_page(explanation))
    frame = explanation.detections()
    frame = frame[frame["score"] >= window.state("state.score")]
    target = frame.iloc[-1]
    canvas = window.page.get_by_label("Timeline: truth and detections")
    box = canvas.bounding_box()
    left, right = 132, box["width"] - 12
    middle = float(target["start"] + target["end"]) / 2 / explanation.header["duration"]
    row = explanation.header["classes"].index(target["label"])
    place = window.state(f"state.rows.find(({{ label }}) => label === {row})")
    lane = window.state(f"state.lanes.lane[{target.name}]")
    y = 18 + place["top"] + 9 + (min(lane, place["lanes"] - 1) + 0.5) * place["pitch"]
    canvas.click(position={"x": left + (right - left) * middle, "y": y})
    window.page.wait_for_timeout(250)
    focus = window.state(
        "({layer: state.focus.layer, row: state.focus.row, d: state.focus.detection})"
    )
    chosen = explanation.detections().iloc[focus["d"]]
    assert chosen["label"] == target["label"]
    assert chosen["start"] <= (target["start"] + target["end"]) / 2 <= chosen["end"]
    assert (focus["layer"], focus["row"]) == (chosen["layer"], chosen["row"])
    assert window.number("score after") == f"{chosen['score']:.3f}"
    assert chosen["label"][:20] in window.text(".gx-voice")


@pytest.mark.parametrize("width", [360, 414, 768, 1440])
def test_no_screen_needs_a_horizontal_bar(open_page: Open, tmp_path: Path, width: int) -> None:
    window = open_page(gtan_viz.page(None, tmp_path / "p.html"))
    window.page.set_viewport_size({"width": width, "height": 740})
    window.page.wait_for_timeout(300)
    assert window.page.evaluate("document.documentElement.scrollWidth") <= width
    outside = """(width) => [...document.querySelectorAll('button, select, input')]
      .filter((one) => one.getBoundingClientRect().right > width).map((one) => one.outerHTML)"""
    assert window.page.evaluate(outside, width) == []


def test_a_plain_wheel_scrolls_the_page(open_page: Open, write_page: Write) -> None:
    window = open_page(write_page(Explanation.load(FIXTURE)))
    window.page.set_viewport_size({"width": 1200, "height": 600})
    window.key("+", "+")
    zoomed = window.state("state.view")
    box = window.page.get_by_label("Timeline: truth and detections").bounding_box()
    window.page.mouse.move(box["x"] + 600, box["y"] + 10)
    for by in (400, -400):  # down, and back again
        before = window.page.evaluate("scrollY")
        window.page.mouse.wheel(0, by)
        window.page.wait_for_timeout(300)
        assert (window.page.evaluate("scrollY") - before) * by > 0
    assert window.state("state.view") == zoomed


def test_the_strip_of_the_whole_recording(open_page: Open, write_page: Write) -> None:
    window = open_page(write_page(Explanation.load(FIXTURE)))
    page, duration = window.page, window.state("state.scene.duration")
    assert window.page.locator(".gx-span").text_content() == "whole recording"
    assert page.get_by_label("Zoom out").is_disabled()
    page.get_by_label("Zoom in").click()
    page.get_by_label("Zoom in").click()
    page.wait_for_timeout(100)
    low, high = window.state("state.view")
    assert high - low == pytest.approx(0.49 * duration)
    box = page.get_by_label("Part in view").bounding_box()
    scale = (box["width"] - 168 - 12) / duration
    place = [box["x"] + 168 + scale * t for t in ((low + high) / 2, duration)]
    page.mouse.move(place[0], box["y"] + 12)
    page.mouse.down()
    page.mouse.move(place[1], box["y"] + 12, steps=5)
    page.mouse.up()
    page.wait_for_timeout(100)
    assert window.state("state.view") == pytest.approx([duration - (high - low), duration])
    page.mouse.click(box["x"] + 170, box["y"] + 12)  # a press brings the frame there
    page.wait_for_timeout(100)
    assert window.state("state.view")[0] == 0
    page.get_by_role("button", name="All of the recording").click()
    page.wait_for_timeout(100)
    assert window.state("state.view") == [0, duration]
    assert not window.problems


def test_wheel_and_drag_zoom_and_pan(open_page: Open, write_page: Write) -> None:
    window = open_page(write_page(Explanation.load(FIXTURE)))
    duration = window.state("state.scene.duration")
    box = window.page.get_by_label("Timeline: truth and detections").bounding_box()
    window.page.mouse.move(box["x"] + 600, box["y"] + 60)
    window.page.keyboard.down("Control")
    window.page.mouse.wheel(0, -400)
    window.page.keyboard.up("Control")
    window.page.wait_for_timeout(100)
    zoomed = window.state("state.view")
    assert zoomed[1] - zoomed[0] < 0.8 * duration
    window.page.mouse.down()
    window.page.mouse.move(box["x"] + 500, box["y"] + 60, steps=4)
    window.page.mouse.up()
    window.page.wait_for_timeout(100)
    panned = window.state("state.view")
    assert panned[1] - panned[0] == pytest.approx(zoomed[1] - zoomed[0])
    assert panned[0] > zoomed[0]
    window.key("0")
    assert window.state("state.view") == [0, duration]


def test_sliders_recompute_and_reset(open_page: Open, write_page: Write) -> None:
    window = open_page(write_page(Explanation.load(FIXTURE)))
    before = window.number("score after")
    window.slide("sigma_factor", 0.9)
    assert window.text(".gx-badge") == "what-if"
    assert window.state("state.settings.sigma_factor") > 2
    assert window.number("σ", 2) != ""
    assert window.number("score after") == before  # what was learned stays beside it
    assert "What-if:" in window.text(".gx-story")
    window.key("r")
    window.page.wait_for_timeout(150)
    assert window.text(".gx-badge") == "As learned"
    assert window.state("state.whatif") is None
    for key, share in (("epsilon", 0.1), ("xi", 0.05), ("rho", 0.9), ("ratio_scale", 0.9),
                       ("sigma", 0.8), ("center", 0.9)):  # fmt: skip
        window.slide(key, share)
        assert window.state("Object.keys(state.settings).length") == 1, key
        window.page.get_by_role("button", name="Reset to as learned").click()
        assert window.state("Object.keys(state.settings).length") == 0


def test_arrow_keys_move_a_slider_away_from_what_was_learned(
    open_page: Open, write_page: Write
) -> None:
    window = open_page(write_page(Explanation.load(FIXTURE)))
    slider = window.page.locator("input[data-key=xi]")
    slider.focus()
    learned = int(slider.input_value())
    for presses in (1, 2):  # near the tick, where a pointer snaps
        window.key("ArrowLeft")
        assert int(slider.input_value()) == learned - presses
        assert window.state("state.settings.xi") > 0
    window.key("ArrowRight", "ArrowRight")
    assert window.state("state.settings") == {}
    assert window.text(".gx-badge") == "As learned"


def part(window: Any, name: str) -> str:
    """One of the counts beside Reset."""
    return str(window.text(f".gx-counts [data-part={name}] b"))


def test_a_what_if_is_judged_beside_reset(open_page: Open, write_page: Write) -> None:
    explanation = Explanation.load(FIXTURE)
    window = open_page(write_page(explanation))
    names = ("hits", "duplicates", "wrongLabel", "background", "missed", "mAP")

    def judged(tiou: float, score: float) -> tuple[int, int, float]:
        """Hits, missed and mAP, as gtan has them."""
        truth, found = explanation.truth(), explanation.detections()
        video = {"video": explanation.header["recording"]}
        results = evaluate_detections(
            truth.assign(**video), found.assign(**video), "activitynet", [tiou]
        )
        hits = int(((results.matches[:, 0] >= 0) & (found["score"] >= score)).sum())
        return hits, len(truth) - hits, results.average_mAP

    spoken = window.page.locator(".gx-spoken")
    assert spoken.get_attribute("aria-live") == "polite"
    for share in (0.1, 0.6):
        window.slide("tiou", share)
        tiou, score = window.state("[state.tiou, state.score]")
        hits, missed, mAP = judged(tiou, score)
        assert (part(window, "hits"), part(window, "missed")) == (str(hits), str(missed))
        assert part(window, "mAP") == f"{mAP:.3f}"
        shown = int((explanation.detections()["score"] >= score).sum())
        assert sum(int(part(window, name)) for name in names[:4]) == shown
    before = {name: part(window, name) for name in names}
    window.page.wait_for_timeout(700)
    said = spoken.inner_text()
    assert said.startswith("At tIoU") and f"mAP {before['mAP']}" in said
    window.slide("sigma_factor", 0.95, steps=3)
    for name in names:
        was, now = part(window, name).split(" → ")
        assert was == before[name]
        assert now != "…"
    window.page.wait_for_timeout(700)
    assert "what-if" in spoken.inner_text()
    window.key("r")
    window.page.wait_for_timeout(150)
    assert {name: part(window, name) for name in names} == before


def test_overlapping_detections_lie_in_lanes(open_page: Open, write_page: Write) -> None:
    window = open_page(write_page(Explanation.load(FIXTURE)))
    canvas = window.page.get_by_label("Timeline: truth and detections")
    window.slide("score", 0.0)
    heights = window.state("state.rows.map(({ height }) => height)")
    lanes = window.state("state.rows.map(({ lanes }) => lanes)")
    assert max(lanes) == 4
    assert canvas.bounding_box()["height"] == 18 + sum(heights) + 4
    window.slide("score", 1.0)
    assert sum(window.state("state.rows.map(({ height }) => height)")) < sum(heights)
    window.slide("score", 0.1)
    for key, share in (("sigma_factor", 0.95), ("rho", 0.0), ("xi", 0.0)):
        window.slide(key, share)  # what came and what went is told
        came, went = window.state(
            "[...[state.turnover.appeared, state.turnover.vanished]].map((all) => "
            "all.reduce((sum, one) => sum + one, 0))"
        )
        if key == "xi":
            assert (came > 0) or (went > 0)
        assert window.state("state.turnover.appeared.length === state.whatif.detections.count")


def test_the_kernels_head_says_what_grouping_does_here(open_page: Open, write_page: Write) -> None:
    explanation = Explanation.load(FIXTURE)
    window = open_page(write_page(explanation))
    kernels = pd.concat(explanation.kernels(j) for j in range(1, 6))
    mixed = kernels[kernels["mixed"]]
    line = window.text(".gx-grouping")
    assert line.startswith(
        f"{len(mixed)} mixed kernels in 2 windows, which overlap, "
        f"{(mixed['state'] == 1).sum()} of them on actions"
    )
    assert "hits from mixed kernels" in line or "hit from mixed kernels" in line
    assert window.page.get_by_role("button", name="show").count() == 0  # none of the hits does
    assert "σ at its floor" in line
    slider = window.page.locator("input[data-key=epsilon]")
    assert "nothing can merge" in slider.get_attribute("title")
    window.slide("epsilon", 0.99)
    assert slider.get_attribute("aria-valuetext").endswith(", nothing can merge")
    assert "(what-if: 0)" in window.text(".gx-grouping")


def test_without_truth_detections_are_counted(open_page: Open, write_page: Write) -> None:
    found = make_explanation(truth=())
    window = open_page(write_page(found))
    shown = int((found.detections()["score"] >= window.state("state.score")).sum())
    assert f"or more: {shown}." in window.text(".gx-unjudged")
    assert window.page.locator(".gx-counts").is_hidden()
    assert "on actions" not in window.text(".gx-grouping")


def test_merges_are_stepped_like_a_debugger(open_page: Open, write_page: Write) -> None:
    window = open_page(write_page(make_explanation()))
    window.page.get_by_title("the next merge").click()
    said = window.text(".gx-said")
    assert "so they merge" in said
    assert "H/L" in said
    assert "line" not in said
    current = window.page.locator(".gx-current")
    assert current.inner_text().startswith("    G_bs = G_bs and")
    before = window.state("state.groupStep")
    window.key(".", ".", ",")
    assert window.state("state.groupStep") == before + 1


def test_soft_nms_is_stepped(open_page: Open, write_page: Write) -> None:
    explanation = Explanation.load(FIXTURE)
    window = open_page(write_page(explanation))
    window.page.get_by_role("tab", name="soft-NMS").click()
    window.page.wait_for_timeout(200)
    best = explanation.detections().iloc[0]
    said = window.page.locator(".gx-said").nth(1)
    assert f"with {best['score']:.3f}" in said.inner_text()
    window.page.get_by_title("the next pick that fades others").click()
    window.page.wait_for_timeout(50)
    row = window.page.locator(".gx-decays tbody tr").first.locator("td").all_inner_texts()
    iou, exponent, factor, before, after = (float(text) for text in row[1:])
    xi = explanation.settings.detection.xi
    assert exponent == pytest.approx(iou**2 / xi, abs=2e-3)
    assert factor == pytest.approx(np.exp(-exponent), abs=2e-3)
    assert after == pytest.approx(before * factor, abs=2e-3)


def test_the_keyboard_reaches_everything(open_page: Open, write_page: Write) -> None:
    explanation = make_explanation()
    window = open_page(write_page(explanation, trace=make_trace(steps=(0, 30, 60))))
    window.page.get_by_label("Kernels of every anchor layer").focus()
    window.key("PageDown")
    assert window.state("state.layer") == 2
    window.key("ArrowRight")
    first = window.state("state.focus.cell")
    window.key("ArrowRight")
    assert window.state("state.focus.cell") != first or window.state("state.focus.mixed")
    assert window.state("state.focus.layer") == 2
    window.key("n")
    assert window.state("state.focus.detection") >= 0
    window.key("[")
    assert window.state("state.step") == 30
    assert "Of step 60, the nearest with everything: The kernel" in window.text(".gx-story")
    assert window.text(".gx-kept") == "sigmas only"
    window.key("}")
    window.page.wait_for_timeout(100)
    assert window.state("state.step") == 60
    window.key("+")
    assert window.state("state.view[1] - state.view[0]") < window.state("state.scene.duration")
    window.key("Escape")
    assert window.state("state.selection") is None
    window.key("?")
    assert window.page.get_by_role("heading", name="Keys").is_visible()


def test_training_plays_and_scrubs(open_page: Open, write_page: Write) -> None:
    window = open_page(write_page(make_explanation(), trace=make_trace(steps=(0, 20, 40, 60))))
    window.key("Tab")
    play = window.page.get_by_role("button", name="Play the training")
    play.click()
    window.until("state.playing && state.frame > 0.5")
    window.until("!state.playing")
    assert window.state("state.step") == 60
    assert not window.state("state.scene.traced")  # everything is back at the end
    scrub = window.page.get_by_role("slider", name="Place in the training")
    scrub.focus()
    window.key("ArrowLeft", "ArrowLeft")
    assert window.state("state.step") == 20
    window.page.get_by_label("Compare with another step").check()
    window.page.wait_for_timeout(80)
    assert window.state("state.reference.position") == 0
    window.page.get_by_role("slider", name="Step to compare with").focus()
    window.key("End")
    assert window.state("[state.compare, state.reference.position]") == [60, 3]


def test_a_trace_of_a_training_that_failed_opens(open_page: Open, write_page: Write) -> None:
    trace = make_trace(steps=(0, 20, 40))
    trace.sigmas[0][1:, :, 3:5] = np.inf, np.nan
    window = open_page(write_page(make_explanation(), trace=trace))
    window.key("[", "PageDown", "[", "}")
    assert window.state("state.heat") is not None


def test_the_address_holds_the_state(open_page: Open, write_page: Write) -> None:
    path = write_page(Explanation.load(FIXTURE))
    window = open_page(path)
    window.slide("epsilon", 0.3)
    window.key("n", "+")
    window.page.wait_for_timeout(300)
    fragment = "#" + window.page.url.partition("#")[2]
    wanted = (
        "({s: state.settings, f: state.focus.key, v: state.view.map((t) => Math.round(10 * t))})"
    )
    before = window.state(wanted)
    assert before["s"]["epsilon"] < 0.5
    assert open_page(path, fragment).state(wanted) == before
    open_page(path, "#settings=%7B&view=[3,1]&step=x")  # a broken link still opens


def test_a_link_pasted_into_an_open_page_works(open_page: Open, write_page: Write) -> None:
    trace = make_trace()
    name = trace.index["probes"][0]["recording"]
    window = open_page(write_page(make_explanation(recording=name), trace=trace))
    compared = int(trace.steps[0])
    window.page.evaluate(
        "(hash) => { location.hash = hash; }",
        f'settings={{"xi":0.5}}&score=0.2&theme="dark"&compare={compared}&foregroundOnly=true',
    )
    window.until("state.settings.xi === 0.5 && state.score === 0.2 && state.theme === 'dark'")
    assert window.state("state.foregroundOnly") and window.state("state.compare") == compared
    window.page.wait_for_timeout(400)
    link = window.page.evaluate("location.hash")
    assert all(part in link for part in ("theme=", "compare=", "foregroundOnly=true", "score=0.2"))
    window.page.evaluate("(hash) => { location.hash = hash; }", "settings={}&compare=12345")
    window.until("state.settings.xi === undefined")
    assert window.state("state.compare") == compared  # a step that was not traced
    assert not window.problems


def test_a_link_to_another_recording_brings_all_of_it(open_page: Open, write_page: Write) -> None:
    made = make_explanation()
    other = replace(made, header={**made.header, "recording": "the other"})
    link = (
        '#recording="the other"&view=[2,5]&layer=1&tiou=0.75&chosenTruth=1&settings={"xi":0.4}'
        '&selection={"kind":"kernel","window":0,"layer":1,"cell":2,"mixed":false}'
    )
    window = open_page(write_page(made, other), link)
    window.until("state.recording === 'the other'")
    window.until("state.settings.xi === 0.4")
    assert window.state("[state.view, state.tiou, state.chosenTruth]") == [[2, 5], 0.75, 1]
    assert window.state("[state.focus.layer, state.focus.cell]") == [1, 2]


def test_an_unknown_recording_is_said_and_not_replaced(open_page: Open, write_page: Write) -> None:
    path = write_page(Explanation.load(FIXTURE))
    window = open_page(path, '#recording="nobody"&settings={"xi":0.5}')
    assert "There is no recording nobody here" in window.text(".gx-message")
    assert window.state("state.settings") == {}
    window.page.evaluate("(hash) => { location.hash = hash; }", 'recording="somebody"&score=0.7')
    window.page.wait_for_timeout(200)
    assert "There is no recording somebody here" in window.text(".gx-message")
    assert window.state("state.score") != 0.7


def test_another_runs_file_has_no_training_of_this_run(
    open_page: Open, write_page: Write, tmp_path: Path
) -> None:
    trace = make_trace()
    mine = make_explanation(recording=trace.index["probes"][0]["recording"])
    window = open_page(write_page(mine, trace=trace))
    assert window.state("state.traced !== null && state.allSteps.length > 1")
    other = replace(mine, header=copy.deepcopy(mine.header))
    other.header["settings"]["training"]["seed"] += 1
    other.save(tmp_path / "other.safetensors")
    choose = window.page.locator("input[type=file]")
    choose.set_input_files(tmp_path / "other.safetensors")
    window.until("state.traced === null && state.heat === null && state.allSteps.length === 1")
    mine.save(tmp_path / "mine.safetensors")
    choose.set_input_files(tmp_path / "mine.safetensors")
    window.until("state.traced !== null")
    assert not window.problems


def test_a_file_can_be_dropped(open_page: Open, write_page: Write, tmp_path: Path) -> None:
    window = open_page(write_page(make_explanation()))
    file = tmp_path / "other.safetensors"
    make_explanation(recording="dropped").save(file)
    drop = """([name, bytes]) => {
      const data = new DataTransfer();
      data.items.add(new File([new Uint8Array(bytes)], name));
      const root = document.querySelector('.gtan-explorer');
      root.dispatchEvent(new DragEvent('drop', {dataTransfer: data, bubbles: true}));
    }"""
    window.page.evaluate(drop, ["other.safetensors", list(file.read_bytes())])
    window.page.wait_for_timeout(300)
    assert window.state("state.recording") == "dropped"
    freezing = make_explanation(recording="freezing")
    freezing.arrays["layer1.kernel_offsets"][0] = -(2**31)
    freezing.save(file)
    window.page.evaluate(drop, ["freezing.safetensors", list(file.read_bytes())])
    window.page.wait_for_timeout(200)
    assert "layer1.kernel_offsets" in window.text(".gx-message")
    assert window.state("state.recording") == "dropped"
    window.page.evaluate(drop, ["<b>notes</b>.txt", list(b"not an Explanation")])
    window.page.wait_for_timeout(200)
    assert "<b>notes</b>.txt: " in window.text(".gx-message")
    assert window.state("state.recording") == "dropped"


def test_pictures_and_python_can_be_taken_away(open_page: Open, write_page: Write) -> None:
    window = open_page(write_page(make_explanation(classes=(HOSTILE[0], "b", "c"))))
    for kind, start in (("SVG", b"<svg"), ("PNG", b"\x89PNG")):
        with window.page.expect_download() as download:
            window.page.get_by_role("button", name=kind, exact=True).click()
        data = Path(download.value.path()).read_bytes()
        assert data.startswith(start)
        assert b"<img" not in data
    from xml.etree import ElementTree

    with window.page.expect_download() as download:
        window.page.get_by_role("button", name="SVG", exact=True).click()
    ElementTree.parse(download.value.path())


@pytest.mark.parametrize("name", HOSTILE, ids=("tag", "script", "emoji", "long", "formula"))
def test_hostile_names_are_text(open_page: Open, write_page: Write, name: str) -> None:
    explanation = make_explanation(classes=(name, "b", "c"), recording=name[:60])
    window = open_page(write_page(explanation))
    assert window.page.locator(".gtan-explorer img, .gtan-explorer script").count() == 0
    story = window.text(".gx-story")
    assert name[:8].strip() in story
    assert len(story) < 500
    window.page.mouse.move(*centre_of(window, "Timeline: truth and detections", 0.3, 30))
    assert window.page.evaluate("document.documentElement.scrollWidth <= innerWidth + 1")


def centre_of(window: Any, label: str, share: float, y: float) -> tuple[float, float]:
    box = window.page.get_by_label(label).bounding_box()
    return box["x"] + 132 + share * (box["width"] - 144), box["y"] + y


def nan_scores() -> Explanation:
    found = make_explanation()
    for name in ("layer1.sigmas", "layer1.widths", "layer1.overlap"):
        found.arrays[name][1] = np.nan
    found.arrays["detections.scores"][-1] = np.nan
    found.arrays["layer1.logits"][0] = np.nan
    return found


@pytest.mark.parametrize(
    ("explanation", "said"),
    [
        (lambda: make_explanation(truth=()), "truth is not known"),
        (lambda: make_explanation(detections=()), "Click a detection"),
        (lambda: make_explanation(cells=(1,), width=1, detections=((0, 1, 6, 0.9),)), "layer 1"),
        (lambda: make_explanation(cells=(8,)), "layer 1"),
        (lambda: make_explanation(signal=False), "layer 1"),
        (lambda: make_explanation(features=False), "no feature maps"),
        (nan_scores, "layer 1"),
        (lambda: make_explanation(classes=tuple(f"class {n}" for n in range(40))), "layer 1"),
        (lambda: make_explanation(grouping="off"), "layer 1"),
        (lambda: without("features", "_weights", "_bias"), "no feature maps"),
    ],
    ids=("truth", "detections", "cell", "layer", "signal", "features", "nan", "classes", "grouping",
         "large"),
)  # fmt: skip
def test_what_is_missing_is_said(
    open_page: Open, write_page: Write, explanation: Callable[[], Explanation], said: str
) -> None:
    window = open_page(write_page(explanation()))
    if window.page.locator(".gx-why-body").is_visible():
        window.unfold()
    text = window.page.locator(".gtan-explorer").inner_text()
    assert said in text
    assert "NaN" not in text
    assert "undefined" not in text
    for key in ("ArrowRight", "n", "PageDown", "ArrowRight", ".", "s", ".", "f", "0", ">"):
        window.key(key)
    window.page.wait_for_timeout(200)


def test_light_and_dark(open_page: Open, write_page: Write) -> None:
    path = write_page(make_explanation())
    for scheme in ("light", "dark"):
        window = open_page(path, color_scheme=scheme)
        assert window.page.locator(".gtan-explorer").get_attribute("data-theme") == scheme
    window.page.get_by_role("button", name="Use light colours").click()
    window.page.wait_for_timeout(50)
    assert window.page.locator(".gtan-explorer").get_attribute("data-theme") == "light"


def test_it_has_colours_as_soon_as_it_is_in_the_page(browser: Any) -> None:
    page = browser.new_page()
    page.set_content(f"<style>{(STATIC / 'explorer.css').read_text()}</style>")
    found = page.evaluate(
        """async (source) => {
          const url = URL.createObjectURL(new Blob([source], { type: "text/javascript" }));
          const { default: explorer } = await import(url);
          const nothing = () => undefined;
          const model = { get: nothing, set: nothing, on: nothing, off: nothing };
          const el = document.createElement("div");
          explorer.render({ model, el });
          document.body.append(el);
          await new Promise((resolve) => setTimeout(resolve, 200));
          return el.firstChild.explorer.state.colors.panel;
        }""",
        (STATIC / "explorer.js").read_text(),
    )
    page.close()
    assert found == "#ffffff"


def long_recording() -> Explanation:
    """One whose windows cannot all follow a slider."""
    long = make_explanation(clips=4000, cells=(20, 10))
    rng = np.random.default_rng(0)
    for layer in (1, 2):
        for name, rows in (("score", 12), ("offset", 6), ("overlap", 3)):
            long.arrays[f"layer{layer}.{name}_weights"] = rng.normal(size=(rows, 6)).astype("f2")
            long.arrays[f"layer{layer}.{name}_bias"] = np.zeros(rows, np.float32)
    return long


def test_of_a_long_recording_the_far_windows_follow_once_the_hand_rests(
    open_page: Open, write_page: Write
) -> None:
    window = open_page(write_page(long_recording()))
    moved = window.page.evaluate("""() => {
      const { store, state } = document.querySelector('.gtan-explorer').explorer;
      store.set({ settings: { sigma_factor: 1.2 } });
      store.flush();
      const { view, layers } = { view: state.whatView, layers: state.whatif.layers };
      const [first, last] = view.live;
      const factor = (w) => {
        const [now, was] = [layers[0], state.scene.layers[0]];
        return now.width[now.offsets[w]] / was.width[was.offsets[w]];
      };
      return {
        partial: view.partial, live: last - first, windows: state.scene.windows.length,
        beside: state.reference === state.scene,
        near: factor(first), far: factor(last),
        only: state.whatif.detections.window.every((w) => w >= first && w < last),
      };
    }""")
    assert moved["partial"] and 1 < moved["live"] < moved["windows"] and moved["only"]
    assert moved["beside"]  # where the kernels were
    assert (round(moved["near"], 3), round(moved["far"], 3)) == (1.2, 1.0)
    window.until("state.whatView && !state.whatView.partial")
    assert window.state(
        "state.whatif.layers.every((now, j) => now.window.every((w, row) => "
        "row - now.offsets[w] >= now.cells || Math.abs(now.sigma[row] / "
        "state.scene.layers[j].sigma[state.scene.layers[j].offsets[w] + row - now.offsets[w]]"
        " - 1.2) < 1e-6))"
    )


def test_of_a_long_recording_a_slider_draws_only_what_follows_it(
    open_page: Open, write_page: Write
) -> None:
    window = open_page(write_page(long_recording()))
    drawn = window.page.evaluate("""() => {
      const { store, state } = document.querySelector('.gtan-explorer').explorer;
      const strips = document.querySelector('canvas[aria-label^="Kernels"]');
      const pen = CanvasRenderingContext2D.prototype;
      const fillRect = pen.fillRect;
      let count = 0;
      pen.fillRect = function (...box) {
        count++;
        fillRect.apply(this, box);
      };
      const bars = (settings) => {
        count = 0;
        store.set({ settings });
        store.flush();
        const { width, height } = strips;
        const pixels = strips.getContext('2d').getImageData(0, 0, width, height).data;
        return { count, partial: state.whatView?.partial ?? false, pixels };
      };
      const [learned, first, next] = [{}, { xi: 0.71 }, { xi: 0.72 }].map(bars);
      pen.fillRect = fillRect;
      let other = 0; // than as learned, which xi leaves the kernels
      for (let i = 0; i < next.pixels.length; i += 4) {
        other += learned.pixels[i] !== next.pixels[i];
      }
      return { first: first.count, next: next.count, partial: next.partial,
        share: (4 * other) / next.pixels.length };
    }""")
    assert drawn["partial"]
    assert drawn["next"] < 0.5 * drawn["first"]
    assert drawn["share"] < 0.01  # what fires changes a little; bars cross the ends of the part
