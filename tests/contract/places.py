"""Where statements are tried: the lab, the real AWS if somebody pays for it, and plain moto to be held against it.

Here lives a place with its clients and what has to be taken away again, and what statements need to be there. Here must
not live: statements.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import os
import secrets
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from originlock.lab import authority

Client = Any
Answer = TypeVar("Answer")

REAL: Final = "ORIGINLOCK_CONTRACT_AWS"
CONSENT: Final = "ORIGINLOCK_CONTRACT_CONSENT"
WORDS: Final = "I pay for what these tests make"
#: Where an unmodified moto answers; only the proof that the lab is stricter sets it.
MOTO: Final = "ORIGINLOCK_CONTRACT_MOTO"

#: How long the real AWS may take to show, or to let go of, what was changed.
_REAL_SECONDS: Final = 300.0

ROOT: Final = authority.root("originlock contract")
SERVER: Final = ROOT.issue(authority.Leaf("contract.test", names=("contract.test",), server=True))


def names() -> list[str]:
    """The places of this run."""
    if os.environ.get(MOTO):
        return ["moto"]
    if os.environ.get(REAL) != "1":
        return ["lab"]
    if os.environ.get(CONSENT) != WORDS:
        message = f"{REAL}=1 makes load balancers and more in your AWS account; set {CONSENT}={WORDS!r} if you mean it"
        raise pytest.UsageError(message)
    return ["lab", "aws"]


@dataclass
class Place:
    """One place; what is made there goes again, the last first."""

    name: str
    client: Callable[[str], Client]
    _undo: list[Callable[[], object]] = field(default_factory=list)

    @property
    def real(self) -> bool:
        """Whether it is AWS itself, where all takes its time."""
        return self.name == "aws"

    def later(self, act: Callable[..., object], **given: object) -> None:
        """Take something away at the end."""
        self._undo.append(lambda: act(**given))

    def clean(self) -> None:
        """Take away what was made; raises what went wrong, after all was tried."""
        failed: list[Exception] = []
        while self._undo:
            try:
                self._gone(self._undo.pop())
            except ClientError as error:
                failed.append(error)
        if failed and self.real:
            message = "not all that was made is gone"
            raise ExceptionGroup(message, failed)

    def _gone(self, act: Callable[[], object]) -> None:
        """Try until nothing depends on it any more; what is gone already is fine."""
        deadline = time.monotonic() + (_REAL_SECONDS if self.real else 0)
        while True:
            try:
                act()
            except ClientError as error:
                code = str(error.response["Error"]["Code"])
                if "NotFound" in code:
                    return
                if time.monotonic() > deadline:
                    raise
                time.sleep(5)
            else:
                return

    def shown(self, read: Callable[[], Answer], wanted: Callable[[Answer], bool]) -> Answer:
        """What is read, as soon as it is as wanted; in the end whatever it is."""
        deadline = time.monotonic() + (_REAL_SECONDS if self.real else 0)
        while True:
            found = read()
            if wanted(found) or time.monotonic() >= deadline:
                return found
            time.sleep(2)

    # --- what statements need ---------------------------------------------------------------------------

    @property
    def ec2(self) -> Client:
        """A client of EC2."""
        return self.client("ec2")

    @property
    def elbv2(self) -> Client:
        """A client of load balancing."""
        return self.client("elbv2")

    @property
    def s3(self) -> Client:
        """A client of S3."""
        return self.client("s3")

    def vpc(self, block: str = "10.0.0.0/16") -> str:
        """A VPC."""
        made = str(self.ec2.create_vpc(CidrBlock=block)["Vpc"]["VpcId"])
        self.later(self.ec2.delete_vpc, VpcId=made)
        self.shown(lambda: self.ec2.describe_vpcs(VpcIds=[made])["Vpcs"], bool)
        return made

    def group(self, vpc_id: str | None = None) -> str:
        """A security group without ingress rules."""
        made = self.ec2.create_security_group(
            GroupName=name(), Description="a contract test of originlock", VpcId=vpc_id or self.vpc()
        )
        self.later(self.ec2.delete_security_group, GroupId=made["GroupId"])
        self.shown(lambda: self.ec2.describe_security_groups(GroupIds=[made["GroupId"]])["SecurityGroups"], bool)
        return str(made["GroupId"])

    def prefix_list(self, *cidrs: str, size: int = 3, family: str = "IPv4") -> str:
        """A managed prefix list."""
        made = self.ec2.create_managed_prefix_list(
            PrefixListName=name(),
            AddressFamily=family,
            MaxEntries=size,
            **({"Entries": [{"Cidr": each} for each in cidrs]} if cidrs else {}),
        )["PrefixList"]["PrefixListId"]
        self.later(self.ec2.delete_managed_prefix_list, PrefixListId=made)
        self.settled(made)
        return str(made)

    def settled(self, list_id: str) -> Mapping[str, Any]:
        """A prefix list when no change of it is under way."""
        asked = {"PrefixListIds": [list_id]}
        return self.shown(
            lambda: dict(self.ec2.describe_managed_prefix_lists(**asked)["PrefixLists"][0]),
            lambda found: str(found["State"]).endswith(("complete", "failed")),
        )

    def bucket(self, **objects: str) -> str:
        """A bucket with texts in it, by key (with `_` for `.`)."""
        made = name()
        region = self.s3.meta.region_name
        where = {} if region == "us-east-1" else {"CreateBucketConfiguration": {"LocationConstraint": region}}
        self.s3.create_bucket(Bucket=made, **where)
        self.later(self.s3.delete_bucket, Bucket=made)
        for key, text in objects.items():
            self.put(made, key.replace("_", "."), text)
        return made

    def put(self, bucket: str, key: str, text: str, **more: str) -> Mapping[str, Any]:
        """Put an object, to be taken away again."""
        answer: Mapping[str, Any] = self.s3.put_object(Bucket=bucket, Key=key, Body=text.encode(), **more)
        version = {"VersionId": answer["VersionId"]} if "VersionId" in answer else {}
        self.later(self.s3.delete_object, Bucket=bucket, Key=key, **version)
        return answer

    def trust_store(self, bundle: str = ROOT.pem, **more: object) -> str:
        """A trust store that is ACTIVE."""
        bucket = self.bucket(ca_pem=bundle)
        made = self.elbv2.create_trust_store(
            Name=name(), CaCertificatesBundleS3Bucket=bucket, CaCertificatesBundleS3Key="ca.pem", **more
        )["TrustStores"][0]["TrustStoreArn"]
        self.later(self.elbv2.delete_trust_store, TrustStoreArn=made)
        self.shown(
            lambda: self.elbv2.describe_trust_stores(TrustStoreArns=[made])["TrustStores"][0]["Status"],
            lambda status: status == "ACTIVE",
        )
        return str(made)

    def balancer(self) -> str:
        """An application load balancer with a group of its own."""
        vpc_id = self.vpc()
        zones = [each["ZoneName"] for each in self.ec2.describe_availability_zones()["AvailabilityZones"][:2]]
        subnets = []
        for number, zone in enumerate(zones):
            block = f"10.0.{number}.0/24"
            made = self.ec2.create_subnet(VpcId=vpc_id, CidrBlock=block, AvailabilityZone=zone)["Subnet"]["SubnetId"]
            self.later(self.ec2.delete_subnet, SubnetId=made)
            subnets.append(made)
        # Internal, so that it needs no way to the outside, and nobody reaches it.
        arn = self.elbv2.create_load_balancer(
            Name=name(), Subnets=subnets, SecurityGroups=[self.group(vpc_id)], Scheme="internal"
        )["LoadBalancers"][0]["LoadBalancerArn"]
        self.later(self.elbv2.delete_load_balancer, LoadBalancerArn=arn)
        return str(arn)

    def certificate(self) -> str:
        """A certificate in ACM."""
        arn = self.client("acm").import_certificate(
            Certificate=authority.pem(SERVER.certificate).encode(),
            PrivateKey=SERVER.key_pem.encode(),
            CertificateChain=ROOT.pem.encode(),
        )["CertificateArn"]
        self.later(self.client("acm").delete_certificate, CertificateArn=arn)
        return str(arn)

    def listener(self, balancer: str | None = None, *, port: int = 443, **more: object) -> str:
        """An HTTPS listener that answers 403 itself."""
        arn = self.elbv2.create_listener(
            LoadBalancerArn=balancer or self.balancer(),
            Protocol="HTTPS",
            Port=port,
            Certificates=[{"CertificateArn": self.certificate()}],
            DefaultActions=[REFUSING],
            **more,
        )["Listeners"][0]["ListenerArn"]
        self.later(self.elbv2.delete_listener, ListenerArn=arn)
        return str(arn)


REFUSING: Final[Mapping[str, Any]] = {
    "Type": "fixed-response",
    "FixedResponseConfig": {"StatusCode": "403", "ContentType": "text/plain"},
}


def name() -> str:
    """A name that nothing else has."""
    return f"olc-{dt.datetime.now(dt.UTC):%y%m%d}-{secrets.token_hex(5)}"


def tcp(port: int, *cidrs: str) -> dict[str, Any]:
    """Let ranges in."""
    return {
        "IpProtocol": "tcp",
        "FromPort": port,
        "ToPort": port,
        "IpRanges": [{"CidrIp": each} for each in cidrs if ":" not in each],
        "Ipv6Ranges": [{"CidrIpv6": each} for each in cidrs if ":" in each],
    }


@contextlib.contextmanager
def refused(code: str, *, saying: str = "") -> Iterator[None]:
    """Expect the service to refuse with a code."""
    with pytest.raises(ClientError) as error:
        yield
    assert error.value.response["Error"]["Code"] == code, error.value
    assert saying in error.value.response["Error"]["Message"]


def clients_at(address: str | None) -> Callable[[str], Client]:
    """Clients that do not retry where all is made up, and as AWS has them where it is not."""
    made: dict[str, Client] = {}
    session = boto3.session.Session()
    config = Config(proxies={}, retries={"total_max_attempts": 1}) if address else Config()
    keys: dict[str, str] = (
        {"aws_access_key_id": "lab", "aws_secret_access_key": "lab", "region_name": "eu-west-1"} if address else {}
    )

    def client(service: str) -> Client:
        if service not in made:
            # The price list has endpoints in few Regions.
            there = {**keys, "region_name": "us-east-1"} if service == "pricing" else keys
            # Services by name, as statements ask for them.
            made[service] = session.client(service, endpoint_url=address, config=config, **there)  # type: ignore[call-overload]
        return made[service]

    return client
