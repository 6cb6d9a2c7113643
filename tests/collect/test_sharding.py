"""One run that several workers share: each carries out a shard of the plan, all under one claim and epoch."""

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from civitai_engagement.analysis.cadence import due_tick
from civitai_engagement.collect.run_job import allowance, run_job
from civitai_engagement.collect.sharding import ShardedRun, carry_out_shard, close_run, plan_shards, requests_of
from civitai_engagement.errors import Deposed
from civitai_engagement.records.condition import Job
from civitai_engagement.runtime import Runtime
from tests.house import opened

if TYPE_CHECKING:
    from tests.house import House

POSTS = range(1, 13)
EMPTIED = (
    "truncate posts, images, image_tracking, image_stats_history, prompts, runs, creators, suspects, rejects cascade"
)
KEPT = {
    "history": "select to_jsonb(h) from image_stats_history as h order by image_id, collected_at",
    "tracking": "select to_jsonb(t) from image_tracking as t order by image_id",
    "doubts": "select to_jsonb(s) - 'run_id' - 'suspect_id' from suspects as s order by image_id, as_of",
}
RUN = "select to_jsonb(r) - 'run_id' - 'seconds' - 'holder' - 'epoch' from runs as r"
OBSERVED_AGAIN = """
    select image_id, count(*) from image_stats_history where collected_at > $1 group by 1 having count(*) <> 1
"""
WORKER = """
import asyncio, sys
from datetime import datetime, timedelta
from civitai_engagement.clock import StandingClock
from civitai_engagement.collect.sharding import ShardedRun, carry_out_shard
from civitai_engagement.runtime import Runtime
from civitai_engagement.settings import Settings

async def main(now, number):
    runtime = Runtime(Settings(_env_file=None), clock=StandingClock(datetime.fromisoformat(now)))
    async with runtime.opened(warm_up=False):
        await carry_out_shard(runtime, ShardedRun.of_text(sys.stdin.read()), int(number))

asyncio.run(main(*sys.argv[1:]))
"""
Refresh = Callable[["House"], Awaitable[None]]


async def lived(house: "House") -> datetime:
    """Record posts of three creators, then let an hour pass in which all of them grow; gives the tick that follows."""
    for number in POSTS:
        house.post(number % 4 + 1, number, username=("Ana", "Bo", "Cy")[number % 3])
        await house.good("record_civitai_post", posts=[str(number)])
    tick_at = due_tick(house.advance(hours=1))
    for number in POSTS:
        for item in house.world.items_of(number):
            house.world.set_stats(item.id, like=50 + number, heart=1, comment=2)
    await house.forget()
    return tick_at


async def kept(house: "House") -> dict[str, list[tuple[Any, ...]]]:
    return {name: await house.rows(statement) for name, statement in (KEPT | {"run": RUN}).items()}


async def planned(house: "House", tick_at: datetime, most: int) -> ShardedRun:
    """Plan as an engine's task does, whose process ends with it."""
    async with await house.runtime.store.claims("planner:1") as claims:
        run = await plan_shards(house.runtime, claims, tick_at, most=most)
    assert run is not None
    return ShardedRun.of_text(run.as_text())


@asynccontextmanager
async def worker(house: "House") -> AsyncIterator[Runtime]:
    async with house.another().opened(warm_up=False) as runtime:
        yield runtime


async def alone(house: "House", tick_at: datetime) -> dict[str, list[tuple[Any, ...]]]:
    async with await house.runtime.store.claims("alone:1") as claims:
        assert await run_job(house.runtime, claims, Job.EXISTING_STATS, tick_at)
    return await kept(house)


async def shared(house: "House", tick_at: datetime) -> dict[str, list[tuple[Any, ...]]]:
    run = await planned(house, tick_at, 2)
    async with worker(house) as first, worker(house) as second:
        await asyncio.gather(*(carry_out_shard(one, run, place) for place, one in enumerate((first, second))))
        await close_run(second, run)
    return await kept(house)


async def test_two_workers_make_the_rows_that_one_makes_and_observe_each_media_once(database_url: str) -> None:
    made = []
    for refresh in (alone, shared):
        async with opened(database_url) as house:
            tick_at = await lived(house)
            made.append(await refresh(house, tick_at))
            assert await house.rows(OBSERVED_AGAIN, tick_at.replace(minute=0)) == []
            await house.run(EMPTIED)
    one, two = made
    assert two == one
    [(told,)] = one["run"]
    told = json.loads(told)
    assert told["observed"] == told["planned"] == len(one["tracking"])


async def test_a_shard_that_is_carried_out_again_asks_for_nothing_twice(house: "House") -> None:
    run = await planned(house, await lived(house), 3)
    async with worker(house) as first, worker(house) as second:
        await carry_out_shard(first, run, 0)
        await house.forget()
        await carry_out_shard(second, run, 0)
        assert await house.asked() == []
        for number in (1, 2):
            await carry_out_shard(second, run, number)
        closed = await close_run(first, run)
    assert closed.observed == closed.planned
    assert closed.coverage == {"young": [closed.planned, closed.planned]}


