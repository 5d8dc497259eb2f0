"""C3D and P3D-199: names, shapes and outputs of the networks in circulation, by their oracle."""

from typing import Any

import pytest
import torch
from torch import nn

from gtan.backbones import C3D, P3D199
from gtan.backbones.p3d import Block2D, PseudoBlock
from tests.gtan.backbones.weights import assert_agrees, clip, hollow, oracle, state

NETWORKS = {"c3d": (C3D, 112), "p3d199": (P3D199, 160)}


@pytest.mark.parametrize("name", NETWORKS)
def test_names_and_shapes_are_those_in_circulation(name: str) -> None:
    shapes = [[key, list(v.shape)] for key, v in hollow(NETWORKS[name][0]).state_dict().items()]
    assert sorted(shapes) == oracle(name)["parameters"]


@pytest.mark.parametrize("name", NETWORKS)
def test_outputs_agree(name: str) -> None:
    kind, size = NETWORKS[name]
    expected = oracle(name)
    net: Any = hollow(kind)
    net.load_state_dict(state(expected["parameters"]), assign=True)
    with torch.inference_mode():
        found = dict(net.layers(clip(size)))
        assert found.keys() == expected["outputs"].keys()
        for output, values in found.items():
            assert_agrees(values, expected["outputs"][output])
        assert torch.equal(net(clip(size)), found[net.output])


@pytest.mark.parametrize(
    ("kind", "output", "width"),
    [(C3D, "pool5", 8192), (C3D, "fc6", 4096), (C3D, "fc7", 4096), (C3D, "fc8", 5),
     (P3D199, "pool5", 2048), (P3D199, "fc", 5)],
)  # fmt: skip
def test_each_output_has_its_width(kind: Any, output: str, width: int) -> None:
    size = 112 if kind is C3D else 160
    net = hollow(kind, output=output, classes=5)
    assert net(torch.zeros(2, 3, 16, size, size, device="meta").double()).shape == (2, width)


def test_what_lies_behind_the_output_is_not_computed(monkeypatch: pytest.MonkeyPatch) -> None:
    net = hollow(C3D, output="pool5")
    monkeypatch.setattr(net.fc6, "forward", lambda _: pytest.fail("fc6 was computed"))
    net(torch.zeros(1, 3, 16, 112, 112, device="meta").double())


@pytest.mark.parametrize("kind", [C3D, P3D199])
def test_an_unknown_output_is_refused(kind: Any) -> None:
    with pytest.raises(ValueError, match=r"pool5.*not 'fc9'"):
        kind(output="fc9")


@pytest.mark.parametrize(
    ("kind", "shape"),
    [(C3D, (1, 3, 16, 128, 128)), (C3D, (1, 3, 8, 112, 112)), (C3D, (3, 16, 112, 112)),
     (P3D199, (1, 3, 32, 160, 160)), (P3D199, (1, 16, 3, 160, 160))],
)  # fmt: skip
def test_other_clips_are_refused(kind: Any, shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match=r"sees clips \[B, 3, 16, .*, not \["):
        hollow(kind)(torch.zeros(shape, device="meta").double())


def test_p3d_takes_turns_from_res2_to_res4() -> None:
    net: Any = hollow(P3D199)
    kinds = [block.kind for stage in (net.layer1, net.layer2, net.layer3) for block in stage]
    assert "".join(kinds) == ("ABC" * 16)[:47]
    assert all(isinstance(block, Block2D) for block in net.layer4)
    # 199 layers: the first convolution, 4 in each of 47 blocks, 3 in each of 3, and fc.
    convolutions = [m for m in net.modules() if isinstance(m, (nn.Conv3d, nn.Conv2d))]
    assert len(convolutions) - 4 + 1 == 1 + 4 * 47 + 3 * 3 + 1 == 199


@pytest.mark.parametrize("kind", ["A", "B", "C"])
def test_a_block_mixes_space_and_time_its_own_way(kind: Any) -> None:
    block = PseudoBlock(8, 2, 1, kind).eval()  # S and T become the numbers 2 and 3
    with torch.no_grad():
        for name, number in (("conv1", 1.0), ("conv2", 2.0), ("conv3", 3.0), ("conv4", 1.0)):
            weight = getattr(block, name).weight
            weight.zero_()
            middle = [side // 2 for side in weight.shape[2:]]
            weight[0, 0, middle[0], middle[1], middle[2]] = number
    x = torch.ones(1, 8, 4, 5, 5)
    inner = {"A": 2 * 3, "B": 2 + 3, "C": 2 + 2 * 3}[kind]
    torch.testing.assert_close(block(x)[0, 0], x[0, 0] + inner, rtol=1e-3, atol=0)
