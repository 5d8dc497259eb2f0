"""What options of all commands have in common: how they are read, and how errors are told."""

from __future__ import annotations

import argparse
import json
import os
import re
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any


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


def told(command: str, run: Callable[[], int | None]) -> int:
    """Run a command; what is wrong with its input is told in one line, and never as a traceback.

    SIGTERM and SIGHUP (a lost connection; not under nohup) stop it in order, as Ctrl-C does.
    """
    try:
        with _stopped_in_order():
            code = run()
        sys.stdout.flush()
        return code or 0
    except BrokenPipeError:  # the reader, say `head`, has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except KeyboardInterrupt as stop:
        kept = getattr(stop, "__notes__", ["Started again, it goes on where it can"])
        with suppress(OSError):  # the terminal may be gone
            print(f"{command}: stopped. {' '.join(kept)}", file=sys.stderr)
        return 128 + (stop.number if isinstance(stop, Stop) else signal.SIGINT)
    except (ValueError, OSError, KeyError, ImportError) as error:
        text = error.args[0] if isinstance(error, KeyError) and error.args else error
        print(f"{command}: error: {' '.join(str(text).split())}", file=sys.stderr)
        return 2


class Stop(KeyboardInterrupt):
    """A signal asks for an end."""

    def __init__(self, number: int) -> None:
        super().__init__()
        self.number = number


@contextmanager
def _stopped_in_order() -> Iterator[None]:
    """Signals that would end this process at once stop what is within, which cleans up."""

    def stop(number: int, _: object) -> None:
        raise Stop(number)

    numbers = [getattr(signal, name, None) for name in ("SIGTERM", "SIGHUP")]
    if threading.current_thread() is not threading.main_thread():
        numbers = []  # only there can they be caught
    caught = [each for each in numbers if each and signal.getsignal(each) == signal.SIG_DFL]
    for each in caught:
        signal.signal(each, stop)
    try:
        yield
    finally:
        for each in caught:
            signal.signal(each, signal.SIG_DFL)


def value_of(option: str, text: str) -> object:
    """JSON, or the text itself; `option` is what an error names."""
    from gtan.files import once, whole_number

    try:
        return json.loads(text, object_pairs_hook=once(Path(option)), parse_int=whole_number)
    except json.JSONDecodeError:
        return text
    except RecursionError:
        raise ValueError(f"{option}: JSON nested too deeply") from None


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
        given[name] = value_of(f"-s {name}", value)
    return given
