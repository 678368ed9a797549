"""Which certificate the edge presents to an origin, and what states certificates and associations are in.

Here lives judging by time and precedence, over frozen records. Here must not live: the records' keeping, HTTP.

Precedence, as documented: a hostname's own association beats the zone's certificate, that beats the shared one.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Final

from originlock.lab.cloudflare.records import Association, AssociationVersion, ClientCertificate, PullCertificate
from originlock.lab.cloudflare.settings import CloudflareSettings

#: Until `deployment_fails` shows: as long as a deployment takes, and then no longer.
INITIALIZING: Final = "initializing"
PENDING: Final = "pending_deployment"
ACTIVE: Final = "active"
TIMED_OUT: Final = "deployment_timed_out"
DELETING: Final = "pending_deletion"
DELETED: Final = "deleted"


def certificate_status(certificate: PullCertificate, settings: CloudflareSettings, now: dt.datetime) -> str:
    """The state of a certificate now."""
    if certificate.deleted_on is not None:
        gone = _after(certificate.deleted_on, settings.deleting_seconds) <= now
        return DELETED if gone else DELETING
    if now < _after(certificate.uploaded_on, settings.initializing_seconds):
        return INITIALIZING
    if now < deployed_at(certificate, settings):
        return PENDING
    return TIMED_OUT if certificate.fails else ACTIVE


def deployed_at(certificate: PullCertificate, settings: CloudflareSettings) -> dt.datetime:
    """When a certificate is on the edge."""
    return _after(certificate.uploaded_on, settings.initializing_seconds + settings.pending_seconds)


def association_status(association: Association, settings: CloudflareSettings, now: dt.datetime) -> str:
    """The state of an association now."""
    newest = association.versions[-1]
    done = _after(newest.since, settings.association_seconds) <= now
    if newest.enabled is None:
        return DELETED if done else DELETING
    return ACTIVE if done else PENDING


def in_force(association: Association, settings: CloudflareSettings, now: dt.datetime) -> AssociationVersion | None:
    """What the edge goes by for a hostname: the newest version that is deployed; None if that voids it."""
    deployed = [each for each in association.versions if _after(each.since, settings.association_seconds) <= now]
    if not deployed or deployed[-1].enabled is None:
        return None
    return deployed[-1]


def presentable(certificate: PullCertificate, settings: CloudflareSettings, now: dt.datetime) -> bool:
    """Whether the edge has a certificate to present. That it has expired is no reason not to (documented)."""
    status = certificate_status(certificate, settings, now)
    return status == ACTIVE or (status == DELETING and settings.presents_while_deleting and not certificate.fails)


def newest_presentable(
    certificates: Iterable[PullCertificate], settings: CloudflareSettings, now: dt.datetime
) -> PullCertificate | None:
    """The zone's certificate: of several that are active, the most recently deployed (documented)."""
    able = [each for each in certificates if not each.hostname_level and presentable(each, settings, now)]
    return max(able, key=lambda each: (deployed_at(each, settings), each.id), default=None)


def own(kind: str, certificate: PullCertificate) -> ClientCertificate:
    """A customer's certificate as the edge presents it."""
    return ClientCertificate(kind, certificate.id, certificate.certificate_pem, certificate.key_pem)


def _after(moment: dt.datetime, seconds: float) -> dt.datetime:
    return moment + dt.timedelta(seconds=seconds)
