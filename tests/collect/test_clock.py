"""A clock that was wrong: what it left in the future is named by status, and put right by the next tick."""

from datetime import timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.collect.conftest import Collector

AHEAD = timedelta(hours=48)
STEP_BACK = -AHEAD


async def test_after_a_tick_two_days_ahead_the_next_one_looks_again_and_goes_on(collector: "Collector") -> None:
    house = collector.house
    (first, *_) = house.post(2)
    await house.good("record_civitai_post", posts=["77"])
    await collector.tick()
    house.world.set_stats(first.id, like=9)
    await collector.tick(hours=49)
    house.clock.advance(STEP_BACK)
    house.world.set_stats(first.id, like=12)

    told = await house.good("get_collection_status")
    assert (told["verdict"], [one["name"] for one in told["problems"]]) == ("degraded", ["future"])
    said = "Stored as later than now: 4 runs, what 2 media had"
    assert said in told["problems"][0]["reason"]

    refresh = (await collector.tick())["update_existing_stats"]
    assert (refresh.observed, refresh.unchanged) == (2, 1)
    start = house.clock.now() - timedelta(hours=1)
    assert await collector.history(first.id) == [(start, "first", 1), (house.clock.now(), "change", 12)]
    told = await house.good("get_collection_status")
    assert (told["verdict"], told["problems"]) == ("ok", [])
    assert "2026-05-01" in told["summary"]
    aside = await house.rows(
        "select raw from rejects where reason = 'seen by a clock that was ahead' and subject = $1", f"image {first.id}"
    )
    assert ['"like_count": 9' in raw for (raw,) in aside] == [True], "nothing is lost"
    again = await collector.refresh(hours=1)
    assert again.observed == 2


async def test_what_was_only_confirmed_or_first_seen_in_the_future_is_as_it_was_before(collector: "Collector") -> None:
    house = collector.house
    house.post(1)
    await house.good("record_civitai_post", posts=["77"])
    house.advance(hours=50)
    house.post(1, post_id=78)
    await house.good("record_civitai_post", posts=["78"])
    await collector.tick()
    house.clock.advance(STEP_BACK)
    await collector.tick()
    rows = await house.rows("select count(*), min(as_of), max(as_of), max(next_due_at) from image_tracking")
    now = house.clock.now()
    assert rows == [(2, now, now, now + timedelta(hours=1))]
    assert await house.rows("select max(first_seen_at) <= $1 from images", now) == [(True,)]


async def test_a_leader_and_a_due_time_of_the_future_are_named_and_put_right(collector: "Collector") -> None:
    house = collector.house
    house.post(1)
    await house.good("record_civitai_post", posts=["77"])
    later = house.clock.now() + AHEAD
    await house.run("insert into leadership values (true, 'x', $1, $1)", later)
    await house.run("update image_tracking set next_due_at = $1", later)
    [problem] = (await house.good("get_collection_status"))["problems"]
    assert "the process that keeps the clock, when 1 media is due" in problem["reason"]
    assert (await collector.refresh()).observed == 0, "it was looked at when it was recorded"
    assert (await collector.refresh(hours=1)).observed == 1
    assert await house.rows("select seen_at < $1 from leadership", later) == [(True,)]


async def test_nine_minutes_of_difference_between_machines_is_not_the_future(collector: "Collector") -> None:
    house = collector.house
    house.post(1)
    await house.good("record_civitai_post", posts=["77"])
    house.clock.advance(timedelta(minutes=-9))
    assert (await house.good("get_collection_status"))["problems"] == []
