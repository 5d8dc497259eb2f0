"""Two directives: every setting as tables, and what the commands say of themselves."""

import argparse
import os
from collections.abc import Iterator
from typing import Any, get_args

from docutils import nodes
from sphinx.util.docutils import SphinxDirective

import gtan.cli
import gtan_viz.cli
from gtan.settings import PRESETS, Settings


class SettingsTables(SphinxDirective):
    """`{settings}`: a table for each group, from the code."""

    def run(self) -> list[nodes.Node]:
        """Called by Sphinx."""
        groups = Settings.model_fields.items()
        text = "\n".join(group_table(name, field) for name, field in groups)
        made = self.parse_text_to_nodes(text, allow_section_headings=True)
        for table in (table for one in made for table in one.findall(nodes.table)):
            table["classes"].append("settings")
        return made


def group_table(group: str, field: Any) -> str:
    """One group of settings, in Markdown; of a setting without a group, its line."""
    fields = getattr(field.annotation, "model_fields", None)
    if fields is None:
        return f"`{group}`: {field.description}\n"
    presets = {name: Settings.preset(name).model_dump()[group] for name in PRESETS}
    lines = [f"## {group}", "", field.annotation.__doc__, ""]
    lines += ["| setting | default | meaning |", "|---|---|---|"]
    for name, one in fields.items():
        default = one.get_default(call_default_factory=True)
        words = [f"`{each}`" for each in get_args(one.annotation) if isinstance(each, str)]
        differ = [
            f"{preset}: `{written(values[name])}`"
            for preset, values in presets.items()
            if values[name] != default
        ]
        meaning = [
            one.description or "",
            f"One of {', '.join(words)}." if words else "",
            f"<br>In {'; '.join(differ)}." if differ else "",
        ]
        cells = [f"`{group}.{name}`", f"`{written(default)}`", " ".join(filter(None, meaning))]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join([*lines, ""])


def written(value: Any) -> str:
    """A value as one would write it."""
    if isinstance(value, tuple) and len(value) > 3 and len(set(value)) == 1:
        return f"[{value[0]}] * {len(value)}"
    return repr(list(value) if isinstance(value, tuple) else value)


class Commands(SphinxDirective):
    """`{commands}`: what `--help` says, of every subcommand."""

    def run(self) -> list[nodes.Node]:
        """Called by Sphinx."""
        os.environ["COLUMNS"] = "96"  # argparse fills its lines up to there
        parsers = [*below(gtan.cli.parser()), *below(gtan_viz.cli.parser())]
        text = "\n".join(
            f"{'#' * one.prog.count(' ')}# {one.prog}\n\n```text\n{one.format_help()}```\n"
            for one in parsers
        )
        return self.parse_text_to_nodes(text, allow_section_headings=True)


def below(parser: argparse.ArgumentParser) -> Iterator[argparse.ArgumentParser]:
    """All subcommands' parsers, each before its own subcommands'."""
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for one in action.choices.values():
                yield one
                yield from below(one)


def setup(app: Any) -> None:
    """Called by `for_the_site`."""
    app.add_directive("settings", SettingsTables)
    app.add_directive("commands", Commands)
