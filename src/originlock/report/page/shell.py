"""The document round the page's contents: its head, its policy, and how data from outside is put into it.

Lives here: escaping, the content security policy, the order of style and script.
Must not live here: what any page says.
"""

from __future__ import annotations

import base64
import hashlib
import html
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Final

_HERE: Final = Path(__file__).parent

SCRIPTS: Final = (
    "exact.js",
    "model.js",
    "words.js",
    "fields.js",
    "draw.js",
    "answers.js",
    "curves.js",
    "history.js",
    "page.js",
)
"""In the order in which they need each other."""


def document(title: str, body: str, data: object) -> str:
    """One HTML file that holds all it needs.

    Args:
        title: text, not HTML.
        body: HTML, in which whatever came from outside has been through `escaped`.
        data: JSON values for the script.
    """
    style = _HERE.joinpath("page.css").read_text("utf-8")
    script = "\n".join(_HERE.joinpath(each).read_text("utf-8") for each in SCRIPTS)
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{policy(style, script)}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<meta name="color-scheme" content="light dark">
<meta name="generator" content="originlock">
<title>{escaped(title)}</title>
<link rel="icon" href="data:,">
<style>{style}</style>
</head>
<body>
{body}
<script type="application/json" id="data">{as_json(data)}</script>
<script>{script}</script>
</body>
</html>
"""


def policy(style: str, script: str) -> str:
    """Nothing is loaded, nothing is sent, and only this style and this script count, each known by its digest.

    Strings never become markup (`require-trusted-types-for`): the script makes every element one by one. The image
    that is allowed is the empty icon, for which a browser would else ask the server.
    """
    return "; ".join(
        (
            "default-src 'none'",
            f"script-src '{_digest(script)}'",
            f"style-src '{_digest(style)}'",
            "img-src data:",
            "base-uri 'none'",
            "form-action 'none'",
            "require-trusted-types-for 'script'",
            "trusted-types 'none'",
        )
    )


def escaped(text: str) -> str:
    """Text for an element or an attribute."""
    return html.escape(text)


def as_json(data: object) -> str:
    """JSON for a script element: nothing in it can end the element or be taken for a line's end."""
    text = json.dumps(data, ensure_ascii=True, allow_nan=False, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def table(caption: str, heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table of text: the first cell of a row names it."""
    head = "".join(f'<th scope="col">{escaped(each)}</th>' for each in heads)
    body = "".join(
        f'<tr><th scope="row">{escaped(row[0])}</th>{"".join(f"<td>{escaped(each)}</td>" for each in row[1:])}</tr>'
        for row in rows
    )
    return f"<table><caption>{escaped(caption)}</caption><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def _digest(text: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"
