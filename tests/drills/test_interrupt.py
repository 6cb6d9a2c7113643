"""A run that a person or a service manager stops: what was kept stays, the rest is done by the next."""

import asyncio
import signal
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from civitai_engagement.clock import ManualClock
from civitai_engagement.collect.tick import run_tick
from civitai_engagement.sandbox import Item, World

if TYPE_CHECKING:
    from tests.drills.conftest import Raise, Stand

START = datetime(2026, 8, 1, 12, tzinfo=UTC)
POSTS, MEDIA = 12, 3
ENOUGH = 4
OBSERVED = (
    "select coalesce(sum(observed), 0), count(*) filter (where finished_at is null)"
    " from runs where job = 'update_existing_stats'"
)

UNFINISHED = "select count(*) from runs where finished_at is null"
UNSEEN = "select count(*) from image_tracking where last_observed_at < $1"


async def stopped(stand: "Stand", number: signal.Signals) -> tuple[int | None, str, str]:
    """Start a run, stop it after some requests, and give its end."""
    at = stand.house.clock.now().isoformat()
    stand.log.times.clear()
    process = await stand.process("collect", "--once", "--at", at, CIVITAI_ENGAGEMENT_REQUESTS_PER_SECOND="10")
    async with asyncio.timeout(120):
        while process.returncode is None and len(stand.log.times) < ENOUGH:  # noqa: ASYNC110 # another process asks
            await asyncio.sleep(0.01)
    if process.returncode is None:
        process.send_signal(number)
    printed, said = await process.communicate()
    return process.returncode, printed.decode(), said.decode()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
async def test_a_stopped_run_says_so_in_one_line_loses_one_batch_at_most_and_is_ended_by_the_next(
    raised: "Raise", number: signal.Signals
) -> None:
    world = World.empty(now=START)
    for post_id in range(1, POSTS + 1):
        world.add_post(post_id=post_id, username=f"creator-{post_id}", items=[Item()] * MEDIA)
    async with raised(world, ManualClock(START), collect_limit=0) as stand:
        house = stand.house
        await house.good("record_civitai_post", posts=[str(post_id) for post_id in range(1, POSTS + 1)])
        house.advance(hours=1)
        code, printed, said = await stopped(stand, number)
        assert (code, printed) == (128 + number, ""), said
        assert said.splitlines() == ["Stopped. What was observed is kept; the next run does the rest."]
        [(observed, unfinished)] = await house.rows(OBSERVED)
        assert unfinished == 1
        assert observed >= (ENOUGH - 1) * MEDIA
        async with await house.runtime.store.claims("next:1") as claims:
            await run_tick(house.runtime, claims)
        assert await house.rows(OBSERVED) == [(POSTS * MEDIA, 0)]


@pytest.mark.drill
@pytest.mark.timeout(600)
async def test_a_run_whose_process_is_stopped_is_taken_over_and_nothing_is_written_when_it_wakes(
    raised: "Raise",
) -> None:
    world = World.empty(now=START)
    for post_id in range(1, POSTS + 1):
        world.add_post(post_id=post_id, username=f"creator-{post_id}", items=[Item()] * MEDIA)
    async with raised(world, ManualClock(START), collect_limit=0) as stand:
        house = stand.house
        await house.good("record_civitai_post", posts=[str(post_id) for post_id in range(1, POSTS + 1)])
        house.advance(hours=1)
        stand.log.times.clear()
        at = house.clock.now().isoformat()
        sleeper = await stand.process("collect", "--once", "--at", at, CIVITAI_ENGAGEMENT_REQUESTS_PER_SECOND="5")
        async with asyncio.timeout(60):
            while len(stand.log.times) < ENOUGH:  # noqa: ASYNC110 # another process asks
                await asyncio.sleep(0.01)
        sleeper.send_signal(signal.SIGSTOP)
        began, tries = time.monotonic(), 0
        async with asyncio.timeout(180):
            while await house.rows(UNFINISHED) != [(0,)]:
                tries += 1
                code, _, said = await stand.collect()
                assert code == 0 or "Another writer was in the way" in said, said
        taken_over = time.monotonic() - began
        assert await house.rows(UNSEEN, house.clock.now()) == [(0,)]
        before = await house.rows("select * from runs order by run_id")
        sleeper.send_signal(signal.SIGCONT)
        async with asyncio.timeout(60):
            printed, woken = await sleeper.communicate()
        assert await house.rows("select * from runs order by run_id") == before
        stand.reports.tell(
            "A `collect --once` that is stopped",
            observed_before=f"{(ENOUGH - 1) * MEDIA} media at least",
            taken_over_and_ended_after=f"{taken_over:.0f} s (a lease is 60), at try {tries}",
            written_by_it_after_it_woke=0,
            said_when_it_woke=" ".join(woken.decode().split()),
        )
        assert (sleeper.returncode, printed) == (1, b"")
        assert len(woken.splitlines()) == 1
