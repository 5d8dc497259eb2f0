"""Reading cards: each place where the paper leaves a gap, what we do there, and what it is worth.

Here stand only the paper's words and why one must choose. Names, meanings and values of settings
come from `gtan.settings` (a setting's description names its readings), numbers from the study. The
page `docs/readings.md` is made of both: ``python scripts/study.py --docs-only``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, get_args, get_origin

import pandas as pd

from gtan.experiments.study import READINGS
from gtan.settings import PRESETS, Settings, setting_names


@dataclass(frozen=True)
class Card:
    """One reading.

    Attributes:
        number: of R1 to R23.
        title: what it is about.
        paper: what the paper prints.
        gap: why one must choose.
        always: what we do where there is no setting to choose by.
    """

    number: int
    title: str
    paper: str
    gap: str
    always: str = ""

    @property
    def name(self) -> str:
        """As ``R5``."""
        return f"R{self.number}"

    @property
    def settings(self) -> list[str]:
        """Dotted names of the settings whose description names this reading."""
        pattern = re.compile(rf"\b{self.name}\b")
        return [name for name, text in setting_names().items() if pattern.search(text)]

    def evidence(self, table: pd.DataFrame | None) -> pd.DataFrame:
        """The study's rows on this reading: of `gtan.experiments.study.summary`, maybe none."""
        if table is None:
            return pd.DataFrame()
        return table[table["experiment"] == self.name]


CARDS = (
    Card(
        1, "The unit of a sigma",
        "Eq. 1 takes sigma in (0, 1) on positions i/T; Eq. 2 takes the width r_d * 2 sigma / T.",
        "In Eq. 1 sigma is a fraction of the map, in Eq. 2 of a cell. With Eq. 2's unit two "
        "neighbours overlap by at most 1/3, and grouping at 0.7 can never fire: two equal "
        "neighbours need a width of 5.67 cells.",
    ),
    Card(
        2, "What the weights sum to", "1/Z in Eq. 1 and 1/T in Eq. 4.",
        "Both together would shrink features by T.",
        "The weights sum to 1 over the valid cells.",
    ),
    Card(
        3, "Where a cell's centre lies", "mu = t/T in Eq. 1, a_c = (t + 0.5)/T in Eq. 2.",
        "They are half a cell apart.", "(t + 0.5)/T everywhere.",
    ),
    Card(
        4, "The end of Algorithm 1",
        "Algorithm 1 runs past its end and never adds the last base kernel.",
        "It is off by one.", "The last base kernel is added.",
    ),
    Card(
        5, "The centre of a mixed kernel",
        "Eq. 3: the centre is the mean of two centres, the sigma half the union.",
        "In a chain the mean lags behind the union; from a width of about 9.4 cells at epsilon 0.7 "
        "the merging never stops. `tests/gtan/test_grouping.py` shows it.",
    ),
    Card(
        6, "Who is in the set after grouping",
        "The set G holds mixed and unmerged kernels; Figure 2 draws learned and mixed ones.",
        "Either members are dropped when they merge, or they stay beside the mixed kernel.",
    ),
    Card(
        7, "Which width is compared in grouping", "One kernel has three scale ratios.",
        "The paper does not say which of the three widths enters the IoU.", "Ratio 1.",
    ),
    Card(
        8, "Truths without foreground", "Foreground above an IoU of 0.8, background below 0.3.",
        "Some truths then have no foreground proposal at all; with fixed scales most.",
    ),
    Card(
        9, "The drop of the learning rate", 'The learning rate is "decreased by 10%".',
        "Times 0.9, or times 0.1.",
    ),
    Card(
        10, "What the overlap score learns",
        "Eq. 9 learns the IoU of the default boundary; Eq. 10 ranks the refined one with it.",
        "The two differ wherever the regression moves a boundary.",
    ),
    Card(
        11, "The unit of Eq. 8", "Eq. 8 names no unit.", "In absolute units long actions dominate.",
    ),
    Card(
        12, "The highest class score", "max(y^a) in Eq. 10.",
        "Background is one of the C + 1 scores.", "The highest of the C actions.",
    ),
    Card(
        13, "Soft-NMS and the cut", "Soft-NMS, and the top detections are kept.",
        "Per class or over all, and where the cut stands, is not said.",
        "Soft-NMS per class, then the best of each recording.",
    ),
    Card(
        14, "Channels of conv1 and conv2", "Table 1 begins with the anchor layers.",
        "Channels before them, and the kernel of the prediction, are not given.",
        "Prediction kernel 1: a mixed kernel has no neighbours.",
    ),
    Card(
        15, "The localization loss and sigma", "L_loc compares with the default width a_w.",
        "Through a_w its gradient reaches sigma, and widths can collapse.",
    ),
    Card(
        16, "Receptive fields", "Table 1, with kernel 3, stride 2 and padding 1.",
        "The centre of a cell's receptive field lies 0.38 (layer 1) to 0.50 (layer 8) cells left "
        "of (t + 0.5)/T. `tests/gtan/test_network.py` measures it by gradient.",
    ),
    Card(
        17, "Clips", 'A "16-frame clip", and "the sample rate of frames is set as 8".',
        "A clip every 8 frames, or every 8th frame within a clip.",
    ),
    Card(
        18, "Windows", "One feature sequence goes in.",
        "Its length, the overlap of windows, truths cut by an edge, and the number of iterations "
        "are not given.",
    ),
    Card(
        19, "Background proposals", "Foreground and background 1:1.",
        "Random or hardest ones, and of what set, is not said.", "Drawn per batch.",
    ),
    Card(
        20, "Proposals of the overlap loss", "L_ov, weighted by gamma = 75.",
        "Which proposals count is not said; gamma depends on it.", "y_ov is a sigmoid.",
    ),
    Card(
        21, "Labels of a proposal", "C_a is one label.",
        "Whether a proposal can be detected as several actions is not said.",
    ),
    Card(
        22, "Activation and normalisation", "Neither is named.",
        "Caffe's default has no normalisation.", "ReLU.",
    ),
    Card(
        23, "Two actions on one segment", "A proposal has one label, that of the closest truth.",
        "Every CliffDiving instance of THUMOS14 is annotated as Diving too, on the same segment; "
        "with the first of two truths one of 20 classes is never learned. To report both, "
        "`detection.labels` must be `all` (R21).",
    ),
)  # fmt: skip


