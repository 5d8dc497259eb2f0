import json
import math
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import plotly.graph_objects as go
import pytest

import gtan_viz
from gtan.data.windows import tile
from gtan_viz.figures.sigma_map import sigma_map
from gtan_viz.figures.sigma_quantiles import quartiles, sigma_quantiles
from gtan_viz.figures.sigmas import sigmas
from gtan_viz.figures.traced import stitched_cells

PICTURES = (sigmas, sigma_map, sigma_quantiles)
Draw = Callable[..., go.Figure]


def named(figure: go.Figure, name: str) -> list[Any]:
    return [t for t in figure.data if t.name == name and not (t.x is not None and t.x[0] is None)]


def test_each_instant_is_shown_once_by_the_window_that_owns_it(traces: Any) -> None:
    trace = traces()  # 40 clips, windows of 32 at 0 and 8; owned up to and from clip 20
    starts, owned = tile(40, 32)
    assert starts.tolist() == [0, 8]
    assert owned[0, 1] == 20
    cells = stitched_cells(trace, "made", 1)  # cells of 4 clips, 2 seconds
    assert cells.center.tolist() == [1, 3, 5, 7, 9, 11, 13, 15, 17, 19]
    assert cells.length == 2
    assert cells.sigmas.shape == (3, 10)
    # window 0 gives cells 0 to 4, window 1 its cells 3 to 7
    assert cells.state[0].tolist() == [-1, 1, 0, -1, -1, -1, -1, -1, -1, -1]


def test_padding_is_left_out(traces: Any) -> None:
    cells = stitched_cells(traces(clips=20), "made", 1)
    assert cells.center.max() < 10


def test_the_second_recording_has_rows_of_its_own(traces: Any) -> None:
    trace = traces()
    trace.sigmas[0][:, 2:] = 7
    assert (stitched_cells(trace, "other", 1).sigmas == 7).all()
    assert (stitched_cells(trace, "made", 1).sigmas < 7).all()


def test_bars_reach_one_sigma_to_either_side(traces: Any) -> None:
    figure = sigmas(traces())
    background = named(figure, "background cell")[0]
    assert background.x.tolist() == [1, 3, 5, 7, 9, 11, 13, 15, 17, 19]
    np.testing.assert_allclose(background.y, 1.5)  # the last step
    np.testing.assert_allclose(background.error_x.array, 3.0)  # 1.5 cells of 2 s
    foreground = named(figure, "foreground cell")[0]
    np.testing.assert_allclose(foreground.x[:2], [0.0, 6.0])  # cell 1: 3 s - 3 s, 3 s + 3 s
    ignored = named(figure, "ignored cell")[0]
    np.testing.assert_allclose(ignored.x[:2], [2.0, 8.0])


def test_frames_carry_only_what_changes_as_float32(traces: Any) -> None:
    figure = sigmas(traces())
    assert [frame.name for frame in figure.frames] == ["0", "5", "10"]
    written = json.loads(figure.to_json())
    for frame in written["frames"]:
        assert frame["traces"] == list(range(len(figure.data)))
        for trace in frame["data"]:
            assert set(trace) <= {"type", "x", "y", "error_x"}
            for array in (trace.get("x"), trace.get("y")):
                assert not array or array["dtype"] == "f4"
    np.testing.assert_allclose(figure.frames[0].data[-3].y, 0.5)


def test_the_player_never_redraws(traces: Any) -> None:
    layout = sigmas(traces()).layout
    asked = [*layout.updatemenus[0].buttons, *layout.sliders[0].steps]
    assert all(item.args[1]["frame"]["redraw"] is False for item in asked)
    assert all(item.args[1]["transition"]["duration"] == 0 for item in asked)
    assert [step.label for step in layout.sliders[0].steps] == ["0", "5", "10"]
    assert layout.sliders[0].active == 2


def test_a_hundred_steps_of_a_long_recording_stay_below_two_megabytes(traces: Any) -> None:
    steps = range(0, 1000, 5)
    trace = traces(steps=steps, clips=1024, cells=(128, 64, 32, 16, 8, 4, 2, 1), recordings=["a"])
    assert sum(stitched_cells(trace, "a", layer).center.size for layer in range(1, 9)) > 6000
    figure = sigmas(trace)
    assert len(figure.to_json()) < 2_000_000
    assert figure.frames[0].name == "0"
    assert figure.frames[-1].name == "995"
    assert "of 200 recorded steps" in figure.layout.title.subtitle.text