async def test_who_plans_anew_for_the_same_tick_shuts_out_all_workers_of_the_older_plan(house: "House") -> None:
    tick_at = await lived(house)
    older = await planned(house, tick_at, 2)
    newer = await planned(house, tick_at, 2)
    async with worker(house) as first, worker(house) as second:
        for place, one in enumerate((first, second)):
            with pytest.raises(Deposed):
                await carry_out_shard(one, older, place)
        assert await house.rows("select sum(observed) from runs where job = $1", Job.EXISTING_STATS) == [(0,)]
        with pytest.raises(Deposed):
            await close_run(first, older)
        for place, one in enumerate((first, second)):
            await carry_out_shard(one, newer, place)
        assert (await close_run(first, newer)).coverage["young"][0] > 0


async def test_each_worker_may_be_sent_its_part_alone_and_the_parts_together_are_closed_once(house: "House") -> None:
    tick_at = await lived(house)
    whole = await planned(house, tick_at, 3)
    parts = whole.parts()
    assert [len(ShardedRun.of_text(part).shards) for part in parts] == [1, 1, 1]
    assert ShardedRun.of_parts(parts) == whole
    async with worker(house) as first:
        for part in reversed(parts):
            await carry_out_shard(first, ShardedRun.of_text(part), 0)
        asked = await requests_of(first, whole)
        closed = await close_run(first, ShardedRun.of_parts(parts))
        assert (asked, await requests_of(first, None)) == (closed.requests, 0)
        await house.forget()
        assert await close_run(first, whole) == closed
    assert await house.asked() == []
    assert closed.observed == closed.planned == len(await house.rows("select from image_tracking"))


async def test_a_run_with_nothing_due_is_one_part_to_be_closed(house: "House") -> None:
    tick_at = await lived(house)
    await house.run("update image_tracking set next_due_at = next_due_at + interval '30 days'")
    [part] = (await planned(house, tick_at, 8)).parts()
    assert ShardedRun.of_text(part).shards == ()
    async with worker(house) as first:
        closed = await close_run(first, ShardedRun.of_parts([part]))
    assert (closed.planned, closed.coverage) == (0, {})


async def test_an_engine_that_ticks_every_four_hours_may_send_the_requests_of_four(house: "House") -> None:
    tick_at = await lived(house)
    async with await house.runtime.store.claims("planner:1") as claims:
        run = await plan_shards(house.runtime, claims, tick_at, most=2, every=timedelta(hours=4))
    assert run is not None
    assert run.allowance == 4 * allowance(house.runtime) == 4 * 2880


async def test_falls_seen_by_two_workers_count_together_as_one_mass_fall(house: "House") -> None:
    tick_at = await lived(house)
    for number in POSTS:
        for item in house.world.items_of(number):
            house.world.set_stats(item.id, like=0, heart=1, comment=2)
    run = await planned(house, tick_at, 2)
    async with worker(house) as first, worker(house) as second:
        await carry_out_shard(first, run, 0)
        await carry_out_shard(second, run, 1)
        closed = await close_run(second, run)
    assert (closed.compared, closed.fell) == (closed.planned, closed.planned)
    assert closed.suspect == closed.planned


async def test_a_run_that_is_done_is_not_planned_again(house: "House") -> None:
    tick_at = await lived(house)
    await alone(house, tick_at)
    async with await house.runtime.store.claims("late:1") as claims:
        assert await plan_shards(house.runtime, claims, tick_at, most=2) is None


@pytest.mark.slow
async def test_workers_in_processes_of_their_own_share_a_run_by_what_they_are_sent_as_text(house: "House") -> None:
    tick_at = await lived(house)
    run = await planned(house, tick_at, 2)
    env = {
        **os.environ,
        "CIVITAI_BASE_URL": house.url,
        "CIVITAI_ENGAGEMENT_DATABASE_URL": house.database_url,
        "CIVITAI_ENGAGEMENT_REQUESTS_PER_SECOND": "50",
    }
    now = house.clock.now().isoformat()
    command = [sys.executable, "-c", WORKER, now]
    workers = [
        await asyncio.create_subprocess_exec(*command, str(place), stdin=subprocess.PIPE, env=env) for place in (0, 1)
    ]
    await asyncio.gather(*(one.communicate(run.as_text().encode()) for one in workers))
    assert [one.returncode for one in workers] == [0, 0]
    closed = await close_run(house.runtime, run)
    assert closed.observed == closed.planned == len(await house.rows("select from image_tracking"))
    assert await house.rows(OBSERVED_AGAIN, tick_at.replace(minute=0)) == []
