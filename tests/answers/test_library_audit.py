"""What `audit_library` answers."""

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from civitai_engagement.sandbox import Item
from tests.house import START

if TYPE_CHECKING:
    from tests.house import House

AUDIT = "audit_library"
BEFORE = START - timedelta(days=9)


def found(told: dict[str, Any]) -> dict[str, tuple[str, str | None]]:
    return {one["post_id"]: (", ".join(one["kinds"]), one["remark"]) for one in told["posts"]}


async def test_recorded_posts_are_set_beside_what_civitai_shows_now(house: "House") -> None:
    for post in (71, 72, 73, 74, 75):
        house.post(2, post, published_at=BEFORE)
    await house.good("record_civitai_post", posts=["71", "72", "73", "74", "75"])
    house.advance(hours=5)
    for image in house.ids(71):
        house.world.remove(int(image))
    house.world.remove(int(house.ids(72)[0]))
    house.world.change(int(house.ids(73)[1]), level=16)
    house.world.set_stats(int(house.ids(74)[0]), like=21)
    house.world.add_item(Item(level=1), post_id=75)
    await house.good("sync_post_asset_stats", civitai_post_id="74")
    house.world.set_stats(int(house.ids(74)[0]), like=31)
    house.advance(minutes=5)
    await house.forget()
    told = await house.call(AUDIT)
    assert len(await house.asked()) == 5
    assert found(told.data) == {
        "71": ("gone", "2 of 2 media not on Civitai"),
        "72": ("partly gone", "1 of 2 media not on Civitai"),
        "73": ("re-rated", "1 media from Soft to X"),
        "74": ("growing", "20 gained in 5 h observed"),
        "75": ("with media not recorded", "1 more on Civitai"),
    }
    grown = next(one for one in told.data["posts"] if one["post_id"] == "74")
    assert [grown[name] for name in ("stored", "live", "gain_7d", "creator")] == [29, 39, None, "Ana"]
    assert told.data["found"] == {
        "gone": 1,
        "partly gone": 1,
        "re-rated": 1,
        "with media not recorded": 1,
        "growing": 1,
    }
    assert told.data["summary"] == (
        "Of 5 recorded posts: 1 gone, 1 partly gone, 1 re-rated, 1 with media not recorded, 1 growing; "
        "5 compared with Civitai at 2026-05-01 17:05 UTC, 0 only as stored."
    )
    assert "74|Ana|growing|29|39|?|2026-05-01T17:00:00Z|20 gained in 5 h observed" in told.rows
    assert (
        "Gone means that Civitai does not list it: deleted, unpublished, hidden or under review." in told.data["notes"]
    )


async def test_what_is_not_looked_at_or_stands_still_is_told_from_what_is_stored(house: "House") -> None:
    for post in (71, 72, 73):
        house.post(1, post, published_at=BEFORE)
    await house.good("record_civitai_post", posts=["71", "72", "73"])
    await house.good("create_civitai_post", civitai_id="99", status="pending")
    house.advance(hours=24 * 31)
    await house.good("sync_post_asset_stats", civitai_post_id="72")
    await house.run("update image_tracking set state = 'missing' where image_id = $1", int(house.ids(73)[0]))
    await house.forget()
    told = await house.good(AUDIT, checks=0)
    assert await house.asked() == []
    assert found(told) == {
        "71": ("not observed lately", None),
        "72": ("forgotten", None),
        "73": ("gone", "1 of 1 media not on Civitai"),
        "99": ("never observed", None),
    }
    assert [one["post_id"] for one in told["posts"]] == ["73", "99", "71", "72"]
    assert told["summary"].endswith("; 0 compared with Civitai, 4 only as stored.")
    assert "4 posts not compared with Civitai: name them, or ask with larger checks." in told["notes"]
    some = await house.good(AUDIT, posts=["72", "https://civitai.com/posts/71", "12345"], checks=1, limit=1)
    assert (some["recorded"], some["checked"], some["left_out"]) == (2, 1, 1)
    assert found(some) == {"71": ("not observed lately", None)}
    assert "Not recorded, so not audited: 12345." in some["notes"]
    assert "1 post not compared with Civitai: ask with larger checks." in some["notes"]


