"""What an authority does, step by step."""

from __future__ import annotations

import contextlib
import datetime
import json
import stat
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, load_pem_private_key
from tests.pki.conftest import KINDS, NOW, PASSPHRASE

from originlock.errors import OriginlockError, RefusedError, StateError, TargetError, UsageError
from originlock.facts.certificates import Authority, Leaf
from originlock.pki.authorities import AuthorityFiles
from originlock.pki.issuing import Reason
from originlock.pki.keys import KeyKind
from originlock.pki.making import Wish

DAY = datetime.timedelta(days=1)


def shown(files: AuthorityFiles, name: str = "shop") -> Authority:
    """An authority that is there."""
    found = files.authority(name)
    assert found is not None
    return found


def request(name: str = "device.example.org") -> bytes:
    """Somebody's request."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "admin")])
    builder = x509.CertificateSigningRequestBuilder().subject_name(subject)
    builder = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
    return builder.sign(key, hashes.SHA256()).public_bytes(Encoding.PEM)


def as_reader(folder: Path) -> AuthorityFiles:
    """Somebody without a passphrase."""
    return AuthorityFiles(folder)


# --- making and issuing --------------------------------------------------------------------------------------------


def test_a_new_authority(files: AuthorityFiles, folder: Path) -> None:
    """An authority would be one that a load balancer does not take, or that others could sign below."""
    made = files.init("shop", NOW)
    (root,) = made.generations
    assert (root.authority, root.path_length, root.self_signed) == (True, 0, True)
    assert root.key_usage == ("key_cert_sign", "crl_sign")
    assert (root.key, root.signature) == ("ECDSA secp256r1", "ECDSA SHA256")
    assert NOW - 2 * datetime.timedelta(hours=1) < root.not_before < NOW
    assert root.not_after == NOW.replace(microsecond=0) + 3650 * DAY
    assert files.names() == ("shop",)
    assert as_reader(folder).authority("shop") == made


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_key(kind: KeyKind, files: AuthorityFiles) -> None:
    """An authority with another key could not issue, or could not be followed by one of its kind."""
    root = files.init("shop", NOW, key=kind).generations[0]
    leaf = files.issue("shop", "edge", NOW, Wish(key=kind))
    assert leaf.certificate.key == root.key
    assert files.renew_authority("shop", NOW).key == root.key


def test_a_leaf(files: AuthorityFiles, folder: Path) -> None:
    """A client would be refused for its purpose, its name or its dates, or nobody could upload its key."""
    files.init("shop", NOW)
    leaf = files.issue("shop", "edge", NOW)
    certificate = leaf.certificate
    assert (leaf.name, leaf.issuer, leaf.has_key) == ("edge", shown(files).generations[0].sha256, True)
    assert (certificate.subject, certificate.names) == ("CN=edge,O=shop", ("DNS:edge.shop.internal",))
    assert (certificate.purposes, certificate.key_usage) == (("clientAuth",), ("digital_signature",))
    assert not certificate.authority
    assert certificate.not_after == NOW.replace(microsecond=0) + 365 * DAY
    assert len(certificate.serial) == 32
    assert int(certificate.serial[0], 16) < 8  # positive, even to whoever overlooks the sign
    assert as_reader(folder).authority("shop") == shown(files)
    assert shown(files).newest_leaf("edge", NOW) == leaf
    key = load_pem_private_key(files.private_key("shop", certificate.sha256), None)
    assert key.public_key() == x509.load_pem_x509_certificate(certificate.pem.encode()).public_key()


def test_names_that_were_asked_for(files: AuthorityFiles) -> None:
    """A service would be known by another name."""
    files.init("shop", NOW)
    leaf = files.issue("shop", "billing", NOW, Wish(("DNS:Billing.internal", "IP:192.0.2.7", "DNS:Billing.internal")))
    assert leaf.certificate.names == ("DNS:billing.internal", "IP:192.0.2.7")
    with pytest.raises(UsageError):
        files.issue("shop", "other", NOW, Wish(("nothing",)))
    with pytest.raises(UsageError):
        files.issue("shop", "other", NOW, Wish(tuple(f"DNS:a{number}" for number in range(101))))
    assert [each.name for each in shown(files).leaves] == ["billing"]


def test_a_request_is_signed_without_its_key(files: AuthorityFiles, folder: Path) -> None:
    """A device would get what it asked for (to be an authority), or be asked for its key."""
    files.init("shop", NOW)
    leaf = files.issue("shop", "sn-17", NOW, Wish(("DNS:also.example.org",), request=request()))
    assert leaf.certificate.subject == "CN=sn-17,O=shop"
    assert leaf.certificate.names == ("DNS:also.example.org", "DNS:device.example.org")
    assert not leaf.certificate.authority
    assert not leaf.has_key
    assert len(list((folder / "shop" / "keys").iterdir())) == 1
    with pytest.raises(TargetError, match="only a request"):
        files.private_key("shop", leaf.certificate.sha256)
    with pytest.raises(UsageError):
        files.issue("shop", "sn-18", NOW, Wish(request=b"nothing"))


def test_a_leaf_never_outlives_its_authority(files: AuthorityFiles) -> None:
    """A client would be refused long before the date in its certificate, and nobody would know why."""
    files.init("shop", NOW, days=100)
    assert files.issue("shop", "edge", NOW).certificate.not_after == shown(files).generations[0].not_after
    with pytest.raises(UsageError, match="will have ended"):
        files.issue("shop", "other", NOW, Wish(days=101))
    with pytest.raises(RefusedError, match="has ended"):
        files.issue("shop", "other", NOW + 101 * DAY)
    # Renewing asks for as long as the one before asked for, not for as long as it got.
    files.renew_authority("shop", NOW)
    assert files.renew("shop", "edge", NOW).certificate.not_after == NOW.replace(microsecond=0) + 365 * DAY


def test_whoever_has_a_good_one_gets_no_second(files: AuthorityFiles) -> None:
    """A slip would change the names that the edge presents."""
    files.init("shop", NOW)
    leaf = files.issue("shop", "edge", NOW)
    with pytest.raises(RefusedError) as refused:
        files.issue("shop", "edge", NOW)
    assert refused.value.remedy == "renew it: originlock ca renew shop edge"
    files.revoke("shop", "edge", NOW)
    assert files.issue("shop", "edge", NOW).certificate.sha256 != leaf.certificate.sha256
    files.issue("shop", "edge", NOW + 400 * DAY)
    assert len(shown(files).leaves) == 3


@pytest.mark.parametrize("name", ["", "Shop", "-shop", "shop-", "a--b", "a_b", "a/b", "..", "a" * 33, "shöp", "a\n"])
def test_names_that_no_authority_can_have(name: str, files: AuthorityFiles, folder: Path) -> None:
    """A name would lead out of the folder, or could be no trust store's."""
    with pytest.raises(UsageError):
        files.init(name, NOW)
    assert files.authority(name) is None
    assert not folder.exists()
    with pytest.raises(TargetError):
        files.issue(name, "edge", NOW)


