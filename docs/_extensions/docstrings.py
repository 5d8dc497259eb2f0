"""What of a class's members is worth a line in the reference."""

from typing import Any


def skip(app: Any, what: str, name: str, member: Any, skipped: bool, options: Any) -> bool | None:
    """A named tuple's fields stand in its signature and among its attributes; pydantic's own."""
    if type(member).__name__ == "_tuplegetter" or name in ("model_config", "model_post_init"):
        return True
    return None


def setup(app: Any) -> None:
    """Called by `for_the_site`."""
    app.connect("autodoc-skip-member", skip)
