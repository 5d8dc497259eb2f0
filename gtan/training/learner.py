"""One optimisation step: what a network, its optimizer and its moving average do with a batch."""

from __future__ import annotations

import math
from contextlib import AbstractContextManager
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from gtan.assignment import Truths, assign
from gtan.losses import Losses, compute_losses
from gtan.network import GTAN, LayerOutput, proposals
from gtan.settings import Settings, TrainingSettings
from gtan.training.processes import Processes
from gtan.transfers import send, to_device, to_host

# Metrics of a step: what all processes together have the mean of, and what they have the sum of.
MEANS = ("loss", "classification", "localization", "overlap", "rest", "gradient_norm")
SUMS = ("foreground", "background", "ignored", "unmatched_truths", "stray_members")


class NonFiniteLossError(FloatingPointError):
    """A loss or a prediction became NaN or infinite; the message says where, and what to do."""


class Learner:
    """Weights, optimizer and moving average."""

    def __init__(self, settings: Settings, processes: Processes) -> None:
        self.settings, self.processes = settings, processes
        training = settings.training
        self.model = GTAN(settings).to(processes.device)
        self.trained = processes.share(self.model)
        # Biases, norms and the like are not decayed.
        groups: list[dict[str, Any]] = [
            {"params": [p for p in self.model.parameters() if p.ndim >= 2]},
            {"params": [p for p in self.model.parameters() if p.ndim < 2], "weight_decay": 0.0},
        ]
        given: dict[str, Any] = {
            "lr": training.learning_rate,
            "weight_decay": training.weight_decay,
            "fused": processes.device.type in ("cpu", "cuda"),  # one call, and no host reads
        }
        self.optimizer: torch.optim.Optimizer
        if training.optimizer == "sgd":
            self.optimizer = torch.optim.SGD(groups, momentum=training.momentum, **given)
        else:
            self.optimizer = torch.optim.AdamW(groups, **given)
        # torch's AveragedModel reads its counter from the device, and knows no such start.
        self.average: GTAN | None = None
        if training.ema:
            self.average = GTAN(settings).to(processes.device)
            self.average.load_state_dict(self.model.state_dict())
        self.scaler = torch.amp.GradScaler(
            processes.device.type, enabled=training.mixed_precision == "fp16"
        )
        self._unread: list[tuple[int, float, Tensor]] = []  # step, learning rate, metrics

    @property
    def detector(self) -> GTAN:
        """The network that detects: the moving average if there is one."""
        return self.average or self.model

    def step(self, step: int, features: Tensor, valid: Tensor, truths: Truths) -> None:
        """One optimisation step on this process's part of a batch.

        What is random depends on the seed, `step` and a window's place in the whole batch alone, so
        that a run can be resumed without the state of any random generator.

        Raises:
            NonFiniteLossError: naming the step, the loss and the layer; nothing was changed.
        """
        training, device = self.settings.training, self.processes.device
        rate = learning_rate(training, step)
        for group in self.optimizer.param_groups:
            group["lr"] = rate

        # Figure 2, and what its proposals should have said (Section 3.5).
        self.trained.train()
        with self._precision():
            outputs: list[LayerOutput] = self.trained(send(features, device), send(valid, device))
        joined = proposals(outputs)
        truths = truths.to(device)
        assignment = assign(joined.centers, joined.widths, joined.mask, truths, self.settings.loss)
        draws = to_device(self._draws(step, outputs), device)
        losses = compute_losses(joined, assignment, truths, self.settings, draws, self.processes)

        self.optimizer.zero_grad()
        self.scaler.scale(losses.total).backward()
        self.scaler.unscale_(self.optimizer)
        norm = torch.nn.utils.clip_grad_norm_(self.model.parameters(), training.gradient_clip)

        # Any NaN or infinity is in a sum of all; one read tells, before a weight is changed.
        said = (joined.widths, joined.logits, joined.offsets, joined.overlap)
        total = torch.stack([losses.total.detach(), *(value.detach().sum() for value in said)])
        if not np.isfinite(to_host(self.processes.sum(total.sum()))):
            raise NonFiniteLossError(_where(step, outputs, losses))
        self.scaler.step(self.optimizer)
        self.scaler.update()
        if self.average is not None:
            # Of the last few steps at first, so that the random start is soon forgotten.
            decay = min(training.ema, (1 + step) / (10 + step))
            with torch.no_grad():
                torch._foreach_lerp_(
                    list(self.average.parameters()), list(self.model.parameters()), 1 - decay
                )

        # Metrics wait on the device until `read`.
        measured = (
            losses.total, losses.classification, losses.localization, losses.overlap, losses.rest,
            norm,
            losses.foreground, losses.background, losses.ignored, assignment.unmatched,
        )  # fmt: skip
        mixed = [output.mixed for output in outputs]
        stray = sum(groups.stray if groups else 0 for groups in mixed)
        counted = [stray, *(groups.count if groups else 0 for groups in mixed)]
        row = torch.stack([value.detach().float() for value in measured])
        row = torch.cat([row, to_device(np.array(counted, np.float32), device)])
        self._unread.append((step, rate, row))

    def read(self) -> list[dict[str, float]]:
        """Metrics of the steps since the last call, one row each, of all processes together."""
        if not self._unread:
            return []
        steps, rates, rows = zip(*self._unread)
        self._unread = []
        every = to_host(self.processes.gather(torch.stack(rows)[None])).astype(np.float64)
        means = every[..., : len(MEANS)].mean(0)
        sums = every[..., len(MEANS) :].sum(0).astype(int)
        layers = [f"mixed_{layer + 1}" for layer in range(self.settings.layers)]
        return [
            {"step": step, "learning_rate": rate}
            | dict(zip(MEANS, mean.tolist()))
            | dict(zip((*SUMS, *layers), total.tolist()))
            for step, rate, mean, total in zip(steps, rates, means, sums)
        ]

    def _precision(self) -> AbstractContextManager[Any]:
        """Half precision, where it is asked for."""
        kind = {"no": None, "fp16": torch.float16, "bf16": torch.bfloat16}
        dtype = kind[self.settings.training.mixed_precision]
        return torch.autocast(self.processes.device.type, dtype, enabled=dtype is not None)

    def _draws(self, step: int, outputs: list[LayerOutput]) -> NDArray[np.float32]:
        """Random numbers for every proposal, [B, N].

        A window's do not depend on how many kernels others of its batch mixed: each layer has as
        many as it could ever need.
        """
        batch = len(outputs[0].valid)
        first = self.processes.index * batch
        most = [(o.valid.shape[1] + o.valid.shape[1] // 2) * len(o.ratios) for o in outputs]
        rows = np.stack(
            [
                np.random.default_rng((self.settings.training.seed, step, first + row, 1)).random(
                    sum(most), np.float32
                )
                for row in range(batch)
            ]
        )
        begins = np.cumsum([0, *most])
        used = [o.centers.shape[1] * len(o.ratios) for o in outputs]
        return np.concatenate(
            [rows[:, begin : begin + count] for begin, count in zip(begins, used)], 1
        )


def learning_rate(training: TrainingSettings, step: int) -> float:
    """Learning rate of optimisation step `step`, counted from 1."""
    warm = min(1.0, step / training.warmup) if training.warmup else 1.0
    if training.schedule == "cosine":
        share = (step - 1) / training.iterations
        return training.learning_rate * warm * 0.5 * (1 + math.cos(math.pi * share))
    return training.learning_rate * warm * float(0.1 ** ((step - 1) // training.step_size))


def _where(step: int, outputs: list[LayerOutput], losses: Losses) -> str:
    """What to say of a loss that is not finite."""
    bad = [
        f"conv_a{layer} ({name.replace('_', ' ')})"
        for layer, output in enumerate(outputs, 1)
        for name in ("features", "learned_sigmas", "logits", "offsets", "overlap")
        if not torch.isfinite(getattr(output, name)).all()
    ]
    names = ("classification", "localization", "overlap")
    parts = [name for name in names if not torch.isfinite(getattr(losses, name))]
    return (
        f"the loss is not finite at step {step}: {', '.join(parts) or 'total'}; first seen in "
        f"{bad[0] if bad else 'the loss itself (all layers are finite)'}"
    )
