"""The call log: every AWS call that the lab was asked, with what was admitted after it.

Here live the records and their JSON form, which the server writes and its clients read. Here
must not live: moto, HTTP, or the making of faults.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from threading import Lock
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


@dataclass(frozen=True, slots=True)
class IngressRule:
    """One ingress rule as it was at some moment; the source is a CIDR, sg- or pl- id."""

    group_id: str
    rule_id: str
    protocol: str
    from_port: int | None
    to_port: int | None
    source: str
    tags: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class LoadBalancerState:
    """A load balancer as it was at some moment; `cut_off` are its targets that it could not reach, as ID:PORT."""

    arn: str
    group_ids: tuple[str, ...]
    cut_off: tuple[str, ...]

    @classmethod
    def from_json(cls, given: Mapping[str, Any]) -> LoadBalancerState:
        """Read it from JSON."""
        return cls(given["arn"], tuple(given["group_ids"]), tuple(given["cut_off"]))


@dataclass(frozen=True, slots=True)
class PrefixListState:
    """A customer's managed prefix list as it was at some moment; entries are pairs of CIDR and description."""

    list_id: str
    name: str
    entries: tuple[tuple[str, str], ...]

    @classmethod
    def from_json(cls, given: Mapping[str, Any]) -> PrefixListState:
        """Read it from JSON."""
        return cls(given["list_id"], given["name"], tuple((cidr, said) for cidr, said in given["entries"]))


@dataclass(frozen=True, slots=True)
class Call:
    """One AWS call. `status` is None while it hangs, and where no answer was sent."""

    number: int
    service: str
    action: str
    parameters: Mapping[str, str]
    status: int | None = None
    error: str | None = None
    fault: str | None = None
    #: After a call of EC2 or load balancing that mutates: the ingress rules of all groups as they
    #: then were, all load balancers, and all customers' prefix lists; in every account and Region,
    #: without any lag.
    ingress: tuple[IngressRule, ...] | None = None
    balancers: tuple[LoadBalancerState, ...] | None = None
    prefix_lists: tuple[PrefixListState, ...] | None = None

    def to_json(self) -> dict[str, Any]:
        """Return the call as JSON has it."""
        return asdict(self)

    @classmethod
    def from_json(cls, given: Mapping[str, Any]) -> Call:
        """Read a call from JSON."""
        ingress = given["ingress"]
        rules = None if ingress is None else tuple(IngressRule(**rule) for rule in ingress)
        told = given["balancers"]
        balancers = None if told is None else tuple(LoadBalancerState.from_json(each) for each in told)
        held = given["prefix_lists"]
        prefix_lists = None if held is None else tuple(PrefixListState.from_json(each) for each in held)
        return cls(**{**given, "ingress": rules, "balancers": balancers, "prefix_lists": prefix_lists})


@dataclass(slots=True)
class CallLog:
    """All calls in the order in which the lab took them up. Safe for threads."""

    _calls: list[Call] = field(default_factory=list)
    _lock: Lock = field(default_factory=Lock)

    def put(self, call: Call) -> None:
        """Add a call, or replace the one of the same number."""
        with self._lock:
            if call.number <= len(self._calls):
                self._calls[call.number - 1] = call
            else:
                self._calls.append(call)

    def next_number(self) -> int:
        """Return the number of the next call; callers hold the lab's one lock until put."""
        with self._lock:
            return len(self._calls) + 1

    def since(self, number: int) -> Sequence[Call]:
        """Return the calls after a number."""
        with self._lock:
            return self._calls[max(number, 0) :]

    def __len__(self) -> int:
        """How many calls there were."""
        with self._lock:
            return len(self._calls)

    def clear(self) -> None:
        """Forget all calls; the next is number 1."""
        with self._lock:
            self._calls.clear()
