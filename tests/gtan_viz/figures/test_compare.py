from typing import Any

import pandas as pd
import pytest

from gtan.evaluation import compare
from gtan_viz.figures.compare import compare_labels, compare_recordings

TRUTH = pd.DataFrame(
    {"video": ["v", "v", "w"], "label": ["run", "jump", "run"], "start": 0.0, "end": [4.0, 9, 6]}
)


@pytest.fixture
def comparison() -> Any:
    found = {"all": TRUTH.assign(score=1.0), "some": TRUTH[:2].assign(score=1.0)}
    return compare(TRUTH, found, [0.5, 0.7])


@pytest.mark.parametrize("protocol", ["activitynet", "thumos14"])
def test_dots_are_the_tables(comparison: Any, protocol: str) -> None:
    for draw, table in (
        (compare_labels, comparison.labels(protocol)),
        (compare_recordings, comparison.recordings(protocol)),
    ):
        figure = draw(comparison, protocol)
        dots = {t.name: t for t in figure.data if t.mode == "markers"}
        assert list(dots) == ["all", "some"]
        assert len({t.marker.symbol for t in dots.values()}) == 2
        for name in dots:
            assert list(dots[name].x) == table[name].tolist()
        assert list(figure.layout.yaxis.ticktext) == table.index.tolist()
    assert "mean over tIoU 0.5, 0.7; largest difference first" in (
        compare_recordings(comparison, protocol).layout.title.subtitle.text
    )
    assert "tIoU 0.7" in compare_labels(comparison, protocol, 0.7).layout.title.subtitle.text


def test_only_the_first_of_many(comparison: Any) -> None:
    figure = compare_labels(comparison, most=1)
    assert list(figure.layout.yaxis.ticktext) == ["run"]
    assert "1 of 2 labels" in figure.layout.title.subtitle.text
    with pytest.raises(KeyError):
        compare_labels(comparison, "coco")


def test_one_result_is_ranked_and_read_off() -> None:
    found = pd.concat([TRUTH, TRUTH.assign(start=0.5)]).assign(score=1.0)
    found = found[~((found["label"] == "jump") & (found["start"] == 0))]
    alone = compare(TRUTH, {"mine": found}, [0.5, 0.6, 0.7, 0.95])
    figure = compare_labels(alone)
    dots = figure.data[-1]
    assert list(figure.layout.yaxis.ticktext) == ["jump", "run"]  # the lowest first
    assert list(dots.text) == [f"{x:.3f}" for x in dots.x] and dots.x[0] < dots.x[1]
    assert figure.layout.title.text == "AP of each label: mine" and not figure.layout.showlegend
    assert "tIoU 0.5, 0.6, 0.7, 0.95; lowest AP first" in figure.layout.title.subtitle.text
    figure = compare_recordings(alone)
    dots = figure.data[-1]
    assert abs(dots.x[0]) >= abs(dots.x[1])
    assert "differ" not in figure.layout.title.text + figure.layout.title.subtitle.text


def test_text_stays_text(hostile: str, assert_tame: Any) -> None:
    truth = TRUTH.assign(label=hostile, video=hostile)
    made = compare(truth, {hostile: truth.assign(score=1.0)}, [0.5])
    assert_tame(compare_labels(made, theme="dark"))
    assert_tame(compare_recordings(made))
