"""What Gaussian kernels, grouping and pooling cost, and soft-NMS.

    OMP_NUM_THREADS=2 python benchmarks/method.py

The training step is the paper preset's on random features, 512 clips x 2048, batch 2, in float32.
Learned widths are wide enough that grouping has work to do.
"""

from __future__ import annotations

import platform
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import numpy as np
import torch

from gtan import network
from gtan.assignment import Truths, assign
from gtan.losses import compute_losses
from gtan.settings import Settings
from gtan.softnms import soft_nms

CLIPS, BATCH = 512, 2


class Step:
    """One training step: forward, assignment, losses, backward, SGD."""

    def __init__(self, settings: Settings) -> None:
        torch.manual_seed(0)
        self.settings = settings
        self.model = network.GTAN(settings)
        for anchor in self.model.anchors:
            if anchor.sigma is not None:  # about 10 cells wide in the long layers: groups form
                torch.nn.init.normal_(anchor.sigma.weight, std=0.05)
                anchor.sigma.bias.data += 3.0
        training = settings.training
        self.optimizer = torch.optim.SGD(
            self.model.parameters(), 1e-6, training.momentum, weight_decay=training.weight_decay
        )
        self.features = torch.randn(BATCH, settings.network.feature_dim, CLIPS)
        edges = torch.tensor([[0.05, 0.1], [0.2, 0.5], [0.6, 0.62], [0.7, 0.95]])
        self.truths = Truths(
            edges.expand(BATCH, -1, -1),
            torch.zeros(BATCH, len(edges), dtype=torch.long),
            torch.ones(BATCH, len(edges), dtype=torch.bool),
            torch.ones(BATCH, len(edges), dtype=torch.bool),
        )
        self.mixed = 0

    def __call__(self) -> None:
        outputs = self.model(self.features)
        self.mixed = sum(int(o.mask[:, o.valid.shape[1] :].sum()) for o in outputs)
        joined = network.proposals(outputs)
        assignment = assign(
            joined.centers, joined.widths, joined.mask, self.truths, self.settings.loss
        )
        draws = torch.rand(joined.mask.shape)
        losses = compute_losses(joined, assignment, self.truths, self.settings, draws)
        self.optimizer.zero_grad()
        losses.total.backward()
        self.optimizer.step()


def interleaved(calls: list[Callable[[], object]], times: int) -> list[float]:
    """Medians of calls made in turn, so that a machine that drifts drifts for all of them."""
    took: list[list[float]] = [[] for _ in calls]
    for number in range(times + 1):
        for call, mine in zip(calls, took, strict=True):
            start = time.perf_counter()
            call()
            if number:  # the first round warms up
                mine.append(time.perf_counter() - start)
    return [float(np.median(mine)) for mine in took]


@contextmanager
def clocked(spent: list[float]) -> Iterator[None]:
    """Add up the forward time of grouping, weights and pooling of all layers."""
    names = ("group_layers", "kernel_weights", "gaussian_pool")
    originals = {name: getattr(network, name) for name in names}

    def timed(function: Callable[..., object]) -> Callable[..., object]:
        def call(*arguments: object) -> object:
            start = time.perf_counter()
            try:
                return function(*arguments)
            finally:
                spent[0] += time.perf_counter() - start

        return call

    try:
        for name, original in originals.items():
            setattr(network, name, timed(original))
        yield
    finally:
        for name, original in originals.items():
            setattr(network, name, original)


def main() -> None:
    """Print the table."""
    paper = Settings.preset("paper-thumos14")
    # Only the two parts differ between these, so that the difference is what they cost.
    step, fixed = Step(paper), Step(paper.baseline("fixed"))
    without = Step(paper.override({"kernels.pooling": "cell", "kernels.grouping": "off"}))
    times = interleaved([step, fixed, without], 7)
    spent = [0.0]
    with clocked(spent):
        step()

    rng = np.random.default_rng(0)
    center, half = rng.uniform(0, 100, 2_000), rng.uniform(1, 10, 2_000)
    segments = np.stack([center - half, center + half], axis=1)
    scores, labels = rng.random(2_000), rng.integers(0, 20, 2_000)
    (nms,) = interleaved([lambda: soft_nms(segments, scores, labels, 0.3, 0.8, 200)], 50)

    print(
        f"Python {platform.python_version()}, torch {torch.__version__}, "
        f"{torch.get_num_threads()} threads, {step.mixed} mixed kernels in the batch"
    )
    rows = [
        ("training step, paper preset", f"{times[0] * 1e3:.0f} ms", ""),
        ("the same, fixed scale", f"{times[1] * 1e3:.0f} ms", ""),
        ("ratio to the fixed scale", f"{times[0] / times[1]:.3f}", "1.25"),
        (
            "grouping and pooling, forward and backward, share of the step",
            f"{(times[0] - times[2]) / times[0]:.1%}",
            "15 %",
        ),
        ("their forward alone", f"{spent[0] * 1e3:.1f} ms", ""),
        ("soft-NMS, 2,000 proposals, 20 classes, top 200", f"{nms * 1e3:.2f} ms", "5 ms"),
    ]
    print(f"{'case':<64} {'measured':>10} {'at most':>8}")
    for case, measured, goal in rows:
        print(f"{case:<64} {measured:>10} {goal:>8}")


if __name__ == "__main__":
    main()
