"""Every lesson's page: axe finds nothing, in light and dark; it fits a phone; it prints."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from gtan_viz.lessons.catalogue import lessons
from tests.browser.lesson import Lesson, write_lesson
from tests.browser.test_access import AXE, RUN

pytestmark = pytest.mark.browser


@pytest.mark.usefixtures("node_packages")
@pytest.mark.parametrize("name", [*lessons(), "article"])
def test_a_lesson_can_be_used_by_all(
    name: str, open_lesson: Callable[..., Lesson], tmp_path: Path
) -> None:
    path = write_lesson(name, tmp_path)
    for options in ({"color_scheme": "light"}, {"color_scheme": "dark"}):
        page = open_lesson(path, **options).page
        page.evaluate(AXE.read_text())
        assert page.evaluate(RUN) == []
        # As if all had been predicted, so that the pictures are looked at, too.
        page.evaluate(
            """() => { for (const node of document.querySelectorAll('.gl-waits')) {
              node.classList.remove('gl-waits'); node.inert = false; } }"""
        )
        assert page.evaluate(RUN) == []
    prints_light(page)
    phone = open_lesson(path, viewport={"width": 360, "height": 740}).page
    assert phone.evaluate("document.documentElement.scrollWidth") <= 360
    fits_a_phone(phone)
    phone.emulate_media(media="print")
    assert phone.locator(".gl-picture").first.is_visible()
    assert not phone.locator(".gl-keep").first.is_visible()


def prints_light(page: Any) -> None:
    """From a dark screen: white paper, every picture whole and on one page, nothing to press."""
    page.emulate_media(media="print", color_scheme="dark")
    for place in (":root", ".gtan-lesson"):
        script = f"getComputedStyle(document.querySelector('{place}')).backgroundColor"
        assert page.evaluate(script) == "rgb(255, 255, 255)"
    pictures = page.locator(".gl-picture").all()
    assert pictures
    for picture in pictures:
        box = picture.bounding_box()
        assert 0 < box["height"] < 360 and box["width"] > 300
    for idle in ("input[type=range]", ".gl-keep", ".gl-question button", ".gl-saving"):
        assert not any(one.is_visible() for one in page.locator(idle).all())
    page.emulate_media(media="screen")


def fits_a_phone(page: Any) -> None:
    """No word of a picture is cut, and Tab comes to everything that can be used."""
    page.evaluate(
        """() => { for (const node of document.querySelectorAll('.gl-waits')) {
          node.classList.remove('gl-waits'); node.inert = false; } }"""
    )
    cut = page.evaluate(
        """() => [...document.querySelectorAll('.gl-picture text')].filter((text) => {
          const [inner, outer] = [text, text.ownerSVGElement].map((o) => o.getBoundingClientRect());
          return inner.left < outer.left - 2 || inner.right > outer.right + 2;
        }).map((text) => text.textContent)"""
    )
    assert cut == []
    count = page.evaluate(
        """() => [...document.querySelectorAll('a[href], button, input, select, [tabindex="0"]')]
          .filter((one) => one.getClientRects().length && !one.disabled && one.type !== 'radio')
          .map((one) => one.setAttribute('data-to-reach', '')).length"""
    )
    for _ in range(count + 20):  # and the groups of choices
        page.keyboard.press("Tab")
        page.evaluate("() => document.activeElement.removeAttribute('data-to-reach')")
    left = page.locator("[data-to-reach]").all()
    assert [one.evaluate("(node) => node.outerHTML.slice(0, 80)") for one in left] == []
