"""A run: the folder in which one training leaves everything, and which can be opened anywhere.

    settings.json     every setting           provenance.json   who trained it, when, with what
    metrics/          rows of numbers         trace/            sigmas of the probe recordings
    checkpoints/      weights (safetensors)   explanations/     Explanations, on the way and last
    detections.json   of the test recordings  evaluation.json   their mAP
    grouping.json     its grouping report     README.md         a card (`gtan pack`)
    recipe.json       from videos to features, where that is known
    videos/           of recordings, to show  training.lock     held by whoever trains

Files and folders of a training step are named by it, `000250`; whatever has another name is not
ours, and is left alone. Nothing here imports torch until the network itself is asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, unquote

import pandas as pd

from gtan.card import card, end_of, one_line
from gtan.data.texts import listed
from gtan.extraction.recipe import Recipe, read_recipe
from gtan.files import AGAIN, by_step, read_document, read_json
from gtan.runs.provenance import read_sessions
from gtan.runs.trace import Trace
from gtan.settings import WORLDS, Settings

if TYPE_CHECKING:
    from gtan.data.dataset import Dataset
    from gtan.experiments.grouping_report import GroupingReport
    from gtan.network import GTAN
    from gtan.runs.source import ByRecording, Source

EXAMPLE = Path(__file__).parents[1] / "example_run"
LONGEST = 120  # characters of a recording's escaped name that stand in its folder's
CUT = "%~"  # no escaped name has this


class Run:
    """A run folder, read-only.

    Example:
        >>> import gtan
        >>> run = gtan.open_run()  # the example run that ships with the package
        >>> run.settings.data.dataset
        'world'
    """

    def __init__(self, path: str | Path) -> None:
        """Open `path`.

        Raises:
            FileNotFoundError: if there is no run; the message says how to make one.
        """
        self.path = Path(path)
        if not (self.path / "settings.json").exists():
            raise FileNotFoundError(
                f"{self.path} is not a run: it has no settings.json. Train one (make demo), or "
                "open the example run with gtan.open_run()."
            )
        self.settings = Settings.load(self.path / "settings.json")
        self.brought: tuple[str, ...] = ()  # recordings of `with_recordings`
        self._dataset: Dataset | None = None
        self._some: Dataset | None = None  # at least the recordings that were asked for last
        self._models: dict[tuple[int, str], GTAN] = {}

    def __repr__(self) -> str:
        preset = f"preset {self.settings.preset_name}"
        return one_line("Run", end_of(self.path, 90), preset, f"step {self.step}")

    def _repr_html_(self) -> str:
        settings = self.settings
        return card(
            "Run",
            end_of(self.path),
            {
                "preset": f"{settings.preset_name}, {len(settings.changed())} changed",
                "data set": settings.data.dataset,
                "training": _or_fault(self._trained),
                "average mAP": _or_fault(self._figures),
                "explained": _or_fault(self._explained),
            },
            calls=["gtan_viz.explore(run)", "gtan.explain(run, recording)", "run.settings"],
        )

    def _trained(self) -> str:
        seconds = sum(sum((each.get("seconds") or {}).values()) for each in self.provenance())
        return f"step {self.step:,} of {self.settings.training.iterations:,}, {seconds:,.0f} s"

    def _figures(self) -> str:
        if not (self.path / "evaluation.json").exists():
            return "not evaluated"
        found = self.evaluation()
        low, high = found["interval"]["average_mAP"]
        return f"{found['average_mAP']:.3f} (95 %: {low:.3f} to {high:.3f}), {found['subset']}"

    def _explained(self) -> str:
        return listed(sorted({recording for recording, _ in self.explanations()}), most=30)

    @property
    def step(self) -> int:
        """Step of the newest checkpoint, 0 before the first."""
        checkpoints = self.checkpoints()
        return max(checkpoints) if checkpoints else 0

    def checkpoints(self) -> dict[int, Path]:
        """Checkpoint folders by training step."""
        found = (self.path / "checkpoints").glob("*/state.json")
        return dict(by_step(state.parent for state in found))

    def provenance(self) -> list[dict[str, Any]]:
        """The sessions in which it was trained, oldest first; see `gtan.runs.provenance`."""
        return read_sessions(self.path)

    def metrics(self) -> pd.DataFrame:
        """One row per training step; columns such as mAP hold NaN where not measured."""
        rows: list[dict[str, Any]] = []
        for _, file in by_step((self.path / "metrics").glob("*.json")):
            rows += _rows(file)
        return pd.DataFrame(rows)

    @property
    def classes(self) -> tuple[str, ...]:
        """Labels of the action classes, in the order of the network's scores."""
        checkpoints = self.checkpoints()
        if checkpoints:
            path = checkpoints[self.step] / "state.json"
            known = read_json(path, dict).get("classes", [])
            if not isinstance(known, list) or not all(isinstance(name, str) for name in known):
                raise ValueError(f"{path} holds no list of labels; {AGAIN}")
            if known:
                return tuple(known)
        return self.settings.data.classes or self.dataset().classes

    def trace_files(self) -> list[Path]:
        """The trace's index, then its records by step."""
        folder = self.path / "trace"
        index = [folder / "index.json"] if (folder / "index.json").exists() else []
        return index + [path for _, path in by_step(folder.glob("*.safetensors"))]

    def trace(self) -> Trace:
        """The recorded sigmas."""
        return Trace.load(self.path / "trace")

    def explanations(self) -> dict[tuple[str, int], Path]:
        """Stored Explanations by recording and training step."""
        found = sorted((self.path / "explanations").glob("*/*.safetensors"))
        return {(_recording(file), step): file for step, file in by_step(found)}

    def video(self, recording: str) -> Path | None:
        """The video of a recording: the run's own, else its data set's; None if there is none.

        The run's own lies in ``videos/``, named as the folders in ``explanations/`` are, and ends
        in ``.mp4`` or ``.webm``.

        Example:
            >>> import gtan
            >>> gtan.open_run().video("person21_film2").name
            'person21_film2.mp4'
        """
        own = own_video(self.path, recording)
        if own:
            return own
        from gtan.data import loads_apart

        if self._dataset is None and loads_apart(self.settings.data):
            return None  # features in files, which have no videos
        try:
            found = self.dataset().recordings[recording]
        except (ImportError, OSError, ValueError, KeyError):  # a run copied without its data
            return None
        path = found.video() if hasattr(found, "video") else None
        return Path(path) if path and Path(path).is_file() else None

    def detections(self) -> pd.DataFrame:
        """Detections of the test recordings: video, label, start, end (seconds), score."""
        from gtan.data.annotations import read_detections

        return read_detections(self.path / "detections.json")

    def evaluation(self) -> dict[str, Any]:
        """Contents of `evaluation.json`."""
        path = self.path / "evaluation.json"
        found: dict[str, Any] = read_json(path, dict)
        interval = found.get("interval", {})
        pair = interval.get("average_mAP") if isinstance(interval, dict) else None
        numbers = [found.get("average_mAP"), *(pair if isinstance(pair, list) else [None])]
        by_tiou = found.get("mAP")
        numbers += list(by_tiou.values()) if isinstance(by_tiou, dict) else [None]
        words = [found.get(name) for name in ("protocol", "subset")]
        if not all(type(n) in (int, float) for n in numbers) or len(pair or []) != 2:
            raise ValueError(f"{path} holds no figures of an evaluation; {AGAIN}, or evaluate anew")
        if not all(isinstance(word, str) for word in words):
            raise ValueError(f"{path} does not say of what it is; {AGAIN}, or evaluate anew")
        return found

    def recipe(self) -> Recipe | None:
        """How the features it was trained on were made from videos; None: that is not known.

        Raises:
            ValueError: naming the file, if it is damaged.

        Example:
            >>> import gtan
            >>> print(gtan.open_run().recipe())
            world, 16 frames every 2 at 12.5 frames a second
        """
        path = self.path / "recipe.json"
        if path.exists():
            return read_recipe(read_json(path, dict), str(path))
        data = self.settings.data
        if data.dataset not in WORLDS:
            return None
        from gtan.world.dataset import world_recipe

        return world_recipe(Path(data.convnet) if data.convnet else None)

    def grouping_report(self, subset: str = "test", progress: bool = True) -> GroupingReport:
        """Do mixed kernels matter in this run? See `gtan.experiments.grouping_report`."""
        from gtan.experiments.grouping_report import grouping_report

        return grouping_report(self, subset, progress)

    def dataset(self, only: Collection[str] | None = None) -> Dataset:
        """The data set the run was trained on; loaded once.

        Args:
            only: recordings that are wanted; others may be left out, and then their files are not
                opened (`gtan.data.load_dataset`).

        Raises:
            KeyError: no recording of a name in `only`; not where all are loaded.
        """
        from gtan.data import loads_apart

        if self._dataset is not None:
            return self._dataset
        if only is None or not loads_apart(self.settings.data):
            self._dataset = self._load(None)
            return self._dataset
        if self._some is None or not set(only) <= set(self._some.recordings):
            self._some = self._load(only)
        return self._some

    def _load(self, only: Collection[str] | None) -> Dataset:
        from gtan.data import load_dataset

        found = load_dataset(self.settings.data, self.settings.detection.labels, only)
        trained = self.settings.network.feature_dim
        if found.feature_dim != trained:
            raise ValueError(
                f"the features have {found.feature_dim} dimensions, and {self.path} was "
                f"trained on {trained}: they are others, or its settings.json is"
            )
        return found

    def with_recordings(
        self,
        source: Source,
        *,
        fps: ByRecording = None,
        duration: ByRecording = None,
        weights: str | Path | None = None,
    ) -> Run:
        """The same run, with recordings it has never seen in place of its data set's.

        They can be explained and explored as its own; nothing is written to its folder.

        Args:
            source: videos or features; arguments and errors as of `gtan.detect`.

        Example:
            >>> import gtan, gtan_viz
            >>> run = gtan.open_run().with_recordings("holiday.mp4")  # doctest: +SKIP
            >>> gtan_viz.explore(run, recording="holiday")  # doctest: +SKIP
        """
        from gtan.runs.source import choose_recordings, with_recordings

        return with_recordings(self, choose_recordings(self, source, fps, duration, weights))

    def model(self, device: str = "auto") -> GTAN:
        """The network with the weights of the newest checkpoint, ready to detect; made once.

        Args:
            device: auto (a GPU where there is one), cpu, cuda or mps.

        Raises:
            SettingsError: there is no such device.
            FileNotFoundError: if there is no checkpoint.
            ValueError: naming the file, if it is damaged.
        """
        from gtan.devices import choose_device
        from gtan.weights import load_network

        checkpoints = self.checkpoints()
        if not checkpoints:
            raise FileNotFoundError(
                f"{self.path} has no checkpoint, so that it cannot detect or explain anew; what it "
                "holds can be looked at. Ask for its weights, or train it"
            )
        place = choose_device(device)
        step = max(checkpoints)
        if (step, str(place)) not in self._models:
            model = load_network(self.settings, checkpoints[step] / "model.safetensors")
            self._models = {(step, str(place)): model.to(place).eval()}
        return self._models[step, str(place)]


