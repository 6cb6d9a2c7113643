"""The command killed in the middle of runs, each begun again: the ledger of a collection nobody disturbed."""

import asyncio
import time
from asyncio.subprocess import Process
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random
from typing import TYPE_CHECKING

import pytest

from civitai_engagement.clock import ManualClock
from civitai_engagement.collect.tick import run_tick
from civitai_engagement.sandbox import Item, Switches, World

if TYPE_CHECKING:
    from tests.drills.conftest import Database, Raise, Stand
    from tests.house import House

START = datetime(2026, 8, 1, 12, tzinfo=UTC)
ROUND = timedelta(hours=4)
POSTS, AT_ONCE, MEDIA, SAMPLED = 30, 15, 4, 40
TIMES = "- '{as_of,last_observed_at,next_due_at,changed_at,collected_at,previous_observed_at,first_seen_at}'::text[]"
TIMES_READ = "- 'generation_read_at'"
TABLES = ("images", "image_tracking", "image_stats_history", "generation_parameters", "image_resources")
UNFINISHED = "select count(*) from runs where finished_at is null"


async def rows(house: "House") -> dict[str, list[str]]:
    """Every row of the ledger, without the times of observation."""
    told = f"(to_jsonb(t) {TIMES} {TIMES_READ})::text"
    return {one: [str(row) for row in await house.rows(f"select {told} from {one} as t order by 1")] for one in TABLES}


async def differences(twins: "Twins") -> list[str]:
    ours, theirs = await rows(twins.disturbed), await rows(twins.peaceful)
    return [f"{name}: {row}" for name in TABLES for row in sorted(set(ours[name]) ^ set(theirs[name]))]


@dataclass
class Twins:
    """Two collections of one world: one is killed again and again, the other is left in peace."""

    stand: "Stand"
    peaceful: "House"
    random: Random = field(default_factory=lambda: Random(9))
    killed: int = 0
    spared: int = 0
    resumed: int = 0

    @property
    def disturbed(self) -> "House":
        return self.stand.house

    async def begin(self) -> None:
        for house in (self.disturbed, self.peaceful):
            for first in range(1, POSTS + 1, AT_ONCE):
                await house.good("record_civitai_post", posts=[str(first + place) for place in range(AT_ONCE)])

    def live_on(self) -> None:
        """Let four hours pass: some media grow, some fall, some vanish or come back, and something new appears."""
        clock, world = self.disturbed.clock, self.disturbed.world
        clock.advance(ROUND - (clock.now() - START) % ROUND)
        world.add_post(username="Newcomer", items=[Item(level=1), Item(level=2)])
        for item in list(world.items):
            match self.random.randrange(20):
                case 0 | 1 | 2 | 3:
                    world.set_stats(item.id, like=item.counts(clock.now()).like + self.random.randrange(1, 9))
                case 4:
                    world.set_stats(item.id, like=max(item.counts(clock.now()).like - 1, 0))
                case 5:
                    world.remove(item.id)
                case 6 | 7:
                    world.bring_back(item.id)

    async def disturb(self) -> None:
        """Kill a run at some request of it, or a little after, then let another one end it."""
        self.stand.log.times.clear()
        at = self.disturbed.clock.now().isoformat()
        process = await self.stand.process("collect", "--once", "--at", at)
        await self._until(self.random.randrange(1, POSTS + 5), process)
        await asyncio.sleep(self.random.uniform(0, 0.03))
        if process.returncode is None:
            process.kill()
        await process.communicate()
        [(unfinished,)] = await self.disturbed.rows(UNFINISHED)
        self.killed += process.returncode == -9
        self.spared += process.returncode == 0
        self.resumed += bool(unfinished)

    async def _until(self, requests: int, process: Process) -> None:
        async with asyncio.timeout(120):
            while process.returncode is None and len(self.stand.log.times) < requests:  # noqa: ASYNC110
                await asyncio.sleep(0.002)

    async def end(self) -> None:
        """Run both to the end of the tick; what a killed process held is free as soon as its connection is gone."""
        await collect(self.peaceful)
        async with asyncio.timeout(120):
            while await collect(self.disturbed) == 0 and (await self.disturbed.rows(UNFINISHED)) != [(0,)]:  # noqa: ASYNC110 # another process ends
                await asyncio.sleep(0.1)


async def collect(house: "House") -> int:
    async with await house.runtime.store.claims("twin:1") as claims:
        return len(await run_tick(house.runtime, claims))


@pytest.fixture
async def twins(raised: "Raise", database: "Database") -> AsyncIterator[Twins]:
    from tests.house import House

    clock = ManualClock(START)
    world = World.empty(now=START, switches=Switches(post_endpoint=True, posts_per_minute=100_000))
    for number in range(1, POSTS + 1):
        world.add_post(post_id=number, username=f"creator-{number}", items=[Item(meta={"steps": number})] * MEDIA)
        for item in world.items_of(number):
            world.set_stats(item.id, like=number, heart=2)
    async with raised(world, clock, requests_per_second=50, collect_limit=SAMPLED) as stand, database() as url:
        peaceful = House(world, clock, stand.house.url, url)
        peaceful.restart(requests_per_second=50, collect_limit=SAMPLED)
        yield Twins(stand, peaceful)
        await peaceful.aclose()


async def kill(twins: Twins, times: int) -> None:
    began = time.perf_counter()
    await twins.begin()
    for _ in range(times):
        twins.live_on()
        await twins.disturb()
        await twins.end()
        assert await differences(twins) == []
    [(runs, epochs)] = await twins.disturbed.rows("select count(*), sum(epoch) from runs")
    assert await twins.disturbed.rows(UNFINISHED) == [(0,)]
    stored = await rows(twins.disturbed)
    twins.stand.reports.tell(
        "Kill",
        killed=twins.killed,
        ended_before_the_blow=twins.spared,
        runs_resumed=twins.resumed,
        runs=runs,
        epochs=epochs,
        rows={name: len(found) for name, found in stored.items()},
        seconds=round(time.perf_counter() - began),
    )
    assert twins.killed >= 0.9 * times


@pytest.mark.drill
@pytest.mark.timeout(1800)
async def test_fifty_killed_runs_leave_the_ledger_of_an_undisturbed_collection(twins: Twins) -> None:
    await kill(twins, 50)


async def test_three_killed_runs_leave_the_ledger_of_an_undisturbed_collection(twins: Twins) -> None:
    await kill(twins, 3)
