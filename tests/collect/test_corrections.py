"""Many counters fall at once: for good, or for a while; what is believed, when, and what a person is told."""

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.collect.conftest import Collector

START = datetime(2026, 5, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
POSTS, MEDIA, LIKES = 4, 50, 40
ALL = POSTS * MEDIA
FALLS = """
select event, count(*), min(collected_at), max(like_count), sum(like_gain)
from image_stats_history where like_gain < 0 group by 1
"""


async def follow_two_hundred(collector: "Collector") -> None:
    house = collector.house
    for number in range(POSTS):
        house.post(MEDIA, post_id=500 + number, username=f"Maker{number}")
    show(collector, LIKES)
    await house.good("record_civitai_post", posts=[str(500 + number) for number in range(POSTS)])


def show(collector: "Collector", likes: int) -> None:
    for item in list(collector.house.world.items):
        collector.house.world.set_stats(item.id, like=likes)


async def doubts(collector: "Collector") -> list[str]:
    told: Any = await collector.house.good("get_collection_status")
    return list(told["collection"]["doubts"])


async def test_a_fall_of_many_for_good_is_believed_after_three_looks_over_eight_hours_one_of_them_by_id(
    collector: "Collector",
) -> None:
    house = collector.house
    await follow_two_hundred(collector)
    show(collector, LIKES // 2)
    for hour in range(1, 9):
        run = await collector.refresh(hours=1)
        assert (run.suspect, run.fell, run.observed) == (ALL, ALL, 0), hour
        assert run.coverage == {"young": [ALL, ALL]}
    assert await house.rows(FALLS) == []
    assert await doubts(collector) == [
        "200 media showed less than before: 200 waiting for proof, three looks over 8 hours, as so many fell at once"
    ]
    assert await house.rows("select min(like_count) from image_tracking") == [(LIKES,)]

    await house.forget()
    run = await collector.refresh(hours=1)
    assert any("imageId" in dict(one["query"]) for one in await house.asked())
    assert run.observed == ALL  # those the list of the newest had shown too needed no asking by id
    assert await house.rows(FALLS) == [("correction", ALL, START + 9 * HOUR, LIKES // 2, -ALL * LIKES // 2)]
    assert await doubts(collector) == ["200 media showed less than before: 200 found so again, and stored"]
    run = await collector.refresh(hours=1)
    assert (run.suspect, run.fell, run.unchanged) == (0, 0, ALL)


async def test_a_fall_of_many_that_was_false_is_never_believed_and_growth_goes_on(collector: "Collector") -> None:
    house = collector.house
    await follow_two_hundred(collector)
    show(collector, LIKES // 2)
    for _ in range(7):
        await collector.refresh(hours=1)
    show(collector, LIKES)
    run = await collector.refresh(hours=1)
    assert (run.suspect, run.observed, run.unchanged) == (0, ALL, ALL)
    show(collector, LIKES // 2)  # the same failure again: what was seen of the first proves nothing any more
    for _ in range(3):
        run = await collector.refresh(hours=1)
    assert run.suspect == ALL
    show(collector, LIKES + 1)
    run = await collector.refresh(hours=1)
    assert (run.suspect, run.observed, run.unchanged) == (0, ALL, 0)
    assert await house.rows(FALLS) == []
    assert await house.rows("select sum(like_gain), count(*) from image_stats_history where event = 'change'") == [
        (ALL, ALL)
    ]
    assert await doubts(collector) == ["200 media showed less than before: 200 not confirmed by a later look"]


async def test_the_zeros_of_a_failed_count_and_a_single_fall_are_told_as_what_they_are(collector: "Collector") -> None:
    house = collector.house
    _, _, last = house.post(3)
    await house.good("record_civitai_post", posts=["77"])
    await house.arm("zero-stats")
    await collector.refresh(hours=1)
    zeros = "3 media showed only zeros"
    awaited = "waiting for proof, three looks over 8 hours, as zeros are how Civitai fails"
    assert await doubts(collector) == [f"{zeros}: 3 {awaited}"]
    await house.heal()
    house.world.set_stats(last.id, like=1)
    await collector.refresh(hours=1)
    assert await doubts(collector) == [
        f"{zeros}: 1 {awaited}; 2 not confirmed by a later look",
        "1 media showed less than before: 1 waiting for another look",
    ]
    await collector.refresh(hours=1)
    assert await doubts(collector) == [
        f"{zeros}: 3 not confirmed by a later look",
        "1 media showed less than before: 1 found so again, and stored",
    ]
