"""Write numbers of lessons 8 and 5: helps.json, from docs/, and receptive.json, by gradient.

    python scripts/lesson_numbers.py        after docs/study.json, world.md or grouping.md changed

The lesson's page needs them where there is no docs/: in a wheel.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from gtan.files import read_json, write_json
from gtan.runs.run import open_run
from gtan_viz.lessons.receptive import fields

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
LESSONS = ROOT / "gtan_viz" / "lessons"
# By key: what the lesson calls it, and the study's experiment.
SBHAR = {
    "table3": "Table 3",
    "pooling": "Table 3 in smaller steps",
    "table4": "Table 4: long actions",
    "figure7": "Figure 7: layers",
}
COLUMNS = {
    "average_mAP": "value",
    "low": "low",
    "high": "high",
    "against": "against",
    "difference": "difference",
    "difference low": "differenceLow",
    "difference high": "differenceHigh",
    "seeds": "seeds",
    "corrected p": "p",
    "paper THUMOS14": "paper",
}


def numbers(docs: Path = DOCS) -> dict[str, Any]:
    """`tables` (with intervals), `comparisons` of the study, and `seeds` (fold by fold)."""
    study = read_json(docs / "study.json")
    comparisons = sum(row["corrected p"] is not None for row in study["table"])
    tables = [*_study(study), *_world((docs / "world.md").read_text())]
    seeds = _seeds((docs / "grouping.md").read_text())
    return {"tables": tables, "comparisons": comparisons, "seeds": seeds}


def _study(study: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """SBHAR: intervals over recordings; of seeds, one standard deviation to both sides."""
    for key, title in SBHAR.items():
        rows = []
        for row in study["table"]:
            if row["experiment"] == key and row["average_mAP"] is not None:  # else not yet run
                spread = row["std"]
                mean = row["average_mAP"]
                seeds = [round(mean + sign * spread, 6) for sign in (-1, 1)] if spread else None
                rows.append(
                    {"name": _capitals(row["variant"]), "seedRange": seeds}
                    | {ours: row[theirs] for theirs, ours in COLUMNS.items()}
                    | {"against": _capitals(row["against"])}
                )
        yield {"key": key, "data": "SBHAR", "title": title, "rows": rows}


def _capitals(name: str | None) -> str | None:
    """The detectors' names as they are written."""
    return name and re.sub(r"^(gtan|ssad)\b", lambda found: found[0].upper(), name)


def _world(page: str) -> Iterator[dict[str, Any]]:
    """The small world: of seeds, the smallest to the largest; of differences, no interval."""
    section = page.partition("## Figures")[2]
    parts = section.partition("derivatives (E1)")
    titles = {"world": "the paper's method", "world_E1": "with derivatives"}
    for (key, title), part in zip(titles.items(), (parts[0], parts[2])):
        rows: list[dict[str, Any]] = []
        for cells in _cells(part):
            spreads = [re.fullmatch(r"([\d.]+) to ([\d.]+)", cells[at]) for at in (2, 4)]
            if None in spreads:
                continue
            seeds, films = ([float(one) for one in found.groups()] for found in spreads if found)
            before = rows[-1] if rows else None
            rows.append(
                {
                    "name": re.sub(r"[*`]|: \*\*.*| \(.*\)", "", cells[0]),
                    "seedRange": seeds,
                    "value": float(cells[1]),
                    "low": films[0],
                    "high": films[1],
                    "against": before["name"] if before else "",
                    "difference": round(float(cells[1]) - before["value"], 6) if before else None,
                    "differenceLow": None,
                    "differenceHigh": None,
                    "seeds": 3,
                    "p": None,
                    "paper": None,
                }
            )
        yield {"key": key, "data": "the small world", "title": title, "rows": rows}


def _seeds(page: str) -> dict[str, list[list[float]]]:
    """Average mAP on held-out people, by variant: three seeds of four folds."""
    found: dict[str, list[list[float]]] = {}
    for cells in _cells(page):
        named = re.match(r"`(replace|join|off)`.*seed (\d)", cells[0])
        if named:
            found.setdefault(named[1], []).append([float(one.split("/")[0]) for one in cells[1:5]])
    return found


def _cells(page: str) -> Iterator[list[str]]:
    """The rows of a page's tables that have five cells or more."""
    for line in page.splitlines():
        cells = [cell.strip() for cell in line.strip("| ").split("|")]
        if line.startswith("| ") and len(cells) >= 5:
            yield cells


def main() -> int:
    """Write the files."""
    write_json(LESSONS / "helps.json", numbers())
    write_json(LESSONS / "receptive.json", fields(open_run().settings))
    return 0


if __name__ == "__main__":
    sys.exit(main())
