"""Speed of the world, one core: drawing and encoding a frame, reading it back, a clip's vector.

python benchmarks/world.py [--seconds 60]
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path

import torch

from gtan.world.convnet import extract, load_convnet
from gtan.world.dataset import WEIGHTS
from gtan.world.film import PIXELS, read_film, write_film
from gtan.world.library import Film


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=60.0, help="of film")
    given = parser.parse_args()
    torch.set_num_threads(1)
    film = Film("bench", "test", 1, 1, given.seconds)
    net = load_convnet(WEIGHTS)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "bench.mp4"
        begin = time.process_time()
        frames = list(film.frames())
        drawn = time.process_time()
        write_film(path, frames)
        written = time.process_time()
        small = read_film(path, PIXELS)
        read = time.process_time()
        clips = extract(net, small)
        seen = time.process_time()
        size = path.stat().st_size
    count = len(frames)
    print(f"{count} frames, {size / count:.0f} bytes a frame")
    for name, spent in (
        ("draw", drawn - begin),
        ("encode", written - drawn),
        ("decode and shrink", read - written),
    ):
        print(f"{name:18s} {1e3 * spent / count:.2f} ms a frame")
    print(f"{'ConvNet':18s} {len(clips) / (seen - read):.0f} clips a second")


if __name__ == "__main__":
    main()
