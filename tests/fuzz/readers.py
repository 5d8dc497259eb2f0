"""Every reader of files from others: good files of its, and how they are read and then used.

Whatever the files hold, a reader takes them, and then they can be used, or refuses them in words.
"""

from __future__ import annotations

import gzip
import io
import json
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from tests.gtan.runs.made_run import VERSION_1

Files = dict[str, bytes]  # by path below a folder


@dataclass(frozen=True)
class Reader:
    """One way in for files of others.

    Attributes:
        goods: sets of good files; of one, one file is damaged.
        read: reads the files of a folder, and uses what it has read.
        spared: files of each set that stay as they are.
    """

    goods: Callable[[], list[Files]]
    read: Callable[[Path], Any]
    spared: tuple[str, ...] = ()


READERS: dict[str, Reader] = {}


def reader(name: str, *spared: str) -> Callable[[Callable[[], Any]], Callable[[], Any]]:
    """Register: the function makes the good files, and returns them with what reads them."""

    def register(make: Callable[[], Any]) -> Callable[[], Any]:
        made = cache(make)
        READERS[name] = Reader(lambda: made()[0], lambda folder: made()[1](folder), spared)
        return make

    return register


def alone(folder: Path) -> Path:
    """The one file of a folder."""
    (path,) = (path for path in folder.rglob("*") if path.is_file())
    return path


def packed(name: str, content: bytes) -> Files:
    return {f"{name}.gz": gzip.compress(content, mtime=0)}


def written(write: Callable[[Path], Any]) -> Files:
    """The files that `write` leaves in a folder."""
    with tempfile.TemporaryDirectory() as folder:
        write(Path(folder))
        return files_of(Path(folder))


def files_of(folder: Path) -> Files:
    paths = sorted(path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): path.read_bytes() for path in paths}


def table(*columns: str, mark: str = ",") -> bytes:
    rows = [("v1", "run", 0.5, 3, 0.9), ("v1", "high jump", 4.25, 5, 0.5), ("v2", "run", 1, 2, 1)]
    names = ("video", "label", "start", "end", "score")
    at = [names.index(name) for name in columns]
    lines = [columns, *([str(row[place]) for place in at] for row in rows)]
    return "\n".join(mark.join(line) for line in lines).encode() + b"\n"


TRUTH = ("video", "label", "start", "end")
DETECTIONS = (*TRUTH, "score")


# Annotations and detections


@reader("annotations (ActivityNet JSON, CSV, TSV, gzipped)")
def annotations() -> Any:
    from gtan.data.annotations import as_annotations, read_truth

    database = json.loads((VERSION_1 / "annotations.json").read_bytes())
    database["database"]["v0"] |= {"fps": 25, "annotations": [{"segment": [1, 2.5], "label": "a"}]}
    text = json.dumps(database).encode()
    goods = [
        {"t.json": text}, packed("t.json", text), {"t.csv": table(*TRUTH)},
        {"t.tsv": table(*TRUTH, mark="\t")}, packed("t.csv", table(*TRUTH)),
        {"t.csv": table("video", "start", "end", "label").replace(b"start", b"t-start")},
    ]  # fmt: skip

    def read(folder: Path) -> None:
        found = read_truth(alone(folder), labels={"1": "run"})
        as_annotations(found)
        repr(found), found._repr_html_()

    return goods, read


@reader("detections and proposals (ActivityNet JSON, CSV, TSV, gzipped)")
def detections() -> Any:
    from gtan.data.annotations import (
        check_detections,
        check_proposals,
        read_detections,
        read_proposals,
        write_detections,
    )
    from gtan.evaluation import evaluate_detections

    rows = pd.read_csv(io.BytesIO(table(*DETECTIONS)))
    goods = [
        written(lambda folder: write_detections(rows, folder / "d.json")),
        written(lambda folder: write_detections(rows, folder / "d.json.gz")),
        {"d.csv": table(*DETECTIONS)},
        {"d.tsv": table(*DETECTIONS, mark="\t")},
        {"p.csv": table("video", "start", "end", "score")},
    ]

    def read(folder: Path) -> None:
        path = alone(folder)
        if path.name.startswith("p"):
            check_proposals(read_proposals(path))
            return
        found = check_detections(read_detections(path))
        evaluate_detections(rows[list(TRUTH)], found, "activitynet", [0.5])

    return goods, read


