"""Pictures that leave the page say what they are of."""

from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from gtan.runs.explanation import Explanation
from tests.browser.conftest import FIXTURE

pytestmark = pytest.mark.browser

Open = Callable[..., Any]
Write = Callable[..., Path]


def saved_words(window: Any) -> str:
    """All text of the SVG."""
    with window.page.expect_download() as download:
        window.page.get_by_role("button", name="SVG", exact=True).click()
    root = ElementTree.parse(download.value.path()).getroot()
    return " | ".join(text.text or "" for text in root.iter("{http://www.w3.org/2000/svg}text"))


def test_a_saved_picture_stands_alone(open_page: Open, write_page: Write) -> None:
    explanation = Explanation.load(FIXTURE)
    window = open_page(write_page(explanation))
    header = explanation.header
    words = saved_words(window)
    assert f"run · {header['recording']}" in words and f"step {header['step']}" in words
    assert "As learned: nothing is changed." in words
    hits = window.text(".gx-counts [data-part=hits] b")
    assert f"At tIoU 0.50 and least score 0.10: {hits} hit" in words
    for legend in ("truth, found", "duplicate", "mixed: on an action, firing", "speaks for it"):
        assert legend in words, legend
    assert "(softmax)" not in words  # that block is folded
    for block in ("Class scores", "Boundary"):
        window.page.locator(".gx-why summary").filter(has_text=block).click()
    window.page.wait_for_timeout(200)
    words = saved_words(window)
    for unit in ("(logit)", "width in cells", "(seconds)", "(softmax)"):
        assert unit in words, unit
    story = window.text(".gx-story p").split()
    assert " ".join(story[:4]) in words


def test_it_says_what_was_changed(open_page: Open, write_page: Write) -> None:
    window = open_page(
        write_page(Explanation.load(FIXTURE)),
        '#settings={"epsilon":0.3,"sigma_factor":1.5,"kernels":{"2/0/3":{"sigma":2}}}',
    )
    window.page.locator("input[type=radio][value=start]").check()
    window.until("state.whatResults !== null && state.evidence !== null")
    words = saved_words(window).replace(" | ", " ")
    assert "all σ × 1.50; ε grouping 0.30 (as learned " in words
    assert "layer 2, window 0, cell 3: σ 2.00 cells" in words
    assert "as learned" in words and "; what-if " in words
    assert "What each cell brings (s)" in words
