"""The lab's WSGI application: moto's, with a call log, faults, throttling and a control room.

Here lives what befalls one call, in order: latency, a number, throttling or a fault, the call
itself, the log, the telling of whoever follows. Here must not live: what EC2 does (see `ec2_answers`) or sockets (see
`keepalive`).

One lock holds while a call is numbered, done and logged: moto is not safe for threads, and the
log is then in the order in which the calls took effect.
"""

from __future__ import annotations

import io
import sys
import time
import traceback
from dataclasses import dataclass, field, replace
from http import HTTPStatus
from threading import RLock
from typing import TYPE_CHECKING, Any

from originlock.lab import iam, wire
from originlock.lab.blueprint import encoded
from originlock.lab.blueprint_state import read_blueprint
from originlock.lab.calls import Call, CallLog, LoadBalancerState, PrefixListState
from originlock.lab.ec2_seam import STALE
from originlock.lab.ec2_state import read_region
from originlock.lab.elb_health import CHECKED_TYPES, reaches
from originlock.lab.fault_errors import THROTTLED, AwsError, error_of
from originlock.lab.faults import FaultBox, FaultKind, Gate, is_reading
from originlock.lab.metric_state import plant
from originlock.lab.settings import TokenBuckets

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

    from originlock.lab.blueprint import Blueprint
    from originlock.lab.ec2_state import History, RegionView
    from originlock.lab.elb_state import BalancerView
    from originlock.lab.follower import Follower
    from originlock.lab.price_list import PriceListState
    from originlock.lab.settings import Settings

#: A call that hangs is let go at last, so that no server outlives its test for ever.
MOST_HANGING_SECONDS = 120.0

#: With these nothing is done and nothing is said: only the log knows of the call.
NOT_DONE = frozenset({FaultKind.DROP_BEFORE, FaultKind.HANG_BEFORE})


#: Calls of these can change what the data plane is to be like.
FOLLOWED = frozenset({"ec2", "elbv2", "acm", "iam"})

#: After calls of these that change something, the log has what AWS then held.
SAMPLED = frozenset({"ec2", "elbv2"})


class DropConnectionError(ConnectionAbortedError):
    """Close the connection without an answer; the server of `keepalive` knows it."""


@dataclass(frozen=True, slots=True)
class Answered:
    """A whole answer."""

    status: str
    headers: Sequence[tuple[str, str]]
    body: bytes

    @property
    def code(self) -> int:
        """The HTTP status as a number."""
        return int(self.status.split(" ", 1)[0])