@pytest.mark.parametrize(
    "leaf", ["", ".", "..", "a..b", "../x", "a/b", "a b", "-a", "a-", "a" * 65, "a" * 64, "a-.b", "ä", "a\n"]
)
def test_names_that_no_leaf_can_have(leaf: str, files: AuthorityFiles) -> None:
    """A certificate would be written outside of the folder that --out names."""
    files.init("shop", NOW)
    with pytest.raises(UsageError):
        files.issue("shop", leaf, NOW)


# --- renewing ------------------------------------------------------------------------------------------------------


def test_renewing_keeps_names_length_and_kind(files: AuthorityFiles) -> None:
    """What follows would not be taken where the one before was."""
    files.init("shop", NOW)
    before = files.issue("shop", "edge", NOW, Wish(("DNS:edge.example.org",), 90, KeyKind.RSA2048))
    after = files.renew("shop", "edge", NOW + 70 * DAY)
    assert after.certificate.names == before.certificate.names
    assert after.certificate.key == before.certificate.key
    assert after.certificate.not_after == NOW.replace(microsecond=0) + 160 * DAY
    assert after.certificate.sha256 != before.certificate.sha256
    assert files.private_key("shop", after.certificate.sha256) != files.private_key("shop", before.certificate.sha256)
    assert shown(files).newest_leaf("edge", NOW + 70 * DAY) == after
    assert shown(files).leaves == (before, after)


