"""Videos whose frames say their own number: eight blocks, black or white, are its bits."""

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

SIZE, BITS = 96, 8
FPS = Fraction(25, 2)
CODECS = {"mp4": ("libx264", {}), "webm": ("libvpx-vp9", {"deadline": "realtime", "cpu-used": "8"})}

# In the browser: the number of the frame that a video element shows.
READ = """(() => {
  const canvas = document.createElement('canvas');
  canvas.width = canvas.height = 96;
  const on = canvas.getContext('2d');
  on.drawImage(document.querySelector('.gx-picture'), 0, 0, 96, 96);
  let number = 0;
  for (let bit = 0; bit < 8; bit++) {
    const [x, y] = [12 + 24 * (bit % 4), 24 + 48 * Math.floor(bit / 4)];
    if (on.getImageData(x, y, 1, 1).data[1] > 128) number |= 1 << bit;
  }
  return number;
})()"""


def picture(number: int) -> np.ndarray:
    """The blocks of a number, four to a row."""
    bits = [(number >> bit) & 1 for bit in range(BITS)]
    blocks = np.array(bits, np.uint8).reshape(2, 4) * 255
    return np.repeat(np.kron(blocks, np.ones((48, 24), np.uint8))[:, :, None], 3, axis=2)


def write_video(path: Path, seconds: float, fps: Fraction = FPS) -> Path:
    """H.264 in MP4, or VP9 in WebM, as the path's end says; from frame 256 on, 0 comes again."""
    av = pytest.importorskip("av")
    codec, options = CODECS[path.suffix[1:]]
    path.parent.mkdir(parents=True, exist_ok=True)
    container = {"movflags": "faststart"} if path.suffix == ".mp4" else {}
    with av.open(str(path), "w", options=container) as out:
        stream = out.add_stream(codec, rate=fps, options=options)
        stream.width = stream.height = SIZE
        stream.pix_fmt = "yuv420p"
        for number in range(round(seconds * fps)):
            frame = av.VideoFrame.from_ndarray(picture(number % 2**BITS), format="rgb24")
            frame.pts, frame.time_base = number, 1 / fps
            out.mux(stream.encode(frame))
        out.mux(stream.encode())
    return path
