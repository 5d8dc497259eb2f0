"""Every reading of the paper and every choice of ours, typed, in one place.

A setting's description gives its unit and its source: an equation or section of the paper, or a
reading `R1`..`R23` (the places where the paper leaves a gap; `docs/readings.md` discusses them).
Extensions of ours are `E1`, `E2`: off by default and in the `paper-*` presets.
"""

from __future__ import annotations

import difflib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, Self, get_args

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
    ValidationInfo,
    field_validator,
    model_validator,
)

from gtan.card import card, one_line
from gtan.files import read_json

SHOWN = 200  # characters of a wrong value in a message
VERSION = 2  # of settings.json; `upgrade` knows the earlier ones

# Upper bounds are far beyond any use; without them a typing error, or a stranger's settings.json,
# asks for more memory than there is.
Fraction = Annotated[float, Field(ge=0.0, le=1.0)]
Positive = Annotated[float, Field(gt=0.0, le=1e9)]
NonNegative = Annotated[float, Field(ge=0.0, le=1e9)]
Count = Annotated[int, Field(ge=1, le=1_000_000_000)]
Size = Annotated[int, Field(ge=1, le=65_536)]
Channels = Annotated[int, Field(ge=1, le=8192)]
Text = Annotated[str, Field(max_length=4096)]


class SettingsError(ValueError):
    """A setting is unknown or out of range; the message names it, its value and what is allowed."""


class _Group(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, validate_default=True)

    @field_validator("*", mode="before")
    @classmethod
    def _numbers_are_numbers(cls, value: Any, info: ValidationInfo) -> Any:
        """Pydantic would take "1_0" for 10 and true for 1."""
        kinds = _kinds(cls.model_fields[str(info.field_name)].annotation)
        if kinds & {int, float} and str not in kinds:
            for one in value if isinstance(value, list | tuple) else [value]:
                if isinstance(one, str | bool):
                    raise ValueError(f"{one!r} is not a number")
        return value


def _kinds(annotation: Any) -> set[Any]:
    """The plain types that an annotation is made of."""
    inner = get_args(annotation)
    return set().union(*map(_kinds, inner)) if inner else {annotation}


WORLDS = ("world", "tiny-world")
BUILT_IN = (*WORLDS, "sbhar")  # data sets that settings need not describe


