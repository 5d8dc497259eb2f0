"""Feature tensors in torch's own files (`.pt`, `.pth`), of which nothing but tensors is loaded."""

from __future__ import annotations

import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gtan.data.shapes import FeatureError, chosen_name

ALONE = "save the tensor alone: torch.save(features, path)"


class Tensor:
    """A tensor that is sliced like an array; its numbers are read when it is.

    Attributes:
        shape: as of the tensor.
        dtype: numpy's, float32 for the half precisions that numpy lacks.
    """

    def __init__(self, tensor: Any) -> None:
        self._tensor = tensor
        self.shape = tuple(tensor.shape)
        name = str(tensor.dtype).removeprefix("torch.")
        halves = tensor.dtype.is_floating_point and tensor.dtype.itemsize <= 2
        self.dtype = np.dtype("float32" if halves else name)

    def __getitem__(self, index: Any) -> NDArray[Any]:
        part = self._tensor[index]
        array: NDArray[Any] = (part.float() if self.dtype == np.float32 else part).numpy()
        return array


def load_tensor(path: Path, key: str) -> Tensor:
    """The tensor of a file, or the one of that name of a dictionary of tensors.

    Raises:
        FeatureError: saying what is wrong, without the file's name.
    """
    import torch

    if not zipfile.is_zipfile(path):
        raise FeatureError(
            "is not in torch's format, which is a zip since torch 1.6; truncated or older: copy it "
            "again, or load it where you trust it and save it again"
        )
    with zipfile.ZipFile(path) as archive:
        if any(member.compress_type != zipfile.ZIP_STORED for member in archive.infolist()):
            raise FeatureError(f"is packed, as no file of tensors is (TorchScript?); {ALONE}")
    try:
        content = torch.load(path, map_location="cpu", weights_only=True, mmap=True)
    except Exception as error:
        if type(error).__name__ != "UnpicklingError":
            raise
        # torch's own words advise to load just anything
        raise FeatureError(
            f"holds more than tensors, which is never loaded, since it could run any code; {ALONE}"
        ) from None
    tensor = _chosen(content, key)
    if tensor.layout != torch.strided or tensor.is_quantized or tensor.is_meta:
        raise FeatureError(f"holds a tensor that is sparse, quantised or without numbers; {ALONE}")
    tensor = tensor.detach()
    if tensor.numel() * tensor.itemsize > path.stat().st_size:
        raise FeatureError(
            f"has shape {tuple(tensor.shape)}, more numbers than are stored; "
            "save features.contiguous()"
        )
    return Tensor(tensor.resolve_conj().resolve_neg())


def _chosen(content: Any, key: str) -> Any:
    import torch

    if isinstance(content, torch.Tensor):
        if key:
            raise FeatureError("holds one tensor without a name; leave out data.feature_key")
        return content
    if not isinstance(content, Mapping):
        raise FeatureError(
            f"holds a {type(content).__name__}, not a tensor or a dictionary; {ALONE}"
        )
    tensors = {str(name): value for name, value in content.items() if torch.is_tensor(value)}
    return tensors[chosen_name(tensors, key, "tensor")]
