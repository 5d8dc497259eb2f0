"""A part whose training runs in the notebook's kernel while the reader watches.

The training has a thread of its own, so that the kernel goes on answering: pausing while it trains
is a message like any other. The page is told of new steps by messages, a few a second at most.
"""

from __future__ import annotations

import tempfile
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import traitlets

from gtan_viz.explorer.cells import take_over
from gtan_viz.lessons.part import Part

if TYPE_CHECKING:
    from gtan.runs.run import Run

REST = 0.2  # seconds between two messages, at least
SILENCE = 20.0  # seconds without a word from the page: nobody watches, so it pauses
LONGEST = 1800.0  # seconds of a pause; then it ends


class Told(Protocol):
    """A training as far as it came."""

    def __len__(self) -> int:
        """Steps."""

    def told(self) -> dict[str, Any]:
        """What the page shows of it."""


# By what the reader chose, in a folder; it calls what it is given after each step.
Train = Callable[[Mapping[str, Any], Path, Callable[[Told], None]], Any]


class LivePart(Part):
    """A part that can train; the page asks for it by messages.

    Attributes:
        live: so that the page offers it.

    Example:
        >>> from gtan_viz.lessons import learning
        >>> part = learning.part()
        >>> part.run.trace()  # doctest: +SKIP
        Trace(steps: 101 from 0 to 100, 1 recordings, 4 layers)
    """

    live = traitlets.Bool(True).tag(sync=True)

    def __init__(self, train: Train, **traits: Any) -> None:
        super().__init__(**traits)
        self._train = train
        self._all: list[Training] = []
        self._telling = threading.RLock()  # a message is made and sent before the next is made
        self.on_msg(self._asked)
        take_over(self)  # a cell that runs again ends what it began before

    @property
    def run(self) -> Run | None:
        """The run of the training begun last, as far as it came; None before its first step.

        It lies in a folder that is removed when the kernel ends: copy it to keep it. A finished one
        opens in the explorer: `gtan_viz.explore(part.run)`.
        """
        from gtan.runs.run import Run

        last = self._all[-1] if self._all else None
        return Run(last.folder) if last and last.folder and last.steps else None

    def end(self) -> None:
        """End what trains now, if anything does."""
        if self._all:
            self._all[-1].end()

    def close(self) -> None:
        """End the training, and take the part from the screen."""
        self.end()
        super().close()

    def _asked(self, _: Any, message: Mapping[str, Any], __: Any) -> None:
        """By the page."""
        act, last = message.get("do"), self._all[-1] if self._all else None
        if act == "start":
            self._start(dict(message["choice"]), float(message["pace"]))
        elif act == "tell":  # a page that was opened just now
            self._tell(self._all)
        elif last:
            last.heard = time.monotonic()
            if act == "pace":
                last.hurry(float(message["pace"]))
            elif act in ("pause", "go"):
                getattr(last, str(act))()
            if act != "watch":
                self._tell()

    def _start(self, choice: Mapping[str, Any], pace: float) -> None:
        for one in _going:  # of other parts, too: there is one torch
            one.end()
        training = Training(self._train, choice, pace, self._tell)
        _going[:] = [training]
        self._all.append(training)
        training.start()  # from now on it tells: of itself, not of the one before
        self._tell()

    def _tell(self, which: list[Training] | None = None) -> None:
        """Tell the page how the last training stands, and what came of these; or of the last."""
        with self._telling:
            last = self._all[-1] if self._all else None
            runs = [one.steps.told() for one in which or self._all[-1:] if one.steps]
            status, problem = (last.status, last.problem) if last else ("", "")
            self.send({"status": status, "problem": problem, "runs": runs})


class Training:
    """A training in a thread, which can be paused and ended.

    Attributes:
        folder: of its run.
        steps: what was told of it last; None before the first step.
        problem: a sentence, if it failed.
        heard: when the page said something last.
    """

    def __init__(
        self, train: Train, choice: Mapping[str, Any], pace: float, tell: Callable[[], None]
    ) -> None:
        self.folder: Path | None = None
        self.steps: Told | None = None
        self.problem = ""
        self._train, self._choice, self._tell = train, choice, tell
        self._pace = pace
        self.heard = time.monotonic()
        self._paused = False
        self._over = ""
        self._told = 0.0  # when the page was told last
        self._changed = threading.Condition()
        self._thread = threading.Thread(target=self._work, name="lesson's training", daemon=True)

    def start(self) -> None:
        """Begin, in its thread."""
        self._thread.start()

    @property
    def status(self) -> str:
        """loading, training, paused, or how it is over: done, ended, failed."""
        if self._over:
            return self._over
        if self._paused:
            return "paused"
        return "training" if self.steps else "loading"

    def pause(self) -> None:
        """Before its next step."""
        self._change(paused=True)

    def go(self) -> None:
        """Go on."""
        self._change(paused=False)

    def hurry(self, pace: float) -> None:
        """Take so many seconds for a step at least."""
        self._change(pace=pace)

    def end(self) -> None:
        """For good, as far as it came; one that is over stays as it is."""
        self._change(over=self._over or "ended")

    def _change(self, **what: Any) -> None:
        with self._changed:
            for name, value in what.items():
                setattr(self, f"_{name}", value)
            self._changed.notify_all()

    def _work(self) -> None:
        over, problem = "done", ""
        try:
            with _turn:
                self.folder = _new_folder(self._choice)
                self._train(self._choice, self.folder, self._step)
        except _Ended:
            over = "ended"
        except Exception as error:  # whatever it is, the person at the page has to be told
            over, problem = "failed", _sentence(error)
        self.problem, self._over = problem, self._over or over
        self._tell()

    def _step(self, steps: Told) -> None:
        """After a step: tell it, and wait for the next one's time."""
        began = time.monotonic()
        if not self.steps:  # the page had nothing to answer
            self.heard = began
        self.steps = steps
        self._paused = self._paused or began > self.heard + SILENCE
        if self._paused or self._pace or began > self._told + REST:
            self._told = began
            self._tell()
        with self._changed:
            while not self._over:
                left = began + self._pace - time.monotonic()
                if self._paused:
                    if not self._changed.wait(LONGEST):
                        self._over = "ended"
                elif left <= 0:
                    return
                else:
                    self._changed.wait(left)
        raise _Ended


class _Ended(Exception):
    """Leaves a training."""


_going: list[Training] = []  # the last one that was begun
_turn = threading.Lock()  # its seed is torch's: nothing may draw between
_folders: list[tempfile.TemporaryDirectory[str]] = []  # one, removed when the kernel ends


def _new_folder(choice: Mapping[str, Any]) -> Path:
    """Named by what was chosen, since the explorer shows the name."""
    if not _folders:
        _folders.append(tempfile.TemporaryDirectory(prefix="gtan-lesson-"))
    name = "-".join(str(value) for value in choice.values())
    parent = Path(_folders[0].name)
    return parent / f"{len(list(parent.iterdir())) + 1}-{name.replace('/', '_')}"


def _sentence(error: Exception) -> str:
    """What went wrong, for the page."""
    text = " ".join(str(error).split())
    return text if isinstance(error, ValueError) else f"{type(error).__name__}: {text}"
