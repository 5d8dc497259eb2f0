"""What pages that need no Python share: one script, and a policy that lets nothing else run."""

from __future__ import annotations

import base64
import hashlib
import json
from pathlib import Path
from typing import Any

STATIC = Path(__file__).parent / "static"


def bundled(name: str) -> tuple[str, str]:
    """Script and style of a bundle in ``static/``.

    Raises:
        ValueError: they hold what would end their place in the page early.
    """
    script = (STATIC / f"{name}.js").read_text(encoding="utf-8").strip()
    style = (STATIC / f"{name}.css").read_text(encoding="utf-8").strip()
    for text, tags in ((script, ("</script", "<!--")), (style, ("</style",))):
        for tag in tags:
            if tag in text.lower():
                raise ValueError(f"the bundle holds {tag!r}, which would end it early")
    return script, style


def policy(script: str, has_video: bool) -> str:
    """The page's Content-Security-Policy."""
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    return "; ".join(
        [
            "default-src 'none'",  # no network of any kind
            f"script-src 'sha256-{digest}'",  # this script alone
            "style-src 'unsafe-inline'",
            "img-src data: blob:",
            *(["media-src data: blob:"] if has_video else []),
            "base-uri 'none'",
            "form-action 'none'",
        ]
    )


def escape_json(value: Any) -> str:
    """JSON that can stand in a <script> block, whatever its strings hold."""
    text = json.dumps(value, ensure_ascii=True, allow_nan=False, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")
