"""The training objective (Eq. 6 to 9)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor
from torch.nn import functional

from gtan.assignment import BACKGROUND, FOREGROUND, IGNORED, Assignment, Truths, sample_background
from gtan.detection import decode
from gtan.intervals import interval_iou
from gtan.network import Proposals
from gtan.settings import KernelSettings, Settings

if TYPE_CHECKING:
    from gtan.training.processes import Processes


@dataclass(frozen=True)
class Losses:
    """The three losses, E2's term, their weighted sum, and how many proposals they counted."""

    total: Tensor
    classification: Tensor
    localization: Tensor
    overlap: Tensor
    rest: Tensor  # log(width / where training starts)^2 over background (E2)
    foreground: Tensor
    background: Tensor
    ignored: Tensor


def compute_losses(
    proposals: Proposals,
    assignment: Assignment,
    truths: Truths,
    settings: Settings,
    draws: Tensor,
    processes: Processes | None = None,
) -> Losses:
    """L = L_cls + beta L_loc + gamma L_ov, each a mean over the proposals it counts (Eq. 6).

    With `loss.background_sigma` a term of ours is added, which holds sigmas on background (E2).

    Args:
        draws: [B, N] random numbers, by which background is sampled (`loss.sampling="random"`).
        processes: that share the batch. Means are over the proposals of all; a process's losses
            are such that their average over the processes is that of the batch.
    """
    loss = settings.loss
    batch = torch.arange(len(truths.labels), device=truths.labels.device)[:, None]
    foreground = assignment.state == FOREGROUND
    classes = proposals.logits.shape[-1] - 1
    target = class_targets(foreground, assignment.truths, truths, classes)
    cross_entropy = functional.cross_entropy(  # [B, N]
        proposals.logits.float().transpose(1, 2), target.transpose(1, 2), reduction="none"
    )
    priority = draws if loss.sampling == "random" else cross_entropy
    background = sample_background(assignment.state, priority, loss, processes)
    sampled = foreground | background

    classification = _mean(cross_entropy, sampled, processes)  # Eq. 7

    centers, widths = proposals.centers, proposals.widths
    if loss.sigma_gradient == "stop":  # a mixed kernel's centre moves with sigmas, too (R5)
        centers, widths = centers.detach(), widths.detach()
    refined = decode(centers, widths, proposals.offsets.float(), settings.detection)
    if truths.labels.shape[1]:
        closest = truths.segments[batch, assignment.truth]  # [B, N, 2]
    else:
        closest = torch.zeros_like(proposals.offsets)
    boundary = torch.stack([closest.mean(-1), closest[..., 1] - closest[..., 0]], -1)
    unit = _unit(loss.localization_unit, proposals, boundary[..., 1])
    smooth_l1 = functional.smooth_l1_loss(
        torch.stack(refined, -1) / unit, boundary / unit, reduction="none", beta=loss.smooth_l1
    )
    localization = _mean(smooth_l1.sum(-1), foreground, processes)  # Eq. 8

    iou = assignment.iou
    if loss.overlap_target == "refined":
        center, width = (value.detach() for value in refined)
        iou = interval_iou(center - width / 2, center + width / 2, closest[..., 0], closest[..., 1])
    counted = sampled if loss.overlap_on == "sampled" else proposals.mask
    overlap = _mean((proposals.overlap.float() - iou) ** 2, counted, processes)  # Eq. 9

    total = classification + loss.beta * localization + loss.gamma * overlap
    rest = torch.zeros_like(total)
    if loss.background_sigma and settings.kernels.scale == "gaussian":  # E2
        away = _away_from_rest(proposals, settings.kernels)
        rest = _mean(away, assignment.state == BACKGROUND, processes)
    return Losses(
        total=total + loss.background_sigma * rest,
        classification=classification,
        localization=localization,
        overlap=overlap,
        rest=rest,
        foreground=foreground.sum(),
        background=background.sum(),
        ignored=(assignment.state == IGNORED).sum(),
    )


def _away_from_rest(proposals: Proposals, kernels: KernelSettings) -> Tensor:
    """Squared logarithm of a kernel's width over the one that training starts with: [B, N]."""
    start: Any = kernels.initial_width  # cells
    if kernels.sigma_unit == "map":  # a short map cannot hold a wide kernel
        start = (kernels.sigma_floor + proposals.cells).clip(max=start)
    return (proposals.widths * proposals.cells / proposals.ratios / start).log().square()


def class_targets(foreground: Tensor, mine: Tensor, truths: Truths, classes: int) -> Tensor:
    """What Eq. 7 compares with: [B, N, C+1], background first, each row summing to 1.

    A foreground proposal learns the labels of its visible truths in equal parts (R23), any other
    one background.

    Args:
        foreground: [B, N] bool.
        mine: [B, N, G] bool, truths of each proposal.
    """
    learned = (mine & (truths.mask & truths.visible)[:, None]).float()  # [B, N, G]
    labels = torch.arange(classes, device=mine.device) == truths.labels[..., None]  # [B, G, C]
    actions = (learned @ labels.float()) > 0  # [B, N, C]
    actions = (actions & foreground[..., None]).float()
    parts = torch.cat([(~foreground).float()[..., None], actions], -1)
    return parts / parts.sum(-1, keepdim=True)


def _unit(name: str, proposals: Proposals, truth_widths: Tensor) -> Tensor:
    """What Eq. 8 is measured in, as a fraction of the window: [B or 1, N, 1] (R11)."""
    if name == "cell":
        return (1 / proposals.cells).view(1, -1, 1)
    if name == "truth":
        return truth_widths.clip(min=1e-6)[..., None]
    return torch.ones_like(proposals.centers)[..., None]


def _mean(values: Tensor, where: Tensor, processes: Processes | None) -> Tensor:
    """Mean over the marked entries; zero, with a gradient, where none is marked."""
    total, count = torch.where(where, values, 0.0).sum(), where.sum()
    if processes is not None and processes.count > 1:
        total, count = total * processes.count, processes.sum(count)
    return total / count.clip(min=1)
