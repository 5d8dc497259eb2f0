"""What the page computes after a slider moved, against the functions of `gtan`."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote

import numpy as np
import pytest

import gtan_viz
from gtan.runs.explanation import Explanation
from gtan.runs.run import EXAMPLE
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


@pytest.mark.parametrize(
    "settings",
    [
        {"grouping": "replace", "sigma_factor": 1.4},
        {"grouping": "off"},
        {"merge": "union", "epsilon": 0.3},
        {"ratio_scale": 1.3, "rho": 0.05},
        {"kernels": {"1/0/5": {"sigma": 2.5}, "2/0/3": {"center": 4.4, "sigma": 1.5}}},
    ],
    ids=lambda settings: "-".join(settings),
)
def test_what_if_in_python_is_the_pages(
    open_page: Callable[..., Any], write_page: Callable[..., Path], settings: dict[str, Any]
) -> None:
    explanation = Explanation.load(FIXTURE)
    window = open_page(write_page(explanation), "#settings=" + quote(json.dumps(settings)))
    assert window.state("state.settings") == settings
    shown = np.array(window.state(DETECTIONS))
    wanted = gtan_viz.what_if(explanation, settings)
    assert len(shown) == pytest.approx(len(wanted), abs=1)
    most = min(len(shown), len(wanted))
    np.testing.assert_allclose(shown[:most, 3], wanted["score"][:most], atol=1e-3)
    assert window.state("state.whatView.changed")


@pytest.mark.parametrize("changed", [False, True], ids=["learned", "what-if"])
def test_what_is_copied_gives_the_numbers_on_screen(
    open_page: Callable[..., Any],
    write_page: Callable[..., Path],
    monkeypatch: pytest.MonkeyPatch,
    changed: bool,
) -> None:
    path = write_page(Explanation.load(FIXTURE))
    monkeypatch.chdir(path.parent)  # the run's name is its path from here
    window = open_page(path)
    if changed:
        window.slide("sigma_factor", 0.6)
        window.slide("xi", 0.5)
    window.page.evaluate(
        "navigator.clipboard.writeText = async (text) => { document.title = text; }"
    )
    window.page.get_by_role("button", name="Python", exact=True).click()
    window.page.wait_for_timeout(200)
    code = window.page.evaluate("document.querySelector('title').textContent")
    lines = code.strip().splitlines()
    known: dict[str, Any] = {}
    exec("\n".join(line for line in lines if "=" in line.split("(")[0] or "import" in line), known)
    found = [
        eval(line, known) for line in lines if line.startswith(("detections.", "explanation."))
    ]
    # The second column is empty where the what-if's number is the same.
    score = float((changed and window.number("score after", 2)) or window.number("score after"))
    scores = found[0]["score"]
    assert float(np.atleast_1d(scores)[0]) == pytest.approx(score, abs=1.5e-3)
    if not changed:
        line = next(line for line in lines if line.startswith("class_scores"))
        best = float(window.number("class score"))
        assert eval(line, known)[1:].max() == pytest.approx(best, abs=1e-3)


def test_what_if_needs_feature_maps() -> None:
    explanation = Explanation.load(FIXTURE)
    bare = {
        name: array
        for name, array in explanation.arrays.items()
        if not name.endswith(("features", "_weights", "_bias"))
    }
    one = Explanation(explanation.header, bare)
    assert len(gtan_viz.what_if(one, {"xi": 0.3}))
    with pytest.raises(ValueError, match="features=True"):
        gtan_viz.what_if(one, {"sigma_factor": 2.0})
