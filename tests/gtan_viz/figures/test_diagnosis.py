import sys
from typing import Any

import pandas as pd
import pytest

from gtan.evaluation import evaluate_detections
from gtan.evaluation.diagnosis import ERRORS, KINDS, diagnose
from gtan_viz.figures.behind_diagnosis import behind, behind_in_timeline, choices
from gtan_viz.figures.browse_diagnosis import browse_diagnosis
from gtan_viz.figures.diagnosis import diagnosis

TRUTH = pd.DataFrame(
    {
        "video": ["v", "v", "w", "w"],
        "label": ["run", "jump", "run", "run"],
        "start": [0.0, 5.0, 0.0, 10.0],
        "end": [4.0, 9.0, 6.0, 20.0],
    }
)
FOUND = pd.DataFrame(
    {
        "video": ["v", "v", "w", "w", "w"],
        "label": ["run", "jump", "run", "run", "jump"],
        "start": [0.0, 20.0, 0.0, 15.0, 0.0],
        "end": [4.0, 29.0, 5.0, 25.0, 6.0],
        "score": [0.9, 0.8, 0.5, 0.7, 0.6],
    }
)


@pytest.fixture
def found() -> Any:
    return diagnose(evaluate_detections(TRUTH, FOUND, tiou=[0.5, 0.9]))


def test_bars_are_the_tables(found: Any) -> None:
    figure = diagnosis(found, 0.5)
    bars = [trace for trace in figure.data if trace.type == "bar"]
    profile = {trace.name: trace for trace in bars if trace.name in KINDS}
    table = found.profile(0.5)
    for kind in KINDS:
        assert list(profile[kind].customdata) == table[kind].tolist()
    gain = [trace for trace in bars if trace.name is None and trace.meta in ERRORS]
    assert [t.y[0] for t in gain] == found.gain[0.5].tolist()
    missed = [t for t in bars if str(t.meta).startswith("missed")]
    assert [t.meta for t in missed] == ["missed, by length", "missed, by instances"]
    assert sum((t.y * t.customdata).sum() for t in missed) == 2 * (~found.found[0.5]).sum()


def test_choices_lead_to_rows(found: Any) -> None:
    assert list(choices(found))[:6] == list(KINDS)
    assert behind(found, "wrong label", "all", 0.5).index.tolist() == [4]
    assert behind(found, "wrong label", "1G", 0.5).empty
    assert behind(found, "wrong label", "2G", 0.5).index.tolist() == [4]
    for what, parts in choices(found).items():
        for part in parts:
            behind(found, what, part, 0.9)


def test_the_timeline_marks_what_was_chosen(found: Any, notes: Any) -> None:
    figure = behind_in_timeline(found, "localization", "all", "w", 0.5)
    assert "w" in figure.layout.title.text and "localization" in notes(figure)
    marked = [(s.x0, s.x1) for s in figure.layout.shapes if s.fillcolor]
    assert marked == [(15.0, 25.0)]


def test_without_durations_or_detections(notes: Any) -> None:
    one = TRUTH[:1]
    figure = diagnosis(diagnose(evaluate_detections(one, FOUND[:0], tiou=[0.5])))
    assert "1.000 of all" in notes(figure)


def test_a_click_on_a_bar_lists_its_recordings(found: Any) -> None:
    box = browse_diagnosis(found, 0.5)
    bars, lists, said, videos, shown = box.children
    what, part = lists.children
    trace = next(t for t in bars.data if t.name == "wrong label")
    click(trace, 1)
    assert (what.value, part.value) == ("wrong label", "2G")
    assert said.value == "1 detections in 1 recordings"
    assert [value for _, value in videos.options] == ["w"]
    assert "application/vnd.plotly.v1+json" in shown.outputs[0]["data"]
    missed = next(t for t in bars.data if str(t.meta) == "missed, by length")
    click(missed, 0)
    assert what.value == "missed, by length" and part.value == choices(found)[what.value][0]
    gain = next(t for t in bars.data if t.meta == "background" and len(t.x) == 1)
    click(gain, 0)
    assert (what.value, part.value) == ("background", "all")


def test_lists_do_the_same_without_a_mouse(found: Any) -> None:
    box = browse_diagnosis(found)
    _, lists, said, videos, shown = box.children
    lists.children[0].value = "double detection"
    assert said.value == "0 detections in 0 recordings" and videos.options == ()
    assert shown.outputs == ()
    lists.children[0].value = "true positive"
    assert [value for _, value in videos.options] == ["v", "w"]


def test_a_saved_notebook_keeps_the_static_figure(found: Any) -> None:
    bundle = browse_diagnosis(found)._repr_mimebundle_()
    assert "application/vnd.jupyter.widget-view+json" in bundle
    assert bundle["application/vnd.plotly.v1+json"]["layout"]["title"]["text"] == "Diagnosis"
    assert "text/html" not in bundle


def test_an_export_shows_the_static_figure(found: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gtan_viz.figures.diagnosis_browser.is_exported", lambda: True)
    html = browse_diagnosis(found)._repr_mimebundle_()["text/html"]
    assert "plotly-graph-div" in html and "Diagnosis" in html and len(html) < 100_000


def test_without_ipywidgets_the_figure_remains(found: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ipywidgets", None)
    assert browse_diagnosis(found).layout.title.text == "Diagnosis"


def test_text_stays_text(hostile: str, assert_tame: Any) -> None:
    truth, found = (t.assign(label=hostile, video=hostile) for t in (TRUTH, FOUND))
    made = diagnose(evaluate_detections(truth, found, tiou=[0.5]))
    assert_tame(diagnosis(made, theme="dark"))
    assert_tame(behind_in_timeline(made, "localization", "all", hostile))


def click(trace: Any, point: int) -> None:
    from plotly.callbacks import InputDeviceState, Points

    state = InputDeviceState(False, False, False, False)
    trace._dispatch_on_click(Points([point], [0], [0], trace_index=0), state)
