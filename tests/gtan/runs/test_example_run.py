"""The run that ships: what its folder says is what its checkpoint gives."""

from __future__ import annotations

import numpy as np

import gtan


def test_its_detections_come_of_its_checkpoint(film_cache: object) -> None:
    """Whoever changes what a network says has to make the run again: CONTRIBUTING.md says how."""
    run = gtan.open_run()
    (name,) = run.settings.training.probes
    stored = run.detections().query("video == @name").reset_index(drop=True)
    found = gtan.detect(run, name).reset_index(drop=True)
    assert found["label"].tolist() == stored["label"].tolist()
    numbers = ["start", "end", "score"]
    # Last bits differ between processors.
    np.testing.assert_allclose(found[numbers], stored[numbers], rtol=0, atol=1e-3)
