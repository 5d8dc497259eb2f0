"""What lesson 0 shows is the example run's own film."""

import base64

import gtan
from gtan_viz.lessons.asked import RECORDING, stretch


def test_a_stretch_and_what_happens_in_it() -> None:
    data = stretch()
    video = gtan.open_run().video(RECORDING)
    assert video is not None and base64.b64decode(data["video"]) == video.read_bytes()
    assert data["labels"] == ["clap", "kick", "throw", "turn"]
    assert [one["label"] for one in data["truth"]][:2] == ["kick", "kick"]
    assert all(data["start"] <= one["start"] < one["end"] <= data["end"] for one in data["truth"])
