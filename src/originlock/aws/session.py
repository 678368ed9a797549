"""Clients: one session for each profile, one client for each place and service; boto3's own chain untouched.

A place that names a role has its clients from the profile's session too, with the role's credentials.

Lives here: sessions, time limits, retries. Must not live here: any call.
"""

from __future__ import annotations

import contextlib
import datetime
import os
import threading
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final, Protocol, cast

import botocore.config
import botocore.exceptions
import botocore.session
import msgspec
from botocore.credentials import Credentials

from originlock import __version__
from originlock.aws.models import ModelFiles
from originlock.aws.roles import Now, credentials_of
from originlock.errors import CloudError, UsageError, Whose
from originlock.intent.policy import Place

if TYPE_CHECKING:
    from mypy_boto3_cloudwatch import CloudWatchClient
    from mypy_boto3_ec2 import EC2Client
    from mypy_boto3_elbv2 import ElasticLoadBalancingv2Client
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_service_quotas import ServiceQuotasClient
    from mypy_boto3_sts import STSClient

_CONNECT_SECONDS: Final = 5


class _Limits(msgspec.Struct, frozen=True):
    """How patient the calls of a service are.

    Attributes:
        read_seconds: until the next bytes of an answer.
        attempts: tries of one call, with botocore's standard back-off (up to 20 s each).
    """

    read_seconds: int
    attempts: int


_PATIENT: Final = _Limits(20, 6)
"""boto3's usual 3 tries lose calls at AWS's own rate."""

_QUICK: Final = _Limits(8, 3)
"""Telling people is given up where everything else would go on trying."""

SIDE_BY_SIDE: Final = 16
"""How many calls may be under way at once; the pool of connections is as large."""


class CertificateManager(Protocol):
    """What is asked of AWS Certificate Manager; for it alone there are no types in the house."""

    def describe_certificate(self, *, CertificateArn: str) -> Any:  # noqa: ANN401, N803  as botocore has it
        """ACM API reference, DescribeCertificate."""


class PriceListApi(Protocol):
    """What is asked of AWS's price list; for it, too, there are no types in the house."""

    def get_products(self, **given: Any) -> Any:  # noqa: ANN401  as botocore has it
        """AWS Price List API reference, GetProducts."""


class Notifications(Protocol):
    """What is asked of Amazon SNS, in the same way."""

    def publish(self, **asked: Any) -> Any:  # noqa: ANN401  as botocore has it
        """SNS API reference, Publish."""


class Sessions:
    """Makes clients once for each place and service. For use from several threads, and so are the clients."""

    def __init__(self, now: Now = lambda: datetime.datetime.now(datetime.UTC)) -> None:
        self._now = now
        self._sessions: dict[str | None, _Session] = {}
        self._roles: dict[Place, Credentials] = {}
        self._clients: dict[tuple[Place, str], object] = {}
        self._accounts: dict[Place, str] = {}
        # botocore's sessions are not safe in several threads.
        self._making = threading.RLock()

    def ec2(self, place: Place) -> EC2Client:
        """The EC2 client of a place.

        Raises:
            UsageError: there is no Region, or no such profile.
            CloudError: there are no credentials.
        """
        return cast("EC2Client", self._client(place, "ec2"))

    def elbv2(self, place: Place) -> ElasticLoadBalancingv2Client:
        """The Elastic Load Balancing client of a place; errors as `ec2`."""
        return cast("ElasticLoadBalancingv2Client", self._client(place, "elbv2"))

    def service_quotas(self, place: Place) -> ServiceQuotasClient:
        """The Service Quotas client of a place; errors as `ec2`."""
        return cast("ServiceQuotasClient", self._client(place, "service-quotas"))

    def s3(self, place: Place) -> S3Client:
        """The S3 client of a place; errors as `ec2`."""
        return cast("S3Client", self._client(place, "s3"))

    def cloudwatch(self, place: Place) -> CloudWatchClient:
        """The CloudWatch client of a place; errors as `ec2`."""
        return cast("CloudWatchClient", self._client(place, "cloudwatch"))

    def acm(self, place: Place) -> CertificateManager:
        """The Certificate Manager client of a place; errors as `ec2`."""
        return cast("CertificateManager", self._client(place, "acm"))

    def pricing(self, place: Place) -> PriceListApi:
        """The price list's client of a place, whose Region has to be one that has it; errors as `ec2`."""
        return cast("PriceListApi", self._client(place, "pricing"))

    def has_credentials(self, place: Place) -> bool:
        """Whether there is anything to sign a call with; whether AWS takes it is another question.

        Raises:
            UsageError: there is no such profile.
            CloudError: the AWS configuration cannot be read.
        """
        try:
            with self._making:
                return self._session(place.profile).get_credentials() is not None
        except botocore.exceptions.BotoCoreError as error:
            raise unusable(error) from error

    def sns(self, place: Place) -> Notifications:
        """The SNS client of a place, less patient than the others; errors as `ec2`."""
        return cast("Notifications", self._client(place, "sns"))

    def account(self, place: Place) -> str:
        """The number of a place's account: its role's, or what STS says, which needs no permission; asked once.

        Raises:
            ClientError, BotoCoreError: STS did not say.
            UsageError, CloudError: as `ec2`.
        """
        if place.role is not None:
            # arn:PARTITION:iam::ACCOUNT:role/NAME
            return place.role.split(":")[4]
        with self._making:
            if place not in self._accounts:
                sts = cast("STSClient", self._client(place, "sts"))
                self._accounts[place] = sts.get_caller_identity()["Account"]
            return self._accounts[place]

    def authorities(self, place: Place) -> str | bool:
        """Whom TLS to AWS trusts: the file that the person names (AWS_CA_BUNDLE, or the profile), or botocore's own."""
        with self._making:
            chosen = self._session(place.profile).get_config_variable("ca_bundle")
        return str(chosen) if chosen else True

    def now(self) -> datetime.datetime:
        """The time by which credentials end, with time zone."""
        return self._now()

    def region(self, place: Place) -> str | None:
        """The Region of a place, found as the clients find it; None if there is none.

        Raises:
            UsageError: there is no such profile.
            CloudError: the AWS configuration cannot be read.
        """
        try:
            return _region(place, self._session(place.profile))
        except botocore.exceptions.BotoCoreError as error:
            raise unusable(error) from error

    def _client(self, place: Place, service: str) -> object:
        try:
            with self._making:
                session = self._session(place.profile)
                # A place that names its Region and one that leaves it to the environment may be the same.
                place = msgspec.structs.replace(place, region=_region(place, session))
                if (place, service) not in self._clients:
                    self._clients[place, service] = self._made(session, place, service)
        except botocore.exceptions.BotoCoreError as error:
            raise unusable(error) from error
        except ValueError as error:
            message = f"AWS: {error}"
            raise UsageError(message, "mend AWS_ENDPOINT_URL, AWS_MAX_ATTEMPTS or the profile") from error
        return self._clients[place, service]

    def _made(self, session: _Session, place: Place, service: str) -> object:
        if place.role is None:
            return _client(session, place, service)
        if place not in self._roles:
            # In the place's own Region: another Region's trouble is then no trouble here.
            sts = cast("STSClient", _client(session, place, "sts"))
            self._roles[place] = credentials_of(place, sts, self._now)
        with session.speaking_as(self._roles[place]):
            return _client(session, place, service)

    def _session(self, profile: str | None) -> _Session:
        if profile not in self._sessions:
            session = _Session(profile=profile)
            session.user_agent_extra = f"originlock/{__version__}"
            session.get_component("data_loader").file_loader = ModelFiles()
            self._sessions[profile] = session
        return self._sessions[profile]


