"""Lesson 3: its data are those of the example run, and tell the story that its text tells."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from gtan_viz.lessons import derivatives, pooling
from gtan_viz.lessons.part import Part
from tests.gtan_viz.lessons.brought import brought, layer_of


@pytest.mark.parametrize("part", [pooling.part, derivatives.part])
def test_the_sum_is_the_networks_own_number(
    example: Any, example_recording: str, part: Callable[[], Part]
) -> None:
    data = part().data
    arrays, classes, _, kernel, ratio = layer_of(example, example_recording, data["label"])
    logits = arrays["logits"][kernel, ratio].astype(float)
    own = logits[classes.index(data["label"])] - logits[classes.index(data["rival"])]
    by_order = brought(data, data["sigma"], data["orders"]).sum(1)
    assert by_order.sum() + data["bias"] == pytest.approx(own, abs=0.02)
    assert all(logits[classes.index(data["rival"])] >= s for s in np.sort(logits)[:-1])


def test_what_says_most_is_not_what_brings_most() -> None:
    data = pooling.part().data
    says = brought(data, 1e9, 1)[0]  # the same weight for all
    learned = brought(data, data["sigma"], 1)[0]
    assert learned.sum() > 0  # the mean alone speaks for the action
    assert says.argmax() != learned.argmax()
    wide = [brought(data, 3 * data["sigma"], 1, average=box)[0] for box in (False, True)]
    assert wide[0].argmax() == learned.argmax()
    assert wide[1].argmax() == says.argmax()


def test_reversed_the_detection_falls() -> None:
    data = derivatives.part().data
    forwards = brought(data, data["sigma"], 3).sum(1)
    backwards = brought(data, data["sigma"], 3, turned=True).sum(1)
    assert backwards == pytest.approx(forwards * [1, -1, 1])
    assert forwards.sum() + data["bias"] > 0 > backwards.sum() + data["bias"]
    assert forwards[0] + data["bias"] < 0  # by the mean alone