class DataSettings(_Group):
    """What the network is fed."""

    dataset: Literal[
        "world", "tiny-world", "sbhar", "features", "thumos14", "activitynet", "framewise"
    ] = Field(
        "sbhar",
        description="world: rendered videos, synthetic (tiny-world: three short ones); features: "
        "your own annotations and features; sbhar, and the annotations of thumos14 and "
        "activitynet, whose features are yours: added by `gtan data add`; framewise: "
        "a folder in MS-TCN's layout (GTEA, 50 Salads).",
    )
    annotations: Text = Field(
        "",
        description="ActivityNet JSON; '': thumos14's and activitynet's own; framewise: "
        "gtea or 50salads, as added by `gtan data`, or a folder with groundTruth/ and splits/.",
    )
    label_map: Text = Field(
        "",
        description="Names of labels that the annotations give by number: JSON, CSV (id, label) or "
        "lines '0 run'; '': labels are names.",
    )
    split: Annotated[int, Field(ge=1, le=1000)] | None = Field(
        None, description="framewise: which split of the folder, and of its features."
    )
    background: tuple[Text, ...] = Field(
        ("background",), description="framewise: labels of frames in which nothing happens."
    )
    features: Text = Field(
        "",
        description="Feature files: 'folder/{video}.npy' (or .npz, .h5, .pt, .csv, .tsv), {video} "
        "stands for a recording's name; or one HDF5 file for all.",
    )
    feature_key: Text = Field(
        "",
        description="Array within .npz, HDF5 or .pt, may hold {video}; '': the only one of a "
        "file, '{video}' where one HDF5 file holds all.",
    )
    feature_layout: Literal["detect", "clips_first", "clips_last"] = Field(
        "detect",
        description="Files hold [T, D] or [D, T]; detect: [T, D], and an error where both fit.",
    )
    csv_header: Literal["detect", "names", "none"] = Field(
        "detect",
        description="First line of a feature CSV or TSV: names of the columns, or none but "
        "numbers; detect: an error where it can be both.",
    )
    csv_skip_columns: Annotated[int, Field(ge=0, le=65_536)] | None = Field(
        None,
        description="Leading columns of a feature CSV that are an index or time and no feature; "
        "None: no column, and an error where the first ones may be.",
    )
    missing_features: Literal["error", "skip"] = Field(
        "error", description="skip: leave such recordings out; an evaluation names them."
    )
    fps: Positive | None = Field(
        None, description="Frames (samples) a second; None: the annotations' own, by recording."
    )
    spacing: Literal["stride", "even"] = Field(
        "stride",
        description="Clips of a file lie clip_stride apart, or evenly over the recording (files "
        "rescaled to a fixed number of clips, as BSN's).",
    )
    tolerance: Fraction = Field(
        0.05,
        description="How far a file's number of clips may be from what duration and stride say.",
    )
    view: Literal["sliding", "resized"] = Field(
        "sliding",
        description="Half-overlapping windows, or each recording resized to one window (R18).",
    )
    classes: tuple[Text, ...] = Field(
        (), description="Action labels in order; (): those of the training recordings, sorted."
    )
    train_subset: Text = Field("training", description="Subset of the annotations to learn from.")
    validation_subset: Text = Field(
        "validation", description="Subset to choose by; '': see hold_out_every."
    )
    test_subset: Text = Field("testing", description="Subset of the final figures; '': none.")
    hold_out_every: Annotated[int, Field(ge=0, le=1_000_000)] = Field(
        0,
        description="Without a validation subset: every n-th training recording, in order of "
        "name, is for validation; 0: none.",
    )
    exclude: tuple[Text, ...] = Field((), description="Recordings that do not take part at all.")
    outside: Literal["error", "keep"] = Field(
        "error",
        description="Annotations more than a second outside their recording. keep: they count in "
        "the evaluation, where nothing can find them.",
    )
    channels: Literal["acc+gyro", "acc", "gyro"] = Field(
        "acc+gyro", description="SBHAR: which sensor channels form a clip."
    )
    clip_length: Count = Field(50, description="Samples (SBHAR, 50 Hz) or frames in one clip.")
    clip_stride: Count = Field(10, description="Samples or frames from clip to clip (R17).")
    clip_offset: Annotated[float, Field(ge=-1e9, le=1e9)] = Field(
        0.0, description="Frames, where clip 0 of your features starts; negative: before the start."
    )
    window: Annotated[int, Field(ge=16, le=1_000_000)] = Field(
        512, description="Clips the network sees at once (R18); 512 gives Figure 2's 128 cells."
    )
    min_visible: Fraction = Field(
        0.5,
        description="A truth cut by a window's edge counts when at least this share of it is "
        "visible (R18); its proposals are ignored otherwise.",
    )
    train_on: Literal["train", "train+validation"] = Field(
        "train+validation",
        description="Users, or subsets, to learn from. Choices are made with 'train', scored on "
        "validation.",
    )
    held_out_user: Annotated[int, Field(ge=1, le=30)] | None = Field(
        None, description="SBHAR: leave-one-subject-out, this user is the test set."
    )
    validation_users: tuple[Annotated[int, Field(ge=1, le=30)], ...] = Field(
        (), description="SBHAR: users to choose by, of those not tested on; (): 5 14 19 25 29."
    )
    convnet: Text = Field(
        "",
        description="The world: weights of the ConvNet it is seen through (see "
        "notebooks/pipelines/from_pixels.ipynb); '': those that ship with the package.",
    )


