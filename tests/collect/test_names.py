"""Watched names that Civitai does not have, or has no more: told after the first look, and followed where they lead."""

import logging
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.collect.conftest import Collector
    from tests.house import House


async def watches(house: "House") -> dict[str, Any]:
    return {one["name"]: one for one in (await house.good("list_watches"))["watches"]}


def rename(house: "House", name: str) -> None:
    for post in list(house.world.posts.values()):
        for item in house.world.items_of(post.id):
            house.world.change(item.id, username=name)


async def test_a_name_that_civitai_does_not_have_is_told_after_the_first_look(
    house: "House", collector: "Collector", caplog: pytest.LogCaptureFixture
) -> None:
    await collector.watch("creator", "typo_nmae")
    before = (await watches(house))["typo_nmae"]
    assert before["problem"] == "no media known yet: looked for at 2026-05-01 16:00 UTC"
    with caplog.at_level(logging.WARNING):
        await collector.tick()
        await collector.tick(hours=4)
    told = (await watches(house))["typo_nmae"]
    assert told["problem"] == "Civitai lists nothing of this name: is it written right?"
    status = await house.good("get_collection_status")
    assert "Watched, but Civitai lists nothing of it: creator typo_nmae. list_watches says more." in status["notes"]
    assert [one.creator for one in caplog.records if "lists nothing" in one.message] == ["typo_nmae"]  # type: ignore[attr-defined]


async def test_a_name_is_sent_as_it_was_written_and_compared_without_case(
    house: "House", collector: "Collector"
) -> None:
    house.post(2, username="ADA")
    await house.good("watch_creator", usernames=["Ada"])
    for _ in range(3):
        await collector.tick(hours=4)
    sent = {name for one in await house.asked() for name in dict(one["query"]).get("username", "").split()}
    assert sent == {"Ada"}
    told = (await watches(house))["Ada"]
    assert (told["media"], told["listed_on_civitai"], told.get("problem")) == (2, 2, None)


async def test_a_post_that_civitai_does_not_list_is_told_after_the_first_look(
    house: "House", collector: "Collector"
) -> None:
    await house.good("watch_post", posts=["404"])
    await collector.tick()
    told = (await watches(house))["404"]
    assert told["problem"].startswith("Civitai lists no media of this post: is it written right")
    house.post(1, 404)
    await collector.tick(hours=4)
    assert (await watches(house))["404"].get("problem") is None
    assert not [one for one in (await house.good("get_collection_status"))["notes"] if "Watched, but" in one]


async def test_a_renamed_creator_is_told_and_followed_by_the_name_their_media_bear(
    house: "House", collector: "Collector"
) -> None:
    for post_id in (71, 72, 73):
        house.post(2, post_id, username="old_name")
    await house.good("watch_creator", usernames=["Old_Name"])
    await collector.tick()
    rename(house, "New_Name")
    house.post(2, 74, username="New_Name")
    for _ in range(5):
        await collector.tick(hours=4)
    told = (await watches(house))["Old_Name"]
    assert told["problem"] == ("Civitai lists nothing under this name any more: renamed to New_Name, which is followed")
    assert (told["posts"], told["media"], told["listed_on_civitai"]) == (4, 8, 8)
    assert await house.rows("select distinct source from image_tracking") == [("watched",)]
    status = await house.good("get_collection_status")
    assert any("creator Old_Name (now New_Name)" in note for note in status["notes"])
    rename(house, "Third")
    house.post(1, 75, username="Third")
    for _ in range(5):
        await collector.tick(hours=4)
    assert (await watches(house))["Old_Name"]["posts"] == 5
    rename(house, "old_name")
    for _ in range(5):
        await collector.tick(hours=4)
    assert (await watches(house))["Old_Name"].get("problem") is None
    gone = await house.good("unwatch_creator", usernames=["old_name"])
    assert gone["results"] == {"old_name": "unwatched"}
    assert await house.rows("select distinct source from image_tracking") == [("sampled",)]


async def test_stopping_to_follow_a_renamed_creator_lets_go_of_media_under_both_names(
    house: "House", collector: "Collector"
) -> None:
    house.post(2, 71, username="old_name")
    await house.good("watch_creator", usernames=["old_name"])
    await collector.tick()
    rename(house, "new_name")
    for _ in range(2):
        await collector.tick(hours=4)
    await house.good("unwatch_creator", usernames=["old_name"])
    assert await house.rows("select distinct source from image_tracking") == [("sampled",)]


async def test_media_of_a_creator_whose_account_is_gone_stay_followed_by_post(
    house: "House", collector: "Collector"
) -> None:
    items = house.post(2, 71, username="leaving")
    await house.good("watch_creator", usernames=["leaving"])
    await collector.tick()
    rename(house, "unknown")
    for place in range(3):
        house.world.set_stats(items[0].id, like=50 + place)
        await collector.tick(hours=4)
    told = (await watches(house))["leaving"]
    assert told["problem"].startswith("Civitai lists nothing under this name any more (renamed? deleted?)")
    assert (told["posts"], told["media"]) == (1, 2)
    [(seen,)] = await house.rows("select last_observed_at from image_tracking where image_id = $1", items[0].id)
    assert house.clock.now() - seen < timedelta(hours=5)
