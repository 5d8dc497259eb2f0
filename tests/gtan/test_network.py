"""The network: shapes, padding, Table 1's receptive fields, gradients through grouping."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from gtan import GTAN, Settings, SettingsError
from gtan.assignment import Truths, assign
from gtan.cells import alignment_shift
from gtan.grouping import group_kernels
from gtan.kernels import kernel_weights
from gtan.losses import _away_from_rest, compute_losses
from gtan.network import LayerOutput, proposals
from gtan.settings import PRESETS

TABLE_1 = (11, 19, 35, 67, 131, 259, 515, 1027)


def small(**overrides: Any) -> Settings:
    values = {
        "network.feature_dim": 6,
        "network.classes": 3,
        "network.base_channels": (8, 8),
        "network.anchor_channels": (8,) * 4,
        "kernels.sigma_ceiling": 8.0,
        "kernels.derivatives": 0,
        "loss.background_sigma": 0.0,
    }
    return Settings.preset("sbhar").override(values | overrides)


def make(settings: Settings, seed: int = 0) -> GTAN:
    torch.manual_seed(seed)
    model = GTAN(settings)
    for anchor in model.anchors:  # so that sigmas differ from cell to cell
        if anchor.sigma is not None:
            torch.nn.init.normal_(anchor.sigma.weight, std=0.5)
            anchor.sigma.bias.data += 2.0
    return model.eval()


def test_the_paper_preset_is_table_1() -> None:
    settings = Settings.preset("paper-thumos14").baseline("gaussian")
    with torch.device("meta"):
        model = GTAN(settings)
        outputs = model(torch.zeros(1, 2048, 512))
    shapes = [tuple(output.features.shape[1:]) for output in outputs]
    channels = (512, 512, 1024, 1024, 2048, 2048, 4096, 4096)
    assert shapes == list(zip(channels, (128, 64, 32, 16, 8, 4, 2, 1), strict=True))


@pytest.mark.parametrize("preset", ["paper-thumos14", "paper-activitynet"])
def test_receptive_fields_by_gradient(preset: str) -> None:
    """Size equals Table 1; the centre lies 0.5 - 2^-(j+2) cells left of (t + 0.5)/T (R16).

    Channels do not matter here and are few; convolutions are made positive, so that no gradient
    is lost in a ReLU, and max pooling passes to all it looks at by averaging instead.
    """
    settings = Settings.preset(preset).override(
        {"network.feature_dim": 1, "network.base_channels": (1, 1),
         "network.anchor_channels": (1,) * 8, "kernels.grouping": "off", "kernels.pooling": "cell"}
    )  # fmt: skip
    model = GTAN(settings)
    for parameter in model.parameters():
        parameter.data.fill_(0.5)
    model.base.pool1 = torch.nn.AvgPool1d(3, stride=2, padding=1)
    length = 4096
    features = torch.ones(1, 1, length, requires_grad=True)
    outputs = model(features)
    for layer, output in enumerate(outputs):
        cells = output.features.shape[-1]
        cell = cells // 2
        (gradient,) = torch.autograd.grad(output.features[0, 0, cell], features, retain_graph=True)
        reached = gradient[0, 0].nonzero()[:, 0]
        assert len(reached) == TABLE_1[layer]
        centre = (reached[0] + reached[-1] + 1).item() / 2 / length  # fraction of the window
        shift = (cell + 0.5) / cells - centre
        assert shift * cells == pytest.approx(alignment_shift(layer))
    assert alignment_shift(0) == pytest.approx(0.375)
    assert alignment_shift(7) == pytest.approx(0.5, abs=0.002)


def test_alignment_moves_centres_to_the_receptive_field() -> None:
    paper = make(small())(torch.zeros(1, 6, 64))
    aligned = make(small(**{"kernels.alignment": "receptive_field"}))(torch.zeros(1, 6, 64))
    for layer, (one, other) in enumerate(zip(paper, aligned, strict=True)):
        cells = one.features.shape[-1]
        moved = (one.centers[:, :cells] - other.centers[:, :cells]) * cells
        torch.testing.assert_close(moved, torch.full_like(moved, 0.5 - 0.5 ** (layer + 3)))


@pytest.mark.parametrize("grouping", ["join", "replace", "off"])
def test_padding_changes_nothing(grouping: str) -> None:
    model = make(small(**{"kernels.grouping": grouping, "kernels.epsilon": 0.5}))
    torch.manual_seed(1)
    short = torch.randn(1, 6, 64)
    padded = torch.cat([short, torch.randn(1, 6, 64) * 50], -1)
    valid = torch.arange(128)[None] < 64
    alone, both = model(short), model(padded, valid)
    for one, other in zip(alone, both, strict=True):
        cells = one.features.shape[-1]
        torch.testing.assert_close(one.features, other.features[..., :cells])
        assert not other.features[..., cells:].any()
        # Same kernels in the same order; positions scale with the window.
        mine, theirs = one.mask[0], other.mask[0]
        torch.testing.assert_close(one.centers[0][mine], other.centers[0][theirs] * 2)
        torch.testing.assert_close(one.widths[0][mine], other.widths[0][theirs] * 2)
        torch.testing.assert_close(
            one.logits[0][mine], other.logits[0][theirs], atol=1e-5, rtol=1e-4
        )


def narrow(preset: str) -> Settings:
    """A preset with all its readings and few channels."""
    settings = Settings.preset(preset)
    return settings.override(
        {"network.feature_dim": 3, "network.classes": 2, "network.base_channels": (4, 4),
         "network.anchor_channels": (4,) * settings.layers}
    )  # fmt: skip


def shown(model: GTAN, features: torch.Tensor, valid: torch.Tensor | None) -> list[dict[str, Any]]:
    """Per layer: valid features, and the kernels that exist, in cells and with predictions."""
    found = []
    for output in model(features, valid):
        cells, there = output.features.shape[-1], output.mask[0]
        found.append(
            {"features": output.features[0][:, output.valid[0]]}
            | {n: getattr(output, n)[0][there] * cells for n in ("centers", "sigmas", "widths")}
            | {n: getattr(output, n)[0][there] for n in ("logits", "offsets", "overlap")}
        )
    return found


@pytest.mark.parametrize("preset", PRESETS)
def test_padding_shows_nowhere_whatever_its_length(preset: str) -> None:
    """Every number of valid clips; features for every reading, predictions where sigma is in cells.

    With 62 of 128 clips the last one leaked through pool1 into the first padded cell.
    """
    window = 64
    model = make(narrow(preset)).double()
    features = torch.randn(1, 3, window, generator=torch.Generator().manual_seed(7)).double()
    in_cells = model.settings.kernels.sigma_unit in ("bounded", "cell")
    for clips in range(1, window + 1):
        valid = torch.arange(window)[None] < clips
        alone, padded = shown(model, features[..., :clips], None), shown(model, features, valid)
        for one, other in zip(alone, padded, strict=True):
            for name in one if in_cells else ("features",):
                torch.testing.assert_close(one[name], other[name], msg=f"{name}, {clips} clips")


@pytest.mark.parametrize("unit", ["bounded", "map", "cell", "literal"])
@pytest.mark.parametrize("pooling", ["gaussian", "cell", "average"])
def test_what_padding_holds_shows_nowhere(unit: str, pooling: str) -> None:
    settings = small(
        **{"kernels.sigma_unit": unit, "kernels.pooling": pooling, "kernels.initial_width": 1.0}
    )
    model = make(settings)
    features = torch.randn(1, 6, 64, generator=torch.Generator().manual_seed(8))
    for clips in (1, 30, 45):
        valid = torch.arange(64)[None] < clips
        zeros = shown(model, features.masked_fill(~valid, 0.0), valid)
        for rubbish in (1e4, float("nan"), float("inf")):
            for one, other in zip(
                zeros, shown(model, features.masked_fill(~valid, rubbish), valid), strict=True
            ):
                for name in one:
                    assert torch.equal(one[name], other[name]), (name, clips, rubbish)


def test_sigmas_learn_what_features_to_look_for() -> None:
    """The sigma convolution's gradient goes on into the trunk (Section 3.2)."""
    model = make(small())
    output = model(torch.randn(1, 6, 64, generator=torch.Generator().manual_seed(9)))[0]
    output.learned_sigmas.sum().backward()
    for conv in (model.anchors[0].conv.conv, model.base.conv1.conv):
        assert conv.weight.grad is not None and conv.weight.grad.any()


