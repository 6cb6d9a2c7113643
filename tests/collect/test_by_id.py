"""Media asked for by their ids: what that tells, what it cannot, and how doubts of it end."""

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

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
