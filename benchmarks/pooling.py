"""What learned kernels, grouping and derivatives cost: a training step of the paper's network.

    python benchmarks/pooling.py

The `paper-thumos14` preset whole, 2 windows of 512 clips, one thread, variants in turns; seconds of
processor time. Sigmas are pushed up so that groups form. The share of grouping and pooling is what
a step takes beyond the same network with fixed scales, heads included.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from statistics import median

import torch

from gtan.assignment import Truths
from gtan.settings import Settings
from gtan.training.learner import Learner
from gtan.training.processes import Processes

ROUNDS = 9
VARIANTS = {
    "fixed scale": ("fixed", 0),
    "+ Gaussian pooling": ("gaussian", 0),
    "+ grouping": ("gtan", 0),
    "+ grouping, derivatives 0 to 2": ("gtan", 2),
    "+ grouping, derivatives 0 to 4": ("gtan", 4),
}


def make(baseline: str, derivatives: int) -> Callable[[], None]:
    """A function that makes one step."""
    settings = Settings.preset("paper-thumos14").baseline(baseline)
    settings = settings.override({"kernels.derivatives": derivatives})
    torch.manual_seed(0)
    learner = Learner(settings, Processes("cpu"))
    for anchor in learner.model.layers:
        if anchor.sigma is not None:
            torch.nn.init.normal_(anchor.sigma.weight, std=0.01)
            anchor.sigma.bias.data += 3.0  # type: ignore[union-attr, operator]
    generator = torch.Generator().manual_seed(0)
    features = torch.randn(2, settings.network.feature_dim, 512, generator=generator)
    starts = torch.rand(2, 9, generator=generator) * 0.8
    lengths = torch.rand(2, 9, generator=generator) * 0.19 + 0.01
    every = torch.ones(2, 9, dtype=torch.bool)
    labels = torch.randint(0, settings.network.classes, (2, 9), generator=generator)
    truths = Truths(torch.stack([starts, starts + lengths], -1), labels, every, every)
    number = iter(range(1, 1_000_000))
    return lambda: learner.step(next(number), features, torch.ones(2, 512).bool(), truths)


def main() -> None:
    """Print the table."""
    torch.set_num_threads(1)
    took: dict[str, list[float]] = {name: [] for name in VARIANTS}
    for _ in range(ROUNDS):
        for name, variant in VARIANTS.items():
            step = make(*variant)  # anew in each round: five such networks are 5 GB
            step()
            start = time.process_time()
            step()
            took[name].append(time.process_time() - start)
    fixed = median(took["fixed scale"])
    print(f"{'a step of paper-thumos14, batch 2':<34} {'seconds':>18} {'of fixed':>9} {'share':>7}")
    for name, seconds in took.items():
        middle = median(seconds)
        spread = f"{middle:.2f} ({min(seconds):.2f}-{max(seconds):.2f})"
        print(f"{name:<34} {spread:>18} {middle / fixed:>9.2f} {1 - fixed / middle:>7.1%}")


if __name__ == "__main__":
    main()
