"""What lesson 5 says of the two networks is what they are."""

import pytest
import torch

import gtan
from gtan.network import GTAN
from gtan.settings import Settings
from gtan_viz.lessons import network, receptive


@pytest.mark.parametrize("which", ["paper", "example"])
def test_stages_are_those_of_the_network(which: str) -> None:
    preset = Settings.preset("paper-thumos14")
    settings = preset if which == "paper" else gtan.open_run().settings
    found = network.part().data["networks"][which]
    stages = {one["name"]: one for one in found["stages"]}
    with torch.device("meta"):
        model = GTAN(settings.override({"kernels.grouping": "off"}))
        outputs = model(torch.zeros(1, settings.network.feature_dim, found["window"]))
    assert len(stages) == 3 + settings.layers
    for number, (layer, output) in enumerate(zip(model.layers, outputs, strict=True), 1):
        one = stages[f"conv_a{number}"]
        assert (one["channels"], one["cells"]) == tuple(output.features.shape[1:])
        assert one["weights"] == sum(p.numel() for p in layer.conv.conv.parameters())
        heads = (layer.scores, layer.offsets, layer.overlap)
        assert one["heads"] == [head.out_channels for head in heads]
        assert {one["pooled"]} == {head.in_channels for head in heads}
    for conv in ("conv1", "conv2"):
        weights = getattr(model.base, conv).conv.parameters()
        assert stages[conv]["weights"] == sum(p.numel() for p in weights)


def test_the_gradients_are_those_of_the_settings() -> None:
    now = receptive.fields(gtan.open_run().settings)
    kept = receptive.part().data
    for one, other in zip(now.pop("layers"), kept["layers"], strict=True):
        message = "old: python scripts/lesson_numbers.py"
        # machines round differently
        assert one.pop("weights") == pytest.approx(other["weights"], rel=0.02, abs=20), message
        assert one == {key: other[key] for key in one}, message
    assert now == {key: kept[key] for key in now}


def test_both_parts_agree_on_what_a_cell_sees() -> None:
    paper = network.part().data["networks"]["paper"]["stages"][3:]
    measured = receptive.part().data
    assert [one["field"] for one in paper] == [len(one["weights"]) for one in measured["layers"]]
    assert [one["cells"] for one in paper] == [one["cells"] for one in measured["layers"]]
    run = gtan.open_run()
    explanation = gtan.Explanation.load(next(iter(run.explanations().values())))
    assert measured["seconds"] == explanation.header["grid"]["stride"]
    assert measured["window"] == explanation.header["window"]
