import re
import subprocess
import sys
from itertools import product
from pathlib import Path

import numpy as np
import plotly.graph_objects as go
import pytest

import gtan
import gtan_viz
from gtan_viz.figures.theme import (
    CLASS_HUES,
    COLORS,
    class_styles,
    colors,
    dress,
    note_in_panel,
    plain,
    template,
)

ROOT = Path(__file__).parents[3]


def test_twelve_hues_then_hue_and_pattern() -> None:
    styles = class_styles([f"class {n:02}" for n in range(96)])
    assert len(set(CLASS_HUES)) == 12
    assert len({(s.color, s.pattern) for s in styles.values()}) == 96
    assert {s.pattern for s in list(styles.values())[:12]} == {""}
    assert styles["class 12"].color == styles["class 00"].color
    assert styles["class 12"].pattern


def test_no_two_classes_of_the_world_share_a_hue() -> None:
    styles = class_styles(gtan.open_run().trace().index["classes"])
    assert len({style.color for style in styles.values()}) == len(styles) > 10


def test_hues_are_those_of_the_explorer() -> None:
    script = (ROOT / "gtan_viz" / "js" / "state" / "colors.js").read_text()
    listed = script[script.index("HUES = [") : script.index("];")]
    assert tuple(re.findall(r'"(#\w{6})"', listed)) == CLASS_HUES


@pytest.mark.parametrize("seen", ["normal", "protanopia", "deuteranopia"])
def test_hues_can_be_told_apart(seen: str) -> None:
    places = np.array([lab(hue, VISION[seen]) for hue in CLASS_HUES])
    apart = np.linalg.norm(places[:, None] - places, axis=-1) + 1e9 * np.eye(len(places))
    assert apart.min() >= 17


# Machado et al. (2009), severity 1, on linear sRGB
VISION = {
    "normal": np.eye(3),
    "protanopia": np.array([[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216],
                            [-0.003882, -0.048116, 1.051998]]),
    "deuteranopia": np.array([[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413],
                              [-0.011820, 0.042940, 0.968881]]),
}  # fmt: skip
XYZ = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])


def lab(color: str, vision: np.ndarray) -> np.ndarray:
    """CIELAB of a colour as somebody sees it."""
    rgb = np.array([int(color[at : at + 2], 16) / 255 for at in (1, 3, 5)])
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    white = np.clip(vision @ linear, 0, 1) @ XYZ.T / XYZ.sum(1)
    f = np.where(white > 0.008856, np.cbrt(white), 7.787 * white + 16 / 116)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


def test_a_class_keeps_its_colour_whatever_is_drawn() -> None:
    classes = ["b", "a", "c"]
    assert class_styles(classes)["c"] == class_styles([*classes, "d"])["c"]
    assert class_styles(classes) == class_styles(classes[::-1])


def test_more_classes_than_styles_still_have_one() -> None:
    assert len(class_styles([str(n) for n in range(200)])) == 200


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("a<b>c", "a&lt;b&gt;c"),
        ("&lt;", "&amp;lt;"),
        ("$x$", "&#36;x&#36;"),
        ("one\ntwo\x00", "one two"),
        ("\u202eevil", "evil"),
        ("🚶", "🚶"),
        (7, "7"),
        ("\ud800", ""),
    ],
)
def test_plain(given: object, shown: str) -> None:
    assert plain(given) == shown


def test_plain_shortens_before_it_escapes() -> None:
    assert plain("<" * 300, limit=5) == "&lt;" * 4 + "…"


def test_both_themes_name_the_same_colours() -> None:
    assert COLORS["light"].keys() == COLORS["dark"].keys()
    assert template("light").layout.paper_bgcolor != template("dark").layout.paper_bgcolor


@pytest.mark.parametrize(("theme", "role"), [*product(COLORS, ("ink", "muted", "hit", "miss"))])
def test_text_can_be_read(theme: str, role: str) -> None:
    c = colors(theme)
    assert contrast(c[role], c["paper"]) >= 4.5
    assert contrast(c[role], c["panel"]) >= 4.5


def test_unknown_theme_names_those_there_are() -> None:
    with pytest.raises(ValueError, match="light, dark"):
        colors("sepia")  # type: ignore[arg-type]


def test_a_missing_thing_is_said_where_it_is_missing() -> None:
    figure = go.Figure().set_subplots(2, 1)
    note_in_panel(figure, "gone", 2)
    assert figure.layout.annotations[0].yref == "y2 domain"
    dress(figure, "title", theme="dark", height=300)
    assert figure.layout.title.text == "title"


def test_public_names_are_functions_even_after_their_files_are_imported() -> None:
    code = (
        "import gtan_viz.figures.timeline, gtan_viz.figures.sigmas, gtan_viz\n"
        "from gtan_viz.figures.timeline import findings\n"
        "assert callable(gtan_viz.timeline) and callable(gtan_viz.sigmas), gtan_viz.timeline\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_unknown_name() -> None:
    with pytest.raises(AttributeError, match="No gtan_viz attribute histogram"):
        _ = gtan_viz.histogram
    assert {"timeline", "sigmas", "explore"} <= set(dir(gtan_viz))


def contrast(one: str, other: str) -> float:
    """WCAG's contrast of two colours."""

    def luminance(color: str) -> float:
        parts = [int(color[at : at + 2], 16) / 255 for at in (1, 3, 5)]
        linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    bright, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (bright + 0.05) / (dark + 0.05)
