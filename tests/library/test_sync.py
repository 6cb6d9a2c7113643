"""One more observation of a recorded post: what it costs, what it believes, what it says."""

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import pytest

from civitai_engagement.store.database import Database
from civitai_engagement.store.queries import load

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from tests.house import House

SYNC = "sync_post_asset_stats"
COUNTS = ("total_images_fetched", "synced_count", "changed_count", "doubted_count", "unknown_count", "skipped_count")


async def likes(house: "House") -> list[int | None]:
    return [row[0] for row in await house.rows("select like_count from image_tracking order by image_id")]


def counts(told: Any) -> tuple[int, ...]:
    return tuple(told[name] for name in COUNTS)


@asynccontextmanager
async def listening(monkeypatch: pytest.MonkeyPatch) -> "AsyncIterator[list[str]]":
    """Note every statement that is sent to the database."""
    said: list[str] = []
    whole = Database.acquire

    def note(record: Any) -> None:
        said.append(record.query)

    async def acquire(self: Database) -> Any:
        connection = await whole(self)
        connection.add_query_logger(note)
        return connection

    with monkeypatch.context() as patch:
        patch.setattr(Database, "acquire", acquire)
        yield said


async def test_twenty_assets_cost_one_page_and_one_statement_for_their_counters(
    house: "House", monkeypatch: pytest.MonkeyPatch
) -> None:
    items = house.post(20)
    await house.good("record_civitai_post", posts=[77])
    for item in items:
        house.world.set_stats(item.id, like=100, heart=50)
    house.advance(hours=1)
    await house.forget()
    async with listening(monkeypatch) as said:
        told = await house.good(SYNC, civitai_post_id=77)
    assert counts(told) == (20, 20, 20, 0, 0, 0)
    assert [one["path"] for one in await house.asked()] == ["/api/v1/images"]
    assert [one for one in said if "image_stats_history (" in one] == [load("images")["settle"].sql]
    assert len([one for one in said if "insert into" in one or "update " in one]) <= 2
    assert await likes(house) == [100] * 20
    assert await house.rows("select count(*) from image_stats_history where event = 'change'") == [(20,)]


async def test_every_call_is_one_more_point_of_the_history(house: "House") -> None:
    item = house.post(1)[0]
    await house.good("record_civitai_post", posts=[77])
    for like in (5, 5, 9):
        house.advance(hours=1)
        house.world.set_stats(item.id, like=like)
        told = await house.good(SYNC, civitai_post_id="https://civitai.com/posts/77")
    assert (told["success"], told["civitai_post_id"], told["as_of"]) == (True, "77", "2026-05-01T15:00:00Z")
    assert told["totals"]["stats"]["like"] == 9
    assert await house.rows("select like_count, like_gain from image_stats_history order by collected_at") == [
        (1, 0), (5, 4), (9, 4),
    ]  # fmt: skip


async def test_what_is_recorded_by_hand_is_observed_and_described(house: "House") -> None:
    one, _ = house.post(2)
    await house.good("create_civitai_post", civitai_id=77, status="pending")
    asset = {"asset_url": f"{house.url}/media/{one.file_name}", "asset_type": "image", "asset_source": "generated"}
    await house.good("create_asset", **asset, civitai_id=one.id, post_id=77)
    told = await house.call(SYNC, civitai_post_id=77)
    assert counts(told.data) == (2, 1, 1, 0, 0, 1)
    assert "1 asset on Civitai but not recorded: record_civitai_post adds them." in told.data["notes"]
    found = await house.good("find_asset", civitai_id=one.id)
    assert found["engagement"]["like"] == 1
    assert found["metadata"]["creator"] == "Ana"
    assert await house.rows("select count(*) from assets") == [(1,)]


async def test_counters_that_vanish_or_fall_are_kept_aside(house: "House") -> None:
    items = house.post(3)
    await house.good("record_civitai_post", posts=[77])
    house.world.set_stats(items[2].id, like=1)
    house.advance(hours=1)
    told = await house.good(SYNC, civitai_post_id=77)
    assert counts(told) == (3, 2, 0, 1, 0, 0)
    assert "1 asset kept aside: their counters fell or vanished; a later look decides." in told["notes"]
    assert await likes(house) == [1, 2, 3]
    house.advance(hours=1)
    assert counts(await house.good(SYNC, civitai_post_id=77)) == (3, 3, 1, 0, 0, 0)
    assert await likes(house) == [1, 2, 1]


async def test_missing_counters_do_not_become_zeros(house: "House") -> None:
    house.post(3)
    await house.good("record_civitai_post", posts=[77])
    house.advance(hours=1)
    await house.arm("stats-null")
    told = await house.good(SYNC, civitai_post_id=77)
    assert counts(told) == (3, 0, 0, 0, 3, 0)
    assert told["totals"]["stats"] is None
    assert await likes(house) == [1, 2, 3]


async def test_media_that_civitai_no_longer_lists_are_counted(house: "House") -> None:
    items = house.post(3)
    await house.good("record_civitai_post", posts=[77])
    house.world.remove(items[0].id)
    house.advance(hours=1)
    told = await house.good(SYNC, civitai_post_id=77)
    assert counts(told) == (2, 2, 0, 0, 0, 0)
    assert "1 asset recorded but not listed by Civitai now." in told["notes"]
    assert await likes(house) == [1, 2, 3]


REFUSED: dict[str, tuple[object, str]] = {
    "a word": ("abc", "neither an id nor a URL"),
    "digits and letters": ("12abc", "neither an id nor a URL"),
    "an image": ("https://civitai.com/images/7", "an image, not a post. Use find_asset"),
    "nothing": ("", "Nothing was passed"),
    "a post not recorded": ("78", "Post 78 is not recorded. Record it with record_civitai_post first."),
}


@pytest.mark.parametrize("name", REFUSED)
async def test_what_names_no_recorded_post_is_refused_and_civitai_is_not_asked(house: "House", name: str) -> None:
    passed, said = REFUSED[name]
    told = await house.call(SYNC, civitai_post_id=passed)
    assert told.is_error
    assert said in told.text
    assert await house.asked() == []


async def test_a_silent_civitai_fails_the_call_and_changes_nothing(house: "House") -> None:
    house.post(3)
    await house.good("record_civitai_post", posts=[77])
    before = await house.rows("select * from image_tracking order by image_id")
    house.advance(hours=1)
    await house.arm("edge-502")
    told = await house.call(SYNC, civitai_post_id=77)
    assert told.is_error
    assert "ry again" in told.text
    assert await house.rows("select * from image_tracking order by image_id") == before
