"""The network of Sections 3.1 to 3.5: features in, kernels and their predictions out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from gtan.cells import first_center
from gtan.grouping import Groups, group_layers
from gtan.kernels import average_weights, derivative_weights, kernel_weights, sigmas_and_widths
from gtan.pooling import gaussian_pool
from gtan.settings import Settings
from gtan.transfers import to_device


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
    mixed: Groups | None  # the mixed kernels, with Algorithm 1's history
    logits: Tensor  # [B, K, R, C+1] class scores before the softmax, background first
    offsets: Tensor  # [B, K, R, 2] (delta_c, delta_w) of Eq. 5
    overlap: Tensor  # [B, K, R] y_ov in (0, 1)
    ratios: tuple[float, ...]  # [R] r_d of Eq. 2

    @property
    def members(self) -> Tensor:
        """[B, K, T_j] bool, on the host, cells that went into each kernel."""
        batch, length = self.valid.shape
        learned = torch.eye(length, dtype=torch.bool).expand(batch, length, length)
        return learned if self.mixed is None else torch.cat([learned, self.mixed.members], 1)


@dataclass(frozen=True)
class Proposals:
    """Kernel x ratio of all layers, side by side: N = sum over layers of K * R."""

    centers: Tensor  # [B, N] a_c of Eq. 2
    widths: Tensor  # [B, N] a_w of Eq. 2
    mask: Tensor  # [B, N] bool
    logits: Tensor  # [B, N, C+1]
    offsets: Tensor  # [B, N, 2]
    overlap: Tensor  # [B, N]
    cells: Tensor  # [N] T_j of the proposal's layer
    ratios: Tensor  # [N] r_d of Eq. 2


class GTAN(nn.Module):
    """Gaussian Temporal Awareness Network (Figure 2).

    Example:
        >>> import torch
        >>> from gtan import GTAN, Settings
        >>> model = GTAN(Settings.preset("sbhar"))
        >>> outputs = model(torch.zeros(1, 300, 512))
        >>> [output.features.shape[-1] for output in outputs]
        [128, 64, 32]
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

    @property
    def layers(self) -> list[AnchorLayer]:
        """The anchor layers, conv_a1 first."""
        return cast("list[AnchorLayer]", list(self.anchors))

    def forward(self, features: Tensor, valid: Tensor | None = None) -> list[LayerOutput]:
        """One output per anchor layer: Figure 2 from left to right.

        Args:
            features: [B, D, T] clip features of a window, T at least 2 ** (layers + 1) for every
                layer to have a cell of its own.
            valid: [B, T] bool, false for padding (at the end); all valid by default.
        """
        if valid is None:
            valid = torch.ones_like(features[:, 0], dtype=torch.bool)

        # The trunk: conv_aj needs the map before it, never its kernels. T halves at each.
        x, valid = self.base(features, valid)  # [B, D_0, T/2]
        maps, valids = [], []
        for anchor in self.layers:
            valid = valid[..., ::2]  # [B, T_j]
            x = anchor.conv(x, valid)  # [B, D_j, T_j]
            maps.append(x)
            valids.append(valid)

        # A Gaussian kernel for every cell of every layer (Eq. 1, 2): [B, S], S = sum of T_j.
        lengths = [x.shape[-1] for x in maps]
        there = torch.cat(valids, 1)
        sigmas, widths = self.learn_sigmas(maps)
        centers = self.centers(lengths, widths)

        # Kernels that overlap become mixed ones (Section 3.3).
        kernels, mixed = self.settings.kernels, None
        if kernels.grouping != "off":
            mixed = group_layers(centers, widths, there, lengths, kernels.epsilon, kernels.merge)

        # Pooling under every kernel, and what is predicted from it (Eq. 4, 5).
        learned = [values.split(lengths, 1) for values in (centers, sigmas, widths)]
        return [
            anchor.predict(maps[j], valids[j], *kernel, mixed[j] if mixed else None)
            for j, (anchor, *kernel) in enumerate(zip(self.layers, *learned))
        ]

    def centers(self, lengths: list[int], like: Tensor) -> Tensor:
        """Where the cells' kernels stand, layer by layer: [B, S] (Eq. 2, R3, R16)."""
        alignment = self.settings.kernels.alignment
        centers = np.concatenate(
            [
                (first_center(layer, alignment) + np.arange(length)) / length
                for layer, length in enumerate(lengths)
            ]
        )
        return to_device(centers, like.device, like.dtype).expand(like.shape)

    def learn_sigmas(self, maps: list[Tensor]) -> tuple[Tensor, Tensor]:
        """Sigma and width at ratio 1 of every cell, layer by layer: [B, S] each (Eq. 1, 2)."""
        lengths = [x.shape[-1] for x in maps]
        if self.settings.kernels.scale != "gaussian":  # the fixed scale: width 1/T
            fixed = to_device(1 / np.repeat(lengths, lengths), maps[0].device, torch.float32)
            widths = fixed.expand(maps[0].shape[0], -1)
            return widths / 2, widths
        logits = [layer.sigma(x) for layer, x in zip(self.layers, maps) if layer.sigma]
        joined = torch.cat(logits, -1).squeeze(1).float()  # [B, S], never in half precision
        return sigmas_and_widths(joined, self.settings.kernels, lengths)


