"""Frame-wise truth: one file, a small data set, and GTEA and 50 Salads where they are."""

import json
import shutil
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gtan.data import load_dataset
from gtan.data.annotations import Annotations
from gtan.data.dataset import Dataset
from gtan.data.features import FeatureError
from gtan.data.formats import frame_labels, read_annotations, write_annotations
from gtan.data.formats.frames import read_frames, runs, write_frames
from gtan.data.framewise import read_split
from gtan.data.scoring import scoring
from gtan.data.windows import WindowCutter
from gtan.evaluation import evaluate_detections
from gtan.settings import DataSettings, Settings, SettingsError
from tests.published import published_data

# fps, splits with published detections; recordings and instances; ED-TCN's mAP in percent.
REAL: dict[str, tuple[float, int, int, int, list[float]]] = {
    "gtea": (15.0, 3, 28, 526, [65.5, 62.4, 59.0, 53.9, 48.6, 38.8, 31.4]),
    "50salads": (3.0, 5, 50, 898, [65.1, 62.0, 56.8, 51.1, 44.4, 36.0, 28.3]),
}


# --- one file


def test_runs_of_labels_are_instances_that_touch(tmp_path: Path) -> None:
    path = tmp_path / "tea.1.txt"
    path.write_text("SIL\ntake\ntake\r\nopen\nbackground\n\n")
    truth = read_annotations(path, "frames", fps=2)
    assert truth.instances.values.tolist() == [
        ["tea.1", "SIL", 0.0, 0.5],
        ["tea.1", "take", 0.5, 1.5],
        ["tea.1", "open", 1.5, 2.0],
    ]
    assert truth.videos["duration"].tolist() == [2.5]
    fewer = read_frames(path, fps=2, background=("background", "SIL"))
    assert fewer.instances["label"].tolist() == ["take", "open"]


def test_faults_of_a_file(tmp_path: Path) -> None:
    path = tmp_path / "tea.txt"
    path.write_text("take\n\ntake\n")
    with pytest.raises(ValueError, match=r"tea.txt: line 2 is empty"):
        read_frames(path, fps=2)
    with pytest.raises(ValueError, match="give frames a second"):
        read_frames(path, fps=0)


@given(
    st.lists(st.sampled_from(["background", "a", "b"]), min_size=1, max_size=60),
    st.sampled_from([3.0, 15.0, 25.0, 29.97, 1 / 3]),
)
def test_labels_survive_a_round_trip(
    tmp_path_factory: pytest.TempPathFactory, labels: list[str], fps: float
) -> None:
    folder = tmp_path_factory.mktemp("frames")
    text = "".join(f"{label}\n" for label in labels)
    (folder / "v.txt").write_text(text)
    truth = read_frames(folder / "v.txt", fps=fps)
    assert frame_labels(truth.instances, len(labels), fps) == labels
    write_annotations(truth, folder / "again", "frames", fps=fps)
    assert (folder / "again" / "v.txt").read_text() == text


def test_the_best_detection_labels_a_frame_and_the_first_of_equal_ones() -> None:
    columns = ["label", "start", "end", "score"]
    rows = [("a", -1, 1.25, 0.5), ("b", 0.5, 1.5, 0.5), ("c", 1.75, 9, 0.25), ("d", 1.6, 2, 0.9)]
    found = frame_labels(pd.DataFrame(rows, columns=columns), 5, 2.0, background="-")
    assert found == ["a", "a", "b", "d", "c"]
    assert frame_labels(pd.DataFrame([], columns=columns), 2, 2.0, "-") == ["-", "-"]


def test_writing_needs_the_number_of_frames(tmp_path: Path) -> None:
    table = pd.DataFrame(
        [("v", "a", 0.0, 1.0, 0.5)], columns=["video", "label", "start", "end", "score"]
    )
    write_frames(table, tmp_path, fps=2, frames={"v": 3, "idle": 1})
    assert (tmp_path / "v.txt").read_text() == "a\na\nbackground\n"
    assert (tmp_path / "idle.txt").read_text() == "background\n"
    with pytest.raises(ValueError, match="say frames="):
        write_frames(table, tmp_path, fps=2)
    with pytest.raises(ValueError, match="'v': say how many frames"):
        write_frames(table, tmp_path, fps=2, frames={})


# --- a data set