class AugmentationSettings(_Group):
    """Random changes of a training window (SBHAR: of its raw signal)."""

    time_stretch: Annotated[float, Field(ge=0.0, lt=1.0)] = Field(
        0.0, description="Playback speed drawn log-uniformly from 1/(1+x) .. 1+x."
    )
    rotation: Annotated[float, Field(ge=0.0, le=180.0)] = Field(
        0.0, description="Degrees, standard deviation of a random rotation of the sensor."
    )
    yaw: Annotated[float, Field(ge=0.0, le=180.0)] = Field(
        0.0,
        description="Degrees, standard deviation of a random turn about the sensor's first axis: "
        "upright on SBHAR, so the phone slides around the waist.",
    )
    noise: NonNegative = Field(
        0.0, description="Standard deviation of white noise, in units of a channel's own."
    )


class NetworkSettings(_Group):
    """Base feature network and anchor layers (Sections 3.1, 3.2; Table 1)."""

    feature_dim: Size = Field(300, description="D: 2048 for P3D, 4096 for C3D; SBHAR follows data.")
    classes: Size = Field(12, description="C action classes, background not counted.")
    base_channels: tuple[Channels, Channels] = Field(
        (128, 128), description="Channels of conv1 and conv2 (R14)."
    )
    anchor_channels: Annotated[tuple[Channels, ...], Field(min_length=1, max_length=8)] = Field(
        (128,) * 8, description="Channels of conv_a1..; the length is the number of anchor layers."
    )
    normalisation: Literal["none", "layer"] = Field(
        "layer",
        description="After each convolution: nothing, or over the channels of a cell (R22).",
    )
    dropout: Annotated[float, Field(ge=0.0, lt=1.0)] = Field(
        0.0, description="Share of conv1's input features dropped in training."
    )


class KernelSettings(_Group):
    """Gaussian kernels, grouping and pooling (Sections 3.2 to 3.4)."""

    scale: Literal["gaussian", "fixed", "ssad"] = Field(
        "gaussian",
        description="Learned sigmas; width 1/T (Table 3, 'Fixed Scale'); or SSAD's (Figure 7).",
    )
    sigma_unit: Literal["bounded", "map", "cell", "literal"] = Field(
        "bounded", description="R1: what a sigma of Eq. 1 and Eq. 2 is measured in."
    )
    sigma_floor: Positive = Field(0.25, description="Smallest sigma, in cells (R1).")
    sigma_ceiling: Positive = Field(
        8.0,
        description="Largest sigma of sigma_unit='bounded', in cells; width is twice that (R1).",
    )
    initial_width: Positive = Field(
        1.0, description="Width of every kernel when training starts, in cells; 1: the fixed scale."
    )
    scale_ratios: Annotated[tuple[Positive, ...], Field(min_length=1, max_length=64)] = Field(
        (1.0, 2 ** (1 / 3), 2 ** (2 / 3)), description="r_d of Eq. 2."
    )
    pooling: Literal["gaussian", "cell", "average"] = Field(
        "gaussian",
        description="Eq. 4; the cell alone (Table 3, 'Fixed Scale'); or Figure 4's manual "
        "extension by half the width on either side plus average.",
    )
    derivatives: Annotated[int, Field(ge=0, le=4)] = Field(
        0,
        description="E1: pool under the kernel's Gaussian derivatives up to this order too; 0: "
        "the paper.",
    )
    grouping: Literal["join", "replace", "off"] = Field(
        "join",
        description="R6: learned kernels plus groups of two or more; Algorithm 1's set alone; "
        "or none (GTAN-minus of Table 4).",
    )
    merge: Literal["paper", "union"] = Field(
        "paper", description="R5: centre of a mixed kernel, Eq. 3's mean or the union's middle."
    )
    epsilon: Annotated[float, Field(gt=0.0, lt=1.0)] = Field(
        0.7, description="IoU above which two kernels merge (Section 3.3)."
    )
    alignment: Literal["paper", "receptive_field"] = Field(
        "paper",
        description="R16: a cell's centre at (t+0.5)/T, or where its receptive field's lies.",
    )

    # What validators ask of two settings together, gtan_viz/js/model/reading.js asks too
    # (`checkSettings`).
    @model_validator(mode="after")
    def _derivatives_of_a_gaussian(self) -> Self:
        if self.derivatives and self.pooling != "gaussian":
            raise ValueError(
                f"derivatives are of a Gaussian: they need pooling='gaussian', not "
                f"{self.pooling!r}, or derivatives=0"
            )
        return self

    @model_validator(mode="after")
    def _start_in_range(self) -> Self:
        start = self.initial_width / 2
        ceiling = self.sigma_ceiling if self.sigma_unit == "bounded" else 1.0
        if self.sigma_floor >= start:
            raise ValueError(f"sigma_floor must be below half the initial_width, {start} cells")
        if self.sigma_unit != "map" and ceiling <= start:
            raise ValueError(
                f"half the initial_width must be below the largest sigma, {ceiling} cells"
            )
        return self

    def sigma_range(self, length: int) -> tuple[float, float]:
        """Smallest and largest sigma on a map of `length` cells, in the setting's own unit (R1).

        The unit is the cell for `bounded` and `cell`, the window for `map` and `literal`.
        """
        if self.sigma_unit == "bounded":
            return self.sigma_floor, self.sigma_ceiling
        if self.sigma_unit == "map":
            return self.sigma_floor / length, 1.0
        return self.sigma_floor, 1.0  # `literal`: Eq. 2 divides by T, so its floor is in cells too


