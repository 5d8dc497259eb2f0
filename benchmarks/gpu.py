"""One table of figures of a GPU beside this machine's CPU: step, memory, detection, half precision.

    python benchmarks/gpu.py            needs CUDA (or mps); the paper's network is measured as well
    python benchmarks/gpu.py --small    the `sbhar` preset alone

Random features, 16 windows of 512 clips; medians of ten steps after three.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable

import numpy as np
import torch

from gtan.assignment import Truths
from gtan.devices import choose_device
from gtan.settings import Settings
from gtan.training.learner import Learner, NonFiniteLossError
from gtan.training.processes import Processes

BATCH, CLIPS, WARM, STEPS = 16, 512, 3, 10


def batch(settings: Settings) -> tuple[torch.Tensor, torch.Tensor, Truths]:
    """Random features and truths."""
    generator = torch.Generator().manual_seed(0)
    features = torch.randn(BATCH, settings.network.feature_dim, CLIPS, generator=generator)
    starts = torch.rand(BATCH, 8, generator=generator) * 0.8
    segments = torch.stack([starts, starts + 0.02 + torch.rand(BATCH, 8) * 0.18], -1)
    every = torch.ones(BATCH, 8, dtype=torch.bool)
    labels = torch.randint(0, settings.network.classes, (BATCH, 8), generator=generator)
    return (
        features,
        torch.ones(BATCH, CLIPS, dtype=torch.bool),
        Truths(segments, labels, every, every),
    )


def median(call: Callable[[], object], device: torch.device) -> float:
    """Milliseconds."""
    took = []
    for number in range(WARM + STEPS):
        wait(device)
        start = time.perf_counter()
        call()
        wait(device)
        if number >= WARM:
            took.append(time.perf_counter() - start)
    return float(np.median(took)) * 1e3


def wait(device: torch.device) -> None:
    """Until the device has done what it was given."""
    if device.type == "cuda":
        torch.cuda.synchronize()
    elif device.type == "mps":
        torch.mps.synchronize()


def measure(preset: str, device: str, precision: str) -> str:
    """A row of the table."""
    settings = Settings.preset(preset).override({"training.mixed_precision": precision})
    torch.manual_seed(0)
    learner = Learner(settings, Processes(device))
    given, place, steps = batch(settings), learner.processes.device, iter(range(1, 1000))
    if place.type == "cuda":
        torch.cuda.reset_peak_memory_stats()
    step = median(lambda: learner.step(next(steps), *given), place)
    memory = torch.cuda.max_memory_allocated() / 2**30 if place.type == "cuda" else float("nan")
    loss = learner.read()[-1]["loss"]
    features, valid, _ = (part.to(place) for part in given)
    with torch.no_grad():
        learner.model.eval()
        forward = median(lambda: learner.model(features, valid), place)
    return (
        f"{preset:<16} {device:<5} {precision:<5} {step:>9.1f} {forward:>9.1f} {memory:>7.2f} "
        f"{loss:>8.3f}"
    )


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--small", action="store_true")
    small = parser.parse_args().small
    device = choose_device().type
    if device == "cpu":
        raise SystemExit("there is no GPU here")
    name = torch.cuda.get_device_name() if device == "cuda" else device
    print(f"{name}, torch {torch.__version__}, {torch.get_num_threads()} threads")
    print(
        f"{'preset':<16} {'on':<5} {'bits':<5} {'step ms':>9} {'fwd ms':>9} {'GiB':>7} {'loss':>8}"
    )
    for preset in ("sbhar",) if small else ("sbhar", "paper-thumos14"):
        for place, precision in (("cpu", "no"), (device, "no"), (device, "bf16"), (device, "fp16")):
            if not (preset != "sbhar" and place == "cpu"):  # the paper's takes minutes there
                try:
                    row = measure(preset, place, precision)
                except NonFiniteLossError as error:  # half precision without normalisation may
                    row = f"{preset:<16} {place:<5} {precision:<5} {error}"
                print(row, flush=True)


if __name__ == "__main__":
    main()
