"""A clock that is set back while something runs: nothing is measured or chosen by it."""

from __future__ import annotations

import itertools
import time
from pathlib import Path
from typing import Any

import pytest

import gtan
from gtan.experiments import sweep as sweeping
from gtan.files import read_json, write_json
from tests.gtan.faults.results import results
from tests.gtan.runs.made_run import Stop, made, stop_at, train


@pytest.fixture
def backwards(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every look at the clock shows an hour less."""
    hours, utc = itertools.count(1), time.gmtime
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now - 3600 * next(hours))
    monkeypatch.setattr(time, "gmtime", lambda *_: utc(now - 3600 * next(hours)))


def test_a_training_goes_on_to_the_same_bits(place: Path, backwards: None, capsys: Any) -> None:
    expected = results(train("whole").path)
    with pytest.raises(Stop):
        gtan.train(made(), "run", on_step=stop_at(4))
    run = gtan.train(made(), "run")
    assert results(run.path) == expected
    one, other = run.provenance()
    assert one["started"] > other["started"]  # as the clock said; what was spent is not by it
    assert all(spent >= 0 for each in (one, other) for spent in each["seconds"].values())


def test_a_run_of_a_sweep_takes_no_negative_time(
    tmp_path: Path, backwards: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_json(tmp_path / "sweep.json", {"notebook": "a.ipynb", "parameters": {}})
    monkeypatch.setattr(sweeping, "run_notebook", lambda *_, **__: None)
    monkeypatch.setattr(sweeping, "notebook_parameters", lambda _: {})
    sweeping.run_one("a.ipynb", str(tmp_path), {})
    assert read_json(tmp_path / "done.json")["seconds"] >= 0