@reader("label maps (JSON, CSV, text)")
def label_maps() -> Any:
    from gtan.data.labels import read_label_map

    goods = [
        {"m.json": b'{"0": "run", "1": "high jump"}'}, {"m.json": b'{"run": 0, "high jump": 1}'},
        {"m.json": b'["run", "high jump"]'}, {"m.csv": b"id,label\n0,run\n1,high jump\n"},
        {"m.txt": b"0 run\n1 high jump\n"},
    ]  # fmt: skip
    return goods, lambda folder: [str(name) for name in read_label_map(alone(folder)).values()]


@reader("THUMOS14's submissions and class lists")
def thumos_texts() -> Any:
    from gtan.data.annotations import check_detections
    from gtan.data.formats import THUMOS14, read_class_list, read_thumos_submission

    number = min(THUMOS14)
    goods = [
        {"s.txt": f"video_test_1 0.5 3.25 {number} 0.9\nvideo_test_2 1 2 {number} 1e-3\n".encode()},
        {"c.txt": b"7 BaseballPitch\n9 BasketballDunk\n"},
    ]

    def read(folder: Path) -> None:
        path = alone(folder)
        if path.name == "c.txt":
            read_class_list(path)
        else:
            check_detections(read_thumos_submission(path))

    return goods, read


def of_tool(name: str, goods: list[Files], **options: Any) -> Any:
    """What a tool wrote, read as truth and, where it can be, with scores."""
    from gtan.data.annotations import as_annotations
    from gtan.data.formats import read_annotations, read_scored

    def read(folder: Path) -> None:
        path = alone(folder)
        found = read_annotations(path, name, **options)
        as_annotations(found)
        if name != "frames" and "s" in path.stem[-1:]:
            read_scored(path, name, **options)

    return goods, read


@reader("Audacity's labels")
def audacity() -> Any:
    goods = [{"v.txt": b"1.5\t4.25\trun\n5.000000\t6.500000\thigh jump\n\\\t100.0\t200.0\n"},
             {"labels.txt": b"1.5\t4.25\trun [0.9]\n5\t6\thigh jump [0.25]\n"}]  # fmt: skip
    return of_tool("audacity", goods)


@reader("BORIS's exports and projects")
def boris() -> Any:
    from tests.gtan.data.test_formats_boris import VERSIONS, export

    goods = [
        written(lambda folder, one=one, name=name: export(folder, *one, name=name))
        for one in VERSIONS
        for name in ("e.tsv", "e.csv")
    ]
    rows = pd.read_csv(io.BytesIO(table(*DETECTIONS)))

    def project(folder: Path) -> None:
        from gtan.data.formats import write_boris

        write_boris(rows, folder / "videos.boris")

    return of_tool("boris", [*goods, written(project)])


@reader("ELAN's documents and exports")
def elan() -> Any:
    from tests.gtan.data.test_formats_elan import export

    goods = [
        written(lambda folder, header=header: export(folder, header=header))
        for header in (False, True)
    ]

    def documents(folder: Path) -> None:
        from gtan.data.formats import write_elan

        rows = pd.read_csv(io.BytesIO(table(*DETECTIONS)))
        one = rows[rows["video"] == "v1"].assign(video="videos")
        write_elan(one, folder, scores=True)

    return of_tool("elan", [*goods, written(documents)])


@reader("frame-wise labels")
def frames() -> Any:
    return of_tool("frames", [{"v.txt": b"background\ntake\ntake\nopen\nbackground\n"}], fps=2.0)


