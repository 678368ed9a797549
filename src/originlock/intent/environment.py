"""Environment variables that set a key: how they are called, which are unknown, which mean two keys at once.

Lives here: names, hints and look-up in a given mapping. Must not live here: the process's own environment.
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from originlock.intent.kinds import did_you_mean, shown

PREFIX = "ORIGINLOCK"

NOT_CONFIGURATION = (
    "ORIGINLOCK_STATE_DIR",
    "ORIGINLOCK_CONFIG",
    "ORIGINLOCK_CA_DIR",
    "ORIGINLOCK_CA_PASSPHRASE",
    "ORIGINLOCK_CA_PASSPHRASE_FILE",
    "ORIGINLOCK_PRICES_URL",
)
"""Variables that say where the state, the configuration, our authorities and AWS's public price list are, and what
opens these authorities: they cannot stand in the configuration."""

NOT_CONFIGURATION_PREFIXES = ("ORIGINLOCK_LAB_", "ORIGINLOCK_TEST_", "ORIGINLOCK_CONTRACT_")
"""Variables of the lab and of the tests."""


class Problem(msgspec.Struct, frozen=True, order=True):
    """Something wrong, and where.

    Attributes:
        place: a dotted path such as ``origins.blog.network.ports[0]``, or an environment variable's name.
        message: what is wrong and what would be right, one line.
    """

    place: str
    message: str


def variable_part(name: str) -> str:
    """A key as it stands in a variable's name: capitals, and ``_`` for all but letters and digits."""
    return "".join(letter.upper() if letter.isascii() and letter.isalnum() else "_" for letter in name)


class Environment:
    """The environment, and which of its variables a key answered to."""

    def __init__(self, variables: Mapping[str, str]) -> None:
        """Look at these variables; an empty one counts as unset."""
        self._set = {name: value for name, value in variables.items() if value and _is_configuration(name)}
        self._places: dict[str, list[str]] = {}
        self._no_scalars: dict[str, str] = {}

    def value(self, variable: str, place: str) -> str | None:
        """What the variable of the key at this place says, if it is set."""
        self._places.setdefault(variable, []).append(place)
        return self._set.get(variable)

    def note_no_scalar(self, variable: str, place: str) -> None:
        """Remember a key that only the file can set, for the sake of the warning."""
        self._no_scalars[variable] = place

    def problems(self) -> list[Problem]:
        """The variables that are set and mean more than one key."""
        return [
            Problem(name, f"means {' as well as '.join(places)}; unset it, or rename an origin or tag")
            for name, places in sorted(self._places.items())
            if name in self._set and len(places) > 1
        ]

    def warnings(self) -> list[Problem]:
        """The variables that are set and mean no key."""
        return [
            Problem(name if name.isprintable() else shown(name), self._unknown(name))
            for name in sorted(self._set)
            if name not in self._places
        ]

    def _unknown(self, name: str) -> str:
        if name in self._no_scalars:
            return f"does nothing: {self._no_scalars[name]} is no single value and is set in the file only"
        hint = did_you_mean(name, self._places)
        return "does nothing: no key of the configuration has this variable" + (f"; {hint}" if hint else "")


def _is_configuration(name: str) -> bool:
    return (
        name.startswith(f"{PREFIX}_")
        and name not in NOT_CONFIGURATION
        and not name.startswith(NOT_CONFIGURATION_PREFIXES)
    )
