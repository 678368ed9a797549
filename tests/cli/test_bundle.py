"""`originlock bundle check`: what is said of a file, on which stream, and with which exit code."""

from __future__ import annotations

import subprocess

import pytest
from tests.cli.product import COMMAND, Product
from tests.pki.bad_files import KEY, SHARED, SHARED_2015

from originlock.lab import authority

ROOT = authority.root("root")
BELOW = ROOT.below("below")
LIST = ROOT.revocation_list_pem()


def test_a_clean_bundle(offline: Product) -> None:
    """A good bundle would not be told from a bad one."""
    offline.write("ca.pem", ROOT.pem + BELOW.pem)
    ended = offline.run("bundle", "check", "ca.pem")
    assert (ended.code, ended.err) == (0, "")
    assert ended.out.startswith("ca.pem: 2 certificates\n")
    assert ended.out.endswith("\nfit for a trust store\n")
    assert "CN=below" in ended.out


def test_findings_are_paragraphs(offline: Product) -> None:
    """A person could not find the line, nor see what to do."""
    offline.write("ca.pem", f"{ROOT.pem}\n{BELOW.pem}")
    ended = offline.run("bundle", "check", "ca.pem")
    line = len(ROOT.pem.splitlines()) + 1
    assert ended.code == 3
    assert f"\nerror: line {line}: blank: a bundle may have no blank lines [blank-line]\n  what to do: " in ended.out
    assert ended.out.endswith("\nNOT FIT for a trust store: 1 error\n")


def test_warnings_alone_are_fit(offline: Product) -> None:
    """The shared authority would stop whoever wants it, or go unsaid."""
    offline.write("ca.pem", SHARED)
    ended = offline.run("bundle", "check", "ca.pem")
    assert ended.code == 0
    assert "[shared-authority]" in ended.out
    assert ended.out.endswith("\nfit for a trust store: 1 warning\n")


def test_json(offline: Product) -> None:
    """A program would have to read our prose."""
    offline.write("ca.pem", f"# a-b\n{SHARED_2015}")
    ended = offline.run("bundle", "check", "ca.pem", "-o", "json")
    assert ended.code == 3
    data = ended.json
    assert set(data) == {"file", "certificates", "revocation_lists", "findings", "clean"}
    assert (data["file"], data["clean"]) == ("ca.pem", False)
    (certificate,) = data["certificates"]
    assert (certificate["line"], certificate["key"], certificate["not_after"]) == (
        2,
        "RSA 4096",
        "2020-01-12T02:52:53+00:00",
    )
    codes = [(each["code"], each["severity"], each["line"], each["file"]) for each in data["findings"]]
    assert codes == [
        ("comment-with-hyphen", "error", 1, "ca.pem"),
        ("shared-authority-2015", "error", 2, "ca.pem"),
    ]
    assert all(each["message"] and each["remedy"] and each["lines"] for each in data["findings"])


def test_lists_go_with_the_bundle(offline: Product) -> None:
    """A list of another authority would be added, and revoke nothing."""
    offline.write("ca.pem", ROOT.pem)
    offline.write("good.pem", LIST)
    offline.write("other.pem", authority.root("other").revocation_list_pem())
    good = offline.run("bundle", "check", "ca.pem", "--crl", "good.pem", "-o", "json")
    assert good.code == 0
    ((listed),) = good.json["revocation_lists"]
    assert (listed["file"], listed["issuer"], listed["entries"]) == ("good.pem", "CN=root", 0)
    assert listed["signed_by"] == [good.json["certificates"][0]["sha256"]]
    other = offline.run("bundle", "check", "ca.pem", "--crl", "good.pem", "--crl", "other.pem")
    assert other.code == 3
    assert "error: other.pem: line 1: " in other.out
    assert "[crl-stranger]" in other.out


def test_stdin(offline: Product) -> None:
    """What is in S3 could not be looked at without a file."""
    done = subprocess.run(
        [*COMMAND, "bundle", "check", "-"],
        input=ROOT.pem.encode(),
        capture_output=True,
        env=offline.variables,
        cwd=offline.directory,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, b"")
    assert done.stdout.startswith(b"stdin: 1 certificate\n")


@pytest.mark.parametrize(
    "arguments",
    [
        ("bundle", "check"),
        ("bundle", "check", "absent.pem"),
        ("bundle", "check", "."),
        ("bundle", "check", "-", "--crl", "-"),
        ("bundle", "check", "ca.pem", "--crl", "absent.pem"),
        ("bundle", "frobnicate"),
    ],
    ids=" ".join,
)
def test_wrong_usage(arguments: tuple[str, ...], offline: Product) -> None:
    """A slip would be taken for a finding."""
    offline.write("ca.pem", ROOT.pem)
    ended = offline.run(*arguments)
    assert (ended.code, ended.out) == (2, "")
    assert len(ended.err.splitlines()) == 3


def test_a_key_is_never_shown(offline: Product) -> None:
    """A key that lies in a bundle by mistake would go into the log of a build."""
    offline.write("ca.pem", ROOT.pem + KEY)
    for output in ("text", "json"):
        ended = offline.run("bundle", "check", "ca.pem", "-o", output)
        assert ended.code == 3
        assert "private-key" in ended.out
        assert all(line not in ended.said for line in KEY.splitlines()[1:-1])


def test_a_file_without_end_is_not_read_to_its_end(offline: Product) -> None:
    """The memory would fill up."""
    ended = offline.run("bundle", "check", "/dev/zero")
    assert ended.code == 3
    assert "[file-too-large]" in ended.out


def test_text_from_a_certificate_steers_no_terminal(offline: Product) -> None:
    """A name in a certificate would repaint the screen."""
    offline.write("ca.pem", authority.root("red \x1b[31m").pem)
    ended = offline.run("bundle", "check", "ca.pem")
    assert "\x1b" not in ended.out


def test_without_the_extra(offline: Product) -> None:
    """Whoever has not installed it could not read the help, or would be shown a traceback."""
    code = (
        "import importlib.util as u, sys\nfind = u.find_spec\n"
        "u.find_spec = lambda name, *more: None if name == 'cryptography' else find(name, *more)\n"
        "sys.modules['cryptography'] = None\nfrom originlock.__main__ import main\nmain()"
    )
    offline.write("ca.pem", ROOT.pem)
    helped, tried = (
        subprocess.run(
            [COMMAND[0], "-c", code, "bundle", "check", argument],
            capture_output=True,
            text=True,
            env=offline.variables,
            cwd=offline.directory,
            timeout=60,
            check=False,
        )
        for argument in ("--help", "ca.pem")
    )
    assert helped.returncode == 0, helped.stderr
    assert "Usage: originlock bundle check" in helped.stdout
    assert (tried.returncode, tried.stdout) == (2, "")
    assert "originlock[identity]" in tried.stderr
