"""What extraction costs beside the backbone itself, and how much memory an hour takes.

    python benchmarks/extraction.py [--seconds 20] [--hours 1]

Weights are random, which costs what trained ones do. The backbone alone sees the same batches of
clips, ready in memory. Memory is the peak of a process of its own, after a minute and after an hour
of the same pictures.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch

from gtan.backbones import C3D, P3D199, load_backbone, recipe_of
from gtan.devices import choose_device
from gtan.extraction.clips import clip_batches
from gtan.extraction.extracting import extract_video, vectors_of
from gtan.video import measure, open_video
from gtan.video.encoding import write_mp4
from gtan.workers import cores

FPS, BATCH = 25.0, 8


def pictures(seconds: float, height: int, width: int) -> Iterator[np.ndarray]:
    """A pattern that wanders over a photograph's amount of detail."""
    rng = np.random.default_rng(0)
    wide = rng.integers(0, 256, (height // 8, width // 8 + 64, 3), np.uint8)
    wide = wide.repeat(8, 0).repeat(8, 1)
    for number in range(round(seconds * FPS)):
        yield wide[:height, number % 512 : number % 512 + width]


def film(folder: Path, seconds: float, height: int, width: int) -> Path:
    """Such a video, encoded as most are."""
    path = folder / f"{seconds:g}s_{width}x{height}.mp4"
    options = {"preset": "veryfast", "crf": "26"}
    write_mp4(path, pictures(seconds, height, width), FPS, options, key_every=50)
    return path


def cost(name: str, folder: Path, seconds: float, device: str) -> None:
    """Extraction against the backbone alone."""
    weights = None
    if name != "world":
        weights = folder / f"{name}.pt"
        torch.save((C3D() if name == "c3d" else P3D199()).state_dict(), weights)
    recipe = recipe_of(name, weights)
    net = load_backbone(name, weights).to(choose_device(device))
    for size in ((96, 96), (480, 640), (1080, 1920)):
        path = film(folder, seconds, *size)
        with open_video(path, recipe.scale, cores()) as video:
            batches = list(clip_batches(video, recipe, recipe.fps or FPS, BATCH))
        place = next(net.parameters()).device
        alone, whole = [], []
        for attempt in range(3):
            start = time.perf_counter()
            for batch in batches:
                vectors_of(net, batch, recipe, place)
            alone.append(time.perf_counter() - start)
            start = time.perf_counter()
            out = folder / f"{attempt}" / f"{name}-{size[0]}.safetensors"
            extract_video(path, out, net, recipe, BATCH, cores())
            whole.append(time.perf_counter() - start)
        clips = sum(map(len, batches))
        print(
            f"{name} on {place.type}, {size[1]} x {size[0]}: {clips} clips, alone "
            f"{clips / min(alone):.1f} clips/s, extraction {clips / min(whole):.1f} clips/s: "
            f"{min(whole) / min(alone):.3f} times",
            flush=True,
        )


class Mean(torch.nn.Module):
    """No network to speak of, so that memory is extraction's own: 4096 numbers a clip."""

    def forward(self, clips: torch.Tensor) -> torch.Tensor:
        """[B, 3, frames, H, W] -> [B, 4096]."""
        return clips.mean((1, 2, 3, 4))[:, None].expand(-1, 4096)


def memory(path: Path, out: Path) -> None:
    """Extract, and say the peak of this process."""
    recipe = recipe_of("world").with_(stride=8, fps=FPS)
    extract_video(path, out, Mean(), recipe, BATCH, cores())
    # Linux; getrusage would count what the process was forked from.
    lines = Path("/proc/self/status").read_text().splitlines()
    peak = next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) / 1024
    print(
        f"{measure(path).duration / 60:.0f} min: peak {peak:.0f} MiB, "
        f"file {out.stat().st_size / 1e6:.1f} MB",
        flush=True,
    )


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--seconds", type=float, default=20.0, help="of the timed videos")
    parser.add_argument("--hours", type=float, default=1.0, help="of the long video; 0: none")
    parser.add_argument("--backbones", nargs="*", default=["world", "c3d", "p3d199"])
    parser.add_argument("--device", default="auto")
    parser.add_argument("--memory", nargs=2, type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.memory:
        memory(*given.memory)
        return
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        for name in given.backbones:
            cost(name, folder, given.seconds, given.device)
        for minutes in (1.0, 60 * given.hours):
            if minutes:
                path = film(folder, 60 * minutes, 120, 160)
                out = folder / f"{minutes:g}.safetensors"
                command = [sys.executable, __file__, "--memory", str(path), str(out)]
                subprocess.run(command, check=True)


if __name__ == "__main__":
    main()
