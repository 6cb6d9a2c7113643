"""What media gained, computed for many at once, is what the rule of analysis/gains.py says of each."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from random import Random
from typing import NamedTuple

from civitai_engagement.analysis import curves
from civitai_engagement.analysis.gains import Gain, gain_between
from civitai_engagement.store.partitions import ensure_month
from civitai_engagement.store.queries import Connection

NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
CHANGE = """
insert into image_stats_history (
    image_id, collected_at, like_count, heart_count, laugh_count, cry_count, dislike_count, comment_count,
    like_gain, heart_gain, laugh_gain, cry_gain, dislike_gain, comment_gain, previous_observed_at, event
) values ($1, $2, $3, 0, 0, 0, 0, 0, $4, 0, 0, 0, 50, 0, $5, $6)
"""
TRACKED = """
insert into image_tracking (image_id, like_count, as_of, last_observed_at, next_due_at, state)
values ($1, $2, $3, $3, $3::timestamptz + $4::interval, $5)
"""
WINDOWS = (24, 168)


class Row(NamedTuple):
    at: datetime
    likes: int
    before: datetime | None


class Media(NamedTuple):
    rows: Sequence[Row]
    as_of: datetime
    published_at: datetime | None
    is_gone: bool


def rows(random: Random, as_of: datetime) -> Iterator[Row]:
    """Looks up to `as_of` that showed something new."""
    at, before, likes = as_of - random.randrange(1, 500) * HOUR, None, random.randrange(50)
    while at <= as_of:
        yield Row(at, likes, before)
        step = random.choice((1, 4, 4, 24, 90, 200))
        before, at, likes = at + random.randrange(step) * HOUR, at + step * HOUR, likes + random.randrange(-3, 9)


def media(random: Random) -> Media:
    as_of = NOON - random.choice((0, 0, 0, 5, 40, 300)) * HOUR
    found = list(rows(random, as_of))
    ages = (None, -1, 0, 0, 1, 30, 200)
    age = random.choice(ages)
    return Media(found, as_of, None if age is None else found[0].at - age * HOUR, random.random() < 0.1)


def gained(one: Media, hours: int) -> int | None:
    """Say it again by the curve, and by what the curve does not know: how often a media is looked at."""
    since = NOON - hours * HOUR
    if not one.is_gone and one.as_of < NOON - max(hours / 6, 8) * HOUR:
        return None
    changes = [curves.CurveChange(row.at, row.likes, row.before) for row in one.rows]
    published_at = one.published_at or one.rows[0].at - 10_000 * HOUR
    gain = gain_between(curves.Curve(published_at, changes, one.as_of), since, NOON)
    if one.rows[0].at > since and published_at < since:
        return None
    if not isinstance(gain, Gain):
        return 0 if one.is_gone and one.rows[0].at <= since else None
    moved = {row.at: row.likes - before.likes for before, row in zip(one.rows, one.rows[1:], strict=False)}
    silent = [
        row
        for row in one.rows
        if row.at > since and row.before and row.before < since - hours / 6 * HOUR and row.at - row.before > 8 * HOUR
    ]
    return None if any(moved[row.at] for row in silent) else gain.amount


async def keep(connection: Connection, image_id: int, one: Media) -> None:
    await connection.execute(
        "insert into images (id, url, type, first_seen_at, published_at) values ($1, '', 'image', $2, $3)",
        image_id,
        NOON,
        one.published_at,
    )
    state = "missing" if one.is_gone else "present"
    await connection.execute(TRACKED, image_id, one.rows[-1].likes, one.as_of, 4 * HOUR, state)
    before = 0
    for row in one.rows:
        gain, event = (0, "first") if row.before is None else (row.likes - before, "change")
        await connection.execute(CHANGE, image_id, row.at, row.likes, gain, row.before, event)
        before = row.likes


async def test_gains_of_many_are_the_gains_of_each(connection: Connection) -> None:
    random, expected = Random(11), {}
    for month in (NOON - 31 * 24 * HOUR, NOON):
        await ensure_month(connection, month)
    for image_id in range(1, 241):
        one = media(random)
        await keep(connection, image_id, one)
        expected[image_id] = tuple(gained(one, hours) for hours in WINDOWS)
    await connection.execute("insert into images (id, url, type, first_seen_at) values (999, '', 'image', $1)", NOON)
    await connection.execute("insert into image_tracking (image_id) values (999)")  # never observed
    told = await connection.fetch("select * from gains(array(select image_id from image_tracking), $1)", NOON)
    assert {row["image_id"]: (row["gain_24h"], row["gain_7d"]) for row in told} == expected
    for window in zip(*expected.values(), strict=True):
        assert None in window
        assert len(set(window)) > 5


async def test_the_view_tells_the_gains_of_now(connection: Connection) -> None:
    now = await connection.fetchval("select date_trunc('hour', now())")
    await ensure_month(connection, now)
    await ensure_month(connection, now - 30 * HOUR)
    one = Media(
        [Row(now - 30 * HOUR, 4, None), Row(now - 2 * HOUR, 9, now - 3 * HOUR)], now, now - 31 * HOUR, is_gone=False
    )
    await keep(connection, 7, one)
    row = await connection.fetchrow("select gain_24h, gain_7d from engagement where image_id = 7")
    assert row is not None
    assert tuple(row) == (5, 9)
