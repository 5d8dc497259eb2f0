"""Train the tiny GTAN that lesson 9 runs in the browser, and write its weights.

    python scripts/make_own_lesson.py

It sees one number four times a second, 32 s at a time, and finds three shapes: a hill, a climb
(slowly up, at once down) and a fall (the climb turned round). Made-up signals from a seed, one
thread: 40 s, and the same file every time on the same machine.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray
from torch import Tensor

from gtan.assignment import Truths, assign
from gtan.detection import Predictions, detect_recording
from gtan.grid import ClipGrid
from gtan.losses import compute_losses
from gtan.network import GTAN, proposals
from gtan.settings import Settings

FILE = Path(__file__).parents[1] / "gtan_viz" / "lessons" / "own.json"
CLASSES = ("hill", "climb", "fall")
SAMPLES, STEP = 128, 0.25  # of a window; seconds
ITERATIONS, BATCH = 1600, 32
SETTINGS = Settings.preset("features").override(
    {
        "network.feature_dim": 1,
        "network.classes": len(CLASSES),
        "network.base_channels": (12, 12),
        "network.anchor_channels": (16, 16, 16),
        "network.normalisation": "layer",
        "network.dropout": 0.0,
        "kernels.scale_ratios": (1.0,),  # one boundary a kernel: one thing at a time
        "kernels.grouping": "off",
        "kernels.derivatives": 3,
        "kernels.sigma_ceiling": 1.5,
        "kernels.initial_width": 1.8,
        # Nearly all proposals are counted: there is little else to learn from in such signals.
        "loss.foreground": 0.65,
        "loss.background": 0.6,
        "loss.background_ratio": 4.0,
        "loss.overlap_on": "all",
    }
)


def shape(label: int, count: int) -> NDArray[np.float64]:
    """A hill, a climb or a fall over `count` samples, 0 to 1. Twin of `shape` in own_signal.js."""
    at = (np.arange(count) + 0.5) / count
    hill: NDArray[np.float64] = (1 - np.cos(2 * np.pi * at)) / 2
    return (hill, at, 1 - at)[label]


def signals(rng: np.random.Generator, count: int) -> tuple[Tensor, Truths]:
    """Made-up signals [B, 1, T] with what happens in them: none to three shapes, steps, noise."""
    x = np.zeros((count, 1, SAMPLES), np.float32)
    segments, labels = np.zeros((count, 3, 2)), np.zeros((count, 3), int)
    mask = np.zeros((count, 3), bool)
    for b in range(count):
        base = rng.uniform(0, 0.15)
        line = np.full(SAMPLES, base)
        if rng.random() < 0.1:  # a step, which is nothing: it must not be taken for an end
            line[int(rng.integers(SAMPLES)) :] += rng.uniform(0.1, 0.6)
        free = 0
        for g in range(int(rng.integers(4))):
            length = int(np.exp(rng.uniform(np.log(8), np.log(48))))
            start = free + int(rng.integers(4, 40))
            if start + length > SAMPLES - 3:
                break
            label = int(rng.integers(3))
            line[start : start + length] += rng.uniform(0.5, 0.85) * shape(label, length)
            segments[b, g] = start / SAMPLES, (start + length) / SAMPLES
            labels[b, g], mask[b, g] = label, True
            free = start + length
        wobble = np.convolve(rng.normal(size=SAMPLES), np.ones(3) / 3, "same")
        x[b, 0] = line + rng.uniform(0, 0.03) * wobble
    return torch.from_numpy(x), Truths(
        torch.from_numpy(segments).float(),
        torch.from_numpy(labels),
        torch.from_numpy(mask),
        torch.from_numpy(mask.copy()),
    )


def train() -> GTAN:
    """The network, after `ITERATIONS` steps of the paper's losses (Eq. 6)."""
    torch.set_num_threads(1)
    torch.manual_seed(0)
    rng = np.random.default_rng(0)
    model = GTAN(SETTINGS)
    optimizer = torch.optim.AdamW(model.parameters(), 8e-3, weight_decay=1e-3)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, ITERATIONS)
    for step in range(ITERATIONS):
        x, truths = signals(rng, BATCH)
        found = proposals(model(x))
        assignment = assign(found.centers, found.widths, found.mask, truths, SETTINGS.loss)
        draws = torch.rand(found.mask.shape)
        losses = compute_losses(found, assignment, truths, SETTINGS, draws)
        optimizer.zero_grad()
        losses.total.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 5.0)
        optimizer.step()
        schedule.step()
        if step % 250 == 0 or step == ITERATIONS - 1:
            parts = (losses.classification, losses.localization, losses.overlap)
            print(step, *(f"{value.item():.3f}" for value in parts))
    return model


def written(model: GTAN) -> dict[str, Any]:
    """What the browser needs: weights to five digits, and the settings that it computes by."""

    def array(values: Tensor) -> dict[str, Any]:
        flat = [float(f"{value:.5g}") for value in values.detach().flatten().tolist()]
        return {"shape": list(values.shape), "values": flat}

    detection = SETTINGS.detection
    names = ("alpha1", "alpha2", "labels", "min_score", "candidates", "xi", "rho", "top_k")
    return {
        "classes": list(CLASSES),
        "samples": SAMPLES,
        "step": STEP,
        "sigma": {name: getattr(SETTINGS.kernels, name)
                  for name in ("sigma_floor", "sigma_ceiling", "initial_width")},
        "derivatives": SETTINGS.kernels.derivatives,
        "ratios": list(SETTINGS.kernels.scale_ratios),
        "detection": {name: getattr(detection, name) for name in names},
        "weights": {name: array(values) for name, values in model.state_dict().items()},
    }  # fmt: skip


def load(text: str) -> GTAN:
    """The network of a file that `main` wrote."""
    model = GTAN(SETTINGS)
    model.load_state_dict(
        {
            name: torch.tensor(one["values"]).reshape(one["shape"])
            for name, one in json.loads(text)["weights"].items()
        }
    )
    return model.eval()


def shaped(label: int, seconds: float) -> NDArray[np.float64]:
    """A shape in the middle of a flat signal: [T]. Twin of `shaped` in own_signal.js."""
    line = np.full(SAMPLES, 0.08)
    count = round(seconds / STEP)
    first = round((SAMPLES - count) / 2)
    line[first : first + count] += 0.7 * shape(label, count)
    return line


def detections(model: GTAN, signal: NDArray[Any]) -> pd.DataFrame:
    """What the network finds in a signal [T], by gtan's own functions: the best first.

    Beside the columns of `detect_recording`: `sigma`, in seconds.
    """
    with torch.no_grad():
        found = proposals(model(torch.from_numpy(signal).float()[None, None]))
    names = ("centers", "widths", "mask", "logits", "offsets", "overlap")
    arrays = Predictions(*(getattr(found, name).numpy() for name in names))
    grid = ClipGrid(stride=STEP, length=STEP, offset=0.0)
    whole = np.array([[0, SAMPLES]])
    table = detect_recording(
        arrays, whole[:, 0], whole, SAMPLES, grid, SAMPLES * STEP, SETTINGS.detection
    )
    return table.assign(sigma=arrays.widths[0, table["proposal"]] / 2 * SAMPLES * STEP)


def main() -> None:
    """Train and write."""
    FILE.write_text(json.dumps(written(train()), separators=(",", ":")) + "\n", encoding="utf-8")
    print(f"{FILE}: {FILE.stat().st_size / 1000:.0f} KB")


if __name__ == "__main__":
    main()
