"""Media asked for by their ids: what that tells, what it cannot, and how doubts of it end."""

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from civitai_engagement.library.keeping import create_asset
from civitai_engagement.records.library import AssetDraft
from civitai_engagement.sandbox import Item, Switches

if TYPE_CHECKING:
    from tests.collect.conftest import Collector

START = datetime(2026, 5, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)
POSTS = range(500, 520)


@pytest.fixture
async def by_ids(collector: "Collector") -> "Collector":
    """Twenty posts of one media each, uploaded two days before they were published, on a Civitai that takes ids."""
    house = collector.house
    house.world.switches = Switches(ids=True, post_endpoint=True)
    published_at = house.clock.now() - 3 * DAY  # not among the newest any more
    for post_id in POSTS:
        item = Item(published_at=published_at, uploaded_at=published_at - 2 * DAY)
        house.world.add_post(post_id=post_id, username=f"Maker{post_id}", published_at=published_at, items=[item])
    for item in list(house.world.items):
        house.world.set_stats(item.id, like=1)
    await house.good("record_civitai_post", posts=[str(one) for one in POSTS])
    return collector


async def test_the_upload_told_by_id_is_not_taken_for_the_publication(by_ids: "Collector") -> None:
    dates = "select distinct published_at, created_at from images"
    before = await by_ids.house.rows(dates)
    await by_ids.house.forget()
    run = await by_ids.refresh(hours=4)
    assert any("ids" in dict(one["query"]) for one in await by_ids.house.asked())
    assert run.observed == len(POSTS)
    assert await by_ids.house.rows(dates) == before
    assert len(before) == 1


async def test_the_only_like_that_was_withdrawn_is_believed_in_the_end_though_all_was_asked_by_id(
    by_ids: "Collector",
) -> None:
    house = by_ids.house
    [one] = house.world.items_of(POSTS[0])
    house.world.set_stats(one.id, like=0)
    for _ in range(2):
        await by_ids.refresh(hours=4)
        assert [likes for *_, likes in await by_ids.history(one.id)] == [1]
    await house.forget()
    await by_ids.refresh(hours=4)
    assert [dict(each["query"])["postId"] for each in await house.asked() if "postId" in dict(each["query"])] == ["500"]
    assert [(event, likes) for _, event, likes in await by_ids.history(one.id)] == [("first", 1), ("correction", 0)]
    assert await house.rows("select distinct route from suspects") == [("image",)]


TRACKED = "select image_id, source, like_count, next_due_at from image_tracking order by image_id"


async def linked(collector: "Collector", *, by: str, image_id: int) -> str:
    """An asset that is linked to its Civitai image, at once or afterwards; gives its id."""
    draft = AssetDraft("image", "upload", "https://files.example/a.png", image_id=image_id if by == "create" else None)
    made, _ = await create_asset(collector.house.runtime, draft)
    if by == "update":
        await collector.house.good("update_asset", asset_id=made.id, civitai_id=image_id)
    return str(made.id)


@pytest.mark.parametrize("by", ["create", "update"])
async def test_the_image_an_asset_is_linked_to_is_observed_by_the_next_run_without_a_recorded_post(
    collector: "Collector", by: str
) -> None:
    house = collector.house
    [item] = house.post(1, published_at=START - 3 * DAY)
    house.world.set_stats(item.id, like=7)
    asset = await linked(collector, by=by, image_id=item.id)
    assert await house.rows(TRACKED) == [(item.id, "recorded", None, START)]
    run = await collector.refresh(hours=4)
    assert (run.planned, run.observed) == (1, 1)
    found = await house.good("find_asset", asset_id=asset)
    assert found["engagement"]["like"] == 7
    run = await collector.refresh(hours=4)  # its post is known by now
    assert run.observed == 1
    assert await house.rows("select post_id, published_at from images") == [(77, START - 3 * DAY)]


async def test_a_stranger_s_image_that_an_asset_turns_out_to_be_is_followed_as_recorded(collector: "Collector") -> None:
    house = collector.house
    [item] = house.post(1)
    await collector.tick()  # found among the newest
    assert [row[1:3] for row in await house.rows(TRACKED)] == [("sampled", 1)]
    asset = await linked(collector, by="update", image_id=item.id)
    assert await house.rows(TRACKED) == [(item.id, "recorded", 1, START)]
    await house.good("update_asset", asset_id=asset, clear=["civitai_id"])
    assert [row[1:3] for row in await house.rows(TRACKED)] == [("sampled", 1)]


async def test_an_image_that_is_not_on_civitai_costs_a_linked_asset_only_its_counters(collector: "Collector") -> None:
    await linked(collector, by="create", image_id=4242)
    for _ in range(4):
        await collector.refresh(hours=4)
    assert (await collector.tracked(4242))[:3] == ("missing", 3, "recorded")
