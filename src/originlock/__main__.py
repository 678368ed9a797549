"""The process: `originlock`, and `python -m originlock`.

Lives here: the quickest way to `--version`. Must not live here: anything that a command does.
"""

from __future__ import annotations

import sys

from originlock import __version__


def main() -> None:
    """Run the command line and end the process with its exit code."""
    if sys.argv[1:] == ["--version"]:
        # Nothing else is loaded for it: monitors and shells ask often.
        sys.stdout.write(f"originlock {__version__}\n")
        return
    from originlock.cli.main import run  # noqa: PLC0415  see above

    sys.exit(run(sys.argv[1:]))


if __name__ == "__main__":
    main()
