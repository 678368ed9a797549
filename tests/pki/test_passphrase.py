"""Where a passphrase may come from."""

from __future__ import annotations

from pathlib import Path

import pytest

from originlock.errors import UsageError
from originlock.pki.passphrase import FILE_VARIABLE, VARIABLE, passphrase_of

SECRET = "correct horse battery staple"


def written(path: Path, text: str, mode: int = 0o600) -> str:
    """A file with this text."""
    path.write_text(text, encoding="utf-8", newline="")
    path.chmod(mode)
    return str(path)


@pytest.mark.parametrize("end", ["", "\n", "\r\n"])
def test_the_line_of_a_file(end: str, tmp_path: Path) -> None:
    """The passphrase would be another one for how an editor ends lines."""
    path = written(tmp_path / "passphrase", SECRET + end)
    assert passphrase_of({}, path)() == SECRET.encode()
    assert passphrase_of({FILE_VARIABLE: path}, None)() == SECRET.encode()


def test_the_environment_and_what_wins() -> None:
    """A person could not say which, or it would be read before it is needed."""
    assert passphrase_of({VARIABLE: SECRET}, None)() == SECRET.encode()
    passphrase_of({}, "/nowhere")  # not read before it is needed
    with pytest.raises(UsageError, match="both set"):
        passphrase_of({VARIABLE: SECRET, FILE_VARIABLE: "/nowhere"}, None)()


def test_an_option_wins_over_the_environment(tmp_path: Path) -> None:
    """What is said last would not count."""
    path = written(tmp_path / "passphrase", SECRET)
    assert passphrase_of({VARIABLE: "some other passphrase"}, path)() == SECRET.encode()


def test_none_at_all() -> None:
    """Nobody would be told how to give one."""
    with pytest.raises(UsageError) as refused:
        passphrase_of({VARIABLE: ""}, None)()
    assert "--passphrase-file" in refused.value.remedy


@pytest.mark.parametrize("mode", [0o604, 0o640, 0o644, 0o660, 0o602])
def test_a_file_that_others_may_read_is_refused(mode: int, tmp_path: Path) -> None:
    """A secret that everybody has would be trusted with the keys."""
    path = written(tmp_path / "passphrase", SECRET, mode)
    with pytest.raises(UsageError, match="others may read") as refused:
        passphrase_of({}, path)()
    assert SECRET not in refused.value.what + refused.value.remedy


@pytest.mark.parametrize(
    "text", ["", "\n", "short", "x" * 14, "one line\nand another one", "x" * 2000, "with a nul \0 in the middle"]
)
def test_what_is_no_passphrase_is_refused(text: str, tmp_path: Path) -> None:
    """An empty file would encrypt the keys with nothing; and no part of what is in it may be told."""
    path = written(tmp_path / "passphrase", text)
    with pytest.raises(UsageError) as refused:
        passphrase_of({}, path)()
    assert "another one" not in refused.value.what + refused.value.remedy
    with pytest.raises(UsageError):
        passphrase_of({}, str(tmp_path / "absent"))()
    with pytest.raises(UsageError):
        passphrase_of({}, str(tmp_path))()


def test_what_systemd_hands_over_is_taken(tmp_path: Path) -> None:
    """Its access control list shows as if a group could read: no service would ever renew a certificate."""
    path = tmp_path / "ca-passphrase"
    path.write_text(SECRET, encoding="utf-8")
    path.chmod(0o440)
    variables = {FILE_VARIABLE: str(path), "CREDENTIALS_DIRECTORY": str(tmp_path)}
    if path.stat().st_uid == 0:
        assert passphrase_of(variables, None)() == SECRET.encode()
    with pytest.raises(UsageError, match="others may read"):
        passphrase_of({FILE_VARIABLE: str(path)}, None)()
    path.chmod(0o444)
    with pytest.raises(UsageError, match="others may read"):
        passphrase_of(variables, None)()
