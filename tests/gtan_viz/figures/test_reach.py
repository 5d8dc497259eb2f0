from typing import Any

import pandas as pd
import pytest

import gtan
from gtan_viz.figures.reach import reach

ACTIONS = pd.DataFrame(
    {"video": "v", "label": "run", "start": [3.0, 20.0, 50.0], "end": [9.3, 21.0, 70.0]}
)


def test_lines_are_the_tables() -> None:
    found = gtan.reach(ACTIONS, gtan.Settings.preset("sbhar"))
    figure = reach({"one": found, "two": found})
    fixed = [t for t in figure.data if t.legendgroup == "fixed"]
    assert len(fixed) == 4 and sum(t.showlegend is not False for t in fixed) == 1
    assert list(fixed[0].y) == found.by_length()["fixed"].tolist()
    assert list(fixed[1].y) == found.by_layer()["fixed"].tolist()
    ticks = figure.layout.xaxis.ticktext
    assert set(ticks) >= {"2", "5", "10", "20"} and len(set(ticks)) == len(ticks)
    said = [a.text for a in figure.layout.annotations]
    assert said[0].startswith("one: 3 actions<br>fixed")
    assert f"more than {found.threshold:g}" in figure.layout.title.subtitle.text


def test_text_stays_text(hostile: str, assert_tame: Any) -> None:
    found = gtan.reach(ACTIONS[:1], gtan.Settings.preset("sbhar"))
    assert_tame(reach({hostile: found}, theme="dark"))
    with pytest.raises(ValueError, match="nothing to draw"):
        reach({})
