"""What a story plays on: a lab that runs, an origin in it, the published lists, and the product as a process.

Lives here: setting the scene, and running commands in the lab's hosts. Must not live here: a story, or what is thought
of its end.
"""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from tests import prefork

from originlock.lab.authority import Authority, Leaf
from originlock.lab.lists import ListServer
from originlock.lab.namespaces import Namespace
from originlock.lab.world import empty_group, tcp
from originlock.lab.world_balancers import IMAGE, Network, network

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import Self

    from originlock.lab.running import RunningLab

#: Far more than any command takes.
SECONDS: Final = 240.0

#: What the origin answers; whoever gets this body was let in.
BODY: Final = "the origin"

FIXED: Final = {"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "200", "MessageBody": BODY}}


@dataclass(frozen=True, slots=True)
class OpenOrigin:
    """A dual-stack load balancer that everybody can reach on 443; it answers HTTPS with 200 and `BODY`."""

    name: str
    hostname: str
    arn: str
    dns_name: str
    group_id: str
    listener_arn: str
    ipv4: str
    ipv6: str


@dataclass(frozen=True, slots=True)
class Stage:
    """A lab that runs, with what belongs to one test alone."""

    running: RunningLab
    folder: Path
    lists: ListServer

    @classmethod
    @contextlib.contextmanager
    def of(cls, running: RunningLab, folder: Path) -> Iterator[Self]:
        """Set the scene; what the test before left in the local AWS is gone."""
        running.aws.reset()
        running.drop_nothing()
        operator = Namespace(os.open(running.state.namespaces["operator"], os.O_RDONLY | os.O_CLOEXEC))
        try:
            # A publisher of the test's own, where the product is run: the lab's own is not touched.
            with operator.entered():
                lists = ListServer()
        finally:
            operator.close()
        with lists:
            yield cls(running, folder, lists)

    # --- the origin ---------------------------------------------------------------------------------------------

    def open_origin(self, name: str = "shop", hostname: str = "www.example.org") -> OpenOrigin:
        """Make one, as people have it before they lock it; its certificate (P-256) is of the lab's authority."""
        ec2, elbv2 = self.running.aws.client("ec2"), self.running.aws.client("elbv2")
        within = network(ec2, dualstack=True)
        group_id = empty_group(ec2, name=f"{name}-open", vpc_id=within.vpc_id).group_id
        everybody = tcp(443, ipv4=[("0.0.0.0/0", None)], ipv6=[("::/0", None)])
        ec2.authorize_security_group_ingress(GroupId=group_id, IpPermissions=[everybody])
        balancer = elbv2.create_load_balancer(
            Name=name,
            Type="application",
            Scheme="internet-facing",
            Subnets=list(within.subnet_ids),
            SecurityGroups=[group_id],
            IpAddressType="dualstack",
        )["LoadBalancers"][0]
        listener = elbv2.create_listener(
            LoadBalancerArn=balancer["LoadBalancerArn"],
            Protocol="HTTPS",
            Port=443,
            Certificates=[{"CertificateArn": self.certificate(hostname)}],
            DefaultActions=[FIXED],
        )["Listeners"][0]
        self._target(name, within, listener["ListenerArn"])
        seen = next(each for each in self.running.aws.blueprint().balancers if each.name == name)
        return OpenOrigin(
            name=name,
            hostname=hostname,
            arn=balancer["LoadBalancerArn"],
            dns_name=balancer["DNSName"],
            group_id=group_id,
            listener_arn=listener["ListenerArn"],
            ipv4=next(each for each in seen.ipv4 if not each.startswith("10.")),
            ipv6=seen.ipv6[0],
        )

    def _target(self, name: str, within: Network, listener_arn: str) -> None:
        """Give it a healthy target below a path of its own, which admits the VPC: no rule refers to the open group."""
        ec2, elbv2 = self.running.aws.client("ec2"), self.running.aws.client("elbv2")
        group_id = empty_group(ec2, name=f"{name}-targets", vpc_id=within.vpc_id).group_id
        ec2.authorize_security_group_ingress(GroupId=group_id, IpPermissions=[tcp(8080, ipv4=[("10.0.0.0/16", None)])])
        made = elbv2.create_target_group(
            Name=f"{name}-targets", Protocol="HTTP", Port=8080, VpcId=within.vpc_id, TargetType="instance"
        )["TargetGroups"][0]["TargetGroupArn"]
        machine = ec2.run_instances(
            ImageId=IMAGE,
            InstanceType="t3.micro",
            MinCount=1,
            MaxCount=1,
            SecurityGroupIds=[group_id],
            SubnetId=within.subnet_ids[0],
        )["Instances"][0]["InstanceId"]
        elbv2.register_targets(TargetGroupArn=made, Targets=[{"Id": machine}])
        elbv2.create_rule(
            ListenerArn=listener_arn,
            Priority=1,
            Conditions=[{"Field": "path-pattern", "Values": ["/app/*"]}],
            Actions=[{"Type": "forward", "TargetGroupArn": made}],
        )

    def certificate(self, hostname: str, *, days: float = 30) -> str:
        """Import a server's certificate into the local ACM; returns its ARN. With negative days it has expired."""
        issued = self.authority().issue(Leaf(hostname, (hostname,), server=True, days=days))
        imported = self.running.aws.client("acm").import_certificate(
            Certificate=issued.chain_pem.encode(),
            PrivateKey=issued.key_pem.encode(),
            CertificateChain=self.running.folder.authority.read_bytes(),
        )
        return str(imported["CertificateArn"])

    def authority(self) -> Authority:
        """The lab's authority, which its clients trust."""
        certificate = x509.load_pem_x509_certificate(self.running.folder.authority.read_bytes())
        key = serialization.load_pem_private_key(self.running.folder.authority_key.read_bytes(), None)
        assert isinstance(key, ec.EllipticCurvePrivateKey)
        return Authority(certificate, key)

    # --- commands -----------------------------------------------------------------------------------------------

    def product(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run `originlock ARGUMENTS` as the operator, with the test's own publisher and state directory, to its end."""
        return self.inside("operator", *self.product_line(*arguments))

    def inside(self, host: str, *command: str) -> subprocess.CompletedProcess[str]:
        """Run a command in a host to its end."""
        return prefork.run(self.entering(host, *command), env=self.environment, cwd=Path.cwd(), timeout=SECONDS)

    def done(self, *arguments: str) -> Any:  # noqa: ANN401 - JSON
        """Run `originlock ARGUMENTS -o json`, which must end with 0; returns what it prints."""
        ended = self.product(*arguments, "-o", "json")
        assert ended.returncode == 0, f"{ended.returncode}\n{ended.stderr}\n{ended.stdout}"
        return json.loads(ended.stdout)

    def product_line(self, *arguments: str) -> Sequence[str]:
        """The product's command line, as it is run within a host."""
        ours = {**self.lists.urls, "ORIGINLOCK_STATE_DIR": str(self.folder / "state")}
        variables = [f"{name}={value}" for name, value in ours.items()]
        return ["env", *variables, sys.executable, "-m", "originlock", *arguments]

    def line(self, host: str, *command: str) -> list[str]:
        """The command line that runs a command in a host."""
        return [*prefork.COMMAND, *self.entering(host, *command)]

    def entering(self, host: str, *command: str) -> list[str]:
        """The product's arguments that have it run a command in a host."""
        return ["lab", "exec", "--as", host, "--", *command]

    @property
    def environment(self) -> dict[str, str]:
        """What commands are started with: a child must find the package that the test runs, installed or not."""
        path = os.pathsep.join(each for each in sys.path if each)
        place = str(self.running.folder.path)
        return {**os.environ, "PYTHONPATH": path, "ORIGINLOCK_LAB_DIR": place, "NO_COLOR": "1"}

    @contextlib.contextmanager
    def beside(self, host: str, *command: str) -> Iterator[subprocess.Popen[str]]:
        """Run a command in a host beside the test; whatever happens it has ended afterwards."""
        with subprocess.Popen(
            self.line(host, *command),
            env=self.environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            # Its share of the processor is its own, not one of this whole run's.
            start_new_session=True,
        ) as process:
            try:
                yield process
            finally:
                process.kill()