LABELS = {
    "P1_tea": ["background"] * 3 + ["take"] * 10 + ["pour"] * 12 + ["take"] * 5,
    "P1_egg": ["take"] * 30 + ["background"] * 10,
    "P2_tea": ["pour"] * 20 + ["background"],
    "P3_tea": ["background"] * 4 + ["pour"] * 20,
}
TRAIN, TEST = ("P1_tea", "P1_egg", "P2_tea"), ("P3_tea",)
WIDTH = 6


class Bench:
    """A folder in MS-TCN's layout: split 1 with features of its own, or one set for all."""

    def __init__(self, folder: Path, split_wise: bool) -> None:
        self.folder = folder
        for part in ("groundTruth", "splits"):
            (folder / part).mkdir(parents=True)
        self.features = folder / ("split1/features" if split_wise else "features")
        self.features.mkdir(parents=True)
        (folder / "mapping.txt").write_text("0 background\n1 take\n2 pour\n")
        for seed, (name, labels) in enumerate(LABELS.items()):
            self.label(name, labels)
            values = np.random.default_rng(seed).standard_normal((WIDTH, len(labels)))
            np.save(self.features / f"{name}.npy", values.astype(np.float16))
        self.bundle("train", 1, [f"{name}.txt" for name in TRAIN])
        self.bundle("test", 1, list(TEST))
        self.bundle("train", 2, [*TRAIN[1:], *TEST])
        self.bundle("test", 2, [TRAIN[0]])

    def label(self, name: str, labels: list[str]) -> None:
        text = "".join(f"{label}\n" for label in labels)
        (self.folder / "groundTruth" / f"{name}.txt").write_text(text)

    def bundle(self, part: str, split: int, names: list[str]) -> None:
        path = self.folder / "splits" / f"{part}.split{split}.bundle"
        path.write_text("".join(f"{name}\n" for name in names))

    def load(self, **settings: Any) -> Dataset:
        chosen: dict[str, Any] = {
            "dataset": "framewise", "annotations": str(self.folder), "split": 1, "fps": 10.0,
            "clip_length": 1, "clip_stride": 1, "window": 32, "train_on": "train",
        }  # fmt: skip
        return load_dataset(DataSettings.model_validate(chosen | settings))

    def fails(self, error: type[Exception], message: str, **settings: Any) -> str:
        with pytest.raises(error, match=message) as caught:
            self.load(**settings)
        return str(caught.value)


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path / "kitchen", split_wise=True)


@pytest.mark.parametrize("split_wise", [True, False])
def test_a_data_set_in_both_layouts(tmp_path: Path, split_wise: bool) -> None:
    bench = Bench(tmp_path / "kitchen", split_wise)
    dataset = bench.load()
    assert dataset.subsets == {"train": TRAIN, "validation": (), "test": TEST}
    assert dataset.classes == ("take", "pour") and dataset.feature_dim == WIDTH
    assert (dataset.protocol, dataset.tiou) == scoring("framewise")
    tea = dataset.recordings["P1_tea"]
    assert (tea.clips, tea.duration) == (30, 3.0)
    assert dataset.truth_of(["P1_tea"])[["label", "start", "end"]].values.tolist() == [
        ["take", 0.3, 1.3],
        ["pour", 1.3, 2.5],
        ["take", 2.5, 3.0],
    ]
    window = WindowCutter(dataset, 32, 0.5).cut("P1_tea", 0.0)
    expected = np.load(bench.features / "P1_tea.npy").T.astype(np.float32)
    np.testing.assert_array_equal(window.features[:30], expected)
    # Frame t is clip t, so that actions begin and end at the edges of clips.
    np.testing.assert_allclose(window.segments * 32, [[3, 13], [13, 25], [25, 30]], atol=1e-5)
    assert window.labels.tolist() == [0, 1, 0] and window.valid.sum() == 30
    truth = dataset.evaluation_truth("test")
    assert truth.videos.values.tolist() == [["P3_tea", "test", 2.4]]
    perfect = truth.instances.assign(score=1.0)
    results = evaluate_detections(truth, perfect, dataset.protocol, list(dataset.tiou))
    assert results.to_json()["average_mAP"] == 1.0


def test_an_added_data_set_is_found_by_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GTAN_DATA", str(tmp_path / "data"))
    monkeypatch.chdir(tmp_path)
    bench = Bench(tmp_path / "data" / "gtea", split_wise=True)
    assert bench.load(annotations="gtea").subsets["train"] == TRAIN
    bench.fails(FileNotFoundError, "gtan data add 50salads", annotations="50salads")
    own = Bench(tmp_path / "gtea", split_wise=True)  # a folder here comes first
    own.bundle("train", 1, list(TRAIN[:1]))
    assert own.load(annotations="gtea").subsets["train"] == TRAIN[:1]