@reader("Label Studio's exports")
def label_studio() -> Any:
    from tests.gtan.data.test_formats_label_studio import export, region, task, timeline

    regions = [region(timeline(1, 10, "run")), region(timeline(11, 11, "jump", "fall"))]
    series = [region({"start": 1500, "end": 4000.5, "timeserieslabels": ["run"]})]
    low = {"video": "/data/monday.mp4", "id": 3, "annotator": 1,
           "label": [timeline(1, 10, "run")], "created_at": "2024-05-01"}  # fmt: skip
    goods = [
        written(
            lambda folder: export(folder, task(regions), task(series, data={"csv": "/x/m.csv"}))
        ),
        written(lambda folder: export(folder, low)),
    ]
    return of_tool("label_studio", goods, fps=10.0)


@reader("class scores of videos (CUHK's JSON, ActivityNet's, CSV)")
def class_scores() -> Any:
    from gtan.data.class_scores import read_class_scores
    from gtan.evaluation import fuse_class_scores

    found = pd.DataFrame([("a", 0.5, 3.0, 0.5)], columns=["video", "start", "end", "score"])
    cuhk = {"class": ["run", "sit"], "results": {"a": [0.75, 0.25], "b": [0, 1]}}
    listed = {"a": [{"label": "run", "score": 0.75}], "b": [{"label": "sit", "score": 1.0}]}
    goods = [
        {"s.json": json.dumps(cuhk).encode()}, packed("s.json", json.dumps(cuhk).encode()),
        {"s.json": json.dumps({"results": listed}).encode()},
        {"s.csv": b"video,label,score\na,run,0.75\na,sit,0.25\n"},
    ]  # fmt: skip

    def read(folder: Path) -> None:
        known = read_class_scores(alone(folder))
        if "a" in set(known["video"]):
            fuse_class_scores(found, known)

    return goods, read


# Features


def of_features(goods: list[Files], **options: Any) -> Any:
    from gtan.data.features import FeatureFile

    def read(folder: Path) -> None:
        file = FeatureFile(alone(folder), **options)
        clips, width = file.shape
        repr(file)
        found = file.read(0, min(clips, 7))
        assert found.shape == (min(clips, 7), width) and found.dtype == np.float32
        assert np.isfinite(found).all() and file.width == width

    return goods, read


def values() -> np.ndarray:
    return np.linspace(-1, 1, 12, dtype=np.float32).reshape(4, 3)


@reader("features, .npy")
def npy() -> Any:
    goods = [
        written(lambda folder, one=one: np.save(folder / "v.npy", one))
        for one in (values(), values().astype(np.float16), np.asfortranarray(values()))
    ]
    return of_features(goods)


@reader("features, .npz")
def npz() -> Any:
    goods = [
        written(lambda folder, save=save: save(folder / "v.npz", x=values()))
        for save in (np.savez, np.savez_compressed)
    ]
    return of_features(goods)


@reader("features, HDF5")
def hdf5() -> Any:
    import h5py

    def save(folder: Path, **options: Any) -> None:
        with h5py.File(folder / "v.h5", "w", **options) as file:
            file["c3d"] = values()

    def chunked(folder: Path) -> None:
        with h5py.File(folder / "v.h5", "w") as file:
            file.create_dataset("c3d", data=values(), chunks=(2, 3), compression="gzip")

    return of_features(
        [written(save), written(chunked), written(lambda f: save(f, libver="latest"))]
    )


@reader("features, torch")
def torch_features() -> Any:
    import torch

    tensor = torch.from_numpy(values())
    goods = [
        written(lambda folder, one=one: torch.save(one, folder / "v.pt"))
        for one in (tensor, {"x": tensor}, tensor.half())
    ]
    return of_features(goods)


@reader("features, safetensors")
def safe_features() -> Any:
    from safetensors.numpy import save_file

    return of_features(
        [written(lambda folder: save_file({"x": values()}, folder / "v.safetensors"))]
    )


