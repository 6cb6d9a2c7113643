"""Days of world time with faults at random: what is stored afterwards is true, and what was lost is told."""

import json
import random
import time
from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest

from civitai_engagement.clock import ManualClock
from civitai_engagement.collect.tick import run_tick
from civitai_engagement.sandbox import Growth, Withdrawal, World
from civitai_engagement.sandbox.mischief import CATALOGUE
from civitai_engagement.store.runs import Run

if TYPE_CHECKING:
    from tests.drills.conftest import Raise, Stand

START = datetime(2026, 8, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
SHARE = 0.05
SIZES: dict[str, dict[str, Any]] = {"slow": {"seconds": 0.2}, "huge-body": {"size": 33 * 2**20}}
COUNTERS = ("like", "heart", "laugh", "cry", "dislike", "comment")
COLUMNS = ", ".join(f"{name}_count" for name in COUNTERS)
GAINS = ", ".join(f"{name}_gain" for name in COUNTERS)
SETTLED = 30  # ticks without faults at the end


@dataclass(frozen=True, slots=True)
class Row:
    """One row of the history."""

    image_id: int
    at: datetime
    event: str
    unconfirmed: bool
    counters: tuple[int, ...]
    gains: tuple[int, ...]
    confirmed_at: datetime | None  # until then what stood before held


@dataclass
class Soak:
    """A collection under fire, and what became of it."""

    stand: "Stand"
    ticks: int = 0
    runs: list[Run] = field(default_factory=list)
    unseen: int = 0
    untold: list[tuple[datetime, int, int]] = field(default_factory=list)

    @property
    def world(self) -> World:
        return self.stand.house.world

    async def begin(self, posts: int, creators: int) -> None:
        """Record some posts and watch some creators; a creator loses reactions on all media at one instant."""
        house = self.stand.house
        by_strength = Counter(item.username for item in self.world.items if item.present(house.clock.now()))
        names = [name for name, _ in by_strength.most_common() if name][:creators]
        for name in names:
            await house.run(
                "insert into watches (kind, name, created_by, created_at) values ('creator', $1, 'me', now())",
                name.lower(),
            )
        others = [one.id for one in self.world.posts.values() if one.username not in names][:posts]
        await house.good("record_civitai_post", posts=[str(number) for number in others])
        self._withdraw_all_of(names[0], START + timedelta(days=4, minutes=30))

    def _withdraw_all_of(self, username: str, at: datetime) -> None:
        for item in [one for one in self.world.items if one.username == username]:
            assert item.published_at is not None
            if isinstance(item.counters, Growth) and item.published_at < at:
                withdrawal = Withdrawal(at - item.published_at, 0.5)
                self.world.change(item.id, counters=replace(item.counters, withdrawal=withdrawal))

    async def arm(self, share: float) -> None:
        for fault in sorted(CATALOGUE):
            await self.stand.house.arm(fault, share=share / len(CATALOGUE), **SIZES.get(fault, {}))

    async def hits(self) -> Counter[str]:
        armed = (await self.stand.house._door.get("/__sandbox/faults")).json()["armed"]
        return +Counter({one["fault"]: one["hits"] for one in armed})

    async def tick(self) -> None:
        """Go to the next full hour and do what is due; note what was due and neither seen nor told."""
        clock = self.stand.house.clock
        clock.advance(HOUR - (clock.now() - START) % HOUR)
        self.ticks += 1
        due = await self._due(clock.now())
        async with await self.stand.house.runtime.store.claims("soak:1") as claims:
            runs = await run_tick(self.stand.house.runtime, claims)
        self.note(runs, len(due - await self._observed(clock.now())))

    def note(self, runs: list[Run], unseen: int) -> None:
        self.runs += runs
        self.unseen += unseen
        told = sum(_told(run) for run in runs if run.job == "update_existing_stats")
        if unseen > told:
            self.untold.append((self.stand.house.clock.now(), unseen, told))

    async def _due(self, now: datetime) -> set[int]:
        tick_at = now.replace(minute=0, second=0, microsecond=0)
        rows = await self.stand.house.rows(
            "select image_id from image_tracking where source <> 'sampled' and state <> 'missing' "
            "and next_due_at <= $1 and (last_observed_at is null or last_observed_at < $1)",
            tick_at,
        )
        return {number for (number,) in rows}

    async def _observed(self, now: datetime) -> set[int]:
        tick_at = now.replace(minute=0, second=0, microsecond=0)
        rows = await self.stand.house.rows("select image_id from image_tracking where last_observed_at >= $1", tick_at)
        return {number for (number,) in rows}

    async def history(self) -> list[Row]:
        rows = await self.stand.house.rows(
            f"select image_id, collected_at, event, unconfirmed, array[{COLUMNS}], array[{GAINS}], "
            "previous_observed_at from image_stats_history order by image_id, collected_at"
        )
        return [Row(row[0], row[1], row[2], row[3], tuple(row[4]), tuple(row[5]), row[6]) for row in rows]

    def truth(self, row: Row, at: datetime | None = None) -> tuple[int, ...]:
        counts = self.world.item(row.image_id).counts(at or row.at)
        return tuple(getattr(counts, name) for name in COUNTERS)


def _told(run: Run) -> int:
    """How many media a run says it has not observed: not listed, doubted, without counters, not reached."""
    unreached = sum(due - reached for tier, (due, reached) in run.coverage.items() if tier != "sampled")
    return int(run.missing + run.suspect + run.rejected + unreached)


def false_rows(soak: Soak, rows: list[Row]) -> list[Row]:
    """Rows that differ from the truth at their time; zeros that say they are unconfirmed make no claim yet."""
    return [
        row
        for row in rows
        if row.event != "missing"
        and soak.truth(row) != row.counters
        and not (row.unconfirmed and not any(row.counters))
    ]


def falsely_confirmed(soak: Soak, rows: list[Row]) -> list[Row]:
    """Rows whose predecessor did not hold any more when it was seen last."""
    return [
        after
        for before, after in pairwise(rows)
        if before.image_id == after.image_id
        and before.event != "missing"
        and (after.confirmed_at is None or soak.truth(before, after.confirmed_at) != before.counters)
    ]


def misstated(rows: list[Row]) -> list[str]:
    """What is wrong between one row of an image and the next."""
    wrong = []
    for before, after in pairwise(rows):
        if before.image_id != after.image_id:
            continue
        grown = tuple(new - old for old, new in zip(before.counters, after.counters, strict=True))
        if grown != after.gains:
            wrong.append(f"gains of {after}")
        if not any(grown) and after.event in {"change", "fall", "correction"}:
            wrong.append(f"nothing changed in {after}")
        if min(grown) < 0 and after.event not in {"fall", "correction"}:
            wrong.append(f"an unmarked fall: {after}")
    return wrong


async def soak_for(
    stand: "Stand", days: int, *, posts: int, creators: int, share: float = SHARE
) -> tuple[Soak, Counter[str]]:
    soak = Soak(stand)
    await soak.begin(posts, creators)
    await soak.arm(share)
    for _ in range(days * 24):
        await soak.tick()
    hits = await soak.hits()
    await stand.house.heal()
    return soak, hits


async def settle(soak: Soak) -> None:
    for _ in range(SETTLED):
        await soak.tick()


async def check(soak: Soak) -> list[Row]:
    """Hold everything stored against the truth."""
    rows = await soak.history()
    assert false_rows(soak, rows) == []
    assert falsely_confirmed(soak, rows) == []
    assert misstated(rows) == []
    assert soak.untold == []
    await check_what_is_followed(soak)
    await check_the_ends(soak, rows)
    return rows


async def check_what_is_followed(soak: Soak) -> None:
    """Nobody else's media are among what users follow, and strangers' media are within the levels asked for."""
    house = soak.stand.house
    names = {name for (name,) in await house.rows("select name from watches where kind = 'creator'")}
    posts = {int(name) for (name,) in await house.rows("select name from watches where kind = 'post'")}
    for number, source in await house.rows("select image_id, source from image_tracking"):
        item = soak.world.item(number)
        if source == "sampled":
            assert item.level <= 3
        else:
            assert item.post_id in posts or (item.username or "").lower() in names


async def check_the_ends(soak: Soak, rows: list[Row]) -> None:
    """Each followed media ends as it is: there with its counters, or missing; nothing waits for proof for ever."""
    now = soak.stand.house.clock.now()
    falls = {row.image_id for row in rows if row.event in {"fall", "correction"}}
    events = {(row.image_id, row.event) for row in rows}
    tracked = await soak.stand.house.rows(
        f"select image_id, state, as_of, array[{COLUMNS}] from image_tracking where source <> 'sampled'"
    )
    for number, state, as_of, counters in tracked:
        item = soak.world.item(number)
        counts = item.counts(as_of)
        assert tuple(counters) == tuple(getattr(counts, name) for name in COUNTERS), (number, state, as_of)
        if not item.present(now - timedelta(days=1)) and not item.present(now):
            assert (state, (number, "missing") in events) == ("missing", True), (number, item.absences)
        if item.present(now) and item.present(now - timedelta(days=2)):
            assert state in {"present", "returned"}, (number, item.absences)
        first = next(row for row in rows if row.image_id == number)
        if _fell(item, first.at, as_of):
            assert number in falls, (number, item.counters)


def _fell(item: Any, since: datetime, until: datetime) -> bool:
    """Say whether a media truly stands lower now than it once stood while we looked."""
    if not isinstance(item.counters, Growth) or item.counters.withdrawal is None:
        return False
    at = item.published_at + item.counters.withdrawal.after
    if not since < at - 4 * HOUR or at > until:
        return False
    return bool(item.counts(at).reactions < item.counts(at - 4 * HOUR).reactions)


async def tell(soak: Soak, rows: list[Row], hits: Counter[str], seconds: float) -> None:
    house = soak.stand.house
    events = Counter(row.event for row in rows)
    due, reached = (sum(pair[n] for run in soak.runs for pair in run.coverage.values()) for n in (0, 1))
    false_zeros = sum(row.unconfirmed and soak.truth(row) != row.counters for row in rows)
    tiers = Counter(source for (source,) in await house.rows("select source from image_tracking"))
    soak.stand.reports.tell(
        "Soak",
        ticks=soak.ticks,
        runs=len(soak.runs),
        runs_cut_short=sum(run.error is not None for run in soak.runs),
        requests=sum(run.requests for run in soak.runs),
        retries=sum(run.retries for run in soak.runs),
        faults=f"{hits.total()} of {len(hits)} kinds",
        faults_by_kind=dict(sorted(hits.items())),
        media=dict(tiers),
        rows=dict(events),
        suspects=(await house.rows("select count(*) from suspects"))[0][0],
        rejects=(await house.rows("select count(*) from rejects"))[0][0],
        zeros_nobody_confirmed_that_were_false=false_zeros,
        looks_lost_and_told=soak.unseen,
        reached=f"{reached:,} of {due:,} ({reached / due:.2%})",
        seconds=round(seconds),
    )


async def by_command(soak: Soak, ticks: int) -> None:
    """Do some ticks by the command, as cron does."""
    clock = soak.stand.house.clock
    for _ in range(ticks):
        clock.advance(4 * HOUR - (clock.now() - START) % (4 * HOUR))
        code, printed, said = await soak.stand.collect("--json")
        assert code == 0, said
        told = json.loads(printed)
        assert {one["job"] for one in told} >= {"update_existing_stats", "collect_new_images", "keep_features"}
        soak.ticks += 1


@pytest.mark.drill
@pytest.mark.timeout(3000)
async def test_fourteen_days_of_faults_leave_nothing_false_behind(raised: "Raise") -> None:
    random.seed(4)
    began = time.perf_counter()
    world = World.grow(seed=4, creators=14, posts=150, now=START)
    async with raised(world, ManualClock(START), request_timeout=timedelta(seconds=5)) as stand:
        soak, hits = await soak_for(stand, 14, posts=12, creators=5)
        assert set(hits) == set(CATALOGUE)
        await settle(soak)
        await by_command(soak, 3)
        rows = await check(soak)
        await tell(soak, rows, hits, time.perf_counter() - began)


async def test_a_day_of_faults_leaves_nothing_false_behind(raised: "Raise") -> None:
    random.seed(4)
    began = time.perf_counter()
    world = World.grow(seed=5, creators=5, posts=40, now=START)
    async with raised(world, ManualClock(START), collect_limit=50) as stand:
        soak, hits = await soak_for(stand, 1, posts=8, creators=2, share=0.5)
        assert hits
        rows = await soak.history()
        assert false_rows(soak, rows) == []
        assert falsely_confirmed(soak, rows) == []
        assert misstated(rows) == []
        assert soak.untold == []
        await check_what_is_followed(soak)
        await tell(soak, rows, hits, time.perf_counter() - began)
