"""What posts gained in periods, against a plain computation over the looks."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from random import Random

import pytest

from civitai_engagement.records.periods import PeriodGain, PostTotal
from civitai_engagement.store.periods import Periods
from civitai_engagement.store.queries import Connection
from tests.growing import HISTORY, IMAGE, TRACKING, Grown

BEGIN = datetime(2026, 3, 2, tzinfo=UTC)
DAY = timedelta(days=1)
WEEK = (BEGIN, BEGIN + 7 * DAY)
BEFORE = (BEGIN - 7 * DAY, BEGIN)


async def keep(connection: Connection, grown: Sequence[Grown]) -> None:
    await connection.execute("create table if not exists every_month partition of image_stats_history default")
    for table, columns, rows in (
        ("images", IMAGE, [one.image for one in grown]),
        ("image_tracking", TRACKING, [one.tracking for one in grown]),
        ("image_stats_history", HISTORY, [row for one in grown for row in one.history]),
    ):
        await connection.copy_records_to_table(table, records=rows, columns=columns)


def media(
    number: int, born: datetime, looks: Sequence[tuple[datetime, int]], to: datetime, *, every: float = 1
) -> Grown:
    likes = [((at - born) / timedelta(hours=1), total) for at, total in looks]
    return Grown(
        number, post=number // 10, born=born, likes=likes, seen_to=(to - born) / timedelta(hours=1), every=every
    )


OLD = BEGIN - 30 * DAY
LATER = BEGIN + 10 * DAY
CASES = {
    "changes in the week": (
        media(10, OLD, [(OLD, 5), (BEGIN + DAY, 9), (BEGIN + 2 * DAY, 8), (LATER, 20)], LATER),
        PeriodGain(3, is_whole=True),
    ),
    "a look at the very start is of the week before, one at the very end of this one": (
        media(10, OLD, [(OLD, 5), (BEGIN, 9), (BEGIN + 7 * DAY, 12)], LATER),
        PeriodGain(3, is_whole=True),
    ),
    "published in the week and found days later": (
        media(10, BEGIN + DAY, [(BEGIN + 5 * DAY, 40), (BEGIN + 6 * DAY, 41)], LATER),
        PeriodGain(41, is_whole=True),
    ),
    "published in the week and found after it": (
        media(10, BEGIN + DAY, [(BEGIN + 8 * DAY, 40)], LATER),
        PeriodGain(None, is_whole=False),
    ),
    "published before and first seen in the week": (
        media(10, OLD, [(BEGIN + 2 * DAY, 40), (BEGIN + 3 * DAY, 44)], LATER),
        PeriodGain(4, is_whole=False, joined=40),
    ),
    "seen once": (
        media(10, OLD, [(BEGIN + 2 * DAY, 40)], BEGIN + 2 * DAY),
        PeriodGain(None, is_whole=False, joined=40),
    ),
    "first seen shortly before its end": (
        media(10, OLD, [(BEGIN + 6.9 * DAY, 40), (BEGIN + 6.95 * DAY, 50), (LATER, 90)], LATER),
        PeriodGain(None, is_whole=False, joined=40),
    ),
    "first seen just a sixth of it before its end": (
        media(10, OLD, [(BEGIN + 7 * DAY - 7 * DAY / 6, 40), (LATER, 90)], LATER),
        PeriodGain(0, is_whole=False, joined=40),
    ),
    "seen from before it until shortly after its beginning": (
        media(10, OLD, [(OLD, 5), (BEGIN + DAY / 4, 9)], BEGIN + DAY / 2),
        PeriodGain(None, is_whole=False),
    ),
    "seen from before it for two days of it": (
        media(10, OLD, [(OLD, 5), (BEGIN + DAY, 9)], BEGIN + 2 * DAY),
        PeriodGain(4, is_whole=False),
    ),
    "published shortly before its end and seen at once": (
        media(10, BEGIN + 6.9 * DAY, [(BEGIN + 6.91 * DAY, 40), (LATER, 90)], LATER),
        PeriodGain(40, is_whole=True),
    ),
    "published early in it and seen for an hour": (
        media(10, BEGIN + DAY, [(BEGIN + DAY, 0)], BEGIN + DAY + DAY / 24),
        PeriodGain(None, is_whole=False),
    ),
    "seen long before, and not since": (
        media(10, OLD, [(OLD, 5)], BEGIN - 3 * DAY),
        PeriodGain(None, is_whole=False),
    ),
    "nothing moved": (media(10, OLD, [(OLD, 5)], LATER), PeriodGain(0, is_whole=True)),
    "a silence that began days before the week": (
        media(10, OLD, [(OLD, 5), (BEGIN + DAY, 9)], LATER, every=96),
        PeriodGain(0, is_whole=False, unplaced=4),
    ),
    "a silence from the week into the days after it": (
        media(10, OLD, [(OLD, 5), (BEGIN + 9 * DAY, 9)], LATER, every=96),
        PeriodGain(0, is_whole=False),
    ),
    "not out yet": (media(10, BEGIN + 8 * DAY, [(BEGIN + 8 * DAY, 3)], LATER), PeriodGain(None, is_whole=True)),
    "never observed": (media(10, OLD, [], OLD), PeriodGain(None, is_whole=False)),
}


@pytest.mark.parametrize("case", CASES)
async def test_a_gain_in_a_period_is_what_looks_in_it_showed(connection: Connection, case: str) -> None:
    grown, expected = CASES[case]
    await keep(connection, [grown])
    [post] = await Periods(connection).of_creator("ana", [WEEK], near=DAY, slack=6)
    assert post.gains == (expected,)


async def test_what_is_gone_gains_nothing_and_is_known_to_its_end(connection: Connection) -> None:
    await keep(connection, [media(10, OLD, [(OLD, 5), (BEGIN - DAY, 9)], BEGIN - DAY)])
    await connection.execute("update image_tracking set state = 'missing'")
    [post] = await Periods(connection).of_creator("Ana", [WEEK, BEFORE], near=DAY, slack=6)
    assert post.gains == (PeriodGain(0, is_whole=True), PeriodGain(4, is_whole=True))


async def test_of_a_day_a_look_near_its_end_is_not_the_whole_of_it(connection: Connection) -> None:
    late = BEGIN + DAY - DAY / 48
    await keep(connection, [media(10, OLD, [(late, 40)], LATER), media(20, OLD, [(OLD, 5)], LATER)])
    posts = await Periods(connection).of_creator("Ana", [(BEGIN, BEGIN + DAY)], near=DAY, slack=6)
    assert [one.gains[0] for one in posts] == [
        PeriodGain(None, is_whole=False, joined=40),
        PeriodGain(0, is_whole=True),
    ]


async def test_a_post_one_media_of_which_was_seen_is_seen_and_a_total_of_some_media_is_not_whole(
    connection: Connection,
) -> None:
    late = media(11, OLD, [(BEGIN + 6.9 * DAY, 40), (BEGIN + 6.95 * DAY, 50)], LATER)
    await keep(connection, [media(10, OLD, [(OLD, 5), (BEGIN + DAY, 9)], LATER), late, media(12, OLD, [], OLD)])
    [post] = await Periods(connection).of_creator("Ana", [WEEK], near=DAY, slack=6)
    assert post.gains == (PeriodGain(14, is_whole=False, joined=40),)
    assert await Periods(connection).totals_of_creator("ana") == [PostTotal(59, is_whole=False)]


async def test_a_post_is_whole_where_each_of_its_media_is_and_begins_with_the_first_look_at_one(
    connection: Connection,
) -> None:
    first = media(10, OLD, [(BEGIN - 2 * DAY, 5), (BEGIN + DAY, 9)], LATER)
    await keep(connection, [first, media(11, OLD + DAY, [(BEGIN + 3 * DAY, 70), (BEGIN + 4 * DAY, 71)], LATER)])
    [post] = await Periods(connection).of_creator("Ana", [WEEK, BEFORE], near=DAY, slack=6)
    assert post.gains[0] == PeriodGain(5, is_whole=False, joined=70)
    assert (post.published_at, post.began_at) == (OLD, BEGIN - 2 * DAY)
    assert await Periods(connection).totals_of_creator("ana") == [PostTotal(80, is_whole=True)]
    assert await Periods(connection).of_creator("Bo", [WEEK], near=DAY, slack=6) == []


async def test_gains_and_what_joined_add_up_over_neighbouring_periods_whatever_happened(connection: Connection) -> None:
    random, grown = Random(1), []
    for number in range(60):
        born = BEGIN + random.uniform(-20, 12) * DAY
        at, total, looks = born + random.choice([0.1, 1, 6, 9]) * DAY, 0, []
        while at < LATER:
            total = max(total + random.randrange(-3, 30), 0)
            looks.append((at, total))
            at += random.choice([0.2, 1, 4]) * DAY
        grown.append(media(number, born, looks, LATER, every=random.choice([1, 30, 90])))
    await keep(connection, grown)
    edges = [BEGIN - 30 * DAY, *sorted(BEGIN + random.uniform(-15, 9) * DAY for _ in range(6)), LATER]
    spans = list(pairwise(edges))
    posts = await Periods(connection).of_creator("Ana", spans, near=DAY, slack=6)
    for place, (start, end) in enumerate(spans):
        told = [one.gains[place] for one in posts]
        whole = sum((one.gain or 0) + one.unplaced for one in told)
        assert whole == sum(gained(one, start, end) for one in grown)
        assert sum(one.joined for one in told) == sum(joined(one, start, end) for one in grown)
    whole = sum((part.gain or 0) + part.joined + part.unplaced for one in posts for part in one.gains)
    assert whole == sum(one.likes[-1][1] for one in grown if one.likes)


def gained(one: Grown, start: datetime, end: datetime) -> int:
    looks = [(one.born + hours * timedelta(hours=1), total) for hours, total in one.likes]
    before = [None, *(total for _, total in looks)]
    return sum(
        total - (old or 0)
        for old, (at, total) in zip(before, looks, strict=False)
        if start < at <= end and (old is not None or start <= one.born)
    )


def joined(one: Grown, start: datetime, end: datetime) -> int:
    looks = [(one.born + hours * timedelta(hours=1), total) for hours, total in one.likes[:1]]
    return sum(total for at, total in looks if start < at <= end and one.born < start)