def test_held_out_recordings(bench: Bench) -> None:
    held = bench.load(hold_out_every=2).subsets
    assert held["validation"] == ("P1_egg", "P2_tea") and held["train"] == ("P1_tea",)
    both = bench.load(hold_out_every=2, train_on="train+validation").subsets
    assert both["train"] == TRAIN and both["validation"] == held["validation"]
    assert bench.load(exclude=("P1_egg",)).subsets["train"] == ("P1_tea", "P2_tea")
    bench.fails(SettingsError, "no recording P1_eg; did you mean P1_egg", exclude=("P1_eg",))


def test_classes_and_background(bench: Bench) -> None:
    everything = bench.load(background=())
    assert everything.classes == ("background", "take", "pour")
    assert bench.load(background=("background", "pour")).classes == ("take",)
    assert bench.load(classes=("pour", "take")).classes == ("pour", "take")
    bench.fails(ValueError, "labels that data.classes lack: 'take' in P1_egg", classes=("pour",))
    (bench.folder / "mapping.txt").write_text("0 background\n1 take\n")
    bench.fails(ValueError, r"mapping\.txt lack: 'pour' in P1_tea, 'pour' in P2_tea")
    (bench.folder / "mapping.txt").write_text("background\n")
    bench.fails(ValueError, r"mapping\.txt: line 1: 'background' is not a number and a label")
    (bench.folder / "mapping.txt").unlink()
    assert bench.load().classes == ("pour", "take")


def test_features_of_a_split_go_with_that_split_only(bench: Bench) -> None:
    bench.fails(SettingsError, r"neither is there \(there is split1, for its own", split=2)
    pattern = str(bench.features / "{video}.npy")
    assert bench.load(features=pattern).feature_dim == WIDTH
    bench.fails(
        SettingsError, "features of split 1 go with split 1 only, and data.split is 2",
        split=2, features=pattern,
    )  # fmt: skip
    shutil.copytree(bench.features, bench.folder / "features")
    bench.fails(SettingsError, "both are there; say where")
    assert bench.load(split=2).subsets["test"] == ("P1_tea",)
    bench.fails(SettingsError, "name a file for each recording", features="x.npy")


@pytest.mark.parametrize("extra", [1, -1])
def test_one_feature_more_or_less_is_cut_with_one_warning(bench: Bench, extra: int) -> None:
    for name in TRAIN[:2]:
        values = np.load(bench.features / f"{name}.npy")
        values = np.concatenate([values, values[:, :1]], 1) if extra == 1 else values[:, :-1]
        np.save(bench.features / f"{name}.npy", values)
    with pytest.warns(UserWarning, match="2 of 4 recordings .*: P1_tea, P1_egg") as said:
        dataset = bench.load()
    assert len(said) == 1
    tea = dataset.recordings["P1_tea"]
    kept = 30 + min(extra, 0)
    assert (tea.clips, tea.duration) == (kept, kept / 10)
    assert dataset.truth_of(["P1_tea"])["end"].max() == kept / 10
    assert len(tea.features(0.0, kept)) == kept


def test_more_than_one_is_an_error_that_names_the_files(bench: Bench) -> None:
    for name, clips in (("P1_tea", 28), ("P3_tea", 26)):
        np.save(bench.features / f"{name}.npy", np.zeros((WIDTH, clips), np.float16))
    message = bench.fails(FeatureError, "2 of 4 feature files cannot be used")
    assert "P1_tea.npy: shape (6, 28), but 30 labels in" in message and "P3_tea.npy" in message
    np.save(bench.features / "P1_tea.npy", np.zeros((WIDTH + 1, 30), np.float16))
    np.save(bench.features / "P3_tea.npy", np.zeros((WIDTH, 24), np.float16))
    bench.fails(FeatureError, "P1_tea.npy: has 7 dimensions, most files 6")
    (bench.features / "P1_tea.npy").write_bytes(b"")
    bench.fails(FeatureError, "1 of 4 .*\n.*P1_tea.npy")


def test_a_stride_of_more_than_one_frame(bench: Bench) -> None:
    bench.fails(
        FeatureError, "P1_tea.npy.* 15 clips with data.clip_stride=2 expected", clip_stride=2
    )
    for name in LABELS:
        values = np.load(bench.features / f"{name}.npy")
        np.save(bench.features / f"{name}.npy", values[:, ::2])
    dataset = bench.load(clip_stride=2, clip_length=2)
    assert dataset.recordings["P2_tea"].clips == 11  # of 21 frames
    assert dataset.recordings["P2_tea"].grid.to_seconds(0.5) == pytest.approx(0.1)