async def test_what_was_gained_in_a_week_is_told_where_it_was_observed_and_unknown_is_not_zero(house: "House") -> None:
    for post, born in ((71, BEFORE), (72, BEFORE), (73, START + timedelta(hours=24))):
        house.post(1, post, published_at=born)
    await house.good("record_civitai_post", posts=["71", "72"])
    house.advance(hours=26)
    await house.good("record_civitai_post", posts=["73"])
    await house.good("sync_post_asset_stats", civitai_post_id="72")
    house.advance(days=6)
    house.world.set_stats(int(house.ids(71)[0]), like=8)
    house.world.set_stats(int(house.ids(73)[0]), like=6)
    for name in ("71", "73"):
        await house.good("sync_post_asset_stats", civitai_post_id=name)
    told = await house.good(AUDIT, checks=0)
    rows = {one["post_id"]: (one["gain_7d"], ", ".join(one["kinds"]), one["remark"]) for one in told["posts"]}
    assert rows == {
        "71": (7, "growing", None),
        "72": (None, "not observed lately", None),
        "73": (9, "growing", None),  # the 4 it had two hours after it came out, and 5 likes more
    }


async def test_while_civitai_is_down_the_audit_tells_what_is_stored_and_says_so(house: "House") -> None:
    for post in (71, 72):
        house.post(1, post, published_at=BEFORE)
    await house.good("record_civitai_post", posts=["71", "72"])
    house.advance(hours=1)
    await house.arm("region-blocked")
    told = await house.good(AUDIT)
    assert (told["checked"], told["posts"]) == (0, [])
    assert told["summary"] == "Of 2 recorded posts: nothing to report; 0 compared with Civitai, 2 only as stored."
    assert told["notes"][-1].startswith("Not compared: post 72 and the 1 after it: ")


async def test_with_nothing_recorded_the_audit_says_what_to_do(house: "House") -> None:
    told = await house.call(AUDIT)
    assert told.is_error
    assert told.text == "Nothing of that is recorded. record_civitai_post records posts."
    await house.good("create_civitai_post", civitai_id="99", status="pending")
    await house.arm("region-blocked")
    told = await house.call(AUDIT)
    assert told.data["notes"][-1].startswith("Not compared: post 99: ")


async def test_of_many_named_posts_that_are_not_recorded_ten_are_told_and_the_rest_counted(house: "House") -> None:
    house.post(1)
    await house.good("record_civitai_post", posts=["77"])
    told = await house.good(AUDIT, posts=[str(one) for one in (*range(101, 113), 77)], checks=0)
    assert told["recorded"] == 1
    ids = ", ".join(map(str, range(101, 111)))
    assert f"Not recorded, so not audited: {ids} and 2 more." in told["notes"]


async def test_all_posts_that_are_named_are_compared_and_else_the_newest_ten(house: "House") -> None:
    named = [str(one) for one in range(71, 83)]
    for post in named:
        house.post(1, int(post), published_at=BEFORE)
    await house.good("record_civitai_post", posts=named)
    house.advance(minutes=5)
    every, newest = await house.good(AUDIT, posts=named), await house.good(AUDIT)
    assert (every["checked"], newest["checked"]) == (12, 10)
    assert not [note for note in every["notes"] if "not compared" in note]
    assert "2 posts not compared with Civitai: name them, or ask with larger checks." in newest["notes"]


async def test_of_more_posts_than_are_looked_at_the_sentence_says_of_which(
    house: "House", monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("civitai_engagement.answers.recorded.library_audit.MOST_POSTS", 2)
    for post in (77, 78, 79):
        house.post(1, post_id=post)
    await house.good("record_civitai_post", posts=["77", "78", "79"])
    told = await house.good("audit_library", checks=0)
    assert told["summary"].startswith("Of the newest 2 of 3 recorded posts: ")
    assert told["summary"].endswith("; 0 compared with Civitai, 2 only as stored.")
