"""A storm of live questions that are all given up: the next one waits for its own turn and no other."""

import asyncio
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from civitai_engagement.clock import ManualClock
from civitai_engagement.ports import Lane
from civitai_engagement.runtime import Runtime
from civitai_engagement.sandbox import Item, World

if TYPE_CHECKING:
    from tests.drills.conftest import Raise

START = datetime(2026, 8, 1, 12, tzinfo=UTC)
CALLERS = 60  # of each of two processes; a request a second is allowed
AHEAD = "select extract(epoch from next_at - clock_timestamp())::float from api_budget"


@pytest.mark.drill
async def test_a_storm_of_cancelled_questions_costs_the_next_no_waiting(raised: "Raise") -> None:
    world = World.empty()
    for number in range(1, CALLERS + 2):
        world.add_post(post_id=number, items=[Item()])
    async with raised(world, ManualClock(START)) as stand:
        runtimes = [Runtime(stand.house.settings) for _ in range(2)]
        for one in runtimes:
            await one.store.open()
        await runtimes[0].civitai.post_media(CALLERS + 1)
        storm = [asyncio.create_task(one.civitai.post_media(post)) for one in runtimes for post in range(1, CALLERS)]
        await asyncio.sleep(1.5)
        answered = sum(one.done() for one in storm)
        for task in storm:
            task.cancel()
        await asyncio.gather(*storm, return_exceptions=True)
        started = time.monotonic()
        await asyncio.gather(*(one.civitai.post_media(CALLERS, lane=Lane.LIVE) for one in runtimes))
        waited = time.monotonic() - started
        [(ahead,)] = await stand.house.rows(AHEAD)
        stand.reports.tell(
            "Storm of cancellations",
            asked=len(storm),
            answered_before_the_storm_broke=answered,
            cancelled=len(storm) - answered,
            the_next_two_answers_took=f"{waited:.1f} s (a request a second)",
            reserved_ahead_then=f"{max(ahead, 0):.1f} s",
        )
        for one in runtimes:
            await one.close()
    assert waited < 6
