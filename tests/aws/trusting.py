"""A load balancer with a real certificate, a bucket and a bundle, for the tests of trust."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from tests.aws.groups import change

from originlock.aws.performer import AwsPerformer
from originlock.aws.session import Sessions
from originlock.facts.certificates import bundle_of, members
from originlock.facts.origin import Tags
from originlock.intent.policy import Place
from originlock.lab import authority
from originlock.lab.process import AwsClient, LocalAws
from originlock.lab.world_balancers import ServedLoadBalancer, Wish, served_load_balancer
from originlock.plan.acts import Act
from originlock.plan.outcomes import Done, Outcome
from originlock.plan.trust_acts import CreateBucket, CreateTrustStore, PutObject

TAGS: Tags = (("originlock:origin", "shop"),)
BUCKET = "originlock-bundles"
ROOT = authority.root("ours")
SECOND = authority.root("ours again")
SERVER = authority.root("public").issue(authority.Leaf("shop.example", names=("shop.example",), server=True))
OTHER = authority.root("public").issue(authority.Leaf("www.example", names=("*.www.example",), server=True))


@dataclass(frozen=True)
class Shop:
    """A load balancer whose HTTPS listener serves a certificate of ACM; the first listener is HTTPS, the last HTTP."""

    served: ServedLoadBalancer
    certificates: tuple[str, ...]

    @property
    def arn(self) -> str:
        """The load balancer."""
        return self.served.arn

    @property
    def https(self) -> str:
        """Its HTTPS listener on 443."""
        return self.served.listener_arns[0]


def shop(aws: LocalAws) -> Shop:
    """Make one."""
    ec2, elbv2, acm = aws.client("ec2"), aws.client("elbv2"), aws.client("acm")
    made = served_load_balancer(ec2, elbv2, Wish(listeners=(("HTTPS", 443), ("HTTPS", 8443), ("HTTP", 80)), targets=0))
    arns = tuple(
        str(
            acm.import_certificate(
                Certificate=authority.pem(each.certificate).encode(),
                PrivateKey=each.key_pem.encode(),
                CertificateChain=ROOT.pem.encode(),
            )["CertificateArn"]
        )
        for each in (SERVER, OTHER)
    )
    for listener in made.listener_arns[:2]:
        elbv2.modify_listener(ListenerArn=listener, Certificates=[{"CertificateArn": arns[0]}])
    return Shop(made, arns)


def done(sessions: Sessions, act: Act) -> Outcome:
    """Do an act; its outcome."""
    ((_, outcome),) = AwsPerformer(sessions, 0).perform(((Place(), change(act), act),))
    return outcome


def bundle(*roots: authority.Authority) -> str:
    """A bundle of authorities."""
    return bundle_of(each.pem for each in roots)


def put(body: str, key: str) -> PutObject:
    """Put a text into the bucket."""
    return PutObject(BUCKET, key, body, hashlib.sha256(body.encode()).hexdigest())


def creation(name: str = "originlock-shop", *roots: authority.Authority) -> CreateTrustStore:
    """A store of authorities, whose bundle lies under its name."""
    text = bundle(*(roots or (ROOT,)))
    return CreateTrustStore(name, BUCKET, f"originlock/shop/{name}.pem", members(text), TAGS)


def with_bucket(sessions: Sessions) -> None:
    """Make the bucket."""
    assert done(sessions, CreateBucket(BUCKET, TAGS)) == Done()


def store(sessions: Sessions, name: str = "originlock-shop", *roots: authority.Authority) -> str:
    """Make a store, in a bucket that is there; its ARN."""
    act = creation(name, *roots)
    assert done(sessions, put(bundle(*(roots or (ROOT,))), act.key)) == Done()
    outcome = done(sessions, act)
    assert isinstance(outcome, Done)
    assert outcome.made is not None
    return outcome.made


def client(aws: LocalAws) -> AwsClient:
    """An unmodified client of load balancing."""
    return aws.client("elbv2")