class LossSettings(_Group):
    """Assignment and losses (Section 3.5, Eq. 6 to 9)."""

    foreground: Fraction = Field(0.8, description="A proposal above this IoU is foreground.")
    background: Fraction = Field(0.3, description="A proposal below this IoU is background.")
    matching: Literal["paper", "best"] = Field(
        "best",
        description="R8: strict, or every truth also gets a proposal of its own, its best as far "
        "as no truth fits that one better.",
    )
    ties: Literal["all", "first"] = Field(
        "all",
        description="R23: truths of one segment count as one and a proposal of theirs learns all "
        "their labels in equal parts; or the first one's alone.",
    )
    background_ratio: NonNegative = Field(1.0, description="Background per foreground (R19).")
    sampling: Literal["random", "hardest"] = Field(
        "random", description="Which background proposals of a batch are kept (R19)."
    )
    beta: NonNegative = Field(2.0, description="Weight of L_loc in Eq. 6.")
    gamma: NonNegative = Field(10.0, description="Weight of L_ov in Eq. 6; the paper has 75.")
    background_sigma: NonNegative = Field(
        0.0,
        description="E2: weight of a term that draws the sigmas of background proposals to where "
        "training starts; 0: nothing holds them, as in the paper.",
    )
    localization_unit: Literal["window", "cell", "truth"] = Field(
        "cell",
        description="R11: unit of Eq. 8: the window, the proposal's cell, or the truth's width.",
    )
    smooth_l1: Positive = Field(
        1.0, description="Where Eq. 8 turns from square to line, same unit."
    )
    overlap_target: Literal["default", "refined"] = Field(
        "default", description="R10: y_ov learns the IoU of the default or the refined boundary."
    )
    overlap_on: Literal["sampled", "all"] = Field(
        "sampled", description="R20: proposals that L_ov counts."
    )
    sigma_gradient: Literal["flow", "stop"] = Field(
        "flow", description="R15: whether L_loc reaches sigma through the default boundary."
    )

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.background >= self.foreground:
            raise ValueError("background must be below foreground")
        return self


class DetectionSettings(_Group):
    """Decoding, scores and soft-NMS (Section 3.6, Eq. 5, 10, 11)."""

    alpha1: Positive = Field(1.0, description="Weight of the centre offset, Eq. 5.")
    alpha2: Positive = Field(1.0, description="Weight of the width offset, Eq. 5.")
    labels: Literal["one", "all"] = Field(
        "one", description="R21: a proposal's best class only, or one detection for each class."
    )
    xi: Positive = Field(0.8, description="Decay of soft-NMS, Eq. 11.")
    rho: Fraction = Field(
        0.2, description="IoU from which soft-NMS decays, Eq. 11; the paper: 0.75."
    )
    min_score: NonNegative = Field(0.001, description="Detections below are dropped.")
    candidates: Count = Field(
        2000, description="Best proposals of a recording that enter soft-NMS."
    )
    top_k: Count = Field(200, description="Detections kept per recording (R13).")


