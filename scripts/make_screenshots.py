"""Remake the pictures of docs/ from a run, in Chromium.

python scripts/make_screenshots.py [RUN] [--into docs/images]
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

import plotly.graph_objects as go
from playwright.sync_api import sync_playwright

import gtan
import gtan_viz

IMAGES = Path(__file__).parents[1] / "docs" / "images"
WIDTH = 1300

# The step at which most has happened and something still moves: a third of the way.
SEEK = """async () => {
  const figure = document.querySelector('.js-plotly-plot');
  const frames = figure._transitionData._frames;
  const at = Math.floor(frames.length / 3);
  await Plotly.animate(figure, [frames[at].name], {
    mode: 'immediate', frame: { duration: 0, redraw: true }, transition: { duration: 0 },
  });
  await Plotly.relayout(figure, { 'sliders[0].active': at });
}"""


def shoot(browser: Any, page_file: Path, image: Path, height: int, script: str = "") -> None:
    """Open a page from disk, let it settle, run a script in it, and save what is on screen."""
    page = browser.new_page(
        viewport={"width": WIDTH, "height": height}, color_scheme="light", offline=True
    )
    page.goto(page_file.resolve().as_uri())
    settle(page)
    if script:
        page.evaluate(script)
        page.wait_for_timeout(300)
    page.screenshot(path=image)
    page.close()
    print(image)


def settle(page: Any, still: int = 4) -> None:
    """Wait until a page has looked the same for some seconds: a film strip fills bit by bit."""
    before, same = b"", 0
    for _ in range(120):
        page.wait_for_timeout(1000)
        now = page.screenshot()
        before, same = now, same + 1 if now == before else 0
        if same == still:
            return
    raise TimeoutError("the page never stands still")


def main() -> None:
    """Write explorer.png, and a picture of each figure."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("run", nargs="?", help="default: the example run")
    parser.add_argument("--into", type=Path, default=IMAGES, help="default: docs/images")
    arguments = parser.parse_args()
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    if chromium is None:
        sys.exit("Chromium is not installed here")
    run = gtan.open_run(arguments.run)
    arguments.into.mkdir(parents=True, exist_ok=True)
    probe = run.trace().index["probes"][0]["recording"]
    figures: dict[str, go.Figure] = {
        "sigmas": gtan_viz.sigmas(run, recording=probe),
        "timeline": gtan_viz.timeline(gtan.explain(run, probe)),
        "curves": gtan_viz.curves(run),
        "grouping-report": gtan_viz.grouping_report(run),
    }
    with tempfile.TemporaryDirectory() as scratch, sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium, args=["--no-sandbox", "--disable-gpu"]
        )
        page_file = gtan_viz.page(run, Path(scratch) / "explore.html", [probe])
        shoot(browser, page_file, arguments.into / "explorer.png", 1500)
        for name, figure in figures.items():
            height = int(figure.layout.height)
            figure_file = Path(scratch) / f"{name}.html"
            figure.write_html(figure_file, auto_play=False, config={"displayModeBar": False})
            script = SEEK if figure.frames else ""
            shoot(browser, figure_file, arguments.into / f"{name}.png", height + 16, script)
        browser.close()


if __name__ == "__main__":
    main()
