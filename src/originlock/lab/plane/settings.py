"""One listener at one address, as new connections and requests find it.

Here lives what is made of a blueprint's listener once, for all its connections. Here must not live: sockets.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from originlock.lab.plane.contexts import UnusableListenerError, contexts_of
from originlock.lab.plane.rules import UnknownRuleError, rulebook
from originlock.lab.plane.verdict import Leniency

if TYPE_CHECKING:
    from originlock.lab.blueprint import Balancer, Behaviour, Listener
    from originlock.lab.plane.contexts import Contexts
    from originlock.lab.plane.rules import Rulebook

#: Defaults of the load balancer's attributes (ModifyLoadBalancerAttributes in the API reference).
_IDLE_SECONDS: Final = 60.0
_KEEP_ALIVE_SECONDS: Final = 3600.0


@dataclass(frozen=True, slots=True)
class Setting:
    """A listener, ready to serve.

    Attributes:
        address: the load balancer's, as its logs name it.
        contexts: None for HTTP.
        strips: whether headers of mutual TLS that a client sent are taken away where the load balancer sets none;
            whether ALB does is not documented.
    """

    balancer: Balancer
    listener: Listener
    address: str
    rules: Rulebook
    contexts: Contexts | None
    leniency: Leniency
    strips: bool

    @property
    def scheme(self) -> str:
        """``http`` or ``https``."""
        return "http" if self.contexts is None else "https"

    @property
    def log_name(self) -> str:
        """The load balancer as logs name it: ``app/name/id``."""
        return self.balancer.arn.rpartition(":loadbalancer/")[2]

    def attribute(self, name: str, default: str) -> str:
        """An attribute of the load balancer."""
        return self.balancer.attributes.get(name, default)

    @property
    def idle_seconds(self) -> float:
        """After so long without a byte a connection is closed, and a target has not answered in time."""
        return _seconds(self.balancer.attributes.get("idle_timeout.timeout_seconds"), _IDLE_SECONDS)

    @property
    def keep_alive_seconds(self) -> float:
        """After so long a connection's next answer is its last."""
        return _seconds(self.balancer.attributes.get("client_keep_alive.seconds"), _KEEP_ALIVE_SECONDS)


def _seconds(text: str | None, default: float) -> float:
    try:
        return default if text is None else float(text)
    except ValueError:
        return default


@dataclass(frozen=True, slots=True)
class Made:
    """A listener's contexts and rules, and what they were made of."""

    listener: Listener
    rules: Rulebook
    contexts: Contexts | None


class Workshop:
    """Makes contexts and rules, and each of them once only as long as what it is made of stays the same."""

    def __init__(self) -> None:
        self._made: dict[str, Made] = {}

    def made(self, listener: Listener) -> Made:
        """Make what a listener needs.

        Raises:
            UnusableListenerError: it cannot be served.
        """
        if listener.protocol not in {"HTTP", "HTTPS"}:
            text = f"an Application Load Balancer has no protocol {listener.protocol!r}"
            raise UnusableListenerError(text)
        before = self._made.get(listener.arn)
        if before is not None and before.listener == listener:
            return before
        try:
            rules = rulebook(listener)
        except UnknownRuleError as error:
            raise UnusableListenerError(str(error)) from error
        made = Made(listener, rules, self._contexts(listener, before))
        self._made[listener.arn] = made
        return made

    def forget(self, arns: frozenset[str]) -> None:
        """Forget all listeners but these."""
        self._made = {arn: made for arn, made in self._made.items() if arn in arns}

    @staticmethod
    def _contexts(listener: Listener, before: Made | None) -> Contexts | None:
        if listener.protocol != "HTTPS":
            return None
        if before is not None and _tls(before.listener) == _tls(listener):
            return before.contexts
        return contexts_of(listener)


def _tls(listener: Listener) -> tuple[object, ...]:
    return (listener.protocol, listener.ssl_policy, listener.certificates, listener.mutual_tls)


def setting(made: Made, balancer: Balancer, address: str, behaviour: Behaviour, *, strips: bool) -> Setting:
    """Set a listener up at one of its load balancer's addresses."""
    leniency = Leniency(made.listener.mutual_tls.ignore_client_certificate_expiry, behaviour)
    return Setting(balancer, made.listener, address, made.rules, made.contexts, leniency, strips)
