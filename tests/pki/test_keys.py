"""Keys at rest: what opens them, what does not, and that others can open them as well."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
from tests.pki.conftest import KINDS

from originlock.pki import keys
from originlock.pki.keys import KeyKind, WrongPassphraseError, encrypted, encrypted_anew, new_key, opened, plain

PASSPHRASE = b"correct horse battery staple"


@pytest.mark.parametrize("kind", KINDS)
def test_what_was_encrypted_can_be_opened(kind: KeyKind, quick: None) -> None:  # noqa: ARG001  for its effect
    """A key would be lost."""
    key = new_key(kind)
    kept = encrypted(key, PASSPHRASE)
    assert plain(opened(kept, PASSPHRASE)) == plain(key)
    assert plain(key) not in kept
    assert encrypted(key, PASSPHRASE) != kept
    assert plain(opened(encrypted_anew(plain(key), b"another"), b"another")) == plain(key)


@pytest.mark.parametrize("wrong", [b"", b"correct horse battery stapl", b"correct horse battery staple "])
def test_another_passphrase_opens_nothing(wrong: bytes, quick: None) -> None:  # noqa: ARG001  for its effect
    """Whoever gets hold of the file would have the key, or the message would tell what is in it."""
    kept = encrypted(new_key(KeyKind.P256), PASSPHRASE)
    with pytest.raises(WrongPassphraseError) as refused:
        opened(kept, wrong)
    assert refused.value.__cause__ is None
    assert str(refused.value) == "the passphrase does not open it"


def test_a_key_that_is_not_encrypted_is_not_taken() -> None:
    """A key that somebody put there in the open would go on being used."""
    with pytest.raises(WrongPassphraseError):
        opened(plain(new_key(KeyKind.P256)), PASSPHRASE)


@pytest.mark.skipif(shutil.which("openssl") is None, reason="no openssl here")
def test_openssl_opens_it_and_counts_the_rounds(tmp_path: Path) -> None:
    """The keys could be opened by nobody but us, or guessed three hundred times as fast."""
    key = new_key(KeyKind.P256)
    path = tmp_path / "key.pem"
    path.write_bytes(encrypted(key, PASSPHRASE))
    command = ["openssl", "pkey", "-in", str(path), "-passin", "stdin"]
    done = subprocess.run(command, input=PASSPHRASE, capture_output=True, check=True)
    assert done.stdout == plain(key)
    shown = subprocess.run(
        ["openssl", "asn1parse", "-in", str(path)], capture_output=True, text=True, check=True
    ).stdout
    for word in ("PBES2", "PBKDF2", f":{keys.ROUNDS:06X}", "hmacWithSHA256", "aes-256-cbc"):
        assert word in shown, shown
    assert keys.ROUNDS >= 600_000


@pytest.mark.parametrize(
    "text, kind",
    [
        ("RSA 2048", KeyKind.RSA2048),
        ("RSA 3072", KeyKind.RSA3072),
        ("RSA 4096", KeyKind.RSA4096),
        ("ECDSA secp256r1", KeyKind.P256),
        ("Ed25519", KeyKind.P256),
    ],
)
def test_what_follows_a_key_is_of_its_kind(text: str, kind: KeyKind) -> None:
    """A renewed certificate would have another kind of key, which its client may not take."""
    assert keys.kind_of(text) is kind
