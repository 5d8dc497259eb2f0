"""What is known of other people's data sets: where they come from, their licences and hashes.

None of them is part of this project; `gtan.data.store` puts them under `GTAN_DATA`.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Remote:
    """A file as its publisher serves it.

    Attributes:
        name: under the data set's folder.
        address: where it is served, pinned to a version where its server knows versions.
        size: bytes.
        sha256: of the file; the first digits where no more is known.
    """

    name: str
    address: str
    size: int
    sha256: str


@dataclass(frozen=True)
class Published:
    """A data set that others published.

    Attributes:
        name: of its folder under `GTAN_DATA`.
        title: in a line.
        purpose: what one does with it here.
        licence: what its publishers say of its use, as far as we know.
        citation: what they ask to be cited.
        remotes: the files to download; none: no address is known that serves just these.
        wanted: patterns of paths in its folder; of each group one has to be there.
        optional: patterns of what is good to have beside.
        without: what is lost without the optional ones.
        contents: SHA-256 over what is read of it; "": other versions are as good.
        website: where people get it.
    """

    name: str
    title: str
    purpose: str
    licence: str
    citation: str
    website: str
    wanted: tuple[tuple[str, ...], ...]
    remotes: tuple[Remote, ...] = ()
    optional: tuple[str, ...] = ()
    without: str = ""
    contents: str = ""


def _text(text: str) -> str:
    return " ".join(text.split())


_BSN = (
    "https://raw.githubusercontent.com/wzmsltw/BSN-boundary-sensitive-network/"
    "7b101fc5978802aa3c95ba5779eb54151c6173c6/data/activitynet_annotations"
)
_FRAMEWISE = (
    ("groundTruth/*.txt",),
    ("splits/train.split*.bundle",),
    ("splits/test.split*.bundle",),
    ("features/*.npy", "split*/features/*.npy"),
)

SBHAR = Published(
    name="sbhar",
    title="SBHAR: 61 untrimmed recordings of a smartphone's sensors, 30 people, 12 actions",
    purpose="train and compare on real data within minutes: preset sbhar, docs/study.md",
    licence=_text(
        """
        Two statements exist, and we pass both on without deciding between them. The data set's own
        README asks that its publication be cited, gives the data as is, without any responsibility
        of its authors or their institutions, and prohibits any commercial use. The page of the data
        set at the UCI Machine Learning Repository is reported to state the Creative Commons
        Attribution 4.0 International licence (CC BY 4.0). Settle commercial use with its authors
        first.
        """
    ),
    citation=_text(
        """
        Jorge-L. Reyes-Ortiz, Luca Oneto, Albert Samà, Xavier Parra and Davide Anguita,
        "Transition-Aware Human Activity Recognition Using Smartphones", Neurocomputing, 2015,
        https://doi.org/10.1016/j.neucom.2015.07.085
        """
    ),
    website="https://archive.ics.uci.edu/dataset/341",
    remotes=(
        Remote(
            "sbhar.zip",
            "https://archive.ics.uci.edu/static/public/341/"
            "smartphone+based+recognition+of+human+activities+and+postural+transitions.zip",
            79_596_192,
            "4ac4ae06",
        ),
    ),
    wanted=(
        ("*.zip", "*.tar", "*.tar.xz", "*.tar.gz", "RawData/labels.txt", "*/RawData/labels.txt"),
    ),
    contents="6acbee4201c5a48badc91082b94df21940fff9658ea23884a7ed5e6144a78358",
)

THUMOS14 = Published(
    name="thumos14",
    title="THUMOS14: annotations of 200 validation and 213 test videos, 20 actions",
    purpose="train and score on features of your own: preset paper-thumos14, docs/thumos14.md",
    licence=_text(
        """
        The annotations are for research use (THUMOS Challenge 2014). The videos are not part of
        this: they have their own terms.
        """
    ),
    citation=_text(
        """
        Y.-G. Jiang, J. Liu, A. Roshan Zamir, G. Toderici, I. Laptev, M. Shah and R. Sukthankar,
        "THUMOS Challenge: Action Recognition with a Large Number of Classes", 2014
        """
    ),
    website="https://www.crcv.ucf.edu/THUMOS14; thumos14.json is in common use, for instance with "
    "ActionFormer (https://github.com/happyharrycn/actionformer_release)",
    wanted=(("thumos14.json", "thumos14.json.gz"),),
    optional=(
        "TH14_Temporal_annotations_test.zip",
        "annotation/*_test.txt",
        "annotations/*_test.txt",
        "ground_truth.csv",
    ),
    without=_text(
        """
        the official test truth, and with it the 99 Ambiguous intervals that the official protocol
        does not count. It is
        TH14_Temporal_annotations_test.zip, at
        https://www.crcv.ucf.edu/THUMOS14/test_set/TH14_Temporal_annotations_test.zip
        """
    ),
    contents="e3c4c701aa8074f8a220d9804923b2d0a0bcdc994334944c4e2ff0034cf581e2",
)

ACTIVITYNET = Published(
    name="activitynet",
    title="ActivityNet v1.3: annotations of 19,228 videos, 200 actions, as distributed with BSN",
    purpose="train and score on features of your own: preset paper-activitynet, "
    "docs/activitynet.md",
    licence=_text(
        """
        The repositories of BSN and BMN distribute the annotations under the MIT License; they were
        made by the authors of ActivityNet. The videos are not part of this: they have their own
        terms.
        """
    ),
    citation=_text(
        """
        F. Caba Heilbron, V. Escorcia, B. Ghanem and J. C. Niebles, "ActivityNet: A Large-Scale
        Video Benchmark for Human Activity Understanding", CVPR 2015
        """
    ),
    website="http://activity-net.org",
    remotes=(
        Remote(
            "anet_anno_action.json",
            f"{_BSN}/anet_anno_action.json",
            3_991_517,
            "fa1433d2408f7985dd8f5914f292944794230ee2279633ad6013f16d7f9725e7",
        ),
        Remote(
            "video_info_new.csv",
            f"{_BSN}/video_info_new.csv",
            1_130_073,
            "13086bc4e870e2be4e71895847f077e9a97566231c3ef429bf46881796235d92",
        ),
    ),
    wanted=(
        ("anet_anno_action.json", "anet_anno_action.json.gz"),
        ("video_info_new.csv", "video_info_new.csv.gz"),
    ),
    contents="3954126a85e6be2262b88d16fc4f05ad92a5509892996bf65b0bbe2ec6bb1401",
)

GTEA = Published(
    name="gtea",
    title="GTEA: 28 egocentric cooking videos, 10 actions, features with frame-wise labels",
    purpose="train on real video: presets gtea and 50salads, docs/gtea-50salads.md",
    licence=_text(
        """
        The features of Lea et al. come from a repository under the MIT License; the videos' own
        terms are unknown to us: research use, cite both.
        """
    ),
    citation=_text(
        """
        C. Lea, M. D. Flynn, R. Vidal, A. Reiter and G. D. Hager, "Temporal Convolutional Networks
        for Action Segmentation and Detection", CVPR 2017; A. Fathi, X. Ren and J. M. Rehg,
        "Learning to Recognize Objects in Egocentric Activities", CVPR 2011
        """
    ),
    website="https://github.com/colincsl/TemporalConvolutionalNetworks; in MS-TCN's layout: "
    "https://github.com/yabufarha/ms-tcn",
    wanted=_FRAMEWISE,
    optional=("mapping.txt",),
)

SALADS = Published(
    name="50salads",
    title="50 Salads: 50 videos of people who mix a salad, 17 actions, features and labels",
    purpose=GTEA.purpose,
    licence=_text(
        """
        CC BY-NC-SA 4.0 as far as we know: no commercial use. The features of Lea et al. come from
        a repository under the MIT License.
        """
    ),
    citation=_text(
        """
        C. Lea, M. D. Flynn, R. Vidal, A. Reiter and G. D. Hager, "Temporal Convolutional Networks
        for Action Segmentation and Detection", CVPR 2017; S. Stein and S. J. McKenna, "Combining
        Embedded Accelerometers with Computer Vision for Recognizing Food Preparation Activities",
        UbiComp 2013
        """
    ),
    website=GTEA.website,
    wanted=_FRAMEWISE,
    optional=("mapping.txt",),
)

PUBLISHED = {data.name: data for data in (SBHAR, THUMOS14, ACTIVITYNET, GTEA, SALADS)}
