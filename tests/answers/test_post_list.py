"""What `list_posts` answers: posts of anyone followed, recorded or not."""

from datetime import timedelta
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.house import House

LIST = "list_posts"


def ids(answer: Any) -> list[str]:
    return [post["post_id"] for post in answer["posts"]]


async def watched(house: "House") -> None:
    """Three posts of a creator who is only watched: 77 of today, 78 of a day ago, 79 of ten days ago; one recorded."""
    for post_id, days, count in ((77, 0, 1), (78, 1, 3), (79, 10, 2)):
        published_at = house.clock.now() - timedelta(days=days)
        house.post(count, post_id, username="Rex", title=f"Tide {post_id}", published_at=published_at)
    house.post(1, 80, username="Ana", title="Low tide", published_at=house.clock.now() - timedelta(days=2))
    await house.good("watch_creator", usernames=["Rex"])
    await house.good("record_civitai_post", posts=["80"])
    await house.tick()


async def test_posts_of_a_watched_creator_are_listed_newest_first_with_link_age_and_counters(house: "House") -> None:
    await watched(house)
    answer = await house.good(LIST, creator="rex")
    assert ids(answer) == ["77", "78", "79"]
    second = answer["posts"][1]
    assert (second["url"], second["creator"], second["age_hours"]) == (f"{house.url}/posts/78", "Rex", 24.0)
    assert (second["like"], second["heart"], second["comment"], second["total"]) == (6, 3, 6, 15)
    assert second["is_recorded"] is False


async def test_without_a_creator_all_that_is_followed_is_listed_recorded_or_not(house: "House") -> None:
    await watched(house)
    answer = await house.good(LIST)
    assert ids(answer) == ["77", "78", "80", "79"]
    assert [post["is_recorded"] for post in answer["posts"]] == [False, False, True, False]


async def test_most_come_first_and_a_period_a_title_and_a_page_narrow_the_list(house: "House") -> None:
    await watched(house)
    assert ids(await house.good(LIST, sort="most")) == ["78", "79", "77", "80"]
    assert ids(await house.good(LIST, period="7d")) == ["77", "78", "80"]
    assert ids(await house.good(LIST, title="low TIDE")) == ["80"]
    page = await house.good(LIST, limit=2, offset=1)
    assert (ids(page), page["total"], page["next_offset"]) == (["78", "80"], 4, 3)


async def test_past_the_end_and_of_nobody_there_is_nothing_and_it_is_said(house: "House") -> None:
    await watched(house)
    assert (await house.good(LIST, offset=9))["summary"] == "Offset 9 is past the end: 4 posts."
    assert (await house.good(LIST, creator="nobody"))["posts"] == []


async def test_fastest_is_what_gained_most_an_hour_lately(house: "House") -> None:
    await watched(house)
    house.advance(hours=5)
    first, second = house.world.items_of(79)
    house.world.set_stats(first.id, like=500, heart=1, comment=2)
    house.world.set_stats(second.id, like=2, heart=1, comment=2)
    await house.tick()
    assert ids(await house.good(LIST, sort="fastest"))[0] == "79"


async def test_the_best_media_ever_of_a_creator_come_with_the_page_they_are_on_and_in_one_call(house: "House") -> None:
    await watched(house)
    answer = await house.good("get_top_media", creator="Rex", period="all")
    assert [(one["value"], one["post_id"]) for one in answer["top"][:2]] == [(6, "78"), (5, "78")]
    best = answer["top"][0]
    assert best["url"] == f"{house.url}/images/{best['civitai_image_id']}"
    assert (answer["compared"], answer["left_out"]) == (6, 0)


async def test_the_best_of_a_week_and_of_all_that_is_followed(house: "House") -> None:
    await watched(house)
    assert {one["post_id"] for one in (await house.good("get_top_media"))["top"]} == {"77", "78", "79", "80"}
    assert {one["post_id"] for one in (await house.good("get_top_media", period="7d"))["top"]} == {"77", "78", "80"}
    assert (await house.good("get_top_media", creator="nobody"))["top"] == []