def test_frames_can_be_fewer(traces: Any) -> None:
    figure = sigmas(traces(steps=range(50)), frames=10)
    assert len(figure.frames) == 10


def test_truth_stands_behind_in_the_colour_of_its_class(traces: Any) -> None:
    figure = sigmas(traces())
    bands = [(s.x0, s.x1, s.fillcolor) for s in figure.layout.shapes]
    assert bands == [(8.0, 14.0, "#56B4E9"), (1.0, 6.0, "#009E73")]  # hues and order by name


def test_heat_map_holds_every_step_and_cell(traces: Any) -> None:
    figure = sigma_map(traces())
    every, foreground = [t for t in figure.data if t.type == "heatmap"][:2]
    assert every.z.shape == (3, 10)
    np.testing.assert_allclose(every.z[:, 0], np.log10([0.5, 1.0, 1.5]), rtol=1e-6)
    np.testing.assert_allclose(every.customdata[:, 0], [0.5, 1.0, 1.5])
    assert np.isfinite(foreground.z).sum(0).tolist() == [0, 3, 0, 0, 0, 0, 0, 0, 0, 0]
    assert every.x[0] == 0
    assert every.x[-1] == 20
    assert every.opacity < 1


def test_heat_map_has_the_explorers_direction_scale_and_colours(traces: Any) -> None:
    trace = traces()
    trace.sigmas[1][:] = 4.0  # of a layer that is not drawn
    figure = sigma_map(trace, layers=[1])
    assert figure.layout.yaxis2.autorange == "reversed"
    axis = figure.layout.coloraxis
    assert (axis.cmin, axis.cmax) == pytest.approx(
        (np.log10(0.5) - 0.05, np.log10(4.0) + 0.05), abs=1e-6
    )
    script = (Path(gtan_viz.__file__).parent / "js" / "state" / "colors.js").read_text()
    script = script.partition("const RAMP")[2].partition("];")[0]
    ramp = re.findall(r"\[(\d+), (\d+), (\d+)\]", script)
    hexes = ["#" + "".join(f"{int(value):02X}" for value in rgb) for rgb in ramp]
    assert [color for _, color in axis.colorscale] == hexes[::-1]
    dark = sigma_map(trace, theme="dark").layout.coloraxis
    assert [color for _, color in dark.colorscale] == hexes


def test_heat_map_in_seconds_shows_the_width(traces: Any) -> None:
    figure = sigma_map(traces(), unit="seconds")
    every = next(t for t in figure.data if t.type == "heatmap")
    np.testing.assert_allclose(every.customdata[:, 0], [2.0, 4.0, 6.0])  # 2 sigma of 2 s cells
    assert "width (seconds)" in figure.layout.coloraxis.colorbar.title.text


def test_quantiles_tell_foreground_from_background(traces: Any) -> None:
    trace = traces(recordings=["made"])
    trace.sigmas[0][:, 0, 1] = 8.0  # the foreground cell
    trace.sigmas[0][:, 0, 2] = np.nan  # an ignored one
    figure = sigma_quantiles(trace, layers=[1])
    medians = {t.name: t for t in figure.data if t.name}
    np.testing.assert_allclose(medians["foreground cells"].y, 8.0)
    np.testing.assert_allclose(medians["background cells"].y, [0.5, 1.0, 1.5])
    assert medians["background cells"].customdata[0].tolist() == [0.5, 0.5, 8]


def test_quartiles_leave_out_others_and_nan() -> None:
    values = np.array([[1.0, 2.0, 3.0, np.nan, 100.0], [1, 2, 3, 4, 5]])
    chosen = np.array([[True, True, True, True, False], [False] * 5])
    low, median, high = quartiles(values, chosen)
    assert (low[0], median[0], high[0]) == (1.5, 2.0, 2.5)
    assert math.isnan(median[1])


@pytest.mark.parametrize("draw", PICTURES)
def test_wrong_names_are_answered_with_those_that_exist(draw: Draw, traces: Any) -> None:
    with pytest.raises(ValueError, match="made, other"):
        draw(traces(), recording="nobody")
    with pytest.raises(ValueError, match="layers 1 to 2"):
        draw(traces(), layers=[3])
    with pytest.raises(ValueError, match="light, dark"):
        draw(traces(), theme="blue")


def test_wrong_unit(traces: Any) -> None:
    with pytest.raises(ValueError, match="cells or seconds"):
        sigma_map(traces(), unit="minutes")  # type: ignore[arg-type]


