"""One optimisation step: what a network, its optimizer and its moving average do with a batch."""

from __future__ import annotations

import math
from typing import Any

import torch
from accelerate import Accelerator
from torch import Tensor

from gtan.assignment import Truths, assign
from gtan.grouping import stray_members
from gtan.losses import Losses, compute_losses
from gtan.network import GTAN, LayerOutput, proposals
from gtan.settings import Settings, TrainingSettings


class NonFiniteLossError(FloatingPointError):
    """A loss or a prediction became NaN or infinite; the message says where, and what to do."""


class Learner:
    """Weights, optimizer and moving average."""

    def __init__(self, settings: Settings, accelerator: Accelerator) -> None:
        self.settings, self.accelerator = settings, accelerator
        training = settings.training
        self.model = GTAN(settings)
        # Biases, norms and the like are not decayed.
        groups: list[dict[str, Any]] = [
            {"params": [p for p in self.model.parameters() if p.ndim >= 2]},
            {"params": [p for p in self.model.parameters() if p.ndim < 2], "weight_decay": 0.0},
        ]
        optimizer: torch.optim.Optimizer
        if training.optimizer == "sgd":
            optimizer = torch.optim.SGD(
                groups,
                training.learning_rate,
                training.momentum,
                weight_decay=training.weight_decay,
            )
        else:
            optimizer = torch.optim.AdamW(
                groups, training.learning_rate, weight_decay=training.weight_decay
            )
        self.trained, self.optimizer = accelerator.prepare(self.model, optimizer)
        self.average: GTAN | None = None
        if training.ema:
            self.average = GTAN(settings).to(accelerator.device)
            self.average.load_state_dict(self.model.state_dict())

    @property
    def detector(self) -> GTAN:
        """The network that detects: the moving average if there is one."""
        return self.average or self.model

    def step(self, step: int, features: Tensor, valid: Tensor, truths: Truths) -> dict[str, float]:
        """One optimisation step on a batch; returns its row of metrics.

        Dropout and sampling depend on the seed and `step` alone, so that a run can be resumed
        without the state of any random generator.

        Raises:
            NonFiniteLossError: naming the step, the loss and the layer.
        """
        training, device = self.settings.training, self.accelerator.device
        seed = training.seed * 1_000_003 + step
        torch.manual_seed(seed)
        generator = torch.Generator().manual_seed(seed)
        for group in self.optimizer.param_groups:
            group["lr"] = learning_rate(training, step)
        self.trained.train()
        with self.accelerator.autocast():
            outputs = self.trained(features.to(device), valid.to(device))
        joined = proposals(outputs)
        truths = truths.to(device)
        assignment = assign(joined.centers, joined.widths, joined.mask, truths, self.settings.loss)
        losses = compute_losses(joined, assignment, truths, self.settings, generator)
        checked = (losses.total, joined.widths, joined.logits, joined.offsets, joined.overlap)
        if not all(torch.isfinite(value).all() for value in checked):
            raise NonFiniteLossError(_where(step, outputs, losses))
        self.optimizer.zero_grad()
        self.accelerator.backward(losses.total)
        norm = self.accelerator.clip_grad_norm_(self.model.parameters(), training.gradient_clip)
        self.optimizer.step()
        if self.average is not None:
            decay = min(training.ema, (1 + step) / (10 + step))
            with torch.no_grad():
                for slow, fast in zip(
                    self.average.parameters(), self.model.parameters(), strict=True
                ):
                    slow.lerp_(fast, 1 - decay)
        row = {
            "step": step,
            "loss": losses.total.item(),
            "classification": losses.classification.item(),
            "localization": losses.localization.item(),
            "overlap": losses.overlap.item(),
            "learning_rate": learning_rate(training, step),
            "gradient_norm": float(norm),
            "foreground": int(losses.foreground),
            "background": int(losses.background),
            "ignored": int(losses.ignored),
            "unmatched_truths": int(assignment.unmatched),
            "stray_members": sum(
                stray_members(output.groups, output.centers[:, : output.valid.shape[1]])
                for output in outputs
                if output.groups
            ),
        }
        for layer, output in enumerate(outputs, 1):
            row[f"mixed_{layer}"] = int(output.mask[:, output.valid.shape[1] :].sum())
        return row


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
