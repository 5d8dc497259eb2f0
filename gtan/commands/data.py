"""``gtan data``: other people's data sets, by name."""

from __future__ import annotations

import argparse
import sys

from gtan.commands.options import path, strict


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Declare ``gtan data``."""
    parser = commands.add_parser(
        "data",
        help="other people's data sets: list, add, find, check, remove",
        description="Data sets of other people, by name. They are put under GTAN_DATA, or the "
        "user's data folder. Nothing is downloaded but by `gtan data add`.",
    )
    what = parser.add_subparsers(title="what to do", metavar="WHAT", required=True)
    one = what.add_parser("list", help="the names that are known, and what is here")
    one.set_defaults(run=run_list, command="data list")
    one = what.add_parser("add", help="fetch a data set, or take it from a file or folder")
    strict(one)
    one.add_argument("name", metavar="NAME")
    one.add_argument(
        "--from", dest="source", type=path, metavar="FILE_OR_FOLDER", help="that holds it already"
    )
    one.add_argument(
        "--accept-licence", action="store_true", help="its terms are accepted, and not asked about"
    )
    one.set_defaults(run=run_add, command="data add")
    for name, run, does in (
        ("path", run_path, "the folder in which a data set lies"),
        ("check", run_check, "read a data set, and compare it with what is published"),
        ("remove", run_remove, "remove a data set from this machine"),
    ):
        one = what.add_parser(name, help=does)
        one.add_argument("name", metavar="NAME")
        one.set_defaults(run=run, command=f"data {name}")


def run_list(_: argparse.Namespace) -> None:
    """Run ``gtan data list``."""
    from gtan.data.store import data_sets
    from gtan.places import data_folder

    print(data_sets()[["name", "state", "what"]].to_string(index=False, justify="left"))
    print(f"in {data_folder()} (GTAN_DATA)")


def run_add(arguments: argparse.Namespace) -> None:
    """Run ``gtan data add``."""
    from gtan.data.store import add, published

    one = published(arguments.name)
    accepted = arguments.accept_licence
    if not accepted:
        print(f"{one.title}\n\nTerms: {one.licence}\nTo cite: {one.cite}\nPage: {one.page}\n")
        if not sys.stdin.isatty():
            raise ValueError("its terms stand above; accept them with --accept-licence")
        accepted = input("Do you accept its terms? [y/N] ").strip().lower() in ("y", "yes")
    print(add(one.name, arguments.source, accepted, progress=sys.stderr.isatty()))


def run_path(arguments: argparse.Namespace) -> None:
    """Run ``gtan data path``."""
    from gtan.data.store import need

    print(need(arguments.name))


def run_check(arguments: argparse.Namespace) -> int:
    """Run ``gtan data check``."""
    from gtan.data.store import check

    faults = check(arguments.name)
    print("\n".join([*faults, f"{len(faults)} faults" if faults else "no fault"]))
    return int(bool(faults))


def run_remove(arguments: argparse.Namespace) -> None:
    """Run ``gtan data remove``."""
    from gtan.data.store import remove

    print(f"{remove(arguments.name)} is gone")
