"""Asking AWS one thing: an answer, or Unknown with its reason, or the end of all asking.

Lives here: what every reader does about a call that fails. Must not live here: any call.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, TypeVar

from originlock.aws.answers import DENIED, CallError, end_of_reading
from originlock.aws.wording import code_of, in_words
from originlock.facts.networks import NotACidrError
from originlock.facts.unknown import Unknown

_T = TypeVar("_T")


def read(what: str, call: Callable[[], _T]) -> _T | Unknown:
    """Ask AWS; what cannot be read is Unknown, with its reason.

    Raises:
        CloudError: AWS cannot be asked at all, so that no other call would do better.
    """
    try:
        return call()
    except (*CallError, NotACidrError, KeyError) as error:
        end = end_of_reading(error)
        if end is not None:
            raise end from error
        return Unknown(what, in_words(error) + (_WHAT_IS_NEEDED if code_of(error) in DENIED else ""))


_WHAT_IS_NEEDED: Final = " (`originlock iam-policy`, with the same options, prints what IAM must allow)"