def test_either_axis_may_be_time_if_the_labels_tell(bench: Bench) -> None:
    for name in LABELS:
        values = np.load(bench.features / f"{name}.npy")
        np.save(bench.features / f"{name}.npy", values.T)
    assert bench.load().recordings["P1_tea"].clips == 30
    for name, labels in LABELS.items():
        np.save(bench.features / f"{name}.npy", np.zeros((24, len(labels)), np.float16))
    # One file is square; the others show along which axis time goes.
    assert bench.load().feature_dim == 24
    assert bench.load(feature_layout="clips_last").feature_dim == 24
    bench.fails(
        FeatureError,
        r"P1_tea.npy: shape \(24, 30\).* expected; is data.feature_layout 'clips_last'\?",
        feature_layout="clips_first",
    )
    np.save(bench.features / "P1_tea.npy", np.zeros((30, 24), np.float16))
    bench.fails(FeatureError, "1 of 4 .*\n.*P1_tea.npy.* otherwise than most .*: save it transp")


def test_all_files_tell_the_layout_together(bench: Bench) -> None:
    for name in LABELS:
        (bench.folder / "groundTruth" / f"{name}.txt").write_text("take\n" * 24)
        np.save(bench.features / f"{name}.npy", np.zeros((24, 24), np.float16))
    said = "P1_tea.npy of shape .* can be read in two ways, and so can all others; say 'clips_last'"
    bench.fails(SettingsError, said)
    # One clip more would do along either axis, but only one way are all files of one width.
    np.save(bench.features / "P1_egg.npy", np.zeros((25, 24), np.float16))
    with pytest.warns(UserWarning, match="are cut to the shorter: P1_egg"):
        dataset = bench.load()
    assert dataset.feature_dim == 24
    assert not dataset.recordings["P1_egg"].file.clips_last


def test_labels_and_settings_are_looked_at_as_elsewhere(bench: Bench) -> None:
    bench.fails(
        SettingsError, "data.background: .* has no label 'backgruond'", background=("backgruond",)
    )
    bench.fails(SettingsError, "data.classes: 'take' is there twice", classes=("take", "take"))
    mapping = bench.folder / "mapping.txt"
    mapping.write_text(mapping.read_text() + "9 take\n")
    bench.fails(ValueError, r"mapping.txt: line \d+: label 'take' is there twice")
    mapping.unlink()
    said = "data.background: .* no label 'SIL'; it has 'background', 'pour', 'take'"
    bench.fails(SettingsError, said, background=("background", "SIL"))
    assert bench.load(background=("pour",)).classes == ("background", "take")


@pytest.mark.parametrize("label", ["ta\u200bke", "back\u200bground", "po\u00adur"])
def test_labels_that_look_alike(bench: Bench, label: str) -> None:
    """Background among them: its frames became an action."""
    (bench.folder / "mapping.txt").unlink()
    truth = bench.folder / "groundTruth" / "P1_tea.txt"
    truth.write_text("\n".join([label, *LABELS["P1_tea"][1:]]))
    bench.fails(ValueError, "labels differ only in spaces or Unicode form")
    truth.write_text("\n".join(["Background", *LABELS["P1_tea"][1:]]))
    with pytest.warns(UserWarning, match="only in letter case.*'Background' and 'background'"):
        assert bench.load().classes == ("Background", "pour", "take")
    assert bench.load(background=("Background", "background")).classes == ("pour", "take")


def test_what_is_missing_is_listed(bench: Bench) -> None:
    (bench.features / "P1_egg.npy").unlink()
    (bench.folder / "groundTruth" / "P3_tea.txt").unlink()
    message = bench.fails(FileNotFoundError, "2 files of split 1 are not there")
    assert "P1_egg.npy" in message and "P3_tea.txt" in message
    assert bench.load(exclude=("P1_egg", "P3_tea")).subsets["test"] == ()
    for setting, message in (
        ({"fps": None}, r"data\.fps: say how many labels a second"),
        ({"split": None}, r"data\.split = None: .* has 1, 2; choose one"),
        ({"split": 3}, r"data\.split = 3: .* has 1, 2"),
        ({"annotations": ""}, r"data\.annotations: name the folder"),
    ):
        bench.fails(SettingsError, message, **setting)
    bench.fails(FileNotFoundError, "there is no x/groundTruth", annotations="x")


