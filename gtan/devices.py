"""Where a network computes."""

from __future__ import annotations

import torch

from gtan.settings import SettingsError


def choose_device(name: str = "auto") -> torch.device:
    """The device that `cpu`, `cuda` or `mps` stands for; `auto`: a GPU where there is one.

    Raises:
        SettingsError: it is not available here.

    Example:
        >>> choose_device("cpu")
        device(type='cpu')
    """
    available = {
        "cuda": torch.cuda.is_available(),
        "mps": torch.backends.mps.is_available(),
        "cpu": True,
    }
    if name == "auto":
        name = next(kind for kind, there in available.items() if there)
    if not available.get(name):
        what = "no GPU" if name == "cuda" else f"no {name}"
        raise SettingsError(f"setting training.device = {name!r}: {what} is available; use 'auto'")
    return torch.device(name)
