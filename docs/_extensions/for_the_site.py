"""What makes a site of pages that are plain Markdown where they are read as files."""

import comments
import docstrings
import figures
import pages
import tables


def setup(app: object) -> dict[str, bool]:
    """Called by Sphinx."""
    for part in (comments, docstrings, figures, pages, tables):
        part.setup(app)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
