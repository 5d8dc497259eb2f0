"""Which proposals are foreground and which background (Section 3.5)."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from gtan.intervals import interval_iou
from gtan.settings import LossSettings

FOREGROUND, IGNORED, BACKGROUND, ABSENT = 1, 0, -1, -2


@dataclass(frozen=True)
class Truths:
    """Annotated instances of a batch of windows, padded to the same number G.

    Attributes:
        segments: [B, G, 2] start and end, fractions of the window, cut at its edges.
        labels: [B, G] int64 action class, from 0.
        mask: [B, G] bool, false for padding.
        visible: [B, G] bool, false where too little of the instance lies in the window: its
            proposals are ignored (R18).
    """

    segments: Tensor
    labels: Tensor
    mask: Tensor
    visible: Tensor

    def to(self, device: torch.device) -> Truths:
        """The same on another device."""
        return Truths(
            self.segments.to(device),
            self.labels.to(device),
            self.mask.to(device),
            self.visible.to(device),
        )


@dataclass(frozen=True)
class Assignment:
    """For each of N proposals of a batch.

    Attributes:
        state: [B, N] int8: FOREGROUND, IGNORED, BACKGROUND or ABSENT (not a proposal).
        truth: [B, N] int64, index of the closest truth (0 where there is none).
        iou: [B, N] g_iou, tIoU of the default boundary with it (0 where there is none).
        unmatched: [] number of truths that are no foreground proposal's closest.
    """

    state: Tensor
    truth: Tensor
    iou: Tensor
    unmatched: Tensor


def assign(
    centers: Tensor, widths: Tensor, mask: Tensor, truths: Truths, settings: LossSettings
) -> Assignment:
    """Foreground above 0.8, background below 0.3 tIoU with the closest truth (Section 3.5).

    With `matching="best"` every truth also makes its own best proposal foreground (R8).

    Args:
        centers, widths: [B, N] default boundaries, fractions of the window.
        mask: [B, N] bool, proposals that exist.
    """
    centers, widths = centers.detach(), widths.detach()
    batch, count = centers.shape
    if truths.segments.shape[1] == 0:
        zeros = torch.zeros(batch, count, dtype=torch.long, device=centers.device)
        state = torch.where(mask, BACKGROUND, ABSENT).to(torch.int8)
        return Assignment(state, zeros, torch.zeros_like(centers), zeros.new_zeros(()))
    starts, ends = centers - widths / 2, centers + widths / 2
    overlap = interval_iou(  # [B, N, G]
        starts[..., None],
        ends[..., None],
        truths.segments[:, None, :, 0],
        truths.segments[:, None, :, 1],
    )
    overlap = overlap * (truths.mask[:, None] & mask[..., None])
    iou, truth = overlap.max(-1)

    foreground = iou > settings.foreground
    if settings.matching == "best":
        best_iou, best = overlap.max(1)  # [B, G]
        wanted = truths.mask & truths.visible & (best_iou > 0)
        row = torch.arange(batch, device=centers.device)[:, None].expand_as(best)[wanted]
        index = torch.arange(best.shape[1], device=centers.device).expand_as(best)[wanted]
        foreground[row, best[wanted]] = True
        truth = truth.index_put((row, best[wanted]), index)
        iou = overlap.gather(2, truth[..., None]).squeeze(-1)
    foreground = foreground & truths.visible.gather(1, truth) & mask
    background = (iou < settings.background) & ~foreground & mask

    state = torch.full_like(truth, IGNORED, dtype=torch.int8)
    state[foreground] = FOREGROUND
    state[background] = BACKGROUND
    state[~mask] = ABSENT
    hit = torch.zeros_like(truths.labels).scatter_add(1, truth, foreground.long()) > 0
    unmatched = (truths.mask & truths.visible & ~hit).sum()
    return Assignment(state, truth, iou, unmatched)


def sample_background(
    state: Tensor, difficulty: Tensor, settings: LossSettings, generator: torch.Generator
) -> Tensor:
    """Background proposals that take part, `background_ratio` to every foreground one (R19).

    Over the whole batch, at random or the hardest first. Without any foreground the batch still
    learns from one background proposal a window.

    Args:
        state: [B, N] of `assign`.
        difficulty: [B, N], higher is harder; read when sampling is `hardest`.

    Returns:
        [B, N] bool.
    """
    background = (state == BACKGROUND).flatten()
    foreground = int((state == FOREGROUND).sum())
    wanted = round(foreground * settings.background_ratio) if foreground else state.shape[0]
    wanted = min(wanted, int(background.sum()))
    if settings.sampling == "random":
        order = torch.rand(background.numel(), generator=generator).to(state.device)
    else:
        order = difficulty.detach().flatten()
    chosen = order.masked_fill(~background, -torch.inf).topk(wanted).indices
    result = torch.zeros_like(background)
    result[chosen] = True
    return result.view_as(state)
