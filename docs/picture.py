# ruff: noqa: INP001, T201  a script of the documentation: no package, and it says what it does
"""The demo as a picture: a terminal with an excerpt of docs/transcripts/demo.txt, in light and dark, text selectable.

`python docs/generate.py` writes it, and a test holds it against the transcript. Nothing in it is typed by hand: which
lines are shown is said by where they begin and end.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Final, NamedTuple
from xml.sax.saxutils import escape

ROOT: Final = Path(__file__).resolve().parent.parent
PICTURE: Final = ROOT / "docs" / "demo.svg"

_TRANSCRIPT: Final = ROOT / "docs" / "transcripts" / "demo.txt"


class Cut(NamedTuple):
    """Lines of one part of the demo: from the last that holds ``first``, to the next that holds ``last``."""

    part: int
    first: str
    last: str


_CUTS: Final = (
    Cut(1, "WHO  ", "a stranger"),
    Cut(4, "$ originlock plan", "policy says"),
    Cut(5, "$ originlock apply", "$ originlock apply"),
    Cut(5, "LOCKED:", "read back from AWS"),
    Cut(6, "WHO  ", "a stranger"),
    Cut(8, "THROUGH CLOUDFLARE", "resets it"),
)

_TONES: Final = (
    ("good", r"(LOCKED: .*|\+ widen|no answer \(timed out\)|HTTP 525)"),
    ("bad", r"(- narrow)"),
    ("bad", r"^a stranger .*(HTTP 200)"),
    ("quiet", r"^((?:WHO|THROUGH) .*|\d\. .*)"),
    ("strong", r"^(\$ .*)"),
)
"""How lines are coloured: the first pattern that is found, in its group."""

_TITLE: Final = "originlock's demo: a stranger gets in past Cloudflare; after plan and apply, none does"
_ROW: Final = 19
_COLUMN: Final = 8.43
_EDGE: Final = 24
_BAR: Final = 36
_COLUMNS: Final = 80

_STYLE: Final = """\
    .back { fill: #ffffff; stroke: #d0d7de } .bar { fill: #f6f8fa } .dot { fill: #d0d7de }
    text { font: 14px ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace; fill: #1f2328 }
    text, tspan { white-space: pre }
    .good { fill: #116329 } .bad { fill: #a40e26 } .quiet { fill: #59636e } .strong { font-weight: bold }
    @media (prefers-color-scheme: dark) {
      .back { fill: #0d1117; stroke: #3d444d } .bar { fill: #151b23 } .dot { fill: #3d444d } text { fill: #e6edf3 }
      .good { fill: #56d364 } .bad { fill: #ff7b72 } .quiet { fill: #9198a1 }
    }"""


def excerpt(transcript: str) -> list[str]:
    """What is shown, with an empty line between its parts.

    Raises:
        ValueError: the demo tells another story, and a cut finds nothing.
    """
    parts = re.split(r"^(?=\d+\. )", transcript, flags=re.MULTILINE)
    shown: list[str] = []
    for cut in _CUTS:
        # Progress and proofs between a command and what it came to are left out, without a gap.
        lines = parts[cut.part].splitlines()
        shown += _cut(lines, cut) if lines[0] in shown else ["", lines[0], *_cut(lines, cut)]
    return shown[1:]


def _cut(lines: list[str], cut: Cut) -> list[str]:
    firsts = [n for n, line in enumerate(lines) if cut.first in line]
    if not firsts:
        message = f"part {cut.part} of the demo has no line with {cut.first!r}"
        raise ValueError(message)
    begin = firsts[-1]
    end = next(n for n in range(begin, len(lines)) if cut.last in lines[n])
    return [line.removeprefix("  ") for line in lines[begin : end + 1]]


def picture(transcript: str) -> str:
    """The whole SVG."""
    lines = excerpt(transcript)
    width, height = round(_COLUMNS * _COLUMN) + 2 * _EDGE, _BAR + _EDGE + 4 + _ROW * len(lines)
    rows = [
        f'  <text x="{_EDGE}" y="{_BAR + _EDGE - 4 + _ROW * n}">{_toned(line)}</text>'
        for n, line in enumerate(lines)
        if line
    ]
    root = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}"'
        ' role="img" aria-labelledby="title">'
    )
    return "\n".join(
        (
            root,
            f'  <title id="title">{escape(_TITLE)}</title>',
            f"  <style>\n{_STYLE}\n  </style>",
            f'  <rect class="back" x="0.5" y="0.5" width="{width - 1}" height="{height - 1}" rx="8"/>',
            f'  <path class="bar" d="M1 {_BAR}V9a8 8 0 0 1 8-8H{width - 9}a8 8 0 0 1 8 8V{_BAR}z"/>',
            *(f'  <circle class="dot" cx="{20 + 18 * n}" cy="18" r="6"/>' for n in range(3)),
            f'  <text class="quiet" x="{width // 2}" y="23" text-anchor="middle">make demo</text>',
            *rows,
            "</svg>",
            "",
        )
    )


def _toned(line: str) -> str:
    """The line with its spaces kept, and what it says coloured."""
    for tone, pattern in _TONES:
        found = re.search(pattern, line)
        if found is not None:
            before, said, after = line[: found.start(1)], found[1], line[found.end(1) :]
            return f'{_kept(before)}<tspan class="{tone}">{_kept(said)}</tspan>{_kept(after)}'
    return _kept(line)


def _kept(text: str) -> str:
    """Not every viewer knows `white-space`: a run of spaces is one of spaces that do not collapse."""
    return escape(re.sub(r"^ +| {2,}| +$", lambda found: "\u00a0" * len(found[0]), text))


def made() -> str:
    """The picture of the transcript that is kept."""
    return picture(_TRANSCRIPT.read_text(encoding="utf-8"))


def main() -> int:
    """Write the picture anew."""
    drawn = made()
    if not PICTURE.is_file() or PICTURE.read_text(encoding="utf-8") != drawn:
        PICTURE.write_text(drawn, encoding="utf-8")
        print(f"written: {PICTURE.relative_to(ROOT)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
