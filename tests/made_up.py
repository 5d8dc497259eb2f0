"""Made-up data in the layouts in which others publish theirs, for machines that have none."""

import io
import json
import tarfile
import zipfile
from pathlib import Path

import numpy as np

from gtan.data.sbhar import UNITS, Sbhar


def small_sbhar(users: int = 2, samples: int = 60) -> Sbhar:
    rng = np.random.default_rng(0)
    names = [f"exp{number:02d}_user{number:02d}" for number in range(1, users + 1)]
    return Sbhar(
        {name: rng.integers(-2000, 2000, (samples, 6)).astype(np.int16) for name in names},
        np.array([[n, n, 1 + n % 2, 5, 40] for n in range(1, users + 1)]),
        ("WALKING", "SITTING"),
    )


def sbhar_texts(raw: Sbhar) -> dict[str, str]:
    """Paths and texts as UCI has them."""
    texts = {
        "README.txt": "made up",
        "activity_labels.txt": "\n".join(f"{n} {c}  " for n, c in enumerate(raw.classes, 1)),
        "RawData/labels.txt": "\n".join(" ".join(map(str, row)) for row in raw.labels.tolist()),
    }
    for name, samples in raw.samples.items():
        for sensor, columns in (("acc", samples[:, :3]), ("gyro", samples[:, 3:])):
            lines = [" ".join(map(repr, row)) for row in (columns * UNITS[sensor]).tolist()]
            texts[f"RawData/{sensor}_{name}.txt"] = "\n".join(lines) + "\n"
    return {f"HAPT Data Set/{path}": text for path, text in texts.items()}


def write_zip(path: Path, texts: dict[str, str]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in texts.items():
            archive.writestr(name, text)
    return path


def write_tar(path: Path, texts: dict[str, str]) -> Path:
    with tarfile.open(path, "w:xz", preset=0) as archive:
        for name, text in texts.items():
            info = tarfile.TarInfo(name)
            info.size = len(text.encode())
            archive.addfile(info, io.BytesIO(text.encode()))
    return path


def write_folder(path: Path, texts: dict[str, str]) -> Path:
    for name, text in texts.items():
        (path / name).parent.mkdir(parents=True, exist_ok=True)
        (path / name).write_text(text)
    return path


def thumos14_json() -> str:
    """Two videos, as some editions have them: with frames."""

    def one(label: str, start: float, end: float) -> dict[str, object]:
        frames = [start * 30, end * 30]
        return {"label": label, "segment": [start, end], "segment(frames)": frames, "label_id": 0}

    database = {
        "video_test_0000004": {
            "subset": "Test", "duration": 33.83, "fps": 30.0,
            "annotations": [one("Diving", 0.2, 1.1), one("Billiards", 4.0, 5.5)],
        },
        "video_validation_0000051": {
            "subset": "Validation", "duration": 169.79, "fps": 30.0,
            "annotations": [one("Billiards", 1.0, 2.0)],
        },
    }  # fmt: skip
    return json.dumps({"version": "Thumos14-30fps", "database": database})


def thumos14_truth() -> dict[str, str]:
    """The official texts of the same."""
    return {
        "annotation/Diving_test.txt": "video_test_0000004  0.2 1.1\n",
        "annotation/Billiards_test.txt": "video_test_0000004  4.0 5.5 \n",
        "annotation/Ambiguous_test.txt": "video_test_0000004  7.0 8.0\n"
        "video_test_0001292  1.0 154.1\n",
    }


def activitynet_texts() -> dict[str, str]:
    actions = {
        "v_a": {"duration_second": 10.0, "annotations": [{"segment": [1, 2.5], "label": "Ballet"}]},
        "v_b": {"duration_second": 20.0, "annotations": []},
    }
    return {
        "anet_anno_action.json": json.dumps(actions),
        "video_info_new.csv": "video,numFrame,seconds,fps,rfps,subset,featureFrame\n"
        "v_a,300,10.0,30.0,30.0,training,304\nv_b,500,20.0,25.0,25.0,testing,496\n",
    }


def framewise_folder(path: Path, per_split: bool = False) -> Path:
    """Two videos in MS-TCN's layout."""
    texts = {f"groundTruth/{v}.txt": "a\na\nbackground\n" for v in ("v1", "v2")}
    texts |= {"splits/train.split1.bundle": "v1.txt\n", "splits/test.split1.bundle": "v2.txt\n"}
    write_folder(path, texts | {"mapping.txt": "0 a\n1 background\n"})
    features = path / "split1" / "features" if per_split else path / "features"
    features.mkdir(parents=True)
    for video in ("v1", "v2"):
        np.save(features / f"{video}.npy", np.zeros((4, 3), np.float32))
    return path


def large_sbhar() -> Sbhar:
    """As many people and activities as SBHAR has, recordings shorter, and nothing of it real."""
    rng = np.random.default_rng(0)
    classes = ("LAYING", *(f"ACTIVITY_{letter}" for letter in "BCDEFGHIJKL"))
    samples, labels = {}, []
    for number in range(1, 61):  # two a user
        user, length = (number + 1) // 2, int(rng.integers(8000, 10000))
        signal = rng.normal(0, 30, (length, 6))
        signal[:, 0] += 1440  # who stands upright
        start = int(rng.integers(50, 200))
        for place in range(20):
            activity = (number + 5 * place) % 12
            end = start + int(rng.integers(100, 500))
            time = np.arange(start, end)[:, None]
            tone = np.sin(time * (0.05 + 0.04 * activity) + np.arange(6)) * (600 + 60 * activity)
            signal[start:end] += tone
            labels.append([number, user, activity + 1, start + 1, end])
            start = end + int(rng.integers(50, 400))
            if start > length - 600:
                break
        samples[f"exp{number:02d}_user{user:02d}"] = np.rint(signal).astype(np.int16)
    return Sbhar(samples, np.array(labels), classes)
