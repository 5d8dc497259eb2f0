"""What is for the site alone, or for the files alone: pages are read on GitHub as well.

What a comment that begins with `site` holds is for the site; GitHub does not show it:

    <!-- site
    ```{toctree}
    own-data
    ```
    -->

What lies between the comments `files` and `/files` is for those who read the files. A link to a
page at the top of the repository, `../SECURITY.md`, leads to the page that includes it.
"""

import re
from typing import Any

SITE = re.compile(r"(?ms)^<!-- site$(.*?)^-->$")
FILES = re.compile(r"(?ms)^<!-- files -->$.*?^<!-- /files -->$")
TOP = re.compile(r"\]\(\.\./([A-Z]+)\.md")


def choose(app: Any, name: str, source: list[str]) -> None:
    """Lines stay where they are, so that warnings name the right ones."""
    text = FILES.sub(lambda found: "\n" * found[0].count("\n"), source[0])
    text = SITE.sub(r"\1", text)
    source[0] = TOP.sub(lambda found: f"]({found[1].lower()}.md", text)


def setup(app: Any) -> None:
    """Called by `for_the_site`."""
    app.connect("source-read", choose)
