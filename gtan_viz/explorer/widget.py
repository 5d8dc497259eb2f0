"""The explorer: one widget on which a person sees why a detection fired, and asks "what if?".

The browser half is `gtan_viz/js`; it computes everything from the arrays of an Explanation, so
it follows the hand without asking Python. What stands here are the traits that both halves share.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any, overload

import anywidget
import numpy as np
import pandas as pd
import traitlets
from ipywidgets import widget_serialization

import gtan
from gtan.runs.run import EXAMPLE, Run, open_run, own_video
from gtan.runs.slow import told_if_slow
from gtan_viz.explorer.bundle import explanation_bytes, trace_bytes
from gtan_viz.explorer.catalogue import OneRun, TwoRuns, catalogue, common, opened
from gtan_viz.explorer.cells import take_over
from gtan_viz.explorer.links import check_panels
from gtan_viz.explorer.still import show, still
from gtan_viz.explorer.video import WIDGET_LIMIT, Given, Video, video_of
from gtan_viz.standalone import STATIC

SELECTION = ("kind", "window", "layer", "cell", "mixed", "ratio", "label", "detection")
SETTINGS = (
    "sigma_factor", "epsilon", "ratio_scale", "xi", "rho", "merge", "grouping", "kernels",
)  # fmt: skip
WORDS = {"merge": ("paper", "union"), "grouping": ("join", "replace", "off")}
SCREEN = ("what_if", "label", "start", "end", "score", "ranking", "window", "layer", "row", "ratio")


class GoneError(FileNotFoundError):
    """The folder of a run that is explored is not there any more."""


class Explorer(anywidget.AnyWidget):
    """The explorer of one run; made by `gtan_viz.explore`.

    Every trait can be read, set, observed and linked to other widgets.

    Attributes:
        recording: name of the recording on screen.
        step: training step on screen. Steps with a stored Explanation show everything, the other
            steps of the trace only sigmas.
        layer: anchor layer that the arrows and the heat map follow, from 1.
        selection: what is selected: ``{"kind": "kernel", "window": 0, "layer": 3, "cell": 7}`` (of
            a mixed kernel ``"mixed": True``, and `cell` is its first member), or
            ``{"kind": "detection", "detection": 0}``, the number in the list, best first. Empty:
            nothing. Windows, cells and detections count from 0.
        settings: what differs from what was learned: any of `sigma_factor`, `epsilon`,
            `ratio_scale` (a factor), `xi`, `rho`, `merge`, `grouping`, and `kernels`, by
            ``"layer/window/cell"``, each with `sigma` and `center` in cells. Empty: as learned.
        hide: panels that are left out, to set an exercise: any of `gtan_viz.explorer.links.PANELS`,
            as ``["why", "truth"]`` (without the truth nothing says what is right).
        show: the only panels that are left. Empty: all.

    Example:
        >>> import gtan_viz
        >>> explorer = gtan_viz.explore()  # doctest: +SKIP
        >>> explorer.settings = {"epsilon": 0.5}  # doctest: +SKIP
    """

    # The text itself: of a path, anywidget would keep every explorer alive to tell it of changes.
    _esm = (STATIC / "once.js").read_text()
    _css = (STATIC / "explorer.css").read_text()

    recording = traitlets.Unicode("").tag(sync=True)
    step = traitlets.Int(-1).tag(sync=True)
    layer = traitlets.Int(1).tag(sync=True)
    selection = traitlets.Dict().tag(sync=True)
    settings = traitlets.Dict().tag(sync=True)
    hide: traitlets.List[str] = traitlets.List().tag(sync=True)
    show: traitlets.List[str] = traitlets.List().tag(sync=True)

    # Between the two halves; gtan_viz/js/README.md says what they hold.
    host = traitlets.Unicode("jupyter").tag(sync=True)
    bundle = traitlets.Unicode((STATIC / "explorer.js").read_text()).tag(sync=True)
    run = traitlets.Unicode("").tag(sync=True)
    catalogue: traitlets.List[Any] = traitlets.List().tag(sync=True)
    request = traitlets.Dict().tag(sync=True)
    explanation = traitlets.Bytes(b"").tag(sync=True)
    trace = traitlets.Bytes(b"").tag(sync=True)
    problem = traitlets.Unicode("").tag(sync=True)
    video = traitlets.Bytes(b"").tag(sync=True)
    video_url = traitlets.Unicode("").tag(sync=True)
    video_of = traitlets.Unicode("").tag(sync=True)
    # From the browser bytes come as a memoryview, which the trait would refuse.
    screen = traitlets.Bytes(b"").tag(sync=True, from_json=lambda value, _: bytes(value))
    screen_of = traitlets.Dict().tag(sync=True)

    def __init__(
        self,
        run: Run | str | Path | None = None,
        video: Given = None,
        only: Collection[str] | None = None,
        **traits: Any,
    ) -> None:
        known = ("recording", "step", "layer", "selection", "settings", "hide", "show")
        for name in traits:
            if name not in known:
                raise TypeError(
                    f"explore() got an unknown keyword {name!r}; there are "
                    f"{', '.join((*known, 'video'))}"
                )
        self._traced: dict[str, list[int]] = {}
        trace = b""
        with told_if_slow(run.path if isinstance(run, Run) else run or EXAMPLE):
            self._run = open_run(run)
            try:
                recorded = self._run.trace()
            except FileNotFoundError:  # trained without probes
                pass
            else:
                trace = trace_bytes(recorded)
                steps = [int(step) for step in recorded.steps]
                self._traced = {probe["recording"]: steps for probe in recorded.index["probes"]}
            entries = [e for e in catalogue(self._run) if only is None or e.recording in only]
        if not entries:
            raise ValueError(
                f"{self._run.path} has nothing to explore: no stored Explanation and no checkpoint "
                "to compute one with"
            )
        self._steps = {entry.recording: entry.steps for entry in entries}
        self._layers = self._run.settings.layers
        recording = traits.pop("recording", None) or entries[0].recording
        if recording not in self._steps:
            raise traitlets.TraitError(_unknown(recording, self._steps))
        step = traits.pop("step", None)
        full = self._steps[recording]
        start = step if step in full else full[-1]
        self._videos: dict[str, Given] = {recording: video}
        self._other_videos: Given = False if video is False else None
        # A data set's may take a while to be found: once the browser has drawn.
        is_known = video is not None or own_video(self._run.path, recording)
        shown = self._video(recording) if is_known else Video()
        first = self._file(recording, start)
        with told_if_slow(self._run.path):
            explanation = explanation_bytes(first)
        super().__init__(
            catalogue=[entry._asdict() for entry in entries],
            run=str(self._run.path),
            trace=trace,
            explanation=explanation,
            recording=recording,
            step=full[-1] if step is None else step,
            video=shown.data,
            video_url=shown.url,
            video_of=recording if is_known else "",
            **traits,
        )

    def __repr__(self) -> str:
        return f"Explorer({self._run.path.name}, {self.recording}, step {self.step})"

    def _ipython_display_(self) -> None:
        show(self, self._still())

    def _still(self) -> str:
        steps = self._steps[self.recording]
        step = self.step if self.step in steps else steps[-1]
        try:
            file = self._run.explanations()[self.recording, step]
            return still(gtan.Explanation.load(file), self._run.path.name)
        except (KeyError, OSError, ValueError):  # nothing is stored, or no longer
            return ""

    def close(self) -> None:
        """Take it from the screen and let go of what it holds, though Out may go on naming it."""
        layout = self.layout
        self.explanation = self.trace = self.video = self.screen = b""  # in the browser, too
        self.bundle = ""
        super().close()
        layout.close()

    @property
    def detections(self) -> pd.DataFrame:
        """What is on screen: one row per detection, learned and (`what_if`) recomputed ones.

        Columns what_if, label, start, end (seconds), score, ranking, window, layer, row, ratio.
        Before anything was drawn: all detections of the recording and step, as learned.
        """
        here = {"recording": self.recording, "step": self.step}
        if self.screen_of != here:
            if self.step not in self._steps[self.recording]:
                return pd.DataFrame(columns=SCREEN)
            frame = gtan.explain(self._run, self.recording, self.step).detections()
            frame.insert(0, "what_if", False)
            return frame
        table = np.frombuffer(self.screen, np.float64).reshape(-1, len(SCREEN))
        frame = pd.DataFrame(table, columns=SCREEN)
        whole = ["label", "window", "layer", "row", "ratio"]
        frame[whole] = frame[whole].astype(int)
        classes = self.screen_classes
        return frame.assign(
            what_if=frame["what_if"] > 0, label=[classes[number] for number in frame["label"]]
        )

    @property
    def screen_classes(self) -> list[str]:
        """Names of the action classes, in the order of their numbers."""
        if not hasattr(self, "_classes"):
            file = self._file(self.recording, self._steps[self.recording][-1])
            loaded = gtan.Explanation.load(file) if isinstance(file, Path) else file
            self._classes = list(loaded.header["classes"])
        return self._classes

    def _file(self, recording: str, step: int, features: bool = False) -> gtan.Explanation | Path:
        """The stored Explanation, or one made by the network; with large feature maps if asked."""
        stored = self._run.explanations()
        if (recording, step) in stored and not features:
            return stored[recording, step]
        end = step == self._run.step
        return gtan.explain(self._run, recording, None if end else step, features=features)

    @traitlets.observe("request")
    def _answer(self, change: Any) -> None:
        request = change["new"]
        try:
            recording, step = str(request["recording"]), int(request["step"])
            self.problem = ""
            self._check_folder()
            features = bool(request.get("features"))
            self.explanation = explanation_bytes(self._file(recording, step, features))
        except Exception as error:  # whatever it is, the person at the browser has to be told
            name = type(error).__name__
            self.problem = str(error) if isinstance(error, GoneError) else f"{name}: {error}"

    def _check_folder(self) -> None:
        """Before torch is imported to compute what was stored there."""
        if not self._run.path.is_dir():
            raise GoneError(
                "The run's folder is gone. What is on screen goes on working; for the rest put it "
                f"back, or explore another run: {self._run.path}"
            )

    def _video(self, recording: str) -> Video:
        given = self._videos.get(recording, self._other_videos)
        return video_of(self._run, recording, given, WIDGET_LIMIT) or Video()

    @traitlets.observe("recording", "screen_of")
    def _follow(self, _: Any) -> None:
        recording = self.recording
        if recording == self.video_of or not (self.video_of or self.screen_of):
            return
        try:
            found = self._video(recording)
        except (OSError, ValueError) as error:  # a file that is gone, or no video
            found, self.problem = Video(), str(error)
        with self.hold_sync():  # they arrive together
            self.video, self.video_url, self.video_of = found.data, found.url, recording

    @traitlets.validate("recording")
    def _check_recording(self, proposal: Any) -> str:
        name = str(proposal["value"])
        if name not in self._steps:
            raise traitlets.TraitError(_unknown(name, self._steps))
        return name

    @traitlets.validate("step")
    def _check_step(self, proposal: Any) -> int:
        step = int(proposal["value"])
        steps = {
            s for found in (self._steps, self._traced) for some in found.values() for s in some
        }
        if step not in steps:
            raise traitlets.TraitError(
                f"nothing was kept of training step {step}; there are {sorted(steps)}"
            )
        return step

    @traitlets.validate("layer")
    def _check_layer(self, proposal: Any) -> int:
        layer = int(proposal["value"])
        if not 1 <= layer <= self._layers:
            raise traitlets.TraitError(f"layer {layer} is not one of 1 to {self._layers}")
        return layer

    @traitlets.validate("selection")
    def _check_selection(self, proposal: Any) -> dict[str, Any]:
        selection = _known(proposal["value"], SELECTION, "selection")
        if not selection:
            return selection
        if selection.get("kind") not in ("kernel", "detection"):
            raise traitlets.TraitError(
                f"selection: kind is 'kernel' or 'detection', not {selection.get('kind')!r}"
            )
        whole = selection["kind"] == "kernel" or "detection" not in selection
        for name in ("window", "layer", "cell") if whole else ("detection",):
            if not isinstance(selection.get(name), (int, np.integer)):
                raise traitlets.TraitError(
                    f"selection: a {selection['kind']} needs a whole number as {name!r}, "
                    f"not {selection.get(name)!r}"
                )
        return {
            name: int(value) if isinstance(value, np.integer) else value
            for name, value in selection.items()
        }

    @traitlets.validate("hide", "show")
    def _check_panels(self, proposal: Any) -> list[str]:
        try:
            check_panels(proposal["trait"].name, proposal["value"])
        except ValueError as error:
            raise traitlets.TraitError(str(error)) from None
        return list(proposal["value"])

    @traitlets.validate("settings")
    def _check_settings(self, proposal: Any) -> dict[str, Any]:
        settings = _known(proposal["value"], SETTINGS, "settings")
        kernels = settings.get("kernels", {})
        if not isinstance(kernels, Mapping):
            raise traitlets.TraitError(f"settings: kernels must be a dict, not {kernels!r}")
        for key, change in kernels.items():
            _known(change, ("sigma", "center"), f"settings: kernels[{key!r}]")
            if not _number(change.get("sigma", 1), f"sigma of kernel {key!r}") > 0:
                raise traitlets.TraitError(f"settings: sigma of kernel {key!r} must be above 0")
            _number(change.get("center", 0), f"center of kernel {key!r}")
        for name in ("sigma_factor", "ratio_scale", "xi"):
            if not _number(settings.get(name, 1), name) > 0:
                raise traitlets.TraitError(f"settings: {name} must be above 0")
        for name in ("epsilon", "rho"):
            if not 0 <= _number(settings.get(name, 0), name) <= 1:
                raise traitlets.TraitError(f"settings: {name} must be in 0 to 1")
        for name, words in WORDS.items():
            if settings.get(name, words[0]) not in words:
                raise traitlets.TraitError(
                    f"settings: {name} is one of {', '.join(words)}, not {settings[name]!r}"
                )
        return settings


class ExplorerPair(anywidget.AnyWidget):
    """Two runs, one above the other; made by `gtan_viz.explore`.

    One recording, time axis, playhead and selection for both, and one tIoU and least score by which
    they are judged; each has its own training step and what-if.

    Attributes:
        explorers: the two `Explorer`s, the upper first. Set the recording of either, and read what
            is on screen from each: ``pair.explorers[1].detections``.

    Example:
        >>> import gtan_viz
        >>> pair = gtan_viz.explore(["runs/fixed", "runs/learned"])  # doctest: +SKIP
        >>> pair.explorers[1].settings = {"epsilon": 0.5}  # doctest: +SKIP
    """

    _esm = Explorer._esm
    _css = Explorer._css

    bundle = traitlets.Unicode(Explorer.bundle.default_value).tag(sync=True)
    explorers: Any = traitlets.Tuple(
        traitlets.Instance(Explorer), traitlets.Instance(Explorer)
    ).tag(sync=True, **widget_serialization)

    _both: tuple[Explorer, ...] = ()  # of one that could not be made

    def __init__(self, runs: TwoRuns, video: Given = None, **traits: Any) -> None:
        for name in traits:
            if name not in ("recording", "hide", "show"):
                raise TypeError(
                    f"explore() of two runs got the keyword {name!r}; there are recording, hide, "
                    "show, video; set the rest on one of its explorers"
                )
        first, second = opened(runs)
        there, others = ([e.recording for e in catalogue(run)] for run in (first, second))
        names = common(first, second, there, others)
        given = {"recording": names[0], **traits}
        upper = Explorer(first, video, names, **given)
        lower = Explorer(second, False, names, **given)  # the video stands above once
        self._both = upper, lower
        super().__init__(explorers=self._both)

    def __repr__(self) -> str:
        return f"ExplorerPair{self.explorers}"

    def _ipython_display_(self) -> None:
        show(self, "".join(each._still() for each in self._both))

    def close(self) -> None:
        """Take both from the screen and let go of what they hold."""
        layout = self.layout
        self.bundle = ""
        super().close()
        layout.close()
        for each in self._both:
            each.close()


@overload
def explore(run: OneRun = None, *, video: Given = None, **traits: Any) -> Explorer: ...


@overload
def explore(run: TwoRuns, *, video: Given = None, **traits: Any) -> ExplorerPair: ...


def explore(
    run: OneRun | TwoRuns = None, *, video: Given = None, **traits: Any
) -> Explorer | ExplorerPair:
    """Open the explorer of a run in a notebook, or of two runs, one above the other.

    A cell that runs again closes its one before.

    Args:
        run: a run, the path of its folder, or None for the example run that ships with the package.
            Two of them in a list: the upper and the lower, as Figure 1 of the paper has fixed
            scales above and learned ones below; see `ExplorerPair`.
        video: of the recording to start with: the path of an MP4 (H.264) or WebM file, its bytes,
            or an address (``https://...``, or ``/files/...`` below the root of Jupyter's server).
            None: the run's own video of each recording (`Run.video`), where there is one. False:
            none.
        **traits: `recording`, `step`, `layer`, `selection`, `settings`, `hide`, `show` to begin
            with; see `Explorer`. Of two runs: `recording`, `hide`, `show`.

    Raises:
        FileNotFoundError: if there is no run, or no such video.
        ValueError: the video is neither MP4 nor WebM; a list has not two runs, or they have no
            recording in common.
        TypeError: for an unknown keyword.
        traitlets.TraitError: for a value that the run does not have; the message lists them.

    Example:
        >>> import gtan_viz
        >>> gtan_viz.explore()  # doctest: +SKIP
        >>> gtan_viz.explore(["runs/fixed", "runs/learned"])  # doctest: +SKIP
    """
    made: Explorer | ExplorerPair
    if isinstance(run, (list, tuple)):
        made = ExplorerPair(run, video, **traits)
    else:
        made = Explorer(run, video, **traits)
    take_over(made)
    return made


def newest_run(folder: str | Path = "runs") -> Path | None:
    """The run that was last written to under `folder`, here or up to two folders above.

    None, which `explore` takes for the example run, where there is no run with an Explanation or a
    checkpoint.
    """
    folder = Path(folder)
    for root in (Path(), Path(".."), Path("../..")):
        found = [
            file
            for kind in ("explanations/*/*.safetensors", "checkpoints/*/state.json")
            for file in (root / folder).glob(f"*/{kind}")
            if (file.parents[2] / "settings.json").exists()
        ]
        if found:
            return max(found, key=lambda file: file.stat().st_mtime).parents[2].resolve()
    return None


def _known(value: Mapping[str, Any], names: tuple[str, ...], what: str) -> dict[str, Any]:
    if not isinstance(value, Mapping):
        raise traitlets.TraitError(f"{what} must be a dict, not {value!r}")
    for name in value:
        if name not in names:
            raise traitlets.TraitError(f"{what}: {name!r} is unknown; there are {', '.join(names)}")
    return dict(value)


def _number(value: Any, what: str) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
        raise traitlets.TraitError(f"settings: {what} must be a finite number, not {value!r}")
    return float(value)


def _unknown(recording: str, known: Mapping[str, Any]) -> str:
    return f"recording {recording!r} is not at hand; there are {', '.join(known)}"
