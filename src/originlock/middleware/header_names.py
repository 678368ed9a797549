"""The headers by which a load balancer tells of a client's certificate, among all others.

Lives here: their names, renamed ones too, and taking them out of a request. Must not live here: what is in them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, MutableMapping
from dataclasses import dataclass
from typing import Final, TypeAlias

from originlock.middleware.identity import ModeName
from originlock.middleware.refusals import Reason, RefusedError
from originlock.middleware.settings import DEFAULT_NAMES, PASSTHROUGH_NAME, VERIFY_NAMES

#: A header as ASGI has it.
RawHeader: TypeAlias = tuple[bytes, bytes]

#: What came, in the order of the mode's names: one for passthrough, five for verify; None for what did not come.
Came: TypeAlias = list[bytes | None]

#: Characters of a name for which no server has a second meaning. An underscore is left out: in WSGI it is a hyphen.
_NAME: Final = re.compile("[-A-Za-z0-9]{1,128}")


@dataclass(frozen=True, slots=True)
class HeaderNames:
    """Where each name leads: a place among the mode's headers, or -1 for one that must not come.

    Attributes:
        count: how many the mode has.
        asgi: by names in lower case.
        wsgi: by keys of an environ.
    """

    count: int
    asgi: Mapping[bytes, int]
    wsgi: Mapping[str, int]

    @classmethod
    def of(cls, mode: ModeName, renamed: Mapping[str, str]) -> HeaderNames:
        """The names of a mode.

        Raises:
            ValueError: a name is renamed that is none, to something that is no name, or to one that another has.
        """
        defaults = {name.lower(): name for name in DEFAULT_NAMES}
        others = {name.lower(): new for name, new in renamed.items()}
        if unknown := sorted(others.keys() - defaults.keys()):
            message = f"header_names: {', '.join(unknown)} is no header of mutual TLS"
            raise ValueError(message)
        if wrong := sorted(new for new in others.values() if _NAME.fullmatch(new) is None):
            message = f"header_names: {', '.join(wrong)}: letters, digits and hyphens only"
            raise ValueError(message)
        now = {name: others.get(name, name).lower() for name in defaults}
        if len(set(now.values())) != len(now):
            message = "header_names: two headers of one name"
            raise ValueError(message)
        wanted = (PASSTHROUGH_NAME,) if mode == "passthrough" else VERIFY_NAMES
        places = dict.fromkeys((*defaults, *now.values()), -1)
        places |= {now[name.lower()]: place for place, name in enumerate(wanted)}
        return cls(
            len(wanted),
            {name.encode("ascii"): place for name, place in places.items()},
            {f"HTTP_{name.upper().replace('-', '_')}": place for name, place in places.items()},
        )

    def taken_from_asgi(self, headers: Iterable[RawHeader]) -> tuple[Came, list[RawHeader]]:
        """What came, and all other headers.

        Raises:
            RefusedError: `DOUBLED` or `UNEXPECTED_HEADER`.
        """
        came: Came = [None] * self.count
        rest: list[RawHeader] = []
        places = self.asgi
        for header in headers:
            place = places.get(header[0].lower())
            if place is None:
                rest.append(header)
            elif place < 0:
                raise RefusedError(Reason.UNEXPECTED_HEADER, header[0].decode("latin-1"))
            elif came[place] is not None:
                raise RefusedError(Reason.DOUBLED, header[0].decode("latin-1"))
            else:
                came[place] = header[1]
        return came, rest

    def taken_from_wsgi(self, environ: MutableMapping[str, object]) -> Came:
        """What came; it is taken out of the environ.

        Raises:
            RefusedError: `UNEXPECTED_HEADER`. What came twice a server has joined or dropped: see what reads the value.
        """
        came: Came = [None] * self.count
        unexpected = ""
        for key, place in self.wsgi.items():
            value = environ.pop(key, None)
            if value is None:
                continue
            if place < 0:
                unexpected = key
            else:
                came[place] = str(value).encode("latin-1", "replace")
        if unexpected:
            raise RefusedError(Reason.UNEXPECTED_HEADER, unexpected)
        return came

    def without(self, headers: Iterable[RawHeader]) -> list[RawHeader]:
        """All other headers, whatever came."""
        return [header for header in headers if header[0].lower() not in self.asgi]

    def drop_from_wsgi(self, environ: MutableMapping[str, object]) -> None:
        """Take them out, whatever came."""
        for key in self.wsgi:
            environ.pop(key, None)
