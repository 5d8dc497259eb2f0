"""All values of a data set are read once, and all faults are told at once."""

from __future__ import annotations

from pathlib import Path

import h5py
import numpy as np
import pytest

from gtan.data import check_features, load_dataset
from gtan.settings import DataSettings
from tests.gtan.bench import VIDEOS, Bench, features


def broken(seed: int, *clips: int) -> np.ndarray:
    array = features(seed=seed)
    array[list(clips), 3] = np.nan
    return array


def test_no_fault(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    dataset = Bench(tmp_path).load()
    assert check_features(dataset) == []
    bar = capsys.readouterr().err
    assert "4/4" in bar and "MB/s" in bar
    assert check_features(dataset, progress=False, workers=1) == []
    assert capsys.readouterr().err == ""


def test_all_faults_are_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bench = Bench(tmp_path)
    dataset = bench.load()
    np.save(tmp_path / "a.npy", broken(0, 20))
    np.save(tmp_path / "b.npy", features(width=5))
    (tmp_path / "c.npy").unlink()
    np.save(tmp_path / "d.npy", broken(0, 5, 7, 38))
    for block in (1 << 24, 13):  # read at once, or two clips at a time
        monkeypatch.setattr("gtan.data.features.BLOCK", block)
        faults = check_features(dataset, progress=False)
        assert len(faults) == 4
        for fault, said in zip(
            faults,
            (
                "a.npy: clip 20, dimension 3 is NaN, infinite or beyond float32; extract",
                "b.npy: has 5 dimensions, the data set 6",
                "c.npy: cannot be read (No such file",
                "d.npy: clip 5, dimension 3 is NaN, infinite or beyond float32 (and 2 more clips, "
                "up to 38); extract",
            ),
        ):
            assert fault.startswith(f"{tmp_path / said}") and "\n" not in fault
    assert check_features(dataset, ["d"], progress=False) == faults[3:]
    assert check_features(dataset, ["a", "d"], headers_only=True, progress=False) == []
    assert check_features(dataset, headers_only=True, progress=False) == faults[1:3]
    with pytest.raises(KeyError):
        check_features(dataset, ["x"])


@pytest.mark.parametrize("suffix", ["npz", "csv", "h5", "pt", "npy"])
@pytest.mark.parametrize("last", [False, True])
def test_every_format(tmp_path: Path, suffix: str, last: bool) -> None:
    bench = Bench(tmp_path)
    for seed, name in enumerate(VIDEOS):
        array = broken(seed, *[30, 31] * (name == "d"))
        array = array.T if last else array
        path = tmp_path / f"{name}.{suffix}"
        if suffix == "npz":
            np.savez_compressed(path, x=array)
        elif suffix == "csv":
            np.savetxt(path, array, "%.9g", ",")
        elif suffix == "h5":
            with h5py.File(path, "w") as file:
                file["x"] = array
        elif suffix == "pt":
            import torch

            torch.save(torch.from_numpy(array), path)
        else:
            np.save(path, array)
    place = str(tmp_path / ("{video}." + suffix))
    dataset = bench.load(features=place, feature_layout="clips_last" if last else "clips_first")
    (fault,) = check_features(dataset, progress=False)
    assert f"d.{suffix}: clip 30, dimension 3 is NaN" in fault and "1 more clips, up to 31" in fault


def test_one_hdf5_file_for_all_names_the_entry(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    with h5py.File(tmp_path / "all.h5", "w") as file:
        for name in VIDEOS:
            file[name] = broken(0, *[8] * (name in "bd"))
    faults = check_features(bench.load(features=str(tmp_path / "all.h5")), progress=False)
    assert ["all.h5['b']: clip 8" in faults[0], "all.h5['d']: clip 8" in faults[1]] == [True] * 2


def test_a_table_whose_text_comes_late(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    for seed, name in enumerate(VIDEOS):
        np.savetxt(tmp_path / f"{name}.csv", features(seed=seed), "%.9g", ",")
    with (tmp_path / "c.csv").open("a") as file:
        file.write("1,2,x,4,5,6\n")
    dataset = bench.load(features=str(tmp_path / "{video}.csv"))
    (fault,) = check_features(dataset, progress=False)
    assert "c.csv: not a table of numbers" in fault
    assert check_features(dataset, headers_only=True, progress=False) == []


def test_what_ships_has_no_files() -> None:
    assert check_features(load_dataset(DataSettings()), progress=False) == []
