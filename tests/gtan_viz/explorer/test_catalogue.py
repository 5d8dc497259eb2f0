"""Which recordings are offered, in which order, and what is said of where they come from."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import gtan
from gtan.explaining import _subset
from gtan.runs.explanation import Explanation
from gtan_viz.explorer.catalogue import Entry, catalogue
from tests.browser.conftest import write_run
from tests.gtan_viz.conftest import make_explanation


def named(name: str, subset: str | None, step: int = 300) -> Explanation:
    """A made-up Explanation; None: of before it said what its recording was for."""
    found = make_explanation()
    header = {**found.header, "recording": name, "step": step}
    if subset is not None:
        header["subset"] = subset
    return replace(found, header=header)


def test_what_was_never_learned_from_comes_first(tmp_path: Path) -> None:
    made = [
        named("a", "train", 100), named("a", "train", 200), named("a", "train"), named("b", None),
        named("c", "validation"), named("d", "test"), named("e", "test", 100), named("e", "test"),
    ]  # fmt: skip
    run = gtan.open_run(write_run(tmp_path, made, None))
    assert catalogue(run) == [
        Entry("e", [100, 300], "test"), Entry("d", [300], "test"), Entry("c", [300], "validation"),
        Entry("b", [300], ""), Entry("a", [100, 200, 300], "train"),
    ]  # fmt: skip


def test_what_a_file_says_is_not_believed_blindly(tmp_path: Path) -> None:
    run = gtan.open_run(write_run(tmp_path, [named("a", "everything")], None))
    assert catalogue(run) == [Entry("a", [300], "")]
    with pytest.raises(ValueError, match=r"header\.subset"):
        gtan.explain(run, "a", 300)


def test_the_example_run_opens_on_a_test_film(example: gtan.Run, example_recording: str) -> None:
    first = catalogue(example)[0]
    assert (first.recording, first.subset) == (example_recording, "test")
    assert example_recording in example.dataset().subsets["test"]


@pytest.mark.parametrize(
    ("subsets", "expected"),
    [
        ({"train": ("a",), "validation": ("a",), "test": ()}, "train"),
        ({"train": (), "validation": ("a",), "test": ("a",)}, "validation"),
        ({"train": ("b",), "validation": (), "test": ("a",)}, "test"),
        ({"train": ("b",), "validation": (), "test": ()}, "new"),
        ({}, "new"),
    ],
)
def test_what_was_chosen_by_and_learned_from_was_learned_from(
    example: gtan.Run, subsets: dict[str, Any], expected: str
) -> None:
    assert _subset(replace(example.dataset(), subsets=subsets), "a") == expected


def test_an_explanation_says_it(example_few: gtan.Run) -> None:
    for subset in ("train", "test"):
        name = example_few.dataset().subsets[subset][0]
        assert gtan.explain(example_few, name).header["subset"] == subset


def test_so_does_the_page(tmp_path: Path) -> None:
    from gtan_viz.explorer.page import page

    run = write_run(tmp_path / "run", [named("a", "train"), named("b", "test")], None)
    text = page(run, tmp_path / "p.html").read_text()
    index = text.partition('id="gtan-index">')[2].partition("</script>")[0]
    entries = json.loads(index)["catalogue"]
    assert [(e["recording"], e["subset"]) for e in entries] == [("b", "test"), ("a", "train")]