class TrainingSettings(_Group):
    """Optimisation and what is recorded on the way (Section 4.2)."""

    optimizer: Literal["adamw", "sgd"] = Field("adamw", description="The paper: SGD.")
    momentum: Fraction = Field(0.9, description="Momentum of SGD.")
    learning_rate: Positive = Field(1e-3, description="Initial learning rate.")
    weight_decay: NonNegative = Field(1e-2, description="Weight decay.")
    schedule: Literal["cosine", "step"] = Field(
        "cosine", description="To zero along a cosine, or times 0.1 every step_size (R9)."
    )
    step_size: Count = Field(2500, description="Iterations between drops of schedule='step'.")
    warmup: Annotated[int, Field(ge=0, le=1_000_000_000)] = Field(
        50, description="Iterations of linear warm-up."
    )
    iterations: Count = Field(1500, description="Optimisation steps (R18).")
    batch_size: Size = Field(16, description="Windows a step.")
    gradient_clip: Positive = Field(5.0, description="Largest gradient norm.")
    ema: Annotated[float, Field(ge=0.0, lt=1.0)] = Field(
        0.0, description="Decay of the moving average of the weights that detects; 0: none."
    )
    seed: Annotated[int, Field(ge=0, lt=2**32)] = Field(
        0, description="Of weights, windows and sampling."
    )
    device: Literal["auto", "cpu", "cuda", "mps"] = Field("auto", description="Where to train.")
    workers: Annotated[int, Field(ge=0, le=256)] = Field(
        0, description="Processes that cut windows ahead of the training; 0: it cuts its own."
    )
    mixed_precision: Literal["no", "fp16", "bf16"] = Field(
        "no", description="Convolutions in half precision."
    )
    threads: Annotated[int, Field(ge=0, le=4096)] = Field(
        0, description="CPU threads of torch; 0: all cores. Results depend on it in the last bits."
    )
    log_every: Count = Field(
        10, description="Iterations between reads of the metrics, for which a GPU must be waited."
    )
    validate_every: Count = Field(250, description="Iterations between validation mAPs.")
    checkpoint_every: Count = Field(250, description="Iterations between checkpoints.")
    trace_every: Count = Field(15, description="Iterations between records of the sigmas.")
    trace_recordings: Annotated[int, Field(ge=0, le=10_000)] = Field(
        2, description="Probe recordings whose sigmas are recorded."
    )
    probes: tuple[Text, ...] = Field(
        (),
        description="Names of the probe recordings; (): the first ones of validation. Nothing is "
        "chosen by them, so they may be test recordings.",
    )
    explanations: Annotated[int, Field(ge=0, le=10_000)] = Field(
        5, description="Full Explanations of a probe recording along the way."
    )
    start_from: Text = Field(
        "", description="A run whose weights to begin with, of the same labels and sizes; '': none."
    )


