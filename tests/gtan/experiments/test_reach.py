"""Reach: by hand, and against brute force over widths and chains of neighbours."""

from __future__ import annotations

import dataclasses
from itertools import product
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

import gtan
from gtan import Settings
from gtan.data.annotations import Annotations, read_truth
from gtan.data.dataset import Dataset
from gtan.data.recordings import annotation_file
from gtan.experiments.reach import KINDS, _clips, best_tiou, mixed_kernels, reach
from gtan.grid import ClipGrid
from gtan.grouping import group_kernels
from gtan.intervals import interval_iou
from tests.published import published_data

SMALL = Settings().override(
    {
        "data.dataset": "features",
        "data.fps": 10.0,
        "data.window": 32,
        "data.clip_length": 10,
        "data.clip_stride": 10,
        "network.anchor_channels": (8, 8),
        "kernels.sigma_ceiling": 5.0,
        "kernels.epsilon": 0.5,
    }
)  # layers of 8 and 4 cells; at 10 samples a second a clip is a second and a cell 4 or 8


def actions(*spans: tuple[float, float], duration: float | None = None) -> Any:
    rows = pd.DataFrame([("v", "run", *span) for span in spans],
                        columns=["video", "label", "start", "end"])  # fmt: skip
    if duration is None:
        return rows
    return Annotations(rows, pd.DataFrame({"video": ["v"], "subset": "", "duration": [duration]}))


# By hand.


def test_fixed_scale_by_hand() -> None:
    # The first is cell 2 of layer 1, the second lies across cells 3 and 4, half in each; twice a
    # cell, the third is SSAD's ratio 2, centred on cell 5.
    found = reach(actions((4, 8), (10, 14), (18, 26), duration=32), SMALL)
    assert found.cells == (8, 4)
    wide = 4 * 2 ** (2 / 3)  # the widest of the ratios
    half = wide / 2  # the half of it that lies right of its centre at 10
    np.testing.assert_allclose(found.tiou["fixed"][:, 0], [1, half / (4 + wide - half), wide / 8])
    assert found.tiou["fixed"][0, 0] == 1
    assert found.tiou["ssad"][2, 0] == 1
    assert found.tiou["learned"][2, 0] == 1
    # Half a cell off: the best interval around the cell's centre is twice a cell wide.
    assert found.tiou["learned"][1, 0] == pytest.approx(4 / 8)
    assert found.instances["fraction"].tolist() == [4 / 32, 4 / 32, 8 / 32]


@pytest.mark.parametrize(
    ("preset", "changes"),
    [("sbhar", {}), ("sbhar", {"data.clip_length": 30}), ("world", {"data.window": 128})],
)
def test_windows_are_those_of_the_data_set(preset: str, changes: dict[str, Any]) -> None:
    """On SBHAR 2,057 clips were counted where the data set has 2,060: clips reach over its ends."""
    settings = Settings.preset(preset).override(changes)
    dataset = gtan.data.load_dataset(settings.data)
    durations = [recording.duration for recording in dataset.recordings.values()]
    videos = pd.DataFrame({"video": list(dataset.recordings), "duration": durations})
    laid = _clips(dataset.truth, videos, settings)
    for name, recording in dataset.recordings.items():
        assert laid[name] == (recording.grid, recording.clips)
    one, other = reach(Annotations(dataset.truth, videos), settings), reach(dataset, settings)
    for kind in KINDS:
        np.testing.assert_array_equal(one.tiou[kind], other.tiou[kind])


def test_a_data_set_knows_its_clips() -> None:
    """A file may hold fewer clips than its duration says; then the file counts."""
    rows = actions((0, 7), duration=12)
    short: Any = SimpleNamespace(grid=ClipGrid(1.0, 1.0), clips=7, duration=12.0)
    dataset = Dataset("made", ("run",), {"v": short}, rows.instances, {"train": ("v",)}, 3)
    # Of 12 clips the window's third cell is there, with its kernel; of 7 it is padding.
    narrow = SMALL.override({"data.min_visible": 0.0})
    late = dataclasses.replace(dataset, truth=rows.instances.assign(start=8.0, end=12.0))
    assert reach(late.evaluation_truth("train"), narrow).tiou["fixed"][0, 0] == 1
    assert reach(late, narrow).tiou["fixed"][0, 0] == 0


def test_resized_recordings_need_no_rate() -> None:
    resized = SMALL.override({"data.view": "resized", "data.fps": None})
    found = reach(actions((400, 800), duration=3200), resized)
    assert found.tiou["fixed"][0, 0] == 1
    assert found.instances["fraction"].tolist() == [0.125]


def test_short_recording_by_hand() -> None:
    # Two cells lie within the recording, centred at 2 and 6; SSAD's widest reaches to 6.
    found = reach(actions((0, 7), duration=7), SMALL)
    assert found.tiou["ssad"][0, 0] == pytest.approx(6 / 9)


def test_longer_than_every_window_is_out_of_reach() -> None:
    found = reach(actions((0, 100), duration=120), SMALL)
    assert found.share().tolist() == [0, 0, 0, 0]


