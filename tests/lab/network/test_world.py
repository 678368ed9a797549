"""The whole world at once: visitors, the edge, the load balancer, strangers, over TLS, names and packet filters."""

from __future__ import annotations

import contextlib
import json
import subprocess
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pytest
from tests.lab.network.command import LabCommand

from originlock.lab.authority import Leaf
from originlock.lab.lists import IPV4, IPV6
from originlock.lab.namespaces import why_none
from originlock.lab.running import RunningLab
from originlock.lab.world import OpenLoadBalancer, empty_group, open_load_balancer, tcp

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

WHY_NOT = why_none()
pytestmark = pytest.mark.skipif(WHY_NOT is not None, reason=f"no packet filters here: {WHY_NOT}")

HOST: Final = "www.example.org"
FIXED = {"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "200", "MessageBody": "the origin"}}

#: Asks https://HOST/ at an address, or wherever its name leads, and says what came of it.
ASK: Final = f"""
import http.client, socket, ssl, sys
context = ssl.create_default_context()
connection = http.client.HTTPSConnection({HOST!r}, timeout=60, context=context)
if len(sys.argv) > 1:
    plain = socket.create_connection((sys.argv[1], 443), timeout=0.4)
    plain.settimeout(60)
    connection.sock = context.wrap_socket(plain, server_hostname={HOST!r})
connection.request("GET", "/")
answer = connection.getresponse()
print(answer.status, answer.getheader("server"), answer.read().decode()[:20])
"""


#: A server for one request, which it does not know.
ONE_ANSWER: Final = """
import http.server
server = http.server.HTTPServer(("127.0.0.1", 0), http.server.BaseHTTPRequestHandler)
print(server.server_port, flush=True)
server.handle_request()
"""


def cloudflare(running: RunningLab, method: str, path: str, given: object = None) -> Any:  # noqa: ANN401 - JSON
    """Call the lab's Cloudflare as any client does."""
    request = urllib.request.Request(  # noqa: S310 - http on the loopback address
        running.state.cloudflare_url + path,
        method=method,
        data=None if given is None else json.dumps(given).encode(),
        headers={"Authorization": f"Bearer {running.state.cloudflare_token}", "Content-Type": "application/json"},
    )
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(request, timeout=30) as answer:
        return json.load(answer)["result"]


def proxied_zone(running: RunningLab, target: str) -> None:
    """A zone whose one name is proxied to a load balancer, with Full (strict)."""
    account = cloudflare(running, "GET", "/accounts")[0]["id"]
    given = {"name": "example.org", "account": {"id": account}, "type": "full"}
    zone = cloudflare(running, "POST", "/zones", given)["id"]
    running.cloudflare.post("zone", {"name": "example.org", "delegated": True})
    cloudflare(running, "PUT", f"/zones/{zone}/activation_check")
    record = {"type": "CNAME", "name": HOST, "content": target, "proxied": True, "ttl": 1}
    cloudflare(running, "POST", f"/zones/{zone}/dns_records", record)
    cloudflare(running, "PATCH", f"/zones/{zone}/settings/ssl", {"value": "strict"})


@pytest.fixture(scope="module")
def balancer(running: RunningLab) -> OpenLoadBalancer:
    """An open load balancer that serves HOST over TLS, behind a proxied name."""
    made = open_load_balancer(running.aws.client("ec2"), running.aws.client("elbv2"), name="world")
    issued = running.authority.issue(Leaf(HOST, (HOST,), server=True))
    certificate = running.aws.client("acm").import_certificate(
        Certificate=issued.chain_pem.encode(), PrivateKey=issued.key_pem.encode()
    )
    running.aws.client("elbv2").create_listener(
        LoadBalancerArn=made.load_balancer_arn,
        Protocol="HTTPS",
        Port=443,
        Certificates=[{"CertificateArn": certificate["CertificateArn"]}],
        DefaultActions=[FIXED],
    )
    proxied_zone(running, made.dns_name)
    return made


def addresses_of(running: RunningLab, balancer: OpenLoadBalancer) -> list[str]:
    """Where a load balancer's listeners are."""
    found = running.status()["load_balancers"]
    return next(each["addresses"] for each in found if each["dns_name"] == balancer.dns_name)


def asked(running: RunningLab, host: str, *address: str) -> str:
    """Ask from a host; returns the last line of what was said."""
    command = LabCommand(running.folder.path)
    ended = command.run("exec", "--as", host, "--", "python3", "-c", ASK, *address)
    return (ended.stdout or ended.stderr).strip().splitlines()[-1]


def test_the_story(running: RunningLab, balancer: OpenLoadBalancer) -> None:
    """A door that is open, then locked to the edge by security group: visitors stay, strangers time out."""
    address = addresses_of(running, balancer)[0]
    assert asked(running, "stranger") == "200 cloudflare the origin"
    assert asked(running, "stranger", address) == "200 awselb/2.0 the origin"

    ec2 = running.aws.client("ec2")
    group = balancer.group_id
    ranges = tcp(443, ipv4=[(each, None) for each in IPV4], ipv6=[(each, None) for each in IPV6])
    ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=[ranges])
    everybody = tcp(443, ipv4=[("0.0.0.0/0", None)], ipv6=[("::/0", None)])
    ec2.revoke_security_group_ingress(GroupId=group, IpPermissions=[everybody])

    assert asked(running, "stranger") == "200 cloudflare the origin"
    assert asked(running, "stranger", address) == "TimeoutError: timed out"
    assert asked(running, "edge", address) == "200 awselb/2.0 the origin"
    assert asked(running, "office", address) == "200 awselb/2.0 the origin"

    # Sabotage: one range of the edge is lost at the origin, then all of the edge is.
    running.drop("173.245.48.0/20")
    running.drop("103.21.244.0/22")
    assert asked(running, "edge", address) == "TimeoutError: timed out"
    running.drop_nothing()
    running.set_edge_down(True)
    assert "ConnectionRefusedError" in asked(running, "stranger")
    running.set_edge_down(False)
    assert asked(running, "stranger") == "200 cloudflare the origin"


