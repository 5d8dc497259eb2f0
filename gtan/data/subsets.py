"""Who learns, who validates, who is tested; and which labels there are to learn."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from gtan.data.texts import listed, shown
from gtan.settings import DataSettings, SettingsError


def subsets_of(
    videos: pd.DataFrame, settings: DataSettings, path: Path
) -> dict[str, tuple[str, ...]]:
    """Names of train, validation, test; validation recordings may be learned from as well.

    Raises:
        SettingsError: a subset is not there, or test recordings would be learned from.
    """
    by_subset: dict[str, tuple[str, ...]] = {
        str(subset): tuple(group) for subset, group in videos.groupby("subset")["video"]
    }

    def of(setting: str) -> tuple[str, ...]:
        subset = getattr(settings, setting)
        if subset and subset not in by_subset:
            raise SettingsError(
                f"setting data.{setting} = {shown(subset)}: {path} has no such subset; it has "
                f"{listed(map(shown, sorted(by_subset)))}"
            )
        return by_subset.get(subset, ()) if subset else ()

    train, test = of("train_subset"), of("test_subset")
    if settings.validation_subset:
        validation = of("validation_subset")
        learn = train
    else:
        every = settings.hold_out_every
        validation = tuple(sorted(train)[::every]) if every else ()
        learn = tuple(name for name in train if name not in set(validation))
    if settings.train_on == "train+validation":
        learn += tuple(name for name in validation if name not in set(learn))
    both = set(learn) & set(test)
    if both:
        raise SettingsError(
            f"setting data.train_on = {settings.train_on!r}: would learn from {len(both)} test "
            "recordings; choose 'train', or other subsets"
        )
    return {"train": learn, "validation": validation, "test": test}


def classes_of(
    instances: pd.DataFrame,
    subsets: dict[str, tuple[str, ...]],
    settings: DataSettings,
    path: Path,
) -> tuple[str, ...]:
    """The labels to learn: those that settings name, or else all of the training recordings.

    Raises:
        SettingsError: a label is named twice.
        ValueError: nothing is annotated, or an instance has another label.
    """
    classes = settings.classes
    source = "data.classes"
    if not classes:
        learned = instances["video"].isin([*subsets["train"], *subsets["validation"]])
        classes = tuple(sorted(set(instances["label"][learned])))
        source = "the training recordings"
    if not classes:
        raise ValueError(f"{path}: nothing is annotated in the training recordings")
    twice = [label for label in set(classes) if classes.count(label) > 1]
    if twice:
        raise SettingsError(f"setting data.classes: {shown(twice[0])} is there twice")
    unknown = instances[~instances["label"].isin(classes)]
    if len(unknown):
        found = [f"{shown(row.label, 50)} in {row.video}" for row in unknown.itertuples()]
        raise ValueError(
            f"{path}: {len(unknown)} annotations have a label that {source} do not have: "
            f"{listed(found)}. Correct the label, name it in data.classes, or exclude the recording"
        )
    return classes
