"""Whole runs of the identity lock by example: what is done, in which order, and how it ends."""

from __future__ import annotations

import dataclasses

import msgspec
from tests.locks.identity.knowing import asked, read, said, with_zone
from tests.properties.fake_trust import Fault, listener_arn
from tests.properties.trust_ground import BEGINS, ENDS, Linked, Uploaded, print_of
from tests.properties.trust_runs import TrustSite, keeps_the_invariants
from tests.properties.trust_worlds import OURS_ARN, PROBE, WWW, TrustWorld, plain_world

from originlock.app.plan import Undo
from originlock.facts.certificates import RevocationList
from originlock.intent.policy import EdgeAccount, Overrides
from originlock.plan.change import Milestone, Phase
from originlock.plan.journal import last_to_undo, runs
from originlock.plan.result import Outcome
from originlock.plan.trust_acts import SetRecords
from originlock.report.document import as_text
from originlock.report.people import plan_document, result_document

PORT = listener_arn(443)


def done(site: TrustSite) -> list[str]:
    """Run it, and tell the acts in their order."""
    since = len(site.trust.acts)
    result = site.run()
    assert result.outcome is Outcome.DONE, [(lane.target, lane.message) for lane in result.lanes]
    keeps_the_invariants(site)
    assert not site.plan().plan.changes
    return [act.__struct_config__.tag for act, _ in site.trust.acts[since:]]  # type: ignore[misc]


def renewed(site: TrustSite, *leaves: str) -> None:
    """Our authority issues more."""
    site.world = dataclasses.replace(site.world, leaves=leaves)
    site.trust.authority_held = site.world.authority


def presented_by_hand(world: TrustWorld, leaf: str) -> TrustWorld:
    """A world in which the edge presents a leaf for the hostname."""
    at_edge = dataclasses.replace(
        world.moment, certificates=(Uploaded("h0", "hostname", leaf),), links={WWW: Linked("h0", enabled=True)}
    )
    return dataclasses.replace(world, moment=at_edge)


def test_trust_comes_first() -> None:
    """A listener that verifies before the store trusts what the edge presents, or before the edge presents it."""
    site = TrustSite(plain_world())
    order = done(site)
    assert set(order[:3]) == {"put-object", "create-trust-store", "upload-certificate"}
    assert order[-2:] == ["set-mutual-tls", "set-mutual-tls"]
    assert order.index("set-hostname-pulls") < order.index("set-mutual-tls")
    assert site.trust.now.listeners[PORT].mutual.mode == "verify"


def test_a_new_leaf_is_presented_before_the_old_one_goes() -> None:
    """A rotation between whose two steps the edge presents nothing."""
    site = TrustSite(plain_world())
    done(site)
    renewed(site, "edge-1", "edge-1b")
    assert done(site) == ["upload-certificate", "set-hostname-pulls", "delete-certificate"]
    assert site.trust.now.presented(WWW) == "edge-1b"


def test_a_new_authority_is_trusted_beside_the_old_one() -> None:
    """An authority that is exchanged at once, while the edge presents a certificate of the old one."""
    for evidence in ({"echo": "/echo"}, {"echo": "", "logs": True}, {"echo": "", "probe_port": PROBE}):
        site = TrustSite(plain_world(**evidence))
        done(site)
        renewed(site, "edge-1", "edge-2")
        order = done(site)
        replaced = [n for n, kind in enumerate(order) if kind == "replace-bundle"]
        assert replaced[0] < order.index("set-hostname-pulls") < replaced[-1]
        assert site.trust.now.stores[site.trust.now.listeners[PORT].mutual.trust_store].members == {"ours-2"}


def test_an_edge_that_presents_nothing_is_mended() -> None:
    """P4: a site that is down, because its edge presents nothing, for which no proof can ever be had."""
    site = TrustSite(plain_world("edge-1", mode="verify", store=("ours-1",)))
    assert done(site) == ["upload-certificate", "set-hostname-pulls"]


def test_a_lost_answer_to_a_new_store_is_found() -> None:
    """A listener that is told to use a store by the name that it had before it was made."""
    clean = TrustSite(plain_world())
    done(clean)
    site = TrustSite(plain_world())
    site.trust.faults = {clean.trust.calls.index("CreateTrustStore") + 1: Fault.LOST_AFTER}
    done(site)


def test_switched_off_is_said_explicitly_and_leaves_nothing() -> None:
    """A listener that goes on asking, or a store, a certificate or a probe that nobody needs any more."""
    site = TrustSite(plain_world())
    done(site)
    off = msgspec.structs.replace(site.world.identity, mode="off")
    site.world = dataclasses.replace(site.world, policy=msgspec.structs.replace(site.world.policy, identity=off))
    assert done(site) == ["set-mutual-tls", "set-hostname-pulls", "delete-trust-store", "delete-certificate"]
    now = site.trust.now
    assert (now.listeners[PORT].mutual.mode, now.stores, now.certificates) == ("off", {}, ())


