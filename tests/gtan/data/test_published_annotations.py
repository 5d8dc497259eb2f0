"""Published annotations, joined: made-up ones anywhere, the real ones where they are."""

from __future__ import annotations

import gzip
import hashlib
import warnings
from pathlib import Path

import pytest

from gtan.data.annotations import read_truth
from gtan.data.published_annotations import joined_annotations
from gtan.data.recordings import annotation_file
from gtan.data.store import MissingDataError
from tests.made_up import (
    activitynet_texts,
    thumos14_json,
    thumos14_truth,
    write_folder,
    write_zip,
)
from tests.published import published_data

# What the two files held that were part of this project until December 2026.
JOINED = {
    "thumos14": "f55c98e6d7d0d2bcf9243d12d79c54ae8bd7d052b86ec30ae171a1da082ae942",
    "activitynet": "3954126a85e6be2262b88d16fc4f05ad92a5509892996bf65b0bbe2ec6bb1401",
}


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("GTAN_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.mark.parametrize("name", JOINED)
def test_the_joined_files_are_what_they_were(name: str) -> None:
    published_data("oracles/thumos14_scnn_c3d/ground_truth.csv")
    content = gzip.decompress(annotation_file(name).read_bytes())
    assert hashlib.sha256(content).hexdigest() == JOINED[name]


def test_thumos14_official_texts_give_the_same(tmp_path: Path) -> None:
    """The official kit's text files in place of the table that S-CNN distributes."""
    table = read_truth(published_data("oracles/thumos14_scnn_c3d/ground_truth.csv")).instances
    texts = {
        f"annotation/{label}_test.txt": "".join(
            f"{row.video}  {row.start} {row.end}\n" for row in rows.itertuples()
        )
        for label, rows in table.groupby("label", sort=False)
    }
    folder = tmp_path / "thumos14"
    texts["thumos14.json"] = published_data("thumos14/thumos14.json").read_text()
    content = gzip.decompress(
        joined_annotations("thumos14", write_folder(folder, texts)).read_bytes()
    )
    assert hashlib.sha256(content).hexdigest() == JOINED["thumos14"]


@pytest.mark.parametrize("form", ["folder", "zip", "csv", "oracle"])
def test_thumos14(tmp_path: Path, form: str) -> None:
    folder = write_folder(tmp_path / "thumos14", {"thumos14.json": thumos14_json()})
    table = "video,label,start,end\nvideo_test_0000004,Billiards,4.0,5.5\nvideo_test_0000004,Diving"
    table += (
        ",0.2,1.1\nvideo_test_0000004,Ambiguous,7.0,8.0\nvideo_test_0001292,Ambiguous,1,154.1\n"
    )
    if form == "folder":
        write_folder(folder, thumos14_truth())
    elif form == "zip":
        write_zip(folder / "TH14_Temporal_annotations_test.zip", thumos14_truth())
    elif form == "csv":
        (folder / "ground_truth.csv").write_text(table)
    else:
        write_folder(tmp_path / "oracles/thumos14_scnn_c3d", {"ground_truth.csv": table})
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        truth = read_truth(joined_annotations("thumos14", folder))
    assert truth.instances.values.tolist() == [
        ["video_test_0000004", "Billiards", 4.0, 5.5],
        ["video_test_0000004", "Diving", 0.2, 1.1],
        ["video_test_0000004", "Ambiguous", 7.0, 8.0],
        ["video_test_0001292", "Ambiguous", 1.0, 154.1],
        ["video_validation_0000051", "Billiards", 1.0, 2.0],
    ]


def test_thumos14_without_the_official_truth(tmp_path: Path) -> None:
    folder = write_folder(tmp_path / "thumos14", {"thumos14.json": thumos14_json()})
    with pytest.warns(UserWarning, match=r"Ambiguous.*gtan data add thumos14 --from TH14"):
        truth = read_truth(joined_annotations("thumos14", folder), "Test")
    assert truth.instances["label"].tolist() == ["Diving", "Billiards"]
    assert "video_test_0001292" in set(truth.videos["video"])  # presets exclude it by name


def test_activitynet_packed_or_not(tmp_path: Path) -> None:
    one = write_folder(tmp_path / "one", activitynet_texts())
    two = tmp_path / "two"
    two.mkdir()
    for name, text in activitynet_texts().items():
        (two / f"{name}.gz").write_bytes(gzip.compress(text.encode()))
    first, second = (joined_annotations("activitynet", folder) for folder in (one, two))
    assert first != second and first.read_bytes() == second.read_bytes()
    videos = read_truth(first).videos
    assert videos["fps"].tolist() == [30.0, 25.0] and videos["duration"].tolist() == [10.0, 20.0]


@pytest.mark.parametrize(
    ("dataset", "name", "text", "said"),
    [
        ("thumos14", "thumos14.json", "{", "thumos14.json: not JSON"),
        ("thumos14", "thumos14.json", "[]", "thumos14.json: not THUMOS14's annotations"),
        ("thumos14", "annotation/Diving_test.txt", "v 1\n", "Diving: 'v 1' is no video, start and"),
        ("thumos14", "annotation/Diving_test.txt", "v 1 2\n", "the official truth has 'v'"),
        ("thumos14", "annotation/Ambiguous_test.txt", None, "holds no Ambiguous_test.txt"),
        ("activitynet", "anet_anno_action.json", "{}", "does not belong to anet_anno_action.json"),
        ("activitynet", "video_info_new.csv", "a,b\n1,2\n", "does not belong to"),
        ("activitynet", "video_info_new.csv", "\n", "the file is empty"),
    ],
)
def test_damaged_files(
    tmp_path: Path, dataset: str, name: str, text: str | None, said: str
) -> None:
    texts: dict[str, str | None] = dict(activitynet_texts())
    if dataset == "thumos14":
        texts = {"thumos14.json": thumos14_json(), **thumos14_truth()}
    texts[name] = text
    whole = {path: content for path, content in texts.items() if content is not None}
    with pytest.raises(ValueError, match=said):
        joined_annotations(dataset, write_folder(tmp_path / dataset, whole))


def test_missing_annotations_say_how_to_add_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GTAN_DATA", str(tmp_path))
    with pytest.raises(MissingDataError, match="gtan data add thumos14 --from FILE_OR_FOLDER"):
        annotation_file("thumos14")
    (tmp_path / "activitynet").mkdir()
    with pytest.raises(
        MissingDataError, match=r"holds no anet_anno_action.json or .*, no video_in"
    ):
        annotation_file("activitynet")