@contextlib.contextmanager
def load(running: RunningLab, addresses: Sequence[str]) -> Iterator[dict[str, Any]]:
    """A load from the edge meanwhile; what came of it is in the dict afterwards."""
    told: dict[str, Any] = {}
    command = LabCommand(running.folder.path)
    program = str(Path(__file__).with_name("load.py"))
    process = subprocess.Popen(
        command.line("exec", "--as", "edge", "--", "python3", program, "100", HOST, *addresses),
        env=command.environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    with process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"begun\n"
        yield told
        told.update(json.loads(process.communicate()[0]))


def test_a_swap_loses_nothing_if_it_adds_first_and_something_if_not(
    running: RunningLab, balancer: OpenLoadBalancer
) -> None:
    """If the lab lost requests by itself, or hid those that a wrong order loses, no proof in it would be worth much."""
    ec2, elbv2 = running.aws.client("ec2"), running.aws.client("elbv2")
    edges = tcp(443, ipv4=[(each, None) for each in IPV4], ipv6=[(each, None) for each in IPV6])
    groups = [empty_group(ec2, name=name, vpc_id=balancer.vpc_id).group_id for name in ("one", "other")]
    for group in groups:
        ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=[edges])
    addresses = addresses_of(running, balancer)

    def hold(*held: str) -> None:
        elbv2.set_security_groups(LoadBalancerArn=balancer.load_balancer_arn, SecurityGroups=list(held))

    with load(running, addresses) as adding_first:
        for _ in range(10):
            hold(groups[0])
            hold(*groups)
            hold(groups[1])
            hold(*groups)
    assert (adding_first["lost"], adding_first["asked"] > 0) == ([], True)

    hold(groups[0])
    with load(running, addresses) as removing_first:
        for _ in range(10):
            ec2.revoke_security_group_ingress(GroupId=groups[0], IpPermissions=[edges])
            ec2.authorize_security_group_ingress(GroupId=groups[0], IpPermissions=[edges])
    assert removing_first["lost"]
    hold(balancer.group_id)


def test_cloudflares_calls_and_faults_by_command(running: RunningLab) -> None:
    """Each cloud has its own log and its own faults."""
    command = LabCommand(running.folder.path)
    before = len(command.data("call-log", "--cloud", "cloudflare")["calls"])
    assert command.run("fault", "add", "throttled", "--cloud", "cloudflare", "--action", "GET accounts").returncode == 0
    with pytest.raises(OSError, match="429"):
        cloudflare(running, "GET", "/accounts")
    (call,) = command.data("call-log", "--cloud", "cloudflare", "--since", str(before))["calls"]
    assert (call["path"], call["status"], call["fault"]) == ("accounts", 429, "throttled")
    assert command.run("fault", "add", "quota", "--cloud", "cloudflare").returncode == 2
    assert command.run("fault", "add", "edge-down").returncode == 0
    assert command.run("fault", "clear").returncode == 0
    assert cloudflare(running, "GET", "/accounts")


def test_the_product_reads_the_lists_of_the_lab(running: RunningLab) -> None:
    """Both published forms agree, so that nothing is refused for the lab's sake."""
    command = LabCommand(running.folder.path)
    ended = command.run("exec", "--", "python3", "-m", "originlock", "ranges", "-o", "json")
    assert ended.returncode == 0, ended.stderr
    assert sorted(json.loads(ended.stdout)["ipv4"]) == sorted(IPV4)


def test_another_port_of_the_machine_can_be_one_of_the_hosts(running: RunningLab) -> None:
    """A test's own server on the loopback address is reached from a host by the same URL."""
    port = int(running.state.aws_url.rpartition(":")[2])
    command = LabCommand(running.folder.path)
    server = subprocess.Popen([command.line()[0], "-c", ONE_ANSWER], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    with server:
        assert server.stdout is not None
        other = int(server.stdout.readline())
        assert other != port
        running.relay(other)
        program = f"import urllib.request; urllib.request.urlopen('http://127.0.0.1:{other}/', timeout=30)"
        ended = command.run("exec", "--", "python3", "-c", program)
        assert "501" in ended.stderr
        server.terminate()
