"""The batches of a training, step by step."""

from __future__ import annotations

from collections.abc import Iterable

from torch import Tensor
from torch.utils.data import DataLoader
from torch.utils.data import Dataset as TorchDataset

from gtan.assignment import Truths
from gtan.data.batches import collate
from gtan.data.dataset import Dataset
from gtan.data.windows import WindowCutter, WindowSampler
from gtan.settings import Settings
from gtan.training.processes import Processes

Batch = tuple[Tensor, Tensor, Truths]  # features [B, D, T], valid [B, T], and the truths


def batches_of(
    settings: Settings, dataset: Dataset, processes: Processes, steps: range
) -> Iterable[Batch]:
    """This process's part of the batches of some steps.

    They are cut ahead by `training.workers` processes of a loader.

    Raises:
        SettingsError: if the batch cannot be shared evenly.
    """
    training = settings.training
    sampler = WindowSampler(
        WindowCutter(dataset, settings.data.window, settings.data.min_visible),
        dataset.subsets["train"],
        settings.augmentation,
        batch_size=training.batch_size,
        seed=training.seed,
        dropout=settings.network.dropout,
    )
    return DataLoader(
        _BatchOfStep(sampler, processes.part(training.batch_size)),
        batch_size=None,
        sampler=steps,
        num_workers=training.workers,
        pin_memory=processes.device.type == "cuda",
    )


class _BatchOfStep(TorchDataset[Batch]):
    """Batches by step, for a DataLoader."""

    def __init__(self, sampler: WindowSampler, places: range) -> None:
        self.sampler, self.places = sampler, places

    def __getitem__(self, step: int) -> Batch:
        return collate(self.sampler.batch(step, self.places))
