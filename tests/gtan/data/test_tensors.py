"""torch's files: tensors are read, and nothing else is ever loaded."""

from __future__ import annotations

import os
import pickle
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from gtan.data.features import FeatureError, FeatureFile
from tests.gtan.bench import VIDEOS, Bench, features

FEATURES = torch.from_numpy(features(9, 4))


@pytest.mark.parametrize("suffix", [".pt", ".pth"])
@pytest.mark.parametrize(
    ("content", "key"),
    [
        (FEATURES, ""),
        ({"rgb": FEATURES}, ""),
        ({"rgb": FEATURES, "fps": 25.0, "name": "v"}, ""),
        ({"rgb": FEATURES, "flow": -FEATURES}, "rgb"),
        (torch.nn.Parameter(FEATURES), ""),
        (FEATURES.t().contiguous().t(), ""),
        (FEATURES[None], ""),
        (FEATURES[:, None], ""),
        (torch.cat([FEATURES, FEATURES])[:9], ""),
    ],
)
def test_tensors(tmp_path: Path, suffix: str, content: Any, key: str) -> None:
    path = tmp_path / f"v{suffix}"
    torch.save(content, path)
    file = FeatureFile(path, key)
    assert file.shape == (9, 4) and file.width == 4
    np.testing.assert_array_equal(file.read(2, 5), FEATURES[2:5].numpy())
    turned = FeatureFile(path, key, clips_last=True)
    assert turned.shape == (4, 9)
    np.testing.assert_array_equal(turned.read(1, 3), FEATURES.t()[1:3].numpy())


@pytest.mark.parametrize("kind", ["float16", "bfloat16", "float64", "int32", "uint8"])
def test_any_type_of_number(tmp_path: Path, kind: str) -> None:
    values = (FEATURES * 10).clip(0).to(getattr(torch, kind))
    torch.save(values, tmp_path / "v.pt")
    read = FeatureFile(tmp_path / "v.pt").read(0, 9)
    np.testing.assert_array_equal(read, values.float().numpy())
    broken = FEATURES.clone()
    broken[6, 2] = torch.inf
    torch.save(broken.bfloat16(), tmp_path / "v.pt")
    with pytest.raises(FeatureError, match=r"v\.pt: clip 6, dimension 2 is NaN"):
        FeatureFile(tmp_path / "v.pt").read(0, 9)


class Evil:
    def __reduce__(self) -> Any:
        return os.mkdir, (os.environ["EVIL"],)


def fails(path: Path, message: str, key: str = "") -> None:
    for ask in (lambda f: f.shape, lambda f: f.read(0, 1)):
        with pytest.raises(FeatureError, match=message) as caught:
            ask(FeatureFile(path, key))
        text = str(caught.value)
        assert str(path) in text and "\n" not in text
        assert not any(word in text for word in ("weights_only", "allow_pickle", "unsafe"))


@pytest.mark.filterwarnings("ignore:.*torch.jit")
def test_anything_else_is_never_loaded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EVIL", str(tmp_path / "evil"))
    path = tmp_path / "v.pt"
    for content in (Evil(), {"x": FEATURES, "y": Evil()}, FEATURES.numpy(), torch.nn.Linear(2, 2)):
        torch.save(content, path)
        fails(path, "more than tensors, which is never loaded.*save the tensor alone")
    path.write_bytes(pickle.dumps(Evil()))
    fails(path, "not in torch's format")
    torch.save(FEATURES, path, _use_new_zipfile_serialization=False)
    fails(path, "not in torch's format")
    torch.jit.script(torch.nn.Linear(2, 2)).save(path)
    fails(path, "TorchScript")
    assert not (tmp_path / "evil").exists()


def test_wrong_content(tmp_path: Path) -> None:
    path = tmp_path / "v.pt"
    for content, message in (
        ([FEATURES], "holds a list, not a tensor"),
        ({"fps": 25}, r"holds 0 tensors"),
        ({"rgb": FEATURES, "flow": FEATURES}, r"holds 2 tensors \(rgb, flow\); name one by"),
        (FEATURES > 0, "holds bool, not numbers"),
        (FEATURES.to(torch.complex64), "holds complex64, not numbers"),
        (FEATURES.to_sparse(), "sparse|never loaded|cannot be read"),
        (FEATURES.to("meta"), "without numbers"),
        (FEATURES[None, None], r"shape \(1, 1, 9, 4\)"),
        (FEATURES[0][None, None], "4 clips or 4 dimensions"),
        (FEATURES[:0], "is empty"),
        (torch.zeros(1).expand(10**6, 400), "more numbers than are stored"),
    ):
        torch.save(content, path)
        fails(path, message)
    torch.save({"rgb": FEATURES}, path)
    fails(path, "has no tensor 'flow'.*it holds rgb", key="flow")
    torch.save(FEATURES, path)
    fails(path, "one tensor without a name; leave out data.feature_key", key="rgb")


def test_damage(tmp_path: Path) -> None:
    path = tmp_path / "v.pt"
    torch.save(FEATURES, path)
    whole = path.read_bytes()
    for share in (0, 0.1, 0.5, 0.9):
        path.write_bytes(whole[: int(len(whole) * share)])
        fails(path, "empty|not in torch's format|cannot be read")
    with zipfile.ZipFile(tmp_path / "whole.pt", "w") as archive:
        archive.writestr("v/data.pkl", b"\x80\x02}q\x00.")
    fails(tmp_path / "whole.pt", "cannot be read|holds 0 tensors")
    torch.save(FEATURES, tmp_path / "good.pt")
    with (
        zipfile.ZipFile(tmp_path / "good.pt") as good,
        zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed,
    ):
        for name in good.namelist():
            packed.writestr(name, good.read(name))
    fails(path, "is packed, as no file of tensors is")


def test_a_data_set_of_tensors(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    for seed, name in enumerate(VIDEOS):
        torch.save({"x": torch.from_numpy(features(seed=seed))[None]}, tmp_path / f"{name}.pt")
    dataset = bench.load(features=str(tmp_path / "{video}.pt"), feature_key="x")
    read = dataset.recordings["b"].features(3.0, 4)
    np.testing.assert_array_equal(read, features(seed=1)[3:7])


def test_torch_is_imported_for_such_files_only(tmp_path: Path) -> None:
    import subprocess
    import sys

    np.save(tmp_path / "v.npy", features())
    code = (
        "import sys; from pathlib import Path; from gtan.data.features import FeatureFile\n"
        f"FeatureFile(Path({str(tmp_path / 'v.npy')!r})).read(0, 1)\n"
        "assert 'torch' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
