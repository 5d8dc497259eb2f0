"""The picture of a grouping report says what the report does."""

from __future__ import annotations

import pytest

from gtan_viz import grouping_report
from tests.gtan.experiments.test_grouping_report import made


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_bars_are_the_reports(theme: str) -> None:
    report = made([False, True], [0.495, 0.45, 0.505, 0.42])
    figure = grouping_report(report, theme=theme)  # type: ignore[arg-type]
    heights = {bar.name: list(bar.y) for bar in figure.data[:5]}
    assert heights == {
        "mixed kernels on actions (foreground)": [1],
        "partly on an action (ignored)": [0],
        "on background": [3],
        "hits from learned kernels": [1],
        "hits from mixed kernels": [1],
    }
    merges = next(bar for bar in figure.data if bar.name == "merges")
    assert sum(merges.y) == 4
    words = " ".join(a.text for a in figure.layout.annotations)
    assert "epsilon 0.4" in words and "neighbours at the ceiling 0.5" in words
    assert "mAP, tIoU 0.5: 1.000, without" in figure.layout.title.subtitle.text


def test_nothing_merged_is_said() -> None:
    figure = grouping_report(made([False, False], [], mixed=0, foreground=0, background=0))
    assert "no kernels merged" in " ".join(a.text for a in figure.layout.annotations)