class BaseFeatureNetwork(nn.Module):
    """conv1, conv2 (kernel 3, stride 1) and pool1 (kernel 3, stride 2) of Section 3.1."""

    def __init__(self, settings: Settings) -> None:
        super().__init__()
        network = settings.network
        self.conv1 = TemporalConv(settings, network.feature_dim, network.base_channels[0])
        self.conv2 = TemporalConv(settings, *network.base_channels)
        self.pool1 = nn.MaxPool1d(3, stride=2, padding=1)

    def forward(self, x: Tensor, valid: Tensor) -> tuple[Tensor, Tensor]:
        x = x.masked_fill(~valid.unsqueeze(1), 0.0)  # whatever the padding holds, even NaN
        x = self.conv1(x, valid)
        x = self.conv2(x, valid)
        valid = valid[..., ::2]
        # A window that reaches into the padding must not carry its last clip there.
        return self.pool1(x) * valid.unsqueeze(1), valid


class TemporalConv(nn.Module):
    """Kernel-3 convolution, optional normalisation of each cell, ReLU; padding stays zero (R22)."""

    def __init__(self, settings: Settings, inputs: int, outputs: int, stride: int = 1) -> None:
        super().__init__()
        self.conv = nn.Conv1d(inputs, outputs, 3, stride=stride, padding=1)
        layer_norm = settings.network.normalisation == "layer"
        self.norm = nn.LayerNorm(outputs) if layer_norm else None

    def forward(self, x: Tensor, valid: Tensor) -> Tensor:
        # A cell's features lie side by side in memory, as the norm wants them; convolved as an
        # image of height 1 they stay so, which takes two thirds of the time.
        conv = self.conv
        image, kernel = x.unsqueeze(2), conv.weight.unsqueeze(2)  # [B, D, 1, T], [O, D, 1, 3]
        step = (1, conv.stride[0])
        x = functional.conv2d(image, kernel, conv.bias, step, (0, 1)).squeeze(2)
        if self.norm is not None:
            x = self.norm(x.transpose(1, 2)).transpose(1, 2)
        return x.relu() * valid.unsqueeze(1)


