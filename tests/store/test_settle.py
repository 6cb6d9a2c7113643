"""What fell in nothing is kept in one statement: the same as judging and writing it media by media."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from random import Random

import pytest

from civitai_engagement.analysis.belief import MediaReading, ReadingVerdict, judge
from civitai_engagement.records.media import Counters, Media
from civitai_engagement.records.provenance import Route, Source
from civitai_engagement.store.images import DueWindow, Images, Known, Observation, ReadingTimes, SettleResult
from civitai_engagement.store.queries import Connection

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
EVER, FOR_EVER = datetime(1, 1, 1, tzinfo=UTC), datetime(9999, 1, 1, tzinfo=UTC)
SEEN = Counters(like=10, heart=5, laugh=2, cry=1, dislike=0, comment=3)
ZEROS = Counters(0, 0, 0, 0, 0, 0)


@pytest.fixture
def images(connection: Connection) -> Images:
    return Images(connection)


async def keep(images: Images, page: Mapping[int, Counters], at: datetime, *, unconfirmed: bool = False) -> None:
    rows = [Observation(number, counters, at + 4 * HOUR, unconfirmed) for number, counters in page.items()]
    await images.observe(rows, as_of=at, observed_at=at, source=Source.RECORDED)


async def describe(images: Images, *ids: int, created_at: datetime | None = NOON) -> None:
    media = [Media(id=one, url="u", post_id=one // 10, username="Ada", created_at=created_at) for one in ids]
    await images.describe(media, seen_at=NOON)


def look(at: datetime, *, observed_at: datetime | None = None, due: timedelta = 4 * HOUR) -> ReadingTimes:
    return ReadingTimes(at, observed_at or at, Source.WATCHED, [DueWindow(Source.RECORDED, EVER, FOR_EVER, at + due)])


async def ledger(connection: Connection, ids: range) -> list[tuple[object, ...]]:
    """Give everything kept of images, but for their ids."""
    rows: list[tuple[object, ...]] = []
    for table, order in (("image_stats_history", "image_id, collected_at"), ("image_tracking", "image_id")):
        statement = f"select * from {table} where image_id between $1 and $2 order by {order}"
        rows += [tuple(row)[1:] for row in await connection.fetch(statement, ids[0], ids[-1])]
    return rows


async def test_exactly_what_would_be_believed_at_once_is_settled(images: Images) -> None:
    random, ids = Random(4), range(100, 500)
    stored = {one: Counters(*(random.randrange(3) for _ in range(6))) for one in ids}
    seen = {
        one: Counters(
            *(max(0, getattr(stored[one], name) + random.choice((0, 0, 0, 0, 1, -1))) for name in stored[one].__slots__)
        )
        for one in ids
    }
    await describe(images, *ids)
    await keep(images, stored, NOON)
    settled = await images.settle(seen, look(NOON + 4 * HOUR))
    verdicts = {
        one: judge(MediaReading(seen[one], NOON + 4 * HOUR, Route.POST), Known(stored[one], NOON, unconfirmed=False))
        for one in ids
    }
    believed = {
        one for one, verdict in verdicts.items() if verdict in {ReadingVerdict.BELIEVED, ReadingVerdict.UNCHANGED}
    }
    assert set(settled.rest.ages) == set(ids) - believed
    assert 50 < len(believed) < 350
    moved = {one for one in believed if seen[one] != stored[one]}
    assert settled.changed == len(moved)
    assert set(settled.posts) == {one // 10 for one in moved}
    assert settled.rest.known == {one: Known(stored[one], NOON, unconfirmed=False) for one in settled.rest.ages}


async def test_settling_keeps_what_writing_one_by_one_keeps(images: Images, connection: Connection) -> None:
    one_by_one, settled = range(10, 15), range(20, 25)
    for ids in (one_by_one, settled):
        same, rising, gone, zeros, late = ids
        await describe(images, *ids)
        await keep(images, dict.fromkeys((same, rising, gone), SEEN), NOON)
        await keep(images, {zeros: ZEROS}, NOON, unconfirmed=True)
        await keep(images, {late: SEEN}, NOON - 30 * HOUR)
        await images.vanish({gone: NOON}, as_of=NOON + HOUR)
        await connection.execute("update image_tracking set source = 'sampled', misses = 2 where image_id = $1", rising)
    rises = [SEEN, replace(SEEN, like=12, comment=4), SEEN, ZEROS, SEEN]
    later = NOON + 4 * HOUR
    rows = [Observation(one, counters, later + 4 * HOUR) for one, counters in zip(one_by_one, rises, strict=True)]
    await images.observe(rows, as_of=later, observed_at=later, source=Source.WATCHED)
    due_windows = [DueWindow(source, EVER, FOR_EVER, later + 4 * HOUR) for source in (Source.RECORDED, Source.WATCHED)]
    left = await images.settle(
        dict(zip(settled, rises, strict=True)), ReadingTimes(later, later, Source.WATCHED, due_windows)
    )
    assert left == SettleResult(changed=2, posts=(2,))  # what is seen after a gap as before has not moved
    assert await ledger(connection, settled) == await ledger(connection, one_by_one)
    events = "select event from image_stats_history where collected_at = $1 order by image_id"
    assert [row["event"] for row in await connection.fetch(events, later)] == ["change", "returned", "gap"] * 2


async def test_nothing_is_settled_of_zeros_of_the_unknown_or_in_a_month_without_a_place(
    images: Images, connection: Connection
) -> None:
    await describe(images, 10, 11, 12)
    await keep(images, {10: ZEROS, 11: SEEN}, NOON)
    later = look(NOON + 4 * HOUR)
    assert set((await images.settle({10: ZEROS, 11: ZEROS}, later)).rest.ages) == {10, 11}
    assert set((await images.settle({10: ZEROS, 11: SEEN, 12: SEEN, 13: SEEN}, later)).rest.ages) == {12, 13}
    unknown = await images.settle({10: None, 11: SEEN}, look(NOON + 8 * HOUR))
    assert set(unknown.rest.ages) == {10}
    stale = await images.settle({11: replace(SEEN, like=99)}, look(NOON + 8 * HOUR))
    assert set(stale.rest.known) == {11}
    far = await images.settle({11: replace(SEEN, like=99)}, look(datetime(2031, 1, 1, tzinfo=UTC)))
    assert (far.changed, set(far.rest.known)) == (0, {11})
    assert await images.settle({}, later) == SettleResult()


async def test_media_are_due_again_by_their_age_and_why_they_are_followed(
    images: Images, connection: Connection
) -> None:
    later = NOON + 4 * HOUR
    await describe(images, 10, created_at=NOON)
    await describe(images, 11, created_at=NOON - HOUR)
    await describe(images, 12, created_at=None)
    await keep(images, dict.fromkeys((10, 11, 12), SEEN), NOON)
    due_windows = [
        DueWindow(Source.SAMPLED, EVER, FOR_EVER, NOON),
        DueWindow(Source.RECORDED, NOON - HOUR, FOR_EVER, later + HOUR),
        DueWindow(Source.RECORDED, EVER, NOON - HOUR, None),
    ]
    await images.settle(dict.fromkeys((10, 11, 12), SEEN), ReadingTimes(later, later, Source.WATCHED, due_windows))
    rows = await connection.fetch("select next_due_at, source from image_tracking order by image_id")
    assert [tuple(row) for row in rows] == [
        (later + HOUR, "recorded"),
        (None, "recorded"),
        (later + HOUR, "recorded"),
    ]
