"""What a release is made of: a CycloneDX bill of materials and SHA256SUMS, out of `requirements.lock` alone.

Lives here: reading the lock, whom each package is needed by, the document. Must not live here: anything that looks at
what happens to be installed, or asks an index: two builds of one commit must be equal, byte for byte.

Written here, and not by a tool: the lock already holds names, versions, hashes and who needs what, so that reading it
is less than the packages that a tool brings, and it knows which extra needs what. What is not in the lock is not said:
no licences of others, no authors. `python release/bill_of_materials.py dist` writes beside what is built there.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import sys
import tomllib
import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import msgspec

ROOT: Final = Path(__file__).resolve().parent.parent

EPOCH: Final = 1580601600
"""Where SOURCE_DATE_EPOCH is not set: what hatchling takes then (2020-02-02), so that all files agree."""

_SPACE: Final = uuid.UUID("6ba7b811-9dad-11d1-80b4-00c04fd430c8")
"""The namespace of URLs: RFC 4122, appendix C."""

_PIN: Final = re.compile(r"(?P<name>[a-z0-9][a-z0-9.-]*)==(?P<version>[^ ;\\]+)(?: ; (?P<marker>.*?))? \\")
_HASH: Final = re.compile(r"    --hash=sha256:([0-9a-f]{64})(?: \\)?")
_VIA: Final = re.compile(r"    #(?: via|  ) (?P<who>[a-z0-9][a-z0-9.-]*)(?: \(pyproject\.toml(?::[a-z]+)?\))?")
_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


class Pin(msgspec.Struct, frozen=True):
    """One package of the lock: its hashes are SHA-256 of each file that the index has of it; `needed_by` are names."""

    name: str
    version: str
    marker: str
    hashes: tuple[str, ...]
    needed_by: frozenset[str]

    @property
    def purl(self) -> str:
        """Its package URL (purl-spec, type `pypi`): a lock's names are normalised already."""
        return f"pkg:pypi/{self.name}@{self.version}"


def pins(lock: str) -> tuple[Pin, ...]:
    """Every package of the lock.

    Raises:
        ValueError: a line is none that `uv pip compile --generate-hashes` writes, or a package has no hash.
    """
    return tuple(_pin(lines) for lines in _blocks(lock))


def _blocks(lock: str) -> Iterator[list[str]]:
    block: list[str] = []
    for line in lock.splitlines():
        if block and not line.startswith(" "):
            yield block
            block = []
        block.append(line)
    if block:
        yield block


def _pin(lines: Sequence[str]) -> Pin:
    head = _PIN.fullmatch(lines[0])
    hashes = [found[1] for line in lines[1:] if (found := _HASH.fullmatch(line))]
    via = [found["who"] for line in lines[1:] if (found := _VIA.fullmatch(line))]
    bare = sum(line == "    # via" for line in lines[1:])
    if head is None or not hashes or len(hashes) + len(via) + bare + 1 != len(lines):
        message = f"requirements.lock: not understood: {lines}"
        raise ValueError(message)
    return Pin(head["name"], head["version"], head["marker"] or "", tuple(hashes), frozenset(via))


def normalised(requirement: str) -> str:
    """The name of a requirement, as an index spells it (PEP 503)."""
    found = _NAME.match(requirement)
    if found is None:
        message = f"no requirement: {requirement!r}"
        raise ValueError(message)
    return re.sub(r"[-_.]+", "-", found[0]).lower()


def closure(roots: Iterable[str], locked: Sequence[Pin]) -> frozenset[str]:
    """These packages and whatever they need, and what that needs."""
    found = frozenset(roots)
    while more := {pin.name for pin in locked if pin.needed_by & found} - found:
        found |= more
    return found


