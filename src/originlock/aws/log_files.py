"""Where connection logs are: the name of a place of logs, the folders of days, the files of one load balancer.

Lives here: names, without asking anybody. Must not live here: reading files (see `connection_logs`), their lines.

Source: Application Load Balancers user guide, connection logs:
``BUCKET[/PREFIX]/AWSLogs/ACCOUNT/elasticloadbalancing/REGION/yyyy/mm/dd/conn_log_ACCOUNT_elasticloadbalancing_REGION_
app.NAME.ID_END_ADDRESS_RANDOM.log.gz``
"""

from __future__ import annotations

import datetime
from collections.abc import Iterator

import msgspec

_BUCKET = "s3://"
_BALANCER = "#"
_COLONS = 5
"""arn:PARTITION:elasticloadbalancing:REGION:ACCOUNT:loadbalancer/app/NAME/ID"""


class LogPlace(msgspec.Struct, frozen=True):
    """Where the connection logs of a load balancer go.

    Attributes:
        prefix: of every key; without a slash at its end.
        load_balancer: its ARN; empty where every load balancer's are meant that logs there.
    """

    bucket: str
    prefix: str
    load_balancer: str = ""

    def folder(self, account: str, region: str) -> str:
        """The folder of an account and Region, with a slash at its end."""
        begin = f"{self.prefix}/" if self.prefix else ""
        return f"{begin}AWSLogs/{account}/elasticloadbalancing/{region}/"

    def is_of(self, key: str) -> bool:
        """Whether a key is a connection log's, and of this load balancer."""
        name = key.rpartition("/")[2]
        if not name.startswith("conn_log_") or not name.endswith(".log.gz"):
            return False
        balancer = self.load_balancer.partition(":loadbalancer/")[2].replace("/", ".")
        return not balancer or f"_{balancer}_" in name


def logs_of(bucket: str, prefix: str, load_balancer: str) -> str:
    """How the place of a load balancer's logs is called: several may log to one, and none may vouch for another."""
    return f"{_BUCKET}{bucket}" + (f"/{prefix}" if prefix else "") + f"{_BALANCER}{load_balancer}"


def place_of(logs: str) -> LogPlace | None:
    """The place, of what `logs_of` made or of ``s3://BUCKET/PREFIX`` alone; None for anything else."""
    if not logs.startswith(_BUCKET):
        return None
    path, _, balancer = logs.removeprefix(_BUCKET).partition(_BALANCER)
    bucket, _, prefix = path.partition("/")
    if not bucket or (balancer and balancer.count(":") < _COLONS):
        return None
    return LogPlace(bucket, prefix.strip("/"), balancer)


def days(since: datetime.datetime, until: datetime.datetime) -> Iterator[str]:
    """The folders of the days from one moment to another, in UTC: ``2026/11/22/``."""
    day, last = since.astimezone(datetime.UTC).date(), until.astimezone(datetime.UTC).date()
    while day <= last:
        yield f"{day:%Y/%m/%d}/"
        day += datetime.timedelta(days=1)
