"""Who signed whom in a bundle: chains, their depth, and what is missing of them.

Lives here: the rules on several authorities together. Must not live here: the checking of signatures (the reading has
who signed whom).
"""

from __future__ import annotations

from collections.abc import Iterator

from originlock.facts.bundle import BundleReading, FoundBlock, FoundCertificate
from originlock.locks.identity.findings import BundleFinding
from originlock.locks.identity.rules import DEEPEST, finding


def chain_findings(reading: BundleReading) -> Iterator[BundleFinding]:
    """What is wrong with the chains of a bundle."""
    found = {each.certificate.sha256: (block, each) for block, each in reading.certificates()}
    subjects = {each.certificate.subject for _, each in found.values()}
    for block, each in found.values():
        yield from _signature(block, each, subjects)
    above = {name: each.signers or () for name, (_, each) in found.items()}
    yield from _depth(found, _heights(above))
    below: dict[str, list[str]] = {name: [] for name in found}
    for name, signers in above.items():
        for signer in signers:
            below[signer].append(name)
    yield from _path_lengths(found, _heights({name: tuple(names) for name, names in below.items()}))


def _signature(block: FoundBlock, found: FoundCertificate, subjects: set[str]) -> Iterator[BundleFinding]:
    """Whether it is signed by itself or by another of the bundle."""
    certificate = found.certificate
    if certificate.self_signed or found.signers or found.signers is None:
        return
    where = f"line {block.first}: {certificate.subject or certificate.sha256[:16]}"
    if certificate.subject == certificate.issuer:
        yield finding("self-signature", f"{where} names itself as its issuer and did not sign it", block.first)
    elif certificate.issuer in subjects:
        message = f"{where} names {certificate.issuer} as its issuer, and the one of that name here did not sign it"
        yield finding("issuer-other-key", message, block.first)
    else:
        message = f"{where} was issued by {certificate.issuer or 'nobody'}, which is not in the file"
        yield finding("issuer-missing", message, block.first)


def _depth(found: dict[str, tuple[FoundBlock, FoundCertificate]], heights: dict[str, int]) -> Iterator[BundleFinding]:
    deep = {name: height for name, height in heights.items() if height >= DEEPEST}
    for name, height in deep.items():
        block, each = found[name]
        message = f"line {block.first}: {each.certificate.subject} stands at the end of {height} authorities"
        if height > DEEPEST:
            yield finding("chain-too-deep", f"{message}, more than {DEEPEST}", block.first)
        else:
            yield finding("chain-deep", f"{message}, as many as there may be", block.first)


def _path_lengths(
    found: dict[str, tuple[FoundBlock, FoundCertificate]], heights: dict[str, int]
) -> Iterator[BundleFinding]:
    """RFC 5280, section 4.2.1.9: how many authorities may stand below one."""
    for name, (block, each) in found.items():
        allowed, there = each.certificate.path_length, heights[name] - 1
        if allowed is not None and there > allowed:
            message = f"line {block.first}: {each.certificate.subject} allows {allowed} authorities below it"
            yield finding("path-length", f"{message}, and there are {there}", block.first)


def _heights(edges: dict[str, tuple[str, ...]]) -> dict[str, int]:
    """How many stand in the longest way along the edges, each with itself; a circle is walked once.

    Without recursion: a file may hold a chain of hundreds.
    """
    heights: dict[str, int] = {}
    for start, following in edges.items():
        stack = [(start, iter(following))]
        on_the_way = {start}
        while stack:
            name, left = stack[-1]
            further = next((each for each in left if each not in heights and each not in on_the_way), None)
            if further is not None:
                on_the_way.add(further)
                stack.append((further, iter(edges[further])))
                continue
            stack.pop()
            on_the_way.discard(name)
            heights[name] = 1 + max((heights.get(each, 0) for each in edges[name]), default=0)
    return heights
