"""A full snapshot observed page by page, against a bare COPY of it into an identical table."""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from random import Random
from statistics import median
from time import perf_counter, process_time

import psutil

from benchmarks.observatory.figures import Figure
from benchmarks.observatory.stage import ROUND, Stage, staged
from civitai_engagement.observing import ReadingContext, observe
from civitai_engagement.records.media import COUNTERS, Counters, Media, Reading
from civitai_engagement.records.provenance import Route, Source

PAGE = 200
BARE = "bare_history"
AIMS = {0.05: 0.25, 1.0: 0.12}
HOT = "select (100000 * n_tup_hot_upd / greatest(n_tup_upd, 1))::integer from pg_stat_user_tables where relname = $1"
STATISTICS_SECONDS = 1.5  # Postgres tells of a connection's updates up to a second later
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


@dataclass(frozen=True, slots=True)
class Observations:
    """Rounds of observing and copying, by the share of the media that changed; and what the tracking's updates were."""

    rounds: Mapping[float, Sequence[Pair]]
    repeated: int
    hot_share: float

    def figures(self, images: int) -> Iterator[Figure]:
        for share, aim in AIMS.items():
            pairs = self.rounds[share]
            ratio = median(one.ratio for one in pairs)
            name = f"{images:,} media observed, {share:.0%} changed, against COPY of them"
            yield Figure(name, ratio, "x", aim, at_least=True, detail=_told(images, pairs))
        yield Figure("rows written by the same snapshot again", self.repeated, aim=0)
        yield Figure("updates of the tracking that touch no index", 100 * self.hot_share, "%")


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


async def measure(images: int, rounds: int) -> list[Figure]:
    """Observe and copy in turns."""
    async with staged() as stage:
        await stage.describe(images)
        snapshot = first_snapshot(images)
        await observed(stage, snapshot)
        await stage.run(f"create table {BARE} (like image_stats_history including all)", "vacuum analyze")
        pairs: dict[float, list[Pair]] = {share: [] for share in AIMS}
        for seed in range(rounds):
            for share in AIMS:
                snapshot = moved(snapshot, share, seed)
                pairs[share].append(await _pair(stage, snapshot))
        stage.clock.advance(ROUND)
        repeated, _ = await observed(stage, snapshot)
        await asyncio.sleep(STATISTICS_SECONDS)
        hot = await stage.value(HOT, "image_tracking")
    return list(Observations(pairs, repeated, hot / 100_000).figures(images))


async def _pair(stage: Stage, snapshot: Snapshot) -> Pair:
    stage.clock.advance(ROUND)
    copy = await copied(stage, snapshot)
    await stage.run("checkpoint")
    changed, ours = await observed(stage, snapshot)
    return Pair(changed, ours, copy)


def _told(images: int, pairs: Sequence[Pair]) -> str:
    """Tell the times of the middle round, and where the processor's went."""
    middle = sorted(pairs, key=lambda one: one.ratio)[len(pairs) // 2]
    ours, copy = middle.ours, middle.copy
    spread = f"{min(one.ratio for one in pairs):.2f} to {max(one.ratio for one in pairs):.2f} in {len(pairs)} rounds"
    return (
        f"{ours.wall:.2f} s ({images / ours.wall:,.0f} media a second; processor: Python {ours.python:.2f}, "
        f"Postgres {ours.postgres:.2f}) against {copy.wall:.2f} s; {spread}"
    )


async def backends(stage: Stage) -> list[int]:
    async with stage.store.reading() as ledger:
        rows = await ledger._connection.fetch("select pid from pg_stat_activity where backend_type = 'client backend'")
    return [row["pid"] for row in rows]


def first_snapshot(images: int) -> Snapshot:
    random = Random(7)
    return [
        Counters(random.randrange(1, 400), random.randrange(90), random.randrange(9), 0, 0, random.randrange(9))
        for _ in range(images)
    ]


def moved(snapshot: Snapshot, share: float, seed: int) -> Snapshot:
    """Let a share of the media get one like more."""
    random = Random(seed)
    return [replace(one, like=one.like + 1) if random.random() < share else one for one in snapshot]


def readings(snapshot: Snapshot, at: datetime) -> list[Reading]:
    media = [Media(id=place, url="", counters=counters) for place, counters in enumerate(snapshot, start=1)]
    return [Reading(tuple(media[first : first + PAGE]), at, at, requests=1) for first in range(0, len(media), PAGE)]


async def observed(stage: Stage, snapshot: Snapshot) -> tuple[int, Spent]:
    """Observe a snapshot page by page, each page in a transaction of its own; gives how many media changed."""
    pages = readings(snapshot, stage.clock.now())
    context, changed = ReadingContext(route=Route.CREATOR, source=Source.WATCHED, run_id=1), 0
    watch = Stopwatch(await backends(stage))
    for page in pages:
        async with stage.store.writing(images=[one.id for one in page.media], is_hasty=True) as ledger:
            seen = await observe(ledger, page, stage.runtime, context)
        context = replace(context, tally=seen.tally)
        changed += seen.changed
    return changed, watch.stop()


async def copied(stage: Stage, snapshot: Snapshot) -> Spent:
    """Copy the same snapshot, one row per media, into a table that held the same as ours did before."""
    fill = f"insert into {BARE} select * from image_stats_history"
    await stage.run(f"truncate {BARE}", fill, f"vacuum analyze {BARE}", "checkpoint")
    rows = list(_rows(snapshot, stage.clock.now()))
    watch = Stopwatch(await backends(stage))
    async with stage.store.writing() as ledger:
        await ledger._connection.copy_records_to_table(BARE, records=rows, columns=COLUMNS)
    return watch.stop()


def _rows(snapshot: Snapshot, at: datetime) -> Iterator[tuple[object, ...]]:
    for image_id, one in enumerate(snapshot, start=1):
        counters = [getattr(one, name) for name in COUNTERS]
        yield (image_id, at, *counters, 0, 0, 0, 0, 0, 0, at - ROUND, "change", False)