def test_renewing_where_the_key_is_elsewhere(files: AuthorityFiles) -> None:
    """A device would get a key that it does not have."""
    files.init("shop", NOW)
    before = files.issue("shop", "sn-17", NOW, Wish(request=request()))
    after = files.renew("shop", "sn-17", NOW)
    assert key_of(after) == key_of(before)
    anew = files.renew("shop", "sn-17", NOW, Wish(request=request("other.example.org")))
    assert key_of(anew) != key_of(before)
    assert anew.certificate.names == before.certificate.names
    assert not (after.has_key)
    assert not (anew.has_key)


def key_of(leaf: Leaf) -> object:
    """The public key of a leaf."""
    return x509.load_pem_x509_certificate(leaf.certificate.pem.encode()).public_key()


def test_nothing_follows_what_is_revoked(files: AuthorityFiles) -> None:
    """A stolen device would be given its next certificate by a nightly run."""
    files.init("shop", NOW)
    files.issue("shop", "sn-17", NOW)
    files.revoke("shop", "sn-17", NOW, Reason.KEY_COMPROMISE)
    with pytest.raises(TargetError, match="not revoked"):
        files.renew("shop", "sn-17", NOW)
    with pytest.raises(TargetError):
        files.renew("shop", "nobody", NOW)


# --- generations ---------------------------------------------------------------------------------------------------


def test_a_new_generation_issues_and_the_old_one_stays(files: AuthorityFiles) -> None:
    """Every client would be refused the moment an authority is renewed."""
    files.init("shop", NOW)
    before = files.issue("shop", "edge", NOW)
    root = files.renew_authority("shop", NOW)
    after = files.renew("shop", "edge", NOW)
    found = shown(files)
    assert [each.sha256 for each in found.generations] == [before.issuer, root.sha256]
    assert after.issuer == root.sha256
    assert len({each.subject for each in found.generations}) == 2
    assert found.generation(before.issuer) == found.generations[0]


def test_a_generation_is_retired_when_nobody_needs_it(files: AuthorityFiles, folder: Path) -> None:
    """Clients would be refused, or a key that nobody needs would lie about for ever."""
    files.init("shop", NOW)
    with pytest.raises(RefusedError, match="the one that issues"):
        files.retire("shop", NOW)
    leaf = files.issue("shop", "edge", NOW)
    files.renew_authority("shop", NOW)
    with pytest.raises(RefusedError, match="edge"):
        files.retire("shop", NOW)
    files.renew("shop", "edge", NOW)
    with pytest.raises(RefusedError):
        files.retire("shop", NOW)
    files.revoke("shop", leaf.certificate.serial, NOW)
    assert files.retire("shop", NOW).sha256 == leaf.issuer
    found = shown(files)
    assert len(found.generations) == len(found.leaves) == 1
    assert found.revocation_lists == ()
    assert len(list((folder / "shop" / "keys").iterdir())) == 2
    assert files.renew_authority("shop", NOW).subject.startswith("CN=shop CA 3 ")


def test_a_generation_whose_leaves_have_ended_can_go(files: AuthorityFiles) -> None:
    """It would stay for ever for the sake of what is good no more."""
    files.init("shop", NOW)
    files.issue("shop", "edge", NOW, Wish(days=10))
    files.renew_authority("shop", NOW)
    with pytest.raises(RefusedError):
        files.retire("shop", NOW + 9 * DAY)
    files.retire("shop", NOW + 11 * DAY)


def test_a_generation_goes_although_it_is_needed_if_somebody_says_so(files: AuthorityFiles) -> None:
    """After a theft of its key, nobody could be rid of it."""
    first = files.init("shop", NOW).generations[0]
    files.issue("shop", "edge", NOW)
    second = files.renew_authority("shop", NOW)
    files.renew_authority("shop", NOW)
    for wrong in ("zz", "0" * 64):
        with pytest.raises(TargetError):
            files.retire("shop", NOW, wrong, with_good_leaves=True)
    assert files.retire("shop", NOW, second.sha256[:12].upper()) == second
    assert files.retire("shop", NOW, first.sha256, with_good_leaves=True) == first


