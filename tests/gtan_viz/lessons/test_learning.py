"""The recorded trainings of lesson 6."""

import base64
from itertools import product

import numpy as np
import pytest

from gtan_viz.lessons import learning


def test_what_was_recorded() -> None:
    assert learning.RUNS.stat().st_size <= 400_000
    found = learning.recorded()
    cells = sum(found["cells"])
    choices = list(product(*(values for _, values in learning.CHOICES.values())))
    assert [tuple(run[name] for name in learning.CHOICES) for run in found["runs"]] == choices
    for run in found["runs"]:
        assert len(run["loss"]) == len(run["unmatched"]) == 100
        parts = np.array([run[name] for name in learning.LOSSES])
        assert np.array([1, 4, 10, 0.1]) @ parts == pytest.approx(run["loss"], abs=5e-4)
        sigmas, states = (
            np.frombuffer(base64.b64decode(run[name]), np.uint8).reshape(-1, cells)
            for name in ("sigmas", "states")
        )
        assert len(sigmas) == len(states) == 101
        start = sigmas[0] / 255 * found["ceiling"]
        assert start == pytest.approx(0.75, abs=0.01)  # half the initial width of 1.5
        assert states.max() <= 3


@pytest.mark.slow
def test_a_training_of_ones_own() -> None:
    steps: list[int] = []
    run = learning.train(
        {"foreground": 0.6, "unit": "truth", "gradient": "flow"},
        on_step=lambda row: steps.append(int(row["step"])),
    )
    assert steps == list(range(1, 101))
    kept = learning.recorded()["runs"][0]
    assert run["loss"][:10] == pytest.approx(kept["loss"][:10], rel=0.02)
    part = learning.part(run)
    assert part.data["cells"] == learning.recorded()["cells"]
    assert part.data["runs"][0]["sigmas"] == run["sigmas"]
