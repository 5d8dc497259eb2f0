"""A training step here against the same step at another commit, in turns on one thread.

    python benchmarks/step.py                     ATen calls, host reads and milliseconds here
    python benchmarks/step.py --against d41e4ba   and beside them that commit's

Random features, 8 windows of 512 clips, after three steps; the `sbhar` preset whole, the paper's
with few channels (what is counted does not depend on them). Sigmas are pushed up so that groups
form.
"""

from __future__ import annotations

import argparse
import inspect
import json
import os
import subprocess
import sys
import tempfile
import time
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
ROUNDS, STEPS = 7, 8
FEW = {"network.feature_dim": 64, "network.base_channels": (32, 32),
       "network.anchor_channels": (32,) * 8}  # fmt: skip


def moved(name: str) -> Any:
    """A module of gtan.training, which lay in gtan itself before December 2026."""
    before = f"gtan.{name}"
    return import_module(before if find_spec(before) else f"gtan.training.{name}")


def make(preset: str) -> Any:
    """A function that makes one step, of this commit's Learner or an earlier one's."""
    import torch

    from gtan.assignment import Truths
    from gtan.settings import Settings

    Learner = moved("learner").Learner
    where: Any
    if "processes" in inspect.signature(Learner).parameters:
        where = moved("processes").Processes("cpu")
    else:  # before December 2026
        from accelerate import Accelerator

        where = Accelerator(cpu=True)
    settings = Settings.preset(preset)
    settings = settings if preset == "sbhar" else settings.override(FEW)
    torch.manual_seed(0)
    torch.set_num_threads(1)
    learner = Learner(settings, where)
    for anchor in learner.model.anchors:
        torch.nn.init.normal_(anchor.sigma.weight, std=0.05)
        anchor.sigma.bias.data += 3.0
    generator = torch.Generator().manual_seed(0)
    clips, dimensions = settings.data.window, settings.network.feature_dim
    features = torch.randn(8, dimensions, clips, generator=generator)
    starts = torch.rand(8, 9, generator=generator) * 0.8
    lengths = torch.rand(8, 9, generator=generator) * 0.19 + 0.01
    every = torch.ones(8, 9, dtype=torch.bool)
    labels = torch.randint(0, settings.network.classes, (8, 9), generator=generator)
    truths = Truths(torch.stack([starts, starts + lengths], -1), labels, every, every)
    valid = torch.ones(8, clips, dtype=torch.bool)
    number = iter(range(1, 1_000_000))
    return lambda: learner.step(next(number), features, valid, truths)


def counted(step: Any) -> dict[str, int]:
    """ATen calls and scalars read from tensors in one step."""
    from torch.utils._python_dispatch import TorchDispatchMode

    class Count(TorchDispatchMode):
        calls = scalars = 0

        def __torch_dispatch__(self, function, types, args=(), kwargs=None):  # type: ignore
            Count.calls += 1
            Count.scalars += "_local_scalar_dense" in str(function)
            return function(*args, **(kwargs or {}))

    with Count():
        step()
    return {"ATen calls": Count.calls, "scalar reads": Count.scalars}


def measure(preset: str) -> dict[str, float]:
    """Of the gtan that is imported."""
    step = make(preset)
    for _ in range(3):
        step()
    found: dict[str, float] = dict(counted(step))
    took = []
    for _ in range(STEPS):
        start = time.perf_counter()
        step()
        took.append(time.perf_counter() - start)
    return found | {"ms": sorted(took)[len(took) // 2] * 1e3}


def child(folder: Path, preset: str) -> dict[str, float]:
    """`measure` in a process of its own, with the gtan of a folder."""
    environment = {**os.environ, "PYTHONPATH": str(folder), "OMP_NUM_THREADS": "1"}
    done = subprocess.run(
        [sys.executable, __file__, "--child", preset],
        cwd=folder, env=environment, stdout=subprocess.PIPE, text=True, check=True,
    )  # fmt: skip
    return dict(json.loads(done.stdout.splitlines()[-1]))


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--against", metavar="COMMIT")
    parser.add_argument("--child", metavar="PRESET", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.child:
        print(json.dumps(measure(given.child)))
        return
    with tempfile.TemporaryDirectory() as scratch:
        folders = {"here": ROOT}
        if given.against:
            folders[given.against] = Path(scratch) / "other"
            archive = subprocess.run(
                ["git", "archive", given.against, "gtan"], cwd=ROOT, capture_output=True, check=True
            ).stdout
            folders[given.against].mkdir()
            subprocess.run(["tar", "-x"], cwd=folders[given.against], input=archive, check=True)
        print(f"{'preset':<16} {'commit':<10} {'ATen calls':>10} {'scalar reads':>12} {'ms':>16}")
        for preset in ("sbhar", "paper-thumos14"):
            found: dict[str, list[dict[str, float]]] = {name: [] for name in folders}
            for _ in range(ROUNDS):
                for name, folder in folders.items():
                    found[name].append(child(folder, preset))
            medians = {}
            for name, rounds in found.items():
                took = sorted(one["ms"] for one in rounds)
                medians[name] = took[len(took) // 2]
                shown = f"{medians[name]:.1f} ({took[0]:.1f}-{took[-1]:.1f})"
                calls, reads = (int(rounds[0][key]) for key in ("ATen calls", "scalar reads"))
                print(f"{preset:<16} {name[:10]:<10} {calls:>10} {reads:>12} {shown:>16}")
            if given.against:
                print(f"{'':<16} {medians[given.against] / medians['here']:.2f} times as fast here")


if __name__ == "__main__":
    main()
