"""Reading trust stores: the bundle that AWS holds and nothing less, revocation lists, who uses them, tags.

A store tells neither where its bundle came from nor what is in it: only the bundle itself does, read back.

Lives here: the read calls of trust stores. Must not live here: what a certificate says (see `originlock.pki`), whose a
store is, any call that changes something (see `store_acts`).
"""

from __future__ import annotations

import base64
import binascii
import functools
import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, Final

from originlock.aws.answers import CallError
from originlock.aws.asking import read
from originlock.aws.labels import labels_of
from originlock.aws.presigned import NotReadError, opened
from originlock.aws.session import Sessions
from originlock.aws.wording import code_of
from originlock.facts.certificates import members, sha256_of
from originlock.facts.origin import Missing, Tags
from originlock.facts.trust import Revocations, TrustStore, name_of_new_trust_store
from originlock.facts.unknown import Unknown
from originlock.intent.policy import Place

if TYPE_CHECKING:
    from mypy_boto3_elbv2 import ElasticLoadBalancingv2Client
    from mypy_boto3_elbv2.type_defs import DescribeTrustStoreRevocationTypeDef, TrustStoreTypeDef

MOST_BUNDLE: Final = 8 * 1024 * 1024
"""Our choice: a certificate has up to 16 KB and a store up to 25 of them (Application Load Balancers quotas); the
second can be raised."""

MOST_REVOCATIONS: Final = 64 * 1024 * 1024
"""Application Load Balancers quotas: a revocation list file has up to 50 MB; that cannot be raised."""

_IN_A_CALL: Final = 20
"""How many stores are asked for at once. The API reference names no bound; for load balancers it is 20."""

_GONE: Final = "TrustStoreNotFound"
_LIST: Final = re.compile(r"-----BEGIN X509 CRL-----([A-Za-z0-9+/=\s]*)-----END X509 CRL-----")


