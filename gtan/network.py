"""The network of Sections 3.1 to 3.5: features in, kernels and their predictions out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from gtan.grouping import Groups, group_kernels, mixed_only
from gtan.kernels import (
    average_weights,
    cell_centers,
    initial_logit,
    kernel_weights,
    sigmas_and_widths,
)
from gtan.pooling import gaussian_pool
from gtan.settings import Settings


@dataclass(frozen=True)
class LayerOutput:
    """What one anchor layer says of a batch. K kernels: T_j learned ones first, then mixed ones.

    Positions and widths are fractions of the window; R is the number of scale ratios.
    """

    features: Tensor  # [B, D_j, T_j] feature map of conv_aj
    valid: Tensor  # [B, T_j] bool, cells within the recording
    learned_sigmas: Tensor  # [B, T_j]
    learned_widths: Tensor  # [B, T_j] at ratio 1
    centers: Tensor  # [B, K]
    sigmas: Tensor  # [B, K]
    widths: Tensor  # [B, K] at ratio 1
    mask: Tensor  # [B, K] bool, kernels that exist
    members: Tensor  # [B, K, T_j] bool, cells that went into each kernel
    groups: Groups | None  # Algorithm 1's history
    logits: Tensor  # [B, K, R, C+1] class scores before the softmax, background first
    offsets: Tensor  # [B, K, R, 2] (delta_c, delta_w) of Eq. 5
    overlap: Tensor  # [B, K, R] y_ov in (0, 1)
    ratios: tuple[float, ...]


@dataclass(frozen=True)
class Proposals:
    """Kernel x ratio of all layers, side by side: N = sum over layers of K * R."""

    centers: Tensor  # [B, N] a_c of Eq. 2
    widths: Tensor  # [B, N] a_w of Eq. 2
    mask: Tensor  # [B, N] bool
    logits: Tensor  # [B, N, C+1]
    offsets: Tensor  # [B, N, 2]
    overlap: Tensor  # [B, N]
    layer: Tensor  # [N] anchor layer, from 0
    kernel: Tensor  # [N] index of the kernel within its layer
    ratio: Tensor  # [N] index of the scale ratio
    mixed: Tensor  # [B, N] bool
    cells: Tensor  # [N] T_j of the proposal's layer


class GTAN(nn.Module):
    """Gaussian Temporal Awareness Network (Figure 2).

    Example:
        >>> import torch
        >>> from gtan import GTAN, Settings
        >>> model = GTAN(Settings.preset("sbhar"))
        >>> outputs = model(torch.zeros(1, 300, 512))
        >>> [output.features.shape[-1] for output in outputs]
        [128, 64, 32, 16, 8]
    """

    def __init__(self, settings: Settings) -> None:
        super().__init__()
        self.settings = settings
        network = settings.network
        self.base = BaseFeatureNetwork(settings)
        channels = (network.base_channels[1], *network.anchor_channels)
        self.anchors = nn.ModuleList(
            AnchorLayer(settings, layer, channels[layer], channels[layer + 1])
            for layer in range(settings.layers)
        )

    def forward(self, features: Tensor, valid: Tensor | None = None) -> list[LayerOutput]:
        """One output per anchor layer.

        Args:
            features: [B, D, T] clip features of a window, T at least 2 ** (layers + 1) for every
                layer to have a cell of its own.
            valid: [B, T] bool, false for padding (at the end); all valid by default.
        """
        if valid is None:
            valid = torch.ones_like(features[:, 0], dtype=torch.bool)
        x, valid = self.base(features, valid)  # [B, D_0, T/2]
        outputs = []
        for anchor in self.anchors:
            output = anchor(x, valid)  # T halves from layer to layer
            x, valid = output.features, output.valid
            outputs.append(output)
        return outputs


class BaseFeatureNetwork(nn.Module):
    """conv1, conv2 (kernel 3, stride 1) and pool1 (kernel 3, stride 2) of Section 3.1."""

    def __init__(self, settings: Settings) -> None:
        super().__init__()
        network = settings.network
        self.dropout = nn.Dropout1d(network.dropout)
        self.conv1 = TemporalConv(settings, network.feature_dim, network.base_channels[0])
        self.conv2 = TemporalConv(settings, *network.base_channels)
        self.pool1 = nn.MaxPool1d(3, stride=2, padding=1)

    def forward(self, x: Tensor, valid: Tensor) -> tuple[Tensor, Tensor]:
        x = x.masked_fill(~valid[:, None], 0.0)  # whatever the padding holds, even NaN
        x = self.dropout(x)
        x = self.conv1(x, valid)
        x = self.conv2(x, valid)
        valid = valid[:, ::2]
        # A window that reaches into the padding must not carry its last clip there.
        return self.pool1(x) * valid[:, None], valid


class TemporalConv(nn.Module):
    """Kernel-3 convolution, optional normalisation of each cell, ReLU; padding stays zero (R22)."""

    def __init__(self, settings: Settings, inputs: int, outputs: int, stride: int = 1) -> None:
        super().__init__()
        self.conv = nn.Conv1d(inputs, outputs, 3, stride=stride, padding=1)
        layer_norm = settings.network.normalisation == "layer"
        self.norm = nn.LayerNorm(outputs) if layer_norm else None

    def forward(self, x: Tensor, valid: Tensor) -> Tensor:
        x = self.conv(x)
        if self.norm is not None:
            x = self.norm(x.transpose(1, 2)).transpose(1, 2)
        return x.relu() * valid[:, None]


class AnchorLayer(nn.Module):
    """conv_aj, its sigma convolution, grouping, pooling and the three predictions of conv_vj."""

    def __init__(self, settings: Settings, layer: int, inputs: int, outputs: int) -> None:
        super().__init__()
        self.kernels = settings.kernels
        self.ratios = settings.ratios(layer)
        # Cells by which (t + 0.5) / T lies right of the receptive field's centre (R16).
        self.shift = 0.5 - 0.5 ** (layer + 3)
        self.conv = TemporalConv(settings, inputs, outputs, stride=2)
        self.sigma: nn.Conv1d | None = None
        if self.kernels.scale == "gaussian":
            self.sigma = nn.Conv1d(outputs, 1, 3, padding=1)
            nn.init.zeros_(self.sigma.weight)
            nn.init.zeros_(self.sigma.bias)  # type: ignore[arg-type]
        count = len(self.ratios)
        self.scores = nn.Conv1d(outputs, count * (settings.network.classes + 1), 1)
        self.offsets = nn.Conv1d(outputs, count * 2, 1)
        self.overlap = nn.Conv1d(outputs, count, 1)

    def forward(self, x: Tensor, valid: Tensor) -> LayerOutput:
        valid = valid[:, ::2]
        features = self.conv(x, valid)  # [B, D, T]
        batch, _, length = features.shape

        cells = cell_centers(length, features.device).expand(batch, length)
        if self.kernels.alignment == "receptive_field":
            cells = cells - self.shift / length
        learned_sigmas, learned_widths = self.learn_sigmas(features)  # [B, T] each

        centers, sigmas, widths, mask = cells, learned_sigmas, learned_widths, valid
        members = torch.eye(length, dtype=torch.bool, device=features.device)
        members = members.expand(batch, length, length)
        groups = None
        if self.kernels.grouping != "off":
            groups = group_kernels(
                cells, learned_widths, self.kernels.epsilon, self.kernels.merge, valid
            )
            mixed = mixed_only(groups)
            if self.kernels.grouping == "replace":  # a member's own kernel leaves
                mask = valid & ~(mixed.members & mixed.mask[..., None]).any(1)
            centers = torch.cat([centers, mixed.centers], 1)
            sigmas = torch.cat([sigmas, mixed.widths / 2], 1)
            widths = torch.cat([widths, mixed.widths], 1)
            mask = torch.cat([mask, mixed.mask], 1)
            members = torch.cat([members, mixed.members], 1)
            # A slot without a kernel still needs finite weights.
            sigmas = torch.where(mask, sigmas, 1.0)

        pooled = self.pool(features, centers, sigmas, widths, valid)  # [B, D, K]
        kernels, ratios = centers.shape[1], len(self.ratios)

        def predict(conv: nn.Conv1d) -> Tensor:
            return conv(pooled).float().transpose(1, 2).view(batch, kernels, ratios, -1)

        return LayerOutput(
            features=features,
            valid=valid,
            learned_sigmas=learned_sigmas,
            learned_widths=learned_widths,
            centers=centers,
            sigmas=sigmas,
            widths=widths,
            mask=mask,
            members=members,
            groups=groups,
            logits=predict(self.scores),
            offsets=predict(self.offsets),
            overlap=predict(self.overlap).squeeze(-1).sigmoid(),
            ratios=self.ratios,
        )

    def learn_sigmas(self, features: Tensor) -> tuple[Tensor, Tensor]:
        """Sigma and width at ratio 1 of every cell: [B, T] each (Eq. 1, 2)."""
        if self.sigma is None:  # the fixed scale: width 1/T
            widths = torch.full_like(features[:, 0].float(), 1 / features.shape[-1])
            return widths / 2, widths
        start = initial_logit(self.kernels, features.shape[-1])
        logits = self.sigma(features).squeeze(1).float() + start  # never in half precision
        return sigmas_and_widths(logits, self.kernels)

    def pool(
        self, features: Tensor, centers: Tensor, sigmas: Tensor, widths: Tensor, valid: Tensor
    ) -> Tensor:
        """Features of every kernel, [B, D, K] (Eq. 4)."""
        length = features.shape[-1]
        if self.kernels.pooling == "gaussian":
            weights = kernel_weights(centers, sigmas, length, valid)
        elif self.kernels.pooling == "average":
            weights = average_weights(centers, widths, length, valid)
        elif centers.shape[1] == length:  # the cell alone; no grouping, so kernels are cells
            return features
        else:
            nearest = (centers * length).long().clip(0, length - 1)
            return features.gather(2, nearest[:, None].expand(-1, features.shape[1], -1))
        return gaussian_pool(features, weights.to(features.dtype))


def proposals(outputs: list[LayerOutput]) -> Proposals:
    """Every kernel at every scale ratio (Eq. 2), of all layers."""
    parts: dict[str, list[Tensor]] = {}

    def add(**tensors: Tensor) -> None:
        for name, tensor in tensors.items():
            parts.setdefault(name, []).append(tensor)

    for layer, output in enumerate(outputs):
        device = output.centers.device
        batch, kernels = output.centers.shape
        length, count = output.features.shape[-1], len(output.ratios)
        ratios = torch.tensor(output.ratios, device=device)
        index = torch.arange(kernels, device=device).repeat_interleave(count)
        add(
            centers=output.centers.repeat_interleave(count, 1),
            widths=(output.widths[..., None] * ratios).flatten(1),
            mask=output.mask.repeat_interleave(count, 1),
            logits=output.logits.flatten(1, 2),
            offsets=output.offsets.flatten(1, 2),
            overlap=output.overlap.flatten(1, 2),
            layer=torch.full_like(index, layer),
            kernel=index,
            ratio=torch.arange(count, device=device).repeat(kernels),
            mixed=(index >= length).expand(batch, -1),
            cells=torch.full_like(index, length),
        )
    joined: dict[str, Any] = {
        name: torch.cat(tensors, -1 if name in _FLAT else 1) for name, tensors in parts.items()
    }
    return Proposals(**joined)


_FLAT = {"layer", "kernel", "ratio", "cells"}
