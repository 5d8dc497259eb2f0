"""Data sets of other people, by name: facts alone. Where they are published, and their terms."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class File:
    """A file of a data set.

    Attributes:
        name: that it gets under the data set's folder; with ".gz" at its end it may lie there, too.
        url: where it is published; "": it is given by --from.
        size: bytes; 0: not known.
        sha256: "": not known, so that only its contents are checked.
        needed: without it the data set cannot be read.
        why: what it is for, and where it comes from if it has no address.
    """

    name: str
    url: str = ""
    size: int = 0
    sha256: str = ""
    needed: bool = True
    why: str = ""


@dataclass(frozen=True)
class Published:
    """A data set that somebody published.

    Attributes:
        title: in one line.
        files: none where a whole folder is given by --from.
        layout: of that folder, or of what may be given instead of the files.
        licence: its terms, as its authors state them.
        cite: the publication.
        page: where it is described.
    """

    name: str
    title: str
    files: tuple[File, ...]
    layout: str
    licence: str
    cite: str
    page: str


_BSN = (
    "https://raw.githubusercontent.com/wzmsltw/BSN-boundary-sensitive-network/"
    "7b101fc5978802aa3c95ba5779eb54151c6173c6/data/activitynet_annotations/"
)
_MS_TCN = (
    "MS-TCN's: groundTruth/, splits/, mapping.txt, and features/VIDEO.npy or, for each split, "
    "splitK/features/VIDEO.npy"
)
_LEA = (
    "C. Lea, M. D. Flynn, R. Vidal, A. Reiter and G. D. Hager, Temporal Convolutional Networks for "
    "Action Segmentation and Detection, CVPR 2017 (features)"
)

PUBLISHED = {
    one.name: one
    for one in (
        Published(
            name="sbhar",
            title="61 recordings of a smartphone at the waist, 12 actions (sensors, not video)",
            files=(
                File(
                    "hapt.zip",
                    "https://archive.ics.uci.edu/static/public/341/smartphone+based+recognition+"
                    "of+human+activities+and+postural+transitions.zip",
                    79_596_192,
                    why="the archive of the UCI Machine Learning Repository, data set 341",
                ),
            ),
            layout="that archive, one of the same files (.zip, .tar.xz), or a folder with RawData/",
            licence=(
                "Two statements exist. The data set's own README: cite the publication; as is, "
                "without any responsibility of the authors or their institutions; any commercial "
                "use is prohibited. Its page at UCI is reported to state CC BY 4.0. Whoever wants "
                "to use it commercially should settle this with its authors."
            ),
            cite=(
                "J.-L. Reyes-Ortiz, L. Oneto, A. Samà, X. Parra and D. Anguita, Transition-Aware "
                "Human Activity Recognition Using Smartphones, Neurocomputing 171, 2016"
            ),
            page="https://archive.ics.uci.edu/dataset/341",
        ),
        Published(
            name="thumos14",
            title="annotations of THUMOS14's detection task: 413 videos, 20 actions",
            files=(
                File(
                    "thumos14.json",
                    why="videos with durations and frame rates, as ActionFormer distributes it "
                    "with its features (thumos/annotations/thumos14.json)",
                ),
                File(
                    "TH14_Temporal_annotations_test.zip",
                    "https://www.crcv.ucf.edu/THUMOS14/test_set/TH14_Temporal_annotations_test.zip",
                    needed=False,
                    why="the official test truth: its order, and what is Ambiguous",
                ),
            ),
            layout="those files; ground_truth.csv (video,label,start,end) for the second one",
            licence="For research use.",
            cite=(
                "Y.-G. Jiang, J. Liu, A. Roshan Zamir, G. Toderici, I. Laptev, M. Shah and R. "
                "Sukthankar, THUMOS Challenge: Action Recognition with a Large Number of Classes, "
                "2014"
            ),
            page="https://www.crcv.ucf.edu/THUMOS14/",
        ),
        Published(
            name="activitynet",
            title="annotations of ActivityNet v1.3, as distributed with BSN: 19,228 videos",
            files=(
                File(
                    "anet_anno_action.json",
                    _BSN + "anet_anno_action.json",
                    3_991_517,
                    "fa1433d2408f7985dd8f5914f292944794230ee2279633ad6013f16d7f9725e7",
                    why="what happens when",
                ),
                File(
                    "video_info_new.csv",
                    _BSN + "video_info_new.csv",
                    1_130_073,
                    "13086bc4e870e2be4e71895847f077e9a97566231c3ef429bf46881796235d92",
                    why="subsets and numbers of frames",
                ),
            ),
            layout="those files",
            licence="ActivityNet's annotations are for research; ask their authors for other use.",
            cite=(
                "F. Caba Heilbron, V. Escorcia, B. Ghanem and J. C. Niebles, ActivityNet: A "
                "Large-Scale Video Benchmark for Human Activity Understanding, CVPR 2015"
            ),
            page="http://activity-net.org",
        ),
        Published(
            name="gtea",
            title="28 egocentric cooking videos, 10 actions: features and frame-wise truth",
            files=(),
            layout=_MS_TCN,
            licence="Unknown; research use. Cite both publications.",
            cite=f"A. Fathi, X. Ren and J. M. Rehg, CVPR 2011 (videos); {_LEA}",
            page="https://github.com/colincsl/TemporalConvolutionalNetworks",
        ),
        Published(
            name="50salads",
            title="50 videos of salads being made, 17 actions: features and frame-wise truth",
            files=(),
            layout=_MS_TCN,
            licence="CC BY-NC-SA 4.0, as far as we know: no commercial use.",
            cite=f"S. Stein and S. J. McKenna, UbiComp 2013 (videos); {_LEA}",
            page="https://cvip.computing.dundee.ac.uk/datasets/foodpreparation/50salads/",
        ),
    )
}