class Settings(_Group):
    """All settings of a run.

    Example:
        >>> from gtan import Settings
        >>> settings = Settings.preset("sbhar").override({"kernels.epsilon": 0.6})
        >>> settings.kernels.epsilon
        0.6
    """

    preset_name: Text = Field("sbhar", description="The preset this started from.")
    data: DataSettings = DataSettings()
    augmentation: AugmentationSettings = AugmentationSettings()
    network: NetworkSettings = NetworkSettings()
    kernels: KernelSettings = KernelSettings()
    loss: LossSettings = LossSettings()
    detection: DetectionSettings = DetectionSettings()
    training: TrainingSettings = TrainingSettings()

    @classmethod
    def preset(cls, name: str) -> Settings:
        """A named set of settings, of `PRESETS`: `sbhar`, `features`, `paper-thumos14`, ...

        Raises:
            SettingsError: for any other name.
        """
        if name not in PRESETS:
            raise SettingsError(f"preset {name!r} is unknown; choose one of {', '.join(PRESETS)}")
        return cls(preset_name=name).override(PRESETS[name])

    def baseline(self, name: str) -> Settings:
        """The same settings as one of the paper's rows.

        `gtan`: unchanged; `gaussian`: without grouping (Table 3, second row; GTAN-minus);
        `fixed`: Table 3's first row; `ssad`: Figure 7's baseline; `fixed-gaussian`: kernels of the
        fixed scale (width 1, sigma half a cell) with this run's pooling and derivatives, which
        tells what the learned width adds to E1.
        """
        if name not in BASELINES:
            raise SettingsError(
                f"baseline {name!r} is unknown; choose one of {', '.join(BASELINES)}"
            )
        return self.override(BASELINES[name])

    def override(self, values: Mapping[str, Any]) -> Settings:
        """A copy with some settings changed, named by dotted path.

        Args:
            values: for example ``{"training.iterations": 3000, "kernels.grouping": "off"}``.

        Raises:
            SettingsError: naming the setting, the value, and what is allowed or meant.
        """
        tree = self.model_dump()
        known = setting_names()
        for name, value in values.items():
            if name not in known:
                raise SettingsError(_unknown(name, known))
            group, _, leaf = name.rpartition(".")
            (tree[group] if group else tree)[leaf] = value
        return Settings.parse(tree)

    @classmethod
    def parse(cls, tree: Mapping[str, Any]) -> Settings:
        """Settings from a nested mapping, as `settings.json` holds it.

        Raises:
            SettingsError: as `override`.
        """
        try:
            return cls.model_validate(tree)
        except ValidationError as error:
            raise SettingsError(_explain(error)) from None

    @classmethod
    def load(cls, path: str | Path) -> Settings:
        """Settings from a `settings.json`, of this version or an earlier one.

        Raises:
            SettingsError: naming the file; as `override`, or it is of a newer version.
            ValueError: naming the file, if it is damaged.
        """
        tree = read_json(Path(path), dict)
        version = tree.pop("version", 1)
        if not isinstance(version, int) or not 1 <= version <= VERSION:
            raise SettingsError(
                f"{path} has version {version!r}; this gtan reads 1 to {VERSION}: update gtan"
            )
        try:
            return cls.parse(upgrade(tree, version))
        except SettingsError as error:
            raise SettingsError(f"{path}: {error}") from None

    def to_json(self) -> str:
        """What `settings.json` holds."""
        return json.dumps({"version": VERSION} | self.model_dump(mode="json"), indent=2) + "\n"

    def difference(self, other: Settings) -> dict[str, tuple[Any, Any]]:
        """Settings that differ, by dotted name: the value here and the other's.

        Example:
            >>> Settings().difference(Settings().override({"data.window": 64}))
            {'data.window': (512, 64)}
        """
        mine, theirs = self.model_dump(), other.model_dump()
        return {
            f"{group}.{leaf}": (value, theirs[group][leaf])
            for group, leaves in mine.items()
            if isinstance(leaves, dict)
            for leaf, value in leaves.items()
            if value != theirs[group][leaf]
        }

    def changed(self) -> dict[str, Any]:
        """Settings that differ from the preset this started from, by dotted name.

        Example:
            >>> Settings.preset("sbhar").override({"data.window": 64}).changed()
            {'data.window': 64}
        """
        known = self.preset_name in PRESETS  # or one of another version
        preset = Settings.preset(self.preset_name) if known else Settings()
        return {name: value for name, (value, _) in self.difference(preset).items()}

    def __repr__(self) -> str:
        changed = [f"{name}={value!r}" for name, value in self.changed().items()]
        return one_line("Settings", f"preset {self.preset_name}", *changed)

    def _repr_html_(self) -> str:
        changed = {name: repr(value) for name, value in self.changed().items()}
        return card(
            "Settings",
            f"preset {self.preset_name}, {len(changed)} changed",
            changed,
            calls=["settings.override({...})", "print(settings.to_json())"],
        )

    @property
    def layers(self) -> int:
        """Number of anchor layers."""
        return len(self.network.anchor_channels)

    def ratios(self, layer: int) -> tuple[float, ...]:
        """Scale ratios of anchor layer `layer` (0 is conv_a1).

        SSAD's own (Lin et al., ACM MM 2017, Section 3.3) lack the two below 1 in its first layer.
        """
        if self.kernels.scale != "ssad":
            return self.kernels.scale_ratios
        return (1.0, 1.5, 2.0) if layer == 0 else (0.5, 0.75, 1.0, 1.5, 2.0)


