"""Files of certificates and revocation lists: whatever the bytes, they are read, and never more kindly than by AWS.

Lives here: the script. Must not live here: the wounds (see `mutation`).

The lab's load balancer is the other opinion: what it refuses must not be clean here.
"""

from __future__ import annotations

import datetime
import sys
import warnings
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives.serialization import Encoding
from mutation import run

from originlock.lab import authority, revocation_list, trust_bundle
from originlock.locks.identity.bundle_lint import findings
from originlock.locks.identity.findings import is_clean
from originlock.locks.identity.revocation_lint import revocation_findings
from originlock.locks.identity.shared_authority import PINS, AcceptedAuthority, judge_download
from originlock.pki.bundles import read_bundle, read_revocation_list

NOW: Final = datetime.datetime.now(datetime.UTC)
ROOT: Final = authority.root("root")
BELOW: Final = ROOT.below("below")
OTHER: Final = authority.root("other", key=authority.RSA2048)
CLIENT: Final = ROOT.issue(authority.Leaf("client"))
PEMS: Final = tuple(path.read_bytes() for path in sorted((Path(__file__).parent / "seeds").glob("*.pem")))


def seeds() -> list[bytes]:
    """Bundles, lists, and what is neither."""
    ROOT.revoke(CLIENT.certificate)
    revoked = ROOT.revocation_list_pem()
    texts = [
        ROOT.pem,
        ROOT.pem + BELOW.pem + OTHER.pem,
        f"# ours\n{ROOT.pem}# and below\n{BELOW.pem}",
        CLIENT.chain_pem + ROOT.pem,
        revoked,
        f"# revoked\n{revoked}",
        ROOT.pem + revoked,
        ROOT.pem.replace("CERTIFICATE", "PRIVATE KEY"),
        ROOT.pem.replace("\n", "\r\n"),
    ]
    return [*(text.encode() for text in texts), ROOT.certificate.public_bytes(Encoding.DER), *PEMS]


def lint(data: bytes) -> None:
    """Hold a file against every rule, and against the other opinion."""
    reading = read_bundle(data)
    found = findings(reading, NOW)
    assert all(each.message and each.remedy for each in found)
    assert not is_clean(found) or taken_as_bundle(data), found
    listed = read_revocation_list(data, (ROOT.pem,))
    on_list = revocation_findings(listed, NOW, with_bundle=True)
    assert not is_clean(on_list) or taken_as_list(data), on_list
    judged = judge_download(reading, frozenset(), NOW)
    assert not isinstance(judged, AcceptedAuthority) or judged.certificate.sha256 in PINS


def taken_as_bundle(data: bytes) -> bool:
    """Whether the lab's load balancer takes it."""
    try:
        trust_bundle.read_bundle(data, trust_bundle.BundleQuotas())
    except Exception:  # noqa: BLE001  whatever it trips over, it does not take it
        return False
    return True


def taken_as_list(data: bytes) -> bool:
    """The same of a revocation list."""
    try:
        revocation_list.read_revocation_list(data, [ROOT.certificate], delta_taken=False)
    except Exception:  # noqa: BLE001  ditto
        return False
    return True


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    sys.exit(run(lint, seeds(), sys.argv[1:]))
