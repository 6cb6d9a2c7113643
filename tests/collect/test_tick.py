"""What a tick of the clock does: who is asked, what is kept, what is due again when."""

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.collect.conftest import Collector

START = datetime(2026, 5, 1, 12, tzinfo=UTC)
POST = 77
HOUR = timedelta(hours=1)


async def paths(collector: "Collector") -> list[str]:
    """Tell what Civitai was asked since last time, in short."""
    asked = []
    for one in await collector.house.asked():
        query = dict(one["query"])
        named = [f"{name}={query[name]}" for name in ("postId", "username", "imageId", "ids") if name in query]
        asked.append(" ".join([*named, *(["meta"] if "withMeta" in query else [])]) or one["path"])
    await collector.house.forget()
    return asked


async def test_a_recorded_post_is_observed_hourly_while_young_and_growth_becomes_visible(
    collector: "Collector",
) -> None:
    house = collector.house
    first, *_ = house.post(3)
    await house.good("record_civitai_post", posts=[str(POST)])
    await house.forget()
    house.world.set_stats(first.id, like=9)
    run = await collector.refresh(hours=1)
    assert (run.planned, run.observed, run.unchanged, run.error) == (3, 3, 2, None)
    assert run.coverage == {"young": [3, 3]}
    assert await collector.history(first.id) == [(START, "first", 1), (START + HOUR, "change", 9)]
    assert "postId=77" in await paths(collector)
    assert await collector.tick(minutes=20) == {}
    assert await paths(collector) == []
    again = await collector.refresh(minutes=40)
    assert (again.observed, again.unchanged) == (3, 3)


async def test_a_watched_creator_is_found_whole_then_followed_with_what_is_new(collector: "Collector") -> None:
    house = collector.house
    house.post(3, post_id=1)
    house.post(2, post_id=2, username="Bo")
    await collector.watch("creator", "ana")
    runs = await collector.tick()
    assert runs["collect_new_images"].coverage == {"creators": [1, 1], "newest": [1, 1]}
    sources = dict(await house.rows("select image_id, source from image_tracking"))
    assert {sources[item.id] for item in house.world.items_of(1)} == {"watched"}
    assert {sources[item.id] for item in house.world.items_of(2) if item.level <= 2} == {"sampled"}
    assert await house.rows("select name, username, listed from creators") == [("ana", "Ana", 3)]
    await house.forget()
    (new, *_) = house.post(2, post_id=3)
    await collector.tick(hours=4)
    assert (await collector.tracked(new.id))[2] == "watched"
    assert await house.rows("select count(*) from images where post_id = 3 and generation_read_at is null") == [(0,)]
    asked = await paths(collector)
    assert "username=Ana" in asked


async def test_a_watched_post_that_was_never_read_is_read_and_then_followed(collector: "Collector") -> None:
    house = collector.house
    items = house.post(3, post_id=5)
    await collector.watch("post", "5")
    runs = await collector.tick()
    assert runs["collect_new_images"].coverage["new posts"] == [1, 1]
    assert await collector.history(items[2].id) == [(START, "first", 3)]
    run = await collector.refresh(hours=1)
    assert run.coverage["young"] == [3, 3]


async def test_a_media_that_vanishes_is_looked_for_by_id_after_three_ticks_and_welcomed_back(
    collector: "Collector",
) -> None:
    house = collector.house
    gone, *_ = house.post(3)
    await house.good("record_civitai_post", posts=[str(POST)])
    house.world.remove(gone.id)
    for misses in (1, 2):
        run = await collector.refresh(hours=1)
        assert run.missing == 1
        assert (await collector.tracked(gone.id))[:2] == ("present", misses)
    await house.forget()
    await collector.refresh(hours=1)
    assert f"imageId={gone.id}" in " ".join(await paths(collector))
    assert (await collector.tracked(gone.id))[0] == "missing"
    assert [event for _, event, _ in await collector.history(gone.id)] == ["first", "missing"]
    house.world.bring_back(gone.id)
    await collector.refresh(hours=25)
    assert (await collector.tracked(gone.id))[:2] == ("returned", 0)
    assert [event for _, event, _ in await collector.history(gone.id)] == ["first", "missing", "returned"]


async def test_a_fall_is_believed_at_the_second_look(collector: "Collector") -> None:
    house = collector.house
    *_, last = house.post(3)
    await house.good("record_civitai_post", posts=[str(POST)])
    house.world.set_stats(last.id, like=1)
    run = await collector.refresh(hours=1)
    assert run.suspect == 1
    assert await collector.history(last.id) == [(START, "first", 3)]
    await collector.refresh(hours=1)
    assert await collector.history(last.id) == [(START, "first", 3), (START + 2 * HOUR, "fall", 1)]


async def test_zeros_of_everything_are_a_failed_read_and_change_nothing(collector: "Collector") -> None:
    house = collector.house
    items = house.post(3)
    await house.good("record_civitai_post", posts=[str(POST)])
    await house.arm("zero-stats")
    run = await collector.refresh(hours=1)
    assert (run.suspect, run.observed) == (3, 0)
    await house.heal()
    run = await collector.refresh(hours=1)
    assert (run.suspect, run.observed, run.unchanged) == (0, 3, 3)
    assert [len(await collector.history(item.id)) for item in items] == [1, 1, 1]


async def test_a_civitai_that_does_not_answer_is_left_alone_and_asked_again_at_the_next_tick(
    collector: "Collector",
) -> None:
    house = collector.house
    for number in range(6):
        house.post(1, post_id=100 + number)
    await house.good("record_civitai_post", posts=[str(100 + number) for number in range(6)])
    await house.arm("edge-403")
    await house.forget()
    run = await collector.refresh(hours=1)
    assert run.error is not None
    assert run.coverage == {"young": [6, 0]}
    await house.heal()
    run = await collector.refresh(hours=1)
    assert (run.error, run.coverage) == (None, {"young": [6, 6]})


async def test_an_answer_about_others_is_kept_out(collector: "Collector") -> None:
    house = collector.house
    house.post(3)
    house.post(4, post_id=78, username="Bo")
    await house.good("record_civitai_post", posts=[str(POST)])
    await house.arm("filter-ignored", path="/api/v1/images")
    run = await collector.refresh(hours=1)
    assert run.coverage == {"young": [3, 0]}
    strangers = "select count(*) from images join image_tracking on image_id = id where post_id = 78"
    assert await house.rows(f"{strangers} and source <> 'sampled'") == [(0,)]
    reasons = [reason for (reason,) in await house.rows("select reason from rejects")]
    assert any("not of post 77" in reason for reason in reasons)


async def test_a_creator_of_whom_nothing_is_listed_is_not_missed_but_asked_for_by_post(
    collector: "Collector",
) -> None:
    house = collector.house
    for number in range(3):
        house.post(1, post_id=200 + number)
    await collector.watch("creator", "ana")
    await collector.tick()
    await house.arm("empty-after-timeout", times=1)
    await collector.refresh(hours=1)
    assert await house.rows("select listed from creators") == [(None,)]
    assert await house.rows("select sum(misses) from image_tracking") == [(0,)]
    await house.forget()
    run = await collector.refresh(hours=1)
    assert run.observed == 3
    assert [one for one in await paths(collector) if "username" in one] == []
