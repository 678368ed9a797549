"""What AWS leaves open, in words for people.

Lives here: the words. Must not live here: the answers (see `originlock.cost.readings`).
"""

from __future__ import annotations

from typing import Final

from originlock.cost.readings import Question

WHY_A_RANGE: Final = "Why a range: AWS does not say"
"""What stands above them."""

WORDS: Final = {
    Question.GIGABYTE: "whether AWS's GB is 1,000,000,000 bytes or 2^30",
    Question.LAMBDA: "whether bytes of Lambda targets add to the others', or only the larger of both counts",
    Question.REFUSED: "whether a TLS handshake that is refused counts as a connection",
    Question.HEADERS: (
        "how long the certificate headers are that mutual TLS adds to each request: 1,900 bytes were measured with a"
        " P-256 certificate, 2,180 with RSA-2048"
    ),
    Question.HANDSHAKE: "how many bytes leave within a TLS handshake: 3,000 to 5,000",
}
"""Each as what is not known."""
