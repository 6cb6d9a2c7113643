"""Many counters fall at once: for good, or for a while; what is believed, when, and what a person is told."""

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.collect.conftest import Collector

START = datetime(2026, 5, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
POSTS, MEDIA, LIKES = 10, 20, 40
ALL = POSTS * MEDIA
FALLS = "select event, count(*), min(collected_at), max(like_count) from image_stats_history where like_gain < 0 group by 1"


async def follow_two_hundred(collector: "Collector") -> None:
    house = collector.house
    for number in range(POSTS):
        house.post(MEDIA, post_id=500 + number, username=f"Maker{number}")
    show(collector, LIKES)
    await house.good("record_civitai_post", posts=[str(500 + number) for number in range(POSTS)])


def show(collector: "Collector", likes: int) -> None:
    for item in list(collector.house.world.items):
        collector.house.world.set_stats(item.id, like=likes)


async def said(collector: "Collector") -> str:
    return (await collector.house.call("get_collection_status")).text


async def test_a_fall_of_many_for_good_is_believed_after_three_looks_over_eight_hours_one_of_them_by_id(
    collector: "Collector",
) -> None:
    house = collector.house
    await follow_two_hundred(collector)
    show(collector, LIKES // 2)
    for hour in range(1, 9):
        run = await collector.refresh(hours=1)
        assert (run.suspect, run.fell) == (ALL, ALL), hour
    assert await house.rows(FALLS) == []
    print(await said(collector))

    await house.forget()
    runs = [await collector.refresh(hours=1) for _ in range(2)]
    print([ (r.suspect, r.observed, r.requests) for r in runs])
    print(await house.rows(FALLS))
    print(await said(collector))
    assert 0


async def test_a_fall_of_many_that_was_false_is_never_believed(collector: "Collector") -> None:
    house = collector.house
    await follow_two_hundred(collector)
    show(collector, LIKES // 2)
    for _ in range(7):
        await collector.refresh(hours=1)
    show(collector, LIKES)
    for _ in range(6):
        run = await collector.refresh(hours=1)
    assert (run.suspect, run.observed, run.unchanged) == (0, ALL, ALL)
    assert await house.rows(FALLS) == []
    print(await said(collector))
    assert 0
