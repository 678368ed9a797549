"""`originlock ca`: what a person types, what is printed where, and that no secret ever is."""

from __future__ import annotations

import os
import re
import shutil
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from tests.cli.product import Ended, Product
from tests.cli.test_usage import HEAVY, imported

from originlock.cli import ca_leaves
from originlock.facts.certificates import members
from originlock.pki.authorities import AuthorityFiles
from originlock.pki.issuing import Reason
from originlock.pki.keys import KeyKind

SECRET = "correct horse battery staple"
OTHER = "some other passphrase"


@pytest.fixture
def person(offline: Product) -> Product:
    """Somebody with a passphrase in a file."""
    passphrase_file(offline, "passphrase", SECRET)
    return offline.with_variables(ORIGINLOCK_CA_PASSPHRASE_FILE="passphrase")


def passphrase_file(product: Product, name: str, text: str) -> Path:
    """A file that nobody else may read."""
    path = product.write(name, text + "\n")
    path.chmod(0o600)
    return path


def done(ended: Ended) -> Ended:
    """A command that did what it should, and let no secret out."""
    assert ended.code == 0, ended.said
    assert_no_secret(ended.said)
    return ended


def refused(ended: Ended, code: int, *words: str) -> None:
    """A command that did not: three lines, the right code, and what to do."""
    assert (ended.code, ended.out) == (code, ""), ended.said
    assert len(ended.err.splitlines()) == 3, ended.err
    for word in words:
        assert word in ended.err
    assert_no_secret(ended.said)


def assert_no_secret(text: str) -> None:
    """Neither a passphrase nor anything of a key."""
    assert SECRET not in text
    assert OTHER not in text
    assert "PRIVATE KEY" not in text


