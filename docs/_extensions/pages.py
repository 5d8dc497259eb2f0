"""The pages to be played with: every lesson, the article, and the explorer on the example run."""

from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.util.docutils import SphinxDirective

import gtan_viz
from gtan_viz.lessons.catalogue import ARTICLE, LESSONS, lessons
from gtan_viz.lessons.page import lesson_page

EXPLORER = "The explorer on the example run"


def write(app: Any) -> None:
    """Into `play/`, each one file that works without the rest of the site."""
    if app.builder.name != "html":
        return
    folder = Path(app.outdir) / "play"
    folder.mkdir(parents=True, exist_ok=True)
    for name in (*lessons(), ARTICLE[0]):
        lesson_page(name, folder / f"{name}.html")
    gtan_viz.page(None, folder / "explorer.html", ["person21_film2"])


class Lessons(SphinxDirective):
    """`{lessons}`: links to the pages to be played with."""

    def run(self) -> list[nodes.Node]:
        """Called by Sphinx."""
        up = "../" * self.env.docname.count("/")
        titles = {name: f"{LESSONS[name][0]} {title}" for name, title in lessons().items()}
        titles |= {ARTICLE[0]: ARTICLE[1], "explorer": EXPLORER}
        items = "".join(
            f'<li><a href="{up}play/{name}.html"><b>{title}</b></a></li>'
            for name, title in titles.items()
        )
        return [nodes.raw("", f'<ul class="play">{items}</ul>', format="html")]


def setup(app: Any) -> None:
    """Called by `for_the_site`."""
    app.connect("builder-inited", write)
    app.add_directive("lessons", Lessons)
