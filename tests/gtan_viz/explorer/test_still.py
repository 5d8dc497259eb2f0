"""The still picture: it is small, is a picture alone, and hostile names stay text."""

from __future__ import annotations

import base64
import re
import xml.dom.minidom
from typing import Any

import numpy as np
import pytest

from gtan_viz.explorer.still import can_stand_beside, still


def svg_of(html: str) -> Any:
    data = re.search(r'base64,([^"]+)"', html)
    assert data
    return xml.dom.minidom.parseString(base64.b64decode(data[1]))


def test_every_truth_and_detection_is_a_bar(explanation: Any) -> None:
    html = still(explanation, "mine")
    bars = [r for r in svg_of(html).getElementsByTagName("rect") if r.getAttribute("y")]
    assert len(bars) == 2 + 4
    widths = sorted(float(bar.getAttribute("width")) for bar in bars)
    assert widths[-1] / widths[0] == pytest.approx(6 / 2, rel=0.01)  # seconds
    texts = [t.firstChild.data for t in svg_of(html).getElementsByTagName("text")]
    assert texts[0] == "mine: made, training step 60" and texts[1:4] == ["LIE", "SIT", "WALK"]
    assert "2 actions, 4 detections" in html and "Run the cell to explore" in html


def test_hostile_names_stay_text(hostile: str, explanations: Any) -> None:
    html = still(explanations(recording=hostile, classes=(hostile, "SIT", "LIE")), hostile)
    document = svg_of(html)
    kinds = {node.tagName for node in document.getElementsByTagName("*")}
    assert kinds == {"svg", "rect", "path", "text"}
    assert html.count("<") == 5  # figure, img, figcaption and their ends
    assert re.fullmatch(r'<figure class="gtan-still"><img alt="[^"<>]*" .*', html)


def test_nothing_there_and_nothing_finite(explanations: Any) -> None:
    svg_of(still(explanations(truth=(), detections=()), ""))
    made = explanations()
    made.arrays["detections.scores"][:] = np.nan
    svg_of(still(made, ""))


def test_hosts_with_frames_get_it_in_the_widgets_own_output(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("VSCODE_PID", "VSCODE_CWD", "COLAB_NOTEBOOK_ID", "COLAB_RELEASE_TAG"):
        monkeypatch.delenv(name, raising=False)
    assert can_stand_beside()
    monkeypatch.setenv("VSCODE_PID", "1")
    assert not can_stand_beside()
