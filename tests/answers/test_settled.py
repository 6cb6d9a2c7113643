"""From the first look on a post is held against settled totals, apart from what is told at equal age."""

from datetime import timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.house import House


async def first_minute(house: "House", posts: int = 12) -> None:
    """Rex, never seen before: old posts with 10, 20, 30 … likes, and one of an hour ago with 90; looked at once."""
    for place in range(posts):
        house.post(1, 500 + place, username="Rex", published_at=house.clock.now() - timedelta(days=10 + place))
        (item,) = house.world.items_of(500 + place)
        house.world.set_stats(item.id, like=10 * (place + 1), heart=0, comment=0)
    house.post(1, 600, username="Rex", published_at=house.clock.now() - timedelta(hours=1))
    (newest,) = house.world.items_of(600)
    house.world.set_stats(newest.id, like=90, heart=0, comment=0)
    await house.good("watch_creator", usernames=["Rex"])


async def test_one_call_after_following_the_latest_post_has_a_verdict_named_as_what_it_is(house: "House") -> None:
    await first_minute(house)
    answer = await house.good("rate_post", post="latest", creator="Rex")
    assert (answer["against"], answer["rated"]) == ("settled totals", None)
    settled = answer["settled"]
    assert [settled[name] for name in ("against", "count", "n", "typical")] == ["settled totals", 90, 12, 65.0]
    assert (settled["ratio"], settled["beaten"], settled["is_settled"]) == (1.38, 8, False)
    assert answer["summary"] == (
        "Post 600 has 90 reactions and comments at 1 h of age, and may still grow; 12 image posts of Rex older than "
        "7 d have a median of 65 in all: it has 1.4 times that; 8 of 12 have less."
    )


async def test_from_too_few_settled_posts_nothing_is_said(house: "House") -> None:
    await first_minute(house, posts=9)
    answer = await house.good("rate_post", post="600")
    assert "settled" not in answer
    assert answer.get("against") is None


async def test_a_summary_tells_settled_totals_beside_what_is_typical_at_equal_age(house: "House") -> None:
    await first_minute(house)
    answer = await house.good("summarize_creator", username="Rex")
    assert answer["typical"] is None
    assert (answer["settled"]["against"], answer["settled"]["median"], answer["settled"]["n"]) == (
        "settled totals",
        65,
        12,
    )
    assert "in all, posts have typically 65 (" in answer["summary"]


async def test_what_is_far_from_settled_totals_is_found_and_says_against_what(house: "House") -> None:
    await first_minute(house)
    (item,) = house.world.items_of(505)
    house.world.set_stats(item.id, like=9_000, heart=0, comment=0)
    house.post(1, 700, username="Cleo", published_at=house.clock.now() - timedelta(days=9))
    for place in range(12):
        house.post(1, 710 + place, username="Cleo", published_at=house.clock.now() - timedelta(days=9))
    (far,) = house.world.items_of(700)
    house.world.set_stats(far.id, like=4_000, heart=0, comment=0)
    await house.good("watch_creator", usernames=["Cleo"])
    answer = await house.good("find_unusual", creator="Cleo")
    (found,) = answer["findings"]
    assert (found["id"], found["kind"], found["against"]) == ("700", "above", "settled totals")
    assert "in all, where 12 others of its creator older than 7 d typically have" in found["evidence"]
