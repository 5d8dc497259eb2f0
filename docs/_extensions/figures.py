"""Figures of the code on a page, drawn while the site is built, in light and dark.

A block that begins with ```python figure is run, and what its last line gives stands below it;
one that begins with ```python run is run. The blocks of a page share their names. Each figure is a
file of its own, loaded when it comes into view, and all share one copy of Plotly: MyST-NB would put
every figure into the page and fetch Plotly from a network.
"""

import ast
import re
from pathlib import Path
from typing import Any

import plotly.graph_objects as go
import plotly.offline
from sphinx.errors import ExtensionError

BLOCK = re.compile(r"(?ms)^```python (figure|run)\n(.*?)^```$")
THEMES = ("light", "dark")


def draw(app: Any, page: str, source: list[str]) -> None:
    """Run the marked blocks of a page, and set their figures below them."""
    names: dict[str, Any] = {}
    drawn: list[str] = []

    def block(found: re.Match[str]) -> str:
        kind, code = found.groups()
        plain = f"```python\n{code}```\n"
        if app.builder.name != "html":
            return plain
        try:
            values = [
                value_of(code, names, theme) for theme in (THEMES if kind == "figure" else [""])
            ]
        except Exception as error:
            raise ExtensionError(f"{page}.md: {error!r} in\n{code}") from error
        if kind == "run":
            return plain
        drawn.append(f"{page.replace('/', '-')}-{len(drawn) + 1}")
        for theme, figure in zip(THEMES, values):
            write(figure, Path(app.outdir) / "figures" / f"{drawn[-1]}.{theme}.html")
        return plain + frame("../" * page.count("/") + f"figures/{drawn[-1]}", values[0])

    source[0] = BLOCK.sub(block, source[0])


def value_of(code: str, names: dict[str, Any], theme: str) -> Any:
    """What the last line gives; a call of gtan_viz is asked for this theme."""
    tree = ast.parse(code)
    last = tree.body[-1]
    if not theme or not isinstance(last, ast.Expr):
        return exec(compile(tree, "<page>", "exec"), names)
    assert isinstance(last.value, ast.Call), "a figure's last line is a call"
    last.value.keywords.append(ast.keyword("theme", ast.Constant(theme)))
    exec(compile(ast.Module(tree.body[:-1], []), "<page>", "exec"), names)
    figure = eval(
        compile(ast.fix_missing_locations(ast.Expression(last.value)), "<page>", "eval"), names
    )
    assert isinstance(figure, go.Figure), f"no figure, but {type(figure)}"
    return figure


def write(figure: go.Figure, file: Path) -> None:
    """One figure as a page of its own, beside the one copy of Plotly."""
    file.parent.mkdir(parents=True, exist_ok=True)
    script = file.parent / "plotly.min.js"
    if not script.exists():
        script.write_text(plotly.offline.get_plotlyjs(), encoding="utf-8")
    text = figure.to_html(
        include_plotlyjs=script.name, auto_play=False, config={"displayModeBar": False}
    )
    paper = figure.layout.template.layout.paper_bgcolor
    style = f"<style>body {{ margin: 0; overflow: hidden; background: {paper}; }}</style>"
    file.write_text(text.replace("<head>", f"<head>{style}"), encoding="utf-8")


def frame(file: str, figure: go.Figure) -> str:
    """Where the figure stands in the page; `site.js` loads the one of the page's theme."""
    return (
        f'\n<div class="drawn"><iframe data-figure="{file}" title="{figure.layout.title.text}" '
        f'style="height: {int(figure.layout.height)}px" loading="lazy"></iframe>'
        f'<noscript><a href="{file}.light.html">The figure</a></noscript></div>\n'
    )


def setup(app: Any) -> None:
    """Called by `for_the_site`."""
    app.connect("source-read", draw)
    app.add_js_file("site.js", loading_method="defer")