@dataclass(slots=True)
class Lab:
    """The application, and all that tests may ask of it."""

    aws: WSGIApplication
    settings: Settings
    history: History
    reset_moto: Callable[[], None]
    prices: PriceListState
    log: CallLog = field(default_factory=CallLog)
    faults: FaultBox = field(default_factory=FaultBox)
    gate: Gate = field(default_factory=Gate)
    buckets: TokenBuckets = field(default_factory=TokenBuckets)
    lock: RLock = field(default_factory=RLock)
    follower: Follower | None = None
    _pushes: int = 0

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer one AWS call, or none: raises DropConnectionError."""
        length = int(environ.get("CONTENT_LENGTH") or 0)
        body = environ["wsgi.input"].read(length) if length else b""
        environ["wsgi.input"] = io.BytesIO(body)
        if self.settings.latency_ms:
            time.sleep(self.settings.latency_ms / 1000)
        answered = self._answer(environ, wire.asked(environ, body))
        start_response(answered.status, list(answered.headers))
        return [answered.body]

    def reset(self) -> None:
        """Forget everything: what AWS holds, the log, faults and settings."""
        self.gate.release()
        with self.lock:
            self.faults.clear()
            self.settings.reset()
            self.buckets.clear()
            self.reset_moto()
            self.history.clear()
            self.log.clear()
            push = self._to_push()
        push()

    def plant(self, given: Mapping[str, Any]) -> None:
        """Plant a metric's minutes; raises ValueError, LookupError."""
        with self.lock:
            plant(given)

    # --- whoever follows --------------------------------------------------------------------

    def blueprint(self) -> Blueprint:
        """What the data plane is to be like now."""
        with self.lock:
            return read_blueprint(self.settings)

    def push(self, *, anew: bool = False) -> None:
        """Tell the follower, if there is one, what it may not know yet; `anew` even if it should."""
        with self.lock:
            if anew and self.follower is not None:
                self.follower.forget()
            push = self._to_push()
        push()

    def _to_push(self) -> Callable[[], None]:
        """Return what tells the follower of the world as it is now. Callers hold the lab's lock, and call it without.

        The follower may call the local AWS itself meanwhile, as a load balancer that writes its logs.
        """
        follower = self.follower
        if follower is None:
            return _nothing
        self._pushes += 1
        number, line, seconds = self._pushes, encoded(read_blueprint(self.settings)), self.settings.follower_seconds
        delay = self.settings.propagation_ms / 1000
        if delay > 0:
            return lambda: follower.later(number, line, seconds, delay=delay)
        return lambda: follower.push(number, line, seconds)

    # --- one call ---------------------------------------------------------------------------

    def _answer(self, environ: WSGIEnvironment, asked: wire.Asked) -> Answered:
        with self.lock:
            fault = self.faults.take(asked.service, asked.action, asked.parameters)
            call = Call(
                number=self.log.next_number(),
                service=asked.service,
                action=asked.action,
                parameters=wire.without_secrets(asked.parameters),
                fault=fault,
            )
            self.log.put(call)
            answered = None if fault in NOT_DONE else self._befall(environ, call, fault)
            push = self._to_push() if asked.service in FOLLOWED and not is_reading(asked.action) else _nothing
        push()
        if fault in {FaultKind.HANG_BEFORE, FaultKind.HANG_AFTER}:
            self.gate.wait(MOST_HANGING_SECONDS)
        if answered is None or fault is FaultKind.DROP_AFTER:
            raise DropConnectionError
        return answered

    def _befall(self, environ: WSGIEnvironment, call: Call, fault: FaultKind | None) -> Answered:
        error = None if fault is None else error_of(fault, call.service, call.action, call.parameters)
        if error is None and not self._admitted(call):
            error = THROTTLED
        if error is None and self.settings.iam:
            error = iam.refusal(environ, call, reads_as_caller=self.settings.trust_stores_read_as_caller)
        if error is not None:
            answered = _refusal(environ, call, error)
        else:
            if fault is FaultKind.STALE:
                environ[STALE] = True
            answered = self._do(environ, call)
        said = fault is not FaultKind.DROP_AFTER
        told = replace(
            call,
            status=answered.code if said else None,
            error=wire.error_code(answered.code, answered.body),
        )
        self.log.put(self._sampled(told))
        return answered

    def _admitted(self, call: Call) -> bool:
        throttle = self.settings.throttle
        if throttle is None or call.service != "ec2":
            return True
        bucket = throttle.reads if is_reading(call.action) else throttle.mutating
        return self.buckets.take(call.action, bucket, time.monotonic())

    def _do(self, environ: WSGIEnvironment, call: Call) -> Answered:
        started: list[tuple[str, Sequence[tuple[str, str]]]] = []

        def start_response(
            status: str,
            headers: list[tuple[str, str]],
            exc_info: object = None,  # noqa: ARG001 - WSGI's signature
        ) -> Callable[[bytes], object]:
            started.append((status, headers))
            return io.BytesIO().write

        try:
            body = b"".join(self.aws(environ, start_response))
        except NotImplementedError as error:
            # moto's answer would be HTML, which botocore cannot read.
            text = f"The lab does not know this action: {error}"
            return _refusal(environ, call, AwsError(400, "InvalidAction", text))
        except Exception:  # noqa: BLE001 - the process's boundary: a fault of moto must be seen
            traceback.print_exc(file=sys.stderr)
            text = "The lab failed; its standard error says why."
            return _refusal(environ, call, AwsError(500, "InternalError", text))
        status, headers = started[-1]
        return Answered(status, headers, body)

    def _sampled(self, call: Call) -> Call:
        """Return the call with what AWS held after it, if it was one that changes what is sampled."""
        if call.service not in SAMPLED or is_reading(call.action):
            return call
        from moto.ec2.models import ec2_backends  # noqa: PLC0415 - only after the corrections

        regions = [read_region(backend) for account in ec2_backends.values() for backend in account.values()]
        rules = (rule for region in regions for group in region.groups for rule in group.direction(egress=False))
        return replace(
            call,
            ingress=tuple(rule.logged for rule in rules),
            balancers=tuple(_logged(region, each) for region in regions for each in region.balancers),
            prefix_lists=tuple(
                PrefixListState(each.list_id, each.name, each.entries)
                for region in regions
                for each in region.prefix_lists
                if each.owner_id != "AWS"
            ),
        )


def _nothing() -> None:
    """Tell nobody."""


def _logged(region: RegionView, balancer: BalancerView) -> LoadBalancerState:
    cut_off = [
        str(target)
        for group in region.target_groups
        if balancer.arn in group.balancer_arns and group.target_type in CHECKED_TYPES
        for target in group.targets
        if not reaches(region, balancer, group, target)
    ]
    return LoadBalancerState(balancer.arn, balancer.group_ids, tuple(cut_off))


def _refusal(environ: WSGIEnvironment, call: Call, error: AwsError) -> Answered:
    answer = wire.error_answer(call.service, error, json_protocol="HTTP_X_AMZ_TARGET" in environ)
    status = HTTPStatus(answer.status)
    return Answered(f"{answer.status} {status.phrase}", [("Content-Type", answer.content_type)], answer.body)
