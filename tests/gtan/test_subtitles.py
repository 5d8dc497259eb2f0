"""Subtitles that players accept: times, order, and text that is nothing but text."""

from __future__ import annotations

import pandas as pd
import pytest

from gtan.subtitles import subtitles


def table(*rows: tuple[str, float, float, float]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["label", "start", "end", "score"])


def test_webvtt_by_hand() -> None:
    found = table(("jump", 61.5, 63.25, 0.914), ("Clap & <wave>", -0.2, 0.9996, 0.5))
    assert subtitles(found) == (
        "WEBVTT\n\n1\n00:00:00.000 --> 00:00:01.000\nClap &amp; &lt;wave&gt; 0.50\n\n"
        "2\n00:01:01.500 --> 00:01:03.250\njump 0.91\n"
    )


def test_srt_by_hand() -> None:
    found = table(("jump", 3599.9999, 36_000.0, 1.0))
    assert subtitles(found, "srt") == "1\n01:00:00,000 --> 10:00:00,000\njump 1.00\n"


def test_labels_cannot_end_a_cue_or_begin_one() -> None:
    found = table(("a\n\n2\n00:00:00,000 --> 00:00:09,000\nb", 1.0, 2.0, 0.5))
    text = subtitles(found, "srt")
    assert text.count("-->") == 1 and text.count("\n") == 3


@pytest.mark.parametrize(("kind", "empty"), [("vtt", "WEBVTT\n"), ("srt", "")])
def test_nothing_found_is_a_file_all_the_same(kind: str, empty: str) -> None:
    assert subtitles(table(), kind) == empty


def test_no_cue_ends_where_it_begins() -> None:
    assert "00:00:05.000 --> 00:00:05.001" in subtitles(table(("a", 5.0, 5.0, 0.5)))


def test_other_kinds_are_refused() -> None:
    with pytest.raises(ValueError, match="'vtt' or 'srt', not 'ass'"):
        subtitles(table(), "ass")
