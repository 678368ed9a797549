"""Everything that knows of certificates, behind its ports: trust in AWS, accounts at edges, our own authorities.

Lives here: making adapters, late, and sorting acts to whoever does them. Must not live here: deciding anything.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from originlock import pki
from originlock.app.observe import KnownTrust, TrustPorts
from originlock.errors import OriginlockError
from originlock.facts.certificates import Authority, Certificate
from originlock.facts.unknown import Unknown
from originlock.intent.policy import Configuration, EdgeAccount, Place
from originlock.plan.acts import Act
from originlock.plan.change import Change
from originlock.plan.outcomes import Failed, Outcome
from originlock.plan.trust_acts import EdgeAct
from originlock.ports.reading import TrustReader

if TYPE_CHECKING:
    from originlock.aws.session import Sessions
    from originlock.pki.authorities import AuthorityFiles
    from originlock.plan.document import Plan
    from originlock.ports.writing import Performer
    from originlock.wiring.edge_account import EdgeAccountsFromEnvironment


class AwsTrust:
    """Readers of trust in AWS, made when they are needed; clients are shared with those of everything else."""

    def __init__(self, sessions: Callable[[], Sessions]) -> None:
        self._sessions = sessions
        self._readers: dict[Place, TrustReader] = {}

    def reader(self, place: Place) -> TrustReader:
        """The reader of a place."""
        if place not in self._readers:
            from originlock.aws.trust_reader import AwsTrustReader  # noqa: PLC0415  botocore is loaded when needed

            self._readers[place] = AwsTrustReader(self._sessions(), place)
        return self._readers[place]


class OurAuthorities:
    """Our own authorities, the edge's shared one, and the keys of what ours issued."""

    def __init__(self, configuration: Configuration) -> None:
        self._configuration = configuration
        self._files: AuthorityFiles | None = None

    def _authority_files(self) -> AuthorityFiles:
        if self._files is None:
            from originlock.wiring.authorities import authority_files  # noqa: PLC0415  an extra, and slow to import

            self._files = authority_files()
        return self._files

    def authority(self, name: str) -> Authority | Unknown:
        """The authority of that name; one without generations where there is none.

        Raises:
            UsageError: the extra that reads certificates is not installed.
        """
        files = self._authority_files()
        try:
            return files.authority(name) or Authority(name, ())
        except OriginlockError as error:
            return Unknown(f"the authority {name}", error.what)

    def shared(self, edge: str) -> Certificate | Unknown:
        """The edge's shared authority as it is published, if it is the one that is known; never on sight."""
        pki.require()
        from originlock.edges.shared_authority import download  # noqa: PLC0415  HTTP is loaded when it is needed
        from originlock.locks.identity.shared_authority import AcceptedAuthority, judge_download  # noqa: PLC0415  ditto
        from originlock.pki.bundles import read_bundle  # noqa: PLC0415  ditto

        settings = self._configuration.edge(edge)
        if settings is None:
            return Unknown("the shared authority", f"nothing is known of an edge {edge}")
        data = download(settings.url("shared_ca_url"))
        if isinstance(data, Unknown):
            return data
        now = datetime.datetime.now(datetime.UTC)
        judged = judge_download(read_bundle(data), frozenset(settings.shared_ca_pins), now)
        if isinstance(judged, AcceptedAuthority):
            return judged.certificate
        return Unknown("the edge's shared authority", judged.words)

    def described(self, pem: str) -> tuple[Certificate | Unknown, ...]:
        """The certificates of a PEM text, in their order."""
        from originlock.facts.certificates import ders_in  # noqa: PLC0415  ditto
        from originlock.pki.parsing import UnreadableError, certificate_of  # noqa: PLC0415  ditto

        found: list[Certificate | Unknown] = []
        for der in ders_in(pem):
            try:
                found.append(certificate_of(der))
            except UnreadableError as error:
                found.append(Unknown("a certificate", str(error)))
        return tuple(found)

    def private_key(self, authority: str, sha256: str) -> bytes:
        """The key of a leaf, unencrypted; asked for at the moment of its upload, and kept nowhere.

        Raises:
            UsageError: there is no such key here, or the passphrase is missing or wrong.
        """
        return self._authority_files().private_key(authority, sha256)

    def closed(self, authority: str, sha256: str) -> Unknown | None:
        """Why that key cannot be had; None if it can. It is opened for this, and forgotten again."""
        try:
            self.private_key(authority, sha256)
        except OriginlockError as error:
            return Unknown(f"the key of {authority}'s certificate {sha256[:12]}", error.what)
        return None


class EveryPerformer:
    """Sorts acts to AWS and to the edge."""

    def __init__(self, plan: Plan, aws: Performer, accounts: EdgeAccountsFromEnvironment) -> None:
        self._policies = {policy.origin: policy for policy in plan.policies}
        self._aws = aws
        self._accounts = accounts

    def perform(self, acts: tuple[tuple[Place, Change, Act], ...]) -> Iterator[tuple[Change, Outcome]]:
        """Do them all; those at the edge one after the other: a zone takes one change at a time."""
        in_aws = tuple((place, change, act) for place, change, act in acts if not isinstance(act, EdgeAct))
        if in_aws:
            yield from self._aws.perform(in_aws)
        for _, change, act in acts:
            if isinstance(act, EdgeAct):
                yield change, self._at_the_edge(change, act)

    def _at_the_edge(self, change: Change, act: EdgeAct) -> Outcome:
        policy = self._policies[change.origin]
        try:
            return self._accounts.performer(policy.edge, policy.edge_account or EdgeAccount()).performed(act)
        except OriginlockError as error:
            return Failed(error.what, error.remedy)


def trust_ports(
    configuration: Configuration, sessions: Callable[[], Sessions]
) -> tuple[TrustPorts, EdgeAccountsFromEnvironment, OurAuthorities]:
    """What planning asks of certificates, who performs at edges, and who has the keys."""
    from originlock.wiring.edge_account import EdgeAccountsFromEnvironment  # noqa: PLC0415  HTTP, when it is needed

    authorities = OurAuthorities(configuration)
    accounts = EdgeAccountsFromEnvironment(configuration, authorities)
    return KnownTrust(AwsTrust(sessions), accounts, authorities), accounts, authorities