def test_second_window_sees_what_the_first_cuts() -> None:
    # 30 to 34 lies across the end of the first window; the second one begins at 16.
    one = reach(actions((28, 36), duration=48), SMALL)
    assert one.tiou["learned"][0].max() > 0.8


def test_tables_and_text() -> None:
    found = reach(actions((4, 8), (10, 14), (18, 26), duration=32), SMALL)
    assert found.by_layer().shape == (2, 4)
    assert found.by_length([0, 5, 10])["count"].tolist() == [2, 1]
    assert found.by_length([0, 5])["fixed"].tolist() == [0.5]
    assert found.by_length()["count"].sum() == 3
    assert "3 actions" in found.summary()
    with pytest.raises(ValueError, match="ascending"):
        found.by_length([3, 1])


def test_a_notebook_shows_the_shares() -> None:
    found = reach(actions((4, 8), (10, 14), (18, 26), duration=32), SMALL)
    assert repr(found).startswith("Reach(3 actions, tIoU > 0.8, fixed 0.333, ssad 1.000")
    assert "\n" not in repr(found)
    shown = found._repr_html_()
    assert "of 3 actions, tIoU &gt; 0.8" in shown and ">0.333<" in shown


def test_bad_input() -> None:
    with pytest.raises(ValueError, match="no action"):
        reach(actions(), SMALL)
    with pytest.raises(ValueError, match=r"set data\.fps"):
        reach(actions((0, 1)), SMALL.override({"data.fps": None}))


def test_frames_a_second_of_the_annotations() -> None:
    rows = actions((4, 8), duration=32)
    known = Annotations(rows.instances, rows.videos.assign(fps=10.0))
    found = reach(known, SMALL.override({"data.fps": None}))
    assert found.tiou["fixed"][0, 0] == 1


def test_the_package_keeps_the_function() -> None:
    import gtan.experiments.reach

    assert callable(gtan.reach) and set(KINDS) == set(
        gtan.reach(actions((0.0, 3.0)), SMALL).share().index
    )


# Brute force.


@given(st.floats(0, 6), st.floats(0.1, 9), st.floats(0.1, 4), st.floats(0.1, 8))
def test_best_width(offset: float, width: float, low: float, more: float) -> None:
    widths = np.linspace(low, low + more, 400)
    slow = interval_iou(offset - width / 2, offset + width / 2, -widths / 2, widths / 2)
    fast = best_tiou(np.array([offset]), np.array([width]), low, low + more)[0]
    assert fast >= slow.max() - 1e-9
    assert fast <= slow.max() + 0.05


@pytest.mark.parametrize("merge", ["paper", "union"])
def test_no_group_leaves_the_bounds(merge: str) -> None:
    """Every group that Algorithm 1 forms of random widths is one that was foreseen."""
    rng = np.random.default_rng(0)
    low, high, epsilon = 0.5, 9.0, 0.5
    chains: dict[int, list[tuple[float, float, float]]] = {}
    for members, *rest in mixed_kernels(low, high, epsilon, merge, 12):
        chains.setdefault(members, []).append(tuple(rest))  # type: ignore[arg-type]
    seen = 0
    for trial in range(300):
        start = rng.uniform(low, high)
        widths = (start + rng.normal(0, 1 + trial % 4, 12)).clip(low, high)
        centers = (np.arange(12) + 0.5) / 12
        groups = group_kernels(
            torch.tensor(centers),
            torch.tensor(widths / 12),
            epsilon,
            merge,  # type: ignore[arg-type]
        )
        for center, width, members in zip(groups.centers, groups.widths, groups.members):
            cells = members.nonzero()[:, 0]
            if len(cells) < 2:
                continue
            seen += 1
            middle = float(center) * 12 - 0.5 - float(cells[0])
            if merge == "paper":
                ((at, least, most),) = chains[len(cells)]
                assert middle == pytest.approx(at, abs=1e-6)
            else:
                last = len(cells) - 1
                assert -1e-9 <= middle <= last + 1e-9
                least, most = 2 / (1 - epsilon), high + 2 * min(middle, last - middle)
            assert least - 1e-6 <= float(width) * 12 <= most + 1e-6
    assert seen > 100


@pytest.mark.parametrize("epsilon", [0.3, 0.5, 0.7])
def test_every_longest_union_is_reached(epsilon: float) -> None:
    """Kernels as wide as can be, but for the first or the last: Algorithm 1 forms that group."""
    high, seen = 6.0, 0
    for members, center, _, most in mixed_kernels(0.5, high, epsilon, "union", 12):
        off = 2 * abs(center - (members - 1) / 2)
        widths = np.full(members, high)
        widths[-1 if center < (members - 1) / 2 else 0] -= 2 * off
        places = (torch.arange(members).double() + 0.5) / members
        groups = group_kernels(places, torch.tensor(widths) / members, epsilon, "union")
        assert groups.members[0].all()
        assert float(groups.widths[0]) * members == pytest.approx(most, abs=1e-5)
        assert float(groups.centers[0]) * members - 0.5 == pytest.approx(center, abs=1e-5)
        seen = max(seen, members)
    # As long as m kernels span more than m / (1 - epsilon) cells: 6 + m - 1.
    assert seen == {0.3: 11, 0.5: 4, 0.7: 2}[epsilon]


