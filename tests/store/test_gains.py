"""What media gained, computed for many at once."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from random import Random
from typing import NamedTuple

from civitai_engagement.store.partitions import ensure_month
from civitai_engagement.store.queries import Connection

NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
CHANGE = """
insert into image_stats_history (
    image_id, collected_at, like_count, heart_count, laugh_count, cry_count, dislike_count, comment_count,
    like_gain, heart_gain, laugh_gain, cry_gain, dislike_gain, comment_gain, previous_observed_at
) values ($1, $2, 0, 0, 0, 0, 0, 0, $3, 1, 0, 0, 50, 0, $4)
"""
TRACKED = """
insert into image_tracking (image_id, like_count, as_of) values ($1, $2, $3)
"""


class Change(NamedTuple):
    at: datetime
    likes: int
    before: datetime | None


def changes(random: Random, as_of: datetime) -> Iterator[Change]:
    """Changes up to `as_of`; each rose by some likes and one heart since it was last looked at."""
    at, before = as_of - random.randrange(1, 500) * HOUR, None
    while at <= as_of:
        yield Change(at, random.randrange(-3, 9), before)
        step = random.choice((1, 4, 4, 24, 90, 200))
        before, at = at + random.randrange(step) * HOUR, at + step * HOUR


def gained(history: list[Change], as_of: datetime, hours: int, at_most: int) -> int | None:
    """Say it again, slowly."""
    within = [one for one in history if one.at > as_of - hours * HOUR]
    if any(one.before is None or one.before < as_of - at_most * HOUR for one in within):
        return None
    return sum(one.likes + 1 for one in within)


async def test_gains_of_many_are_the_gains_of_each(connection: Connection) -> None:
    random, expected = Random(11), {}
    for month in (NOON - 31 * 24 * HOUR, NOON):
        await ensure_month(connection, month)
    for image_id in range(1, 121):
        as_of = NOON - random.choice((0, 0, 0, 5, 40, 300)) * HOUR
        history = list(changes(random, as_of))
        await connection.execute(
            "insert into images (id, url, type, first_seen_at) values ($1, '', 'image', $2)", image_id, NOON
        )
        await connection.execute(TRACKED, image_id, None if image_id % 10 == 0 else 1, as_of)
        await connection.executemany(CHANGE, [(image_id, *one) for one in history])
        if image_id % 10:
            expected[image_id] = (gained(history, as_of, 24, 28), gained(history, as_of, 168, 192))
    rows = await connection.fetch("select * from gains(array(select image_id from image_tracking))")
    assert {row["image_id"]: (row["gain_24h"], row["gain_7d"]) for row in rows} == expected
    viewed = await connection.fetch("select image_id, gain_24h, gain_7d from engagement where like_count is not null")
    assert {row["image_id"]: (row["gain_24h"], row["gain_7d"]) for row in viewed} == expected
    for window in zip(*expected.values(), strict=True):
        assert None in window
        assert len(set(window)) > 5
