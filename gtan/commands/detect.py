"""``gtan detect``: the actions in recordings, by a trained run."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from gtan.commands.options import number, path, strict

if TYPE_CHECKING:
    import pandas as pd

    from gtan.data.dataset import Recording
    from gtan.runs.run import Run


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Declare ``gtan detect``."""
    parser = commands.add_parser(
        "detect",
        help="the actions in videos and recordings, by a trained run",
        description="The actions in videos and recordings, by a trained run: those at or above an "
        "operating point, the best first. For example: gtan detect holiday.mp4 --run runs/mine "
        "--page holiday.html, or gtan detect monday.npy --run runs/mine --fps 25",
    )
    strict(parser)
    parser.add_argument(
        "source",
        nargs="+",
        metavar="SOURCE",
        help="a video, which becomes features as the run's did; a feature file (on SBHAR: raw "
        "samples); a folder of either; or, of the run's data set, a recording's name, or train, "
        "validation or test",
    )
    parser.add_argument(
        "--run", dest="folder", type=path, metavar="RUN", help="its folder (default: the example)"
    )
    parser.add_argument(
        "--weights", type=path, metavar="FILE", help="of the backbone (default: where they lay)"
    )
    parser.add_argument("--fps", type=number, help="of new features (default: the run's)")
    parser.add_argument(
        "--duration",
        type=number,
        metavar="SECONDS",
        help="of a new feature file (default: up to its last clip)",
    )
    parser.add_argument(
        "--at",
        metavar="POINT",
        help="which detections: f1, precision=0.9 or recall=0.8, for least scores chosen on the "
        "run's validation recordings; score=0.3; or all (default: f1, or all without them)",
    )
    parser.add_argument(
        "--tiou",
        type=number,
        default=0.5,
        help="from which on an action of those counts as found (default: 0.5)",
    )
    parser.add_argument(
        "--out",
        type=path,
        metavar="FILE",
        help="write them as ActivityNet .json, as .csv, or as subtitles, .vtt or .srt",
    )
    parser.add_argument(
        "--page",
        type=path,
        metavar="FILE",
        help="write the explorer as one .html, with these recordings and their videos in it",
    )
    parser.set_defaults(run=run, command="detect")


def run(arguments: argparse.Namespace) -> None:
    """Run ``gtan detect``."""
    from gtan.data.annotations import write_detections
    from gtan.evaluation.detection import check_tiou
    from gtan.evaluation.operating import read_at
    from gtan.files import write_bytes
    from gtan.inference import detect_recordings, operating_point
    from gtan.runs.run import open_run
    from gtan.runs.source import choose_recordings, files_meant, files_of
    from gtan.subtitles import subtitles

    sources, out, at, page = arguments.source, arguments.out, arguments.at, arguments.page
    if out is not None and not out.name.lower().endswith(ENDINGS):
        raise ValueError(f"--out {out}: must end in {', '.join(ENDINGS)}")
    if page is not None and page.suffix.lower() not in (".html", ".htm"):
        raise ValueError(f"--page {page}: must end in .html")
    read_at(at or "f1")
    check_tiou([arguments.tiou])
    run = open_run(arguments.folder)
    files = files_meant(sources)
    if arguments.duration is not None and max(len(sources), len(files)) > 1:
        raise ValueError("--duration is of one recording; give that one alone")
    for option, written in (("--out", out), ("--page", page)):
        if written is not None:
            check_out(option, written, run, [*map(Path, sources), *files])
    recordings = choose_recordings(
        run, sources, arguments.fps, arguments.duration, arguments.weights
    )
    for option, written in (("--out", out), ("--page", page)):
        if written is not None:
            check_out(option, written, run, files_of(recordings))
    if out is not None and out.suffix.lower() in SUBTITLES and len(recordings) > 1:
        raise ValueError(
            f"--out {out}: subtitles are of one video, and these are {len(recordings)}; give one"
        )
    progress = sys.stderr.isatty()
    try:
        point = operating_point(run, at or "f1", arguments.tiou, progress)
        said = str(point)
    except (ValueError, OSError) as error:
        if at:
            raise
        point = operating_point(run, "all")
        said = f"{point}, since none can be chosen: {error}"
    if point.recordings and run.settings.data.train_on == "train+validation":
        said += ". The run has learned from these recordings: others will have lower figures"
    print(f"operating point: {said}", file=sys.stderr)
    found = detect_recordings(run, recordings, point.least, progress)
    kept = point.kept(found)
    if out is not None and out.suffix.lower() in SUBTITLES:
        write_bytes(out, subtitles(kept, out.suffix.lower()[1:]).encode())
    elif out is not None and out.suffix.lower() == ".csv":
        write_bytes(out, kept.to_csv(index=False).encode())
    elif out is not None:
        write_detections(kept, out)
    written = page and write_page(run, page, recordings, bool(files), progress)
    for name in recordings:
        print(_shown(name, kept[kept["video"] == name], int((found["video"] == name).sum())))
    if written:
        print(f"{written}: open it by double click")


def write_page(
    run: Run, path: Path, recordings: Mapping[str, Recording], are_new: bool, progress: bool
) -> Path:
    """The explorer of these recordings; the one thing here for which `gtan_viz` is needed.

    Raises:
        ModuleNotFoundError: it is not installed.
    """
    from gtan.data.video_recording import VideoRecording
    from gtan.runs.source import stored_names, with_recordings
    from gtan_viz.explorer.page import page

    if are_new:
        taken = stored_names(run)
        recordings = {
            f"{name} (new)" if name in taken else name: one for name, one in recordings.items()
        }
        for recording in recordings.values():
            if isinstance(recording, VideoRecording):
                recording.video(progress)  # a small copy may take a while
        run = with_recordings(run, recordings)
    return page(run, path, list(recordings))


def check_out(option: str, out: Path, run: Run, read: Iterable[Path]) -> None:
    """Refuse to write over what is detected in, or into the run.

    Raises:
        ValueError: naming the file.
    """
    place = out.resolve()
    if any(file.resolve() == place for file in read):
        raise ValueError(f"{option} {out}: is what is detected in; name another file")
    if place.is_relative_to(run.path.resolve()):
        raise ValueError(
            f"{option} {out}: lies in the run's folder, whose files are its own; name another"
        )


SUBTITLES = (".vtt", ".srt")
ENDINGS = (".json", ".json.gz", ".csv", *SUBTITLES)
ROWS = 20  # detections of a recording that are shown


def _shown(name: str, kept: pd.DataFrame, found: int) -> str:
    """A recording's detections to read, the best first."""
    text = f"{name}: {len(kept)} detections"
    if found > len(kept):
        text += f" ({found - len(kept)} below the operating point)"
    if not kept.empty:
        table = kept[["start", "end", "label", "score"]].head(ROWS)
        text += "\n" + table.to_string(
            index=False,
            formatters={"start": "{:.2f}".format, "end": "{:.2f}".format, "score": "{:.3f}".format},
            max_colwidth=60,
        )
    if len(kept) > ROWS:
        text += f"\nand {len(kept) - ROWS} more with lower scores (--out FILE writes all)"
    return text + "\n"
