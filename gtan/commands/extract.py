"""``gtan extract``: features of videos."""

from __future__ import annotations

import argparse
import sys

from gtan.commands.options import number, path, strict, whole


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Declare ``gtan extract``."""
    parser = commands.add_parser(
        "extract",
        help="features of videos, by a backbone",
        description="Features of videos: clips of 16 frames every 8 through a backbone, one file "
        "for each video, which says where its clips lie. Killed and started again, it goes on. "
        "Exit code 1: a video failed. For example: gtan extract videos --backbone c3d --weights "
        "c3d.pickle --out features",
    )
    strict(parser)
    parser.add_argument("video", nargs="+", type=path, metavar="VIDEO", help="or a folder of them")
    parser.add_argument(
        "--backbone",
        required=True,
        metavar="NAME",
        help="c3d (fc6; c3d:fc7, c3d:pool5), p3d199, world (the small world's ConvNet, whose "
        "weights ship), or a video model of torchvision's, as r3d_18",
    )
    parser.add_argument(
        "--weights", type=path, metavar="FILE", help="of the backbone; you have them, no download"
    )
    parser.add_argument("--out", type=path, required=True, metavar="FOLDER")
    parser.add_argument("--frames", type=whole, help="of a clip (default: 16)")
    parser.add_argument("--stride", type=whole, help="frames from clip to clip (default: 8)")
    parser.add_argument(
        "--fps", type=number, help="frames a second to see (default: each video's own)"
    )
    parser.add_argument(
        "--precision", choices=["float32", "bfloat16", "float16"], help="(default: float32)"
    )
    parser.add_argument("--batch-size", type=whole, default=8, help="clips at a time (default: 8)")
    parser.add_argument(
        "--device", choices=["auto", "cpu", "cuda", "mps"], default="auto", help="(default: auto)"
    )
    parser.add_argument("--workers", type=whole, help="processes here, a video each at a time")
    parser.add_argument("--scheduler", metavar="ADDRESS", help="a dask scheduler, tcp://host:8786")
    parser.set_defaults(run=run, command="extract")


def run(arguments: argparse.Namespace) -> int:
    """Run ``gtan extract``."""
    from gtan.extraction import extract

    table = extract(
        arguments.video,
        arguments.backbone,
        arguments.out,
        weights=arguments.weights,
        frames=arguments.frames,
        stride=arguments.stride,
        fps=arguments.fps,
        precision=arguments.precision,
        batch_size=arguments.batch_size,
        device=arguments.device,
        scheduler=arguments.scheduler,
        workers=arguments.workers,
        progress=sys.stderr.isatty(),
    )
    for row in table.to_dict("records"):
        if row["error"]:
            print(f"{row['video']}: {row['error']}", file=sys.stderr)
            continue
        print(f"{row['features']}: {row['clips']} clips of {row['duration']:.2f} s")
        if row["notes"]:
            print(f"{row['video']}: {row['notes']}", file=sys.stderr)
    return int((table["error"] != "").any())
