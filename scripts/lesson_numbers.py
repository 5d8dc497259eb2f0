"""Write numbers of lessons 8 and 5: helps.json, from docs/, and receptive.json, by gradient.

    python scripts/lesson_numbers.py        after docs/study.json or grouping.md changed

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
# By data, and by the key that the lesson knows: the study's experiment and the title.
SBHAR = {
    "table3": ("table3", "Table 3"),
    "pooling": ("pooling", "Table 3 in smaller steps"),
    "table4": ("table4", "Table 4: long actions"),
    "figure7": ("figure7", "Figure 7: layers"),
}
WORLD = {
    "world": ("table3", "Table 3"),
    "world_E1": ("E1", "Table 3 with derivatives"),
    "world_table4": ("table4", "Table 4: long actions"),
    "world_figure7": ("figure7", "Figure 7: layers"),
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
    """`tables` (with intervals), and `seeds` (fold by fold)."""
    study = read_json(docs / "study.json")
    tables = [*_tables(study, "SBHAR", SBHAR), *_tables(study["world"], "the small world", WORLD)]
    return {"tables": tables, "seeds": _seeds((docs / "grouping.md").read_text())}


def _tables(
    study: dict[str, Any], data: str, wanted: dict[str, tuple[str, str]]
) -> Iterator[dict[str, Any]]:
    """Intervals over recordings; of seeds, one standard deviation to both sides."""
    comparisons = sum(row["corrected p"] is not None for row in study["table"])
    for key, (experiment, title) in wanted.items():
        rows = []
        for row in study["table"]:
            if row["experiment"] == experiment and row["average_mAP"] is not None:  # else not run
                spread = row["std"]
                mean = row["average_mAP"]
                seeds = [round(mean + sign * spread, 6) for sign in (-1, 1)] if spread else None
                rows.append(
                    {"name": _capitals(row["variant"]), "seedRange": seeds}
                    | {ours: row[theirs] for theirs, ours in COLUMNS.items()}
                    | {"against": _capitals(row["against"])}
                )
        yield {
            "key": key, "data": data, "title": title, "comparisons": comparisons, "rows": rows
        }  # fmt: skip


def _capitals(name: str | None) -> str | None:
    """The detectors' names as they are written."""
    return name and re.sub(r"^(gtan|ssad)\b", lambda found: found[0].upper(), name)


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
