"""The ablations: each variant with its seeds' mean, its interval, and the paper's own number."""

from __future__ import annotations

import pandas as pd
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from gtan.experiments.readings import EXTENSIONS, READINGS
from gtan_viz.figures.theme import Theme, colors, dress, plain
from gtan_viz.figures.thresholds import mean_over

TITLES = {
    "table3": "What each part of GTAN adds (Table 3)",
    "pooling": "What Table 3 hides: learned widths, and what is pooled under them",
    "table4": "Grouping on long actions (Table 4)",
    "figure7": "Number of anchor layers (Figure 7)",
}
PAPER = {"paper THUMOS14": ("THUMOS14", "square"), "paper ActivityNet v1.3": ("ActivityNet", "x")}
LOOKS = {  # role of the hue, dash, symbol
    "gtan": ("mixed", "solid", "circle"),
    "ssad": ("average", "dash", "diamond"),
}


def study(table: pd.DataFrame, experiment: str, *, theme: Theme = "light") -> go.Figure:
    """One experiment: average mAP of each variant, and how far it is from what it is held against.

    Bars are 95 % intervals from a bootstrap over recordings. The right-hand panel is a paired
    difference: where its interval leaves out zero, the variant helped or did harm. Where the paper
    prints numbers of its own, a third panel shows them: other data, so on an axis of their own.

    Args:
        table: of `gtan.experiments.study.summary` or `gtan.experiments.study.long_actions`.
        experiment: as ``table3``, ``pooling``, ``table4``, ``R5``.
        theme: light or dark.

    Raises:
        ValueError: the table has no such experiment.

    Example:
        >>> import pandas as pd
        >>> rows = {"experiment": "R5", "variant": ["merge=union", "merge=paper"], "seeds": 1}
        >>> spread = {"average_mAP": [0.9, 0.8], "std": None, "low": 0.7, "high": 0.95}
        >>> apart = {"difference": [None, -0.1], "difference low": -0.2, "difference high": 0.01}
        >>> table = pd.DataFrame(rows | spread | apart | {"against": "merge=union", "error": ""})
        >>> figure = study(table, "R5")
    """
    mine = table[table["experiment"] == experiment]
    if mine.empty:
        there = ", ".join(dict.fromkeys(table["experiment"]))
        raise ValueError(f"the table has no experiment {experiment!r}; it has {there}")
    c = colors(theme)
    names = [plain(name) for name in mine["variant"]]
    places = list(range(len(mine)))
    printed = [name for name in PAPER if name in mine and mine[name].notna().any()]
    titles = ["average mAP", "difference"] + ["the paper's own numbers,<br>other data"] * bool(
        printed
    )
    over = f"{_over(mine)}; " if _over(mine) else ""
    figure = make_subplots(
        cols=len(titles), shared_yaxes=True, horizontal_spacing=0.04, subplot_titles=titles,
        column_widths=[0.45, 0.35, 0.2][: len(titles)],
    )  # fmt: skip
    hover = [
        f"{name}: {seeds:.0f} seed{'' if seeds == 1 else 's'}"
        + ("" if pd.isna(std) else f", std over seeds {std:.4f}")
        for name, seeds, std in zip(names, mine["seeds"], mine["std"].astype(float))
    ]
    means = mine[["average_mAP", "low", "high"]].astype(float)
    _whiskers(figure, 1, means, hover=hover, color=c["learned"], symbol="circle")
    held = [
        f"{name} minus {plain(other)}" for name, other in zip(names, mine["against"].fillna(""))
    ]
    differences = mine[["difference", "difference low", "difference high"]].astype(float)
    _whiskers(figure, 2, differences, hover=held, color=c["mixed"], symbol="diamond")
    figure.add_vline(x=0, line={"color": c["ink"], "width": 1}, row=1, col=2)
    for name in printed:
        label, symbol = PAPER[name]
        figure.add_scatter(
            x=mine[name], y=places, mode="markers", name=f"paper: {label}", row=1, col=3,
            marker={"symbol": symbol, "size": 9, "color": c["muted"]}, hovertext=names,
            hovertemplate="%{hovertext}, printed in the paper: %{x} %",
        )  # fmt: skip
    errors = mine["error"].fillna("")
    failed = bool((errors != "").any())
    for place, error in zip(places, errors):
        if error:
            figure.add_annotation(
                x=0.0, xref="x domain", y=place, yshift=-14, showarrow=False, xanchor="left",
                text=plain(error, 90), font={"color": c["miss"], "size": 11},
            )  # fmt: skip
    figure.update_yaxes(range=[len(mine) - 0.4, -0.6])
    figure.update_yaxes(tickvals=places, ticktext=names, row=1, col=1)
    figure.update_xaxes(title_text="mean over seeds", row=1, col=1)
    figure.update_xaxes(title_text="minus the variant held against", row=1, col=2)
    if printed:
        figure.update_xaxes(title_text="mAP (%)", row=1, col=3)
    figure.update_annotations(selector={"yref": "paper"}, font_size=12)
    return dress(
        figure, TITLES.get(experiment, _reading(experiment)),
        f"{over}bars: 95 % bootstrap over recordings"
        + ("; lines of text: runs that failed or are missing" if failed else ""),
        theme=theme, height=250 + 44 * len(mine), showlegend=bool(printed),
        legend={"orientation": "h", "y": -0.28, "yanchor": "top", "x": 1, "xanchor": "right"},
        margin={"l": 215, "r": 20, "t": 104, "b": 92},
    )  # fmt: skip


