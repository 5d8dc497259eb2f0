"""What of a class is worth a line in the reference: its fields, with shape and unit."""

import dataclasses
import inspect
import re
from typing import Any

from sphinx.domains.python import PyObject

FIELD = re.compile(r"(?m)^    (\w+): [^#\n]+  # (.+)$")


def skip(app: Any, what: str, name: str, member: Any, skipped: bool, options: Any) -> bool | None:
    """A named tuple's fields stand in its signature and among its attributes; pydantic's own."""
    if type(member).__name__ == "_tuplegetter" or name in ("model_config", "model_post_init"):
        return True
    return None


def fields(app: Any, what: str, name: str, thing: Any, options: Any, lines: list[str]) -> None:
    """In code a field's shape and unit stand beside it in a comment; here among the attributes."""
    named_tuple = isinstance(thing, type) and issubclass(thing, tuple)
    if not (dataclasses.is_dataclass(thing) or named_tuple) or "Attributes:" in lines:
        return
    found = FIELD.findall(inspect.getsource(thing))
    if found:
        lines += ["", "Attributes:", *(f"    {field}: {meaning}" for field, meaning in found), ""]


def setup(app: Any) -> None:
    """Called by `for_the_site`."""
    for field in PyObject.doc_field_types:
        if field.name == "variable":
            field.label = "Attributes"
    app.connect("autodoc-skip-member", skip)
    app.connect("autodoc-process-docstring", fields, priority=400)  # before napoleon reads it
