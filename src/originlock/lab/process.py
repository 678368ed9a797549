"""The local AWS from the outside: start it, steer it, ask what it was asked, and stop it.

Here lives the client of `server` and `control`, over a pipe and HTTP alone. Here must not live:
moto, so that importing this costs nothing.
"""

from __future__ import annotations

import functools
import json
import os
import select
import subprocess
import sys
import threading
import time
import urllib.request
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import msgspec

from originlock.lab.blueprint import Blueprint
from originlock.lab.calls import Call

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path
    from types import TracebackType
    from typing import Self

    from originlock.lab.settings import ThrottleJson

#: An unmodified boto3 client of some service: boto3 makes its methods at run time.
AwsClient: TypeAlias = Any

#: Any Region does; this one is moto's and AWS's documentation's least special.
REGION: Final = "eu-west-1"

#: moto takes any. They are no secret and open nothing.
ACCESS_KEY: Final = "lab"
SECRET_KEY: Final = "lab"  # noqa: S105 - a dummy

_OWN_KEYS: Final[Mapping[str, str]] = {"aws_access_key_id": ACCESS_KEY, "aws_secret_access_key": SECRET_KEY}

#: Loading moto takes about a second; a loaded machine may need many times that.
START_SECONDS: Final = 60.0
STOP_SECONDS: Final = 5.0


class LabStartError(RuntimeError):
    """The local AWS did not come up; what it said is in the message."""


@dataclass(frozen=True, slots=True)
class LabState:
    """What the server says of itself."""

    hanging: bool
    calls: int
    faults: int


