"""`originlock lab`: up, down, and what can be done in between; and that nothing is left, however it ends."""

from __future__ import annotations

import os
import shlex
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from tests.lab.network.command import LabCommand

from originlock.cli import lab as lab_command
from originlock.lab.addresses import CLIENTS
from originlock.lab.folder import Folder
from originlock.lab.namespaces import why_none
from originlock.lab.process import LabStartError
from originlock.lab.running import RunningLab, found, lab, start
from originlock.lab.world import open_load_balancer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

WHY_NOT = why_none()
filtered = pytest.mark.skipif(WHY_NOT is not None, reason=f"no packet filters here: {WHY_NOT}")

FIXED = {"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "200", "MessageBody": "the origin"}}

#: Asks a URL, and says what came of it. A host that drops packets is given up soon; what is there may take its time.
ASK = """
import socket, sys, urllib.parse, urllib.request
url = urllib.parse.urlsplit(sys.argv[1])
try:
    port = url.port or {"http": 80, "https": 443}[url.scheme]
    socket.create_connection((url.hostname, port), timeout=0.8).close()
    print(urllib.request.urlopen(sys.argv[1], timeout=60).read().decode())
except OSError as error:
    print(getattr(error, "reason", error))
"""


@pytest.fixture
def command(tmp_path: Path) -> Iterator[LabCommand]:
    """The command, in a folder that is not there yet; what it brought up is taken down."""
    made = LabCommand(tmp_path / "lab")
    yield made
    made.run("down")


@pytest.fixture(scope="module")
def at(running: RunningLab) -> LabCommand:
    """The command, for the lab that runs."""
    return LabCommand(running.folder.path)


def held_by(process_id: int) -> set[str]:
    """Every network namespace that a process is in or holds; empty for one that is no more."""
    names = set()
    process = Path(f"/proc/{process_id}")
    for link in (process / "ns/net", *_descriptors(process)):
        try:
            names.add(str(link.readlink()))
        except OSError:
            continue
    return {name for name in names if name.startswith("net:")}


def process_ids() -> set[int]:
    """Every process on this machine."""
    return {int(process.name) for process in Path("/proc").glob("[0-9]*")}


def wait_until(so: Callable[[], bool], what: str) -> None:
    """Wait until it is so."""
    deadline = time.monotonic() + 60
    while not so():
        if time.monotonic() > deadline:
            pytest.fail(what)
        time.sleep(0.02)


def _descriptors(process: Path) -> list[Path]:
    try:
        return list((process / "fd").iterdir())
    except OSError:
        return []


def wait_until_gone(process_id: int) -> None:
    """Wait until a process is no more, or nobody but its parent knows of it."""

    def gone() -> bool:
        try:
            return Path(f"/proc/{process_id}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
        except OSError:
            return True

    wait_until(gone, f"process {process_id} is still there")


def children(process_id: int) -> list[int]:
    """The processes that a process started."""
    tasks = Path(f"/proc/{process_id}/task").glob("*/children")
    return [int(each) for task in tasks for each in task.read_text().split()]


# --- up and down ------------------------------------------------------------------------------------------------


def test_up_status_down(command: LabCommand) -> None:
    """Each tells the truth, a second time, too, and the folder goes with the lab."""
    assert command.data("status") == {"running": False}
    began = command.run("up")
    assert began.returncode == 0, began.stderr
    assert "the lab is up" in began.stdout
    status = command.data("status")
    assert status["running"]
    assert status["packet_filters"] is (WHY_NOT is None)
    assert status["folder"] == str(command.folder)

    again = command.run("up")
    assert (again.returncode, "up already" in again.stdout) == (0, True)
    assert command.data("status")["process_id"] == status["process_id"]

    helpers = children(status["process_id"])
    assert helpers
    assert command.data("down") == {"ran": True}
    for each in (status["process_id"], *helpers):
        wait_until_gone(each)
    assert not command.folder.exists()
    assert command.data("down") == {"ran": False}
    assert command.run("down").returncode == 0


@filtered
def test_nothing_is_left_by_one_that_is_killed(command: LabCommand) -> None:
    """Nobody can clean up in a process that is killed: namespaces and children must go by themselves."""
    assert command.run("up").returncode == 0
    status = command.data("status")
    helpers = children(status["process_id"])
    # The machine's own is one of those in which it is.
    names = held_by(status["process_id"]) - held_by(os.getpid())
    assert len(names) >= len(CLIENTS) + 2
    # Numbers of namespaces that are gone are given to new ones: only who was there before can still hold these.
    before = process_ids()
    os.kill(status["process_id"], signal.SIGKILL)
    for each in (status["process_id"], *helpers):
        wait_until_gone(each)
    wait_until(lambda: not any(names & held_by(each) for each in before), "namespaces are left")
    assert not list(Path("/run/netns").glob("*")) if Path("/run/netns").is_dir() else True

    assert command.data("status") == {"running": False}
    assert command.folder.is_dir()
    # A new one takes the place over; and if it does not, `down` clears it.
    assert command.run("up").returncode == 0
    assert command.data("status")["process_id"] != status["process_id"]
    os.kill(command.data("status")["process_id"], signal.SIGKILL)
    command.run("down")
    assert not command.folder.exists()


def test_it_ends_with_whoever_holds_it(tmp_path: Path) -> None:
    """A test run that is killed leaves no lab behind."""
    folder = tmp_path / "lab"
    program = (
        "import os, signal, sys; from pathlib import Path\n"
        "from originlock.lab.folder import Folder; from originlock.lab.running import lab\n"
        "with lab(Folder(Path(sys.argv[1]))) as made:\n"
        "    print(made.state.process_id, flush=True)\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    python = LabCommand(folder)
    ended = subprocess.run(
        [python.line()[0], "-c", program, str(folder)], env=python.environment, capture_output=True, check=False
    )
    assert ended.returncode == -signal.SIGKILL
    wait_until_gone(int(ended.stdout))
    assert not folder.exists()


def test_it_ends_with_its_aws(tmp_path: Path) -> None:
    """A lab without its AWS would answer some and not others, and say that it is up."""
    folder = Folder(tmp_path / "lab")
    running = start(folder, lambda _: None)
    for each in children(running.state.process_id):
        os.kill(each, signal.SIGKILL)
    wait_until_gone(running.state.process_id)
    assert found(folder) is None
    assert not folder.path.exists()


def test_a_lab_that_cannot_come_up_leaves_nothing(tmp_path: Path) -> None:
    """The one that is there already is not touched by one that wants the same folder."""
    folder = Folder(tmp_path / "lab")
    with lab(folder) as there:
        with pytest.raises(LabStartError, match="another lab"):
            start(folder, lambda _: None)
        assert found(folder) == there
        there.status()
    assert not folder.path.exists()


def test_a_folder_with_a_long_path(tmp_path: Path) -> None:
    """A socket's path has at most 107 letters; a folder's may well be longer."""
    with lab(Folder(tmp_path / ("long" * 25) / "lab")) as made:
        open_load_balancer(made.aws.client("ec2"), made.aws.client("elbv2"))
        assert made.status()["load_balancers"]
        assert len(str(made.folder.path)) > 107


def test_a_folder_that_others_may_enter_is_refused(command: LabCommand) -> None:
    """Sockets and keys are in there."""
    command.folder.mkdir(mode=0o755)
    command.folder.chmod(0o755)
    ended = command.run("up")
    assert ended.returncode == 1
    assert "yours alone" in ended.stderr


def test_what_else_is_in_a_folder_is_never_touched(command: LabCommand) -> None:
    """Whoever names a folder of their own by mistake must find it as it was."""
    command.folder.mkdir(mode=0o700)
    (command.folder / "log").write_text("mine")
    (command.folder / "originlock").mkdir()
    assert command.run("down").returncode == 0
    ended = command.run("up")
    assert (ended.returncode, "holds something else" in ended.stderr) == (1, True)
    assert (command.folder / "log").read_text() == "mine"
    assert (command.folder / "originlock").is_dir()


def test_without_packet_filters(tmp_path: Path) -> None:
    """Where namespaces cannot be had everything else works, and every place that depends on them says so."""
    command = LabCommand(tmp_path / "lab", {"ORIGINLOCK_LAB_WITHOUT_FILTERS": "1"})
    try:
        assert "packets are NOT filtered: ORIGINLOCK_LAB_WITHOUT_FILTERS is set" in command.run("up").stdout
        there = found(Folder(command.folder))
        assert there is not None
        balancer = open_load_balancer(there.aws.client("ec2"), there.aws.client("elbv2"))
        there.aws.client("elbv2").create_listener(
            LoadBalancerArn=balancer.load_balancer_arn, Protocol="HTTP", Port=80, DefaultActions=[FIXED]
        )
        status = command.data("status")
        assert status["packet_filters"] is False
        assert status["hosts"] == {}
        place = next(each["is_at"] for each in status["loopback"] if each["address"].startswith("198.51.100."))
        asked = command.run("exec", "--as", "stranger", "--", "python3", "-c", ASK, f"http://{place}/")
        assert asked.stdout.strip() == "the origin"
        assert asked.stderr.count("packets are not filtered") == 1
        dropped = command.run("fault", "add", "drop-packets", "--cidr", "173.245.48.0/20")
        assert dropped.returncode == 2
        assert "does not filter packets" in dropped.stderr
    finally:
        command.run("down")


@filtered
def test_a_site_to_lock(command: LabCommand) -> None:
    """What the first page of the documentation says: the door is open, is locked, and the site is served throughout."""
    assert command.run("up", "--site").returncode == 0
    assert command.run("up", "--site").returncode == 0
    (shop,) = command.data("status")["load_balancers"]
    product = ("exec", "--", sys.executable, "-m", "originlock")
    check = (*product, "check", "www.example.org", "--origin", shop["dns_name"])

    def served() -> str:
        return command.run("exec", "--as", "stranger", "--", "python3", "-c", ASK, "https://www.example.org/").stdout

    assert command.run(*check).returncode == 3
    assert '"host":"www.example.org"' in served()
    applied = command.run(*product, "apply", "--load-balancer", "shop", "--foreign", "remove", "--yes")
    assert applied.returncode == 0, applied.stderr
    assert command.run(*check).returncode == 0
    assert '"host":"www.example.org"' in served()


# --- a lab that runs --------------------------------------------------------------------------------------------


def test_the_hosts_are_those_of_the_lab() -> None:
    """The command names its hosts without loading the lab; a new one must be named there, too."""
    assert tuple(host.name for host in CLIENTS) == lab_command._HOSTS  # noqa: SLF001 - its own test


@filtered
def test_a_group_decides_who_gets_in(running: RunningLab, at: LabCommand) -> None:
    """The whole way: a call to the local AWS changes what a stranger's packets meet, before it is answered."""
    ec2, elbv2 = running.aws.client("ec2"), running.aws.client("elbv2")
    balancer = open_load_balancer(ec2, elbv2, name="decides")
    elbv2.create_listener(LoadBalancerArn=balancer.load_balancer_arn, Protocol="HTTP", Port=443, DefaultActions=[FIXED])

    def asked(host: str) -> str:
        url = f"http://{balancer.dns_name}:443/"
        return at.run("exec", "--as", host, "--", "python3", "-c", ASK, url).stdout.strip()

    assert asked("stranger") == "the origin"
    assert balancer.dns_name in at.run("status").stdout
    everybody = {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443}
    ec2.revoke_security_group_ingress(
        GroupId=balancer.group_id, IpPermissions=[{**everybody, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}]
    )
    assert asked("stranger") == "timed out"
    assert asked("office") == "the origin"
    elbv2.delete_load_balancer(LoadBalancerArn=balancer.load_balancer_arn)
    assert "not known" in asked("office")


@filtered
@pytest.mark.parametrize("host", [host.name for host in CLIENTS])
def test_a_command_is_in_its_host(running: RunningLab, at: LabCommand, host: str) -> None:
    """Its name server and its way to the APIs are the lab's, and the machine's own files stay as they are."""
    before = Path("/etc/resolv.conf").read_bytes()
    seen = at.run("exec", "--as", host, "--", "cat", "/etc/resolv.conf", "/proc/net/route")
    assert "nameserver 127.0.0.53" in seen.stdout
    assert "eth0" in seen.stdout
    assert Path("/etc/resolv.conf").read_bytes() == before
    state = at.run("exec", "--as", host, "--", "python3", "-c", ASK, f"{running.state.aws_url}/originlock-lab/state")
    assert '"hanging": false' in state.stdout
    nobody = at.run("exec", "--as", host, "--", "python3", "-c", ASK, "http://www.example.org/")
    assert "not known" in nobody.stdout


def test_what_goes_in_and_comes_out_is_the_commands(at: LabCommand) -> None:
    """Input, output, arguments like options and the exit code are passed on as they are."""
    ended = at.run("exec", "--", "sh", "-c", 'cat; echo "$1" >&2; exit 41', "sh", "--as", said="through\n")
    assert (ended.returncode, ended.stdout) == (41, "through\n")
    assert ended.stderr.endswith("--as\n")


def test_a_signal_reaches_the_command(at: LabCommand) -> None:
    """Ctrl-C must end what runs in a host."""
    waiting = subprocess.Popen(
        at.line("exec", "--", "python3", "-c", "import time; print(1, flush=True); time.sleep(60)"),
        env=at.environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    with waiting:
        assert waiting.stdout is not None
        assert waiting.stdout.readline() == b"1\n"
        waiting.send_signal(signal.SIGTERM)
        assert waiting.wait(60) == -signal.SIGTERM


def test_a_program_that_is_not_there_is_said_to_be(at: LabCommand) -> None:
    """Three lines, and not a traceback."""
    ended = at.run("exec", "--", "no-such-program")
    assert ended.returncode == 2
    assert "no-such-program cannot be run: No such file or directory" in ended.stderr


def test_env_points_a_shell_at_the_lab(running: RunningLab, at: LabCommand) -> None:
    """A profile, a proxy or a token of the person's own must not lead a client to the real cloud."""
    exports = at.run("env").stdout
    shell = subprocess.run(
        ["sh", "-c", f'{exports}\nenv; echo "profile ${{AWS_PROFILE-none}}"'],
        env={**at.environment, "AWS_PROFILE": "real", "HTTPS_PROXY": "http://proxy.example.org"},
        capture_output=True,
        text=True,
        check=True,
    )
    seen = shell.stdout.splitlines()
    assert f"AWS_ENDPOINT_URL={running.state.aws_url}" in seen
    assert "profile none" in seen
    assert not [line for line in seen if line.startswith("HTTPS_PROXY")]
    assert all(shlex.split(line)[0] in {"export", "unset"} for line in exports.splitlines())
    for name in ("SSL_CERT_FILE", "CURL_CA_BUNDLE", "REQUESTS_CA_BUNDLE"):
        bundle = Path(next(line for line in seen if line.startswith(f"{name}=")).partition("=")[2])
        assert running.folder.authority.read_text() in bundle.read_text()


def test_call_log_and_faults(running: RunningLab, at: LabCommand) -> None:
    """What goes wrong on demand goes wrong, is logged, and ends when it is told to."""
    elbv2 = running.aws.client("elbv2", attempts=1)
    last = running.aws.state().calls
    assert at.run("fault", "add", "access-denied", "--action", "DescribeLoadBalancers").returncode == 0
    with pytest.raises(elbv2.exceptions.ClientError):
        elbv2.describe_load_balancers()
    (call,) = at.data("call-log", "--since", str(last))["calls"]
    assert (call["action"], call["fault"]) == ("DescribeLoadBalancers", "access-denied")
    assert "access-denied" in at.run("call-log").stdout
    assert at.run("fault", "add", "throttle").returncode == 0
    assert at.run("fault", "clear").returncode == 0
    elbv2.describe_load_balancers()


def test_a_fault_that_is_none_is_refused(at: LabCommand) -> None:
    """A misspelt fault that never comes would let a test pass."""
    ended = at.run("fault", "add", "throtle")
    assert ended.returncode == 2
    assert "throttle" in ended.stderr


def test_no_lab_runs(command: LabCommand) -> None:
    """What needs one says how to have one."""
    for arguments in (("env",), ("exec", "--", "true"), ("call-log",), ("fault", "clear")):
        ended = command.run(*arguments)
        assert ended.returncode == 2
        assert "originlock lab up" in ended.stderr


@pytest.mark.parametrize(
    "arguments", [(), ("up",), ("down",), ("status",), ("env",), ("exec",), ("call-log",), ("fault",), ("fault", "add")]
)
def test_every_command_explains_itself(command: LabCommand, arguments: tuple[str, ...]) -> None:
    """With examples."""
    ended = command.run(*arguments, "--help")
    assert ended.returncode == 0
    assert "originlock lab" in ended.stdout
    assert arguments == ("fault",) or "Examples:" in ended.stdout