_PAPER: dict[str, Any] = {
    "network.feature_dim": 2048,
    "network.base_channels": (1024, 512),
    "network.anchor_channels": (512, 512, 1024, 1024, 2048, 2048, 4096, 4096),
    "network.normalisation": "none",
    "kernels.sigma_unit": "map",
    "kernels.initial_width": 1.0,
    "kernels.epsilon": 0.7,
    "loss.foreground": 0.8,
    "loss.background": 0.3,
    "loss.overlap_target": "default",
    "loss.beta": 2.0,
    "loss.matching": "paper",
    "loss.ties": "all",
    "loss.gamma": 75.0,
    "loss.localization_unit": "window",
    "detection.rho": 0.75,
    "training.optimizer": "sgd",
    "training.weight_decay": 1e-4,
    "training.schedule": "step",
    "training.warmup": 0,
    "data.clip_length": 16,
    "data.clip_stride": 8,
}

# Chosen on held-out training users, four folds of them: docs/study.md. Three anchor layers are
# enough where widths are learned, kernels say where things lie (E1), background does not drift
# (E2), and grouping finds what no single kernel is wide enough for, under the paper's matching.
# Kernels are exactly Algorithm 1's set (R6), so that half of the hits are mixed kernels'.
_SBHAR: dict[str, Any] = {
    "network.anchor_channels": (128,) * 3,
    "network.dropout": 0.1,
    "augmentation.rotation": 6.0,
    "augmentation.yaw": 15.0,
    "kernels.derivatives": 2,
    "kernels.grouping": "replace",
    # Eq. 3's mean centre runs away once neighbours chain (R5).
    "kernels.merge": "union",
    "kernels.epsilon": 0.4,
    "kernels.initial_width": 2.0,
    "kernels.sigma_ceiling": 2.0,
    "loss.foreground": 0.6,
    "loss.matching": "paper",
    "loss.background_sigma": 0.1,
    "loss.localization_unit": "truth",
    "loss.beta": 4.0,
    "loss.overlap_target": "refined",
    "training.weight_decay": 0.05,
    "training.ema": 0.99,
    "training.batch_size": 8,
    "training.iterations": 2000,
    "training.trace_every": 20,
}

# The rest as on SBHAR, without what is for sensors.
_FEATURES = {
    name: value for name, value in _SBHAR.items() if not name.startswith("augmentation.")
} | {"data.train_on": "train"}

PRESETS: dict[str, dict[str, Any]] = {
    "sbhar": _SBHAR,
    # Chosen on the world's choosing films (docs/world.md): a layer more, since its actions differ
    # by a factor of a hundred, and kernels that start narrower, for its strokes.
    "world": _FEATURES
    | {
        "data.dataset": "world",
        "network.anchor_channels": (128,) * 4,
        "kernels.initial_width": 1.5,
        "training.probes": ("person21_film2",),  # a short one in which every action happens
    },
    "paper-thumos14": _PAPER
    | {
        "data.dataset": "thumos14",
        "data.train_subset": "Validation",
        "data.validation_subset": "",
        "data.test_subset": "Test",
        "data.hold_out_every": 5,
        "data.exclude": ("video_test_0001292",),  # no action; leaves the paper's 212
        "data.outside": "keep",
        "network.classes": 20,
        # Every CliffDiving instance is a Diving instance too (R23).
        "detection.labels": "all",
        "training.step_size": 2500,
        "training.iterations": 7500,
        "detection.top_k": 200,
    },
    "paper-activitynet": _PAPER
    | {
        "data.dataset": "activitynet",
        "data.train_on": "train",
        "data.test_subset": "validation",
        "data.view": "resized",
        "network.classes": 200,
        "training.step_size": 10000,
        "training.iterations": 30000,
        "detection.top_k": 100,
    },
    # Your own features: nobody knows how long the actions are, so more layers, and every action
    # gets a proposal.
    "features": _FEATURES
    | {
        "data.dataset": "features",
        "network.anchor_channels": (128,) * 5,
        "kernels.grouping": "join",
        "kernels.sigma_ceiling": 1.5,
        "loss.matching": "best",
        "loss.localization_unit": "cell",
    },
}

