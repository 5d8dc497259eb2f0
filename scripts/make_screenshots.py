"""Remake the README's picture: the explorer's page of the example run, in Chromium."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from playwright.sync_api import sync_playwright

import gtan_viz

IMAGES = Path(__file__).parents[1] / "docs" / "images"


def main() -> None:
    """Write `docs/images/explorer.png`."""
    with tempfile.TemporaryDirectory() as scratch, sync_playwright() as playwright:
        page_file = gtan_viz.page(None, Path(scratch) / "explore.html")
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-gpu"]
        )
        page = browser.new_page(viewport={"width": 1300, "height": 1500})
        page.goto(page_file.resolve().as_uri())
        page.wait_for_selector("canvas")
        page.wait_for_timeout(1500)  # let the first drawing settle
        page.screenshot(path=IMAGES / "explorer.png")
        browser.close()
    print(IMAGES / "explorer.png")


if __name__ == "__main__":
    main()
