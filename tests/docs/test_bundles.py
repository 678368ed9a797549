"""What docs/bundles.md says of numbers and fingerprints is what the code has; its tables are made from the code."""

from __future__ import annotations

from pathlib import Path

import pytest

from originlock.lab import revocation_list, trust_bundle
from originlock.locks.identity import rules
from originlock.locks.identity.shared_authority import EXPIRED_2015, PINS
from originlock.pki import bundles

TEXT = (Path(__file__).resolve().parents[2] / "docs" / "bundles.md").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "said",
    [
        *(f"`{pin}`" for pin in (*PINS, EXPIRED_2015)),
        f"{rules.MOST_CERTIFICATES} certificates",
        f"{rules.MOST_CERTIFICATE_BYTES // 1024} KB each",
        f"{rules.MOST_SUBJECT_BYTES:,} together",
        f"at most {rules.DEEPEST}.",
        f"{rules.MOST_ENTRIES:,} entries",
        f"{rules.MOST_LISTS} lists",
        f"{bundles.MOST_LIST_BYTES // 1024 // 1024} MB",
    ],
)
def test_numbers_of_the_page(said: str) -> None:
    """The page would promise what the code does not hold."""
    assert said in TEXT


def test_the_lab_has_the_same_quotas() -> None:
    """The lab may not import the product's rooms, so it repeats them: here they are held together."""
    quotas = trust_bundle.BundleQuotas()
    assert quotas == trust_bundle.BundleQuotas(
        rules.MOST_CERTIFICATES, rules.MOST_CERTIFICATE_BYTES, rules.MOST_SUBJECT_BYTES
    )
    assert bundles.MOST_BUNDLE_BYTES <= trust_bundle.MOST_BYTES
    assert bundles.MOST_LIST_BYTES <= revocation_list.MOST_BYTES
