from typing import Any

import pandas as pd
import pytest

from gtan_viz.figures.lengths import lengths

TRUTH = pd.DataFrame(
    {
        "video": "v",
        "label": ["run", "jump", "jump"],
        "start": [0.0, 3.0, 9.0],
        "end": [20.0, 3.5, 10.5],
    }
)


def test_one_row_a_label_the_shortest_on_top() -> None:
    figure = lengths(TRUTH)
    assert [(box.name, list(box.x)) for box in figure.data] == [
        ("run (1)", [20.0]),
        ("jump (2)", [0.5, 1.5]),
    ]
    assert list(figure.layout.xaxis.ticktext) == ["0.5", "1", "2", "5", "10", "20"]
    assert figure.layout.xaxis.type == "log" and "seconds" in figure.layout.xaxis.title.text
    assert (
        "3 actions of 2 labels; from 0.5 to 20 s; shortest labels first"
        in figure.layout.title.subtitle.text
    )


def test_text_stays_text(hostile: str, assert_tame: Any) -> None:
    assert_tame(lengths(TRUTH.assign(label=hostile), theme="dark"))
    with pytest.raises(ValueError, match="no actions"):
        lengths(TRUTH[:0])
