"""What README, `results.md` and `world.md` show of the study: written between marks.

<!-- study: headline -->
made from docs/study.json by `python scripts/study.py --docs-only`
<!-- /study -->
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pandas as pd

from gtan.experiments.ablations import FIXED_E1, GAUSSIAN_E1, GROUPING_E1
from gtan.experiments.markdown import number
from gtan.experiments.protocols import BESIDE_LOSO, BESIDE_VIDEO
from gtan.experiments.protocols_page import percent
from gtan.experiments.study_tables import rows

_MARKED = re.compile(r"(<!-- study: ([a-z0-9-]+) -->\n).*?(<!-- /study -->)", re.DOTALL)


def fill_marks(text: str, made: Mapping[str, Any]) -> str:
    """A page whose marked parts are made anew, but those whose experiments have not been run.

    Args:
        text: of the page.
        made: contents of `docs/study.json`.

    Raises:
        ValueError: a mark that nothing is known of.

    Example:
        >>> fill_marks("no marks", {})
        'no marks'
    """

    def made_anew(found: re.Match[str]) -> str:
        if found[2] not in _PARTS:
            raise ValueError(f"mark {found[2]!r} is unknown; there are {', '.join(_PARTS)}")
        try:
            lines = _PARTS[found[2]](made)
        except KeyError:  # not run yet
            return found[0]
        return "\n".join([found[1], *lines, "", found[3]])

    return _MARKED.sub(made_anew, text)


def _headline(made: Mapping[str, Any]) -> list[str]:
    """Mean and standard deviation over seeds, with derivatives."""
    lines = ["| | fixed kernels | + learned width | + grouping |", "|---" * 4 + "|"]
    for name, study in (
        ("the small world (synthetic, 16 test films)", made["world"]),
        ("SBHAR (sensors, 9 test people)", made),
    ):
        found = {row["variant"]: row for row in study["table"] if row["experiment"] == "E1"}
        cells = [
            " ± ".join(
                filter(None, (number(found[variant][one]) for one in ("average_mAP", "std")))
            )
            for variant in (FIXED_E1, GAUSSIAN_E1, GROUPING_E1)
        ]
        lines.append(f"| {' | '.join([name, *cells])} |")
    return lines


def _beside(made: Mapping[str, Any]) -> list[str]:
    """Beside what others reached: a list of three."""
    loso = made["protocols"]["loso"]["rows"]
    everybody, untouched = (_mean(loso, group, "average_mAP_N") for group in ("all", "test users"))
    lines = [
        f"- SBHAR, one subject left out at a time ({_seeds(loso, 'all')}): {everybody}; "
        f"ActionFormer {BESIDE_LOSO['ActionFormer']:.1f} (DETAD's normalised mAP, tIoU "
        "0.3:0.1:0.7). Settings were chosen on 21 of the 30 people; the nine others alone: "
        f"{untouched}."
    ]
    for name, title, group in (
        ("50salads", "50 Salads", "all"),
        ("gtea", "GTEA, splits 1 to 3", "splits 1 to 3"),
    ):
        found = made["protocols"][name]["rows"]
        theirs = np.mean(BESIDE_VIDEO[name]["mAP"])
        lines.append(
            f"- {title} (real video, tIoU 0.1:0.1:0.7, {_seeds(found, group)}): "
            f"{_mean(found, group, 'average_mAP')}; ED-TCN {theirs:.1f}."
        )
    return lines


def _ablation(study: Mapping[str, Any]) -> list[str]:
    """Table 3, by the paper's pooling and with derivatives."""
    table = pd.DataFrame(study["table"])
    paper = rows(table[table["experiment"] == "table3"])
    derivatives = rows(table[table["experiment"] == "E1"])
    return [
        "By the paper's own pooling:", "", *paper, "",
        "Pooled under the kernel's derivatives too (E1):", "", *derivatives,
    ]  # fmt: skip


def _mean(found: list[Mapping[str, Any]], group: str, figure: str) -> str:
    return percent(float(np.mean([row[figure] for row in found if row["group"] == group])))


def _seeds(found: list[Mapping[str, Any]], group: str) -> str:
    count = sum(row["group"] == group for row in found)
    return "one seed" if count == 1 else f"mean of {count} seeds"


_PARTS: dict[str, Callable[[Mapping[str, Any]], list[str]]] = {
    "headline": _headline,
    "beside": _beside,
    "ablation-sbhar": _ablation,
    "ablation-world": lambda made: _ablation(made["world"]),
}
