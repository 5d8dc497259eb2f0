"""How an object shows itself: one line of text, and in a notebook a card, a short table of HTML.

Names of recordings and labels are other people's words. They are cut, made visible, escaped, and
kept from what would take two dollar signs for a formula. A card sets no colours, so that it can be
read on light and on dark.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from html import escape
from itertools import accumulate
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import pandas as pd

LINE = 160  # characters of a line
TEXT = 60  # characters of a text in a card
COLUMNS = 6  # of a table
ROOM = 2_400  # characters of HTML, beyond which a table has no further row
MOST_ROWS = 50  # that can fit in there


def one_line(kind: str, *parts: Any) -> str:
    """``kind(part, part)``, whatever the parts hold.

    Example:
        >>> one_line("Run", "runs/mine", "step 20")
        'Run(runs/mine, step 20)'
    """
    return f"{kind}({_visible(', '.join(map(str, parts)), LINE)})"


def end_of(path: Any, most: int = TEXT) -> str:
    """The last characters of a path, which tell it from others."""
    text = str(path)
    return text if len(text) <= most else f"...{text[3 - most :]}"


def card(
    kind: str,
    name: str,
    facts: Mapping[str, Any],
    *,
    table: pd.DataFrame | None = None,
    calls: Iterable[str] = (),
) -> str:
    """HTML of an object.

    Args:
        kind: what it is.
        name: which one it is.
        facts: in words, by what they tell; what is "" or None is left out.
        table: further figures, as many rows as there is room for; its index stands first.
        calls: what one can call next.

    Example:
        >>> card("Run", "a<b", {"step": 2000})[46:67]
        '<b>Run</b> a&lt;b</p>'
    """
    rows = [
        f'<tr><th>{_text(fact)}</th><td style="text-align: left">{_text(value)}</td></tr>'
        for fact, value in facts.items()
        if value not in ("", None)
    ]
    html = f"<p><b>{_text(kind)}</b> {_text(name)}</p>{_table('', rows)}"
    if table is not None and len(table):
        table = table.iloc[:, :COLUMNS].astype(object)
        names = [table.index.name or "", *table.columns]
        head = "".join(f"<th>{_text(name)}</th>" for name in names)
        rows = [
            f"<tr><th>{_text(index)}</th>{''.join(f'<td>{_text(each)}</td>' for each in row)}</tr>"
            for index, *row in table.head(MOST_ROWS).itertuples(name=None)
        ]
        html += _table(f"<thead><tr>{head}</tr></thead>", rows, len(table), room=ROOM - len(html))
    codes = ", ".join(f"<code>{_text(call)}</code>" for call in calls)
    html += f"<p>Next: {codes}</p>" if codes else ""
    return f'<div class="tex2jax_ignore mathjax_ignore">{html}</div>'


def _table(head: str, rows: list[str], count: int = 0, room: int = ROOM) -> str:
    """As many rows as there is room for, and how many of `count` follow."""
    fit = sum(end <= room - len(head) for end in accumulate(map(len, rows)))
    more = max(count, len(rows)) - fit
    table = f"<table>{head}<tbody>{''.join(rows[:fit])}</tbody></table>" if fit else ""
    return table + (f"<p>and {more:,} more</p>" if more else "")


def _text(value: Any) -> str:
    """A value as escaped text."""
    if isinstance(value, (float, np.floating)):
        return "-" if np.isnan(value) else f"{value:,.4g}"
    if isinstance(value, (int, np.integer)) and not isinstance(value, bool):
        return f"{value:,}"
    return escape(_visible(str(value), TEXT))


def _visible(text: str, most: int) -> str:
    """The first characters; those that cannot be seen, or move others, as a question mark."""
    cut = text if len(text) <= most else f"{text[: most - 3]}..."
    return "".join(each if each.isprintable() or each == "\u200d" else "\ufffd" for each in cut)