# --- revoking ------------------------------------------------------------------------------------------------------


def test_a_list_for_each_generation(files: AuthorityFiles) -> None:
    """A revoked client would stand in the list of an authority that never knew it, and be let in."""
    files.init("shop", NOW)
    old = files.issue("shop", "edge", NOW)
    other = files.issue("shop", "other", NOW)
    files.renew_authority("shop", NOW)
    new = files.renew("shop", "edge", NOW)
    assert shown(files).revocation_lists == ()
    gone = files.revoke("shop", "edge", NOW, Reason.KEY_COMPROMISE)
    assert [each.certificate for each in gone] == [old.certificate, new.certificate]
    assert {each.revoked_at for each in gone} == {NOW.replace(microsecond=0)}
    lists = shown(files).revocation_lists
    assert [(each.issuer, each.revoked, each.number) for each in lists] == [
        (old.issuer, (old.certificate.serial,), 1),
        (new.issuer, (new.certificate.serial,), 1),
    ]
    serial = other.certificate.serial
    colons = ":".join(serial[at : at + 2] for at in range(0, len(serial), 2)).upper()
    assert [each.name for each in files.revoke("shop", colons, NOW)] == ["other"]
    assert [each.number for each in shown(files).revocation_lists] == [2, 1]
    assert files.revoke("shop", serial, NOW) == ()
    assert [each.number for each in shown(files).revocation_lists] == [2, 1]
    with pytest.raises(TargetError):
        files.revoke("shop", "nobody", NOW)


def test_reasons_are_in_the_list(files: AuthorityFiles) -> None:
    """Nobody could tell a stolen key from one that was replaced."""
    files.init("shop", NOW)
    for reason in Reason:
        files.issue("shop", reason.value, NOW)
        files.revoke("shop", reason.value, NOW, reason)
    (pem,) = (each.pem for each in shown(files).revocation_lists)
    told = []
    for entry in x509.load_pem_x509_crl(pem.encode()):
        found = [each.value for each in entry.extensions]
        told += [each.reason.name.replace("_", "-") for each in found if isinstance(each, x509.CRLReason)]
    assert sorted(told) == sorted(each.value for each in Reason if each is not Reason.UNSPECIFIED)


def test_what_has_ended_stays_in_the_list(files: AuthorityFiles) -> None:
    """A listener that ignores expiry would let a stolen key in again."""
    files.init("shop", NOW)
    leaf = files.issue("shop", "edge", NOW, Wish(days=1))
    files.revoke("shop", "edge", NOW)
    files.refresh_revocation_lists(NOW + 25 * DAY)
    assert shown(files).revocation_lists[0].revoked == (leaf.certificate.serial,)


def test_lists_are_followed_up_in_time(files: AuthorityFiles, folder: Path) -> None:
    """A list would expire, and with it everybody would be refused."""
    for name in ("one", "two", "none"):
        files.init(name, NOW)
        files.issue(name, "edge", NOW)
    for name in ("one", "two"):
        files.revoke(name, "edge", NOW)
    (first,) = shown(files, "one").revocation_lists
    assert first.next_update == NOW.replace(microsecond=0) + 30 * DAY
    assert as_reader(folder).refresh_revocation_lists(NOW + 19 * DAY) == ()
    with pytest.raises(UsageError):
        as_reader(folder).refresh_revocation_lists(NOW + 21 * DAY)
    assert [name for name, _ in files.refresh_revocation_lists(NOW + 21 * DAY, ("two",))] == ["two"]
    ((name, again),) = files.refresh_revocation_lists(NOW + 21 * DAY)
    assert (name, again.number, again.revoked) == ("one", 2, first.revoked)
    assert again.next_update == NOW.replace(microsecond=0) + 51 * DAY
    assert files.refresh_revocation_lists(NOW + 21 * DAY) == ()
    with pytest.raises(TargetError):
        files.refresh_revocation_lists(NOW, ("absent",))