class TrustStoreReader:
    """Reads the trust stores of one place."""

    def __init__(self, sessions: Sessions, place: Place) -> None:
        self._sessions = sessions
        self._place = place

    def stores(self, targets: Iterable[str]) -> dict[str, TrustStore | Missing | Unknown]:
        """Trust stores by ARN, or by what `new_trust_store` calls them.

        Raises:
            CloudError: AWS cannot be asked at all.
        """
        wanted = dict.fromkeys(targets)
        names = {target: name for target in wanted if (name := name_of_new_trust_store(target)) is not None}
        arns = [target for target in wanted if target not in names]
        by_name = self._described(list(dict.fromkeys(names.values())), by="Name")
        found = self._described(arns, by="TrustStoreArn") | {target: by_name[name] for target, name in names.items()}
        there = {each["TrustStoreArn"]: each for each in found.values() if not isinstance(each, Missing | Unknown)}
        labels = labels_of(self._client, there)
        whole = {arn: self._whole(each, labels[arn]) for arn, each in there.items()}
        return {target: _of(target, found[target], whole) for target in wanted}

    @property
    def _client(self) -> ElasticLoadBalancingv2Client:
        return self._sessions.elbv2(self._place)

    def _described(self, asked: list[str], *, by: str) -> dict[str, TrustStoreTypeDef | Missing | Unknown]:
        """Some stores by ARN or by name, each under what it was asked for."""
        found: dict[str, TrustStoreTypeDef | Missing | Unknown] = {}
        for start in range(0, len(asked), _IN_A_CALL):
            found |= self._some(asked[start : start + _IN_A_CALL], by)
        return found

    def _some(self, asked: list[str], by: str) -> dict[str, TrustStoreTypeDef | Missing | Unknown]:
        answer = read(f"trust stores {', '.join(asked)}", functools.partial(self._describe, asked, by))
        if isinstance(answer, Unknown):
            return dict.fromkeys(asked, answer)
        if answer is None:
            # One that is not there makes the whole call fail.
            if len(asked) == 1:
                return {asked[0]: Missing(asked[0])}
            return {name: held for each in asked for name, held in self._some([each], by).items()}
        there = {each["Name"] if by == "Name" else each["TrustStoreArn"]: each for each in answer}
        return {each: there.get(each, Missing(each)) for each in asked}

    def _describe(self, asked: list[str], by: str) -> list[TrustStoreTypeDef] | None:
        pages = self._client.get_paginator("describe_trust_stores")
        told = pages.paginate(Names=asked) if by == "Name" else pages.paginate(TrustStoreArns=asked)
        try:
            return [each for page in told for each in page["TrustStores"]]
        except CallError as error:
            if code_of(error) == _GONE:
                return None
            raise

    def _whole(self, answer: TrustStoreTypeDef, tags: Tags | Unknown) -> TrustStore:
        arn = answer["TrustStoreArn"]
        bundle = read(f"the bundle of {arn}", functools.partial(self._bundle, arn))
        return TrustStore(
            id=arn,
            name=answer.get("Name", ""),
            status=answer.get("Status", ""),
            bundle=bundle,
            members=bundle if isinstance(bundle, Unknown) else members(bundle),
            tags=tags,
            revocations=read(f"the revocation lists of {arn}", functools.partial(self._revocations, arn)),
            used_by=read(f"the listeners that use {arn}", functools.partial(self._users, arn)),
        )

    def _bundle(self, arn: str) -> str:
        address = self._client.get_trust_store_ca_certificates_bundle(TrustStoreArn=arn)["Location"]
        return self._opened(address, MOST_BUNDLE).decode("ascii", "replace")

    def _opened(self, address: str, most_bytes: int) -> bytes:
        authorities = self._sessions.authorities(self._place)
        return opened(address, self._client.meta.endpoint_url, most_bytes, authorities)

    def _revocations(self, arn: str) -> tuple[Revocations, ...]:
        pages = self._client.get_paginator("describe_trust_store_revocations").paginate(TrustStoreArn=arn)
        told = [each for page in pages for each in page["TrustStoreRevocations"]]
        return tuple(sorted((self._list(arn, each) for each in told), key=lambda each: each.id))

    def _list(self, arn: str, answer: DescribeTrustStoreRevocationTypeDef) -> Revocations:
        number = answer["RevocationId"]
        sha256 = read(f"revocation list {number} of {arn}", functools.partial(self._sha256, arn, number))
        return Revocations(number, answer.get("NumberOfRevokedEntries", 0), sha256)

    def _sha256(self, arn: str, number: int) -> str:
        answer = self._client.get_trust_store_revocation_content(TrustStoreArn=arn, RevocationId=number)
        return list_sha256(self._opened(answer["Location"], MOST_REVOCATIONS))

    def _users(self, arn: str) -> tuple[str, ...]:
        pages = self._client.get_paginator("describe_trust_store_associations").paginate(TrustStoreArn=arn)
        told = (each for page in pages for each in page["TrustStoreAssociations"])
        return tuple(sorted(each["ResourceArn"] for each in told))


def list_sha256(body: bytes) -> str:
    """The SHA-256 of the DER of a revocation list that is PEM.

    Raises:
        NotReadError: it is no single revocation list.
    """
    found = _LIST.findall(body.decode("ascii", "replace"))
    if len(found) != 1:
        raise NotReadError(reason="it is not one revocation list")
    try:
        return sha256_of(base64.b64decode("".join(found[0].split()), validate=True))
    except binascii.Error:
        raise NotReadError(reason="it is not base64") from None


def _of(
    target: str, answer: TrustStoreTypeDef | Missing | Unknown, whole: dict[str, TrustStore]
) -> TrustStore | Missing | Unknown:
    match answer:
        case Missing():
            return Missing(target)
        case Unknown():
            return answer
        case _:
            return whole[answer["TrustStoreArn"]]
