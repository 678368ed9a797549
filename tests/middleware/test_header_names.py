"""Headers may have other names, and those out of use must not come."""

from __future__ import annotations

import pytest
from tests.middleware.parties import CLIENT, chain_of, passed, passthrough, told, verified, verify

from originlock.middleware import ClientIdentity, Reason

SECRET = "X-Client-9f1c2b7a"


def test_a_header_by_another_name() -> None:
    """A listener that renames it would be shut, or its old name would still be believed."""
    guard = passthrough(header_names={"x-amzn-mtls-clientcert": SECRET})
    ((_, value),) = passed(*chain_of(CLIENT))
    assert isinstance(told(guard, [(SECRET.lower().encode(), value)]), ClientIdentity)
    assert told(guard, [(b"x-amzn-mtls-clientcert", value)]) is Reason.UNEXPECTED_HEADER
    both = [(b"x-amzn-mtls-clientcert", value), (SECRET.encode(), value)]
    assert told(guard, both) is Reason.UNEXPECTED_HEADER


def test_one_of_five_by_another_name() -> None:
    """Each can be renamed by itself."""
    guard = verify(header_names={"X-Amzn-Mtls-Clientcert-Leaf": SECRET})
    wanted = [
        (SECRET.encode() if name.endswith(b"-leaf") else name, value) for name, value in verified(CLIENT.certificate)
    ]
    assert isinstance(told(guard, wanted), ClientIdentity)
    assert told(guard, verified(CLIENT.certificate)) is Reason.UNEXPECTED_HEADER


@pytest.mark.parametrize(
    "renamed, why",
    [
        ({"X-Amzn-Other": "X-A"}, "no header of mutual TLS"),
        ({"X-Amzn-Mtls-Clientcert": "X_A"}, "hyphens only"),
        ({"X-Amzn-Mtls-Clientcert": ""}, "hyphens only"),
        ({"X-Amzn-Mtls-Clientcert": "X-A\r\n"}, "hyphens only"),
        ({"X-Amzn-Mtls-Clientcert": "X-A", "X-Amzn-Mtls-Clientcert-Leaf": "x-a"}, "two headers of one name"),
        ({"X-Amzn-Mtls-Clientcert": "X-Amzn-Mtls-Clientcert-Leaf"}, "two headers of one name"),
    ],
)
def test_names_that_cannot_be(renamed: dict[str, str], why: str) -> None:
    """A slip would leave a header that nobody reads, or two that are read as one."""
    with pytest.raises(ValueError, match=why):
        passthrough(header_names=renamed)
