"""Receptive fields by gradient: Table 1's sizes, and centres left of the cells' middles (R16)."""

import pytest

from gtan.cells import alignment_shift
from gtan.experiments.receptive import receptive_fields
from gtan.settings import Settings


def test_sizes_are_table_1s_and_centres_lie_left() -> None:
    settings = Settings.preset("world").override(
        {"network.anchor_channels": (32,) * 8, "network.base_channels": (32, 32)}
    )
    fields = receptive_fields(settings)
    assert [len(one.weights) for one in fields] == [11, 19, 35, 67, 131, 259, 515, 1027]
    assert [one.clips for one in fields] == [4, 8, 16, 32, 64, 128, 256, 512]
    for layer, one in enumerate(fields):
        assert one.left == pytest.approx(alignment_shift(layer))
        assert one.weights.sum() == pytest.approx(1)
    again = receptive_fields(settings)
    assert all((a.weights == b.weights).all() for a, b in zip(fields, again, strict=True))
