"""Links that act: what Python writes is what the browser reads."""

from __future__ import annotations

import json
import re
from pathlib import Path
from urllib.parse import parse_qs

import pytest
import traitlets

import gtan_viz
from gtan_viz.explorer.links import NAMES, PANELS, link

JS = Path(gtan_viz.__file__).parent / "js"
PAGE = Path(__file__).parents[3] / "docs" / "explorer-links.md"


def keys(file: str, begin: str) -> list[str]:
    """Names of the object that begins there."""
    text = (JS / file).read_text()
    body = text[text.index(begin) :].split("\n};")[0]
    return re.findall(r"^  (\w+):", body, re.MULTILINE)


def test_the_names_are_the_browsers() -> None:
    assert [*keys("state/exercise.js", "export const PANELS"), "truth"] == list(PANELS)
    assert keys("view/address.js", "const FITS") == list(NAMES)


def test_a_link_holds_what_was_given() -> None:
    state = {"settings": {"kernels": {"1/0/7": {"sigma": 2.5}}}, "view": (1, 2.5), "hide": ["why"]}
    text = link(**state)
    assert text.startswith("#gtan:")
    assert not set(text) & set(' "()<>[]{}')  # what Markdown or HTML would read
    read = {name: json.loads(one[0]) for name, one in parse_qs(text[6:]).items()}
    assert read == {**state, "view": [1, 2.5]}


@pytest.mark.parametrize(
    ("state", "message"),
    [
        ({"sigma": 1}, "a link has no 'sigma'; there are recording"),
        ({"hide": ["whyy"]}, "hide: there is no panel 'whyy'; there are overview"),
        ({"show": "why"}, r"show is a list of panels, as \['why'\]"),
        ({"score": float("nan")}, "score = nan cannot be written"),
        ({"time": {1}}, r"time = \{1\} cannot be written"),
    ],
)
def test_what_no_link_can_say_is_an_error(state: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        link(**state)


def test_an_exercise_in_a_notebook() -> None:
    explorer = gtan_viz.explore(hide=["why", "truth"])
    assert (explorer.hide, explorer.show) == (["why", "truth"], [])
    explorer.show = ["timeline"]
    with pytest.raises(traitlets.TraitError, match="hide: there is no panel 'x'"):
        explorer.hide = ["x"]


def test_the_docs(capsys: pytest.CaptureFixture[str]) -> None:
    text = PAGE.read_text()
    (block,) = re.findall(r"<!-- links.py -->\n```python\n(.*?)```", text, re.DOTALL)
    exec(compile(block, str(PAGE), "exec"), {})  # the project's own page
    assert capsys.readouterr().out.count("](#gtan:") == 2
    assert all(f"`{name}`" in text for name in PANELS)