@pytest.mark.parametrize("draw", PICTURES)
def test_a_folder_without_a_run_says_so(draw: Draw, tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="not a run"):
        draw(tmp_path)


@pytest.mark.parametrize("draw", PICTURES)
def test_empty_trace(draw: Draw, traces: Any, notes: Any) -> None:
    assert "No training step is recorded yet" in notes(draw(traces(steps=[])))


@pytest.mark.parametrize("draw", PICTURES)
def test_nothing_was_probed(draw: Draw, traces: Any, notes: Any) -> None:
    assert "No recording was probed" in notes(draw(traces(recordings=[])))


@pytest.mark.parametrize("draw", PICTURES)
@pytest.mark.parametrize("cells", [(1,), (8,), (4, 2, 1)])
def test_one_cell_one_layer_one_step(draw: Draw, cells: Any, traces: Any) -> None:
    draw(traces(cells=cells, steps=[3], clips=20)).to_json()


@pytest.mark.parametrize("draw", PICTURES)
@pytest.mark.parametrize("value", [np.nan, 0.0, np.inf])
def test_impossible_sigmas(draw: Draw, value: float, traces: Any) -> None:
    trace = traces()
    trace.sigmas[0][1:] = value
    draw(trace).to_json()
    trace.sigmas[0][:], trace.sigmas[1][:] = value, value
    draw(trace).to_json()


@pytest.mark.parametrize("draw", [sigmas, sigma_map])
def test_no_truth(draw: Draw, traces: Any, notes: Any) -> None:
    assert "no truth" in notes(draw(traces(truth=())))


@pytest.mark.parametrize("draw", PICTURES)
def test_hostile_names(draw: Draw, hostile: str, traces: Any, assert_tame: Any) -> None:
    trace = traces(classes=(hostile, "SIT", "LIE"), recordings=(hostile,))
    assert_tame(draw(trace, recording=hostile))


def test_a_label_that_is_no_class_still_has_a_colour(traces: Any) -> None:
    trace = traces()
    index = {**trace.index, "classes": ["SIT"]}
    assert len(sigmas(replace(trace, index=index)).layout.shapes) == 2


@pytest.mark.browser
def test_it_plays_and_nothing_hostile_runs(traces: Any, browser: Any, tmp_path: Path) -> None:
    bad = "<img src=x onerror=alert(1)>"
    trace = traces(classes=(bad, "SIT", "LIE"), recordings=(bad,))
    trace.state[0][1, :, 3] = 1  # a cell that turns foreground and back
    sigmas(trace).write_html(tmp_path / "page.html", auto_play=False)
    context = browser.new_context(viewport={"width": 900, "height": 1000})
    page = context.new_page()
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("dialog", lambda dialog: faults.append(dialog.message))
    page.on("console", lambda m: faults.append(m.text) if m.type == "error" else None)
    page.goto((tmp_path / "page.html").as_uri())
    page.wait_for_selector(".slider-group")
    heights = []
    for frame in ("0", "5", "10"):
        page.evaluate(
            "n => Plotly.animate(document.querySelector('.js-plotly-plot'), [n], "
            "{frame: {duration: 0, redraw: false}, transition: {duration: 0}, "
            "mode: 'immediate'})",
            frame,
        )
        page.wait_for_timeout(150)
        heights.append(
            page.evaluate(
                "[...document.querySelectorAll('path.xerror')].map(e => e.getAttribute('d'))"
            )
        )
        assert page.evaluate("document.querySelectorAll('.js-fill').length") >= 2  # the truth
    assert [len(paths) for paths in heights] == [15, 15, 15]  # 10 cells and 5
    assert heights[0] != heights[1] != heights[2]
    assert page.evaluate("document.querySelectorAll('.js-plotly-plot img').length") == 0
    assert bad in page.inner_text("body")
    context.close()
    assert not faults


@pytest.mark.browser
@pytest.mark.parametrize("width", [480, 1200])
def test_play_and_pause_stand_beside_the_slider(
    width: int, traces: Any, browser: Any, tmp_path: Path
) -> None:
    sigmas(traces()).write_html(tmp_path / "page.html", auto_play=False)
    page = browser.new_page(viewport={"width": width, "height": 900})
    page.goto((tmp_path / "page.html").as_uri())
    page.wait_for_selector(".slider-group")
    button = page.locator(".updatemenu-button").nth(1).bounding_box()
    for part in (".slider-rail-rect", ".slider-label"):
        assert page.locator(part).first.bounding_box()["x"] > button["x"] + button["width"] + 8
    page.close()
