"""benchmarks/scale.py: its jobs run, and its table keeps what was not measured again."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

BENCHMARKS = Path(__file__).parents[1] / "benchmarks"


@pytest.fixture
def modules(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    import scale
    import scale_jobs

    yield scale, scale_jobs
    for name in ("scale", "scale_jobs"):
        sys.modules.pop(name, None)


@pytest.mark.parametrize(
    ("job", "size"),
    [("compare", 3), ("load", 6), ("evaluate", 600), ("diagnose", 600), ("identical", 50),
     ("resume", 2)],
)  # fmt: skip
def test_a_job_does_what_it_says(modules: Any, tmp_path: Path, job: str, size: int) -> None:
    modules[1].JOBS[job].prepare(size, tmp_path)()


def test_every_job_has_four_sizes_and_a_row_in_the_page(modules: Any) -> None:
    page = modules[0].PAGE.read_text()
    for name, job in modules[1].JOBS.items():
        assert len(job.sizes) >= 4 and f"| {name} | {job.what} |" in page
        assert all(f"| {name} | {size:,} |" in page for size in job.sizes)


def test_rows_of_other_jobs_stay(modules: Any, monkeypatch: Any, tmp_path: Path) -> None:
    scale = modules[0]
    monkeypatch.setattr(scale, "PAGE", tmp_path / "page.md")
    old = [f"| load | {size} | 1.00 | 1.00 | 90 | 0.1 |" for size in ("2,000", "10,000")]
    kept = "| compare | 3 | 1.00 | 1.00 | 90 | 0.1 |"
    scale.PAGE.write_text("\n".join(["before", scale.HEAD, scale.RULE, kept, *old, "", "after\n"]))
    found = {"seconds": 2.0, "core": 1.5, "peak": 1234.5, "load": 3.0}
    rows = [scale.row("load", size, found) for size in (20_000, 3_000)]
    scale.PAGE.write_text(scale.page(rows))
    assert scale.PAGE.read_text().splitlines() == [
        "before", scale.HEAD, scale.RULE, kept, "| load | 3,000 | 2.00 | 1.50 | 1,234 | 3.0 |",
        "| load | 20,000 | 2.00 | 1.50 | 1,234 | 3.0 |", "", "after",
    ]  # fmt: skip
