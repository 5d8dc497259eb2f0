"""Draw docs/images/clip-grid.svg: clips over time, for two grids, to scale.

python scripts/draw_clip_grid.py
"""

from __future__ import annotations

from html import escape
from pathlib import Path

from gtan.files import write_bytes
from gtan.grid import ClipGrid

SVG = Path(__file__).parents[1] / "docs" / "images" / "clip-grid.svg"
CLIPS = 5
LEFT, RIGHT, ROW, BAR = 200, 860, 24, 14  # pixels

STYLE = """
  text { font: 13px system-ui, sans-serif; fill: #222 }
  .small { font-size: 11px } .title { font-size: 15px; font-weight: 600 }
  .clip { fill: #4c78a8 } .cell { fill: none; stroke: #b2560d; stroke-width: 1.5 }
  .middle { fill: #fff; stroke: #222 } .axis { stroke: #555 }
  .guide { stroke: #999; stroke-dasharray: 2 3 }
  .measure { stroke: #222; fill: none } .ground { fill: #fff }
  @media (prefers-color-scheme: dark) {
    text { fill: #ddd } .ground { fill: #15181c } .clip { fill: #6d9ad0 } .cell { stroke: #f0a35e }
    .middle { fill: #15181c; stroke: #ddd } .axis, .measure { stroke: #bbb }
  }
"""


def main() -> None:
    """Write the file; equal code, equal bytes."""
    write_bytes(SVG, draw().encode())


def draw() -> str:
    """The picture as text."""
    video = panel(
        "Video: 16-frame clips, every 8 frames, 30 frames a second (the paper's)",
        ClipGrid(8 / 30, 16 / 30),
        (0.0, 1.8),
        "frames",
        30,
        40,
    )
    sensor = panel(
        "SBHAR: 50-sample clips, every 10 samples, 50 samples a second, offset -20 samples",
        ClipGrid(10 / 50, 50 / 50, -20 / 50),
        (-0.6, 1.6),
        "samples",
        50,
        370,
    )
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 900 690" role="img" '
        'aria-labelledby="title about">\n'
        '<title id="title">The clip grid</title>\n'
        '<desc id="about">Bars: the stretch of time that each clip covers. Dots: their middles. '
        "Boxes: the positions that the clips occupy, one unit each, side by side. Numbers are in "
        "docs/clip-grid.md.</desc>\n"
        f'<style>{STYLE}</style>\n<rect class="ground" width="900" height="690"/>\n'
        f"{video}{sensor}</svg>\n"
    )


def panel(
    title: str, grid: ClipGrid, span: tuple[float, float], unit: str, rate: int, top: int
) -> str:
    """One grid: clips as bars in rows, the positions below, then seconds."""
    scale = (RIGHT - LEFT) / (span[1] - span[0])
    parts: list[str] = []

    def x(seconds: float) -> float:
        return round(LEFT + (seconds - span[0]) * scale, 2)

    def text(at: float, y: float, words: str, anchor: str = "middle", kind: str = "small") -> None:
        parts.append(
            f'<text x="{at}" y="{y}" text-anchor="{anchor}" class="{kind}">{escape(words)}</text>'
        )

    def measure(start: float, end: float, y: float, words: str) -> None:
        a, b = x(start), x(end)
        parts.append(f'<path class="measure" d="M{a} {y - 4}v8M{b} {y - 4}v8M{a} {y}H{b}"/>')
        text(max(a, b) + 6, y + 4, words, "start")

    text(20, top - 20, title, "start", "title")
    first = top + 42
    below = first + CLIPS * ROW + 8
    measure(
        grid.offset, grid.offset + grid.length, top + 10, f"length {grid.length * rate:.0f} {unit}"
    )
    second = grid.offset + grid.stride
    measure(grid.offset, second, top + 30, f"stride {grid.stride * rate:.0f} {unit}")
    if grid.offset:
        measure(grid.offset, 0.0, below + 100, f"offset {grid.offset * rate:.0f} {unit}")
    for clip in range(CLIPS):
        start = grid.offset + clip * grid.stride
        y = first + clip * ROW
        middle = x(start + grid.length / 2)
        text(LEFT - 12, y + BAR - 2, f"clip {clip}", "end")
        parts.append(
            f'<rect class="clip" x="{x(start)}" y="{y}" width="{round(grid.length * scale, 2)}" '
            f'height="{BAR}" rx="3"/>'
            f'<path class="guide" d="M{middle} {y + BAR / 2}V{below}"/>'
            f'<circle class="middle" cx="{middle}" cy="{y + BAR / 2}" r="4"/>'
        )
        left = x(grid.to_seconds(clip))
        parts.append(
            f'<rect class="cell" x="{left}" y="{below}" width="{round(grid.stride * scale, 2)}" '
            'height="22"/>'
        )
        text(middle, below + 15, f"{clip} to {clip + 1}")
    text(LEFT - 12, below + 15, "position in clips", "end")
    axis = below + 48
    parts.append(f'<path class="axis" d="M{LEFT} {axis}H{RIGHT}"/>')
    tick = 0.2
    for number in range(round(span[0] / tick), round(span[1] / tick) + 1):
        seconds = number * tick
        if span[0] - 1e-9 <= seconds <= span[1] + 1e-9:
            parts.append(f'<path class="axis" d="M{x(seconds)} {axis}v5"/>')
            text(x(seconds), axis + 18, f"{seconds:.2f}".rstrip("0").rstrip("."))
            text(x(seconds), axis + 34, f"{seconds * rate:.4g}")
    text(LEFT - 24, axis + 18, "seconds", "end")
    text(LEFT - 24, axis + 34, unit, "end")
    parts.append(f'<path class="guide" d="M{x(0)} {top - 10}V{axis}"/>')
    text(x(0) + 4, top, "start of the recording", "start")
    return "".join(f"{part}\n" for part in parts)


if __name__ == "__main__":
    main()
