"""Published protocols in `docs/study.md`, beside what others reached."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from gtan.experiments.protocols import BESIDE_LOSO, BESIDE_VIDEO, LEAST
from gtan.experiments.study_tables import runs_in_words


def loso_section(made: Mapping[str, Any]) -> list[str]:
    """Leave one subject out, beside what others reached."""
    lines = [
        "## Published protocol: leave one subject out",
        "",
        "SBHAR as Bock et al. (IMWUT 2024) evaluate it: each of 30 people held out once, the "
        "accelerometer alone, the detections of all folds pooled. Theirs is mAP normalised as "
        "DETAD does (mAP_N), averaged over tIoU 0.3:0.1:0.7, in percent. "
        f"{runs_in_words(made)}; preset `{made['preset']}`.",
        "",
        "Not the same in all: they cut a subject's recordings to windows of 1 s with 50 % "
        "overlap, here clips of 1 s follow each other in steps of 0.2 s. And the preset was chosen "
        "on 21 of these people, so that only the nine others' folds are free of any choice.",
        "",
        "| | recordings | mAP_N at 0.3 | 0.4 | 0.5 | 0.6 | 0.7 | average mAP_N | "
        "average mAP | 95 % |",
        "|---" * 10 + "|",
    ]
    groups = {
        "all": "GTAN, all 30 people",
        "test users": "GTAN, the nine official test users",
        "the others": "GTAN, the 21 people on whom the preset was chosen",
    }
    for row in with_means(made["rows"]):
        values = [percent(value) for value in (*row["mAP_N"], row["average_mAP_N"])]
        name = f"{groups[row['group']]} ({row['seed']})"
        values += [percent(row["average_mAP"]), row["spread"]]
        cells = [name, str(row["recordings"]), *values]
        lines.append(f"| {' | '.join(cells)} |")
    for name, value in BESIDE_LOSO.items():
        lines.append(f"| {name}, as they print it | | | | | | | {value:.2f} | | |")
    return [*lines, ""]


def video_section(name: str, made: Mapping[str, Any]) -> list[str]:
    """GTEA or 50 Salads, beside ED-TCN's published detections."""
    titles = {"gtea": "GTEA", "50salads": '50 Salads ("mid")'}
    beside = BESIDE_VIDEO[name]
    covered = "splits 1 to 3" if name == "gtea" else "all"
    lines = [
        f"## Real video: {titles[name]}",
        "",
        f"{runs_in_words(made)}; preset `{made['preset']}`. Features: Lea et al.'s spatial CNN, "
        "128 numbers a frame. mAP (ActivityNet's protocol, percent) over all test videos of the "
        "splits named, pooled; ED-TCN's are its own published detections, scored here. F1, edit "
        "and accuracy: the segmentation field's, from detections that score at least "
        f"{LEAST:g}, turned into one label a frame.",
        "",
        "| | mAP at 0.1 | 0.2 | 0.3 | 0.4 | 0.5 | 0.6 | 0.7 | average | 95 % | F1 at 10 % | 25 % | "
        "50 % | edit | accuracy |",
        "|---" * 15 + "|",
    ]
    for row in with_means(made["rows"]):
        values = [percent(value) for value in (*row["mAP"], row["average_mAP"])]
        values += [row["spread"]]
        values += [f"{value:.1f}" for value in (*row["f1"], row["edit"], row["accuracy"])]
        group = "all splits" if row["group"] == "all" else row["group"]
        lines.append(f"| GTAN, {group} ({row['seed']}) | {' | '.join(values)} |")
    mean = sum(beside["mAP"]) / len(beside["mAP"])
    theirs = [f"{value:.1f}" for value in (*beside["mAP"], mean)]
    theirs += ["", *(f"{value:.1f}" for value in beside["segmentation"])]
    group = "all splits" if covered == "all" else covered
    return [*lines, f"| ED-TCN, {group} | {' | '.join(theirs)} |", ""]


def with_means(rows: Sequence[Mapping[str, Any]]) -> Iterator[dict[str, Any]]:
    """Rows group by group, with the mean of each that has several seeds after it.

    Returns:
        Rows as they are, but seed in words, and spread: the interval over recordings; of a mean,
        the standard deviation over seeds.
    """
    for group in dict.fromkeys(row["group"] for row in rows):
        mine = [row for row in rows if row["group"] == group]
        for row in mine:
            spread = f"{percent(row['low'])} to {percent(row['high'])}"
            yield {**row, "seed": f"seed {row['seed']}", "spread": spread}
        if len(mine) > 1:
            values = {
                name: np.mean([row[name] for row in mine], axis=0)
                for name in mine[0]
                if name not in ("group", "seed", "recordings")
            }
            std = np.std([row["average_mAP"] for row in mine], ddof=1)
            words = {"seed": f"**mean of {len(mine)} seeds**", "spread": f"std {percent(std)}"}
            yield {**mine[0], **values, **words}


def percent(fraction: float) -> str:
    """A fraction in percent, one decimal."""
    return f"{100 * fraction:.1f}"
