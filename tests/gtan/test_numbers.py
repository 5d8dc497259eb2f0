"""The same numbers, for every preset: whatever stands beside a window, and however it is computed.

Networks are small and have random weights, large enough that sigmas differ from cell to cell and
kernels merge where the preset lets them. Bounds are relative to the largest number of a kind.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor

from gtan.network import GTAN
from gtan.settings import PRESETS, Settings
from tests.gtan.networks import unlike

WINDOWS, CLIPS, WIDTH = 5, 256, 12
# What docs/promises.md says.
SAME = 1e-5  # float32, added up in another order
EXACT = 1e-5  # float32 beside float64
HALF = {"bf16": 0.05, "fp16": 0.01}
Said = dict[str, NDArray[np.float64]]


@cache
def network(preset: str) -> GTAN:
    layers = len(Settings.preset(preset).network.anchor_channels)
    settings = Settings.preset(preset).override(
        {"network.feature_dim": WIDTH, "network.classes": 4, "data.window": CLIPS,
         "network.base_channels": (16, 16), "network.anchor_channels": (16,) * layers}
    )  # fmt: skip
    return unlike(settings, std=0.3)


@cache
def windows() -> tuple[Tensor, Tensor]:
    """Features [W, D, T], the last window half padding, and valid [W, T]."""
    generator = torch.Generator().manual_seed(1)
    valid = torch.ones(WINDOWS, CLIPS, dtype=torch.bool)
    valid[-1, CLIPS // 2 :] = False
    return torch.randn(WINDOWS, WIDTH, CLIPS, generator=generator), valid


@torch.no_grad()
def said(model: GTAN, features: Tensor, valid: Tensor, mixed: bool = True) -> list[Said]:
    """What the network says of each window: its kernels that exist, in their order.

    Args:
        mixed: mixed kernels too; which there are is a decision, and rounding may tip it.
    """
    outputs = model(features, valid)
    found: list[Said] = []
    for window in range(len(features)):
        one: Said = {}
        for layer, output in enumerate(outputs):
            there = output.mask[window].clone()
            learned = output.valid.shape[1]
            if not mixed:
                there[:learned], there[learned:] = output.valid[window], False
            for name in ("centers", "sigmas", "widths", "logits", "offsets", "overlap"):
                values = getattr(output, name)[window][there]
                one[f"{layer}.{name}"] = values.double().numpy()
        found.append(one)
    return found


def near(one: list[Said], other: list[Said], bound: float) -> None:
    """Every kind of number within the bound, of the largest of its kind."""
    for ours, theirs in zip(one, other, strict=True):
        for name, values in ours.items():
            assert values.shape == theirs[name].shape, name
            if values.size:
                most = max(float(np.abs(values).max()), 1e-6)
                far = float(np.abs(values - theirs[name]).max()) / most
                assert far <= bound, f"{name}: {far:.2g}"


@contextmanager
def threads(count: int) -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(count)
    try:
        yield
    finally:
        torch.set_num_threads(before)


@pytest.mark.parametrize("preset", PRESETS)
def test_a_window_alone_or_among_others(preset: str) -> None:
    model, (features, valid) = network(preset), windows()
    together = said(model, features, valid)
    for size in (1, 2):
        parts = [
            one
            for first in range(0, WINDOWS, size)
            for one in said(model, features[first : first + size], valid[first : first + size])
        ]
        near(together, parts, SAME)


@pytest.mark.parametrize("preset", PRESETS)
def test_windows_in_any_order(preset: str) -> None:
    model, (features, valid) = network(preset), windows()
    order = [3, 0, 4, 2, 1]
    shuffled = said(model, features[order], valid[order])
    near(said(model, features, valid), [shuffled[order.index(n)] for n in range(WINDOWS)], SAME)


@pytest.mark.parametrize("preset", PRESETS)
def test_any_number_of_threads(preset: str) -> None:
    model, (features, valid) = network(preset), windows()
    with threads(1):
        alone = said(model, features, valid)
    for count in (2, 3):
        with threads(count):
            near(alone, said(model, features, valid), SAME)


def test_another_process_has_the_same_bits(tmp_path: Path) -> None:
    """With the same number of threads; all presets in one process, which takes a while to start."""
    script = (
        f"import sys; sys.path.append({str(Path(__file__).parents[2])!r})\n"
        "import numpy, torch; from tests.gtan.test_numbers import *\n"
        "torch.set_num_threads(1)\n"
        "for preset in PRESETS:\n"
        "    found = said(network(preset), *windows())\n"
        "    numpy.savez(sys.argv[1] + preset, **{f'{n}.{k}': v for n, one in enumerate(found)"
        " for k, v in one.items()})\n"
    )
    command = [sys.executable, "-c", script, f"{tmp_path}/"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    with threads(1):
        for preset in PRESETS:
            there = np.load(tmp_path / f"{preset}.npz")
            for number, one in enumerate(said(network(preset), *windows())):
                for name, values in one.items():
                    np.testing.assert_array_equal(values, there[f"{number}.{name}"])


@pytest.mark.parametrize("preset", PRESETS)
def test_single_precision_is_near_double(preset: str) -> None:
    model, (features, valid) = network(preset), windows()
    double = GTAN(model.settings).double().eval()
    double.load_state_dict(model.state_dict())
    one = said(model, features, valid, mixed=False)
    near(said(double, features.double(), valid, mixed=False), one, EXACT)


@pytest.mark.parametrize("preset", PRESETS)
@pytest.mark.parametrize("half", HALF)
def test_half_precision_is_near_single(preset: str, half: str) -> None:
    model, (features, valid) = network(preset), windows()
    dtype = {"bf16": torch.bfloat16, "fp16": torch.float16}[half]
    with torch.autocast("cpu", dtype):
        halved = said(model, features, valid, mixed=False)
    near(said(model, features, valid, mixed=False), halved, HALF[half])


def test_kernels_merge_where_the_preset_lets_them() -> None:
    """Else the tests above would say nothing of mixed kernels."""
    merging = []
    for preset in PRESETS:
        with torch.no_grad():
            outputs = network(preset)(*windows())
        merging += [preset for output in outputs if output.mixed and output.mixed.mask.any()][:1]
    assert {"sbhar", "world", "features"} <= set(merging)
