"""AWS's errors in words: one bounded line, without what nobody should read.

Lives here: the code and the message of an error. Must not live here: what an error means (see `answers`).
"""

from __future__ import annotations

from typing import Final

import botocore.exceptions

_LONGEST_MESSAGE: Final = 300

_CUT: Final = (
    # EC2 API reference, UnauthorizedOperation: an encoded message that only an administrator can decode.
    "Encoded authorization",
    # IAM user guide, troubleshooting signatures: the canonical string holds the headers, the session token among them.
    "The Canonical String",
)


def code_of(error: BaseException) -> str:
    """AWS's code of an error; empty if AWS gave none."""
    if isinstance(error, botocore.exceptions.ClientError):
        return str(error.response.get("Error", {}).get("Code", ""))
    return ""


def in_words(error: BaseException) -> str:
    """The error, one bounded line; encoded messages and canonical requests are left out."""
    if isinstance(error, botocore.exceptions.ClientError):
        said = str(error.response.get("Error", {}).get("Message", ""))
        for mark in _CUT:
            said = said.split(mark, maxsplit=1)[0]
        text = f"{error.operation_name}: {code_of(error)}: {said.strip()}"
    else:
        text = f"{type(error).__name__}: {error}"
    line = " ".join(text.split())
    return line if len(line) <= _LONGEST_MESSAGE else line[:_LONGEST_MESSAGE] + "..."