def test_bundles_that_contradict_themselves(bench: Bench) -> None:
    bench.bundle("test", 1, ["P3_tea.txt", "P3_tea"])
    bench.fails(ValueError, r"test\.split1\.bundle: line 2: P3_tea is there twice")
    bench.bundle("test", 1, ["P3_tea", "P1_tea"])
    bench.fails(ValueError, "split 1 trains and tests on P1_tea")


def test_settings_without_effect_are_refused(bench: Bench) -> None:
    for name, value in (("spacing", "even"), ("test_subset", "x"), ("outside", "keep")):
        bench.fails(SettingsError, rf"data\.{name}: no effect", **{name: value})
    for dataset in ("sbhar", "features"):
        with pytest.raises(SettingsError, match=r"data\.split, data\.background: no effect"):
            load_dataset(DataSettings.model_validate(
                {"dataset": dataset, "split": 1, "background": ("x",)}
            ))  # fmt: skip


# --- real data


@pytest.fixture(params=REAL)
def real(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    published_data(name)
    return name


def real_settings(name: str, split: int) -> dict[str, Any]:
    return {
        "data.dataset": "framewise", "data.annotations": str(published_data(name)),
        "data.split": split,
        "data.fps": REAL[name][0], "data.clip_length": 1, "data.clip_stride": 1,
    }  # fmt: skip


def test_real_instances_and_their_frames(real: str, tmp_path: Path) -> None:
    fps, _, videos, instances, _ = REAL[real]
    truth = read_annotations(published_data(real) / "groundTruth", "frames", fps=fps)
    assert (len(truth.videos), len(truth.instances)) == (videos, instances)
    write_annotations(truth, tmp_path, "frames", fps=fps)
    for path in (published_data(real) / "groundTruth").iterdir():
        assert (tmp_path / path.name).read_text().split() == path.read_text().split()
        labels = path.read_text().split()
        assert sum(stop - first for _, first, stop in runs(labels)) == len(labels)


def test_real_data_sets(real: str) -> None:
    _, _, videos, instances, _ = REAL[real]
    for split in (1, 2):
        settings = Settings.preset("features").override(real_settings(real, split))
        with warnings.catch_warnings():
            warnings.simplefilter("error")  # nothing to cut, nothing that shares its time
            dataset = load_dataset(settings.data)
        assert len(dataset.recordings) == videos and len(dataset.truth) == instances
        assert dataset.feature_dim == 128
        assert sum(len(names) for names in dataset.subsets.values()) == videos


def test_published_detections_score_as_published(real: str) -> None:
    """ED-TCN's: the test recordings of all splits pooled, scored ActivityNet's way."""
    fps, splits, _, _, published = REAL[real]
    content = json.loads((published_data(real) / "reference" / "edtcn.json").read_text())
    rows = [
        (video, one["label"], *one["segment"], one["score"])
        for video, found in content["results"].items()
        for one in found
    ]
    detections = pd.DataFrame(rows, columns=["video", "label", "start", "end", "score"])
    tests = [read_split(published_data(real), split, fps)["test"] for split in range(1, splits + 1)]
    truth = Annotations(
        pd.concat([one.instances for one in tests], ignore_index=True),
        pd.concat([one.videos for one in tests], ignore_index=True),
    )
    results = evaluate_detections(truth, detections, "activitynet", list(scoring("framewise")[1]))
    found = [round(100 * value, 1) for value in results.to_json()["mAP"].values()]
    assert found == published


@pytest.mark.slow
def test_a_short_training_on_real_data(real: str, tmp_path: Path) -> None:
    import gtan
    from gtan.inference import detect_dataset
    from gtan.training.loop import train

    settings = Settings.preset("features").override(
        real_settings(real, 1)
        | {
            "data.hold_out_every": 7,
            "network.base_channels": (16, 16),
            "network.anchor_channels": (16,) * 5,
            "training.iterations": 30,
            "training.batch_size": 4,
            "training.threads": 1,
            "training.device": "cpu",
            "training.explanations": 0,
        }
    )
    train(settings, tmp_path / "run")
    run = gtan.open_run(tmp_path / "run")
    dataset = run.dataset()
    names = dataset.subsets["test"][:2]
    detections = detect_dataset(run.model(), dataset, names, run.settings)
    assert set(detections["video"]) <= set(names) and len(detections)
    assert set(detections["label"]) <= set(dataset.classes)
