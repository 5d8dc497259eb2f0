"""What the page computes after a slider moved, against the functions of `gtan`."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from gtan.explanation import Explanation
from gtan.runs import EXAMPLE
from tests.browser.conftest import FIXTURE
from tests.browser.reference import detect, mixed_kernels

pytestmark = pytest.mark.browser

DETECTIONS = """(() => { const d = (state.whatif ?? state.scene).detections;
  return [...Array(d.count).keys()].map((i) =>
    [d.start[i], d.end[i], d.label[i], d.score[i], d.ranking[i], d.window[i]]); })()"""
GROUPS = """(() => state.whatif.layers.map((layer) => {
  const found = [];
  for (let row = 0; row < layer.count; row++) if (layer.mixed[row]) found.push(
    [layer.window[row], layer.sigma[row],
     [...layer.members.slice(layer.memberOffsets[row], layer.memberOffsets[row + 1])]]);
  return found; }))()"""


def recordings() -> list[Path]:
    """The made-up one, and a real one of the example run."""
    return [FIXTURE, *sorted(EXAMPLE.glob("explanations/*/*.safetensors"))[-1:]]


@pytest.mark.parametrize("file", recordings(), ids=lambda file: file.parent.name)
def test_sliders_give_pythons_numbers(
    open_page: Callable[..., Any], write_page: Callable[..., Path], file: Path
) -> None:
    explanation = Explanation.load(file)
    window = open_page(write_page(explanation))
    stored = explanation.detections()
    shown = np.array(window.state(DETECTIONS))
    np.testing.assert_allclose(shown[:, 3], stored["score"], atol=1e-6)
    np.testing.assert_allclose(shown[:, :2], stored[["start", "end"]], atol=1e-4)

    window.slide("epsilon", 0.4)
    epsilon = window.state("state.settings.epsilon")
    assert 0.3 < epsilon < 0.6
    for layer, groups in enumerate(window.state(GROUPS), 1):
        cells = explanation.header["layers"][layer - 1]["cells"]
        wanted = [
            (at, width / 2 * cells, members)
            for at in range(len(explanation.arrays["windows.start"]))
            for members, _, width in mixed_kernels(explanation, layer, at, epsilon)
        ]
        assert [(w, members) for w, _, members in groups] == [(w, m) for w, _, m in wanted]
        np.testing.assert_allclose([g[1] for g in groups], [w[1] for w in wanted], rtol=1e-5)

    window.slide("sigma_factor", 0.7)
    window.slide("xi", 0.5)
    window.slide("rho", 0.3)
    settings = window.state("state.settings")
    assert set(settings) == {"epsilon", "sigma_factor", "xi", "rho"}
    wanted = detect(explanation, **settings)
    shown = np.array(window.state(DETECTIONS))
    assert len(shown) == len(wanted)
    np.testing.assert_allclose(shown[:, 3], wanted["score"], atol=1e-3)
    # One by one. Scores that are closer than float16 tells apart may have changed places, so each
    # is looked for among its like.
    columns = ["start", "end", "label", "score", "ranking", "window"]
    table = wanted[columns].to_numpy(float)
    tolerance = np.array([5e-2, 5e-2, 0.1, 1e-3, 1e-3, 0.1])
    found = [bool((np.abs(table - row) <= tolerance).all(1).any()) for row in shown]
    assert np.mean(found) > 0.99
    best = wanted.iloc[0]
    assert abs(shown[0, 3] - best["score"]) < 1e-3