@reader("features, CSV and TSV")
def csv_features() -> Any:
    rows = values().tolist()
    lines = [",".join(f"{x:.4f}" for x in row) for row in rows]
    tabs = "\n".join(["a\tb\tc", *(line.replace(",", "\t") for line in lines)])
    goods = [{"v.csv": "\n".join(["a,b,c", *lines]).encode()}, {"v.tsv": tabs.encode()}]
    return of_features(goods, csv_skip_columns=0)


@reader("features by gtan extract")
def extracted() -> Any:
    from gtan.data.brought import new_recording
    from gtan.extraction.feature_file import FORMAT, VERSION
    from gtan.extraction.recipe import Recipe
    from gtan.files import write_arrays
    from gtan.settings import Settings

    recipe = Recipe(backbone="c3d", frames=16, stride=8, scale=128, crop=112)
    about = {"format": FORMAT, "version": VERSION, "recipe": recipe.model_dump(mode="json"),
             "grid": {"stride": 0.32, "length": 0.64, "offset": 0.0}, "duration": 2.0,
             "video": {"name": "v.mp4", "bytes": 3, "sha256": "0" * 64},
             "notes": ["short"]}  # fmt: skip
    settings = Settings.preset("features").data

    def read(folder: Path) -> None:
        path = alone(folder)
        try:
            found = new_recording("v", path, settings, 3, None, None, None, recipe)
        except ValueError as error:
            # One whose document is gone is somebody's own array: it is called by its name.
            if "v: how many frames" not in str(error):
                raise
            raise ValueError(f"{folder}: {error}") from None
        assert found.features(0.0, min(2, found.clips)).shape == (min(2, found.clips), 3)
        assert found.duration > 0

    good = written(lambda f: write_arrays(f / "v.safetensors", {"features": values()}, about))
    return [good], read


# Data sets


@reader("data sets of one's own (annotations and features together)")
def own() -> Any:
    from gtan.data import check_features, load_dataset
    from tests.gtan.runs.made_run import made

    goods = [
        files_of_version_1("annotations.json", "v0.npy", "v1.npy", "v2.npy", "v3.npy", "v4.npy")
    ]
    settings = made().data

    def read(folder: Path) -> None:
        data = settings.model_copy(
            update={"annotations": str(folder / "annotations.json"),
                    "features": str(folder / "{video}.npy")}
        )  # fmt: skip
        dataset = load_dataset(data)
        check_features(dataset, progress=False)
        dataset.evaluation_truth("test")

    return goods, read


@reader("frame-wise data sets")
def framewise() -> Any:
    from gtan.data import load_dataset
    from gtan.data.framewise import read_split
    from gtan.settings import Settings
    from tests.made_up import framewise_folder

    settings = (
        Settings.preset("features")
        .override(
            {
                "data.dataset": "framewise",
                "data.fps": 1.0,
                "data.clip_stride": 1,
                "data.split": 1,
                "data.feature_layout": "clips_last",
            }
        )
        .data
    )

    def read(folder: Path) -> None:
        read_split(folder, 1, 1.0)
        dataset = load_dataset(settings.model_copy(update={"annotations": str(folder)}))
        for recording in dataset.recordings.values():
            recording.features(0.0, recording.clips)

    return [written(framewise_folder)], read


@reader("SBHAR as published (zip, tar, folder)")
def sbhar() -> Any:
    import re

    from gtan.data.archives import is_archive, read_members
    from gtan.data.sbhar import parse
    from tests.made_up import sbhar_texts, small_sbhar, write_folder, write_tar, write_zip

    texts = sbhar_texts(small_sbhar(samples=20))
    wanted = re.compile(
        r"RawData/(?:acc|gyro)_[\w.]+[.]txt|RawData/labels[.]txt|activity_labels[.]txt"
    )
    goods = [
        written(lambda folder: write_zip(folder / "HAPT.zip", texts)),
        written(lambda folder: write_tar(folder / "HAPT.tar.xz", texts)),
        written(lambda folder: write_folder(folder, texts)),
    ]

    def read(folder: Path) -> None:
        archives = [path for path in folder.iterdir() if is_archive(path)]
        source = archives[0] if archives else folder
        parse(read_members(source, wanted), source).digest()

    return goods, read


