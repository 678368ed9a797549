"""Trust stores, answered as AWS answers. moto does not have them.

Here live the actions on trust stores and on their revocation lists. Here must not live: what listeners do with them
(see `elb_mutual`), or what is a bundle (see `trust_bundle`).

'Elastic Load Balancing API reference', the actions on trust stores, for errors; their texts are guesses where no
source is named. Stores that are shared by another account are not in the lab.
"""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING, Any, Final

from moto.core.responses import ActionResult, EmptyResult
from moto.s3.exceptions import S3ClientError
from moto.s3.models import FakeKey, s3_backends

from originlock.lab import elb_paging, presigned
from originlock.lab.elb_errors import ElbCode, ElbRefusal, no_trust_store
from originlock.lab.elb_seam import CorrectedElbResponse, refusing
from originlock.lab.revocation_list import RevocationList, read_revocation_list
from originlock.lab.trust_bundle import BundleQuotas, ContentError, read_bundle
from originlock.lab.trust_store_state import (
    RevocationsView,
    TrustStore,
    TrustStoreView,
    new_arn,
    trust_stores,
    users_of,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

#: 'Elastic Load Balancing API reference', CreateTrustStore, Name.
_NAME: Final = re.compile(r"(?=.{1,32}\Z)([a-zA-Z0-9]+-)*[a-zA-Z0-9]+\Z")

#: 'Application Load Balancers', tags of trust stores.
MOST_TAGS: Final = 50


class TrustStoreAnswers(CorrectedElbResponse):
    """The actions on trust stores."""

    # --- making and unmaking ----------------------------------------------------------------------

    @refusing
    def create_trust_store(self) -> ActionResult:
        """Copy a bundle from S3 into a new store."""
        name = str(self.parameters.get("Name") or "")
        if not _NAME.match(name):
            raise ElbRefusal(ElbCode.VALIDATION, f"The trust store name '{name}' is not valid")
        held = trust_stores(self.elbv2_backend)
        if any(each.name == name for each in held.values()):
            raise ElbRefusal(ElbCode.DUPLICATE_TRUST_STORE, f"A trust store with the name '{name}' already exists")
        if len(held) >= self.settings.quota_trust_stores:
            raise ElbRefusal(ElbCode.TOO_MANY_TRUST_STORES, "The maximum number of trust stores has been reached")
        tags = self.parameters.get("Tags") or []
        _refuse_tags(tags)
        bundle, certificates = self._asked_bundle()
        made = TrustStore(
            arn=new_arn(self.elbv2_backend, name),
            name=name,
            bundle=bundle,
            certificates=certificates,
            ready=time.monotonic() + self.settings.trust_store_creating_ms / 1000,
        )
        held[made.arn] = made
        self.elbv2_backend.tagging_service.tag_resource(made.arn, tags)
        return ActionResult({"TrustStores": [_described(made.view)]})

    @refusing
    def modify_trust_store(self) -> ActionResult:
        """Replace the bundle as a whole; listeners that use the store follow."""
        held = self._named_store()
        held.replace(*self._asked_bundle())
        return ActionResult({"TrustStores": [_described(held.view)]})

    @refusing
    def delete_trust_store(self) -> ActionResult:
        """Refuse a store that listeners use."""
        held = self._named_store()
        if users_of(self.elbv2_backend, held.arn):
            raise ElbRefusal(ElbCode.TRUST_STORE_IN_USE, f"Trust store '{held.arn}' is currently in use by a listener")
        del trust_stores(self.elbv2_backend)[held.arn]
        self.elbv2_backend.tagging_service.delete_all_tags_for_resource(held.arn)
        return EmptyResult()

    # --- reading ------------------------------------------------------------------------------------

    @refusing
    def describe_trust_stores(self) -> ActionResult:
        """All, or those that are named, by ARN or by name."""
        arns = self.parameters.get("TrustStoreArns") or []
        names = self.parameters.get("Names") or []
        if arns and names:
            raise ElbRefusal(ElbCode.VALIDATION, "Trust store ARNs and names cannot be specified at the same time")
        held = self.seen("trust_stores").trust_stores
        asked = {*arns, *names}
        for each in (*arns, *names):
            if not any(each in {store.arn, store.name} for store in held):
                raise no_trust_store(each)
        found, marker = elb_paging.page(
            [each for each in held if not asked or {each.arn, each.name} & asked],
            self.parameters,
            key=lambda each: each.arn,
        )
        return ActionResult({"TrustStores": [_described(each) for each in found], "NextMarker": marker})

    @refusing
    def describe_trust_store_associations(self) -> ActionResult:
        """The listeners that verify by a store. That they are told, and not their load balancers, is a guess."""
        users = users_of(self.elbv2_backend, self._named_store().arn)
        found, marker = elb_paging.page(users, self.parameters, key=str)
        told = [{"ResourceArn": each} for each in found]
        return ActionResult({"TrustStoreAssociations": told, "NextMarker": marker})

    @refusing
    def get_trust_store_ca_certificates_bundle(self) -> ActionResult:
        """An address that opens the bundle for 10 minutes."""
        held = self._named_store()
        return self._address(held, f"{held.version}/ca-certificates-bundle.pem", held.bundle)

    @refusing
    def get_resource_policy(self) -> ActionResult:
        """None has any: stores are not shared in the lab."""
        arn = str(self.parameters.get("ResourceArn") or "")
        raise ElbRefusal(ElbCode.NO_RESOURCE, f"The resource policy of '{arn}' was not found")

    @refusing
    def delete_shared_trust_store_association(self) -> ActionResult:
        """Refuse: all associations are of one account."""
        held = self._named_store()
        if str(self.parameters.get("ResourceArn")) not in users_of(self.elbv2_backend, held.arn):
            raise ElbRefusal(ElbCode.NO_ASSOCIATION, "The specified association does not exist")
        raise ElbRefusal(ElbCode.SAME_ACCOUNT, "The specified association can't be within the same account")

    # --- revocation lists -----------------------------------------------------------------------------

    @refusing
    def add_trust_store_revocations(self) -> ActionResult:
        """Copy revocation lists from S3, all or none of them; each gets an id."""
        held = self._named_store()
        asked = self.parameters.get("RevocationContents") or []
        read = [self._asked_list(held, each) for each in asked]
        self._refuse_too_many(held, read)
        added = [RevocationsView(held.revoke(each), each.entries) for each in read]
        return ActionResult({"TrustStoreRevocations": [_told(held.arn, each) for each in added]})

    @refusing
    def remove_trust_store_revocations(self) -> ActionResult:
        """Remove all of these, or none."""
        held = self._named_store()
        asked = self._asked_ids(held.view)
        for each in asked:
            del held.revocations[each]
        return EmptyResult()

    @refusing
    def describe_trust_store_revocations(self) -> ActionResult:
        """All lists of a store, or those that are named by id."""
        arn = self._named_store().arn
        seen = [each for each in self.seen("trust_stores").trust_stores if each.arn == arn]
        if not seen:
            raise no_trust_store(arn)
        asked = self._asked_ids(seen[0])
        found, marker = elb_paging.page(
            [each for each in seen[0].revocations if not asked or each.revocation_id in asked],
            self.parameters,
            key=lambda each: f"{each.revocation_id:020}",
        )
        return ActionResult({"TrustStoreRevocations": [_told(arn, each) for each in found], "NextMarker": marker})

    @refusing
    def get_trust_store_revocation_content(self) -> ActionResult:
        """An address that opens a revocation list for 10 minutes."""
        held = self._named_store()
        (asked,) = self._ids_of([self.parameters["RevocationId"]], held.view)
        return self._address(held, f"revocations/{asked}.pem", held.revocations[asked].pem.encode())

    # --- what is asked ------------------------------------------------------------------------------

    def _named_store(self) -> TrustStore:
        arn = str(self.parameters.get("TrustStoreArn") or "")
        held = trust_stores(self.elbv2_backend).get(arn)
        if held is None:
            raise no_trust_store(arn)
        return held

    def _asked_ids(self, view: TrustStoreView) -> Sequence[int]:
        return self._ids_of(self.parameters.get("RevocationIds") or [], view)

    @staticmethod
    def _ids_of(asked: Sequence[Any], view: TrustStoreView) -> Sequence[int]:
        known = {each.revocation_id for each in view.revocations}
        ids = list(dict.fromkeys(int(each) for each in asked))
        for each in ids:
            if each not in known:
                raise ElbRefusal(ElbCode.NO_REVOCATION_ID, f"The revocation ID '{each}' does not exist")
        return ids

    def _asked_bundle(self) -> tuple[bytes, Any]:
        params = self.parameters
        body = self._content(
            str(params.get("CaCertificatesBundleS3Bucket") or ""),
            str(params.get("CaCertificatesBundleS3Key") or ""),
            params.get("CaCertificatesBundleS3ObjectVersion"),
        )
        if body is None:
            raise ElbRefusal(ElbCode.NO_BUNDLE, "The specified ca certificate bundle does not exist")
        settings = self.settings
        quotas = BundleQuotas(
            certificates=settings.quota_ca_certificates, subjects_bytes=settings.quota_ca_subjects_bytes
        )
        try:
            return body, read_bundle(body, quotas)
        except ContentError as error:
            raise ElbRefusal(
                ElbCode.BAD_BUNDLE, f"The specified ca certificate bundle is in an invalid format: {error}"
            ) from None

    def _asked_list(self, held: TrustStore, asked: Mapping[str, Any]) -> RevocationList:
        if asked.get("RevocationType", "CRL") != "CRL":
            raise ElbRefusal(ElbCode.VALIDATION, f"The revocation type '{asked['RevocationType']}' is not valid")
        body = self._content(
            str(asked.get("S3Bucket") or ""), str(asked.get("S3Key") or ""), asked.get("S3ObjectVersion")
        )
        if body is None:
            raise ElbRefusal(ElbCode.NO_REVOCATIONS, "The specified revocation file does not exist")
        try:
            return read_revocation_list(body, held.certificates, delta_taken=self.settings.delta_revocation_lists_taken)
        except ContentError as error:
            raise ElbRefusal(
                ElbCode.BAD_REVOCATIONS,
                f"The provided revocation file is an invalid format, or uses an incorrect algorithm: {error}",
            ) from None

    def _refuse_too_many(self, held: TrustStore, read: Sequence[RevocationList]) -> None:
        """Refuse more entries, or more lists, than the quotas allow. That one code is for both is a guess."""
        entries = held.view.revoked + sum(each.entries for each in read)
        lists = len(held.revocations) + len(read)
        if entries > self.settings.quota_revocation_entries or lists > self.settings.quota_revocation_lists:
            raise ElbRefusal(ElbCode.TOO_MANY_REVOCATIONS, "The specified trust store has too many revocation entries")

    def _content(self, bucket: str, key: str, version: object) -> bytes | None:
        """What an object holds, or None where there is none."""
        s3 = s3_backends[self.current_account]["aws"]
        try:
            found = s3.get_object(bucket, key, None if version is None else str(version))
        except S3ClientError:
            return None
        return found.value if isinstance(found, FakeKey) else None

    def _address(self, held: TrustStore, name: str, body: bytes) -> ActionResult:
        host = str(self.normalized_request.environ.get("HTTP_HOST", ""))
        path = f"{self.region}/{held.arn.rpartition('/')[2]}/{name}"
        return ActionResult({"Location": presigned.OPEN.address(host, path, body, self.settings.presigned_seconds)})


def _refuse_tags(tags: Sequence[Mapping[str, str]]) -> None:
    keys = [each["Key"] for each in tags]
    if len(keys) > MOST_TAGS:
        raise ElbRefusal(ElbCode.TOO_MANY_TAGS, f"At most {MOST_TAGS} tags can be specified")
    for each in keys:
        if keys.count(each) > 1:
            raise ElbRefusal(ElbCode.DUPLICATE_TAGS, f"Tag key was specified more than once: {each}")


def _described(view: TrustStoreView) -> Mapping[str, object]:
    return {
        "Name": view.name,
        "TrustStoreArn": view.arn,
        "Status": view.status,
        "NumberOfCaCertificates": view.certificates,
        "TotalRevokedEntries": view.revoked,
    }


def _told(arn: str, view: RevocationsView) -> Mapping[str, object]:
    return {
        "TrustStoreArn": arn,
        "RevocationId": view.revocation_id,
        "RevocationType": "CRL",
        "NumberOfRevokedEntries": view.entries,
    }
