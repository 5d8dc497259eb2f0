"""The one way in which a training step reads from its device.

On a GPU every read waits for all work that is queued. A step makes two: grouping's (Algorithm 1
walks on the host) and whether the loss is finite; metrics are read every `training.log_every`
steps. `reads()` counts them, and tests hold a step to that number.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

_reads = 0


def to_host(tensor: Tensor) -> NDArray[Any]:
    """A tensor's values as a numpy array; counted."""
    global _reads
    _reads += 1
    if tensor.device.type != "cuda":
        return tensor.detach().cpu().numpy()
    mode = torch.cuda.get_sync_debug_mode()
    torch.cuda.set_sync_debug_mode(0)  # this wait is meant
    try:
        return tensor.detach().cpu().numpy()
    finally:
        torch.cuda.set_sync_debug_mode(mode)


def to_device(
    array: NDArray[Any], device: torch.device, dtype: torch.dtype | None = None
) -> Tensor:
    """An array's values on a device, as another type if given, without waiting for them."""
    return send(torch.from_numpy(np.ascontiguousarray(array)).to(dtype), device)


def send(tensor: Tensor, device: torch.device) -> Tensor:
    """A tensor on a device, without waiting: a plain copy to a GPU waits for all its work."""
    if device.type != "cuda" or tensor.is_cuda:
        return tensor.to(device)
    return tensor.pin_memory().to(device, non_blocking=True)


def reads() -> int:
    """How many reads there have been in this process."""
    return _reads
