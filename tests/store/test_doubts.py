from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from civitai_engagement.records.media import Counters, Media, Reject
from civitai_engagement.records.provenance import Route, Source
from civitai_engagement.store.doubts import Doubt, Doubts, Suspect
from civitai_engagement.store.images import Images, Observation
from civitai_engagement.store.queries import Connection

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
SEEN = Counters(like=10, heart=5, laugh=2, cry=1, dislike=0, comment=3)
LESS = replace(SEEN, like=4)


@pytest.fixture
async def doubts(connection: Connection) -> Doubts:
    images = Images(connection)
    await images.describe([Media(id=42, url="https://image.example/42.jpeg")], seen_at=NOON)
    await images.observe([Observation(42, SEEN, NOON)], as_of=NOON, observed_at=NOON, source=Source.RECORDED)
    return Doubts(connection)


async def doubt(doubts: Doubts, counters: Counters, at: datetime, image_id: int = 42) -> None:
    await doubts.suspect([Suspect(image_id, "suspect fall", counters)], route=Route.POST, as_of=at, seen_at=at)


async def test_doubts_newer_than_what_is_believed_stand_oldest_first(doubts: Doubts) -> None:
    await doubt(doubts, LESS, NOON + 2 * HOUR)
    await doubt(doubts, replace(SEEN, like=5), NOON + HOUR)
    assert await doubts.standing([42]) == {
        42: [Doubt(replace(SEEN, like=5), NOON + HOUR, Route.POST), Doubt(LESS, NOON + 2 * HOUR, Route.POST)]
    }


async def test_a_doubt_falls_when_something_newer_is_believed(doubts: Doubts, connection: Connection) -> None:
    await doubt(doubts, LESS, NOON + HOUR)
    later = NOON + 2 * HOUR
    await Images(connection).observe(
        [Observation(42, SEEN, later)], as_of=later, observed_at=later, source=Source.RECORDED
    )
    assert await doubts.standing([42]) == {}


async def test_doubts_are_of_their_own_image(doubts: Doubts) -> None:
    await doubt(doubts, LESS, NOON + HOUR)
    assert await doubts.standing([41, 43]) == {}


async def test_nothing_doubted_writes_nothing(doubts: Doubts, connection: Connection) -> None:
    await doubts.suspect([], route=Route.POST, as_of=NOON, seen_at=NOON)
    await doubts.reject([], seen_at=NOON)
    assert await connection.fetchval("select (select count(*) from suspects) + (select count(*) from rejects)") == 0


async def test_what_could_not_be_read_is_kept_as_it_came(doubts: Doubts, connection: Connection) -> None:
    await doubts.reject([Reject("image 1", "odd", '{"a": "\'; --"}'), Reject("image", "no id", "")], seen_at=NOON)
    rows = await connection.fetch("select subject, reason, raw, seen_at from rejects order by reject_id")
    assert [tuple(row) for row in rows] == [
        ("image 1", "odd", '{"a": "\'; --"}', NOON),
        ("image", "no id", "", NOON),
    ]
