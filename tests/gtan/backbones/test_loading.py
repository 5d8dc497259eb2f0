"""Weights from files: the forms they come in, what is wrong with them, and nothing but tensors."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save_file
from torch import Tensor, nn

from gtan.backbones import P3D199, CheckpointError, load_checkpoint, torchvision_backbone
from tests.gtan.backbones.weights import oracle, state


def small() -> nn.Sequential:
    """Two layers with names 0.weight, 0.bias, 1.weight, ..., 1.num_batches_tracked."""
    return nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4))


def given() -> dict[str, Tensor]:
    torch.manual_seed(1)
    return {name: torch.rand(v.shape).to(v.dtype) for name, v in small().state_dict().items()}


def assert_loads(path: Path, expected: dict[str, Tensor]) -> None:
    net = small()
    assert load_checkpoint(net, path) is net and not net.training
    for name, v in net.state_dict().items():
        torch.testing.assert_close(v, expected[name])


@pytest.mark.parametrize("zipped", [True, False])
@pytest.mark.parametrize(
    "wrap",
    [
        lambda weights: weights,
        lambda weights: {"state_dict": weights, "epoch": 3, "arch": "p3d"},
        lambda weights: {"model": weights, "optimizer": {"lr": 0.1}},
        lambda weights: {f"module.{name}": v for name, v in weights.items()},
        lambda weights: {"state_dict": {f"module.{name}": v for name, v in weights.items()}},
    ],
)
def test_every_form_loads(tmp_path: Path, wrap: Any, zipped: bool) -> None:
    path = tmp_path / "net.pth.tar"
    torch.save(wrap(given()), path, _use_new_zipfile_serialization=zipped)
    assert_loads(path, given())


def test_safetensors_and_other_precisions_load(tmp_path: Path) -> None:
    save_file(given(), tmp_path / "a.safetensors")
    assert_loads(tmp_path / "a.safetensors", given())
    double = {name: v.double() if v.is_floating_point() else v for name, v in given().items()}
    torch.save(double, tmp_path / "a.pt")
    assert_loads(tmp_path / "a.pt", given())


def test_files_from_before_batches_were_counted_load(tmp_path: Path) -> None:
    weights = given()
    weights["1.num_batches_tracked"] = torch.tensor(0)
    old = {name: v for name, v in weights.items() if "tracked" not in name}
    torch.save(old, tmp_path / "a.pt")
    assert_loads(tmp_path / "a.pt", weights)


def test_p3d_loads_what_is_in_circulation(tmp_path: Path) -> None:
    weights = {name: v.float() for name, v in state(oracle("p3d199")["parameters"]).items()}
    torch.save({"state_dict": weights}, tmp_path / "p3d.pth.tar")
    net = load_checkpoint(P3D199(), tmp_path / "p3d.pth.tar")
    assert torch.equal(net.layer3[35].conv3.weight, weights["layer3.35.conv3.weight"])


def test_missing_and_unexpected_names_are_listed(tmp_path: Path) -> None:
    weights = given()
    weights["head.weight"] = weights.pop("0.weight")
    del weights["1.running_mean"]
    torch.save(weights, tmp_path / "a.pt")
    net, before = small(), small().state_dict()
    net.load_state_dict(before)
    said = r"a\.pt does not fit Sequential: missing: 0\.weight, 1\.running_mean; unexpected: head"
    with pytest.raises(CheckpointError, match=said + ".*What to do: rename") as error:
        load_checkpoint(net, tmp_path / "a.pt")
    assert error.value.missing == ["0.weight", "1.running_mean"]
    assert error.value.unexpected == ["head.weight"] and not error.value.misshapen
    assert all(torch.equal(v, before[name]) for name, v in net.state_dict().items())


def test_long_lists_are_whole_in_the_error_and_short_in_its_message(tmp_path: Path) -> None:
    torch.save({f"other.{i}": torch.zeros(1) for i in range(500)}, tmp_path / "a.pt")
    with pytest.raises(CheckpointError, match=r"other\.0.*488 more.*another network") as error:
        load_checkpoint(small(), tmp_path / "a.pt")
    assert len(error.value.unexpected) == 500 and len(str(error.value)) < 1000


def test_another_number_of_classes_is_said(tmp_path: Path) -> None:
    weights = {**given(), "0.weight": torch.zeros(5, 3)}
    torch.save(weights, tmp_path / "a.pt")
    said = r"0\.weight is \[5, 3\], not \[4, 3\].*number of classes"
    with pytest.raises(CheckpointError, match=said) as error:
        load_checkpoint(small(), tmp_path / "a.pt")
    assert error.value.misshapen == ["0.weight"]


class Evil:
    """Reading this as a pickle runs a command."""

    def __reduce__(self) -> Any:
        return os.mkdir, ("was-run",)


@pytest.mark.parametrize("zipped", [True, False])
def test_no_code_is_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, zipped: bool) -> None:
    monkeypatch.chdir(tmp_path)
    torch.save({"a": Evil()}, "a.pt", _use_new_zipfile_serialization=zipped)
    with pytest.raises(CheckpointError, match=r"a\.pt cannot be read as weights alone.*state_dict"):
        load_checkpoint(small(), "a.pt")
    assert not Path("was-run").exists()


def test_a_whole_module_is_refused(tmp_path: Path) -> None:
    torch.save(small(), tmp_path / "a.pt")
    with pytest.raises(CheckpointError, match="could run any code"):
        load_checkpoint(small(), tmp_path / "a.pt")


@pytest.mark.parametrize("name", ["a.pt", "a.safetensors"])
@pytest.mark.parametrize("content", [b"", b"x", b"PK\x03\x04 half", b"<html>not found</html>"])
def test_damaged_files_are_refused(tmp_path: Path, name: str, content: bytes) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(CheckpointError, match="fetch it again"):
        load_checkpoint(small(), tmp_path / name)


@pytest.mark.parametrize("zipped", [True, False])
def test_half_a_file_is_refused(tmp_path: Path, zipped: bool) -> None:
    path = tmp_path / "a.pt"
    torch.save(given(), path, _use_new_zipfile_serialization=zipped)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(CheckpointError, match="fetch it again"):
        load_checkpoint(small(), path)


@pytest.mark.parametrize(
    "content", [[1, 2], {"epoch": 3}, {1: torch.zeros(1)}, {"state_dict": {"a": 1}}]
)
def test_what_is_no_state_dict_is_refused(tmp_path: Path, content: Any) -> None:
    torch.save(content, tmp_path / "a.pt")
    with pytest.raises(CheckpointError, match="holds no state dict"):
        load_checkpoint(small(), tmp_path / "a.pt")


def test_nan_is_refused(tmp_path: Path) -> None:
    torch.save({**given(), "0.bias": torch.full((4,), torch.nan)}, tmp_path / "a.pt")
    with pytest.raises(CheckpointError, match=r"NaN or infinite: 0\.bias"):
        load_checkpoint(small(), tmp_path / "a.pt")


def test_where_there_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="no such file of weights"):
        load_checkpoint(small(), tmp_path / "a.pt")
    with pytest.raises(CheckpointError, match="is a folder"):
        load_checkpoint(small(), tmp_path)


@pytest.mark.parametrize(
    ("name", "frames", "size", "width"), [("r3d_18", 8, 32, 512), ("s3d", 16, 224, 1024)]
)
def test_torchvision(tmp_path: Path, name: str, frames: int, size: int, width: int) -> None:
    models = pytest.importorskip("torchvision.models")
    net = models.get_model(name, weights=None, num_classes=7)
    torch.save(net.state_dict(), tmp_path / "a.pth")
    backbone = torchvision_backbone(name, tmp_path / "a.pth", classes=7)
    assert backbone(torch.zeros(2, 3, frames, size, size)).shape == (2, width)
    with pytest.raises(ValueError, match=r"r3d_18.*not 'resnet18'"):
        torchvision_backbone("resnet18", tmp_path / "a.pth")


def test_without_torchvision_it_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "torchvision", None)
    with pytest.raises(ModuleNotFoundError, match="pip install torchvision"):
        torchvision_backbone("r3d_18", "a.pth")
