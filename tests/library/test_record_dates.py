"""When a recorded post was published and whose it is, by whichever of Civitai's two sources knows."""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from civitai_engagement.sandbox import Item, Switches

if TYPE_CHECKING:
    from tests.house import House

RECORD = "record_civitai_post"


async def dates(house: "House") -> set[datetime]:
    """The dates of the post and of its media."""
    return {row[0] for row in await house.rows("select published_at from posts union select published_at from images")}


async def record(house: "House", *, knows_posts: bool) -> None:
    """Record on a Civitai with or without the post endpoint, with an empty memory."""
    house.world.switches = Switches(post_endpoint=knows_posts)
    house.restart()
    await house.good(RECORD, posts=["77"])


async def test_the_date_is_the_posts_own_though_its_media_were_published_again(house: "House") -> None:
    published_at = house.clock.now() - timedelta(days=3)
    for item in house.post(2, published_at=published_at):
        house.world.republish(item.id)
    await record(house, knows_posts=True)
    assert await dates(house) == {published_at}


async def test_without_the_post_endpoint_the_earliest_date_of_the_feed_is_the_posts(house: "House") -> None:
    published_at = house.clock.now() - timedelta(days=3)
    items = house.post(2, published_at=published_at)
    house.world.republish(items[1].id)
    await record(house, knows_posts=False)
    assert await house.rows("select published_at from posts") == [(published_at,)]


async def test_a_later_date_of_the_feed_moves_nothing(house: "House") -> None:
    published_at = house.clock.now() - timedelta(days=3)
    items = house.post(2, published_at=published_at)
    await record(house, knows_posts=False)
    for item in items:
        house.world.republish(item.id)
    await record(house, knows_posts=False)
    assert await dates(house) == {published_at}


async def test_the_posts_own_date_replaces_one_that_was_taken_from_the_feed(house: "House") -> None:
    published_at = house.clock.now() - timedelta(days=1)
    uploaded_at = published_at - timedelta(days=2)
    house.world.add_post(post_id=77, published_at=published_at, items=[Item(published_at=uploaded_at)])
    await record(house, knows_posts=False)
    assert await dates(house) == {uploaded_at}
    await record(house, knows_posts=True)
    assert await dates(house) == {published_at}


async def test_a_post_whose_media_name_nobody_is_its_creators(house: "House") -> None:
    house.world.add_post(post_id=77, username="Ana", items=[Item(username=None)])
    await record(house, knows_posts=True)
    assert await house.rows("select username from posts") == [("Ana",)]


async def test_recording_asks_anew_though_a_live_answer_is_still_remembered(house: "House") -> None:
    items = house.post(1)
    await house.good("fetch_civitai_post_assets", post_id=77, include_details=True)
    house.world.set_stats(items[0].id, like=30)
    await house.good(RECORD, posts=["77"])
    assert await house.rows("select like_count from image_tracking") == [(30,)]


async def test_an_answer_from_a_cache_is_as_old_as_the_cache_says(house: "House") -> None:
    house.post(1)
    house.advance(hours=1)
    await house.arm("stale", path="/api/v1/images")
    await house.good(RECORD, posts=["77"])
    ((as_of, observed_at),) = await house.rows("select as_of, last_observed_at from image_tracking")
    assert timedelta(seconds=1) <= observed_at - as_of <= timedelta(seconds=450)
    assert observed_at == house.clock.now()
