"""Which proposals are foreground and which background (Section 3.5)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from gtan.intervals import interval_iou
from gtan.settings import LossSettings
from gtan.transfers import send

if TYPE_CHECKING:
    from gtan.training.processes import Processes

FOREGROUND, IGNORED, BACKGROUND, ABSENT = 1, 0, -1, -2
SAME_SEGMENT = 1e-3  # of a window, by which starts and ends of one segment may differ (R23)


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
            send(self.segments, device),
            send(self.labels, device),
            send(self.mask, device),
            send(self.visible, device),
        )


@dataclass(frozen=True)
class Assignment:
    """For each of N proposals of a batch.

    Attributes:
        state: [B, N] int8: FOREGROUND, IGNORED, BACKGROUND or ABSENT (not a proposal).
        truth: [B, N] int64, index of the closest truth (0 where there is none).
        truths: [B, N, G] bool, the closest truth and those of the same segment (R23); none where
            nothing is overlapped.
        iou: [B, N] g_iou, tIoU of the default boundary with it (0 where there is none).
        unmatched: [] number of truths that no foreground proposal learns.
    """

    state: Tensor
    truth: Tensor
    truths: Tensor
    iou: Tensor
    unmatched: Tensor


def assign(
    centers: Tensor, widths: Tensor, mask: Tensor, truths: Truths, settings: LossSettings
) -> Assignment:
    """Foreground above 0.8, background below 0.3 tIoU with the closest truth (Section 3.5).

    With `matching="best"` every truth also makes a proposal of its own foreground (R8). With
    `ties="all"` truths of one segment count as one, and a proposal of theirs learns all of them
    (R23).

    Args:
        centers, widths: [B, N] default boundaries, fractions of the window.
        mask: [B, N] bool, proposals that exist.
    """
    centers, widths = centers.detach(), widths.detach()
    batch, count = centers.shape
    if truths.segments.shape[1] == 0:
        zeros = torch.zeros(batch, count, dtype=torch.long, device=centers.device)
        state = torch.where(mask, BACKGROUND, ABSENT).to(torch.int8)
        none = mask.new_zeros(batch, count, 0)
        return Assignment(state, zeros, none, torch.zeros_like(centers), zeros.new_zeros(()))
    starts, ends = centers - widths / 2, centers + widths / 2
    overlap = interval_iou(  # [B, N, G]
        starts[..., None],
        ends[..., None],
        truths.segments[:, None, :, 0],
        truths.segments[:, None, :, 1],
    )
    overlap = overlap * (truths.mask[:, None] & mask[..., None])
    alike = one_segment(truths, settings.ties)  # [B, G, G]
    wanted = truths.mask & truths.visible

    iou, truth = overlap.max(-1)
    matched = torch.zeros_like(mask)
    if settings.matching == "best":
        # Of truths of one segment the first visible one asks for all.
        asks = wanted & ~(alike & wanted[:, None]).tril(-1).any(-1)
        match = match_one_to_one(overlap * asks[:, None])  # [B, N]
        matched = match >= 0
        truth = torch.where(matched, match, truth)
        iou = overlap.gather(2, truth[..., None]).squeeze(-1)
    mine = alike.gather(1, truth[..., None].expand(-1, -1, alike.shape[-1]))  # [B, N, G]
    mine = mine & (iou > 0)[..., None]

    foreground = ((iou > settings.foreground) | matched) & (mine & wanted[:, None]).any(-1) & mask
    background = (iou < settings.background) & ~foreground & mask
    state = torch.full_like(truth, IGNORED, dtype=torch.int8)
    state.masked_fill_(foreground, FOREGROUND)
    state.masked_fill_(background, BACKGROUND)
    state.masked_fill_(~mask, ABSENT)
    learned = (mine & foreground[..., None]).any(1)  # [B, G]
    return Assignment(state, truth, mine, iou, (wanted & ~learned).sum())


def one_segment(truths: Truths, ties: str) -> Tensor:
    """Which truths of a window count as one: [B, G, G] bool, symmetric (R23).

    Those whose starts and ends are at most a thousandth of the window apart, and those of these;
    with `ties="first"` each is for itself.
    """
    count = truths.labels.shape[1]
    both = truths.mask[:, :, None] & truths.mask[:, None]
    if ties == "first":
        return both & torch.eye(count, dtype=torch.bool, device=both.device)
    segments = truths.segments
    apart = (segments[:, :, None] - segments[:, None]).abs().amax(-1)
    alike = (both & (apart <= SAME_SEGMENT)).float()
    for _ in range((count - 1).bit_length()):  # neighbours of neighbours
        alike = torch.bmm(alike, alike).clip(max=1)
    return alike > 0


def match_one_to_one(overlap: Tensor) -> Tensor:
    """Truths and proposals in pairs, the best fit first, none in two of them.

    Greedy by falling tIoU over pairs that overlap; of equal ones the earlier truth, then the
    earlier proposal. Always the same on every device.

    Args:
        overlap: [B, N, G] tIoU of N proposals with G truths.

    Returns:
        [B, N] int64, the truth that a proposal is paired with, -1 for none.

    Example:
        Both truths fit the first proposal best; the second truth fits it better.

        >>> match_one_to_one(torch.tensor([[[0.5, 0.9], [0.4, 0.8]]])).tolist()
        [[1, 0]]
    """
    batch, count, truths = overlap.shape
    left = overlap.transpose(1, 2).flatten(1)  # [B, G * N], what is still free
    pair = torch.arange(truths * count, device=overlap.device)
    truth_of, proposal_of = pair // count, pair % count
    found = []
    for _ in range(truths):
        best, place = left.max(-1, keepdim=True)  # [B, 1], the first of equal ones
        found.append((best, place))
        taken = (truth_of == place // count) | (proposal_of == place % count)
        left = left.masked_fill(taken, 0.0)
    bests, places = (torch.cat(parts, 1) for parts in zip(*found))  # [B, G] each
    pairs = torch.where(bests > 0, places // count, -1)
    match = torch.full((batch, count), -1, dtype=torch.long, device=overlap.device)
    return match.scatter_reduce(1, places % count, pairs, "amax")


def sample_background(
    state: Tensor, priority: Tensor, settings: LossSettings, processes: Processes | None = None
) -> Tensor:
    """Background proposals that take part, `background_ratio` to every foreground one (R19).

    Over the whole batch, those of highest priority first. Without any foreground the batch still
    learns from one background proposal a window.

    Args:
        state: [B, N] of `assign`.
        priority: [B, N], random numbers or how hard the proposals are.
        processes: that share the batch.

    Returns:
        [B, N] bool.
    """
    background = state == BACKGROUND
    foreground, windows = (state == FOREGROUND).sum(), len(state)
    own = priority.detach().masked_fill(~background, -torch.inf).flatten()
    every, first = own, 0
    if processes is not None and processes.count > 1:
        foreground, windows = processes.sum(foreground), windows * processes.count
        every = processes.gather(own, pad=-torch.inf)
        first = processes.index * (len(every) // processes.count)
    wanted = (foreground * settings.background_ratio).round()
    wanted = torch.where(foreground > 0, wanted, windows)
    order = every.argsort(descending=True, stable=True)
    rank = torch.empty_like(order).scatter_(0, order, torch.arange(len(order), device=order.device))
    return background & (rank[first : first + len(own)] < wanted).view_as(state)
