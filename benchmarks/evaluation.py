"""How long evaluation takes, without start-up and without reading files.

    OMP_NUM_THREADS=1 python benchmarks/evaluation.py

The large case is synthetic: made-up intervals, of the size that the goal in the design names.
"""

from __future__ import annotations

import platform
import time
import tracemalloc
from collections.abc import Callable

import numpy as np
import pandas as pd

from gtan.data.annotations import read_detections, read_truth
from gtan.evaluation import bootstrap, diagnose, evaluate_detections, evaluate_proposals
from gtan.places import data_folder

ORACLE = data_folder() / "oracles/activitynet12_autoloc"


def seconds(call: Callable[[], object], times: int) -> float:
    """The median of some runs."""
    took = []
    for _ in range(times):
        start = time.perf_counter()
        call()
        took.append(time.perf_counter() - start)
    return float(np.median(took))


def peak(call: Callable[[], object]) -> float:
    """Most memory that a call holds beside its input, in MB."""
    tracemalloc.start()
    call()
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return most / 1e6


def made_up(detections: int, videos: int, labels: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """A truth of 1.5 instances per recording, and detections scattered around them."""
    rng = np.random.default_rng(0)
    instances = videos * 3 // 2
    start = rng.uniform(0, 200, instances)
    truth = pd.DataFrame(
        {
            "video": [f"v_{number:06d}" for number in rng.permutation(instances) % videos],
            "label": [f"class_{number:03d}" for number in rng.permutation(instances) % labels],
            "start": start,
            "end": start + rng.uniform(2, 60, instances),
        }
    )
    found = truth.iloc[rng.integers(0, instances, detections)].reset_index(drop=True)
    length = found["end"] - found["start"]
    found["start"] += rng.normal(0, 0.3, detections) * length
    found["end"] = found["start"] + length * rng.uniform(0.5, 1.5, detections)
    wrong = rng.random(detections) < 0.3
    found.loc[wrong, "label"] = [f"class_{n:03d}" for n in rng.integers(0, labels, wrong.sum())]
    found["score"] = rng.random(detections)
    return truth, found


def main() -> None:
    print(f"Python {platform.python_version()}, numpy {np.__version__}, pandas {pd.__version__}")
    print(f"{'case':<66} {'time':>10} {'goal':>8}")

    def row(case: str, took: float, goal: str) -> None:
        print(f"{case:<66} {took * 1e3:>7.1f} ms {goal:>8}")

    truth = read_truth(ORACLE / "ground_truth.json.gz")
    found = read_detections(ORACLE / "detections.json.gz")
    results = evaluate_detections(truth, found)
    case = f"ActivityNet 1.2 oracle, {len(found):,} detections"
    row(f"{case}, 10 tIoU", seconds(lambda: evaluate_detections(truth, found), 9), "300 ms")
    row(f"{case}: proposals", seconds(lambda: evaluate_proposals(truth, found), 9), "")
    row(f"{case}: bootstrap, 1,000 resamples", seconds(lambda: bootstrap(results), 1), "")
    row(f"{case}: diagnosis", seconds(lambda: diagnose(results), 3), "")
    scattered = evaluate_detections(*made_up(20_000, 2_000, 200))
    row(
        "diagnosis of 20,000 synthetic ones, 10 tIoU",
        seconds(lambda: diagnose(scattered), 3),
        "5,000 ms",
    )

    large, many = made_up(500_000, 5_000, 200)
    case = "synthetic, 500,000 detections, 5,000 videos, 200 classes"
    for protocol in ("activitynet", "thumos14"):
        tiou = np.linspace(0.5, 0.95, 10).tolist()

        def evaluate(protocol: str = protocol, tiou: list[float] = tiou) -> object:
            return evaluate_detections(large, many, protocol, tiou)

        row(f"{case}, {protocol}", seconds(evaluate, 3), "4,000 ms")
        print(f"{'':<66} {peak(evaluate):>7.0f} MB")
    row("the same as proposals", seconds(lambda: evaluate_proposals(large, many), 3), "")


if __name__ == "__main__":
    main()
