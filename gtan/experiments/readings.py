"""Our readings of the paper: each place where it leaves a gap, and what we do there.

Extensions of ours stand apart: they go beyond the paper, are off in its presets, and are always
shown beside its method.

Here stand only the paper's words and why one must choose. Names, meanings and values of settings
come from `gtan.settings` (a setting's description names its readings), numbers from the study;
`gtan.experiments.readings_page` puts all of it on a page.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import pandas as pd

from gtan.settings import setting_names


@dataclass(frozen=True)
class Reading:
    """A gap in the paper, and what we make of it; or an extension of ours (letter E).

    Attributes:
        number: of R1 to R23, or E1, E2.
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
    letter: str = "R"

    @property
    def name(self) -> str:
        """As ``R5``."""
        return f"{self.letter}{self.number}"

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


READINGS = (
    Reading(
        1, "The unit of a sigma",
        "Eq. 1 takes sigma in (0, 1) on positions i/T; Eq. 2 takes the width r_d * 2 sigma / T.",
        "In Eq. 1 sigma is a fraction of the map, in Eq. 2 of a cell. With Eq. 2's unit two "
        "neighbours overlap by at most 1/3, and grouping at 0.7 can never fire: two equal "
        "neighbours need a width of 5.67 cells.",
    ),
    Reading(
        2, "What the weights sum to", "1/Z in Eq. 1 and 1/T in Eq. 4.",
        "Both together would shrink features by T.",
        "The weights sum to 1 over the valid cells.",
    ),
    Reading(
        3, "Where a cell's centre lies", "mu = t/T in Eq. 1, a_c = (t + 0.5)/T in Eq. 2.",
        "They are half a cell apart.", "(t + 0.5)/T everywhere.",
    ),
    Reading(
        4, "The end of Algorithm 1",
        "Algorithm 1 runs past its end and never adds the last base kernel.",
        "It is off by one.", "The last base kernel is added.",
    ),
    Reading(
        5, "The centre of a mixed kernel",
        "Eq. 3: the centre is the mean of two centres, the sigma half the union.",
        "In a chain the mean lags behind the union; from a width of about 9.4 cells at epsilon 0.7 "
        "the merging never stops. `tests/gtan/test_grouping.py` shows it.",
    ),
    Reading(
        6, "Who is in the set after grouping",
        "The set G holds mixed and unmerged kernels; Figure 2 draws learned and mixed ones.",
        "Either members are dropped when they merge, or they stay beside the mixed kernel.",
    ),
    Reading(
        7, "Which width is compared in grouping", "One kernel has three scale ratios.",
        "The paper does not say which of the three widths enters the IoU.", "Ratio 1.",
    ),
    Reading(
        8, "Truths without foreground", "Foreground above an IoU of 0.8, background below 0.3.",
        "Some truths then have no foreground proposal at all; with fixed scales most.",
    ),
    Reading(
        9, "The drop of the learning rate", 'The learning rate is "decreased by 10%".',
        "Times 0.9, or times 0.1.",
    ),
    Reading(
        10, "What the overlap score learns",
        "Eq. 9 learns the IoU of the default boundary; Eq. 10 ranks the refined one with it.",
        "The two differ wherever the regression moves a boundary.",
    ),
    Reading(
        11, "The unit of Eq. 8", "Eq. 8 names no unit.", "In absolute units long actions dominate.",
    ),
    Reading(
        12, "The highest class score", "max(y^a) in Eq. 10.",
        "Background is one of the C + 1 scores.", "The highest of the C actions.",
    ),
    Reading(
        13, "Soft-NMS and the cut", "Soft-NMS, and the top detections are kept.",
        "Per class or over all, and where the cut stands, is not said.",
        "Soft-NMS per class, then the best of each recording.",
    ),
    Reading(
        14, "Channels of conv1 and conv2", "Table 1 begins with the anchor layers.",
        "Channels before them, and the kernel of the prediction, are not given.",
        "Prediction kernel 1: a mixed kernel has no neighbours.",
    ),
    Reading(
        15, "The localization loss and sigma", "L_loc compares with the default width a_w.",
        "Through a_w its gradient reaches sigma, and widths can collapse.",
    ),
    Reading(
        16, "Receptive fields", "Table 1, with kernel 3, stride 2 and padding 1.",
        "The centre of a cell's receptive field lies 0.38 (layer 1) to 0.50 (layer 8) cells left "
        "of (t + 0.5)/T. `tests/gtan/test_network.py` measures it by gradient.",
    ),
    Reading(
        17, "Clips", 'A "16-frame clip", and "the sample rate of frames is set as 8".',
        "A clip every 8 frames, or every 8th frame within a clip.",
    ),
    Reading(
        18, "Windows", "One feature sequence goes in.",
        "Its length, the overlap of windows, truths cut by an edge, and the number of iterations "
        "are not given.",
    ),
    Reading(
        19, "Background proposals", "Foreground and background 1:1.",
        "Random or hardest ones, and of what set, is not said.", "Drawn per batch.",
    ),
    Reading(
        20, "Proposals of the overlap loss", "L_ov, weighted by gamma = 75.",
        "Which proposals count is not said; gamma depends on it.", "y_ov is a sigmoid.",
    ),
    Reading(
        21, "Labels of a proposal", "C_a is one label.",
        "Whether a proposal can be detected as several actions is not said.",
    ),
    Reading(
        22, "Activation and normalisation", "Neither is named.",
        "Caffe's default has no normalisation.", "ReLU.",
    ),
    Reading(
        23, "Two actions on one segment", "A proposal has one label, that of the closest truth.",
        "Every CliffDiving instance of THUMOS14 is annotated as Diving too, on the same segment; "
        "with the first of two truths one of 20 classes is never learned. To report both, "
        "`detection.labels` must be `all` (R21).",
    ),
)  # fmt: skip

EXTENSIONS = (
    Reading(
        1, "Gaussian derivative pooling",
        "A kernel's feature is the mean of its cells under the Gaussian (Eq. 4).",
        "A mean forgets where things lie: it cannot tell a start from an end, and Eq. 5 must guess "
        "the boundary. So features are also pooled under the kernel's scale-normalised derivatives "
        "(Lindeberg's receptive fields): with u = (t - mu) / sigma, held within +-4, order n has "
        "the weights w He_n(u) / sqrt(n!), w those of Eq. 1, He_n the probabilists' Hermite "
        "polynomials. Order 1 compares after with before, order 2 outside with inside. The pooled "
        "vectors enter the same three convolutions, one after the other.",
        letter="E",
    ),
    Reading(
        2, "Sigmas at rest on background",
        "Sigmas learn from what is predicted of actions; of background only the class is.",
        "Nothing holds a background cell's sigma. Such sigmas drift, neighbours at their ceiling "
        "merge, and Algorithm 1 groups background. A small term, the mean of log(width / "
        "initial_width)^2 over background proposals, draws them to where training starts, so that "
        "a width says that something is there.",
        letter="E",
    ),
)  # fmt: skip
