"""What must not be shown is not shown, in whatever form somebody repeats it."""

from __future__ import annotations

import base64
import json
from urllib.parse import quote

import pytest
from hypothesis import given, strategies as st

from originlock.facts.secret import Hidden, host_alone, without

URL = "https://hooks.example.org:8443/services/T0KEN/7f3c?key=9b2e"


def test_a_hidden_text_hides_itself() -> None:
    """Whoever prints it, or what it is in, prints nothing."""
    hidden = Hidden("7f3c")
    assert "7f3c" not in f"{hidden} {hidden!r} {[hidden]} {hidden!s}"
    assert hidden.text == "7f3c"


@pytest.mark.parametrize(
    "url,shown",
    [
        (URL, "https://hooks.example.org:8443/..."),
        ("http://[::1]:80/x", "http://[::1]:80/..."),
        ("https://me:7f3c@example.org/", "https://example.org/..."),
        ("https://example.org", "https://example.org/..."),
        ("7f3c", "(hidden)"),
        ("https://[7f3c", "(hidden)"),
        ("https://example.org:7f3c/", "(hidden)"),
        ("mailto:7f3c", "(hidden)"),
    ],
)
def test_the_host_alone(url: str, shown: str) -> None:
    """The rest of a URL is as good as a password; what is no URL may be one."""
    assert host_alone(url) == shown


@pytest.mark.parametrize(
    "said",
    [
        URL,
        "/services/T0KEN/7f3c?key=9b2e",
        "/services/T0KEN/7f3c",
        quote(URL, safe=""),
        json.dumps(URL),
        base64.b64encode(URL.encode()).decode(),
        f"GET /services/T0KEN/7f3c?key=9b2e HTTP/1.1 -> {URL!r}",
    ],
)
def test_a_url_is_taken_out_in_parts(said: str) -> None:
    """A server repeats the path that it was asked for, a library the whole."""
    left = without(f"before {said} after", [Hidden(URL)])
    assert left.startswith("before ")
    assert left.endswith(" after")
    assert not any(part in left for part in ("T0KEN", "7f3c", "9b2e", base64.b64encode(URL.encode()).decode()[:40]))


secrets = st.text(min_size=4).filter(lambda text: text.strip("(hiden)") == text)


@given(secrets, st.text(), st.text())
def test_no_secret_is_left(secret: str, before: str, after: str) -> None:
    """Whatever stands around it."""
    assert secret not in without(f"{before}{secret}{after}", [Hidden(secret)]) or secret in "(hidden)"


@given(st.text(), st.text())
def test_it_never_fails(secret: str, text: str) -> None:
    """Whatever a person took for a secret: the text is still told."""
    assert isinstance(without(text, [Hidden(secret)]), str)
    assert isinstance(host_alone(secret), str)