def undo(site: TrustSite) -> Undo:
    """What undoes the last run."""
    record = last_to_undo(runs(site.state.events()), None)
    assert record is not None
    return Undo(record.run, record.inverses)


def test_a_new_authority_is_taken_back_only_with_a_word() -> None:
    """P8: going back lets in who holds a certificate of the old authority; or the edge is refused on the way."""
    site = TrustSite(plain_world())
    done(site)
    renewed(site, "edge-1", "edge-2")
    done(site)
    without = site.run(undo(site))
    assert without.outcome is Outcome.NOTHING_TO_DO
    assert any("--reopen" in note.what for note in without.plan.notes)
    assert site.run(undo(site), Overrides(reopen=True)).outcome is Outcome.DONE
    keeps_the_invariants(site)
    now = site.trust.now
    assert now.presented(WWW) == "edge-1"
    assert now.stores[now.listeners[PORT].mutual.trust_store].members == {"ours-1"}


def test_a_lock_made_by_hand_is_taken_over_without_a_gap() -> None:
    """P1: a listener that verifies by somebody's authority is moved to ours while the edge presents theirs."""
    world = presented_by_hand(plain_world("edge-1", mode="verify", store=("theirs-a",)), "leaf-a")
    site = TrustSite(world)
    done(site)
    assert site.trust.now.stores[OURS_ARN].members == {"ours-1"}
    assert [each.leaf for each in site.trust.now.certificates] == ["leaf-a", "edge-1"], "P6: theirs is not deleted"


def test_an_undo_leads_back_to_the_revocation_list_that_was_there() -> None:
    """A list that refuses the edge goes again, and the one before it was tidied away: whoever it revokes gets in."""
    world = presented_by_hand(plain_world("edge-1", mode="verify", store=("ours-1",)), "edge-1")
    store = world.moment.stores[OURS_ARN]
    old = dataclasses.replace(store, lists=((1, "old", frozenset({"edge-1b"})),))
    site = TrustSite(dataclasses.replace(world, moment=dataclasses.replace(world.moment, stores={OURS_ARN: old})))
    pem = "edge-1b edge-1"  # of a list that names by mistake what the edge presents
    more = RevocationList("new", print_of("ours-1"), 2, BEGINS, ENDS, (), pem)
    site.trust.authority_held = msgspec.structs.replace(world.authority, revocation_lists=(more,))
    result = site.run()
    assert result.outcome is Outcome.UNDONE
    assert [sha256 for _, sha256, _ in site.trust.now.stores[OURS_ARN].lists] == ["old"]
    fine = msgspec.structs.replace(more, pem="edge-1b edge-2")
    site.trust.authority_held = msgspec.structs.replace(world.authority, revocation_lists=(fine,))
    assert site.run().outcome is Outcome.DONE
    assert [sha256 for _, sha256, _ in site.trust.now.stores[OURS_ARN].lists] == ["new"]


def test_nobody_is_sent_to_the_edge_before_it_is_let_in() -> None:
    """Visitors meet an edge whose servers no group of the load balancer admits yet."""
    policy, snapshot = read(plain_world())
    assert snapshot.load_balancer is not None
    grouped = msgspec.structs.replace(snapshot.load_balancer, groups=("sg-1", "sg-2"))
    snapshot = with_zone(msgspec.structs.replace(snapshot, load_balancer=grouped), records=())
    policy = msgspec.structs.replace(policy, edge_account=EdgeAccount(manage_dns=True))
    drafts = said(policy, snapshot)
    target = next(draft.act.target for draft in drafts.drafts if isinstance(draft.act, SetRecords))
    waits = {wait.on: (wait.before, wait.until) for wait in drafts.waits if wait.target == target}
    assert waits == dict.fromkeys((grouped.id, "sg-1", "sg-2"), (Phase.WIDEN, Milestone.WIDENED))


def test_a_rollback_that_can_do_nothing_says_so_last() -> None:
    """Everything that is wanted is there, a person reads, who wanted the lock back that he had switched off."""
    site = TrustSite(plain_world())
    done(site)
    policy = site.world.policy
    site.world = dataclasses.replace(site.world, policy=asked(policy, mode="off"))
    done(site)
    record = last_to_undo(runs(site.state.events()), None)
    assert record is not None
    result = site.run(Undo(record.run, record.inverses), Overrides(reopen=True))
    for shown in (result_document(result), plan_document(result.plan)):
        *_, note, last = as_text(shown, colour=False).splitlines()
        assert note.startswith("note: ")
        assert "is gone" in note
        assert last == "Nothing goes back: the notes above say why."
    mended = msgspec.structs.replace(result, plan=msgspec.structs.replace(result.plan, notes=()))
    assert as_text(result_document(mended), colour=False).splitlines()[-1].startswith("Nothing to undo")
