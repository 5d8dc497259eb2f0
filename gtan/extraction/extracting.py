"""One video through a backbone: batches of clips, decoded while the network computes."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path

import numpy as np
import torch
from filelock import FileLock
from numpy.typing import NDArray
from torch import Tensor, nn

from gtan.extraction.ahead import ahead
from gtan.extraction.clips import Clips, clip_batches
from gtan.extraction.feature_file import (
    Extracted,
    PartialFile,
    document_of,
    read_extracted,
    remove_partial,
)
from gtan.extraction.recipe import Recipe, hash_of
from gtan.runs.provenance import package_version
from gtan.video import measure, open_video

PACKAGES = ("gtan", "torch", "av")


def extract_video(
    video: Path,
    path: Path,
    net: nn.Module,
    recipe: Recipe,
    batch_size: int = 8,
    threads: int = 1,
    told: Callable[[int, int], None] = lambda done, clips: None,
) -> Extracted:
    """The features of one video, written to a file; what a killed process left is gone on with.

    Args:
        video: its file.
        path: of the features.
        net: from clips [B, 3, frames, H, W] to vectors [B, D], on the device to compute on.
        recipe: says how.
        batch_size: clips at a time.
        threads: that decode.
        told: called after each batch with the clips done, and (about) how many there are.

    Raises:
        VideoError: nothing can be read of the video.
        ValueError: the file is there already, made otherwise or of another video; or the network
            gives no vectors, or NaN.
    """
    about = {"name": video.name, "bytes": video.stat().st_size, "sha256": hash_of(video)}
    lock = path.with_name(f".{path.name}.lock")
    with FileLock(lock):
        there = _finished(path, recipe, about)
        if there is not None:
            remove_partial(path)
            _remove(lock)
            return there
        timing = measure(video)
        fps = recipe.fps or timing.rate
        device = next((parameter.device for parameter in net.parameters()), torch.device("cpu"))
        made_by = {name: package_version(name) for name in PACKAGES} | {"device": device.type}
        state = {"recipe": recipe.model_dump(mode="json"), "video": about, "made_by": made_by}
        partial = PartialFile(path, state, batch_size)
        with open_video(video, recipe.scale, threads) as opened:
            cut = clip_batches(opened, recipe, fps, batch_size, partial.rows)
            with closing(ahead(cut)) as batches:
                expected = recipe.grid(fps).clips(timing.duration)
                told(partial.rows, expected)
                for clips in batches:
                    partial.append(vectors_of(net, clips, recipe, device))
                    told(partial.rows, max(expected, partial.rows))
            duration = max(opened.end, 1 / fps)
            notes = [opened.damage] if opened.damage else []
        document = document_of(recipe, recipe.grid(fps), duration, about, notes)
        partial.finish(document | {"made_by": made_by})
        _remove(lock)
    found = read_extracted(path)
    assert found is not None
    return found


def _remove(lock: Path) -> None:
    """A lock that is no longer needed: who waits for it finds the work done."""
    with suppress(OSError):  # Windows keeps what is open
        lock.unlink()


def _finished(path: Path, recipe: Recipe, about: dict[str, object]) -> Extracted | None:
    """The file, if it is there and is what was asked for."""
    if not path.exists():
        return None
    there = read_extracted(path)
    if there is None:
        raise ValueError(f"{path} is there, and not by gtan extract; name another folder")
    other = there.recipe.differences(recipe)
    if there.video.get("sha256") != about["sha256"]:
        other.append(f"the video {there.video.get('name')}, which is another one")
    if other:
        raise ValueError(
            f"{path} is there, made otherwise ({'; '.join(other)}); name another folder (--out), "
            "or remove it"
        )
    return there


@torch.inference_mode()
def vectors_of(
    net: nn.Module, clips: Clips, recipe: Recipe, device: torch.device
) -> NDArray[np.float32]:
    """Clips [B, frames, H, W, 3] uint8 -> vectors [B, D].

    Raises:
        ValueError: what comes out are no vectors, or are NaN or infinite.
    """
    frames = torch.from_numpy(clips).to(device, non_blocking=True)
    half = None if recipe.precision == "float32" else getattr(torch, recipe.precision)
    with torch.autocast(device.type, dtype=half, enabled=half is not None):
        vectors = net(as_input(frames, recipe))
    if not isinstance(vectors, Tensor) or vectors.ndim != 2 or len(vectors) != len(clips):
        shape = list(vectors.shape) if isinstance(vectors, Tensor) else type(vectors).__name__
        raise ValueError(
            f"{recipe.backbone} gives {shape} for {len(clips)} clips, not vectors [B, D]: give a "
            "network that ends in them"
        )
    values: NDArray[np.float32] = vectors.float().cpu().numpy()
    if not np.isfinite(values).all():
        raise ValueError(
            f"{recipe.backbone} gives NaN or infinite numbers"
            + ("" if half is None else f"; leave out precision={recipe.precision!r}")
        )
    return values


def as_input(clips: Tensor, recipe: Recipe) -> Tensor:
    """[B, frames, H, W, 3] bytes -> [B, 3, frames, H, W], less the mean, over the deviation."""
    mean = clips.new_tensor(recipe.mean, dtype=torch.float32)
    deviation = clips.new_tensor(recipe.deviation, dtype=torch.float32)
    values = (clips.float() - mean) / deviation
    return values.permute(0, 4, 1, 2, 3).contiguous()
