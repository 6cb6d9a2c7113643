"""The numbers of the collection in Prometheus' text format; what is unknown is left out, not 0."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4
from prometheus_client.metrics_core import GaugeMetricFamily
from prometheus_client.registry import Collector

from civitai_engagement import __version__
from civitai_engagement.analysis.condition import Condition
from civitai_engagement.analysis.trouble import Trouble
from civitai_engagement.records.condition import Activity, Facts, RunReport

CONTENT_TYPE = CONTENT_TYPE_PLAIN_0_0_4
PREFIX = "civitai_engagement_"


@dataclass(frozen=True, slots=True)
class Readout:
    """Everything one scrape is answered from."""

    facts: Facts
    activity: Activity
    condition: Condition
    now: datetime


def exposition(readout: Readout | None) -> bytes:
    """Write one scrape; None says that the database does not answer. The registry lives for this one answer only."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Collected(readout))
    return generate_latest(registry)


class _Collected(Collector):
    def __init__(self, readout: Readout | None) -> None:
        self._readout = readout

    def collect(self) -> Iterator[GaugeMetricFamily]:
        yield _labelled("info", "Always 1; the version is in the label", "version", {__version__: 1})
        yield _plain("database_up", "Whether the database answers", int(self._readout is not None))
        if self._readout is not None:
            yield from _runs(self._readout.facts.runs)
            yield from _backlog(self._readout.activity, self._readout.now)
            yield from _requests_and_doubts(self._readout.activity)
            yield from _room(self._readout)
            yield from _judged(self._readout)


def _runs(runs: tuple[RunReport, ...]) -> Iterator[GaugeMetricFamily]:
    last = {run.job: run for run in reversed(runs) if run.finished_at is not None}
    ended = {job: run.finished_at.timestamp() for job, run in last.items() if run.finished_at is not None}
    yield _labelled("last_run_timestamp_seconds", "When the last finished run of a job ended", "job", ended)
    took = {job: run.seconds for job, run in last.items() if run.seconds is not None}
    yield _labelled("last_run_duration_seconds", "How long the last finished run of a job took", "job", took)
    failed = {job: int(run.error is not None) for job, run in last.items()}
    yield _labelled("last_run_failed", "Whether the last finished run of a job ended in an error", "job", failed)
    reached: dict[str, float] = {}
    for run in runs:
        due = (run.coverage or {}).items() if run.finished_at is not None else ()
        reached = {tier: got / wanted for tier, (wanted, got) in due if wanted} | reached
    yield _labelled("coverage_ratio", "Share of the due media of a tier that its last round reached", "tier", reached)


def _backlog(activity: Activity, now: datetime) -> Iterator[GaugeMetricFamily]:
    yield _plain("tracked_media", "Media that are followed", activity.tracked)
    yield _plain("overdue_media", "Media whose next look is late; up to an hour is usual", activity.overdue)
    late = (now - activity.oldest_due_at).total_seconds() if activity.oldest_due_at else 0.0
    yield _plain("oldest_overdue_seconds", "How late the latest of them is", late)


def _requests_and_doubts(activity: Activity) -> Iterator[GaugeMetricFamily]:
    day = "in the last 24 hours"
    yield _plain("requests_24h", f"Requests that jobs sent to Civitai {day}", activity.day_requests)
    yield _plain("retries_24h", f"Requests of jobs that repeated a failed one {day}", activity.day_retries)
    doubted = {one.reason: one.media for one in activity.doubted}
    yield _labelled("suspect_media_24h", f"Media whose counters were doubted {day}", "reason", doubted)
    yield _plain("rejects_24h", f"Unreadable things set aside {day}", sum(one.things for one in activity.unreadable))


def _room(readout: Readout) -> Iterator[GaugeMetricFamily]:
    yield _plain("database_bytes", "Size of the database", readout.activity.database_bytes)
    if readout.activity.history_rows is not None:
        yield _plain("history_rows", "Rows of the history, estimated where many", readout.activity.history_rows)
    if readout.facts.disk is not None:
        yield _plain("disk_free_bytes", "Free room on the disk of the embedded database", readout.facts.disk.free)


def _judged(readout: Readout) -> Iterator[GaugeMetricFamily]:
    leader = readout.facts.leader
    is_alive = leader is not None and leader.is_alive(readout.now)
    yield _plain("leader_up", "Whether some process keeps the clock", int(is_alive))
    wrong = {finding.trouble for finding in readout.condition.findings}
    alarms = {trouble.value: int(trouble in wrong) for trouble in Trouble}
    yield _labelled("alarm", "Whether something is wrong with the collection, by kind", "name", alarms)


def _plain(name: str, help_: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(PREFIX + name, f"{help_}.", value=value)


def _labelled(name: str, help_: str, label: str, values: Mapping[str, float]) -> GaugeMetricFamily:
    family = GaugeMetricFamily(PREFIX + name, f"{help_}.", labels=[label])
    for key, value in values.items():
        family.add_metric([key], value)
    return family
