"""Authenticated origin pulls with certificates of a customer's own: the zone's, and those of hostnames.

Codes and refusals are those that the public clients of alchemy and distilled saw on the live API and pin: 1404, 1406,
1408, 1414, 1415, 1433, 1434, 1551, 1552, 1553. What none of them pins bears `UNSOURCED`.

Here lives the handlers of ``/zones/{zone}/origin_tls_client_auth``. Here must not live: what is presented
(see `pulls`).
"""

from __future__ import annotations

import uuid
from typing import Any, Final

import msgspec
from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key

from originlock.lab.cloudflare.asking import Call, Outcome, Page, Result, when
from originlock.lab.cloudflare.errors import ApiError, ErrorItem, unsourced
from originlock.lab.cloudflare.pulls import DELETED, DELETING, association_status, certificate_status
from originlock.lab.cloudflare.records import Association, AssociationVersion, Held, PullCertificate
from originlock.lab.cloudflare.state import CloudflareState, within
from originlock.lab.cloudflare.zones import zone_in

#: API reference: 10 hostname certificates in a zone, 100 associations of one certificate.
MOST_HOSTNAME_CERTIFICATES: Final = 10
MOST_ASSOCIATIONS: Final = 100

#: No source tells how long a PEM may be; a chain of four is a tenth of this.
_MOST_PEM: Final = 64 * 1024


# --- certificates --------------------------------------------------------------------------------


def upload_for_zone(state: CloudflareState, call: Call) -> Outcome:
    """``POST``."""
    return _uploaded(state, call, hostname_level=False)


def upload_for_hostnames(state: CloudflareState, call: Call) -> Outcome:
    """``POST .../hostnames/certificates``."""
    zone = zone_in(state, call)
    if len(_certificates(state, zone.id, hostname_level=True)) >= MOST_HOSTNAME_CERTIFICATES:
        message = f"{MOST_HOSTNAME_CERTIFICATES} hostname certificates per zone are allowed"
        raise unsourced(400, message)
    return _uploaded(state, call, hostname_level=True)


def listed_for_zone(state: CloudflareState, call: Call) -> Outcome:
    """``GET``."""
    return _listed(state, call, hostname_level=False)


def listed_for_hostnames(state: CloudflareState, call: Call) -> Outcome:
    """``GET .../hostnames/certificates``."""
    return _listed(state, call, hostname_level=True)


def got_for_zone(state: CloudflareState, call: Call) -> Outcome:
    """``GET .../{certificate}``."""
    return Result(_told(state, _certificate(state, call, hostname_level=False)))


def got_for_hostnames(state: CloudflareState, call: Call) -> Outcome:
    """``GET .../hostnames/certificates/{certificate}``."""
    return Result(_told(state, _certificate(state, call, hostname_level=True)))


def removed_for_zone(state: CloudflareState, call: Call) -> Outcome:
    """``DELETE .../{certificate}``."""
    return _removed(state, _certificate(state, call, hostname_level=False))


def removed_for_hostnames(state: CloudflareState, call: Call) -> Outcome:
    """``DELETE .../hostnames/certificates/{certificate}``: not while a hostname is associated with it."""
    certificate = _certificate(state, call, hostname_level=True)
    if _associated(state, certificate.id):
        raise ApiError(400, ErrorItem(1433, "Cannot delete certificate that is in use."))
    return _removed(state, certificate)


def _uploaded(state: CloudflareState, call: Call, *, hostname_level: bool) -> Outcome:
    zone = zone_in(state, call)
    certificate_pem, key_pem = call.text("certificate"), call.text("private_key")
    _judge(certificate_pem, key_pem)
    old = _same(state, zone.id, certificate_pem, hostname_level=hostname_level)
    if old is not None and certificate_status(old, state.settings, state.now()) != DELETED:
        # One that is `pending_deletion` still holds its place.
        raise ApiError(400, ErrorItem(1406, "This certificate already exists."))
    made = PullCertificate(
        # What was deleted comes back under its old id.
        id=old.id if old else str(uuid.uuid4()),
        zone_id=zone.id,
        hostname_level=hostname_level,
        certificate_pem=certificate_pem,
        key_pem=key_pem,
        uploaded_on=state.now(),
        fails=state.settings.deployment_fails,
    )
    state.held.certificates[made.id] = made
    return Result(_told(state, made))


