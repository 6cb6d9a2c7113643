"""One path through the whole: from what is true in a world to what a client is told, days later."""

from typing import TYPE_CHECKING, Any

from civitai_engagement.sandbox import World

if TYPE_CHECKING:
    from tests.house import House


def populate(house: "House", posts: int) -> list[int]:
    """Put a grown world into ours; gives the posts that have something to show."""
    grown = World.grow(posts=posts, creators=4, now=house.clock.now())
    house.world.posts.update(grown.posts)
    house.world.versions = grown.versions
    for item in grown.items:
        house.world.put(item)
    now = house.world.now()
    shown = (item for item in grown.items if item.present(now) and not item.hidden)
    return sorted({item.post_id for item in shown})[:12]


def true_likes(house: "House", post_id: int) -> dict[str, int]:
    now = house.world.now()
    shown = [item for item in house.world.items_of(post_id) if item.present(now) and not item.hidden]
    return {str(item.id): item.counts(now).like for item in shown}


def told_likes(answer: Any) -> dict[str, int | None]:
    return {
        row["civitai_image_id"]: row["engagement_stats"] and row["engagement_stats"]["like"] for row in answer["assets"]
    }


async def test_a_grown_world_is_told_and_kept_as_it_is(house: "House") -> None:
    posts = populate(house, 30)
    answer = await house.good("record_civitai_post", posts=posts)
    assert answer["failed"] == 0, answer
    for post_id in posts:
        told = await house.good("fetch_civitai_post_assets", post_id=post_id, limit=100)
        assert told_likes(told) == true_likes(house, post_id)
    kept = await house.rows("select image_id::text, like_count from image_tracking")
    assert dict(kept) == {one: likes for post_id in posts for one, likes in true_likes(house, post_id).items()}


async def test_a_post_is_looked_at_recorded_followed_found_and_outlives_civitai(house: "House") -> None:
    items = house.post(3, title="Lighthouses")
    found = await house.good("find_asset", civitai_url=f"https://civitai.com/images/{items[0].id}")
    post_id = found["live"]["post"]["post_id"]
    assert (found["found"], post_id) == (False, "77")
    assert (await house.good("record_civitai_post", posts=[post_id]))["recorded"] == 1

    for _ in range(8):
        house.advance(hours=4)
        house.world.set_stats(items[0].id, like=house.world.item(items[0].id).counts(house.clock.now()).like + 10)
        assert (await house.good("record_civitai_post", posts=[post_id]))["updated"] == 1
    (listed,) = (await house.good("list_civitai_posts"))["posts"]
    assert (listed["engagement"]["like"], listed["engagement"]["gain_24h"]) == (86, 60)

    found = await house.good("find_asset", civitai_id=items[0].id)
    assert (found["found"], found["engagement"]["like"], found["engagement"]["gain_24h"]) == (True, 81, 60)
    top = await house.good("get_top_media", posts=[post_id], by="likes")
    assert (top["top"][0]["civitai_image_id"], top["top"][0]["value"]) == (str(items[0].id), 81)

    house.advance(hours=1)
    house.restart()
    await house.arm("edge-502")
    told = await house.good("fetch_civitai_post_assets", post_id=post_id)
    assert (told["is_stored"], told["totals"]["stats"]["like"]) == (True, 86)
    assert told["as_of"] == "2026-05-02T20:00:00Z"