class _Session(botocore.session.Session):
    """A session that can make clients with other credentials than its own.

    A session of its own for each role would load botocore's models again: 217 ms and 22 MB, rather than 16 ms.
    """

    _other: Credentials | None = None

    @contextlib.contextmanager
    def speaking_as(self, credentials: Credentials) -> Iterator[None]:
        """Give what is made meanwhile these credentials; they may be such that renew themselves."""
        self._other = credentials
        try:
            yield
        finally:
            self._other = None

    def get_credentials(self) -> Credentials | None:
        """The credentials that a client is made with."""
        return super().get_credentials() if self._other is None else self._other


def _client(session: _Session, place: Place, service: str) -> object:
    limits = _QUICK if service == "sns" else _PATIENT
    return session.create_client(service, region_name=place.region, config=_config(session, limits))


def _region(place: Place, session: botocore.session.Session) -> str | None:
    # boto3's chain knows AWS_DEFAULT_REGION alone; the AWS CLI 2 and other SDKs know AWS_REGION: it comes last.
    return place.region or session.get_config_variable("region") or os.environ.get("AWS_REGION")


def _config(session: botocore.session.Session, limits: _Limits) -> botocore.config.Config:
    """Time limits always; retries only where the person has not set them (AWS_MAX_ATTEMPTS, or the profile)."""
    chosen = session.get_config_variable("max_attempts")
    return botocore.config.Config(
        connect_timeout=_CONNECT_SECONDS,
        read_timeout=limits.read_seconds,
        max_pool_connections=SIDE_BY_SIDE,
        retries={"mode": "standard", "total_max_attempts": int(chosen) if chosen else limits.attempts},
    )


_USAGE = (
    botocore.exceptions.NoRegionError,
    botocore.exceptions.InvalidRegionError,
    botocore.exceptions.ProfileNotFound,
)


def unusable(error: botocore.exceptions.BotoCoreError) -> CloudError | UsageError:
    """Why AWS cannot be asked at all, in words."""
    if isinstance(error, _USAGE):
        return UsageError(f"AWS: {error}", "give --region and --profile, or set AWS_DEFAULT_REGION and AWS_PROFILE")
    if isinstance(error, botocore.exceptions.EndpointConnectionError):
        return CloudError(f"AWS cannot be reached: {error}", "check the network, the Region and AWS_ENDPOINT_URL")
    return CloudError(f"AWS: {error}", "log in, or give credentials as for the AWS CLI", whose=Whose.YOURS)
