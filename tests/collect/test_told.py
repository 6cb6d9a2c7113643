"""What a run could not observe is told in the run."""

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.collect.conftest import Collector

POST = 77


@pytest.mark.parametrize(
    ("fault", "reached"),
    {
        "an item twice on one page stands where another should": ("items-doubled", 7),
        "a cursor that leads nowhere leaves a doubt, but what was listed was seen": ("repeated-cursor", 8),
        "without counters all were seen and none is known": ("stats-null", 8),
    }.values(),
)
async def test_a_list_that_lacks_something_reaches_only_what_it_had(
    collector: "Collector", fault: str, reached: int
) -> None:
    house = collector.house
    house.post(8)
    await house.good("record_civitai_post", posts=[str(POST)])
    await house.arm(fault)
    run = await collector.refresh(hours=1)
    assert run.coverage == {"young": [8, reached]}
    assert run.observed + run.rejected >= reached
    await house.heal()
    run = await collector.refresh(hours=1)
    assert (run.coverage, run.observed) == ({"young": [8, 8]}, 8)


async def test_media_without_counters_are_counted_and_looked_at_again_at_the_next_tick(collector: "Collector") -> None:
    house = collector.house
    house.post(3)
    await house.good("record_civitai_post", posts=[str(POST)])
    await house.arm("stats-missing")
    run = await collector.refresh(hours=1)
    assert (run.observed, run.rejected) == (0, 3)
    await house.heal()
    run = await collector.refresh(hours=1)
    assert (run.observed, run.unchanged, run.rejected) == (3, 3, 0)


async def test_an_empty_list_of_a_walked_creator_reaches_nobody(collector: "Collector") -> None:
    house = collector.house
    for number in range(3):
        house.post(2, post_id=10 + number)
    await collector.watch("creator", "ana")
    await collector.tick()
    await house.arm("empty-after-timeout")
    run = await collector.refresh(hours=1)
    assert (run.coverage, run.missing) == ({"young": [6, 0]}, 0)
    await house.heal()
    run = await collector.refresh(hours=1)
    assert run.coverage == {"young": [6, 6]}
