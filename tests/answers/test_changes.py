"""What `list_changes` answers."""

import base64
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from civitai_engagement.answers.over_time.changes import read_cursor
from civitai_engagement.errors import BadInput

if TYPE_CHECKING:
    from tests.house import House

CHANGES = "list_changes"


def moved(answer: Any) -> list[tuple[str, str, dict[str, int]]]:
    return [(one["image_id"], one["event"], one["gains"]) for one in answer["changes"]]


async def observe(house: "House", post: int = 77, **counters: int) -> None:
    """An hour later the first media of a post has more, and we look."""
    house.advance(hours=1)
    house.world.set_stats(int(house.ids(post)[0]), **({"like": 1, "heart": 1, "comment": 2} | counters))
    await house.good("sync_post_asset_stats", civitai_post_id=str(post))


async def test_what_moved_comes_newest_first_with_what_it_gained_and_when(house: "House") -> None:
    assert (await house.good(CHANGES))["summary"] == (
        "Nothing is followed yet: watch_creator, watch_post or record_civitai_post begins to follow something."
    )
    house.post(1)
    house.post(1, 78, username="Bo|b")
    await house.good("record_civitai_post", posts=["77", "78"])
    await observe(house, like=5, heart=3)
    await observe(house, like=5, heart=3)
    await observe(house, 78, comment=9)
    told = await house.call(CHANGES)
    first, second = house.ids(77)[0], house.ids(78)[0]
    assert moved(told.data)[:2] == [(second, "change", {"comment": 7}), (first, "change", {"like": 4, "heart": 2})]
    assert {one["event"] for one in told.data["changes"][2:]} == {"first"}
    assert told.data["changes"][1] == {
        "image_id": first,
        "post_id": "77",
        "creator": "Ana",
        "after": "2026-05-01T12:00:00Z",
        "at": "2026-05-01T13:00:00Z",
        "event": "change",
        "gains": {"like": 4, "heart": 2},
        "total": 10,
    }
    assert told.data["summary"] == (
        "4 changes of 2 media in 2 posts: +13 reactions and comments, "
        "seen 2026-05-01 12:00 UTC to 2026-05-01 15:00 UTC."
    )
    assert f"{first}|77|Ana|2026-05-01T13:00:00Z|2026-05-01T12:00:00Z|change|like +4 heart +2|10" in told.rows
    assert f"newer_cursor: {told.data['newer_cursor']}" in told.rows
    only = await house.good(CHANGES, post="78")
    assert [one[0] for one in moved(only)] == [second, second]
    assert moved(await house.good(CHANGES, creator="ANA"))[0][0] == first


async def test_polling_tells_only_what_is_new_and_loses_nothing_page_by_page(house: "House") -> None:
    house.post(3)
    await house.good("record_civitai_post", posts=["77"])
    cursor = (await house.good(CHANGES))["newer_cursor"]
    calm = await house.call(CHANGES, cursor=cursor)
    assert (calm.rows[0], calm.data["as_of"]) == (
        "Nothing moved since; last looked at 2026-05-01 12:00 UTC.",
        "2026-05-01T12:00:00Z",
    )
    strange = await house.call(CHANGES, creator="Nobody")
    assert strange.rows[0].startswith("Nothing is followed of creator Nobody: watch_creator, watch_post or")
    assert strange.data["as_of"] is None
    for number in (7, 8, 9):
        await observe(house, like=number)
    cursor, seen = calm.data["newer_cursor"], []
    for has_more in (True, False):
        page = await house.good(CHANGES, cursor=cursor, limit=2)
        assert page["has_more"] is has_more
        cursor = page["newer_cursor"]
        seen.append([one["total"] for one in page["changes"]])
    assert seen == [[11, 10], [12]]
    await observe(house, like=10)
    assert [one["total"] for one in (await house.good(CHANGES, cursor=cursor))["changes"]] == [13]
    assert (await house.good(CHANGES, cursor=cursor, creator="Bo"))["changes"] == []


async def test_older_changes_are_paged_to_with_the_older_cursor(house: "House") -> None:
    house.post(3)
    await house.good("record_civitai_post", posts=["77"])
    await observe(house, like=7)
    first = await house.good(CHANGES, limit=3)
    rest = await house.good(CHANGES, limit=3, cursor=first["older_cursor"])
    assert [len(one["changes"]) for one in (first, rest)] == [3, 1]
    assert rest["older_cursor"] is None
    assert rest["summary"].startswith("1 earlier change of 1 media")


def sealed(text: str) -> str:
    return base64.urlsafe_b64encode(text.encode()).decode()


@pytest.mark.parametrize(
    "cursor",
    [
        "nonsense",
        "é",
        sealed("x 1 2"),
        sealed("o 1"),
        sealed("o 1 -2"),
        sealed("o 99999999999999999999 1"),
        sealed("n 5:3: 0 0 0"),
        sealed("n 0:3: 0 0 0"),
        sealed("n 3:5:4,4 0 0 0"),
        sealed("n 3:5:7 0 0 0"),
        sealed("n '; drop 0 0 0"),
        sealed("n 3:5: 0 0 0 3:5:"),
    ],
)
def test_a_cursor_that_is_none_of_ours_is_refused(cursor: str) -> None:
    with pytest.raises(BadInput, match="cursor is none of ours"):
        read_cursor(cursor)


def test_a_cursor_of_ours_is_read_with_or_without_its_padding() -> None:
    assert read_cursor(sealed("n 3:5:3,4 0 0 0"))[1] is not None
    assert read_cursor(sealed("n 3:5: 0 0 0").rstrip("=")) == read_cursor(sealed("n 3:5: 0 0 0"))
    assert read_cursor(sealed("o 1 2"))[0] is not None


async def test_what_young_media_had_at_their_first_look_is_gained_and_what_older_ones_had_is_not(
    house: "House",
) -> None:
    house.post(1, published_at=house.clock.now() - timedelta(hours=3))
    house.post(1, 78, published_at=house.clock.now() - timedelta(days=3))
    house.world.set_stats(int(house.ids(77)[0]), like=40, heart=5, comment=1)
    await house.good("record_civitai_post", posts=["77", "78"])
    told = await house.good(CHANGES)
    young = next(one for one in told["changes"] if one["post_id"] == "77")
    assert (young["after"], young["gains"]) == ("2026-05-01T09:00:00Z", {"like": 40, "heart": 5, "comment": 1})
    assert ": +46 reactions and comments, " in told["summary"]
    assert (await house.good("get_top_movers", window="24h"))["movers"][0]["gain"] == 46
