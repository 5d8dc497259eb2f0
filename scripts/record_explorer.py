"""Record docs/images/explorer.webp: the explorer at work on the example run.

    python scripts/record_explorer.py       a minute or a few, in Chromium

The training plays, then a hand moves two sliders and lets go of them.
"""

from __future__ import annotations

import io
import shutil
import sys
import tempfile
from collections.abc import Iterator
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Any

import av
from playwright.sync_api import sync_playwright

import gtan_viz

FILE = Path(__file__).parents[1] / "docs" / "images" / "explorer.webp"
SIZE = {"width": 1120, "height": 1060}
KEPT = (1000, 946)  # width and height of the recording
RATE = 8  # pictures a second
# A hand for the viewer: a recorded page has no pointer.
HAND = """() => {
  const hand = document.createElement("div");
  hand.style.cssText = "position:fixed;z-index:9;width:22px;height:22px;border-radius:50%;" +
    "background:#d5480066;border:2px solid #b03a00;pointer-events:none;" +
    "transform:translate(-50%,-50%)";
  document.body.append(hand);
  addEventListener("mousemove", (event) => {
    hand.style.left = `${event.clientX}px`;
    hand.style.top = `${event.clientY}px`;
  });
}"""


def scenes(page: Any) -> Iterator[int]:
    """Do something, and say for how many pictures to look at it."""
    page.get_by_label("Kernels of every anchor layer").focus()
    page.evaluate("scrollTo(0, 0)")
    for _ in range(100):
        page.keyboard.press("[")
    yield 3
    for step in range(100):
        page.keyboard.press("]")
        if step % 4 == 3:
            yield 1
    yield 8
    for key, shares in (("sigma_factor", (0.5, 0.85, 0.2, 0.5)), ("epsilon", (0.37, 0.75, 0.37))):
        slider = page.locator(f"input[data-key={key}]").bounding_box()
        height = slider["y"] + slider["height"] / 2
        places = [slider["x"] + 8 + (slider["width"] - 16) * share for share in shares]
        page.mouse.move(places[0] - 60, height + 60)
        yield 2
        page.mouse.move(places[0], height)
        page.mouse.down()
        for begin, end in pairwise(places):
            for part in range(1, 11):
                page.mouse.move(begin + (end - begin) * part / 10, height)
                yield 1
            yield 4
        page.mouse.up()


def pictures(page_file: Path, chromium: str) -> Iterator[bytes]:
    """PNG files, one after the other."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium, args=["--no-sandbox", "--disable-gpu"]
        )
        page = browser.new_page(
            viewport=SIZE, color_scheme="light", offline=True, reduced_motion="reduce"
        )
        hidden = gtan_viz.link(
            hide=["overview", "video", "zoom", "why", "algorithms", "signal"], score=0.3
        )
        page.goto(page_file.resolve().as_uri() + hidden.replace("gtan:", ""))
        page.wait_for_timeout(1500)
        page.evaluate(HAND)
        for count in scenes(page):
            page.wait_for_timeout(120)  # what follows the hand
            picture = page.screenshot()
            yield from [picture] * count
        browser.close()


def encode(pngs: Iterator[bytes], file: Path) -> None:
    """Into an animated WebP that plays for ever."""
    with av.open(str(file), "w", format="webp", options={"loop": "0"}) as out:
        stream = out.add_stream("libwebp_anim", rate=RATE)
        stream.width, stream.height = KEPT
        stream.pix_fmt = "yuva420p"
        stream.options = {"quality": "50", "compression_level": "6"}
        for number, png in enumerate(pngs):
            with av.open(io.BytesIO(png)) as picture:
                frame = next(picture.decode(video=0)).reformat(*KEPT, format="yuva420p")
            frame.pts, frame.time_base = number, Fraction(1, RATE)
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))


def main() -> None:
    """Write the page, play with it, and keep what was seen."""
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    if chromium is None:
        sys.exit("Chromium is not installed here")
    with tempfile.TemporaryDirectory() as scratch:
        page_file = gtan_viz.page(None, Path(scratch) / "explore.html", ["person21_film2"])
        encode(pictures(page_file, chromium), FILE)
    print(f"{FILE} ({FILE.stat().st_size / 1e6:.2f} MB)")


if __name__ == "__main__":
    main()