@pytest.mark.parametrize("merge", ["paper", "union"])
@pytest.mark.parametrize("grouping", ["join", "replace", "off"])
@pytest.mark.parametrize("unit", ["window", "cell", "truth"])
def test_stopped_no_loss_moves_a_sigma_through_a_boundary(
    merge: str, grouping: str, unit: str
) -> None:
    """R15. Sigma shows in boundaries alone where a cell is pooled alone; R5's union moves centres,
    too, and with them leaked."""
    settings = small(
        **{"kernels.merge": merge, "kernels.grouping": grouping, "kernels.pooling": "cell",
           "kernels.epsilon": 0.3, "loss.localization_unit": unit, "loss.foreground": 0.31,
           "loss.background": 0.3}
    )  # fmt: skip
    features = torch.randn(2, 6, 64, generator=torch.Generator().manual_seed(10))
    moved = {}
    for gradient in ("flow", "stop"):
        made = settings.override({"loss.sigma_gradient": gradient})
        model = make(made)
        joined = proposals(model(features))
        truths = Truths(
            torch.tensor([[(0.1, 0.35), (0.5, 0.9)]] * 2),
            torch.tensor([[0, 2]] * 2),
            torch.ones(2, 2, dtype=torch.bool),
            torch.ones(2, 2, dtype=torch.bool),
        )
        assignment = assign(joined.centers, joined.widths, joined.mask, truths, made.loss)
        draws = torch.rand(joined.mask.shape, generator=torch.Generator().manual_seed(0))
        found = compute_losses(joined, assignment, truths, made, draws)
        found.total.backward()
        moved[gradient] = any(
            anchor.sigma.weight.grad is not None and bool(anchor.sigma.weight.grad.any())
            for anchor in model.anchors
        )
    assert moved == {"flow": True, "stop": False}


