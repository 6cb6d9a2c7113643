"""Following creators and posts, and what `list_watches` answers of it."""

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.house import House


async def strangers(house: "House") -> list[int]:
    """Two posts of Ana and one of Bo that nobody recorded, sampled and due in a week."""
    for post_id, username in ((77, "Ana"), (78, "ana"), (79, "Bo")):
        house.post(2, post_id, username=username)
    await house.good("record_civitai_post", posts=["77", "78", "79"])
    for table in ("assets", "posts", "watches"):
        await house.run(f"delete from {table}")
    week = house.clock.now() + timedelta(days=7)
    await house.run("update image_tracking set source = 'sampled', next_due_at = $1", week)
    return [item.id for post_id in (77, 78, 79) for item in house.world.items_of(post_id)]


async def sources(house: "House") -> dict[int, str]:
    """Tell how often the media of each post are looked at; due ones with an exclamation mark."""
    rows = await house.rows(
        "select post_id, min(source || case when next_due_at <= $1 then '!' else '' end), count(distinct source) "
        "from image_tracking join images on id = image_id group by post_id order by post_id",
        house.clock.now(),
    )
    assert {number for *_, number in rows} == {1}
    return {post: source for post, source, _ in rows}


async def test_following_a_creator_makes_what_is_known_of_them_due_at_once(house: "House") -> None:
    await strangers(house)
    told = await house.call("watch_creator", usernames="https://civitai.com/user/ANA/images, @Cleo")
    assert told.data["results"] == {"ANA": "watching", "Cleo": "watching"}
    assert told.rows[0] == (
        "Creators ANA, Cleo are watched: 2 posts with 4 media and 18 reactions and comments so far; next look "
        "2026-05-01 13:00 UTC."
    )
    assert await sources(house) == {77: "watched!", 78: "watched!", 79: "sampled"}
    later = house.clock.now() + timedelta(hours=4)
    await house.run("update image_tracking set next_due_at = $1", later)
    again = await house.call("watch_creator", usernames=["ana"])
    assert again.data["results"] == {"ana": "watched already"}
    assert again.text.startswith("Creator ana is watched already: ")
    assert await sources(house) == {77: "watched", 78: "watched", 79: "sampled"}
    assert await house.rows("select kind, name, label, created_by from watches order by name") == [
        ("creator", "ana", "ANA", "Keeper"),
        ("creator", "cleo", "Cleo", "Keeper"),
    ]


async def test_unfollowing_lets_go_only_of_what_nothing_else_holds(house: "House") -> None:
    await strangers(house)
    await house.good("watch_creator", usernames=["Ana"])
    await house.good("watch_post", posts=["https://civitai.com/posts/78", "79", "80"])
    assert set((await sources(house)).values()) == {"watched!"}
    told = await house.call("unwatch_creator", usernames=["ANA", "Nobody"])
    assert told.data["results"] == {"ANA": "unwatched", "Nobody": "was not watched"}
    assert told.data["notes"] == ["2 media of theirs are still followed, being recorded or watched otherwise."]
    assert await sources(house) == {77: "sampled!", 78: "watched!", 79: "watched!"}
    await house.good("unwatch_post", posts=["78", "79"])
    assert set((await sources(house)).values()) == {"sampled!"}
    none = await house.call("unwatch_post", posts="78")
    assert none.rows[0] == "Post 78 is not watched; observed history stays."


async def test_unwatching_what_is_recorded_keeps_the_recording_and_says_so(house: "House") -> None:
    house.post(2)
    await house.good("record_civitai_post", posts=["77"])
    told = await house.good("unwatch_post", posts=["77"])
    assert told["results"] == {"77": "unwatched"}
    assert told["notes"] == [
        "Recorded and staying so, with history: post 77. delete_recording ends that.",
        "2 media of it are still followed, being recorded or watched otherwise.",
    ]
    assert (await house.good("list_civitai_posts"))["total"] == 1
    assert await sources(house) == {77: "recorded"}


async def test_the_list_says_what_is_known_of_each_and_what_is_wrong(house: "House") -> None:
    assert (await house.good("list_watches"))["summary"].startswith("Nothing is watched yet.")
    await strangers(house)
    for number, name in enumerate(("Ana", "Cleo", "Dora")):
        house.clock.advance(timedelta(seconds=number))
        await house.good("watch_creator", usernames=[name])
    await house.run("update creators set listed = 5 where name = 'ana'")
    house.clock.advance(timedelta(seconds=1))
    await house.good("record_civitai_post", posts=["79"])
    told = await house.call("list_watches")
    seen: list[Any] = [(one["kind"], one["name"], one["posts"], one["media"]) for one in told.data["watches"]]
    assert seen == [
        ("post", "79", 1, 2),
        ("creator", "Dora", 0, 0),
        ("creator", "Cleo", 0, 0),
        ("creator", "Ana", 2, 4),
    ]
    assert told.data["summary"] == "4 watches: 3 creators and 1 post; 2 problems."
    assert [one.get("problem") for one in told.data["watches"]] == [
        None,
        "Civitai lists nothing of this name: is it written right?",
        "Civitai lists nothing of this name: is it written right?",
        None,
    ]
    assert told.data["watches"][0]["recorded"] is True
    assert "creator|Ana|2|4|2026-05-01T12:00:00Z|2026-05-01T12:00:00Z|Keeper|5 listed on Civitai" in told.rows
    page = await house.good("list_watches", limit=1, offset=1)
    assert (page["count"], page["total"], page["next_offset"], page["watches"][0]["name"]) == (1, 4, 2, "Dora")
    assert page["summary"].startswith("4 watches (here 2 to 2): ")
    past = await house.good("list_watches", offset=9)
    assert past["summary"] == "Offset 9 is past the end: 4 watches."


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ("state = 'missing'", "2 of 2 media are no longer listed"),
        ("last_observed_at = '2026-04-01 12:00Z'", "not observed since 2026-04-01 12:00 UTC"),
        ("last_observed_at = null", "not observed yet"),
    ],
)
async def test_a_watch_that_is_not_served_says_so(house: "House", change: str, problem: str) -> None:
    house.post(2)
    await house.good("record_civitai_post", posts=["77"])
    await house.run(f"update image_tracking set {change}")
    assert (await house.good("list_watches"))["watches"][0]["problem"] == problem


async def test_many_names_are_counted_and_wrong_ones_change_nothing(house: "House") -> None:
    told = await house.call("watch_creator", usernames=["a", "b", "c", "d"])
    assert told.rows[0].startswith("4 creators are watched: nothing was found of them yet; next look ")
    wrong = await house.call("watch_creator", usernames=["good", "not/good"])
    assert wrong.is_error
    assert "Pass a creator's name (letters, digits and _) or https://civitai.com/user/NAME." in wrong.text
    assert (await house.good("list_watches"))["total"] == 4
