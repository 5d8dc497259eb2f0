"""Pictures of the study: what is drawn, what failed, and text that stays text."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import gtan_viz
from gtan_viz.figures.theme import Theme


def table() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "experiment": "table3",
            "variant": ["fixed scale", "+ Gaussian kernel", "+ <b>grouping</b>"],
            "seeds": [3, 3, 0],
            "average_mAP": [0.90, 0.92, np.nan],
            "std": [0.01, 0.02, np.nan],
            "low": [0.86, 0.90, np.nan],
            "high": [0.93, 0.94, np.nan],
            "against": ["", "fixed scale", "+ Gaussian kernel"],
            "difference": [np.nan, 0.02, np.nan],
            "difference low": [np.nan, -0.01, np.nan],
            "difference high": [np.nan, 0.04, np.nan],
            "error": ["", "", "seed 0 failed: <img src=x>"],
            "paper THUMOS14": [33.5, 37.1, 38.2],
            "paper ActivityNet v1.3": [29.8, 31.6, 34.3],
        }
    )


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_study(theme: Theme) -> None:
    figure = gtan_viz.study(table(), "table3", theme=theme)
    text = figure.to_json()
    assert "<img" not in text and "<b>" not in text and "failed" in text
    means, differences, *paper = figure.data
    assert list(means.x)[:2] == [0.90, 0.92] and differences.x[1] == 0.02
    assert means.error_x.arrayminus[0] == pytest.approx(0.04)
    assert [trace.name for trace in paper] == ["paper: THUMOS14", "paper: ActivityNet"]
    assert "Table 3" in figure.layout.title.text


def test_the_thresholds_of_its_map_are_said_where_the_table_knows_them() -> None:
    known = table()
    known.attrs["tiou"] = (0.3, 0.4, 0.5)
    said = gtan_viz.study(known, "table3").layout.title.subtitle.text
    assert said.startswith("mAP: mean over tIoU 0.3:0.1:0.5; bars: 95 %")


def test_without_the_papers_numbers_there_are_two_panels() -> None:
    one = table().drop(columns=["paper THUMOS14", "paper ActivityNet v1.3"])
    figure = gtan_viz.study(one.assign(experiment="R5"), "R5")
    assert len(figure.data) == 2 and "R5" in figure.layout.title.text


def test_unknown_experiment() -> None:
    with pytest.raises(ValueError, match="no experiment 'R9'; it has table3"):
        gtan_viz.study(table(), "R9")


def test_layers() -> None:
    rows = [(m, n, 0.5, 0.4, 0.6, 70.0) for m in ("gtan", "ssad") for n in (4, 5)]
    columns = ["method", "layers", "average_mAP", "low", "high", "AUC"]
    figure = gtan_viz.study_layers(pd.DataFrame(rows, columns=columns))
    assert len(figure.data) == 4 and list(figure.data[0].x) == [4, 5]
    assert "26.77" in figure.layout.title.subtitle.text
