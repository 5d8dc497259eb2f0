"""Where a training runs: its device, and the other processes that share its batches.

Started by `accelerate launch` (or accelerate's `notebook_launcher`), each process takes its part of
every batch. Together they do what one process does with the whole batch: draws depend on a window's
place in it, and whatever a loss is divided by is counted over all.
"""

from __future__ import annotations

import platform
from collections.abc import Mapping
from hashlib import sha256

import torch
from accelerate import Accelerator
from torch import Tensor, nn

from gtan.devices import choose_device
from gtan.runs.writable import RunError
from gtan.settings import SettingsError


class Processes:
    """This process among the others; alone, unless accelerate started several.

    Attributes:
        count, index: how many there are, and which this is.
        device: where it computes.
    """

    def __init__(self, device: str = "auto") -> None:
        """Join the others.

        Args:
            device: of `training.device`.

        Raises:
            SettingsError: there is no such device.
        """
        self._accelerator = Accelerator()
        self.count: int = self._accelerator.num_processes
        self.index: int = self._accelerator.process_index
        own = self._accelerator.device
        if device == "auto":
            self.device: torch.device = own if self.count > 1 else choose_device()
        else:
            self.device = own if own.type == device else choose_device(device)

    @property
    def writes(self) -> bool:
        """Whether this process writes the run's files; one does."""
        return self.index == 0

    def part(self, batch_size: int) -> range:
        """Places of a batch that this process takes.

        Raises:
            SettingsError: they cannot be shared evenly.
        """
        each, left = divmod(batch_size, self.count)
        if left:
            raise SettingsError(
                f"setting training.batch_size = {batch_size}: {self.count} processes cannot share "
                "it evenly; use a multiple of their number"
            )
        return range(self.index * each, (self.index + 1) * each)

    def share(self, model: nn.Module) -> nn.Module:
        """The model, whose gradients are averaged over all processes."""
        return self._accelerator.prepare_model(model) if self.count > 1 else model

    def sum(self, values: Tensor) -> Tensor:
        """Sum over all processes."""
        if self.count == 1:
            return values
        total: Tensor = self._accelerator.reduce(values, "sum")
        return total

    def gather(self, values: Tensor, pad: float = 0.0) -> Tensor:
        """All processes' values, one behind the other along the first axis.

        Each is padded to the longest with `pad`.
        """
        if self.count == 1:
            return values
        padded = self._accelerator.pad_across_processes(values, dim=0, pad_index=pad)
        every: Tensor = self._accelerator.gather(padded)
        return every

    def agree(self, facts: Mapping[str, str]) -> None:
        """Refuse to go on with processes that have other facts: their work would not fit together.

        Raises:
            RunError: naming what differs, and what this process has.
        """
        if self.count == 1:
            return
        sums = [int(sha256(value.encode()).hexdigest()[:12], 16) for value in facts.values()]
        every = self.gather(torch.tensor([sums], dtype=torch.int64, device=self.device))
        different = [name for name, same in zip(facts, (every == every[0]).all(0)) if not same]
        if different:
            own = ", ".join(f"{name} {facts[name]}" for name in different)
            raise RunError(
                f"the {self.count} processes of this training do not have the same "
                f"{', '.join(different)}: process {self.index}, on {platform.node()}, has {own}. "
                "They need the same code and data, and a run folder that all of them see"
            )

    def wait(self) -> None:
        """Until all have come this far."""
        if self.count > 1:
            self._accelerator.wait_for_everyone()
