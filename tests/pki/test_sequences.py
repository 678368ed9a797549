"""Whatever is done in whatever order: what holds afterwards."""

from __future__ import annotations

import datetime
import stat
import tempfile
from pathlib import Path

import pytest
from cryptography import x509
from hypothesis import HealthCheck, settings, strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from tests.pki.conftest import FEW_ROUNDS, NOW

from originlock.errors import OriginlockError, RefusedError, TargetError
from originlock.facts.certificates import Authority, Leaf
from originlock.pki import keys
from originlock.pki.authorities import AuthorityFiles
from originlock.pki.issuing import Reason
from originlock.pki.making import Wish

NAMES = st.sampled_from(["edge", "billing", "sn-17"])
PHRASE = b"correct horse battery staple"


class Authorities(RuleBasedStateMachine):
    """An authority through the years, and a plain record of what must be."""

    def __init__(self) -> None:
        super().__init__()
        self._folder = tempfile.TemporaryDirectory()
        self.folder = Path(self._folder.name) / "ca"
        self.files = AuthorityFiles(self.folder, lambda: PHRASE)
        self.now = NOW
        self.issued: list[Leaf] = []
        self.revoked: dict[str, str] = {}
        """Serials, each with its generation."""
        self.generations: list[str] = []
        self.numbers: dict[str, int] = {}
        self.patch = pytest.MonkeyPatch()
        self.patch.setattr(keys, "ROUNDS", FEW_ROUNDS)

    def teardown(self) -> None:
        """Leave nothing behind."""
        self.patch.undo()
        self._folder.cleanup()

    @initialize()
    def init(self) -> None:
        """Make it."""
        self.generations = [self.files.init("shop", self.now).generations[0].sha256]

    @property
    def shop(self) -> Authority:
        """As somebody reads it who has no passphrase."""
        found = AuthorityFiles(self.folder).authority("shop")
        assert found is not None
        return found

    def good(self, name: str) -> list[Leaf]:
        """What must be good of a name, the oldest first."""
        return [
            leaf
            for leaf in self.issued
            if leaf.name == name
            and leaf.certificate.serial not in self.revoked
            and leaf.certificate.not_after >= self.now
        ]

    @rule(name=NAMES, days=st.sampled_from([1, 30, 365]))
    def issue(self, name: str, days: int) -> None:
        """Issue, unless there is a good one."""
        if self.good(name):
            with pytest.raises(RefusedError):
                self.files.issue("shop", name, self.now, Wish(days=days))
        else:
            self.issued.append(self.files.issue("shop", name, self.now, Wish(days=days)))

    @rule(name=NAMES)
    def renew(self, name: str) -> None:
        """Renew, if there is anything to follow."""
        followed = [each for each in self.issued if each.name == name and each.certificate.serial not in self.revoked]
        if followed:
            self.issued.append(self.files.renew("shop", name, self.now))
        else:
            with pytest.raises(TargetError):
                self.files.renew("shop", name, self.now)

    @precondition(lambda self: len(self.generations) < 4)
    @rule()
    def renew_authority(self) -> None:
        """Make the next generation."""
        self.generations.append(self.files.renew_authority("shop", self.now).sha256)

    @rule(name=NAMES, reason=st.sampled_from(Reason))
    def revoke_name(self, name: str, reason: Reason) -> None:
        """Revoke all of a name."""
        meant = [each for each in self.issued if each.name == name]
        if not meant:
            with pytest.raises(TargetError):
                self.files.revoke("shop", name, self.now, reason)
            return
        self.files.revoke("shop", name, self.now, reason)
        self.revoked |= {each.certificate.serial: each.issuer for each in meant}

    @precondition(lambda self: self.issued)
    @rule(data=st.data())
    def revoke_serial(self, data: st.DataObject) -> None:
        """Revoke one."""
        leaf = data.draw(st.sampled_from(self.issued))
        self.files.revoke("shop", leaf.certificate.serial, self.now)
        self.revoked[leaf.certificate.serial] = leaf.issuer

    @rule()
    def retire(self) -> None:
        """Retire the oldest generation, if nobody needs it."""
        oldest = self.generations[0]
        needed = any(each.issuer == oldest for name in ("edge", "billing", "sn-17") for each in self.good(name))
        if len(self.generations) == 1 or needed:
            with pytest.raises(RefusedError):
                self.files.retire("shop", self.now)
            return
        self.files.retire("shop", self.now)
        self.generations.pop(0)
        self.issued = [each for each in self.issued if each.issuer != oldest]
        self.revoked = {serial: issuer for serial, issuer in self.revoked.items() if issuer != oldest}

    @rule()
    def refresh(self) -> None:
        """Follow up lists."""
        self.files.refresh_revocation_lists(self.now)

    @rule(days=st.sampled_from([1, 11, 25, 200]))
    def time_passes(self, days: int) -> None:
        """Let time pass."""
        self.now += datetime.timedelta(days=days)

    @invariant()
    def everything_is_known(self) -> None:
        """What was issued is there, in its order, and the newest good one is the newest."""
        shop = self.shop
        assert [each.sha256 for each in shop.generations] == self.generations
        assert [each.certificate for each in shop.leaves] == [each.certificate for each in self.issued]
        assert len({each.certificate.serial for each in shop.leaves}) == len(shop.leaves)
        for name in ("edge", "billing", "sn-17"):
            good = self.good(name)
            newest = shop.newest_leaf(name, self.now)
            assert (newest.certificate if newest else None) == (good[-1].certificate if good else None)

    @invariant()
    def lists_name_exactly_the_revoked(self) -> None:
        """None is forgotten, none is another generation's, and numbers only grow."""
        shop = self.shop
        named = {serial: each.issuer for each in shop.revocation_lists for serial in each.revoked}
        assert named == self.revoked
        assert {each.certificate.serial for each in shop.leaves if each.revoked_at is not None} == set(self.revoked)
        for each in shop.revocation_lists:
            assert each.number >= self.numbers.get(each.issuer, 1)
            self.numbers[each.issuer] = each.number

    @invariant()
    def keys_are_locked_away(self) -> None:
        """One key for each certificate, none in the open, none for others."""
        files = [path for path in self.folder.rglob("*") if path.is_file()]
        assert {stat.S_IMODE(path.stat().st_mode) for path in files} <= {0o600}
        found = {path.stem for path in files if path.parent.name == "keys"}
        assert found == {*self.generations, *(each.certificate.sha256 for each in self.issued)}
        for path in files:
            data = path.read_bytes()
            assert b"BEGIN PRIVATE" not in data
            assert b"BEGIN EC" not in data
            assert PHRASE not in data
            assert (path.parent.name == "keys") == data.startswith(b"-----BEGIN ENCRYPTED PRIVATE KEY-----")

    @invariant()
    def no_leaf_outlives_its_authority(self) -> None:
        """Its dates lie within those of whoever signed it, who really did."""
        shop = self.shop
        for each in shop.leaves:
            issuer = shop.generation(each.issuer)
            assert issuer is not None
            assert issuer.not_before <= each.certificate.not_before
            assert each.certificate.not_after <= issuer.not_after
        for each in shop.leaves[-1:]:
            issuer = shop.generation(each.issuer)
            assert issuer is not None
            signed, signer = (
                x509.load_pem_x509_certificate(pem.encode()) for pem in (each.certificate.pem, issuer.pem)
            )
            signed.verify_directly_issued_by(signer)

    @invariant()
    def nobody_reads_a_key_without_the_passphrase(self) -> None:
        """Not with none, and not with another."""
        for leaf in self.issued[-1:]:
            for other in (AuthorityFiles(self.folder), AuthorityFiles(self.folder, lambda: b"some other passphrase")):
                with pytest.raises(OriginlockError):
                    other.private_key("shop", leaf.certificate.sha256)


TestAuthorities = Authorities.TestCase
TestAuthorities.settings = settings(
    max_examples=30, stateful_step_count=15, deadline=None, suppress_health_check=list(HealthCheck)
)
