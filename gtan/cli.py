"""The command ``gtan``. One function adds a subcommand, one runs it; imports wait until it runs."""

from __future__ import annotations

import argparse
import json
import os
import re
import sys
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

    from gtan.runs.run import Run


class Once(argparse.Action):
    """Stores a value; an option given twice is refused, where argparse would keep the last.

    `given`, in the namespace, names what was on the command line.
    """

    def __call__(
        self,
        parser: argparse.ArgumentParser,
        namespace: argparse.Namespace,
        values: Any,
        option_string: str | None = None,
    ) -> None:
        """Store `values`."""
        given = vars(namespace).setdefault("given", [])
        if self.dest in given:
            raise argparse.ArgumentError(self, "given twice; keep one of them")
        given.append(self.dest)
        setattr(namespace, self.dest, values)


def strict(parser: argparse.ArgumentParser) -> None:
    """Make `Once` the action of the options that name none."""
    parser.register("action", None, Once)


def number(text: str) -> float:
    """A number on the command line."""
    from gtan.data.numbers import read_number

    value = read_number(text)
    if value is None:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number")
    return value


def whole(text: str) -> int:
    """A whole number on the command line; int() alone would take 1_0 for 10."""
    if not re.fullmatch(r"[+-]?[0-9]+", text):
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number")
    return int(text)


def path(text: str) -> Path:
    """A path on the command line; an empty one would be the current folder."""
    if not text.strip():
        raise argparse.ArgumentTypeError(f"{text!r} names no file or folder ('.': the current one)")
    return Path(text)


def main(argv: Sequence[str] | None = None) -> int:
    """Run a subcommand; returns the exit code.

    0; 1 if a run of a sweep failed or a check found a fault; 2, with one line on stderr, for bad
    input; 130 after Ctrl-C.
    """
    parser = argparse.ArgumentParser(
        prog="gtan", description="Gaussian Temporal Awareness Networks for action localization."
    )
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    add_detect(commands)
    add_evaluate(commands)
    add_sweep(commands)
    add_pack(commands)
    add_check(commands)
    arguments = parser.parse_args(argv)
    return told(f"{parser.prog} {arguments.command}", lambda: arguments.run(arguments))


def told(command: str, run: Callable[[], int | None]) -> int:
    """Run a command; what is wrong with its input is told in one line, and never as a traceback."""
    try:
        code = run()
        sys.stdout.flush()
        return code or 0
    except BrokenPipeError:  # the reader, say `head`, has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except KeyboardInterrupt:
        print(f"{command}: stopped. Started again, it goes on where it can", file=sys.stderr)
        return 130
    except (ValueError, OSError, KeyError, ImportError) as error:
        text = error.args[0] if isinstance(error, KeyError) and error.args else error
        print(f"{command}: error: {' '.join(str(text).split())}", file=sys.stderr)
        return 2