def study_layers(layers: pd.DataFrame, *, theme: Theme = "light") -> go.Figure:
    """Figure 7: AUC of proposals and average mAP against the number of anchor layers.

    Args:
        layers: of `gtan.experiments.study.layers`.
        theme: light or dark.
    """
    c = colors(theme)
    over = f"{_over(layers)}; " if _over(layers) else ""
    figure = make_subplots(cols=2, horizontal_spacing=0.1)
    for method, mine in layers.groupby("method", sort=False):
        role, dash, symbol = LOOKS[str(method)]
        style = {
            "mode": "lines+markers", "name": str(method).upper(), "legendgroup": str(method),
            "line": {"color": c[role], "dash": dash}, "marker": {"symbol": symbol, "size": 8},
        }  # fmt: skip
        figure.add_scatter(
            x=mine["layers"], y=mine["AUC"], **style, showlegend=False, row=1, col=1,
            hovertemplate="%{x} layers: AUC %{y:.2f}",
        )  # fmt: skip
        figure.add_scatter(
            x=mine["layers"], y=mine["average_mAP"], **style, row=1, col=2,
            error_y={
                "type": "data", "array": mine["high"] - mine["average_mAP"],
                "arrayminus": mine["average_mAP"] - mine["low"], "thickness": 1,
            },
            hovertemplate="%{x} layers: average mAP %{y:.4f}",
        )  # fmt: skip
    figure.update_xaxes(title_text="anchor layers", dtick=1)
    figure.update_yaxes(title_text="AUC of the proposals (%)", row=1, col=1)
    figure.update_yaxes(title_text="average mAP", row=1, col=2)
    return dress(
        figure, TITLES["figure7"],
        f"{over}AUC: tIoU 0.5:0.05:0.95; one seed; bars: 95 % bootstrap over recordings<br>"
        "the paper, on ActivityNet, prints mAP (tIoU 0.5:0.05:0.95) at 4 layers: GTAN 26.77 %, "
        "SSAD 5.12 %",
        theme=theme, height=440, showlegend=True, margin={"l": 70, "r": 20, "t": 104, "b": 56},
    )  # fmt: skip


def _over(table: pd.DataFrame) -> str:
    """Which mAP the table holds; "" where it does not say."""
    return f"mAP: {mean_over(table.attrs['tiou'])}" if "tiou" in table.attrs else ""


def _reading(experiment: str) -> str:
    found = [reading for reading in (*READINGS, *EXTENSIONS) if reading.name == experiment]
    return f"{experiment}: {found[0].title}" if found else plain(experiment)


def _whiskers(
    figure: go.Figure,
    column: int,
    table: pd.DataFrame,
    *,
    hover: list[str],
    color: str,
    symbol: str,
) -> None:
    """A point and its interval on every row; nothing where there is no number.

    Args:
        table: three columns: the value, and where its interval begins and ends.
    """
    value, low, high = (table[name] for name in table)
    figure.add_scatter(
        x=value, y=list(range(len(table))), mode="markers+text", showlegend=False,
        text=["" if pd.isna(x) else f"{x:+.3f}" if column == 2 else f"{x:.3f}" for x in value],
        textposition="top center", textfont={"size": 11},
        marker={"symbol": symbol, "size": 10, "color": color},
        error_x={
            "type": "data", "array": high - value, "arrayminus": value - low, "thickness": 1.5
        },
        customdata=list(zip(low, high)), hovertext=hover,
        hovertemplate="%{hovertext}<br>%{x:.4f} (95 %: %{customdata[0]:.4f} to "
        "%{customdata[1]:.4f})<extra></extra>", row=1, col=column,
    )  # fmt: skip