@pytest.mark.parametrize("members", [2, 3])
def test_bounds_are_reached(members: int) -> None:
    low, high, epsilon = 0.5, 8.0, 0.5
    _, _, least, most = list(mixed_kernels(low, high, epsilon, "paper", members))[-1]
    found = [w for _, w in chains_of(members, np.linspace(low, high, 46), epsilon, "paper")]
    assert min(found) == pytest.approx(least, abs=0.35)
    assert max(found) == pytest.approx(most, abs=0.05)


def chains_of(members: int, widths: Any, epsilon: float, merge: str) -> list[tuple[float, float]]:
    """Centre and width of every mixed kernel of neighbours with these widths."""
    result = []
    for chosen in product(widths, repeat=members):
        center, width = 0.0, chosen[0]
        for cell in range(1, members):
            start = min(center - width / 2, cell - chosen[cell] / 2)
            end = max(center + width / 2, cell + chosen[cell] / 2)
            both = min(center + width / 2, cell + chosen[cell] / 2) - max(
                center - width / 2, cell - chosen[cell] / 2
            )
            if both / (end - start) <= epsilon:
                break
            center = (center + cell) / 2 if merge == "paper" else (start + end) / 2
            width = end - start
        else:
            result.append((center, width))
    return result


@settings(max_examples=8)
@given(
    st.floats(0, 26), st.floats(0.5, 30), st.sampled_from(["paper", "union"]),
    st.sampled_from(["paper", "receptive_field"]),
)  # fmt: skip
def test_against_every_kernel(start: float, length: float, merge: str, alignment: str) -> None:
    end = min(start + length, 32.0)
    made = SMALL.override({"kernels.merge": merge, "kernels.alignment": alignment})
    found = reach(actions((start, end), duration=32), made)
    for layer, cells in enumerate(found.cells):
        first, last = start / 32 * cells, end / 32 * cells
        shift = 0.5 - 0.5 ** (layer + 3) if alignment == "receptive_field" else 0.0
        centers = np.arange(cells) + 0.5 - shift
        ratios = np.array(made.kernels.scale_ratios)
        widths = np.linspace(0.5, 10, 60)

        def best(center: Any, width: Any, first: float = first, last: float = last) -> float:
            tiou = interval_iou(center - width / 2, center + width / 2, first, last)
            return float(np.max(tiou, initial=0.0))

        grid = centers[:, None, None]
        assert found.tiou["fixed"][0, layer] == pytest.approx(best(grid, ratios))
        ssad = np.array(made.override({"kernels.scale": "ssad"}).ratios(layer))
        assert found.tiou["ssad"][0, layer] == pytest.approx(best(grid, ssad))
        slow = best(grid, widths[:, None] * ratios)
        assert slow - 1e-9 <= found.tiou["learned"][0, layer] <= slow + 0.05

        for members, step in ((2, 2), (3, 5)):
            mixed = np.array(chains_of(members, widths[::step], 0.5, merge))
            places = np.arange(cells - members + 1)[:, None, None] + centers[0]
            slow = max(slow, best(places + mixed[:, :1], mixed[:, 1:] * ratios))
        slack = 0.02 if merge == "union" else 1e-9  # a pair's centre moves in steps
        assert found.tiou["grouped"][0, layer] >= slow - slack
        assert found.tiou["grouped"][0, layer] >= found.tiou["learned"][0, layer]


@pytest.mark.parametrize(
    ("dataset", "expected"),
    [("thumos14", (0.420, 0.644, 0.824, 0.824)), ("activitynet", (0.490, 0.771, 0.977, 0.977))],
)
def test_annotations_that_ship(dataset: str, expected: tuple[float, ...]) -> None:
    """The figures of docs/diagnosis.md."""
    found = reach(read_truth(annotation_file(dataset)), Settings.preset(f"paper-{dataset}"))
    np.testing.assert_allclose(found.share(), expected, atol=0.0006)


def test_real_annotations_in_order() -> None:
    """SSAD's ratios hold the fixed ones nearly, learned widths hold both, groups add to them."""
    published_data("sbhar")
    dataset = gtan.data.load_dataset(Settings.preset("sbhar").data)
    durations = [(name, each.duration) for name, each in dataset.recordings.items()]
    truth = Annotations(dataset.truth, pd.DataFrame(durations, columns=["video", "duration"]))
    found = reach(truth, Settings.preset("sbhar").override({"loss.foreground": 0.8}))
    share = found.share()
    assert share["fixed"] < share["ssad"] < share["learned"] <= share["grouped"]
    assert share["fixed"] == pytest.approx(0.102, abs=0.005)  # three layers leave most out
    assert (found.tiou["learned"] >= found.tiou["fixed"] - 1e-12).all()
    assert (found.tiou["grouped"] >= found.tiou["learned"]).all()