def _judge(certificate_pem: str, key_pem: str) -> None:
    """Refuse what is no leaf with its key (facts: 'missing leaf certificate'; the codes are in no source)."""
    if max(len(certificate_pem), len(key_pem)) > _MOST_PEM:
        message = "the certificate is too large"
        raise unsourced(400, message)
    try:
        leaf = x509.load_pem_x509_certificates(certificate_pem.encode())[0]
        key = load_pem_private_key(key_pem.encode(), None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise ApiError(400, ErrorItem(1408, "Unable to parse certificate.")) from error
    if _is_authority(leaf):
        message = "missing leaf certificate"
        raise unsourced(400, message)
    form = (Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    if key.public_key().public_bytes(*form) != leaf.public_key().public_bytes(*form):
        message = "The certificate and private key do not match"
        raise unsourced(400, message)


def _is_authority(certificate: x509.Certificate) -> bool:
    try:
        return certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    except (x509.ExtensionNotFound, ValueError):
        return False


def _same(
    state: CloudflareState, zone_id: str, certificate_pem: str, *, hostname_level: bool
) -> PullCertificate | None:
    """The certificate that is the same, letter by letter, be it deleted or not."""
    for each in state.held.certificates.values():
        if (each.zone_id, each.hostname_level) != (zone_id, hostname_level):
            continue
        if each.certificate_pem.strip() == certificate_pem.strip():
            return each
    return None


def _listed(state: CloudflareState, call: Call, *, hostname_level: bool) -> Outcome:
    zone = zone_in(state, call)
    found = _certificates(state, zone.id, hostname_level=hostname_level)
    if not found and not hostname_level and state.settings.empty_list_is_null:
        return Result(None)
    return Page([_told(state, each) for each in sorted(found, key=lambda each: each.uploaded_on, reverse=True)])


def _certificates(state: CloudflareState, zone_id: str, *, hostname_level: bool) -> list[PullCertificate]:
    """Those of a zone that are not deleted yet."""
    now = state.now()
    return [
        each
        for each in state.held.certificates.values()
        if each.zone_id == zone_id
        and each.hostname_level == hostname_level
        and certificate_status(each, state.settings, now) != DELETED
    ]


def _certificate(state: CloudflareState, call: Call, *, hostname_level: bool) -> PullCertificate:
    found = state.held.certificates.get(call.ids["certificate"])
    if found is None or found.zone_id != call.ids["zone"] or found.hostname_level != hostname_level:
        code = 1551 if hostname_level else 1552
        raise ApiError(404, ErrorItem(code, "certificate not found"))
    return found


def _removed(state: CloudflareState, certificate: PullCertificate) -> Outcome:
    match certificate_status(certificate, state.settings, state.now()):
        case "initializing" | "pending_deployment":
            raise ApiError(400, ErrorItem(1434, "Cannot delete resource while in pending deployment state."))
        case "pending_deletion" if certificate.hostname_level:
            raise ApiError(400, ErrorItem(1414, "This certificate is pending deletion."))
        case "deleted" if certificate.hostname_level:
            raise ApiError(404, ErrorItem(1551, "certificate not found"))
        case "pending_deletion" | "deleted":
            message = "Certificate is already deleted."
            raise unsourced(400, message)
        case _:
            gone = msgspec.structs.replace(certificate, deleted_on=state.now())
            state.held.certificates[gone.id] = gone
            return Result(_told(state, gone))


def _told(state: CloudflareState, certificate: PullCertificate) -> dict[str, Any]:
    """A certificate as the API tells it: without its key."""
    status = certificate_status(certificate, state.settings, state.now())
    facts = _facts(certificate.certificate_pem)
    shown = {"id": certificate.id, **facts, "status": status, "uploaded_on": when(certificate.uploaded_on)}
    if not certificate.hostname_level:
        del shown["serial_number"]
    return shown


def _facts(certificate_pem: str) -> dict[str, Any]:
    leaf = x509.load_pem_x509_certificates(certificate_pem.encode())[0]
    hashed = leaf.signature_hash_algorithm
    return {
        "certificate": certificate_pem,
        "expires_on": when(leaf.not_valid_after_utc),
        "issuer": leaf.issuer.rfc4514_string(),
        "serial_number": str(leaf.serial_number),
        "signature": "unknown" if hashed is None else hashed.name.upper(),
    }


# --- the zone's switch -----------------------------------------------------------------------------


def setting(state: CloudflareState, call: Call) -> Outcome:
    """``GET .../settings``."""
    held = state.held.zone_pulls.get(zone_in(state, call).id)
    return Result({"enabled": bool(held and held.value)})


def set_setting(state: CloudflareState, call: Call) -> Outcome:
    """``PUT .../settings``."""
    zone = zone_in(state, call)
    before = state.held.zone_pulls.get(zone.id)
    state.held.zone_pulls[zone.id] = Held(call.flag("enabled"), state.now(), bool(before and before.value))
    return setting(state, call)


# --- hostnames ------------------------------------------------------------------------------------


def associate(state: CloudflareState, call: Call) -> Outcome:
    """``PUT .../hostnames``: all of them, or none."""
    zone = zone_in(state, call)
    config = call.members.get("config")
    if not isinstance(config, list) or not config or not all(isinstance(each, dict) for each in config):
        message = "config must be a list of objects"
        raise unsourced(400, message)
    new = [_version(state, zone.id, zone.name, each) for each in config]
    before = state.saved()
    for hostname, version in new:
        old = state.held.associations.get((zone.id, hostname))
        versions = (*(old.versions if old else ()), version)
        state.held.associations[zone.id, hostname] = Association(zone.id, hostname, versions)
    for _, version in new:
        if version.cert_id is not None and len(_associated(state, version.cert_id)) > MOST_ASSOCIATIONS:
            state.restore(before)
            message = f"{MOST_ASSOCIATIONS} maximum associations on a single certificate are allowed"
            raise unsourced(400, message)
    return Page([_association(state, state.held.associations[zone.id, hostname]) for hostname, _ in new])


def association(state: CloudflareState, call: Call) -> Outcome:
    """``GET .../hostnames/{hostname}``."""
    zone = zone_in(state, call)
    found = state.held.associations.get((zone.id, call.ids["hostname"].lower()))
    if found is None or association_status(found, state.settings, state.now()) == DELETED:
        raise ApiError(404, ErrorItem(1553, "setting for this hostname not found"))
    return Result(_association(state, found))


def _version(
    state: CloudflareState, zone_id: str, zone_name: str, given: dict[str, Any]
) -> tuple[str, AssociationVersion]:
    hostname = str(given.get("hostname") or "").lower()
    if not hostname:
        message = "missing hostname"
        raise unsourced(400, message)
    if not within(hostname, zone_name):
        message = f"{hostname} is not in the zone"
        raise unsourced(400, message)
    enabled = given.get("enabled")
    if enabled is not None and not isinstance(enabled, bool):
        message = "enabled must be a boolean or null"
        raise unsourced(400, message)
    cert_id = given.get("cert_id")
    if not cert_id:
        # Whether it may be left out to void an association is in no source; with it, both readings are content.
        raise ApiError(400, ErrorItem(1404, "Certificate ID required."))
    certificate = state.held.certificates.get(str(cert_id))
    usable = certificate is not None and certificate.zone_id == zone_id and certificate.hostname_level
    if certificate is not None and certificate.deleted_on is not None:
        usable = False
    if enabled is not None and not usable:
        # terraform-provider-cloudflare #5531, also for a zone's certificate that is given to a hostname.
        message = "Certificate ID in request is either invalid or the certificate has been deleted"
        raise ApiError(400, ErrorItem(1415, message))
    return hostname, AssociationVersion(str(cert_id), enabled, state.now())


def _associated(state: CloudflareState, cert_id: str) -> list[str]:
    """The hostnames whose newest version names a certificate, and is not void."""
    found = []
    for (_, hostname), each in state.held.associations.items():
        newest = each.versions[-1]
        if newest.cert_id == cert_id and newest.enabled is not None:
            if newest.enabled is False and state.settings.deletes_disabled:
                continue
            found.append(hostname)
    return found


def _association(state: CloudflareState, found: Association) -> dict[str, Any]:
    now = state.now()
    newest = found.versions[-1]
    status = association_status(found, state.settings, now)
    shown: dict[str, Any] = {
        "hostname": found.hostname,
        "cert_id": newest.cert_id,
        "enabled": newest.enabled,
        "status": DELETING if status == DELETED else status,
        "created_at": when(found.versions[0].since),
        "updated_at": when(newest.since),
    }
    certificate = state.held.certificates.get(newest.cert_id or "")
    if certificate is None:
        return shown
    return {
        **shown,
        **_facts(certificate.certificate_pem),
        "cert_status": certificate_status(certificate, state.settings, now),
        "cert_uploaded_on": when(certificate.uploaded_on),
        "cert_updated_at": when(certificate.uploaded_on),
    }
