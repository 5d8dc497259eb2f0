"""A lesson as one HTML file: its text, its parts and questions; no Python, no network."""

from __future__ import annotations

import ast
import html
import json
from pathlib import Path
from typing import Any

import mistune

from gtan.files import write_bytes
from gtan_viz.lessons.catalogue import notebook_of, title_of
from gtan_viz.lessons.part import Part
from gtan_viz.standalone import bundled, escape_json, policy

TAKES_VIDEO = ("own",)  # of the reader's own


def lesson_page(name: str, path: str | Path | None = None) -> Path:
    """Write a lesson as one HTML file that keeps its parts and its questions, offline.

    Args:
        name: of the lesson, as `gtan-viz lesson` lists them.
        path: file to write; by default ``lesson-NAME.html``.

    Returns:
        The path of the file.

    Raises:
        ValueError: there is no such lesson.

    Example:
        >>> lesson_page("kernel", "kernel.html")  # doctest: +SKIP
        PosixPath('kernel.html')
    """
    path = Path(path or f"lesson-{name}.html")
    body, parts = _body(json.loads(notebook_of(name).read_text(encoding="utf-8")))
    write_bytes(path, _document(name, body, parts).encode())
    return path


def _body(notebook: dict[str, Any]) -> tuple[str, list[Part]]:
    """The text in HTML, with a place for each part that a code cell ends in."""
    render = mistune.create_markdown(escape=True, plugins=["table"])
    pieces: list[str] = []
    parts: list[Part] = []
    names: dict[str, Any] = {}
    for cell in notebook["cells"]:
        source = "".join(cell["source"])
        if cell["cell_type"] == "markdown":
            pieces.append(str(render(source)))
            continue
        value = _run(source, names)
        if isinstance(value, Part):
            pieces.append(f'<div id="gtan-part-{len(parts)}"></div>')
            parts.append(value)
    return "\n".join(pieces), parts


def _run(source: str, names: dict[str, Any]) -> Any:
    """A cell of a notebook of ours, and the value that it ends in."""
    tree = ast.parse(source)
    last = tree.body[-1] if tree.body else None
    if not isinstance(last, ast.Expr):
        exec(compile(tree, "lesson", "exec"), names)
        return None
    exec(compile(ast.Module(tree.body[:-1], []), "lesson", "exec"), names)
    return eval(compile(ast.Expression(last.value), "lesson", "eval"), names)


def _document(name: str, body: str, parts: list[Part]) -> str:
    script, style = bundled("lessons")
    has_video = any("video" in one.data or one.part in TAKES_VIDEO for one in parts)
    index = {
        "lesson": name,
        "parts": [
            {"part": one.part, "data": one.data, "values": one.values, "asks": one.asks}
            for one in parts
        ],
    }
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{policy(script, has_video)}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{html.escape(title_of(name))}</title>
<style>
:root {{ color-scheme: light dark; background: light-dark(#ffffff, #111419);
  color: light-dark(#1b1f24, #eceff3); }}
body {{ margin: 0 auto; padding: 12px 16px 60px; max-width: 780px;
  font: 16px/1.55 system-ui, -apple-system, "Segoe UI", sans-serif; }}
table {{ border-collapse: collapse; display: block; overflow-x: auto; }}
pre {{ overflow-x: auto; font-size: 13px; line-height: 1.4; }}
th, td {{ padding: 2px 10px; text-align: left; }} td code {{ overflow-wrap: anywhere; }}
@media (max-width: 480px) {{
  table:has(td > code:only-child) :is(th, td) {{ display: block; padding: 3px 0; }}
}}
a {{ color: light-dark(#0b62a8, #6cb6f5); }}
@page {{ margin: 14mm; }}
@media print {{
  :root {{ color-scheme: light; }}
  body {{ max-width: none; padding: 0; font-size: 11pt; }}
  h1, h2, h3 {{ break-after: avoid; }} p {{ orphans: 3; widows: 3; }}
  table {{ display: table; }} tr {{ break-inside: avoid; }}
  a[href^="#set:"] {{ color: inherit; text-decoration: none; }}
}}
{style}
</style>
</head>
<body>
<main>
{body}
<div id="gtan-answers"></div>
</main>
<noscript>This lesson computes in the browser: please allow its script to run.</noscript>
<script type="application/json" id="gtan-lesson">{escape_json(index)}</script>
<script type="module">{script}</script>
</body>
</html>
"""
