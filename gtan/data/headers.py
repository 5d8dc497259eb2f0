"""What the headers of all feature files say together: one width, possible strides, one layout."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

import pandas as pd

from gtan.data.extracted import duration_fault
from gtan.data.feature_recording import FeatureRecording
from gtan.data.features import FeatureError, FeatureFile
from gtan.data.stride import StrideCheck, check_stride
from gtan.data.texts import listed
from gtan.extraction.feature_file import Extracted
from gtan.settings import DataSettings, SettingsError


def check_headers(
    recordings: dict[str, FeatureRecording],
    rates: pd.Series,
    settings: DataSettings,
    made: Mapping[str, Extracted],
) -> int:
    """The width D of all feature files, whose headers must agree with it and with the durations.

    Args:
        recordings: by name.
        rates: frames a second by name, where `data.fps` gives none for all.
        made: what files say of themselves, by name, where they do.

    Raises:
        FeatureError: listing every file that cannot be used.
        SettingsError: all can be read in two ways.
    """
    faults: list[str] = []
    files: list[FeatureFile] = []
    for name, recording in recordings.items():
        file = recording.file
        try:
            _ = file.width
            if name in made:
                tolerance = settings.tolerance
                if fault := duration_fault(file.path, made[name], recording.duration, tolerance):
                    raise FeatureError(fault)
            elif settings.spacing == "stride":
                check = _stride(file, recording, rates[name], settings)
                if not check.possible:
                    raise FeatureError(f"{file.place}: {recording.duration:g} s, but {check}")
            files.append(file)
        except FeatureError as error:
            faults.append(str(error))
    faults += odd_widths(files)
    if faults:
        raise FeatureError(
            f"{len(faults)} of {len(recordings)} feature files cannot be used:\n"
            + listed(faults, "\n", most=1000)
            + (_turned(files) if settings.spacing == "even" else "")
        )
    if settings.feature_layout == "detect" and not made:
        _check_layout(list(recordings.values()), rates, settings)
    return usual_width(files)


def usual_width(files: Sequence[FeatureFile]) -> int:
    """The width D of most files; of the first ones where several are as frequent."""
    return Counter(file.width for file in files).most_common(1)[0][0]


def odd_widths(files: Sequence[FeatureFile]) -> list[str]:
    """A fault for each file with another width than most."""
    usual = usual_width(files) if files else 0
    return [
        f"{file.place}: has {file.width} dimensions, most files {usual}; extract it again"
        for file in files
        if file.width != usual
    ]


def _stride(
    features: FeatureFile | int, recording: FeatureRecording, rate: float, settings: DataSettings
) -> StrideCheck:
    """Whether a recording's features, or as many clips, can have the stride of the settings."""
    return check_stride(
        features,
        recording.duration,
        stride=settings.clip_stride,
        length=settings.clip_length,
        offset=settings.clip_offset,
        fps=settings.fps or float(rate),
        tolerance=settings.tolerance,
    )


def _turned(files: Sequence[FeatureFile]) -> str:
    """Advice, where files of several widths agree in the other axis."""
    if len({file.width for file in files}) > 1 and len({file.shape[0] for file in files}) == 1:
        return "\nAll have the same first axis: dimensions? (data.feature_layout='clips_last')"
    return ""


def _check_layout(
    recordings: list[FeatureRecording], rates: pd.Series, settings: DataSettings
) -> None:
    """Clips stand in the first axis, so far; refuse files whose last axis could hold them too."""
    clips, width = recordings[0].file.shape
    if any(recording.file.shape[0] != clips for recording in recordings):
        return
    if settings.spacing == "even" or all(
        _stride(recording.file.shape[1], recording, rates[recording.name], settings).possible
        for recording in recordings
    ):
        raise SettingsError(
            f"setting data.feature_layout: {recordings[0].file.place} and all others can be read "
            f"in two ways: shape {clips, width} is {clips} clips of {width} dimensions "
            f"('clips_first'), or {width} clips of {clips} dimensions ('clips_last'); say which"
        )
