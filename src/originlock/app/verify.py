"""Verify: every promise of every policy, by reading back and by real connections.

Lives here: what is read and which connections are made. Must not live here: what they prove.
"""

from __future__ import annotations

from originlock.app.observe import baseline_of
from originlock.app.plan import Planned, Readers, Request, make_plan
from originlock.app.prove import Site, Tried, Witness, site_of
from originlock.errors import CloudError, TargetError, UsageError
from originlock.facts.networks import Cidr
from originlock.facts.origin import CidrSource
from originlock.facts.probing import Verdict
from originlock.facts.snapshot import Snapshot, of_identity
from originlock.intent.policy import NO_EDGE, Limits, Overrides, Policy
from originlock.locks.interface import Lock
from originlock.plan.acts import Authorize
from originlock.plan.change import Change, Effect
from originlock.ports.reading import Talk
from originlock.verify.checking import judged
from originlock.verify.gating import through_the_edge
from originlock.verify.promises import Promise, ReadBack, VerifyReport, promises
from originlock.verify.ways import HTTP, HTTPS


def verify(policies: tuple[Policy, ...], limits: Limits, readers: Readers, talk: Talk) -> VerifyReport:
    """Hold each policy against what AWS shows and against what connections come to.

    Raises:
        OriginlockError: the only origin could not be read at all; of several, one that cannot is told of as unknown.
    """
    found: list[Promise] = []
    for policy in policies:
        try:
            found += _of(policy, limits, readers, talk)
        except (TargetError, CloudError, UsageError) as error:
            if len(policies) == 1:
                raise
            said = f"{error.what}; what to do: {error.remedy}"
            found.append(Promise(policy.origin, "everyone", "this origin", "as promised", Verdict.UNKNOWN, said))
    return VerifyReport(tuple(found))


def _of(policy: Policy, limits: Limits, readers: Readers, talk: Talk) -> tuple[Promise, ...]:
    # Nothing is going to be narrowed, so what only guards that (are the names behind the edge?) does not speak here.
    planned = make_plan(Request((policy,), limits, Overrides(no_prove=True)), readers)
    snapshot = planned.snapshots.get(policy.origin)
    if policy.edge == NO_EDGE:
        return tuple(promise for lock in readers.locks for promise in _promised(lock, policy, snapshot))
    accepted = planned.plan.accepted
    if accepted is None:
        # No list may be acted on; connections prove what they prove all the same, beside the last one.
        accepted = baseline_of(readers.edges.description(policy.edge), readers.baselines)
    site = site_of(policy, accepted, snapshot, readers)
    tried = _tried(site, limits, readers, talk)
    attempts = judged(tried.ways, tried.controlled, tried.vantage, site.let_in)
    seen = through_the_edge(tried.edge, site.signs, {})
    return (
        *promises(site.policy, seen, attempts, _read_back(policy, planned), tried.vantage),
        *(promise for lock in readers.locks for promise in _promised(lock, policy, snapshot)),
        *(
            Promise(policy.origin, "stranger", name, "kept out", Verdict.UNKNOWN, "it has no address to try")
            for name in tried.unresolved
            if attempts
        ),
    )


def _promised(lock: Lock, policy: Policy, snapshot: Snapshot | None) -> tuple[Promise, ...]:
    return () if snapshot is None else lock.promises(policy, snapshot)


def _tried(site: Site, limits: Limits, readers: Readers, talk: Talk) -> Tried:
    witness = Witness(site, limits, readers.probing, readers.clock, talk)
    if site.policy.hostnames:
        talk.say(f"connecting to {', '.join(site.policy.hostnames)} through the edge, and straight to the origin")
    return witness.tried(all_ways=True, more_ports=(HTTPS, HTTP))


def _read_back(policy: Policy, planned: Planned) -> ReadBack:
    plan = planned.plan
    exceptions = {each.source for each in policy.exceptions}
    # Who may speak, once let in, is told by promises of its own.
    network = [change for change in plan.changes if not of_identity(change.target)]
    wanting = [(change, _sources(change)) for change in network if change.effect is Effect.WIDEN]
    refused = tuple(f"{each.guard}: {each.message}" for each in plan.objections if not each.lock)
    holes = tuple(hole for hole in plan.holes if not of_identity(hole.target))
    return ReadBack(
        ranges=0 if plan.accepted is None else len(plan.accepted.ranges.cidrs),
        widening=tuple(_in_words(change) for change, sources in wanting if not sources or sources - exceptions),
        absent=tuple(sorted({source for _, sources in wanting for source in sources & exceptions})),
        holes=tuple(f"{hole.target} lets in {hole.lets_in} ({hole.what})" for hole in holes),
        unknown=(*(f"{each.what}: {each.reason}" for each in plan.unknown), *refused),
    )


def _sources(change: Change) -> frozenset[Cidr]:
    """Whom a change lets in, where it says so itself."""
    if not isinstance(change.act, Authorize):
        return frozenset()
    return frozenset(spec.key.source.cidr for spec in change.act.rules if isinstance(spec.key.source, CidrSource))


def _in_words(change: Change) -> str:
    return f"{change.kind} on {change.target} is still to be done"
