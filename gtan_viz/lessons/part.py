"""The widget of a part of a lesson: a picture to play with, and its questions."""

from __future__ import annotations

from typing import Any

import anywidget
import pandas as pd
import traitlets

from gtan_viz.standalone import STATIC


class Part(anywidget.AnyWidget):
    """A part of a lesson, as `gtan_viz.lessons.kernel.part()` makes it.

    Attributes:
        lesson: name of the lesson.
        part: name of the part, that of its file here and in gtan_viz/js/lessons.
        data: what the part is about, if it is not all in the browser.
        values: what the reader has set.
        asks: whether it has its questions; False: the picture alone, as in the article.
        answers: of each question `given`, `tries`, `right`, and `told` if it was given up.

    Example:
        >>> from gtan_viz.lessons import kernel
        >>> part = kernel.part()
        >>> part.values = {"sigma": 0.8}
    """

    # The text itself: of a path, anywidget would keep every widget alive to tell it of changes.
    _esm = (STATIC / "once.js").read_text(encoding="utf-8")
    _css = (STATIC / "lessons.css").read_text(encoding="utf-8")

    bundle = traitlets.Unicode((STATIC / "lessons.js").read_text(encoding="utf-8")).tag(sync=True)
    host = traitlets.Unicode("jupyter").tag(sync=True)
    lesson = traitlets.Unicode("").tag(sync=True)
    part = traitlets.Unicode("").tag(sync=True)
    data = traitlets.Dict().tag(sync=True)
    values = traitlets.Dict().tag(sync=True)
    answers = traitlets.Dict().tag(sync=True)
    asks = traitlets.Bool(True).tag(sync=True)

    def shown(self, **values: Any) -> Part:
        """Without its questions, and with these values: for the article."""
        self.asks = False
        self.values = values
        return self

    def table(self) -> pd.DataFrame:
        """The answers: a row for each question that was tried.

        Columns: `lesson`, `part`, `id`, `given`, `tries`, `right`, `told`.
        """
        rows = [
            {"lesson": self.lesson, "part": self.part, "id": name, **answer}
            for name, answer in self.answers.items()
        ]
        columns = ["lesson", "part", "id", "given", "tries", "right", "told"]
        return pd.DataFrame(rows, columns=columns)