# --- who may look, and who may not ---------------------------------------------------------------------------------


def test_a_wrong_passphrase_changes_nothing(files: AuthorityFiles, folder: Path) -> None:
    """A slip would lock new keys away under a passphrase that nobody knows."""
    files.init("shop", NOW)
    leaf = files.issue("shop", "edge", NOW)
    before = contents(folder)
    other = AuthorityFiles(folder, lambda: b"not the right passphrase")
    for act in (
        lambda: other.issue("shop", "other", NOW),
        lambda: other.renew("shop", "edge", NOW),
        lambda: other.renew_authority("shop", NOW),
        lambda: other.revoke("shop", "edge", NOW),
        lambda: other.private_key("shop", leaf.certificate.sha256),
    ):
        with pytest.raises(UsageError, match="does not open") as refused:
            act()
        assert "not the right passphrase" not in refused.value.what + refused.value.remedy
    assert contents(folder) == before


def contents(folder: Path) -> dict[str, bytes]:
    """Every file."""
    return {str(path): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_reading_needs_no_passphrase_and_writing_does(files: AuthorityFiles, folder: Path) -> None:
    """Whoever only looks would be asked for a secret."""
    with pytest.raises(UsageError):
        as_reader(folder).init("shop", NOW)
    assert not folder.exists()
    files.init("shop", NOW)
    reader = as_reader(folder)
    assert reader.names() == ("shop",)
    assert shown(reader).name == "shop"
    with pytest.raises(UsageError):
        reader.issue("shop", "edge", NOW)


def test_only_its_owner_can_read_any_of_it(files: AuthorityFiles, folder: Path) -> None:
    """Everybody on the machine could copy the keys and guess the passphrase."""
    files.init("shop", NOW)
    files.issue("shop", "edge", NOW)
    files.revoke("shop", "edge", NOW)
    modes = {stat.S_IMODE(path.stat().st_mode) for path in folder.rglob("*") if path.is_file()}
    assert modes == {0o600}
    folders = [folder, *(path for path in folder.rglob("*") if path.is_dir())]
    assert {stat.S_IMODE(path.stat().st_mode) for path in folders} == {0o700}
    for path in folder.rglob("*"):
        if path.is_file():
            assert b"BEGIN PRIVATE KEY" not in path.read_bytes()
            assert PASSPHRASE not in path.read_bytes()


@pytest.mark.parametrize("place, mode", [("", 0o755), ("", 0o710), ("shop", 0o750), ("shop/index.json", 0o644)])
def test_a_place_that_others_can_read_is_refused(place: str, mode: int, files: AuthorityFiles, folder: Path) -> None:
    """A folder that was copied with the wrong modes would go on being used."""
    files.init("shop", NOW)
    (folder / place).chmod(mode)
    for act in (lambda: files.authority("shop"), lambda: files.issue("shop", "edge", NOW)):
        with pytest.raises(StateError, match="by others") as refused:
            act()
        assert refused.value.remedy.startswith("chmod ")


def test_a_key_that_others_can_read_is_refused(files: AuthorityFiles, folder: Path) -> None:
    """The same, of a key."""
    files.init("shop", NOW)
    for path in (folder / "shop" / "keys").iterdir():
        path.chmod(0o640)
    with pytest.raises(StateError, match="by others"):
        files.issue("shop", "edge", NOW)


def test_a_link_in_place_of_a_file_is_refused(files: AuthorityFiles, folder: Path, tmp_path: Path) -> None:
    """A key would be read from, or written, where somebody else chose."""
    files.init("shop", NOW)
    (key,) = (folder / "shop" / "keys").iterdir()
    key.rename(tmp_path / "elsewhere")
    key.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(StateError):
        files.issue("shop", "edge", NOW)


@pytest.mark.skipif("__import__('os').geteuid() != 0")
def test_what_is_another_users_is_refused(files: AuthorityFiles, folder: Path) -> None:
    """Somebody else would hold the keys of an authority that we believe to be ours."""
    import os  # noqa: PLC0415  only here

    files.init("shop", NOW)
    os.chown(folder, 12345, -1)
    with pytest.raises(StateError, match="another user"):
        files.names()


# --- what is damaged -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{}",
        "[" * 10000,
        '{"version":1,"name":"shop","generations":[]}',
        "ÿ",
        '{"version":1,"name":"other","generations":[{"number":1,"pem":"x"}]}',
        '{"version":1,"name":"shop","generations":[{"number":1,"pem":"x"}]}',
    ],
)
def test_a_damaged_index_is_said_to_be(text: str, files: AuthorityFiles, folder: Path) -> None:
    """What was issued would be taken for nothing, and made again beside it."""
    files.init("shop", NOW)
    (folder / "shop" / "index.json").write_text(text, encoding="latin-1")
    with pytest.raises(StateError, match="damaged"):
        files.authority("shop")
    with pytest.raises(OriginlockError):
        files.init("shop", NOW)


