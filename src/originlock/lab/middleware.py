"""The lab's WSGI application: moto's, with a call log, faults, throttling and a control room.

Here lives what befalls one call, in order: latency, a number, throttling or a fault, the call
itself, the log. Here must not live: what EC2 does (see `ec2_answers`) or sockets (see `keepalive`).

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
from typing import TYPE_CHECKING

from originlock.lab import iam, wire
from originlock.lab.calls import Call, CallLog
from originlock.lab.ec2_seam import STALE
from originlock.lab.ec2_state import read_region
from originlock.lab.faults import (
    ERRORS,
    AwsError,
    FaultBox,
    FaultKind,
    Gate,
    error_of,
    is_reading,
)
from originlock.lab.settings import TokenBuckets

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

    from originlock.lab.calls import IngressRule
    from originlock.lab.ec2_state import History
    from originlock.lab.settings import Settings

#: A call that hangs is let go at last, so that no server outlives its test for ever.
MOST_HANGING_SECONDS = 120.0

#: With these nothing is done and nothing is said: only the log knows of the call.
NOT_DONE = frozenset({FaultKind.DROP_BEFORE, FaultKind.HANG_BEFORE})


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
    log: CallLog = field(default_factory=CallLog)
    faults: FaultBox = field(default_factory=FaultBox)
    gate: Gate = field(default_factory=Gate)
    buckets: TokenBuckets = field(default_factory=TokenBuckets)
    lock: RLock = field(default_factory=RLock)

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

    # --- one call ---------------------------------------------------------------------------

    def _answer(self, environ: WSGIEnvironment, asked: wire.Asked) -> Answered:
        with self.lock:
            fault = self.faults.take(asked.service, asked.action)
            call = Call(
                number=self.log.next_number(),
                service=asked.service,
                action=asked.action,
                parameters=asked.parameters,
                fault=fault,
            )
            self.log.put(call)
            answered = None if fault in NOT_DONE else self._befall(environ, call, fault)
        if fault in {FaultKind.HANG_BEFORE, FaultKind.HANG_AFTER}:
            self.gate.wait(MOST_HANGING_SECONDS)
        if answered is None or fault is FaultKind.DROP_AFTER:
            raise DropConnectionError
        return answered

    def _befall(self, environ: WSGIEnvironment, call: Call, fault: FaultKind | None) -> Answered:
        error = None if fault is None else error_of(fault, call.parameters)
        if error is None and not self._admitted(call):
            error = ERRORS[FaultKind.THROTTLE]
        if error is None and self.settings.iam:
            error = iam.refusal(environ, call)
        if error is not None:
            answered = _refusal(environ, call, error)
        else:
            if fault is FaultKind.STALE:
                environ[STALE] = True
            answered = self._do(environ, call)
        said = fault is not FaultKind.DROP_AFTER
        self.log.put(
            replace(
                call,
                status=answered.code if said else None,
                error=wire.error_code(answered.code, answered.body),
                ingress=self._ingress_after(call),
            )
        )
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

    def _ingress_after(self, call: Call) -> tuple[IngressRule, ...] | None:
        if call.service != "ec2" or is_reading(call.action):
            return None
        from moto.ec2.models import ec2_backends  # noqa: PLC0415 - only after the corrections

        return tuple(
            rule.logged
            for account in ec2_backends.values()
            for backend in account.values()
            for group in read_region(backend).groups
            for rule in group.direction(egress=False)
        )


def _refusal(environ: WSGIEnvironment, call: Call, error: AwsError) -> Answered:
    answer = wire.error_answer(call.service, error, json_protocol="HTTP_X_AMZ_TARGET" in environ)
    status = HTTPStatus(answer.status)
    return Answered(f"{answer.status} {status.phrase}", [("Content-Type", answer.content_type)], answer.body)
