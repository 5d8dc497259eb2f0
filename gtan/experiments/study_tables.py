"""The study's tables in Markdown: of ablations, of anchor layers, of grouping."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from gtan.experiments.markdown import cell, interval, number

PAPER_COLUMNS = ("paper THUMOS14", "paper ActivityNet v1.3")


def runs_in_words(made: Mapping[str, Any]) -> str:
    """How long the runs took, on what, and by which code."""
    devices = ", ".join(f"{count} on {name}" for name, count in made["devices"].items())
    commits = ", ".join(commit[:10] for commit in made["commits"])
    return (
        f"{made['runs']} runs ({devices}; {made['hours']:.1f} hours, several at a time) of "
        f"{made['iterations']} iterations, commit {commits}"
        f"{', with local changes' if made['dirty'] else ''}"
    )


def grouping_rows(found: Sequence[Mapping[str, Any]]) -> list[str]:
    """A Markdown table of `study.grouping_reports`."""
    lines = [
        "| | seeds | mixed kernels | on actions | hits from them | average mAP | without them |",
        "|---" * 7 + "|",
    ]
    for row in found:
        figures = [number(row[name]) for name in (
            "of_these_foreground", "of_these_from_mixed_kernels", "average_mAP",
            "average_mAP_without_mixed_kernels",
        )]  # fmt: skip
        name = f"{row['experiment']} {row['variant']}"
        count = f"{row['mixed_kernels']:,.0f}"
        lines.append(f"| {' | '.join([cell(name), str(row['seeds']), count, *figures])} |")
    return lines


def rows(table: pd.DataFrame, experiment: bool = False) -> list[str]:
    """A Markdown table of the study."""
    printed = [name for name in PAPER_COLUMNS if table[name].notna().any()]
    head = [
        "",
        "seeds",
        "average mAP",
        "std",
        "95 %",
        "against",
        "difference",
        "95 %",
        "p",
        *printed,
    ]
    lines = ["| " + " | ".join(head) + " |", "|---" * len(head) + "|"]
    for row in table.to_dict("records"):
        name = f"{row['experiment']} {row['variant']}" if experiment else row["variant"]
        cells = [
            cell(name), str(row["seeds"]), number(row["average_mAP"]), number(row["std"]),
            interval(row["low"], row["high"]), cell(row["against"]),
            number(row["difference"], sign=True),
            interval(row["difference low"], row["difference high"], sign=True),
            "" if pd.isna(row["corrected p"]) else f"{row['corrected p']:.3f}",
            *("" if pd.isna(row[name]) else f"{row[name]:g}" for name in printed),
        ]  # fmt: skip
        if row["error"]:
            cells[2] = f"{cells[2]} ({cell(row['error'])})".strip()
        lines.append("| " + " | ".join(cells) + " |")
    return lines


def layer_rows(figure7: Sequence[Mapping[str, Any]]) -> list[str]:
    """Figure 7 as a Markdown table."""
    lines = ["| layers | method | seeds | average mAP | 95 % | AUC (%) |", "|---" * 6 + "|"]
    for row in sorted(figure7, key=lambda row: (row["layers"], row["method"])):
        auc = "" if row["AUC"] is None else f"{row['AUC']:.1f}"
        value = number(row["average_mAP"]) or "failed"
        lines.append(
            f"| {row['layers']} | {row['method']} | {row['seeds']} | {value} | "
            f"{interval(row['low'], row['high'])} | {auc} |"
        )
    return lines
