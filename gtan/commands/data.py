"""``gtan data``: other people's data sets, by name."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from textwrap import fill

from gtan.commands.options import path, strict


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Declare ``gtan data``."""
    parser = commands.add_parser(
        "data",
        help="list, add, check and remove published data sets",
        description="Published data sets by name. They are not part of this project: they lie in "
        "the folder that GTAN_DATA names, or the user's data folder, where `add` puts them; "
        "elsewhere that folder is only read. For example: gtan data add sbhar",
    )
    parser.set_defaults(command="data")
    doings = parser.add_subparsers(title="what to do", metavar="WHAT", required=True)

    def declare(what: str, run: Callable[[argparse.Namespace], int], help: str) -> None:
        one = doings.add_parser(what, help=help, description=help)
        strict(one)
        one.set_defaults(run=run)
        if what != "list":
            one.add_argument("name", metavar="NAME", help="see `gtan data list`")
        if what == "add":
            one.add_argument(
                "--from", dest="source", type=path, metavar="FILE_OR_FOLDER",
                help="take it from this machine instead of downloading it",
            )  # fmt: skip
            one.add_argument(
                "--accept-licence",
                action="store_true",
                help="its licence was read and is accepted",
            )

    declare("list", _list, "all that are known, and whether they are there")
    declare("add", _add, "download a data set, or copy it from files; it is checked")
    declare("path", _path, "print the folder of a data set")
    declare("check", _check, "read a data set and compare it with what is known of it")
    declare("remove", _remove, "remove a data set")


def _list(arguments: argparse.Namespace) -> int:
    from gtan.data.published import PUBLISHED
    from gtan.data.store import folder_of, lost, missing_files
    from gtan.places import data_folder

    print(f"Data folder: {data_folder()} (GTAN_DATA)")
    for name, data in PUBLISHED.items():
        size = sum(remote.size for remote in data.remotes) / 1e6
        missing = missing_files(name)
        there = "is here" if not missing else "not here"
        if missing and folder_of(name).is_dir():
            there = f"lacks {', '.join(missing)}"
        how = f"gtan data add {name}" if data.remotes else f"gtan data add {name} --from ..."
        how += f" ({size:,.1f} MB)" if data.remotes else f", from {data.website}"
        print(f"\n{name}: {there}\n  {data.title}\n  for: {data.purpose}\n  add: {how}")
        if lost(name):
            print(f"  to be added by --from: {data.without}")
    return 0


def _add(arguments: argparse.Namespace) -> int:
    from gtan.data.store import add, licence_text, missing_files, published

    data = published(arguments.name)
    if arguments.source is None and not missing_files(data.name):
        print(f"{data.name} is here: {add(data.name, accept_licence=True)}")
        return 0
    accepted = arguments.accept_licence
    if not accepted:
        print("\n".join(fill(line, 100) for line in licence_text(data).splitlines()), "\n")
        if sys.stdin.isatty():
            accepted = input("Do you accept it? [y/N] ").strip().lower() in ("y", "yes")
    print(f"{data.name}: {add(data.name, arguments.source, accepted)}")
    return 0


def _path(arguments: argparse.Namespace) -> int:
    from gtan.data.store import find

    print(find(arguments.name))
    return 0


def _check(arguments: argparse.Namespace) -> int:
    from gtan.data.store import check

    faults = check(arguments.name)
    print("\n".join([*faults, f"{len(faults)} faults" if faults else "no fault"]))
    return int(bool(faults))


def _remove(arguments: argparse.Namespace) -> int:
    from gtan.data.store import folder_of, remove

    remove(arguments.name)
    print(f"removed {folder_of(arguments.name)}")
    return 0