def _or_fault(tell: Callable[[], str]) -> str:
    """What there is to tell, or what is wrong with the files that tell it."""
    try:
        return tell()
    except (ValueError, OSError) as error:
        return str(error)


def _rows(file: Path) -> list[dict[str, Any]]:
    rows = read_json(file, list)
    sound = (
        isinstance(row, dict) and all(type(value) in (int, float) for value in row.values())
        for row in rows
    )
    if not all(sound):
        raise ValueError(f"{file} holds no rows of metrics; {AGAIN}")
    return list(rows)


def explanation_path(folder: Path, recording: str, step: int) -> Path:
    """Where a run keeps an Explanation."""
    return folder / "explanations" / escaped(recording) / f"{step:06d}.safetensors"


def own_video(folder: Path, recording: str) -> Path | None:
    """The video of a recording that a run keeps, if it does; a link is not followed."""
    return next((file for file in own_videos(folder) if file.stem == escaped(recording)), None)


def own_videos(folder: Path) -> list[Path]:
    """The videos that a run keeps; links are not followed."""
    files = sorted((folder / "videos").glob("*"))
    return [
        f for f in files if f.suffix in (".mp4", ".webm") and f.is_file() and not f.is_symlink()
    ]


def escaped(recording: str) -> str:
    """A recording's name as one of a file or folder, slashes and all.

    A name too long for a folder is cut, marked with ``%~`` and a hash of the whole.
    """
    name = quote(recording, safe="")
    if len(name) > LONGEST:
        name = f"{name[:LONGEST]}{CUT}{sha256(recording.encode()).hexdigest()[:16]}"
    return name


def _recording(file: Path) -> str:
    """The recording of a stored Explanation."""
    name = file.parent.name
    if CUT not in name:
        return unquote(name)
    document = read_document(file)
    if not isinstance(document, dict) or not isinstance(document.get("recording"), str):
        raise ValueError(f"{file} does not say of which recording it is; {AGAIN}")
    return str(document["recording"])


def open_run(run: str | Path | Run | None = None) -> Run:
    """Open a run folder; without a path, the example run that ships with the package.

    Raises:
        FileNotFoundError: if there is no run at `run`.
        ValueError: if `run` is an empty text.
    """
    if isinstance(run, Run):
        return run
    if run is not None:
        check_folder("run", run)
    return Run(EXAMPLE if run is None else run)


def check_folder(name: str, folder: str | Path) -> None:
    """Refuse an empty text as a folder: as a path it would be the current one.

    Raises:
        ValueError: naming the parameter.
    """
    if isinstance(folder, str) and not folder.strip():
        raise ValueError(f"{name} = {folder!r} names no folder; give its path, as runs/mine")