@reader("THUMOS14 and ActivityNet as published")
def published() -> Any:
    from gtan.data.published_annotations import activitynet, joined_text, thumos14
    from tests.made_up import (
        activitynet_texts,
        thumos14_json,
        thumos14_truth,
        write_folder,
        write_zip,
    )

    def both(folder: Path) -> None:
        (folder / "thumos14.json").write_text(thumos14_json())
        write_zip(folder / "TH14_Temporal_annotations_test.zip", thumos14_truth())

    def joined(folder: Path) -> None:
        (folder / "thumos14.json").write_text(thumos14_json())
        (folder / "ground_truth.csv").write_text(
            "video,label,start,end\nvideo_test_0000004,Diving,0.2,1.1\n"
        )

    goods = [
        written(both), written(joined),
        written(lambda folder: write_folder(folder, activitynet_texts())),
    ]  # fmt: skip

    def read(folder: Path) -> None:
        is_thumos = (folder / "thumos14.json").exists()
        joined_text((thumos14 if is_thumos else activitynet)(folder))

    return goods, read


# Runs, settings, weights


@reader("settings")
def settings() -> Any:
    from gtan.settings import Settings

    presets = ("sbhar", "paper-thumos14", "features")
    goods = [{"settings.json": Settings.preset(name).to_json().encode()} for name in presets]
    goods.append(files_of_version_1("run/settings.json"))

    def read(folder: Path) -> None:
        found = Settings.load(alone(folder))
        found.changed(), found.to_json()

    return goods, read


def files_of_version_1(*names: str) -> Files:
    return {name: (VERSION_1 / name).read_bytes() for name in names}


@cache
def run_files() -> Files:
    """A run of this version, trained for six steps."""
    import os

    import gtan
    from tests.gtan.runs.made_run import STEPS, made

    def train(folder: Path) -> None:
        before = os.getcwd()
        for name, content in files_of_version_1(
            "annotations.json", *(f"v{n}.npy" for n in range(5))
        ).items():
            (folder / name).write_bytes(content)
        try:
            os.chdir(folder)
            gtan.train(made(**STEPS), "run", progress=False)
        finally:
            os.chdir(before)

    files = {n: c for n, c in written(train).items() if n.startswith("run/") and ".lock" not in n}
    old = files_of_version_1("run/detections.json", "run/evaluation.json")
    recipe = b'{"backbone": "c3d", "frames": 16, "stride": 8, "scale": 128, "crop": 112}'
    return files | old | {"run/recipe.json": recipe, "run/grouping.json": b'{"layers": []}'}


@reader("runs, opened and checked")
def runs() -> Any:
    import gtan
    from gtan.runs.check import check_files

    def read(folder: Path) -> None:
        run = gtan.open_run(folder / "run")
        repr(run), run._repr_html_()
        faults = check_files(run)
        assert all("\n" not in fault for fault in faults)
        if faults:  # told in words, which `words` checks
            raise ValueError("; ".join(faults))
        run.metrics(), run.evaluation(), run.detections(), run.trace(), run.recipe()

    return [run_files()], read


@reader("checkpoints, trained on")
def resumed() -> Any:
    import copy

    from gtan.settings import Settings
    from gtan.training.checkpoints import load_checkpoint
    from gtan.training.learner import Learner
    from gtan.training.processes import Processes

    files = {n: c for n, c in run_files().items() if "checkpoints" in n or "settings" in n}
    with tempfile.TemporaryDirectory() as place:
        path = Path(place) / "settings.json"
        path.write_bytes(files["run/settings.json"])
        loaded = Settings.load(path)
    learner = Learner(loaded, Processes("cpu"))
    fresh = copy.deepcopy(learner.optimizer.state_dict())

    def read(folder: Path) -> None:
        learner.optimizer.load_state_dict(copy.deepcopy(fresh))
        load_checkpoint(folder / "run", learner)
        for weights in learner.model.parameters():
            weights.grad = weights.detach().clone()
        learner.optimizer.step()

    return [files], read


