"""The Explanation: what is in it is what the network and the detector said."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from safetensors.numpy import load_file

import gtan
from gtan.data import load_dataset
from gtan.data.dataset import Dataset
from gtan.data.windows import tile
from gtan.detection import decode
from gtan.explaining import explain_recording
from gtan.files import read_document, write_arrays
from gtan.inference import detect_dataset
from gtan.network import GTAN
from gtan.runs.explanation import Explanation
from gtan.settings import DataSettings, Settings
from tests.gtan.runs.made_run import VERSION_1

SETTINGS = Settings.preset("sbhar").override(
    {
        "data.window": 256,
        "network.base_channels": (16, 16),
        "network.anchor_channels": (16,) * 5,
        "kernels.initial_width": 3.0,
        "kernels.sigma_ceiling": 8.0,
        "kernels.epsilon": 0.45,
        "detection.min_score": 1e-4,
    }
)
NAME = "exp09_user05"


@pytest.fixture(scope="module")
def dataset() -> Dataset:
    return load_dataset(DataSettings(train_on="train"))


@pytest.fixture(scope="module")
def model() -> GTAN:
    import torch

    torch.manual_seed(0)
    model = GTAN(SETTINGS)
    for anchor in model.anchors:
        torch.nn.init.normal_(anchor.sigma.weight, std=0.2)  # type: ignore[union-attr]
    return model.eval()


@pytest.fixture(scope="module")
def explanation(model: GTAN, dataset: Dataset) -> Explanation:
    return explain_recording(model, dataset, NAME, SETTINGS, 7)


def test_detections_are_the_detectors(
    explanation: Explanation, model: GTAN, dataset: Dataset
) -> None:
    expected = detect_dataset(model, dataset, [NAME], SETTINGS)
    found = explanation.detections()
    assert found["label"].tolist() == expected["label"].tolist()
    for column in ("start", "end", "score"):
        np.testing.assert_allclose(found[column], expected[column], rtol=1e-4, atol=1e-3)
    assert (found["score"] <= found["ranking"] + 1e-7).all()


def test_every_detection_leads_back_to_its_kernel(explanation: Explanation) -> None:
    arrays, settings = explanation.arrays, SETTINGS.detection
    for row in explanation.detections().head(60).to_dict("records"):
        layer, kernel, ratio = int(row["layer"]), int(row["row"]), int(row["ratio"])
        prefix = f"layer{layer}."
        offsets = arrays[prefix + "kernel_offsets"]
        assert offsets[int(row["window"])] <= kernel < offsets[int(row["window"]) + 1]
        assert arrays[prefix + "exists"][kernel]
        width = arrays[prefix + "widths"][kernel] * SETTINGS.ratios(layer - 1)[ratio]
        center, width = decode(
            arrays[prefix + "centers"][kernel], width,
            arrays[prefix + "offsets"][kernel, ratio], settings,
        )  # fmt: skip
        ends = explanation.seconds(int(row["window"]), np.array([-0.5, 0.5]) * width + center)
        ends = ends.clip(0, explanation.header["duration"])
        assert (row["start"], row["end"]) == pytest.approx(ends.tolist(), abs=1e-2)


def test_the_table_of_proposals(explanation: Explanation) -> None:
    table = explanation.proposals()
    assert set(table["layer"]) == {1, 2, 3, 4, 5} and table["owned"].any()
    assert not table["owned"].all() and table["mixed"].any()
    np.testing.assert_allclose(table["ranking"], table["class_score"] * table["overlap"])
    for layer in range(1, 6):
        mine = explanation.proposals(layer)
        pd.testing.assert_frame_equal(
            mine, table[table["layer"] == layer].reset_index(drop=True), check_dtype=False
        )
        kernels = explanation.kernels(layer)
        ratios = explanation.header["layers"][layer - 1]["ratios"]
        assert len(mine) == len(kernels) * len(ratios)
        inside = mine["default_start"].gt(0) & mine["default_end"].lt(
            explanation.header["duration"]
        )
        joined = mine.merge(kernels, on=["window", "row", "mixed"])
        assert len(joined) == len(mine)
        width = joined["width"] * np.array(ratios)[joined["ratio"]]
        np.testing.assert_allclose(
            (joined["default_end"] - joined["default_start"])[inside], width[inside], rtol=1e-4
        )
    for missing in (0, 6):
        with pytest.raises(IndexError, match="not one of the 5"):
            explanation.proposals(missing)


def test_detections_are_proposals_that_their_windows_own(explanation: Explanation) -> None:
    found = explanation.detections()
    keys = ["window", "layer", "row", "ratio"]
    sources = found[keys].merge(explanation.proposals(), on=keys, how="left", validate="m:1")
    assert sources["owned"].eq(True).all()
    # Class scores are stored in half precision.
    np.testing.assert_allclose(sources["start"], found["start"], atol=1e-4)
    np.testing.assert_allclose(sources["end"], found["end"], atol=1e-4)
    best = found["label"] == sources["label"]
    assert (found["ranking"] <= sources["ranking"] * 1.01).all()
    np.testing.assert_allclose(found["ranking"][best], sources["ranking"][best], rtol=1e-2)


def test_kernels_and_members(explanation: Explanation) -> None:
    mixed = 0
    for layer in range(1, 6):
        arrays = {
            name.split(".")[1]: value
            for name, value in explanation.arrays.items()
            if name.startswith(f"layer{layer}.")
        }
        cells = explanation.header["layers"][layer - 1]["cells"]
        windows = len(explanation.arrays["windows.start"])
        per_window = np.diff(arrays["kernel_offsets"])
        assert (per_window >= cells).all() and len(per_window) == windows
        sizes = np.diff(arrays["member_offsets"])
        rank = np.arange(len(sizes)) - np.repeat(arrays["kernel_offsets"][:-1], per_window)
        assert (sizes[rank < cells] == 1).all() and (sizes[rank >= cells] >= 2).all()
        assert arrays["exists"][rank >= cells].all()
        # A group of n members took n - 1 merges.
        assert len(arrays["merges"]) == (sizes[rank >= cells] - 1).sum()
        mixed += int((rank >= cells).sum())
        frame = explanation.kernels(layer)
        np.testing.assert_allclose(frame["sigma"] * 2, frame["width"], rtol=1e-5)
        assert frame["mixed"].sum() == arrays["exists"][rank >= cells].sum()
    assert mixed > 0


def test_assigned_truths_are_the_recordings(explanation: Explanation) -> None:
    truth = explanation.truth()
    starts, _ = tile(1_700, 256)
    assert starts[0] == 0
    for layer in range(1, 6):
        prefix = f"layer{layer}."
        state, iou = explanation.arrays[prefix + "state"], explanation.arrays[prefix + "iou"]
        offsets = explanation.arrays[prefix + "kernel_offsets"]
        for kernel, ratio in np.argwhere(state == 1)[:40]:
            window = int(np.searchsorted(offsets, kernel, "right") - 1)
            width = explanation.arrays[prefix + "widths"][kernel]
            width = width * SETTINGS.ratios(layer - 1)[ratio]
            center = explanation.arrays[prefix + "centers"][kernel]
            left, right = explanation.seconds(
                window, np.array([center - width / 2, center + width / 2])
            )
            lowest, highest = explanation.seconds(window, np.array([0.0, 1.0]))
            (row,) = truths_of(explanation, layer, kernel, ratio)
            a, b = truth[["start", "end"]].iloc[row].clip(lowest, highest)
            shared = max(0.0, min(b, right) - max(a, left))
            union = (b - a) + (right - left) - shared
            assert iou[kernel, ratio] == pytest.approx(shared / union, abs=1e-3)


def truths_of(explanation: Explanation, layer: int, kernel: int, ratio: int) -> list[int]:
    arrays = explanation.arrays
    proposal = kernel * len(explanation.header["layers"][layer - 1]["ratios"]) + ratio
    first, last = arrays[f"layer{layer}.truth_offsets"][proposal : proposal + 2]
    return [int(row) for row in arrays[f"layer{layer}.truths"][first:last]]


def test_every_truth_of_a_proposal_is_there(model: GTAN, dataset: Dataset) -> None:
    """Each action once more under another label: every proposal has two truths (R23)."""
    once = dataset.truth_of([NAME])
    others = once.assign(label="LAYING")
    twice = replace(dataset, truth=pd.concat([once, others], ignore_index=True))
    found = explain_recording(model, twice, NAME, SETTINGS, 7)
    seen = 0
    for layer in range(1, 6):
        iou = found.arrays[f"layer{layer}.iou"]
        for kernel, ratio in np.argwhere(iou > 0)[::17]:
            row, other = truths_of(found, layer, kernel, ratio)
            assert other == row + len(once)
            seen += 1
        for kernel, ratio in np.argwhere(iou == 0)[::17]:
            assert truths_of(found, layer, kernel, ratio) == []
    assert seen > 50


def test_version_1_still_opens() -> None:
    """Written when a proposal had one truth."""
    run = gtan.open_run(VERSION_1 / "run")
    assert run.explanations()
    for path in run.explanations().values():
        arrays, header = load_file(path), read_document(path)
        assert header["version"] == 1
        found = Explanation.load(path)
        for layer, sizes in enumerate(header["layers"], 1):
            prefix, ratios = f"layer{layer}.", len(sizes["ratios"])
            assert prefix + "truth" not in found.arrays
            for kernel, ratio in np.argwhere(arrays[prefix + "iou"] >= 0)[::37]:
                row = int(arrays[prefix + "truth"][kernel, ratio])
                overlaps = arrays[prefix + "iou"][kernel, ratio] > 0
                assert truths_of(found, layer, kernel, ratio) == ([row] if overlaps else [])
            assert (
                len(found.arrays[prefix + "truth_offsets"])
                == len(found.arrays[prefix + "centers"]) * ratios + 1
            )
        found.kernels(1), found.detections(), found.truth()


def test_it_survives_the_disk(explanation: Explanation, tmp_path: Path) -> None:
    explanation.save(tmp_path / "a.safetensors")
    explanation.save(tmp_path / "b.safetensors")
    assert (tmp_path / "a.safetensors").read_bytes() == (tmp_path / "b.safetensors").read_bytes()
    back = Explanation.load(tmp_path / "a.safetensors")
    assert back.header == explanation.header and back.settings == SETTINGS
    for name, array in explanation.arrays.items():
        np.testing.assert_array_equal(back.arrays[name], array)
        assert back.arrays[name].dtype == array.dtype


def test_wrong_files_are_named(explanation: Explanation, tmp_path: Path) -> None:
    path = tmp_path / "x.safetensors"
    path.write_bytes(b"not one")
    with pytest.raises(ValueError, match=r"x\.safetensors is not a whole safetensors file"):
        Explanation.load(path)
    write_arrays(path, {}, {"format": "gtan-trace", "version": 1})
    with pytest.raises(ValueError, match="not an Explanation"):
        Explanation.load(path)
    write_arrays(path, {}, explanation.header | {"version": 99})
    with pytest.raises(ValueError, match=r"version 99.*update gtan"):
        Explanation.load(path)


def test_without_truth_and_without_actions(model: GTAN, dataset: Dataset) -> None:
    bare = replace(dataset, truth=dataset.truth.iloc[:0])
    found = explain_recording(model, bare, NAME, SETTINGS, 0)
    assert found.truth().empty and not found.detections().empty
    assert all((found.arrays[f"layer{j}.state"] <= 0).all() for j in range(1, 6))


def test_unknown_recording(model: GTAN, dataset: Dataset) -> None:
    with pytest.raises(KeyError, match="nobody"):
        explain_recording(model, dataset, "nobody", SETTINGS, 0)


def test_a_hostile_name_stays_inside_the_run(tmp_path: Path) -> None:
    from gtan.runs.run import explanation_path

    path = explanation_path(tmp_path, "../../<img src=x>/é", 3)
    assert path.resolve().is_relative_to(tmp_path.resolve() / "explanations")


def test_a_name_of_any_length_is_kept(tmp_path: Path) -> None:
    from gtan.files import write_arrays
    from gtan.runs.run import EXAMPLE, explanation_path

    names = ["😀" * 300, "😀" * 299, "x%~y", "short"]
    for name in names:
        write_arrays(explanation_path(tmp_path, name, 3), {}, {"recording": name})
    shutil.copy(EXAMPLE / "settings.json", tmp_path)
    assert set(gtan.open_run(tmp_path).explanations()) == {(name, 3) for name in names}


def test_opening_something_else(tmp_path: Any) -> None:
    with pytest.raises(FileNotFoundError, match=r"not a run.*make demo"):
        gtan.open_run(tmp_path)
