"""What MutualAuthentication a listener may have.

Here lives the reading of what a request asks, and its refusals. Here must not live: trust stores themselves (see
`elb_trust_stores`), listeners (see `elb_listeners`), or TLS.

The codes and texts of what a mode does not support: hashicorp/terraform-provider-aws issue 34861 (ignoring expiry) and
app-sre/qontract-reconcile pull request 5142 (trust store), both for passthrough. What has no source is said to be a
guess.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from originlock.lab.elb_errors import ElbCode, ElbRefusal, no_trust_store
from originlock.lab.trust_store_state import VERIFY, mutual_authentication, trust_stores

if TYPE_CHECKING:
    from collections.abc import Mapping

#: 'Elastic Load Balancing API reference', MutualAuthenticationAttributes, Mode.
_MODES: Final = ("off", "passthrough", VERIFY)

#: 'Quotas for your Application Load Balancers': listeners using mutual TLS verify per load balancer; not adjustable.
MOST_VERIFYING: Final = 2

#: What only verify knows, and how a refusal of another mode names it; the last is a guess.
_VERIFY_ONLY: Final[Mapping[str, str]] = {
    "TrustStoreArn": "trust store",
    "IgnoreClientCertificateExpiry": "ignoring certificate expiry",
    "AdvertiseTrustStoreCaNames": "advertising trust store CA names",
}


def asked_mutual(
    asked: Mapping[str, Any] | None,
    *,
    protocol: str,
    kept: Mapping[str, Any],
    backend: Any,  # noqa: ANN401 - moto's backend
) -> Mapping[str, Any] | None:
    """Return what a listener is to have after a request, or refuse; None for a listener that cannot have any.

    What is not asked for stays (`kept`): only Mode=off turns it off. That what is asked for replaces all of it, and is
    not put together with what was, is a guess.
    """
    if protocol != "HTTPS":
        if asked:
            # A guess: the API reference says "[HTTPS listeners]".
            raise ElbRefusal(
                ElbCode.VALIDATION, "Mutual Authentication can only be specified for listeners of protocol HTTPS"
            )
        return None
    if asked is None:
        # That a plain one says so: go-to-k/cdk-real-drift issue 1698.
        return kept or {"Mode": "off"}
    mode = str(asked.get("Mode") or "off")
    if mode not in _MODES:
        raise ElbRefusal(ElbCode.VALIDATION, f"Mutual Authentication mode '{mode}' must be one of {list(_MODES)}")
    if mode != VERIFY:
        for name, words in _VERIFY_ONLY.items():
            if asked.get(name) is not None:
                raise ElbRefusal(ElbCode.VALIDATION, f"Mutual Authentication mode {mode} does not support {words}")
        return {"Mode": mode}
    return _verifying(asked, backend)


def _verifying(asked: Mapping[str, Any], backend: Any) -> Mapping[str, Any]:  # noqa: ANN401 - moto's backend
    arn = asked.get("TrustStoreArn")
    if not arn:
        # A guess.
        raise ElbRefusal(ElbCode.VALIDATION, "Mutual Authentication mode verify requires a trust store")
    held = trust_stores(backend).get(str(arn))
    if held is None:
        raise no_trust_store(str(arn))
    if held.view.status != "ACTIVE":
        raise ElbRefusal(ElbCode.TRUST_STORE_NOT_READY, f"Trust store '{arn}' is not active")
    advertised = str(asked.get("AdvertiseTrustStoreCaNames") or "off")
    if advertised not in {"on", "off"}:
        raise ElbRefusal(ElbCode.VALIDATION, f"AdvertiseTrustStoreCaNames '{advertised}' must be one of ['on', 'off']")
    # What is told of what was not asked: go-to-k/cdk-real-drift issue 1698.
    return {
        "Mode": VERIFY,
        "TrustStoreArn": held.arn,
        "IgnoreClientCertificateExpiry": str(asked.get("IgnoreClientCertificateExpiry", False)).lower() == "true",
        "TrustStoreAssociationStatus": "active",
        "AdvertiseTrustStoreCaNames": advertised,
    }


def refuse_too_many_verifying(
    balancer: Any,  # noqa: ANN401 - moto's objects
    told: Mapping[str, Any] | None,
    *,
    other_than: Any = None,  # noqa: ANN401
) -> None:
    """Refuse one listener with verify more than a load balancer can have; code and text are guesses."""
    if told is None or told["Mode"] != VERIFY:
        return
    others = [
        each
        for each in balancer.listeners.values()
        if each is not other_than and mutual_authentication(each).get("Mode") == VERIFY
    ]
    if len(others) >= MOST_VERIFYING:
        raise ElbRefusal(
            ElbCode.INVALID_CONFIGURATION,
            f"A load balancer can have at most {MOST_VERIFYING} listeners with Mutual Authentication mode verify",
        )
