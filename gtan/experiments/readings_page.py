"""`docs/readings.md`: every reading with its settings and what the study measured of it.

Made by ``python scripts/study.py --docs-only``.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Literal, get_args, get_origin

import pandas as pd

from gtan.experiments.ablations import STUDIED
from gtan.experiments.markdown import cell, interval, number
from gtan.experiments.readings import EXTENSIONS, READINGS, Reading
from gtan.settings import PRESETS, Settings, setting_names


def readings_page(study: Mapping[str, Any] | None = None) -> str:
    """The page, in Markdown.

    Args:
        study: contents of `docs/study.json`; None before the study has run.
    """
    table = None if study is None else pd.DataFrame(study["table"])
    lines = [
        "# Our readings of the paper",
        "",
        "<!-- Made by `python scripts/study.py --docs-only` from gtan/experiments/readings.py, "
        "gtan/settings.py and docs/study.json. Do not edit. -->",
        "",
        "The paper's equations leave gaps, and two contradict each other. Wherever a reader must "
        "choose, the choice is a setting. The `paper-*` presets pin the readings that follow the "
        "paper's text most closely; the `sbhar` preset holds what served best on held-out "
        "training users of SBHAR.",
        "",
        "What is measured is the average mAP on "
        + ("SBHAR" if study is None else f"{study['preset']}'s {study['subset']} recordings")
        + " with the `sbhar` preset and the settings named changed. Intervals are 95 %, from a "
        "bootstrap over recordings, and hold for one comparison alone; a seed moves these numbers "
        "by about 0.01, which they do not show. [The study](study.md) has the other experiments, "
        "and what is left once all comparisons are counted.",
        "",
    ]
    if study is not None and study.get("settings") != preset_settings():
        lines += [
            "**The `sbhar` preset has changed since these were measured** (it had five anchor "
            "layers, a forced match, and neither E1 nor E2): [what it is now](grouping.md).",
            "",
        ]
    for reading in READINGS:
        lines += _section(reading, table)
    lines += [
        "# Extensions of ours",
        "",
        "They go beyond the paper and are off in its presets; wherever they are measured, the "
        "paper's method stands beside them.",
        "",
    ]
    for extension in EXTENSIONS:
        lines += _section(extension, table)
    return "\n".join(lines)


def preset_settings(preset: str = "sbhar") -> dict[str, Any]:
    """What a preset is today, in JSON types."""
    return dict(json.loads(json.dumps(PRESETS[preset])))


def _section(reading: Reading, table: pd.DataFrame | None) -> list[str]:
    lines = [f"## {reading.name}: {reading.title}", "", f"- **The paper:** {reading.paper}"]
    lines += [f"- **{'The gap' if reading.letter == 'R' else 'Here'}:** {reading.gap}"]
    if reading.always:
        lines.append(f"- **Here:** {reading.always}")
    names = setting_names()
    for name in reading.settings:
        values = setting_values(name)
        allowed = ", ".join(f"`{word}`" for word in values.pop("allowed"))
        lines.append(
            f"- **Setting** `{name}`: {names[name]}"
            + (f" One of {allowed}." if allowed else "")
            + f" {_by_preset(values)}."
        )
    evidence = reading.evidence(table)
    if len(evidence):
        lines += ["", *_measured(evidence)]
    elif reading.settings:
        when = "not yet" if reading.name in STUDIED else "not in the study"
        lines.append(f"- **Measured:** {when}.")
    return [*lines, ""]


def _by_preset(values: Mapping[str, Any]) -> str:
    by_value: dict[str, list[str]] = {}
    for preset, value in values.items():
        shown = f"{value:.4g}" if isinstance(value, float) else str(value)
        by_value.setdefault(shown, []).append(preset)
    if len(by_value) == 1:
        return f"Every preset: {next(iter(by_value))}"
    parts = [f"{', '.join(presets)}: {value}" for value, presets in by_value.items()]
    return "; ".join(parts)


def _measured(rows: pd.DataFrame) -> list[str]:
    lines = ["| measured | seeds | average mAP | 95 % | difference | 95 % |", "|---" * 6 + "|"]
    for row in rows.to_dict("records"):
        remark = f" ({cell(row['error'])})" if row["error"] else ""
        lines.append(
            f"| {cell(row['variant'])}{remark} | {row['seeds']} | {number(row['average_mAP'])} | "
            f"{interval(row['low'], row['high'])} | {number(row['difference'], sign=True)} | "
            f"{interval(row['difference low'], row['difference high'], sign=True)} |"
        )
    return lines


def setting_values(name: str) -> dict[str, Any]:
    """What a setting can be and is: ``allowed`` (its words, or none), then its value by preset."""
    group, leaf = name.split(".")
    owner = Settings.model_fields[group].annotation
    annotation = owner.model_fields[leaf].annotation  # type: ignore[union-attr]
    words = list(get_args(annotation)) if get_origin(annotation) is Literal else []
    presets = {preset: getattr(getattr(Settings.preset(preset), group), leaf) for preset in PRESETS}
    return {"allowed": words, **presets}