def request(product: Product, name: str) -> str:
    """A request, made with OpenSSL; its key stays beside it."""
    command = ["openssl", "req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
    command += ["-keyout", f"{name}.own", "-subj", "/CN=admin", "-addext", f"subjectAltName=DNS:{name}.example.org"]
    subprocess.run([*command, "-out", f"{name}.csr"], cwd=product.directory, capture_output=True, check=True)
    return f"{name}.csr"


needs_openssl = pytest.mark.skipif(shutil.which("openssl") is None, reason="no openssl here")


def test_from_nothing_to_a_leaf_for_the_edge(person: Product) -> None:
    """A person would not know what comes next."""
    made = done(person.run("ca", "init", "shop"))
    assert "originlock ca issue shop edge" in made.out
    assert str(person.state / "ca" / "shop") in made.out
    issued = done(person.run("ca", "issue", "shop", "edge"))
    assert '[origins.NAME.identity]\n  ca = "shop"\n' in issued.out
    listed = done(person.run("ca", "list"))
    assert re.search(
        r"^shop +until \d{4}-\d\d-\d\d \(\d+ days left\) +1 generation +1 good leaf$", listed.out, re.MULTILINE
    )
    shown = done(person.run("ca", "show", "shop", "-o", "json")).json
    (leaf,), (root,) = shown["leaves"], shown["generations"]
    assert (leaf["name"], leaf["names"], leaf["key_is_here"]) == ("edge", ["DNS:edge.shop.internal"], True)
    assert (leaf["generation"], root["issues"], leaf["revoked_at"]) == (root["sha256"], True, None)
    assert (leaf["days_left"], leaf["due"]) == (364, False)
    text = done(person.run("ca", "show", "shop")).out
    for word in (leaf["serial"], leaf["sha256"], root["sha256"]):
        assert word in text
    assert person.run("ca", "show", "shop", "--bundle").out == root["certificate"]


def test_reading_asks_for_no_passphrase(person: Product) -> None:
    """A monitor that only looks would need the secret."""
    done(person.run("ca", "init", "shop"))
    done(person.run("ca", "issue", "shop", "edge"))
    reader = person.with_variables(ORIGINLOCK_CA_PASSPHRASE_FILE="/nowhere")
    for arguments in (("list",), ("show", "shop"), ("show", "shop", "--bundle"), ("list", "-o", "json")):
        done(reader.run("ca", *arguments))
    refused(reader.run("ca", "renew", "shop", "edge"), 2, "/nowhere")
    done(reader.run("ca", "renew", "shop", "--if-due"))  # nothing is due, so nothing is opened


def test_ways_to_give_the_passphrase(offline: Product) -> None:
    """A passphrase would be taken from where the person did not say, or from a place that everybody can read."""
    refused(offline.run("ca", "init", "shop"), 2, "--passphrase-file")
    path = passphrase_file(offline, "passphrase", SECRET)
    path.chmod(0o644)
    refused(offline.run("ca", "init", "shop", "--passphrase-file", "passphrase"), 2, "chmod 600")
    path.chmod(0o600)
    done(offline.run("ca", "init", "shop", "--passphrase-file", "passphrase"))
    done(offline.with_variables(ORIGINLOCK_CA_PASSPHRASE=SECRET).run("ca", "issue", "shop", "edge"))
    wrong = offline.with_variables(ORIGINLOCK_CA_PASSPHRASE=OTHER)
    refused(wrong.run("ca", "issue", "shop", "other"), 2, "does not open")
    debugged = wrong.run("ca", "renew", "shop", "--authority", "--debug")
    assert debugged.code == 2
    assert "Traceback" in debugged.err
    assert_no_secret(debugged.said)


def test_the_folder_can_be_elsewhere(person: Product, tmp_path: Path) -> None:
    """Authorities could not be kept on an encrypted disk of their own."""
    elsewhere = person.with_variables(ORIGINLOCK_CA_DIR=str(tmp_path / "safe"))
    done(elsewhere.run("ca", "init", "shop"))
    assert (tmp_path / "safe" / "shop" / "index.json").exists()
    assert not person.state.exists()
    assert "no authority in" in done(person.run("ca", "list")).out


def test_the_configuration_says_nothing_of_its_variables(person: Product) -> None:
    """`config check` would warn of a variable that does something, or print the passphrase."""
    ended = done(person.with_variables(ORIGINLOCK_CA_PASSPHRASE=SECRET, ORIGINLOCK_CA_DIR="x").run("config", "check"))
    assert "ORIGINLOCK_CA" not in ended.said


@needs_openssl
def test_files_for_a_service(person: Product) -> None:
    """A service could not use what it is given, others could read its key, or an older key would be lost."""
    done(person.run("ca", "init", "services"))
    arguments = ("ca", "issue", "services", "billing", "--san", "DNS:billing.internal", "--out", "out")
    done(person.run(*arguments))
    out = person.directory / "out"
    assert stat.S_IMODE(out.stat().st_mode) == 0o700
    assert {stat.S_IMODE(path.stat().st_mode) for path in out.iterdir()} == {0o600}
    key, certificate = (out / "billing.key").read_text(), (out / "billing.pem").read_text()
    assert key.startswith("-----BEGIN PRIVATE KEY-----")
    assert openssl(person, "pkey", "-in", "out/billing.key", "-pubout") == openssl(
        person, "x509", "-in", "out/billing.pem", "-noout", "-pubkey"
    )
    refused(person.run("ca", "issue", "services", "ledger", "--out", "out", "--san", "nothing"), 2, "nothing")
    refused(person.run("ca", "renew", "services", "billing", "--out", "out"), 2, "not overwritten")
    assert len(person.run("ca", "show", "services", "-o", "json").json["leaves"]) == 1
    passphrase_file(person, "other", OTHER)
    done(person.run("ca", "export", "services", "billing", "--out", "again", "--key-passphrase-file", "other"))
    again = (person.directory / "again" / "billing.key").read_text()
    assert again.startswith("-----BEGIN ENCRYPTED PRIVATE KEY-----")
    assert (person.directory / "again" / "billing.pem").read_text() == certificate
    assert openssl(person, "pkey", "-in", "again/billing.key", "-passin", "file:other") == key
    refused(person.run("ca", "export", "services", "nobody", "--out", "again"), 1, "no good certificate")
    refused(person.run("ca", "issue", "services", "x", "--key-passphrase-file", "other"), 2, "--out")


def openssl(product: Product, *arguments: str) -> str:
    """What OpenSSL prints."""
    command = ["openssl", *arguments]
    return subprocess.run(command, cwd=product.directory, capture_output=True, text=True, check=True).stdout


@needs_openssl
def test_requests_of_devices(person: Product) -> None:
    """A key that was made in a device would have to leave it."""
    done(person.run("ca", "init", "devices"))
    done(
        person.run("ca", "issue", "devices", "sn-17", "--csr", request(person, "sn-17"), "--out", "out", "--days", "90")
    )
    assert [path.name for path in (person.directory / "out").iterdir()] == ["sn-17.pem"]
    text = openssl(person, "x509", "-in", "out/sn-17.pem", "-noout", "-subject", "-ext", "subjectAltName")
    assert "sn-17.example.org" in text
    assert "admin" not in text
    refused(person.run("ca", "issue", "devices", "sn-18", "--csr", "absent.csr"), 2, "absent.csr")
    refused(person.run("ca", "issue", "devices", "sn-18", "--csr", "sn-17.own"), 2, "certificate signing request")
    refused(person.run("ca", "issue", "devices", "sn-18", "--csr", "sn-17.csr", "--key", "p256"), 2, "--csr")
    refused(person.run("ca", "renew", "devices", "--if-due", "--csr", "sn-17.csr"), 2, "--csr")
    done(person.run("ca", "renew", "devices", "sn-17", "--csr", request(person, "sn-17")))


def test_rotating_an_authority(person: Product) -> None:
    """One would be retired while clients still need it, or could not be followed by another at all."""
    done(person.run("ca", "init", "shop"))
    done(person.run("ca", "issue", "shop", "edge"))
    assert "not due" in done(person.run("ca", "renew", "shop", "--authority", "--if-due")).out
    renewed = done(person.run("ca", "renew", "shop", "--authority", "--days", "100"))
    assert "originlock ca retire shop" in renewed.out
    assert len(members(person.run("ca", "show", "shop", "--bundle").out)) == 2
    refused(person.run("ca", "retire", "shop"), 4, "edge", "originlock ca renew shop")
    done(person.run("ca", "renew", "shop", "edge"))
    old = person.run("ca", "show", "shop", "-o", "json").json["leaves"][0]["serial"]
    done(person.run("ca", "revoke", "shop", old, "--reason", "superseded"))
    done(person.run("ca", "retire", "shop"))
    refused(person.run("ca", "retire", "shop"), 4, "the one that issues")
    shown = person.run("ca", "show", "shop", "-o", "json").json
    assert (len(shown["generations"]), len(shown["leaves"])) == (1, 1)
    assert shown["generations"][0]["days_left"] == 99


def test_revoking(person: Product) -> None:
    """A person would believe that a client is shut out before any trust store knows of it."""
    done(person.run("ca", "init", "shop"))
    done(person.run("ca", "issue", "shop", "edge"))
    refused(person.run("ca", "show", "shop", "--crl"), 1, "revoked nothing")
    refused(person.run("ca", "revoke", "shop", "nobody"), 1, "nobody")
    revoked = done(person.run("ca", "revoke", "shop", "edge", "--reason", "key-compromise"))
    assert "before its trust store has the new list" in revoked.out
    assert "already" in done(person.run("ca", "revoke", "shop", "edge")).out
    assert done(person.run("ca", "show", "shop", "--crl")).out.count("BEGIN X509 CRL") == 1
    shown = done(person.run("ca", "show", "shop", "-o", "json")).json
    assert shown["revocation_lists"][0]["revoked"] == [shown["leaves"][0]["serial"]]
    assert shown["leaves"][0]["revoked_at"] is not None
    assert "revoked" in done(person.run("ca", "show", "shop")).out


@pytest.mark.parametrize(
    "arguments, code, words",
    [
        (("init", "Shop"), 2, "small letters"),
        (("init", "shop", "--days", "0"), 2, "--days"),
        (("init", "shop", "--key", "rsa1024"), 2, "--key"),
        (("issue", "absent", "edge"), 1, "originlock ca init"),
        (("show", "absent"), 1, "originlock ca init"),
        (("show", "absent", "--crl", "--bundle"), 2, "--crl"),
        (("renew", "absent"), 2, "--if-due"),
        (("renew", "absent", "edge", "--authority"), 2, "--authority"),
        (("revoke", "absent", "edge", "--reason", "boredom"), 2, "--reason"),
        (("retire", "absent"), 1, "absent"),
        (("export", "absent", "edge"), 2, "--out"),
        (("frobnicate",), 2, "frobnicate"),
    ],
)
def test_wrong_usage(arguments: tuple[str, ...], code: int, words: str, person: Product) -> None:
    """A slip would do something else, or end without a word on what would be right."""
    refused(person.run("ca", *arguments), code, words)
    assert not person.state.exists()


def test_errors_as_json(person: Product) -> None:
    """A script could not tell what went wrong."""
    ended = person.run("ca", "show", "absent", "-o", "json")
    assert ended.code == 1
    assert "absent" in ended.json["error"]["what"]


def test_a_store_that_others_can_read_is_refused(person: Product) -> None:
    """A folder that was restored with the wrong modes would go on being used."""
    done(person.run("ca", "init", "shop"))
    (person.state / "ca").chmod(0o755)
    refused(person.run("ca", "list"), 1, f"chmod 700 {person.state / 'ca'}")


def key_lines(product: Product) -> list[str]:
    """The lines of every leaf's key in the open, but for those that every key has."""
    files = AuthorityFiles(product.state / "ca", SECRET.encode)
    authority = files.authority("shop")
    assert authority is not None
    pems = [files.private_key("shop", leaf.certificate.sha256).decode() for leaf in authority.leaves]
    found = [line for pem in pems for line in pem.splitlines()[2:-1]]
    assert len(found) > 3 * len(pems) - 1
    return found


def test_no_secret_is_left_anywhere(person: Product) -> None:
    """A passphrase or a key would lie in a file, a log, or the output of some command."""
    passphrase = person.directory / "passphrase"
    outputs = [
        person.run("ca", *arguments)
        for arguments in (
            ("init", "shop", "--debug"),
            ("issue", "shop", "edge", "-o", "json"),
            ("issue", "shop", "other", "--key", "rsa2048"),
            ("renew", "shop", "edge", "-o", "json"),
            ("renew", "shop", "--authority", "-o", "json"),
            ("revoke", "shop", "edge", "-o", "json"),
            ("show", "shop", "-o", "json"),
            ("list", "-o", "json"),
            ("show", "shop", "--crl"),
        )
    ]
    keys = key_lines(person)
    outputs.append(person.run("ca", "retire", "shop", "--with-good-leaves", "-o", "json"))
    for ended in outputs:
        done(ended)
        assert [line for line in keys if line in ended.said] == []
    for path in person.directory.rglob("*"):
        if path.is_file() and path != passphrase:
            data = path.read_bytes()
            assert SECRET.encode() not in data, path
            assert [line for line in keys if line.encode() in data] == [], path
            assert b"BEGIN PRIVATE KEY" not in data, path
            assert stat.S_IMODE(path.stat().st_mode) == 0o600, path


def test_help_names_what_there_is() -> None:
    """Help would offer kinds or reasons that there are not: it is shown without the extra."""
    assert tuple(each.value for each in KeyKind) == ca_leaves.KEY_KINDS
    assert tuple(each.value for each in Reason) == ca_leaves.REASONS


@pytest.mark.parametrize(
    "arguments", [("ca", "--help"), ("ca", "issue", "--help"), ("ca", "renew", "--help"), ("ca", "show", "--help")]
)
def test_help_loads_nothing_heavy(arguments: tuple[str, ...], offline: Product) -> None:
    """Asking for help would take as long as opening a key, or need the extra."""
    assert imported(*arguments, product=offline) & HEAVY == set()


def test_without_the_extra(offline: Product, tmp_path: Path) -> None:
    """A base install would end in a traceback."""
    hidden = tmp_path / "hidden"
    hidden.mkdir()
    # An import hook, in a process of its own, that finds no cryptography.
    (hidden / "sitecustomize.py").write_text(
        "import sys\n"
        "class None_:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        "        if name.partition('.')[0] == 'cryptography':\n"
        "            raise ModuleNotFoundError(name)\n"
        "import importlib.util\n"
        "real = importlib.util.find_spec\n"
        "importlib.util.find_spec = lambda name, of=None: None if name == 'cryptography' else real(name, of)\n"
        "sys.meta_path.insert(0, None_())\n",
        encoding="utf-8",
    )
    without = offline.with_variables(PYTHONPATH=f"{hidden}{os.pathsep}{os.pathsep.join(sys.path)}")
    for arguments in (("list",), ("init", "shop"), ("show", "shop"), ("issue", "shop", "edge"), ("renew", "shop", "x")):
        refused(without.run("ca", *arguments), 2, 'pip install "originlock[identity]"')
    done(without.run("ca", "--help"))