@reader("sweeps, and a list of their parameters")
def sweeps() -> Any:
    from gtan.experiments.sweep import plan, sweep_table
    from gtan.files import read_json

    def read(folder: Path) -> None:
        if (folder / "p.json").exists():
            try:
                plan("measure.ipynb", read_json(folder / "p.json"))
            except ValueError as error:
                raise ValueError(f"{folder}: {error}") from None  # the user has named the file
        else:
            sweep_table(folder)

    sweep = {"a/sweep.json": {"parameters": {"seed": 1, "overrides": {"kernels.merge": "union"}}},
             "a/done.json": {"seconds": 1.5}, "a/evaluation.json": {"average_mAP": 0.5},
             "b/sweep.json": {"parameters": {"seed": 2}},
             "b/failed.json": {"error": "ValueError"}}  # fmt: skip
    goods = [{name: json.dumps(value).encode() for name, value in sweep.items()},
             {"p.json": b'{"seed": [0, 1], "baseline": ["fixed", "gaussian"]}'},
             {"p.json": b'[{"seed": 0}, {"seed": 1}]'}]  # fmt: skip
    return goods, read


@reader("backbones' weights (torch, safetensors)")
def weights() -> Any:
    import torch
    from safetensors.torch import save_file

    from gtan.backbones.loading import load_checkpoint

    net = torch.nn.Linear(3, 2)
    state = {name: value.detach().clone() for name, value in net.state_dict().items()}
    goods = [
        written(lambda folder: torch.save(state, folder / "w.pt")),
        written(lambda folder: torch.save({"state_dict": state}, folder / "w.pt")),
        written(lambda folder: save_file(state, folder / "w.safetensors")),
    ]

    def read(folder: Path) -> None:
        load_checkpoint(torch.nn.Linear(3, 2), alone(folder))

    return goods, read


@reader("weights of the small world's network")
def convnet() -> Any:
    from gtan.world.convnet import ConvNet, load_convnet, save_convnet
    from gtan.world.dataset import WEIGHTS

    small = written(lambda folder: save_convnet(ConvNet(classes=2), folder / "w.safetensors"))
    goods = [small, {"w.safetensors": WEIGHTS.read_bytes()}]
    return goods, lambda folder: load_convnet(alone(folder))


# Videos and lessons


@reader("videos (MP4, WebM)")
def videos() -> Any:
    from gtan.video.decoding import measure, read_frames
    from gtan.video.preview import is_played
    from tests.videos import write_video

    goods = [
        written(lambda folder, end=end: write_video(folder / f"v.{end}", 0.5))
        for end in ("mp4", "webm")
    ]

    def read(folder: Path) -> None:
        import gtan_viz.explorer.video as shown

        path = alone(folder)
        is_played(path), measure(path), shown.read(path)
        for number, frame in enumerate(read_frames(path, size=16)):
            assert frame.pixels.ndim == 3
            if number == 20:
                break

    return goods, read


@reader("lessons' answers")
def answers() -> Any:
    from gtan_viz.lessons.answers import COLUMNS, read_answers

    one = {"lesson": "kernel", "part": "kernel", "id": "k1", "ask": "How wide?", "given": 2,
           "tries": 1, "right": True, "told": False}  # fmt: skip
    saved = {
        "format": "gtan-answers",
        "version": 1,
        "name": "Ada",
        "answers": [one, one | {"id": "k2"}],
    }

    def read(folder: Path) -> None:
        found = read_answers(alone(folder))
        assert found.columns.tolist() == COLUMNS
        found.groupby("id")["right"].mean()

    return [{"a.json": json.dumps(saved).encode()}], read
