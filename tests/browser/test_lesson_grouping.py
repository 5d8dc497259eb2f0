"""Lesson 4 on its page: Algorithm 1 by hand, a chain that never stops, groups that mean nothing."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

import gtan
from gtan.grouping import Groups, group_kernels
from tests.browser.lesson import Lesson, write_lesson

pytestmark = pytest.mark.browser


def chain(epsilon: float, merge: Any, count: int = 128, width: float = 3.0) -> Groups:
    """Groups of equal kernels, positions in cells."""
    centers = torch.arange(count, dtype=torch.float64) + 0.5
    return group_kernels(centers, torch.full_like(centers, width), epsilon, merge)


def mixed(groups: Groups) -> int:
    return int((groups.members.sum(1) > 1).sum())


def test_lesson_grouping(open_lesson: Callable[[Path], Lesson], tmp_path: Path) -> None:
    lesson = open_lesson(write_lesson("grouping", tmp_path))
    walk_by_hand(lesson)
    long_chain(lesson)
    groups_of_a_recording(lesson)


def walk_by_hand(lesson: Lesson) -> None:
    page: Any = lesson.page
    part = page.locator("[data-part=grouping]")
    assert not part.locator(".gl-picture").is_visible()
    iou = chain(0.0, "union", 2).steps[0].iou
    assert iou == 0.5
    assert lesson.answer("iou", "a third").startswith("Not yet. ")
    assert lesson.answer("iou", "half").startswith("Right. ")

    # Every comparison of the walk, a wrong line first.
    values = lesson.values("grouping")
    centers = torch.arange(6, dtype=torch.float64) + 0.5
    widths = torch.tensor([values[f"w{cell}"] for cell in range(6)], dtype=torch.float64)
    groups = group_kernels(centers, widths, values["epsilon"], values["merge"])
    joined = {step.cell for step in groups.steps}
    merge, add = (
        part.get_by_role("button", name=name)
        for name in ("Line 7: merge", "Lines 9, 10: add to G, go on")
    )
    for cell in range(1, 6):
        assert f"Comparison {cell} of 5" in lesson.says("grouping")
        right, wrong = (merge, add) if cell in joined else (add, merge)
        wrong.click()
        assert lesson.values("grouping")["done"] == cell - 1
        assert ": O is not above it." in lesson.says("grouping") or (
            "Lines 9 and 10 come where O is not above ε" in lesson.says("grouping")
        )
        right.click()
    kernels = int(groups.mask.sum())
    # The formulas are of the last two that merged, not of the last comparison.
    last = groups.steps[-1]
    lesson.says("grouping")
    said = part.locator(".gl-equations").inner_text()
    assert f"The last two that merged, with cell {last.cell}:" in said
    assert f"The walk is over: G holds {kernels} kernels" in lesson.says("grouping")
    assert merge.is_disabled()

    # A width, by key and by mouse.
    dot = part.locator("[data-key=w3]")
    dot.focus()
    page.keyboard.press("PageUp")
    page.keyboard.press("ArrowRight")
    assert lesson.values("grouping")["w3"] == pytest.approx(2.3)
    lesson.says("grouping")
    assert page.evaluate("document.activeElement.dataset.key") == "w3"
    box = dot.bounding_box()
    page.mouse.move(box["x"] + 8, box["y"] + 8)
    page.mouse.down()
    page.mouse.move(box["x"] - 15, box["y"] + 8, steps=3)
    page.mouse.up()
    assert lesson.values("grouping")["w3"] < 2.3

    page.get_by_role("link", name="all six kernels 3 cells wide").click()
    page.get_by_role("link", name="ε = 0.3").click()
    assert "the walk ends when there is no cell z any more" in part.inner_text()
    assert "G holds 2 kernels: cells 0 to 3 (6.0 wide), cells 4 to 5 (4.0 wide)" in lesson.says(
        "grouping"
    )

    third = chain(0.0, "union", 3).steps[1].iou
    assert "two single kernels" in lesson.answer("third", 0.5)
    assert lesson.answer("third", third).startswith("Right. ")
    paper, union = (float(chain(0.3, way, 3).centers[0]) for way in ("paper", "union"))
    assert lesson.answer("behind", 0.5).startswith("Not yet. ")
    assert lesson.answer("behind", paper - union).startswith("Right. ")


def long_chain(lesson: Lesson) -> None:
    page: Any = lesson.page
    never = chain(0.39, "paper")
    assert len(never.centers) == 1
    assert lesson.answer("endless", "pairs").startswith("Not yet. ")
    assert lesson.answer("endless", "one group of all 128").startswith("Right. ")
    for epsilon, count in ((0.39, 43), (0.40, 64), (0.50, 0)):
        assert mixed(chain(epsilon, "union")) == count
        name = f"groups{round(100 * epsilon)}"
        assert lesson.answer(name, 12).startswith("Not yet. ")
        assert lesson.answer(name, count).startswith("Right. ")
    page.get_by_role("link", name="the paper's centre").click()
    said = f"1 group; the largest has 128 members and is {float(never.widths[0]):.1f} cells wide"
    assert said in lesson.says("chain")
    assert lesson.answer("strays", 0).startswith("Not yet. ")
    assert lesson.answer("strays", never.stray).startswith("Right. ")
    page.get_by_role("link", name="12 cells").click()
    assert len(chain(0.7, "paper", width=12.0).centers) == 1
    assert "1 group" in lesson.says("chain")
    page.locator("[data-part=chain] [data-control=epsilon]").focus()
    page.keyboard.press("ArrowRight")
    assert lesson.values("chain")["epsilon"] == pytest.approx(0.71)


def groups_of_a_recording(lesson: Lesson) -> None:
    page: Any = lesson.page
    run = gtan.open_run()
    found = [gtan.Explanation.load(file) for _, file in sorted(run.explanations().items())]
    counts = []
    for one in (found[0], found[-1]):
        kernels = one.kernels(1)
        groups = kernels[kernels["mixed"] & (kernels["window"] == 0)]
        counts.append((groups["state"] == -1).to_numpy())
    first, last = counts

    part = page.locator("[data-part=meaningless]")
    empty = [int(at) for at in first.nonzero()[0]]
    for at in empty[:-1]:
        part.get_by_role("checkbox").nth(at).locator("text").click()
    assert f"{len(empty) - 1} marked. Mark those" in lesson.says("meaningless")
    part.get_by_role("checkbox").nth(empty[-1]).focus()
    page.keyboard.press("Space")
    lesson.says("meaningless")
    assert "foreground" not in part.locator(".gl-picture").inner_html()
    places = part.locator("[role=checkbox] rect").evaluate_all(  # at once: of one drawing
        "(all) => all.map((one) => one.getBoundingClientRect().toJSON())"
    )
    assert len(places) >= len(empty)
    for at, one in enumerate(places):  # none hides another
        for other in places[:at]:
            apart = abs(one["y"] - other["y"]) >= one["height"]
            assert apart or one["x"] >= other["x"] + other["width"]
    part.get_by_role("button", name="shown").click()
    lesson.says("meaningless")
    for words in ("you marked it", "foreground: > 0.60", "ignored: between", "background: < 0.30"):
        assert words in part.locator(".gl-picture").inner_html().replace("&gt;", ">").replace(
            "&lt;", "<"
        )
    told = f"{len(first)} groups, {len(empty)} marked. The run calls {len(empty)} background: "
    assert f"{told}you found {len(empty)}." in lesson.says("meaningless")
    part.get_by_role("checkbox").nth(empty[-1]).focus()
    page.keyboard.press("Enter")
    assert f"you found {len(empty) - 1}." in lesson.says("meaningless")

    assert "Too many" in lesson.answer("count", len(first))
    assert lesson.answer("count", len(empty)).startswith("Right. ")
    assert lesson.answer("later", len(empty)).startswith("Not yet. ")
    said = lesson.answer("later", int(last.sum()))
    kernels = found[-1].kernels(1)
    empty_now = kernels[kernels["mixed"] & (kernels["window"] == 0) & (kernels["state"] == -1)]
    cells = [cell for members in empty_now["members"] for cell in members]
    wide = 128 * float(found[-1].arrays["layer1.widths"][cells].mean())
    assert said.startswith(f"Right. {len(empty_now)}. ")
    assert f"are {wide:.1f} cells wide in the mean; two equal neighbours merge above 2.33." in said
    from gtan.files import read_json

    report = read_json(run.path / "grouping.json", dict)["layers"]
    shares = [row["foreground"] / row["mixed"] for row in report]
    assert lesson.answer("share", 50).startswith("Not yet. ")
    assert lesson.answer("share", 100 * shares[0]).startswith("Right. ")
    best = shares.index(max(shares))
    assert lesson.answer("layer", f"layer {best % len(shares)}").startswith("Not yet. ")
    assert lesson.answer("layer", f"layer {best + 1}").startswith("Right. ")
    part.get_by_role("button", name="2,000").click()
    page.get_by_role("link", name="layer 4", exact=True).click()
    assert "Step 2000, layer 4: 2 groups" in lesson.says("meaningless")
