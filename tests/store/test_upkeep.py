"""Old notes go; the history of strangers is thinned without changing a sum; what users recorded stays as it is."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from civitai_engagement.records.media import Counters, Media, Reject
from civitai_engagement.records.provenance import Route, Source
from civitai_engagement.store.doubts import Doubts, Suspect
from civitai_engagement.store.images import Images, Observation
from civitai_engagement.store.queries import Connection
from civitai_engagement.store.upkeep import Upkeep

START = datetime(2026, 3, 1, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
SUMS = "select sum(like_gain), max(like_count) from image_stats_history where image_id = $1"


async def observe(connection: Connection, image_id: int, likes: list[int], source: Source) -> None:
    images = Images(connection)
    await images.describe([Media(id=image_id, url="https://image.example/1.jpeg")], seen_at=START)
    for place, like in enumerate(likes):
        at = START + place * 4 * HOUR
        counters = Counters(like=like, heart=0, laugh=0, cry=0, dislike=0, comment=0)
        event = "fall" if place and like < likes[place - 1] else None
        seen = Observation(image_id, counters, at + 4 * HOUR, event=event)
        await images.observe([seen], as_of=at, observed_at=at, source=source)


async def rows(connection: Connection, image_id: int) -> list[tuple[Any, ...]]:
    found = await connection.fetch(
        "select collected_at, like_count, like_gain, previous_observed_at, event from image_stats_history"
        " where image_id = $1 order by collected_at",
        image_id,
    )
    return [tuple(row) for row in found]


async def test_a_day_of_a_stranger_becomes_one_row_with_the_same_sum(connection: Connection) -> None:
    likes = [1, 2, 4, 8, 9, 10, 20, 30, 40, 41, 42, 43]  # two days of six
    await observe(connection, 1, likes, Source.SAMPLED)
    before = await connection.fetchrow(SUMS, 1)
    assert await Upkeep(connection).thin(before=START + timedelta(days=5)) == 5
    assert await connection.fetchrow(SUMS, 1) == before
    kept = await rows(connection, 1)
    assert kept[:6] == [row for row in kept if row[0] < START + timedelta(days=1)]  # the first day holds the level
    assert kept[6:] == [(START + 44 * HOUR, 43, 33, START + 20 * HOUR, "change")]
    assert await Upkeep(connection).thin(before=START + timedelta(days=5)) == 0


@pytest.mark.parametrize(
    ("likes", "source", "before"),
    [
        ([1, 2, 3, 4, 5, 6, 7, 8], "recorded", 5),
        ([1, 2, 3, 4, 5, 6, 7, 8], "watched", 5),
        ([1, 2, 3, 4, 5, 6, 9, 8, 9], "sampled", 5),
        ([1, 2, 3, 4, 5, 6, 7, 8], "sampled", 1),
    ],
    ids=["recorded", "watched", "a day with a fall", "too young"],
)
async def test_other_history_is_left_alone(
    connection: Connection, likes: list[int], source: Source, before: int
) -> None:
    await observe(connection, 1, likes, source)
    kept = await rows(connection, 1)
    assert await Upkeep(connection).thin(before=START + timedelta(days=before)) == 0
    assert await rows(connection, 1) == kept


async def test_old_runs_doubts_and_rejects_are_forgotten(connection: Connection) -> None:
    await observe(connection, 1, [5], Source.RECORDED)
    doubts = Doubts(connection)
    less = Counters(like=1, heart=0, laugh=0, cry=0, dislike=0, comment=0)
    for days in (0, 10):
        at = START + timedelta(days=days)
        await doubts.suspect([Suspect(1, "fall", less)], route=Route.POST, as_of=at + HOUR, seen_at=at)
        await doubts.reject([Reject("image", "odd", "")], seen_at=at)
        await connection.execute("insert into runs (job, tick_at, holder, started_at) values ('j', $1, 'h', $1)", at)
    await Upkeep(connection).forget(before=START + timedelta(days=5))
    for table in ("runs", "suspects", "rejects"):
        assert await connection.fetchval(f"select count(*) from {table}") == 1, table  # our own names
    assert await connection.fetchval("select count(*) from image_stats_history") == 1
