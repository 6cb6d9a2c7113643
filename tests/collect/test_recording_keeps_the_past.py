"""Recording a post tells more of it; what was answered before is answered still."""

from typing import TYPE_CHECKING, Any

from civitai_engagement.sandbox import Item

if TYPE_CHECKING:
    from tests.collect.conftest import Collector
    from tests.house import House

POST = 77


async def told(house: "House") -> list[Any]:
    """The numbers over this post and its creator, in every answer that has some."""
    movers = await house.good("get_top_movers", window="24h")
    history = await house.good("get_engagement_history", creator="Ana", step="4h")
    post = await house.good("get_engagement_history", post=str(POST), step="day")
    summary = await house.good("summarize_creator", username="Ana", period="7d")
    chart = await house.good("chart_engagement", posts=[str(POST)])
    return [
        movers["summary"],
        history["summary"],
        history["steps"],
        post["summary"],
        post["steps"],
        summary["summary"],
        [summary["period"], summary["previous"]],
        chart["summary"],
    ]


async def grow(collector: "Collector", by: int, ticks: int = 2) -> None:
    """Let each media gain, and be looked at every four hours."""
    for _ in range(ticks):
        for item in collector.house.world.items_of(POST):
            collector.house.world.set_stats(item.id, like=item.counts(collector.house.clock.now()).like + by)
        await collector.tick(hours=4)


async def test_media_added_to_a_post_days_later_stay_as_young_when_it_is_recorded(collector: "Collector") -> None:
    house = collector.house
    house.post(2)
    await house.good("watch_creator", usernames=["Ana"])
    await grow(collector, 3)
    house.advance(hours=48)
    await grow(collector, 3)
    added = house.world.add_item(Item(published_at=house.clock.now()), post_id=POST)
    house.world.set_stats(added.id, like=290)
    await grow(collector, 1)
    before, dates = await told(house), await house.rows("select id, published_at from images order by id")
    assert before[0].startswith("Post 77 by Ana gained most: 302 ")
    await house.good("record_civitai_post", posts=[str(POST)])
    assert await house.rows("select id, published_at from images order by id") == dates
    assert await told(house) == before
    await collector.tick(hours=4)
    assert await house.rows("select id, published_at from images order by id") == dates


async def test_media_published_again_keep_their_age_whoever_looks_next(collector: "Collector") -> None:
    house = collector.house
    items = house.post(2)
    await house.good("watch_creator", usernames=["Ana"])
    await grow(collector, 3)
    house.world.republish(items[0].id)
    await collector.tick(hours=4)
    dates = await house.rows("select id, published_at from images order by id")
    before = await told(house)
    await house.good("record_civitai_post", posts=[str(POST)])
    assert await told(house) == before
    house.world.republish(items[1].id)
    await collector.tick(hours=4)
    await house.good("record_civitai_post", posts=[str(POST)])
    assert await house.rows("select id, published_at from images order by id") == dates


async def test_what_an_earlier_look_at_the_post_did_not_have_was_added_since(house: "House") -> None:
    """The feed gives it the date of its post."""
    house.post(1)
    await house.good("record_civitai_post", posts=[str(POST)])
    looked_at, published_at = house.clock.now(), house.world.items_of(POST)[0].published_at
    house.advance(hours=80)
    added = house.world.add_item(Item(published_at=published_at), post_id=POST)
    await house.good("record_civitai_post", posts=[str(POST)])
    [(found,)] = await house.rows("select published_at from images where id = $1", added.id)
    assert found == looked_at