def test_a_batch_equals_its_windows() -> None:
    model = make(small(**{"kernels.epsilon": 0.5}))
    torch.manual_seed(2)
    features = torch.randn(3, 6, 64)
    together = model(features)
    counts = []
    for row in range(3):
        alone = model(features[row : row + 1])
        for one, other in zip(alone, together, strict=True):
            mine, theirs = one.mask[0], other.mask[row]
            assert mine.sum() == theirs.sum()
            for name in ("centers", "widths", "logits", "offsets", "overlap"):
                torch.testing.assert_close(
                    getattr(one, name)[0][mine], getattr(other, name)[row][theirs],
                    atol=1e-5, rtol=1e-4,
                )  # fmt: skip
        counts.append(sum(int(one.mask.sum()) for one in alone))
    assert len(set(counts)) > 1  # the windows do have different numbers of mixed kernels


def test_replace_is_exactly_algorithm_1s_set() -> None:
    model = make(small(**{"kernels.grouping": "replace", "kernels.epsilon": 0.5}))
    outputs = model(torch.randn(2, 6, 64, generator=torch.Generator().manual_seed(5)))
    for output in outputs:
        cells = output.valid.shape[1]
        everything = group_kernels(output.centers[:, :cells], output.learned_widths, 0.5, "union")
        for row in range(2):
            expected = everything.centers[row][everything.mask[row]].sort().values
            found = output.centers[row][output.mask[row]].sort().values
            torch.testing.assert_close(found, expected)
    assert any(len(output.mixed.steps) for output in outputs if output.mixed)


def test_mixed_sigmas_pass_gradients_to_their_members() -> None:
    model = make(small(**{"kernels.epsilon": 0.4}))
    learn, learned = model.learn_sigmas, {}

    def keep(maps: Any) -> Any:
        learned["sigmas"], learned["widths"] = learn(maps)
        return learned["sigmas"], learned["widths"]

    model.learn_sigmas = keep  # type: ignore[method-assign]
    outputs = model(torch.randn(1, 6, 64, generator=torch.Generator().manual_seed(6)))
    first = 0
    for output in outputs:
        cells = output.valid.shape[1]
        if output.mask.shape[1] > cells:
            torch.testing.assert_close(output.sigmas[0, cells], output.widths[0, cells] / 2)
            widths = learned["widths"]
            (found,) = torch.autograd.grad(output.sigmas[0, cells], widths, retain_graph=True)
            touched = set(found[0].nonzero()[:, 0].tolist())
            members = (output.members[0, cells].nonzero()[:, 0] + first).tolist()
            assert touched and touched <= set(members)
        first += cells
    assert any(output.mixed.count for output in outputs if output.mixed)


@pytest.mark.parametrize("baseline", ["gtan", "gaussian", "fixed", "ssad"])
def test_baselines(baseline: Any) -> None:
    settings = small().baseline(baseline)
    outputs = make(settings)(torch.randn(2, 6, 64))
    for layer, output in enumerate(outputs):
        cells = output.features.shape[-1]
        assert output.ratios == settings.ratios(layer)
        if baseline in ("fixed", "ssad"):
            torch.testing.assert_close(output.widths, torch.full((2, cells), 1 / cells))
    if baseline == "ssad":
        assert [len(output.ratios) for output in outputs] == [3, 5, 5, 5]


