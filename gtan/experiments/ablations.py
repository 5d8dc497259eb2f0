"""The paper's ablations on any data set: which runs they need.

Experiments: `table3` (fixed scale, + Gaussian kernel, + grouping: the paper's, without E1); `E1`,
the same with Gaussian derivative pooling, and with kernels of the fixed scale; `E2`; `pooling`, the
split that table hides (a learned width with each kind of pooling); `figure7` (3 to 8 anchor layers,
against SSAD); and one for each reading that is a choice between words. Table 4 needs no run of its
own. Equal settings are one run, which may serve several experiments.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from operator import attrgetter
from typing import Any, NamedTuple, get_args

import pandas as pd

from gtan.experiments.notebooks import check_subset
from gtan.settings import Settings

# Readings that are a choice between words, and their settings.
STUDIED = {
    "R1": "kernels.sigma_unit",
    "R5": "kernels.merge",
    "R6": "kernels.grouping",
    "R8": "loss.matching",
    "R10": "loss.overlap_target",
    "R15": "loss.sigma_gradient",
    "R16": "kernels.alignment",
}
EXPERIMENTS = ("table3", "E1", "E2", "pooling", *STUDIED, "figure7")
LAYERS = (3, 4, 5, 6, 7, 8)
LAYERS_SEEDED = (3, 5, 8)  # with every seed; the others show the course between them

FIXED, GAUSSIAN, GROUPING = "fixed scale", "+ Gaussian kernel", "+ Gaussian grouping"
# What the variants of table3 and pooling are: a baseline, and settings on top.
_PAPER: dict[str, Any] = {"kernels.derivatives": 0}
_TABLE3: dict[str, tuple[str, dict[str, Any]]] = {
    FIXED: ("fixed", {}),
    GAUSSIAN: ("gaussian", _PAPER),
    GROUPING: ("gtan", _PAPER),
}
# Is it the learned width, or only more taps? So kernels of the fixed scale have a row of their own.
FIXED_E1, GAUSSIAN_E1, GROUPING_E1 = (
    "fixed width, derivatives", "learned width, derivatives", "+ grouping, derivatives"
)  # fmt: skip
_E1: dict[str, str] = {FIXED_E1: "fixed-gaussian", GAUSSIAN_E1: "gaussian", GROUPING_E1: "gtan"}
_POOLING: dict[str, tuple[str, dict[str, Any]]] = {
    "fixed width, cell alone": ("fixed", {}),
    "learned width, cell alone": ("gaussian", {"kernels.pooling": "cell"}),
    "learned width, average": ("gaussian", {"kernels.pooling": "average"}),
    "learned width, Gaussian pooling": ("gaussian", {}),
}
# Each part of the method is compared with what it is added to.
_AGAINST = {
    GAUSSIAN: FIXED,
    GROUPING: GAUSSIAN,
    GAUSSIAN_E1: FIXED_E1,
    GROUPING_E1: GAUSSIAN_E1,
    "learned width, cell alone": "fixed width, cell alone",
    "learned width, average": "learned width, cell alone",
    "learned width, Gaussian pooling": "learned width, cell alone",
}


class _Variant(NamedTuple):
    experiment: str
    name: str
    seed: int
    baseline: str  # of `Settings.baseline`
    changed: dict[str, Any]  # settings on top


def study_runs(
    preset: str = "sbhar",
    seeds: Sequence[int] = (0, 1, 2),
    overrides: Mapping[str, Any] | None = None,
    subset: str = "test",
    experiments: Sequence[str] = (),
    repeated: Sequence[str] = (),
) -> pd.DataFrame:
    """The runs of the whole study, Table 3's first, as parameters of `measure.ipynb`.

    Table 3, E1 and the pooling split are run with all seeds, Figure 7 with all at 3, 5 and 8 anchor
    layers; the rest of it, E2 and the readings with the first.

    Args:
        preset: of `Settings.preset`.
        seeds: one or several.
        overrides: settings for every run: where the features are, shorter training.
        subset: on which the runs are evaluated.
        experiments: only these; all if empty.
        repeated: readings, and E2, to run with all seeds, too.

    Returns:
        One row per experiment, variant and seed: experiment, variant, seed, parameters.
        Rows with equal settings have equal parameters.

    Raises:
        SettingsError: naming a wrong preset or setting.
        ValueError: naming an unknown experiment or subset, a seed given twice, no seed at all, or
            an override of what the study itself sets.

    Example:
        >>> runs = study_runs(seeds=[0])
        >>> runs.loc[runs.experiment == "R5", "variant"].tolist()
        ['merge=union', 'merge=paper']
    """
    unknown = {*experiments, *repeated} - set(EXPERIMENTS)
    if unknown:
        raise ValueError(
            f"experiment {sorted(unknown)[0]!r} is unknown; choose from {', '.join(EXPERIMENTS)}"
        )
    if not seeds:
        raise ValueError("seeds: at least one is needed")
    if len(set(seeds)) < len(seeds):
        raise ValueError(f"seeds: one is given twice in {list(seeds)}")
    check_subset(subset)
    wanted = experiments or EXPERIMENTS
    everywhere = _only_tables(preset) | dict(overrides or {})
    base = Settings.preset(preset).override(everywhere)
    first: dict[str, dict[str, Any]] = {}  # parameters of the first run with these settings
    table = []
    for experiment, variant, seed, baseline, changed in _variants(base, seeds, repeated):
        settings = base.baseline(baseline).override({"training.seed": seed} | changed)
        values = {"preset": preset, "baseline": baseline, "seed": seed}
        values |= {"overrides": everywhere | changed, "subset": subset}
        # Also of what is not wanted, so that a part of the study has the runs of the whole.
        values = first.setdefault(settings.to_json(), values)
        if experiment in wanted:
            _check_overrides(settings, everywhere | changed, f"{experiment}, {variant}")
            table.append((experiment, variant, seed, values))
    return pd.DataFrame(table, columns=["experiment", "variant", "seed", "parameters"])


def _variants(base: Settings, seeds: Sequence[int], repeated: Sequence[str]) -> Iterator[_Variant]:
    """All that is compared, in the order of `EXPERIMENTS`."""
    for experiment, variants in (("table3", _TABLE3), ("pooling", _POOLING)):
        for seed in seeds:
            for name, (baseline, changed) in variants.items():
                yield _Variant(experiment, name, seed, baseline, _PAPER | changed)
        if experiment == "table3":
            yield from _extensions(base, seeds, repeated)
    for reading, setting in STUDIED.items():
        for seed in seeds if reading in repeated else seeds[:1]:
            for value in _choices(base, setting):
                changed = _chosen(base, setting, value)
                name = ", ".join(f"{key.rpartition('.')[2]}={new}" for key, new in changed.items())
                yield _Variant(reading, name, seed, "gtan", changed)
    for layers in LAYERS:
        changed = {"network.anchor_channels": _channels(base.network.anchor_channels, layers)}
        for seed in seeds if layers in LAYERS_SEEDED else seeds[:1]:
            for baseline in ("gtan", "ssad"):
                yield _Variant("figure7", f"{baseline}, {layers} layers", seed, baseline, changed)


def _extensions(
    base: Settings, seeds: Sequence[int], repeated: Sequence[str]
) -> Iterator[_Variant]:
    """What goes beyond the paper, with and without; as the preset has it, or as `sbhar` does."""
    derivatives = base.kernels.derivatives or 2
    for seed in seeds:
        for name, baseline in _E1.items():
            yield _Variant("E1", name, seed, baseline, {"kernels.derivatives": derivatives})
    for seed in seeds if "E2" in repeated else seeds[:1]:
        for weight in (base.loss.background_sigma or 0.1, 0.0):
            changed = {"kernels.derivatives": derivatives, "loss.background_sigma": weight}
            yield _Variant("E2", f"background_sigma={weight:g}", seed, "gtan", changed)


def parameters(runs: pd.DataFrame) -> list[dict[str, Any]]:
    """The parameters of the runs, equal ones once, in order: what a sweep takes."""
    once = {json.dumps(values, sort_keys=True): values for values in runs["parameters"]}
    return list(once.values())


def against(runs: pd.DataFrame, experiment: str, variant: str) -> str:
    """The variant that another is compared with; "" for one that is itself the start.

    In Table 3 and the pooling split it is the one without the part that is added, in Figure 7 SSAD
    with as many layers, in a reading the preset's own value, which stands first.
    """
    if experiment == "figure7":
        return variant.replace("gtan", "ssad") if variant.startswith("gtan") else ""
    if experiment in STUDIED or experiment == "E2":
        own = str(runs.loc[runs["experiment"] == experiment, "variant"].iloc[0])
        return own if own != variant else ""
    return _AGAINST.get(variant, "")


def _check_overrides(settings: Settings, overrides: Mapping[str, Any], variant: str) -> None:
    """Overrides have the last word in a run: they must not undo what the variant is."""
    ran = settings.override(overrides)
    undone = [name for name in overrides if attrgetter(name)(ran) != attrgetter(name)(settings)]
    if undone:
        raise ValueError(
            f"overrides: {', '.join(undone)} is what the study sets itself ({variant})"
        )


def _only_tables(preset: str) -> dict[str, Any]:
    """No pictures on the way, and no validation: a study keeps what its tables need."""
    iterations = Settings.preset(preset).training.iterations
    return {
        "training.explanations": 0,
        "training.trace_recordings": 0,
        "training.validate_every": iterations,
        "training.checkpoint_every": 500,
        "training.threads": 1,
    }


def _choices(base: Settings, setting: str) -> list[str]:
    """What a setting can be, the preset's own first."""
    group, leaf = setting.split(".")
    owner = getattr(base, group)
    own = getattr(owner, leaf)
    allowed = get_args(type(owner).model_fields[leaf].annotation)
    return [own, *(value for value in allowed if value != own)]


def _chosen(base: Settings, setting: str, value: str) -> dict[str, Any]:
    """A reading's settings; a sigma in cells stays below one, so its start must, too."""
    changed: dict[str, Any] = {setting: value}
    if value in ("cell", "literal") and base.kernels.initial_width > 1:
        changed["kernels.initial_width"] = 1.0
    return changed


def _channels(own: Sequence[int], layers: int) -> list[int]:
    """The first layers of a network; the last one's channels again where it has fewer."""
    return [own[min(layer, len(own) - 1)] for layer in range(layers)]
