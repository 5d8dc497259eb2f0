"""``gtan sweep``: a notebook with many parameters."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from gtan.commands.options import path, strict, value_of, whole


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
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
    parser.set_defaults(run=run, command="sweep")


def run(arguments: argparse.Namespace) -> int:
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
        grid[name] = [value_of(f"-p {name}", text) for text in values]
    return grid
