"""Certificates of listeners, with their keys, as they were imported.

Here lives the reading of moto's ACM and IAM. Here must not live: the answers of these two services, which are moto's,
or what listeners do with certificates.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from moto.acm.models import AWS_ROOT_CA, acm_backends
from moto.iam.models import iam_backends

from originlock.lab.blueprint import Certificate

if TYPE_CHECKING:
    from collections.abc import Mapping


def certificates_of(account: str, region: str) -> Mapping[str, Certificate]:
    """All certificates that listeners of an account and Region can have, by ARN."""
    acm = _held(acm_backends, account, region)
    found = {} if acm is None else {arn: _of_acm(held) for arn, held in acm._certificates.items()}  # noqa: SLF001 - moto's
    iam = _held(iam_backends, account, "aws")
    if iam is not None:
        found |= {held.arn: _of_iam(held) for held in iam.certificates.values()}
    return found


def _held(backends: Any, account: str, place: str) -> Any:  # noqa: ANN401 - moto's objects
    """A service of an account and Region, or None where nobody has used it yet."""
    # By dict's own get: asking moto's way makes what is not there.
    of_account = dict.get(backends, account)
    return None if of_account is None else dict.get(of_account, place)


def _of_acm(held: Any) -> Certificate:  # noqa: ANN401 - moto's object
    # moto adds Amazon's root to every chain, also of what others issued.
    chain = held.chain.removesuffix(AWS_ROOT_CA + b"\n").strip()
    return Certificate(held.arn, _joined(held.cert.decode(), chain.decode()), _lines(held.key.decode()))


def _of_iam(held: Any) -> Certificate:  # noqa: ANN401 - moto's object
    return Certificate(held.arn, _joined(held.cert_body, held.cert_chain or ""), _lines(held.private_key))


def _joined(leaf: str, chain: str) -> str:
    return "".join(_lines(each) for each in (leaf, chain) if each.strip())


def _lines(pem: str) -> str:
    return pem.strip() + "\n"
