"""The network as two programs of `torch.export`, which run where torch is and gtan is not.

Algorithm 1 walks from cell to cell and decides as it goes, which no graph of tensors can; so the
network is cut where it stands in Figure 2: before it the trunk, with the sigmas; after it the
heads, which pool under whatever kernels they are given.
"""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any, cast

import torch
from torch import Tensor, nn
from torch.export import Dim, ExportedProgram, export, save

from gtan.cells import layer_cells
from gtan.files import write_json
from gtan.network import GTAN, AnchorLayer
from gtan.runs.run import Run, open_run

FORMAT, VERSION = "gtan.network", 1
EXAMPLE_BATCH = 2  # torch.export takes a batch of 1 for a constant
EXAMPLE_MIXED = 3  # kernels beside the learned ones, for the same reason


def export_network(run: Run | str | Path | None, folder: str | Path) -> Path:
    """Write a run's network as `trunk.pt2`, `heads.pt2` and `network.json`.

    ``trunk(features, valid)`` takes clip features [B, D, T] and valid [B, T] bool, and returns a
    dictionary of tuples, one entry a layer: ``maps`` [B, D_j, T_j], ``valids`` [B, T_j], and of the
    learned kernels ``centers``, ``sigmas``, ``widths`` [B, T_j], fractions of the window.
    ``heads`` takes those five by name, with K_j kernels a layer where mixed ones are added, and
    returns ``logits`` [B, K_j, R, C+1] (background first), ``offsets`` [B, K_j, R, 2] and
    ``overlap`` [B, K_j, R]. B is free, and so is K_j; T is the run's window, the only length that
    its network has seen: shorter recordings are padded, and `valid` is false there.

    Args:
        run: a run, the path of its folder, or None for the example run.
        folder: for the three files; made if it is not there.

    Returns:
        The folder.

    Raises:
        FileNotFoundError: there is no run, or no checkpoint in it.
        FileExistsError: one of the files is there already.

    Example:
        >>> import gtan
        >>> gtan.export_network("runs/mine", "exported")  # doctest: +SKIP
    """
    run, folder = open_run(run), Path(folder)
    files = [folder / name for name in ("trunk.pt2", "heads.pt2", "network.json")]
    for file in files:
        if file.exists():
            raise FileExistsError(f"{file} is there already; name another folder, or remove it")
    model = run.model("cpu")
    trunk, heads = export_parts(model)
    folder.mkdir(parents=True, exist_ok=True)
    for file, program in zip(files, (trunk, heads)):
        save(program, file)
    write_json(files[2], about(run, model))
    return folder


def export_parts(model: GTAN) -> tuple[ExportedProgram, ExportedProgram]:
    """Trunk and heads of a network, on the device where it is; see `export_network`."""
    settings, device = model.settings, next(model.parameters()).device
    length = settings.data.window
    features = torch.zeros(EXAMPLE_BATCH, settings.network.feature_dim, length, device=device)
    valid = torch.ones(EXAMPLE_BATCH, length, dtype=torch.bool, device=device)
    batch = Dim("batch", min=1)
    with torch.no_grad():
        trunk = export(Trunk(model), (features, valid), dynamic_shapes=({0: batch}, {0: batch}))
        given = trunk.module()(features, valid)
        # Without pooling a kernel is a cell: there are no others.
        free = settings.kernels.pooling != "cell"
        shapes: dict[str, Any] = {name: ({0: batch},) * len(given[name]) for name in given}
        for name in ("centers", "sigmas", "widths") if free else ():
            given[name] = tuple(
                torch.cat([values, values[:, :EXAMPLE_MIXED]], 1) for values in given[name]
            )
            shapes[name] = tuple(
                {0: batch, 1: Dim(f"kernels{layer}", min=1)} for layer in range(len(model.layers))
            )
        heads = export(Heads(model), (), given, dynamic_shapes=shapes)
    return trunk, heads


def about(run: Run, model: GTAN) -> dict[str, Any]:
    """What one must know to use the programs, as JSON."""
    import gtan

    settings = run.settings
    cells = layer_cells(settings.data.window, settings.layers)
    return {
        "format": FORMAT,
        "version": VERSION,
        "gtan": gtan.__version__,
        "torch": torch.__version__,
        "step": run.step,
        "feature_dim": settings.network.feature_dim,
        "window": settings.data.window,
        "classes": list(run.classes),
        "layers": [
            {"cells": count, "ratios": list(layer.ratios)}
            for count, layer in zip(cells, model.layers)
        ],
        "kernels": settings.kernels.model_dump(mode="json"),
        "detection": settings.detection.model_dump(mode="json"),
    }


class Trunk(nn.Module):
    """Features to feature maps and learned kernels: the left of Figure 2."""

    def __init__(self, model: GTAN) -> None:
        super().__init__()
        self.model = _only(model, "base", "anchors")
        anchors = [_only(layer, "conv", "sigma") for layer in model.layers]
        self.model.anchors = nn.ModuleList(anchors)

    def forward(self, features: Tensor, valid: Tensor) -> dict[str, tuple[Tensor, ...]]:
        """[B, D, T] and [B, T] -> see `export_network`."""
        x, valid = self.model.base(features, valid)
        maps, valids = [], []
        for anchor in self.model.layers:
            valid = valid[..., ::2]
            x = anchor.conv(x, valid)
            maps.append(x)
            valids.append(valid)
        lengths = [x.shape[-1] for x in maps]
        sigmas, widths = self.model.learn_sigmas(maps)
        centers = self.model.centers(lengths, widths)
        kernels = {"centers": centers, "sigmas": sigmas, "widths": widths}
        learned = {name: values.split(lengths, 1) for name, values in kernels.items()}
        return {"maps": tuple(maps), "valids": tuple(valids), **learned}


class Heads(nn.Module):
    """Maps and kernels, learned and mixed, to predictions: the right of Figure 2."""

    def __init__(self, model: GTAN) -> None:
        super().__init__()
        parts = [_only(layer, "scores", "offsets", "overlap") for layer in model.layers]
        self.layers = nn.ModuleList(parts)

    def forward(
        self,
        maps: tuple[Tensor, ...],
        valids: tuple[Tensor, ...],
        centers: tuple[Tensor, ...],
        sigmas: tuple[Tensor, ...],
        widths: tuple[Tensor, ...],
    ) -> dict[str, tuple[Tensor, ...]]:
        """One entry a layer each; see `export_network`."""
        layers = cast("list[AnchorLayer]", list(self.layers))
        said = [
            layer.predict(maps[j], valids[j], centers[j], sigmas[j], widths[j], None)
            for j, layer in enumerate(layers)
        ]
        return {
            name: tuple(getattr(one, name) for one in said)
            for name in ("logits", "offsets", "overlap")
        }


def _only(module: Any, *names: str) -> Any:
    """A module with some of its parts alone, so that no program holds weights it does not use."""
    part = copy.copy(module)
    part._modules = {name: found for name, found in module._modules.items() if name in names}
    return part
