"""SBHAR's raw files: made-up ones anywhere, the published ones where they are."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from gtan.data import load_dataset, sbhar, sensors
from gtan.data.archives import read_members
from gtan.data.sbhar import Sbhar, parse, read_sbhar, source_in
from gtan.data.store import MissingDataError
from gtan.runs.provenance import data_hash, throughout_hash
from gtan.settings import DataSettings, SettingsError
from tests.made_up import sbhar_texts, small_sbhar, write_folder, write_tar, write_zip
from tests.published import published_data


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("GTAN_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


def assert_equal(found: Sbhar, expected: Sbhar) -> None:
    assert found.classes == expected.classes
    np.testing.assert_array_equal(found.labels, expected.labels)
    assert list(found.samples) == list(expected.samples)
    for name, samples in expected.samples.items():
        assert found.samples[name].dtype == np.int16
        np.testing.assert_array_equal(found.samples[name], samples)
    assert found.digest() == expected.digest()


def test_folder_zip_and_tar_hold_the_same(tmp_path: Path) -> None:
    raw = small_sbhar()
    texts = sbhar_texts(raw)
    flat = {path.partition("/")[2]: text for path, text in texts.items()}
    sources = [
        write_folder(tmp_path / "one", texts),
        write_folder(tmp_path / "two", flat),
        write_folder(tmp_path / "three", {f"x/{path}": text for path, text in texts.items()}),
        write_zip(tmp_path / "x.zip", texts),
        write_tar(tmp_path / "x.tar.xz", texts),
    ]
    for source in sources:
        for _ in ("parsed", "from the cache"):
            assert_equal(read_sbhar(source), raw)
    assert source_in(tmp_path / "one") == tmp_path / "one"
    for path in sources[3:]:
        folder = tmp_path / f"with {path.name}"
        folder.mkdir()
        assert source_in(folder) is None
        path.rename(folder / path.name)
        assert source_in(folder) == folder / path.name
    assert source_in(tmp_path / "nowhere") is None


def test_the_second_time_nothing_is_parsed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cache: Path
) -> None:
    path = write_zip(tmp_path / "x.zip", sbhar_texts(small_sbhar()))
    read_sbhar(path)
    (kept,) = (cache / "data").glob("sbhar-*.npz")
    monkeypatch.setattr(sbhar, "parse", None)
    assert_equal(read_sbhar(path), small_sbhar())
    kept.unlink()
    with pytest.raises(TypeError):
        read_sbhar(path)


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("RawData/labels.txt", None, r"holds no RawData/labels.txt: not SBHAR's raw data"),
        ("activity_labels.txt", None, r"holds no activity_labels.txt"),
        ("RawData/acc_exp01_user01.txt", None, r"holds no RawData/acc_exp01_user01.txt; get it"),
        ("RawData/acc_exp01_user01.txt", "1 2\n", "no table of 3 columns"),
        ("RawData/acc_exp01_user01.txt", "", "no table of 3 columns"),
        ("RawData/acc_exp01_user01.txt", "1 2 x\n", r"acc_exp01_user01.txt: .*x"),
        ("RawData/acc_exp01_user01.txt", "1 2 nan\n", "no table of 3 columns"),
        ("RawData/acc_exp01_user01.txt", "1 2 0.0003\n", "values that the sensor cannot give"),
        ("RawData/acc_exp01_user01.txt", "1 2 23\n", "values that the sensor cannot give"),
        ("RawData/acc_exp01_user01.txt", "1 2 3\n", "has 1 samples of acc, 60 of gyro"),
        ("RawData/labels.txt", "1 2 3\n", "labels.txt is no table of 5 columns"),
    ],
)
def test_missing_and_damaged_texts(tmp_path: Path, name: str, text: str | None, said: str) -> None:
    texts = sbhar_texts(small_sbhar()) | {f"HAPT Data Set/{name}": text}
    whole = {path: content for path, content in texts.items() if content is not None}
    with pytest.raises(ValueError, match=said):
        read_sbhar(write_zip(tmp_path / "x.zip", whole))


def test_without_the_data_it_says_how_to_add_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GTAN_DATA", str(tmp_path / "data"))
    with pytest.raises(MissingDataError) as error:
        load_dataset(DataSettings(dataset="sbhar"))
    text = str(error.value)
    assert "`gtan data add sbhar`" in text and "archive.ics.uci.edu/static" in text
    assert str(tmp_path / "data" / "sbhar") in text and not (tmp_path / "data").exists()


def test_a_data_set_from_made_up_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GTAN_DATA", str(tmp_path))
    raw = small_sbhar(users=6, samples=500)
    (tmp_path / "sbhar").mkdir()
    write_zip(tmp_path / "sbhar" / "sbhar.zip", sbhar_texts(raw))
    dataset = load_dataset(DataSettings(dataset="sbhar", train_on="train"))
    assert dataset.subsets["train"] == ("exp01_user01", "exp03_user03", "exp06_user06")
    assert dataset.subsets["validation"] == ("exp05_user05",)
    assert dataset.subsets["test"] == ("exp02_user02", "exp04_user04")
    recording = dataset.recordings["exp03_user03"]
    unit = np.array([1 / 1440] * 3 + [0.0175 * np.pi / 180] * 3, np.float32)
    np.testing.assert_array_equal(recording.signal()[0], raw.samples["exp03_user03"] * unit)
    assert dataset.truth.iloc[0].tolist() == ["exp01_user01", "SITTING", 0.08, 0.8]
    with pytest.raises(SettingsError, match="no recording exp09_user09"):
        load_dataset(DataSettings(dataset="sbhar", exclude=("exp09_user09",)))


def test_published_samples_are_those_of_the_lossless_repack() -> None:
    """Bit for bit; the data's hash, in a run's provenance, is what it was before December 2026."""
    folder = published_data("sbhar")
    source = source_in(folder)
    assert source is not None
    found = read_sbhar(source)
    rows = np.array((folder / "labels.txt").read_text().split(), int).reshape(-1, 5)
    np.testing.assert_array_equal(found.labels, rows)
    with np.load(published_data("sbhar/recordings_int16.npz"), allow_pickle=False) as repack:
        assert sorted(repack.files) == list(found.samples)
        for name in repack.files:
            np.testing.assert_array_equal(found.samples[name], repack[name])
    unit = np.array([1 / 1440] * 3 + [0.0175 * np.pi / 180] * 3, np.float32)
    assert sensors._UNIT.tobytes() == unit.tobytes()
    dataset = load_dataset(DataSettings(dataset="sbhar"))
    assert data_hash(dataset).startswith("037c1116c7c97737")
    assert throughout_hash(dataset).startswith("ce1e01d8316fe0a1")


def test_published_texts_are_whole_numbers_of_the_sensor() -> None:
    source = source_in(published_data("sbhar"))
    assert source is not None
    members = read_members(source, sbhar._MEMBERS)
    few = {n: c for n, c in members.items() if "exp01" in n or "labels" in n}
    assert list(parse(few, source).samples) == ["exp01_user01"]
