"""A full snapshot observed page by page, against a bare COPY of it into an identical table."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from random import Random
from statistics import median
from time import perf_counter, process_time

import psutil

from benchmarks.observatory.stage import ROUND, Stage
from civitai_engagement.observing import Manner, observe
from civitai_engagement.records.media import COUNTERS, Counters, Media, Reading

PAGE = 200
BARE = "bare_history"
COLUMNS = (
    "image_id",
    "collected_at",
    *(f"{name}_count" for name in COUNTERS),
    *(f"{name}_gain" for name in COUNTERS),
    "previous_observed_at",
    "event",
    "unconfirmed",
)
Snapshot = Sequence[Counters]


@dataclass(frozen=True, slots=True)
class Spent:
    """Seconds of one way to write a snapshot: on the wall, and of processor time here and in Postgres."""

    wall: float
    python: float
    postgres: float


@dataclass(frozen=True, slots=True)
class Pair:
    """One snapshot observed, and copied."""

    changed: int
    ours: Spent
    copy: Spent

    @property
    def ratio(self) -> float:
        return self.copy.wall / self.ours.wall

    @property
    def cpu_ratio(self) -> float:
        return (self.copy.python + self.copy.postgres) / (self.ours.python + self.ours.postgres)


class Stopwatch:
    """Times a stretch, with the processor time of this process and of the Postgres processes that live through it."""

    def __init__(self, pids: Sequence[int]) -> None:
        self._backends = [psutil.Process(pid) for pid in pids]
        self._began = self._now()

    def _now(self) -> tuple[float, float, float]:
        postgres = sum(sum(one.cpu_times()[:2]) for one in self._backends)
        return perf_counter(), process_time(), postgres

    def stop(self) -> Spent:
        return Spent(*(now - then for now, then in zip(self._now(), self._began, strict=True)))


async def backends(stage: Stage) -> list[int]:
    async with stage.store.reading() as ledger:
        rows = await ledger.connection.fetch("select pid from pg_stat_activity where backend_type = 'client backend'")
    return [row["pid"] for row in rows]


def first_snapshot(images: int) -> Snapshot:
    random = Random(7)
    return [
        Counters(random.randrange(1, 400), random.randrange(90), random.randrange(9), 0, 0, random.randrange(9))
        for _ in range(images)
    ]


def moved(snapshot: Snapshot, share: float) -> Snapshot:
    random = Random(11)
    return [replace(one, like=one.like + 1) if random.random() < share else one for one in snapshot]


def readings(snapshot: Snapshot, at: datetime) -> list[Reading]:
    media = [Media(id=place, url="", counters=counters) for place, counters in enumerate(snapshot, start=1)]
    return [Reading(tuple(media[first : first + PAGE]), at, at, requests=1) for first in range(0, len(media), PAGE)]


async def observed(stage: Stage, snapshot: Snapshot) -> tuple[int, Spent]:
    """Observe a snapshot page by page, each page in a transaction of its own; gives how many media changed."""
    pages = readings(snapshot, stage.clock.now())
    manner, changed = Manner(route="creator", source="watched", run_id=1), 0
    watch = Stopwatch(await backends(stage))
    for page in pages:
        async with stage.store.writing() as ledger:
            await ledger.images.lock({one.id for one in page.media})
            seen = await observe(ledger, page, stage.runtime, manner)
        manner = replace(manner, tally=seen.tally)
        changed += seen.changed
    return changed, watch.stop()


async def copied(stage: Stage, snapshot: Snapshot) -> Spent:
    """Copy the same snapshot, one row per media, into a table that held the same as ours did before."""
    await stage.run(
        f"truncate {BARE}", f"insert into {BARE} select * from image_stats_history", f"vacuum analyze {BARE}", "checkpoint"
    )
    rows = list(_rows(snapshot, stage.clock.now()))
    watch = Stopwatch(await backends(stage))
    async with stage.store.writing() as ledger:
        await ledger.connection.copy_records_to_table(BARE, records=rows, columns=COLUMNS)
    return watch.stop()


def _rows(snapshot: Snapshot, at: datetime) -> Iterator[tuple[object, ...]]:
    for image_id, one in enumerate(snapshot, start=1):
        counters = [getattr(one, name) for name in COUNTERS]
        yield (image_id, at, *counters, 0, 0, 0, 0, 0, 0, at - ROUND, "change", False)