class LocalAws:
    """A local AWS in a process of its own. Use it as a context manager, or start() and stop()."""

    def __init__(
        self, *, region: str = REGION, start_seconds: float = START_SECONDS, follower: Path | None = None
    ) -> None:
        """Prepare; nothing runs before start(). `follower` is the Unix socket of whoever follows (see `follower`)."""
        self.region = region
        self._follower = follower
        self._start_seconds = start_seconds
        self._process: subprocess.Popen[bytes] | None = None
        self._url: str | None = None
        # Never through a proxy of the environment.
        self._opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))

    @classmethod
    def at(cls, url: str, *, region: str = REGION) -> Self:
        """A local AWS that somebody else started: for its clients; start() and stop() do nothing."""
        made = cls(region=region)
        made._url = url
        return made

    def __enter__(self) -> Self:
        """Start."""
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop."""
        self.stop()

    # --- the process ----------------------------------------------------------------------

    def start(self) -> None:
        """Start the server and wait until it answers; raises LabStartError, leaving nothing."""
        if self._process is not None or self._url is not None:
            return
        self._process = subprocess.Popen(
            [sys.executable, "-m", "originlock.lab.server", "--while-stdin", *self._options()],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=_environment_of_server(),
            process_group=0,  # Ctrl-C in the terminal is for whoever started us, who then ends the server
        )
        try:
            self._url = self._read_ready_line()
        except BaseException:
            self.stop()
            raise

    def _options(self) -> Sequence[str]:
        return () if self._follower is None else ("--follower", str(self._follower))

    def _read_ready_line(self) -> str:
        process = self._process
        if process is None or process.stdout is None:
            message = "not started"
            raise LabStartError(message)
        deadline = time.monotonic() + self._start_seconds
        said = b""
        while not said.endswith(b"\n"):
            left = deadline - time.monotonic()
            if left <= 0 or not select.select([process.stdout], [], [], left)[0]:
                message = f"the local AWS did not answer within {self._start_seconds} s"
                raise LabStartError(message)
            more = os.read(process.stdout.fileno(), 4096)
            if not more:
                message = f"the local AWS ended with {process.wait()}; see its standard error"
                raise LabStartError(message)
            said += more
        return str(json.loads(said)["url"])

    def stop(self) -> None:
        """End the server, whatever it does; harmless if it does not run."""
        process, self._process = self._process, None
        if process is None:
            return
        self._url = None
        process.terminate()
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                pipe.close()

    # --- for clients -----------------------------------------------------------------------

    @property
    def process_id(self) -> int | None:
        """The server's process, or None while it does not run."""
        return None if self._process is None else self._process.pid

    @property
    def url(self) -> str:
        """The endpoint of every AWS service."""
        if self._url is None:
            message = "the local AWS does not run"
            raise LabStartError(message)
        return self._url

    @property
    def environment(self) -> Mapping[str, str]:
        """The variables that send an AWS client of another process here."""
        return {
            "AWS_ENDPOINT_URL": self.url,
            "AWS_ACCESS_KEY_ID": ACCESS_KEY,
            "AWS_SECRET_ACCESS_KEY": SECRET_KEY,
            "AWS_DEFAULT_REGION": self.region,
            "AWS_REGION": self.region,
            "AWS_EC2_METADATA_DISABLED": "true",
            "NO_PROXY": "127.0.0.1",
            "no_proxy": "127.0.0.1",
        }

    def client(
        self,
        service: str,
        *,
        region: str | None = None,
        attempts: int | None = None,
        read_timeout: float = 60,
        account: str | None = None,
        keys: Mapping[str, str] | None = None,
    ) -> AwsClient:
        """Return an unmodified boto3 client; `attempts` bounds botocore's tries (1: no retry).

        `account` is the number of a member account, whose role is assumed first: a call of STS. `keys` are those of a
        user, as `restricted_to` returns them.
        """
        # Here, as it is slow to import and not all who start a lab want it.
        from botocore.config import Config  # noqa: PLC0415

        retries: Any = {} if attempts is None else {"total_max_attempts": attempts, "mode": "standard"}
        used = self._keys(account, keys)
        with _MAKING:
            return _session().client(
                service,
                endpoint_url=self.url,
                region_name=region or self.region,
                **used,
                config=Config(
                    proxies={},
                    retries=retries,
                    max_pool_connections=64,
                    read_timeout=read_timeout,
                ),
            )

    def _keys(self, account: str | None, keys: Mapping[str, str] | None) -> Mapping[str, str]:
        if keys is not None:
            return {name: keys[name.upper()] for name in ("aws_access_key_id", "aws_secret_access_key")}
        return _OWN_KEYS if account is None else self._keys_of(account)

    def _keys_of(self, account: str) -> Mapping[str, str]:
        role = f"arn:aws:iam::{account}:role/lab"
        given = self.client("sts").assume_role(RoleArn=role, RoleSessionName="lab")["Credentials"]
        return {
            "aws_access_key_id": given["AccessKeyId"],
            "aws_secret_access_key": given["SecretAccessKey"],
            "aws_session_token": given["SessionToken"],
        }

    # --- the control room --------------------------------------------------------------------

    def calls(self, since: int = 0) -> Sequence[Call]:
        """Return the AWS calls after a number, in the order in which they took effect."""
        return [Call.from_json(call) for call in self._ask("GET", f"calls?since={since}")]

    def add_fault(
        self,
        kind: str,
        *,
        at: int | None = None,
        action: str | None = None,
        times: int = 1,
        having: str | None = None,
    ) -> None:
        """Let a fault befall the `at`-th call from now, or of an action (having this value), and `times` in all."""
        given: dict[str, object] = {"kind": kind, "times": times}
        if at is not None:
            given["at"] = at
        if action is not None:
            given["action"] = action
        if having is not None:
            given["having"] = having
        self._ask("POST", "faults", given)

    def clear_faults(self) -> None:
        """Forget all faults that wait."""
        self._ask("DELETE", "faults")

    def settings(  # noqa: PLR0913  one for each setting
        self,
        *,
        latency_ms: float | None = None,
        consistency_ms: float | None = None,
        quota_rules: int | None = None,
        quota_groups: int | None = None,
        unhealthy_targets: Sequence[str] | None = None,
        throttle: ThrottleJson | None = None,
        throttle_off: bool = False,
        iam: bool | None = None,
        **others: float | bool | Sequence[str],
    ) -> Mapping[str, Any]:
        """Change the settings that are given; return them all. `throttle={}` is as AWS has it.

        `unhealthy_targets` (ID, or ID:PORT) answer health checks badly, whoever may reach them; `others` are those of
        `settings.Settings` that have no name here.
        """
        given: dict[str, object] = dict(others) | {
            name: value
            for name, value in (
                ("latency_ms", latency_ms),
                ("consistency_ms", consistency_ms),
                ("quota_rules", quota_rules),
                ("quota_groups", quota_groups),
                ("unhealthy_targets", None if unhealthy_targets is None else list(unhealthy_targets)),
                ("throttle", throttle),
                ("iam", iam),
            )
            if value is not None
        }
        if throttle_off:
            given["throttle"] = None
        settings: Mapping[str, Any] = self._ask("POST", "settings", given)
        return settings

    def plant_metric(
        self,
        metric: str,
        dimensions: Mapping[str, str],
        start: int,
        values: Sequence[float | None],
        *,
        account: str = "123456789012",
    ) -> None:
        """Plant a metric of AWS/ApplicationELB: one value for each minute from `start` (seconds since the epoch)."""
        given = {"metric": metric, "dimensions": dict(dimensions), "start": start, "values": list(values)}
        self._ask("POST", "metrics", {**given, "account": account, "region": self.region})

    def restricted_to(self, policy: Mapping[str, object], name: str = "restricted") -> Mapping[str, str]:
        """Make a user with just this policy, enforce IAM, and return the environment of the user's clients."""
        iam = self.client("iam")
        iam.create_user(UserName=name)
        made = iam.create_policy(PolicyName=name, PolicyDocument=json.dumps(policy))["Policy"]
        iam.attach_user_policy(UserName=name, PolicyArn=made["Arn"])
        key = iam.create_access_key(UserName=name)["AccessKey"]
        self.settings(iam=True)
        keys = {"AWS_ACCESS_KEY_ID": key["AccessKeyId"], "AWS_SECRET_ACCESS_KEY": key["SecretAccessKey"]}
        return {**self.environment, **keys}

    def price_rows(self) -> list[dict[str, Any]]:
        """Return the rows of the price list (see `price_rows`)."""
        rows: list[dict[str, Any]] = self._ask("GET", "prices")
        return rows

    def price_list(self, **given: object) -> None:
        """Put other `rows` into the price list, or have it told in smaller pages (`page`), or without end (`loops`)."""
        self._ask("POST", "prices", given)

    def blueprint(self) -> Blueprint:
        """Return what the data plane is to be like now."""
        return msgspec.convert(self._ask("GET", "blueprint"), Blueprint)

    def push(self, *, anew: bool = False) -> None:
        """Tell whoever follows, if it does not know yet; `anew` even if it should."""
        self._ask("POST", "push", {"anew": anew})

    def state(self) -> LabState:
        """Return whether a call hangs, how many calls there were and how many faults wait."""
        return LabState(**self._ask("GET", "state"))

    def wait_until_hanging(self, seconds: float = 10.0) -> None:
        """Wait until a call hangs; raises TimeoutError."""
        deadline = time.monotonic() + seconds
        while not self.state().hanging:
            if time.monotonic() > deadline:
                message = f"no call hangs after {seconds} s"
                raise TimeoutError(message)
            time.sleep(0.01)

    def release(self) -> None:
        """Let go the calls that hang."""
        self._ask("POST", "release")

    def reset(self) -> None:
        """Forget everything: what AWS holds, the log, faults and settings."""
        self._ask("POST", "reset")

    def _ask(self, method: str, what: str, given: object = None) -> Any:  # noqa: ANN401 - JSON
        request = urllib.request.Request(  # noqa: S310 - http on the loopback address
            f"{self.url}/originlock-lab/{what}",
            method=method,
            data=None if given is None else json.dumps(given).encode(),
            headers={"Content-Type": "application/json"},
        )
        with self._opener.open(request, timeout=30) as answer:
            return json.load(answer)


#: Clients may be used in several threads; making them with one session may not.
_MAKING: Final = threading.Lock()


@functools.cache
def _session() -> Any:  # noqa: ANN401 - boto3 makes its clients at run time
    """The session of all clients: one of its own would read the models again, 0.1 s for EC2's."""
    import boto3  # noqa: PLC0415 - slow to import, and not all who start a lab want it

    return boto3.session.Session()


def _environment_of_server() -> Mapping[str, str]:
    """The environment without what would change moto, and with the path to this package."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "MOTO_"))}
    # A child must find the package that its parent runs, installed or not.
    return kept | {"PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
