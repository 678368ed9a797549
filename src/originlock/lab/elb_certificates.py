"""Which certificates a listener has, answered as AWS answers.

Here live the default one, those for SNI, and whether they exist. Here must not live: keys (see `certificate_state`).

moto keeps one list, of which the first is the default: it forgets those for SNI when the default changes, and takes
certificates that do not exist.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from moto.core.responses import ActionResult, EmptyResult

from originlock.lab import elb_paging
from originlock.lab.certificate_state import certificates_of
from originlock.lab.elb_errors import ElbCode, ElbRefusal, no_listener
from originlock.lab.elb_seam import CorrectedElbResponse, refusing
from originlock.lab.world_balancers import CERTIFICATE

if TYPE_CHECKING:
    from collections.abc import Sequence

#: 'Quotas for your Application Load Balancers': certificates per load balancer, not counting default ones.
MOST_CERTIFICATES: Final = 25

SECURE: Final = frozenset({"HTTPS", "TLS"})


class CertificateAnswers(CorrectedElbResponse):
    """The actions on listeners' certificates."""

    @refusing
    def add_listener_certificates(self) -> ActionResult:
        """Add to those for SNI; one that is there already stays there once."""
        listener = self.named_listener()
        asked = self._asked_certificates()
        for_sni = list(dict.fromkeys([*listener.certificates[1:], *asked]))
        balancer = self.elbv2_backend.load_balancers[listener.load_balancer_arn]
        others = sum(len(each.certificates[1:]) for each in balancer.listeners.values() if each is not listener)
        if len(for_sni) + others > MOST_CERTIFICATES:
            raise ElbRefusal(
                ElbCode.TOO_MANY_CERTIFICATES,
                "You've reached the limit on the number of certificates per load balancer",
            )
        listener.certificates = [listener.certificate, *for_sni]
        return ActionResult({"Certificates": [{"CertificateArn": each, "IsDefault": False} for each in asked]})

    @refusing
    def describe_listener_certificates(self) -> ActionResult:
        """The default one first."""
        held = self.named_listener().certificates
        told = [{"CertificateArn": each, "IsDefault": number == 0} for number, each in enumerate(held)]
        numbered = {f"{number:05}": each for number, each in enumerate(told)}
        found, marker = elb_paging.page(list(numbered), self.parameters, key=str)
        return ActionResult({"Certificates": [numbered[each] for each in found], "NextMarker": marker})

    @refusing
    def remove_listener_certificates(self) -> ActionResult:
        """Take from those for SNI; the default one is not of these."""
        listener = self.named_listener()
        asked = {each["CertificateArn"] for each in self.parameters.get("Certificates") or []}
        default, *for_sni = listener.certificates or [None]
        if default in asked and default not in for_sni:
            raise ElbRefusal(ElbCode.NOT_PERMITTED, "The default certificate cannot be removed")
        if default is not None:
            listener.certificates = [default, *(each for each in for_sni if each not in asked)]
        return EmptyResult()

    # --- for listeners ------------------------------------------------------------------------------

    def named_listener(self) -> Any:  # noqa: ANN401 - moto's object
        """Return moto's listener that the request names, or refuse."""
        arn = str(self.parameters.get("ListenerArn") or "")
        for balancer in self.elbv2_backend.load_balancers.values():
            if arn in balancer.listeners:
                return balancer.listeners[arn]
        raise no_listener(arn)

    def asked_default(self, protocol: str) -> str | None:
        """Return the certificate that a request gives a listener of a protocol; None for one without any."""
        asked = self._asked_certificates()
        if protocol not in SECURE:
            if asked:
                # A guess.
                raise ElbRefusal(ElbCode.VALIDATION, f"Certificates cannot be specified for {protocol} listeners")
            return None
        if len(asked) > 1:
            # 'Elastic Load Balancing API reference', CreateListener: "exactly one". Code and text are guesses.
            raise ElbRefusal(ElbCode.VALIDATION, "You must specify exactly one certificate")
        return asked[0] if asked else None

    def _asked_certificates(self) -> Sequence[str]:
        """The certificates that a request names; all must be there.

        One that every account has, without a key, is for worlds that do not ask for one.
        """
        asked = [str(each["CertificateArn"]) for each in self.parameters.get("Certificates") or []]
        if asked and set(asked) != {CERTIFICATE}:
            known = {*certificates_of(self.current_account, self.region), CERTIFICATE}
            for each in asked:
                if each not in known:
                    raise ElbRefusal(ElbCode.NO_CERTIFICATE, f"Certificate '{each}' not found")
        return asked
