"""A run as metrics in Prometheus's text format, for node_exporter's textfile collector.

Lives here: names, labels and values. Must not live here: writing the file.
Source of the format: Prometheus documentation, 'Exposition formats', text-based format 0.0.4; of the names: 'Metric and
label naming' (base units, a unit as the suffix).
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterable, Iterator

import msgspec

from originlock.facts.runs import OriginRun, Run

Labels = tuple[tuple[str, str], ...]
Sample = tuple[Labels, float]


class Metric(msgspec.Struct, frozen=True):
    """One metric with its samples; all of them are gauges: what the last run saw."""

    name: str
    help: str
    samples: tuple[Sample, ...]


def metrics_text(run: Run, last_success: datetime.datetime | None) -> str:
    """The file.

    Args:
        run: that has ended.
        last_success: when a run last ended with everything locked; None if none did.
    """
    return "".join(_lines(each) for each in _metrics(run, last_success) if each.samples)


def _metrics(run: Run, last_success: datetime.datetime | None) -> Iterator[Metric]:
    yield _of_all("last_run_timestamp_seconds", "When the last run began.", run.at.timestamp())
    yield _of_all("last_run_exit_code", "What the last run came to: 0 is locked.", run.exit_code)
    success = () if last_success is None else (((), last_success.timestamp()),)
    yield Metric("last_success_timestamp_seconds", "When a run last found everything locked.", success)
    yield _of_each("locked", "Whether an origin is locked: 1 yes, 0 no, -1 not known.", run.origins, _locked)
    yield Metric("lock_state", "What each lock of an origin is.", tuple(_states(run.origins)))
    yield _of_each("holes", "Ways round the edge that are open.", run.origins, lambda each: len(each.holes))
    yield _of_each("objections", "Guards that refused.", run.origins, lambda each: len(each.objections))
    yield _of_each("changes", "Changes that the last run made.", run.origins, lambda each: len(each.done))
    yield _of_each("undone_changes", "Changes that the last run undid.", run.origins, lambda each: len(each.undone))
    yield Metric("promises", "Promises by verdict.", tuple(_promises(run.origins)))
    yield Metric("expiry_timestamp_seconds", "When something ends.", tuple(_ends(run.origins)))
    yield Metric("ranges_timestamp_seconds", "When the edge's list was last read.", tuple(_ranges(run.origins)))


def _of_all(name: str, text: str, value: float) -> Metric:
    return Metric(name, text, (((), value),))


def _of_each(name: str, text: str, origins: Iterable[OriginRun], value: Callable[[OriginRun], float]) -> Metric:
    return Metric(name, text, tuple(((("origin", each.origin),), value(each)) for each in origins))


def _locked(origin: OriginRun) -> float:
    return {True: 1, False: 0, None: -1}[origin.locked]


def _states(origins: Iterable[OriginRun]) -> Iterator[Sample]:
    for each in origins:
        for lock, state in each.locks.items():
            yield (("origin", each.origin), ("lock", lock), ("state", state)), 1


def _promises(origins: Iterable[OriginRun]) -> Iterator[Sample]:
    for each in origins:
        for verdict, number in each.proofs.items():
            yield (("origin", each.origin), ("verdict", verdict)), number


def _ends(origins: Iterable[OriginRun]) -> Iterator[Sample]:
    seen: set[Labels] = set()
    for each in origins:
        for end in each.ends:
            labels = (("origin", each.origin), ("what", end.what), ("name", end.name))
            # Two of one name: the sooner one, which stands first. A sample may be there once only.
            if labels not in seen:
                seen.add(labels)
                yield labels, end.at.timestamp()


def _ranges(origins: Iterable[OriginRun]) -> Iterator[Sample]:
    newest: dict[str, float] = {}
    for seen in (each.ranges for each in origins):
        if seen is not None:
            newest[seen.edge] = max(newest.get(seen.edge, 0), seen.at.timestamp())
    for edge, at in newest.items():
        yield (("edge", edge),), at


def _lines(metric: Metric) -> str:
    name = f"originlock_{metric.name}"
    lines = [f"# HELP {name} {metric.help}", f"# TYPE {name} gauge"]
    lines += [f"{name}{_labels(labels)} {_number(value)}" for labels, value in metric.samples]
    return "\n".join(lines) + "\n"


def _labels(labels: Labels) -> str:
    inner = ",".join(f'{name}="{_escaped(value)}"' for name, value in labels)
    return f"{{{inner}}}" if inner else ""


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


def _number(value: float) -> str:
    return str(int(value)) if value == int(value) else repr(value)
