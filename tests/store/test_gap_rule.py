"""When a reading is marked as one after a gap: by the same rule, whichever statement writes it."""

from datetime import UTC, datetime, timedelta
from random import Random

import pytest

from civitai_engagement.records.media import Counters, Media
from civitai_engagement.records.provenance import Source
from civitai_engagement.records.rules import GAP_AFTER
from civitai_engagement.store.images import DueWindow, Images, Observation, ReadingTimes
from civitai_engagement.store.queries import Connection

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
SEEN = Counters(like=10, heart=5, laugh=2, cry=1, dislike=0, comment=3)
SETTLED, OBSERVED = range(100, 200), range(200, 300)
EVER, FOR_EVER = datetime(1, 1, 1, tzinfo=UTC), datetime(9999, 1, 1, tzinfo=UTC)


def is_gap(due_in: timedelta, seen_after: timedelta) -> bool:
    """Say the rule as docs/decisions/0027 does."""
    return seen_after > GAP_AFTER * max(due_in, HOUR)


@pytest.mark.parametrize("hours", [1, 2, 8, 9, 48])
async def test_a_gap_is_a_silence_of_more_than_twice_the_interval_it_was_due_in(
    connection: Connection, hours: int
) -> None:
    random, images, later = Random(hours), Images(connection), NOON + hours * HOUR
    edges = [hours * HOUR / GAP_AFTER + one * MINUTE for one in (-1, 0, 1)]
    due = [max(MINUTE, random.choice([*edges, random.randrange(1, 60) * HOUR])) for _ in SETTLED]
    for ids in (SETTLED, OBSERVED):
        await images.describe([Media(id=one, url="u", created_at=NOON) for one in ids], seen_at=NOON)
        first = [Observation(one, SEEN, NOON + wait) for one, wait in zip(ids, due, strict=True)]
        await images.observe(first, as_of=NOON, observed_at=NOON, source=Source.RECORDED)
    window = DueWindow(Source.RECORDED, EVER, FOR_EVER, later + HOUR)
    await images.settle(dict.fromkeys(SETTLED, SEEN), ReadingTimes(later, later, Source.RECORDED, [window]))
    again = [Observation(one, SEEN, later + HOUR) for one in OBSERVED]
    await images.observe(again, as_of=later, observed_at=later, source=Source.RECORDED)
    marked = await connection.fetch("select image_id from image_stats_history where event = 'gap' order by 1")
    expected = [place for place, wait in enumerate(due) if is_gap(wait, hours * HOUR)]
    assert [row["image_id"] for row in marked] == [ids[place] for ids in (SETTLED, OBSERVED) for place in expected]
