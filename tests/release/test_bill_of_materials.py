"""The bill of materials says of the lock what is in it: names, versions, hashes, and which extra needs what."""

from __future__ import annotations

import hashlib
import importlib.metadata
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
from release.bill_of_materials import EPOCH, closure, document, normalised, pins, sums

# They say nothing about single functions, and need the whole tree: mutation testing leaves them out.
pytestmark = pytest.mark.lab

ROOT = Path(__file__).resolve().parents[2]
LOCK = (ROOT / "requirements.lock").read_text(encoding="utf-8")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]

HASH = "--hash=sha256:" + "0" * 64


def made() -> dict[str, Any]:
    """The project's own."""
    return document(PROJECT, "1.2.3", pins(LOCK), EPOCH)


def test_every_pin_of_the_lock_is_read() -> None:
    """A package would be shipped that nobody could look up."""
    read = pins(LOCK)
    assert len(read) == LOCK.count("==") - len(re.findall(r"; .*==", LOCK))
    assert sum(len(pin.hashes) for pin in read) == LOCK.count("--hash=")


@pytest.mark.parametrize(
    "lock", [f"a==1 \\\n    {HASH}\n    # by hand\n", "a==1 \\\n    # via b\n", "a @ https://example.org/a.whl \\\n"]
)
def test_a_line_that_is_not_understood_is_refused(lock: str) -> None:
    """A package without a hash, or from elsewhere, would be passed over in silence."""
    with pytest.raises(ValueError, match="not understood"):
        pins(lock)


def test_closure_follows_who_needs_what() -> None:
    """What a dependency brings along would be missing."""
    lock = pins(
        f"a==1 \\\n    {HASH}\n    # via originlock (pyproject.toml)\n"
        f"b==1 ; sys_platform == 'win32' \\\n    {HASH} \\\n    {HASH}\n    # via\n    #   a\n    #   d\n"
        f"c==1 \\\n    {HASH}\n    # via b\nd==1 \\\n    {HASH}\n    # via originlock (pyproject.toml:dev)\n"
    )
    assert closure(["a"], lock) == {"a", "b", "c"}


@pytest.mark.parametrize("package", ["botocore", "click", "cryptography", "apprise"])
def test_what_is_installed_needs_nothing_that_the_bill_lacks(package: str) -> None:
    """The lock's word on who needs what would be wrong: here it is held against the packages' own."""
    named = {component["name"] for component in made()["components"]}
    needs = [each for each in importlib.metadata.requires(package) or [] if ";" not in each]
    assert {normalised(each) for each in needs} <= named


def test_extras_are_marked() -> None:
    """Somebody who installs the base would be told to watch the lab's packages."""
    components = {each["name"]: each for each in made()["components"]}
    assert {name for name, each in components.items() if each["scope"] == "required"} == {
        *("botocore", "click", "msgspec", "urllib3"),
        *("jmespath", "python-dateutil", "six"),
    }
    extras = [each["value"] for each in components["cryptography"]["properties"] if each["name"] == "originlock:extra"]
    assert extras == ["identity", "lab"]
    assert "pytest" not in components


def test_every_reference_leads_somewhere() -> None:
    """A program that draws the tree would stop."""
    bill = made()
    known = {bill["metadata"]["component"]["bom-ref"], *(each["bom-ref"] for each in bill["components"])}
    assert {each["ref"] for each in bill["dependencies"]} == known
    assert {ref for each in bill["dependencies"] for ref in each["dependsOn"]} <= known
    assert len(bill["components"]) == len({each["bom-ref"] for each in bill["components"]})


def test_it_is_the_same_each_time_and_another_for_another_version() -> None:
    """Two builds of one commit would differ; or two releases would claim to be one."""
    assert made() == made()
    assert document(PROJECT, "1.2.4", pins(LOCK), EPOCH)["serialNumber"] != made()["serialNumber"]
    assert made()["metadata"]["timestamp"] == "2020-02-02T00:00:00Z"


def test_a_lock_without_a_dependency_is_refused() -> None:
    """A package that was added and not locked would be in no bill."""
    with pytest.raises(ValueError, match="lacks botocore"):
        document(PROJECT, "1.2.3", [pin for pin in pins(LOCK) if pin.name != "botocore"], EPOCH)


def test_sums_are_as_sha256sum_writes_them(tmp_path: Path) -> None:
    """`sha256sum --check SHA256SUMS` would not find a file, or would check the sums themselves."""
    (tmp_path / "b").write_bytes(b"2")
    (tmp_path / "a").write_bytes(b"1")
    (tmp_path / "SHA256SUMS").write_text("of before", encoding="utf-8")
    assert sums(tmp_path) == "".join(
        f"{hashlib.sha256(body).hexdigest()}  {name}\n" for name, body in (("a", b"1"), ("b", b"2"))
    )
