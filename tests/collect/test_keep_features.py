"""What a tick learns of media: how each was made, and what it had at each age."""

from typing import TYPE_CHECKING, Any

from civitai_engagement.records.made import AGES, MadeMedia, MadeScope

if TYPE_CHECKING:
    from tests.collect.conftest import Collector

POST = 77
META = {
    "prompt": "a fox, at dawn",
    "steps": 30,
    "cfgScale": 7,
    "sampler": "Euler a",
    "seed": 11,
    "Model": "harbourMix",
    "resources": [{"type": "lora", "name": "ink", "weight": 0.8}, {"type": "lora", "name": "haze", "weight": 0.4}],
}


async def made(collector: "Collector", **wanted: Any) -> list[MadeMedia]:
    async with collector.house.runtime.store.reading() as ledger:
        return await ledger.features.made(MadeScope(**wanted), limit=100)


def told(one: MadeMedia) -> dict[str, float]:
    """Give the counts that are known, by their ages."""
    return {age: count for age, count in zip(AGES, one.sampled.counts, strict=True) if count is not None}


async def test_how_a_recorded_media_was_made_is_known_after_the_next_tick(collector: "Collector") -> None:
    house = collector.house
    first, *_ = house.post(3)
    house.world.change(first.id, meta=META)
    await house.good("record_civitai_post", posts=[str(POST)])
    runs = await collector.tick(hours=1)
    assert (runs["keep_features"].observed, runs["keep_features"].error) == (3, None)
    *_, one = await made(collector)
    assert (one.image_id, one.place, one.post_size, one.creator) == (first.id, 1, 3, "Ana")
    assert (one.features.steps, one.features.sampler, one.features.checkpoint) == (30, "Euler a", "harbourMix")
    assert (one.features.loras, one.features.is_seed_odd) == (("haze", "ink"), True)


async def test_a_count_is_read_off_when_its_age_is_passed_and_stays(collector: "Collector") -> None:
    house = collector.house
    first, *_ = house.post(1)
    await house.good("record_civitai_post", posts=[str(POST)])
    for hour in range(1, 6):
        house.world.set_stats(first.id, like=10 * hour)
        await collector.tick(hours=1)
    [one] = await made(collector)
    assert told(one) == {"at_1h": 11, "at_2h": 21, "at_4h": 41}  # and a heart
    assert one.sampled.latest == 51
    kept = await house.rows("select built_at from image_features")
    await collector.tick(minutes=59)
    assert await house.rows("select built_at from image_features") == kept


async def test_metadata_that_come_later_are_read_off_anew(collector: "Collector") -> None:
    house = collector.house
    first, *_ = house.post(1)
    await house.good("record_civitai_post", posts=[str(POST)])
    await collector.tick(hours=1)
    house.world.change(first.id, meta=META)
    await house.good("record_civitai_post", posts=[str(POST)])
    await collector.tick(hours=1)
    [one] = await made(collector)
    assert one.features.steps == 30


async def test_a_media_that_vanished_and_one_whose_recording_was_deleted_stay_in(collector: "Collector") -> None:
    house = collector.house
    gone, *_ = house.post(2)
    await house.good("record_civitai_post", posts=[str(POST)])
    house.world.remove(gone.id)
    for _ in range(4):
        await collector.tick(hours=1)
    assert (await collector.tracked(gone.id))[0] == "missing"
    await house.good("delete_recording", kind="post", id=POST)
    assert [one.image_id for one in await made(collector)] == sorted(house_ids(collector, gone.id), reverse=True)


def house_ids(collector: "Collector", *more: int) -> set[int]:
    return {one.id for one in collector.house.world.items_of(POST)} | set(more)


async def test_strangers_media_count_where_they_were_found_among_the_newest_and_not_by_their_success(
    collector: "Collector",
) -> None:
    house = collector.house
    house.post(2, post_id=1, username="Bo")
    await collector.tick()
    assert {one.creator for one in await made(collector)} == {"Bo"}
    house.post(2, post_id=2, username="Cy")
    house.restart(collect_sort="Most Reactions")
    await collector.tick(hours=4)
    assert await house.rows("select distinct found_by from image_tracking order by 1") == [("newest",), ("success",)]
    assert {one.creator for one in await made(collector)} == {"Bo"}
    async with house.runtime.store.reading() as ledger:
        coverage = await ledger.features.coverage(MadeScope(creator="Cy"))
    assert (coverage.media, coverage.counted, coverage.by_success) == (coverage.by_success, 0, coverage.media)
    await house.good("watch_creator", usernames=["Cy"])
    assert {one.creator for one in await made(collector)} == {"Bo", "Cy"}
    await house.good("unwatch_creator", usernames=["Cy"])
    assert {one.creator for one in await made(collector)} == {"Bo", "Cy"}
