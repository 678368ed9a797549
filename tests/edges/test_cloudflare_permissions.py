"""What a token needs: every act is done under exactly that, and refused, by name, under less."""

from __future__ import annotations

import pytest
from tests.edges.conftest import HOST, Flare

from originlock.edges import cloudflare_calls
from originlock.edges.cloudflare_calls import WHY, ApiCall, Permission, permissions_for, token_permissions
from originlock.facts.unknown import Unknown
from originlock.intent.policy import EdgeAccount, GroupsById, IdentityPolicy, Policy
from originlock.lab.cloudflare.endpoints import ENDPOINTS
from originlock.plan.outcomes import AlreadySo, Done, Failed
from originlock.plan.trust_acts import (
    AddressRecord,
    DeleteCertificate,
    EdgeAct,
    SetGlobalPulls,
    SetHostnamePulls,
    SetRecords,
    SetZonePulls,
)

OWN = IdentityPolicy()
SHARED = IdentityPolicy(certificate="shared", scope="global")
MANAGED = EdgeAccount(manage_dns=True)

READS = (
    "Config Settings Read",
    "DNS Read",
    "Load Balancing: Monitors and Pools Read",
    "SSL and Certificates Read",
    "Zone Read",
    "Zone Settings Read",
)


def _policy(identity: IdentityPolicy | None, account: EdgeAccount | None = None, edge: str = "cloudflare") -> Policy:
    return Policy("blog", GroupsById(("sg-1",)), edge, hostnames=(HOST,), identity=identity, edge_account=account)


def _changed(**writes: str) -> tuple[str, ...]:
    return tuple(sorted(writes.get(each, each) for each in READS))


@pytest.mark.parametrize(
    "policy, command, wanted",
    [
        (_policy(None), "apply", ()),
        (_policy(OWN, edge="none"), "apply", ()),
        (_policy(OWN), "history", ()),
        (_policy(OWN), "plan", READS),
        (_policy(None, EdgeAccount()), "verify", READS),
        (_policy(None, EdgeAccount()), "apply", READS),
    ],
)
def test_what_a_token_needs(policy: Policy, command: str, wanted: tuple[str, ...]) -> None:
    """A token would be asked for that nobody needs, or one that can write where only reading is meant."""
    assert token_permissions(policy, command) == wanted


def test_what_a_token_needs_to_change() -> None:
    """Permissions for writing would be wider than the policy."""

    def writes(policy: Policy) -> set[str]:
        return {each for each in token_permissions(policy, "apply") if each.endswith("Write")}

    assert writes(_policy(OWN)) == {"SSL and Certificates Write"}
    assert writes(_policy(SHARED)) == {"Zone Settings Write"}
    assert writes(_policy(None, MANAGED)) == {"DNS Write"}
    assert writes(_policy(OWN, MANAGED)) == {"SSL and Certificates Write", "DNS Write"}
    assert token_permissions(_policy(OWN), "rollback") == token_permissions(_policy(OWN), "apply")


def _given(flare: Flare, name: str) -> EdgeAct:
    """An act, with what it takes done before by somebody who may."""
    ours, leaf = flare.account(), flare.upload()
    if name in {"delete", "associate"}:
        ours.performed(leaf)
    record = AddressRecord("A", "192.0.2.1", proxied=True)
    acts: dict[str, EdgeAct] = {
        "upload": leaf,
        "upload to zone": flare.upload("zone"),
        "delete": DeleteCertificate(flare.zone, "hostname", leaf.sha256, "ours", leaf.pem),
        "associate": SetHostnamePulls(flare.zone, HOST, leaf.sha256, True, "", None),  # noqa: FBT003  the field's order
        "zone": SetZonePulls(flare.zone, on=True, before=False),
        "global": SetGlobalPulls(flare.zone, on=True, before=False),
        "records": SetRecords(flare.zone, HOST, (record,), ()),
    }
    return acts[name]


POLICIES = {
    "upload": _policy(OWN),
    "upload to zone": _policy(OWN),
    "delete": _policy(OWN),
    "associate": _policy(OWN),
    "zone": _policy(OWN),
    "global": _policy(SHARED),
    "records": _policy(None, MANAGED),
}


@pytest.mark.parametrize("name", POLICIES)
def test_each_act_is_done_with_what_is_listed_and_refused_with_less(flare: Flare, name: str) -> None:
    """The list would be too short, so that a run stops on the way, or too long; a refusal would not name what lacks."""
    act = _given(flare, name)
    listed = token_permissions(POLICIES[name], "apply")
    (writing,) = [each for each in listed if each.endswith("Write")]
    reading = writing.replace("Write", "Read")
    outcome = flare.account(*(reading if each == writing else each for each in listed)).performed(act)
    assert isinstance(outcome, Failed)
    assert f'lacks the permission "{writing}"' in outcome.message
    done = flare.account(*listed).performed(act)
    assert done == Done(), done
    assert isinstance(flare.account(*listed).performed(act), Done | AlreadySo)


def test_a_whole_zone_is_read_with_what_is_listed(flare: Flare) -> None:
    """A part of the zone would be unknown under the token that the documentation has people make."""
    zone = flare.account(*token_permissions(_policy(OWN), "plan")).zone((HOST,))
    assert not any(isinstance(getattr(zone, name), Unknown) for name in zone.__struct_fields__), zone


_TABLE = {name: each for name, each in vars(cloudflare_calls).items() if isinstance(each, ApiCall)}


@pytest.mark.parametrize("name", _TABLE)
def test_the_table_agrees_with_the_lab(name: str) -> None:
    """Two tables of permissions, written by two hands from the same pages, would differ unseen."""
    call = _TABLE[name]
    path = call.at(
        zone="0" * 32, account="0" * 32, setting="ssl", record="r", certificate="c", hostname="h", phase="p", x="x"
    )
    found = [each for each in ENDPOINTS if each.method == call.method and each.pattern.fullmatch(path)]
    assert found
    assert found[0].permission in {None, str(call.permission)}
    assert found[0].permission is None or found[0].writes == call.writes


def test_permissions_fold() -> None:
    """The one for writing includes the one for reading; a person would be asked for both."""
    read = ApiCall("GET", "x", Permission.DNS, "")
    assert permissions_for((read, ApiCall("POST", "x", Permission.DNS, ""), read)) == ("DNS Write",)
    assert set(WHY) == set(Permission)