def setting_values(name: str) -> dict[str, Any]:
    """What a setting can be and is: ``allowed`` (its words, or none), then its value by preset."""
    group, leaf = name.split(".")
    owner = Settings.model_fields[group].annotation
    annotation = owner.model_fields[leaf].annotation  # type: ignore[union-attr]
    words = list(get_args(annotation)) if get_origin(annotation) is Literal else []
    presets = {preset: getattr(getattr(Settings.preset(preset), group), leaf) for preset in PRESETS}
    return {"allowed": words, **presets}


def readings_page(study: Mapping[str, Any] | None = None) -> str:
    """`docs/readings.md`.

    Args:
        study: contents of `docs/study.json`; None before the study has run.
    """
    table = None if study is None else pd.DataFrame(study["table"])
    lines = [
        "# Our readings of the paper",
        "",
        "<!-- Made by `python scripts/study.py --docs-only` from gtan/cards.py, gtan/settings.py "
        "and docs/study.json. Do not edit. -->",
        "",
        "The paper's equations leave gaps, and two contradict each other. Wherever a reader must "
        "choose, the choice is a setting. The `paper-*` presets pin the readings that follow the "
        "paper's text most closely; the `sbhar` preset holds what served best on held-out "
        "training users of the embedded data set.",
        "",
        "What is measured is the average mAP on "
        + ("SBHAR" if study is None else f"{study['preset']}'s {study['subset']} recordings")
        + " with the `sbhar` preset and the settings named changed, one seed. Intervals are 95 %, "
        "from a bootstrap over recordings; a seed alone moves these numbers by about 0.01, which "
        "they do not show. [The study](study.md) has the other experiments.",
        "",
    ]
    for card in CARDS:
        lines += _card(card, table)
    return "\n".join(lines)


def _card(card: Card, table: pd.DataFrame | None) -> list[str]:
    lines = [f"## {card.name}: {card.title}", "", f"- **The paper:** {card.paper}"]
    lines += [f"- **The gap:** {card.gap}"]
    if card.always:
        lines.append(f"- **Here:** {card.always}")
    names = setting_names()
    for name in card.settings:
        values = setting_values(name)
        allowed = ", ".join(f"`{word}`" for word in values.pop("allowed"))
        lines.append(
            f"- **Setting** `{name}`: {names[name]}"
            + (f" One of {allowed}." if allowed else "")
            + f" {_by_preset(values)}."
        )
    evidence = card.evidence(table)
    if len(evidence):
        lines += ["", *_measured(evidence)]
    elif card.settings:
        when = "not yet" if card.name in READINGS else "not in the study"
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
    lines = ["| measured | average mAP | 95 % | difference | 95 % |", "|---|---|---|---|---|"]
    for row in rows.to_dict("records"):
        remark = f" ({cell(row['error'])})" if row["error"] else ""
        lines.append(
            f"| {cell(row['variant'])}{remark} | {number(row['average_mAP'])} | "
            f"{between(row['low'], row['high'])} | {number(row['difference'], sign=True)} | "
            f"{between(row['difference low'], row['difference high'], sign=True)} |"
        )
    return lines


def number(value: float | None, sign: bool = False) -> str:
    """Three decimals; "" for what is not known."""
    if value is None or pd.isna(value):
        return ""
    return f"{value:+.3f}" if sign else f"{value:.3f}"


def between(low: float | None, high: float | None, sign: bool = False) -> str:
    """An interval in words."""
    return f"{number(low, sign)} to {number(high, sign)}" if number(low) else ""


def cell(text: object, limit: int = 200) -> str:
    """Text for a cell of a Markdown table: one line, no bars, no tags."""
    line = " ".join(str(text).split())[:limit]
    for character, entity in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ("|", "&#124;")):
        line = line.replace(character, entity)
    return line
