"""The site is built without a warning, holds what it promises, and its links lead somewhere."""

from __future__ import annotations

import importlib
import os
import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

import gtan_viz
from gtan.settings import setting_names
from gtan_viz.lessons.catalogue import ARTICLE, lessons

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
# Whatever these list is public.
LISTED = [
    "gtan", "gtan_viz", "gtan.evaluation", "gtan.data.formats", "gtan.world", "gtan.backbones",
    "gtan.extraction", "gtan.video", "gtan.grouping",
]  # fmt: skip
# What people keep asking, in words that the answer's heading has.
ASKED = [
    "my own video", "my own data", "NMS be compiled", "predictions against the truth",
    "link to the features", "Seconds or feature grid", "reproduce the table", "class labels",
    "test videos", "official evaluation tools", "diagnose", "newest torch", "nothing happens",
    "normal loss curve", "padding", "how these algorithms work",
]  # fmt: skip

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """`make docs`, into another folder."""
    pytest.importorskip("sphinx", reason="the extra `docs` is not installed")
    pytest.importorskip("torch", reason="the reference shows the network, too")
    folder = tmp_path_factory.mktemp("site")
    sphinx = [
        sys.executable,
        "-P",
        "-m",
        "sphinx",
        "-q",
        "-W",
        "--keep-going",
        "-j",
        "2",
        "-b",
        "html",
    ]
    offline = {"http_proxy": "http://127.0.0.1:9", "https_proxy": "http://127.0.0.1:9"}
    done = subprocess.run(
        [*sphinx, DOCS, folder],
        cwd=ROOT, env=os.environ | offline, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-5000:]
    return folder


class Page(HTMLParser):
    """Where a page leads to, and what in it can be led to."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.links: set[str] = set()
        self.anchors: set[str] = set()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if value and name == "id":
                self.anchors.add(value)
            elif value and name in ("href", "src"):
                self.links.add(value)
            elif value and name == "data-figure":
                self.links |= {f"{value}.light.html", f"{value}.dark.html"}


def test_every_link_within_the_site_leads_somewhere(site: Path) -> None:
    pages = {
        file: Page(file.read_text(encoding="utf-8"))
        for file in site.rglob("*.html")
        if file.relative_to(site).parts[0] not in ("play", "figures", "_static")
    }
    dead = []
    for file, page in pages.items():
        for link in page.links:
            parts = urlsplit(link)
            if parts.scheme or parts.netloc or link in ("#", "#pst-back-to-top"):
                continue
            target = (file.parent / unquote(parts.path)).resolve() if parts.path else file
            if not target.exists() or (
                target in pages and unquote(parts.fragment) not in {"", *pages[target].anchors}
            ):
                dead.append(f"{file.relative_to(site)}: {link}")
    assert not dead


def test_nothing_is_fetched_from_elsewhere(site: Path) -> None:
    for file in site.rglob("*.html"):
        text = file.read_text(encoding="utf-8")
        assert not re.findall(
            r"<(?:script|link|img|iframe)[^>]+(?:src|href)=\"https?://[^>]+", text
        )


def test_every_public_name_is_in_the_reference(site: Path) -> None:
    from sphinx.util.inventory import InventoryFile

    inventory = InventoryFile.loads((site / "objects.inv").read_bytes(), uri="")
    there = {name for kind, names in inventory.data.items() if kind[:3] == "py:" for name in names}
    for module in LISTED:
        for name in importlib.import_module(module).__all__:
            public = getattr(importlib.import_module(module), name)
            if type(public).__name__ != "module" and public.__doc__ and callable(public):
                also = {f"gtan.{name}", f"gtan.network.{name}"}  # documented once
                assert {f"{module}.{name}", *also} & there, f"{module}.{name}"


def test_every_setting_and_command_is_in_the_reference(site: Path) -> None:
    settings = (site / "reference" / "settings.html").read_text()
    assert not {name for name in setting_names() if f">{name}<" not in settings}
    commands = (site / "reference" / "commands.html").read_text()
    for command in ("gtan evaluate", "gtan data add", "gtan-viz lesson"):
        assert f"usage: {command}" in commands


def test_shapes_and_what_is_raised_are_shown(site: Path) -> None:
    method = (site / "reference" / "method.html").read_text()
    entry = method.partition('id="gtan.kernels.kernel_weights"')[2].partition('<dl class="py')[0]
    assert "[..., K] fractions of the window" in entry and "[..., K, T] weights" in entry
    assert ":class:" not in method and "Args:" not in method


def test_every_picture_is_in_the_gallery(site: Path) -> None:
    source = (DOCS / "gallery.md").read_text()
    calls = set(re.findall(r"gtan_viz\.(\w+)\(", source))
    assert not set(gtan_viz.__all__) - calls
    drawn = re.findall(r'data-figure="([^"]+)"', (site / "gallery.html").read_text())
    assert len(drawn) == source.count("```python figure") == len(set(drawn))
    light, dark = (site / f"{drawn[0]}.{theme}.html" for theme in ("light", "dark"))
    assert light.read_text() != dark.read_text()


def test_every_lesson_is_a_page(site: Path) -> None:
    listed = (site / "lessons" / "README.html").read_text()
    for name in (*lessons(), ARTICLE[0], "explorer"):
        assert f'href="../play/{name}.html"' in listed
        assert (site / "play" / f"{name}.html").stat().st_size > 50_000


def test_what_people_ask_has_its_answer() -> None:
    page = (DOCS / "faq.md").read_text()
    answers = dict(re.findall(r"(?m)^## (.+)\n\n((?:(?!## ).*\n)+)", page))
    for words in ASKED:
        (found,) = [answer for question, answer in answers.items() if words in question]
        assert len(found) > 100, words


def test_the_layout_names_every_room() -> None:
    page = (DOCS / "layout.md").read_text()
    for package in ("gtan", "gtan_viz"):
        for folder in (ROOT / package).iterdir():
            if (folder / "__init__.py").exists():
                assert f"{package}/{folder.name}/" in page, f"{package}/{folder.name}/"


def test_pages_read_well_as_files() -> None:
    """Nothing that only Sphinx understands stands outside a comment."""
    for file in DOCS.rglob("*.md"):
        text = re.sub(r"(?s)<!--.*?-->", "", file.read_text(encoding="utf-8"))
        assert not re.findall(r"(?m)^(?:`{3,}|:{3,})\{|\{(?:ref|doc)\}`", text), file.name