def add_detect(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Declare ``gtan detect``."""
    parser = commands.add_parser(
        "detect",
        help="the actions in recordings, by a trained run",
        description="The actions in recordings, by a trained run: those at or above an operating "
        "point, the best first. For example: gtan detect monday.npy --run runs/mine --fps 25",
    )
    strict(parser)
    parser.add_argument(
        "source",
        nargs="+",
        metavar="SOURCE",
        help="a feature file (on SBHAR: raw samples) or a folder of them; or, of the run's data "
        "set, a recording's name, or train, validation or test",
    )
    parser.add_argument(
        "--run", dest="folder", type=path, metavar="RUN", help="its folder (default: the example)"
    )
    parser.add_argument("--fps", type=number, help="of new recordings (default: the run's)")
    parser.add_argument(
        "--duration",
        type=number,
        metavar="SECONDS",
        help="of a new recording (default: up to its last clip)",
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
        "--out", type=path, metavar="FILE", help="write them as ActivityNet .json, or as .csv"
    )
    parser.set_defaults(run=run_detect, command="detect")


def run_detect(arguments: argparse.Namespace) -> None:
    """Run ``gtan detect``."""
    from gtan.data.annotations import write_detections
    from gtan.evaluation.detection import check_tiou
    from gtan.evaluation.operating import read_at
    from gtan.files import write_bytes
    from gtan.inference import detect_recordings, operating_point
    from gtan.runs.run import open_run
    from gtan.runs.source import choose_recordings, files_meant, files_of

    sources, out, at = arguments.source, arguments.out, arguments.at
    if out is not None and not out.name.lower().endswith((".json", ".json.gz", ".csv")):
        raise ValueError(f"--out {out}: must end in .json, .json.gz or .csv")
    read_at(at or "f1")
    check_tiou([arguments.tiou])
    run = open_run(arguments.folder)
    files = files_meant(sources)
    if arguments.duration is not None and max(len(sources), len(files)) > 1:
        raise ValueError("--duration is of one recording; give that one alone")
    if out is not None:
        check_out(out, run, [*map(Path, sources), *files])
    recordings = choose_recordings(run, sources, arguments.fps, arguments.duration)
    if out is not None:
        check_out(out, run, files_of(recordings))
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
    if out is not None and out.suffix.lower() == ".csv":
        write_bytes(out, kept.to_csv(index=False).encode())
    elif out is not None:
        write_detections(kept, out)
    for name in recordings:
        print(_shown(name, kept[kept["video"] == name], int((found["video"] == name).sum())))


def check_out(out: Path, run: Run, read: Iterable[Path]) -> None:
    """Refuse to write detections over what is detected in, or into the run.

    Raises:
        ValueError: naming the file.
    """
    place = out.resolve()
    if any(file.resolve() == place for file in read):
        raise ValueError(f"--out {out}: is what is detected in; name another file")
    if place.is_relative_to(run.path.resolve()):
        raise ValueError(
            f"--out {out}: lies in the run's folder, whose files are its own; name another"
        )


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


def add_evaluate(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Declare ``gtan evaluate``."""
    parser = commands.add_parser(
        "evaluate",
        help="mean average precision of detections",
        description="Mean average precision of detections by an official protocol. Files are "
        "ActivityNet JSON, or CSV or TSV (video,label,start,end[,score]; seconds), optionally "
        "gzipped; detections also THUMOS14's submissions (.txt).",
    )
    strict(parser)
    parser.add_argument("--truth", type=path, required=True, metavar="T")
    parser.add_argument("--detections", type=path, required=True, metavar="D")
    parser.add_argument(
        "--protocol",
        required=True,
        choices=["activitynet", "thumos14"],
        help="thumos14 knows the truth label Ambiguous",
    )
    parser.add_argument(
        "--tiou",
        type=number,
        nargs="+",
        help="thresholds (default: 0.5:0.05:0.95 for activitynet, 0.1:0.1:0.5 for thumos14)",
    )
    parser.add_argument("--subset", help="recordings of the truth to evaluate (default: all)")
    parser.add_argument(
        "--label-map", type=path, metavar="MAP", help="names of labels that the files number"
    )
    parser.add_argument("--json", type=path, metavar="OUT", help="write the numbers here, too")
    parser.set_defaults(run=run_evaluate, command="evaluate")


def run_evaluate(arguments: argparse.Namespace) -> None:
    """Run ``gtan evaluate``."""
    from gtan.data.annotations import read_detections, read_truth
    from gtan.data.formats import read_thumos_submission
    from gtan.data.labels import read_label_map
    from gtan.evaluation import evaluate_detections
    from gtan.files import write_json

    labels = read_label_map(arguments.label_map) if arguments.label_map else None
    truth = read_truth(arguments.truth, arguments.subset, labels=labels)
    found: Path = arguments.detections
    if found.name.removesuffix(".gz").endswith(".txt"):
        # The submission's own numbers are THUMOS14's, unless a map says otherwise.
        own = {"labels": {int(number): name for number, name in labels.items()}} if labels else {}
        detections = read_thumos_submission(found, **own)
    else:
        detections = read_detections(found, labels=labels)
    results = evaluate_detections(truth, detections, arguments.protocol, arguments.tiou)
    if arguments.json is not None:
        write_json(arguments.json, results.to_json())
    print(results.summary())


def add_sweep(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Declare ``gtan sweep``."""
    parser = commands.add_parser(
        "sweep",
        help="run a notebook with many parameters",
        description="Run a notebook with every combination of parameter values (or with a list of "
        "parameters), on the cores here or on a dask cluster. Started again, it goes on where it "
        "stopped. A dask cluster belongs on a trusted network. Exit code 1: a run failed.",
    )
    strict(parser)
    parser.add_argument("notebook", type=path, help="say notebooks/pipelines/measure.ipynb")
    parser.add_argument("--folder", type=path, required=True, help="where everything goes")
    parser.add_argument(
        "-p",
        "--parameter",
        nargs="+",
        action="append",
        default=[],
        metavar=("NAME", "VALUE"),
        help="a parameter and its values, as -p seed 0 1 2; JSON, or text where it is none",
    )
    parser.add_argument(
        "--parameters",
        type=path,
        metavar="FILE",
        help="JSON instead: {name: [values]} for a grid, [{name: value}] for a list of runs",
    )
    parser.add_argument("--scheduler", metavar="ADDRESS", help="a dask scheduler, tcp://host:8786")
    parser.add_argument("--workers", type=whole, help="processes here (default: 2)")
    parser.set_defaults(run=run_sweep, command="sweep")


def run_sweep(arguments: argparse.Namespace) -> int:
    """Run ``gtan sweep``."""
    from gtan.experiments.sweep import sweep
    from gtan.files import read_json

    if bool(arguments.parameter) == bool(arguments.parameters):
        raise ValueError("give either -p NAME VALUE... or --parameters FILE")
    parameters = (
        read_json(arguments.parameters) if arguments.parameters else _grid(arguments.parameter)
    )
    table = sweep(
        arguments.notebook, parameters, arguments.folder,
        scheduler=arguments.scheduler, workers=arguments.workers,
    )  # fmt: skip
    print(table.drop(columns="folder").to_string(index=False, max_colwidth=60))
    return int((table["status"] != "done").any())


def _grid(given: Sequence[Sequence[str]]) -> dict[str, list[object]]:
    """Names and values of every -p."""
    grid: dict[str, list[object]] = {}
    for name, *values in given:
        if name in grid:
            raise ValueError(f"-p {name} is given twice; put all its values after one -p")
        grid[name] = [_value(f"-p {name}", text) for text in values]
    return grid


def _value(option: str, text: str) -> object:
    """JSON, or the text itself; `option` is what an error names."""
    from gtan.files import once

    try:
        return json.loads(text, object_pairs_hook=once(Path(option)))
    except json.JSONDecodeError:
        return text
    except RecursionError:
        raise ValueError(f"{option}: JSON nested too deeply") from None


def add_pack(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Declare ``gtan pack``."""
    parser = commands.add_parser(
        "pack",
        help="a copy of a run to give away, with a card",
        description="A copy of a run for others: weights, metrics, trace, Explanations, figures, "
        "and a card (README.md). Optimizer state, notebooks and paths of this machine stay here.",
    )
    strict(parser)
    parser.add_argument("folder", type=path, metavar="RUN")
    parser.add_argument("out", type=path, metavar="OUT", help="a new folder, or a file.zip")
    parser.add_argument("--licence", default="", help="under which it may be used; on the card")
    parser.add_argument(
        "--no-weights", dest="weights", action="store_false", help="nothing that detects"
    )
    parser.set_defaults(run=run_pack, command="pack")


def run_pack(arguments: argparse.Namespace) -> None:
    """Run ``gtan pack``."""
    from gtan.runs.pack import pack

    print(pack(arguments.folder, arguments.out, arguments.licence, arguments.weights))


def add_check(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Declare ``gtan check``."""
    parser = commands.add_parser(
        "check",
        help="read a data set or a run once, and list all its faults",
        description="Read every value of a data set (and every file of a run) once, on all cores, "
        "and list all faults. Exit code 1: there are some. For example: gtan check --preset "
        "features -s data.annotations=a.json -s 'data.features=f/{video}.npy' -s data.fps=25",
    )
    strict(parser)
    parser.add_argument("folder", type=path, nargs="?", metavar="RUN", help="a run folder")
    parser.add_argument("--preset", help="instead of a run: a preset (default: features)")
    parser.add_argument(
        "-s",
        "--setting",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="a setting; JSON, or text where it is none",
    )
    parser.add_argument(
        "--headers", action="store_true", help="only what loading looks at: seconds, not minutes"
    )
    parser.set_defaults(run=run_check, command="check")


def run_check(arguments: argparse.Namespace) -> int:
    """Run ``gtan check``."""
    from gtan.runs.check import check
    from gtan.settings import Settings

    if arguments.folder is not None and (arguments.preset or arguments.setting):
        raise ValueError("give a run, or --preset and -s; a run has settings of its own")
    source: Path | Settings | None = arguments.folder
    if source is None:
        source = Settings.preset(arguments.preset or "features").override(
            settings_given(arguments.setting)
        )
    faults = check(source, headers_only=arguments.headers)
    print("\n".join([*faults, f"{len(faults)} faults" if faults else "no fault"]))
    return int(bool(faults))


def settings_given(texts: Sequence[str]) -> dict[str, object]:
    """Settings as ``name=value``, each once.

    Example:
        >>> settings_given(["data.fps=25", 'data.exclude=["v1"]', "data.features=f/{video}.npy"])
        {'data.fps': 25, 'data.exclude': ['v1'], 'data.features': 'f/{video}.npy'}
    """
    given: dict[str, object] = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if not equals:
            raise ValueError(f"-s {text}: write NAME=VALUE")
        if name in given:
            raise ValueError(f"-s {name}: given twice; keep one of them")
        given[name] = _value(f"-s {name}", value)
    return given


if __name__ == "__main__":
    sys.exit(main())