@pytest.mark.parametrize("pooling", ["gaussian", "cell", "average"])
@pytest.mark.parametrize("unit", ["bounded", "map", "cell", "literal"])
def test_every_reading_runs_and_learns(pooling: str, unit: str) -> None:
    start = {"kernels.initial_width": 1.0}  # all units hold the fixed scale
    model = make(small(**start, **{"kernels.pooling": pooling, "kernels.sigma_unit": unit})).train()
    joined = proposals(model(torch.randn(2, 6, 64)))
    loss = sum(
        getattr(joined, name)[joined.mask].square().mean()
        for name in ("logits", "offsets", "overlap", "widths")
    )
    loss.backward()
    for name, parameter in model.named_parameters():
        assert parameter.grad is not None and torch.isfinite(parameter.grad).all(), name


def test_proposals_are_kernels_times_ratios() -> None:
    outputs = make(small())(torch.randn(2, 6, 64))
    joined = proposals(outputs)
    count = sum(output.centers.shape[1] * 3 for output in outputs)
    assert joined.centers.shape == (2, count)
    places = [
        (layer, kernel, ratio)
        for layer, output in enumerate(outputs)
        for kernel in range(output.centers.shape[1])
        for ratio in range(len(output.ratios))
    ]
    for index in range(0, count, 7):
        layer, kernel, ratio = places[index]
        output: LayerOutput = outputs[layer]
        torch.testing.assert_close(
            joined.widths[:, index], output.widths[:, kernel] * output.ratios[ratio]
        )
        assert joined.cells[index] == output.valid.shape[1]
        for name in ("centers", "mask"):
            assert torch.equal(getattr(joined, name)[:, index], getattr(output, name)[:, kernel])
        torch.testing.assert_close(joined.logits[:, index], output.logits[:, kernel, ratio])
        torch.testing.assert_close(joined.offsets[:, index], output.offsets[:, kernel, ratio])
        torch.testing.assert_close(joined.overlap[:, index], output.overlap[:, kernel, ratio])


@pytest.mark.parametrize("grouping", ["off", "join"])
def test_derivatives_enter_the_predictions_one_after_the_other(grouping: str) -> None:
    """E1 against plain loops: order n of channel d is prediction input n * D + d."""
    model = make(small(**{"kernels.derivatives": 2, "kernels.grouping": grouping}))
    features = torch.randn(2, 6, 32)
    valid = torch.arange(32) < torch.tensor([[32], [20]])
    outputs = model(features, valid)
    for anchor, output in zip(model.layers, outputs, strict=True):
        weights = kernel_weights(output.centers, output.sigmas, output.valid.shape[1], output.valid)
        batch, kernels, cells = weights.shape
        for b in range(batch):
            for k in range(kernels):
                pooled = []
                for order in range(3):
                    total = torch.zeros(output.features.shape[1])
                    for t in range(cells):
                        u = ((t + 0.5) / cells - output.centers[b, k]) / output.sigmas[b, k]
                        u = u.clip(-4, 4)
                        shape = (1.0, u, (u * u - 1) / 2**0.5)[order]
                        total += output.features[b, :, t] * weights[b, k, t] * shape
                    pooled.append(total)
                said = anchor.scores.weight[..., 0] @ torch.cat(pooled) + anchor.scores.bias
                torch.testing.assert_close(
                    output.logits[b, k].flatten(), said, rtol=1e-4, atol=1e-5
                )


def test_derivatives_teach_sigmas() -> None:
    model = make(small(**{"kernels.derivatives": 2, "kernels.grouping": "off"}))
    outputs = model(torch.randn(1, 6, 256))
    sum(output.logits.square().sum() for output in outputs).backward()
    for layer in model.layers:
        assert layer.sigma is not None and layer.sigma.weight.grad is not None
        assert layer.sigma.weight.grad.abs().sum() > 0


def test_derivatives_need_a_gaussian() -> None:
    with pytest.raises(SettingsError, match="need pooling='gaussian'"):
        small(**{"kernels.derivatives": 1, "kernels.pooling": "average"})
    assert small(**{"kernels.derivatives": 2}).baseline("fixed").kernels.derivatives == 0
    assert small(**{"kernels.derivatives": 2}).baseline("fixed-gaussian").kernels.derivatives == 2


@pytest.mark.parametrize("unit", ["bounded", "map", "cell", "literal"])
def test_background_rests_where_training_starts(unit: str) -> None:
    """E2 is nothing before the first step, in every unit and on maps of one cell."""
    start = 8.0 if unit in ("bounded", "map") else 1.0
    settings = small(
        **{"kernels.sigma_unit": unit, "kernels.initial_width": start, "kernels.grouping": "off"}
    )
    joined = proposals(GTAN(settings).eval()(torch.randn(1, 6, 64)))
    assert _away_from_rest(joined, settings.kernels)[joined.mask].abs().max() < 1e-8
