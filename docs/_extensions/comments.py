"""What is for the site alone, or for the files alone: pages are read on GitHub as well.

What a comment that begins with `site` holds is for the site; GitHub does not show it:

    <!-- site
    ```{toctree}
    own-data
    ```
    -->

What lies between the comments `files` and `/files` is for those who read the files. A toctree's
`name?` is left out where there is no such page.
"""

import re
from pathlib import Path
from typing import Any

SITE = re.compile(r"(?ms)^<!-- site$(.*?)^-->$")
FILES = re.compile(r"(?ms)^<!-- files -->$.*?^<!-- /files -->$")
MAYBE = re.compile(r"(?m)^([\w-]+)\?$")


def choose(app: Any, name: str, source: list[str]) -> None:
    """Lines stay where they are, so that warnings name the right ones."""
    text = FILES.sub(lambda found: "\n" * found[0].count("\n"), source[0])
    text = SITE.sub(r"\1", text)
    source[0] = MAYBE.sub(lambda found: found[1] if there(app, found[1]) else "", text)


def there(app: Any, page: str) -> bool:
    """Whether there is such a page at the top of `docs/`."""
    return (Path(app.srcdir) / f"{page}.md").exists()


def setup(app: Any) -> None:
    """Called by `for_the_site`."""
    app.connect("source-read", choose)