def document(project: Mapping[str, object], version: str, locked: Sequence[Pin], epoch: int) -> dict[str, object]:
    """The bill of materials (CycloneDX 1.6) of what runs: the base install, and each extra, which is marked.

    `epoch` is in seconds since 1970. A package that an extra needs and the base does not is `optional`, with a property
    `originlock:extra` for each such extra.

    Raises:
        ValueError: the lock lacks a package that the project names.
    """
    base_names = [normalised(each) for each in _texts(project["dependencies"])]
    extras = {
        name: [normalised(each) for each in _texts(wanted)]
        for name, wanted in _tables(project["optional-dependencies"])
    }
    named = {*base_names, *(name for wanted in extras.values() for name in wanted)}
    if missing := named - {pin.name for pin in locked}:
        message = f"requirements.lock lacks {', '.join(sorted(missing))}: make lock"
        raise ValueError(message)
    base = closure(base_names, locked)
    of_extra = {name: closure(wanted, locked) - base for name, wanted in extras.items()}
    runs = base.union(*of_extra.values())
    shipped = [pin for pin in locked if pin.name in runs]
    ours = f"pkg:pypi/originlock@{version}"
    said: dict[str, object] = {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {
            "timestamp": datetime.fromtimestamp(epoch, UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "component": {
                "type": "application",
                "bom-ref": ours,
                "name": "originlock",
                "version": version,
                "description": project["description"],
                "licenses": [{"license": {"id": project["license"]}}],
                "purl": ours,
            },
        },
        "components": [_component(pin, [e for e, names in of_extra.items() if pin.name in names]) for pin in shipped],
        "dependencies": [
            {"ref": ours, "dependsOn": [pin.purl for pin in shipped if pin.name in named]},
            *(
                {"ref": pin.purl, "dependsOn": [each.purl for each in shipped if pin.name in each.needed_by]}
                for pin in shipped
            ),
        ],
    }
    serial = uuid.uuid5(_SPACE, json.dumps(said, sort_keys=True))
    return {**said, "serialNumber": f"urn:uuid:{serial}"}


def _component(pin: Pin, extras: Sequence[str]) -> dict[str, object]:
    properties = [{"name": "originlock:extra", "value": name} for name in extras]
    if pin.marker:
        properties.append({"name": "originlock:marker", "value": pin.marker})
    return {
        "type": "library",
        "bom-ref": pin.purl,
        "name": pin.name,
        "version": pin.version,
        "scope": "optional" if extras else "required",
        "purl": pin.purl,
        # A hash is of one file of a release, and which of them is installed depends on the machine: so here, not at
        # the component itself.
        "externalReferences": [
            {
                "type": "distribution",
                "url": f"https://pypi.org/simple/{pin.name}/",
                "comment": "any of these files",
                "hashes": [{"alg": "SHA-256", "content": each} for each in pin.hashes],
            }
        ],
        **({"properties": properties} if properties else {}),
    }


def _texts(value: object) -> list[str]:
    return msgspec.convert(value, list[str])


def _tables(value: object) -> list[tuple[str, object]]:
    return list(msgspec.convert(value, dict[str, object]).items())


def sums(folder: Path) -> str:
    """SHA256SUMS of a folder's files, as `sha256sum --check` reads it."""
    names = sorted(path.name for path in folder.iterdir() if path.name != "SHA256SUMS")
    return "".join(f"{hashlib.sha256((folder / name).read_bytes()).hexdigest()}  {name}\n" for name in names)


def main(folder: Path) -> int:
    """Write both beside what was built."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    wheels = sorted(folder.glob("originlock-*.whl"))
    if len(wheels) != 1:
        sys.stderr.write(f"there must be one wheel in {folder}: {[path.name for path in wheels]}\n")
        return 1
    version = wheels[0].name.split("-")[1]
    locked = pins((ROOT / "requirements.lock").read_text(encoding="utf-8"))
    made = document(project, version, locked, int(os.environ.get("SOURCE_DATE_EPOCH", EPOCH)))
    (folder / f"originlock-{version}.cdx.json").write_text(json.dumps(made, indent=2) + "\n", encoding="utf-8")
    (folder / "SHA256SUMS").write_text(sums(folder), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