@pytest.mark.parametrize("place", ["generations", "leaves"])
def test_a_damaged_certificate_in_the_index_is_said_to_be(place: str, files: AuthorityFiles, folder: Path) -> None:
    """A person would be shown the inside of a library, and asked to report it."""
    files.init("shop", NOW)
    leaf = files.issue("shop", "edge", NOW)
    files.revoke("shop", "edge", NOW)
    files.issue("shop", "other", NOW)
    path = folder / "shop" / "index.json"
    data = json.loads(path.read_bytes())
    data[place][0]["pem"] = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"
    path.write_text(json.dumps(data), encoding="ascii")
    keys = sorted((folder / "shop" / "keys").iterdir())
    for act in (
        lambda: files.authority("shop"),
        lambda: files.issue("shop", "edge", NOW),
        lambda: files.renew("shop", "other", NOW),
        lambda: files.revoke("shop", leaf.certificate.serial, NOW),
        lambda: files.retire("shop", NOW),
        lambda: files.refresh_revocation_lists(NOW),
        lambda: files.renew_authority("shop", NOW),
    ):
        with contextlib.suppress(OriginlockError):
            act()
    with pytest.raises(StateError, match="damaged"):
        files.authority("shop")
    # A key whose certificate is damaged is no leftover.
    assert set(keys) <= set((folder / "shop" / "keys").iterdir())


def test_a_newer_index_is_left_alone(files: AuthorityFiles, folder: Path) -> None:
    """An older originlock would drop what it does not know."""
    files.init("shop", NOW)
    path = folder / "shop" / "index.json"
    path.write_text(path.read_text(encoding="utf-8").replace('"version": 1', '"version": 2'), encoding="utf-8")
    with pytest.raises(StateError, match="newer"):
        files.issue("shop", "edge", NOW)


def test_keys_without_an_index_are_not_swept_away(files: AuthorityFiles, folder: Path) -> None:
    """A file lost from a backup would cost all keys."""
    files.init("shop", NOW)
    files.issue("shop", "edge", NOW)
    (folder / "shop" / "index.json").unlink()
    assert files.authority("shop") is None
    with pytest.raises(StateError, match="keys of an authority"):
        files.init("shop", NOW)
    assert len(list((folder / "shop" / "keys").iterdir())) == 2


def test_a_key_that_is_gone_or_anothers(files: AuthorityFiles, folder: Path) -> None:
    """A certificate would be signed with a key that is not its issuer's."""
    root = files.init("shop", NOW).generations[0].sha256
    leaf = files.issue("shop", "edge", NOW).certificate.sha256
    keys = folder / "shop" / "keys"
    kept = (keys / f"{root}.pem").read_bytes()
    (keys / f"{root}.pem").write_bytes((keys / f"{leaf}.pem").read_bytes())
    with pytest.raises(StateError, match="not that of its certificate"):
        files.issue("shop", "other", NOW)
    (keys / f"{root}.pem").write_bytes(kept)
    (keys / f"{leaf}.pem").unlink()
    with pytest.raises(StateError, match="gone"):
        files.private_key("shop", leaf)
    with pytest.raises(TargetError):
        files.private_key("shop", root)
    with pytest.raises(TargetError):
        files.private_key("absent", leaf)