# Real video with one feature vector a frame. Chosen on held-out training videos of their first
# splits (docs/study.md); features of new videos are less clean than theirs, hence noise, dropout.
_FRAMES = PRESETS["features"] | {
    "data.dataset": "framewise",
    "data.split": 1,
    "data.clip_length": 1,
    "data.clip_stride": 1,
    "augmentation.noise": 1.5,
    "augmentation.time_stretch": 0.3,
    "network.dropout": 0.3,
    "training.iterations": 1000,
}
PRESETS["gtea"] = _FRAMES | {"data.annotations": "gtea", "data.fps": 15.0}
PRESETS["50salads"] = _FRAMES | {"data.annotations": "50salads", "data.fps": 3.0}

_CELL_ALONE = {"kernels.pooling": "cell", "kernels.derivatives": 0, "kernels.grouping": "off"}
BASELINES: dict[str, dict[str, Any]] = {
    "gtan": {},
    "gaussian": {"kernels.grouping": "off"},
    "fixed": _CELL_ALONE | {"kernels.scale": "fixed"},
    "fixed-gaussian": {"kernels.scale": "fixed", "kernels.grouping": "off"},
    "ssad": _CELL_ALONE | {"kernels.scale": "ssad"},
}


def upgrade(tree: dict[str, Any], version: int) -> dict[str, Any]:
    """A tree of settings of an earlier version, with the words for what it meant then."""
    data, loss = tree.get("data"), tree.get("loss")
    if version < 2 and isinstance(data, dict) and isinstance(loss, dict):  # before December 2026
        if str(data.get("features")).lower().endswith(".csv"):
            data = {"csv_skip_columns": 0, **data}
        return {**tree, "data": data, "loss": {"ties": "first", **loss}}
    return tree


def setting_names() -> dict[str, str]:
    """Every setting's dotted name and its description."""
    names: dict[str, str] = {}
    for group, field in Settings.model_fields.items():
        if isinstance(field.annotation, type) and issubclass(field.annotation, _Group):
            for leaf, inner in field.annotation.model_fields.items():
                names[f"{group}.{leaf}"] = inner.description or ""
        else:
            names[group] = field.description or ""
    return names


def _unknown(name: str, known: Mapping[str, str]) -> str:
    same_leaf = [k for k in known if k.rpartition(".")[2] == name.rpartition(".")[2]]
    close = same_leaf or difflib.get_close_matches(name, known, n=3)
    hint = f"; did you mean {' or '.join(close)}?" if close else ""
    return f"setting {name!r} does not exist{hint}"


def _explain(error: ValidationError) -> str:
    known = setting_names()
    lines = []
    for item in error.errors():
        name = ".".join(str(part) for part in item["loc"])
        if item["type"] == "extra_forbidden":
            lines.append(_unknown(name, known))
        elif name in known:
            given = repr(item["input"])
            given = given if len(given) <= SHOWN else f"{given[:SHOWN]}..."
            lines.append(f"setting {name} = {given}: {item['msg']} ({known[name]})")
        else:
            lines.append(f"setting {name}: {item['msg'].removeprefix('Value error, ')}")
    return "\n".join(lines)