class AnchorLayer(nn.Module):
    """conv_aj, its sigma convolution, pooling and the three predictions of conv_vj."""

    def __init__(self, settings: Settings, layer: int, inputs: int, outputs: int) -> None:
        super().__init__()
        self.kernels = settings.kernels
        self.ratios = settings.ratios(layer)
        self.conv = TemporalConv(settings, inputs, outputs, stride=2)
        self.sigma: nn.Conv1d | None = None
        if self.kernels.scale == "gaussian":
            self.sigma = nn.Conv1d(outputs, 1, 3, padding=1)
            nn.init.zeros_(self.sigma.weight)
            nn.init.zeros_(self.sigma.bias)  # type: ignore[arg-type]
        count = len(self.ratios)
        pooled = outputs * (self.kernels.derivatives + 1)
        self.scores = nn.Conv1d(pooled, count * (settings.network.classes + 1), 1)
        self.offsets = nn.Conv1d(pooled, count * 2, 1)
        self.overlap = nn.Conv1d(pooled, count, 1)

    def predict(
        self,
        features: Tensor,
        valid: Tensor,
        centers: Tensor,
        sigmas: Tensor,
        widths: Tensor,
        mixed: Groups | None,
    ) -> LayerOutput:
        """Pool under every kernel and predict from it (Eq. 4, 5).

        Args:
            features, valid: the map, [B, D, T] and [B, T].
            centers, sigmas, widths: [B, T] each, of the learned kernels.
            mixed: the mixed kernels.
        """
        batch, learned, mask = valid.shape[0], (sigmas, widths), valid
        if mixed is not None:
            if self.kernels.grouping == "replace":  # a member's own kernel leaves
                mask = valid & ~mixed.members.any(1).to(valid.device, non_blocking=True)
            centers = torch.cat([centers, mixed.centers], 1)
            sigmas = torch.cat([sigmas, mixed.widths / 2], 1)  # Eq. 3
            widths = torch.cat([widths, mixed.widths], 1)
            mask = torch.cat([mask, mixed.mask], 1)

        pooled = self.pool(features, centers, sigmas, widths, valid)  # [B, D, K]
        kernels, ratios = centers.shape[1], len(self.ratios)

        def say(conv: nn.Conv1d) -> Tensor:  # [B, K, R, ...]
            return conv(pooled).float().transpose(1, 2).view(batch, kernels, ratios, -1)

        return LayerOutput(
            features=features,
            valid=valid,
            learned_sigmas=learned[0],
            learned_widths=learned[1],
            centers=centers,
            sigmas=sigmas,
            widths=widths,
            mask=mask,
            mixed=mixed,
            logits=say(self.scores),
            offsets=say(self.offsets),
            overlap=say(self.overlap).squeeze(-1).sigmoid(),
            ratios=self.ratios,
        )

    def pool(
        self, features: Tensor, centers: Tensor, sigmas: Tensor, widths: Tensor, valid: Tensor
    ) -> Tensor:
        """Features of every kernel, [B, D, K] (Eq. 4); with derivatives [B, (N + 1) D, K] (E1)."""
        length = features.shape[-1]
        if self.kernels.pooling == "gaussian":
            weights = kernel_weights(centers, sigmas, length, valid)
            if self.kernels.derivatives:
                weights = derivative_weights(weights, centers, sigmas, self.kernels.derivatives)
                pooled = gaussian_pool(features, weights.flatten(1, 2).to(features.dtype))
                return pooled.unflatten(2, (-1, centers.shape[1])).transpose(1, 2).flatten(1, 2)
        elif self.kernels.pooling == "average":
            weights = average_weights(centers, widths, length, valid)
        elif centers.shape[1] == length:  # the cell alone; no grouping, so kernels are cells
            return features
        else:
            nearest = (centers * length).long().clip(0, length - 1)
            return features.gather(2, nearest[:, None].expand(-1, features.shape[1], -1))
        return gaussian_pool(features, weights.to(features.dtype))


def proposals(outputs: list[LayerOutput]) -> Proposals:
    """Every kernel at every scale ratio (Eq. 2), of all layers; a kernel's ratios side by side."""
    device = outputs[0].centers.device
    kernels = [output.centers.shape[1] for output in outputs]
    count = np.repeat([len(output.ratios) for output in outputs], kernels)
    cells = np.repeat([output.valid.shape[1] for output in outputs], kernels)
    ratios = [ratio for k, output in zip(kernels, outputs) for ratio in output.ratios * k]
    known = np.stack([ratios, np.repeat(cells, count)])
    ratio, cell = to_device(known, device, outputs[0].widths.dtype)
    kernel = to_device(np.repeat(np.arange(len(count)), count), device)  # [N]

    def of_kernels(name: str) -> Tensor:  # [B, N]
        return torch.cat([getattr(output, name) for output in outputs], 1).index_select(1, kernel)

    def of_ratios(name: str) -> Tensor:  # [B, N, ...]
        return torch.cat([getattr(output, name).flatten(1, 2) for output in outputs], 1)

    return Proposals(
        centers=of_kernels("centers"),
        widths=of_kernels("widths") * ratio,
        mask=of_kernels("mask"),
        logits=of_ratios("logits"),
        offsets=of_ratios("offsets"),
        overlap=of_ratios("overlap"),
        cells=cell,
        ratios=ratio,
    )


def by_layer(values: Tensor, outputs: list[LayerOutput]) -> list[Tensor]:
    """What is known of all proposals, [B, N, ...], layer by layer: [B, K, R, ...]."""
    shapes = [(output.centers.shape[1], len(output.ratios)) for output in outputs]
    parts = values.split([kernels * ratios for kernels, ratios in shapes], 1)
    return [part.unflatten(1, shape) for part, shape in zip(parts, shapes)]
