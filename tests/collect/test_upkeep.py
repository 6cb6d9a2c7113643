"""What is kept in order after a tick: room for months to come, old notes dropped, strangers' old history thinned."""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from civitai_engagement.collect.upkeep import upkeep
from civitai_engagement.records.media import Counters, Media
from civitai_engagement.records.provenance import Source
from civitai_engagement.store.images import Observation

if TYPE_CHECKING:
    from tests.house import House

HOUR = timedelta(hours=1)
STRANGER, OURS = 1, 2
ROWS = """
select collected_at, event, like_count, like_gain, previous_observed_at
from image_stats_history where image_id = $1 order by 1
"""
DAYS = "select date_trunc('day', collected_at, 'UTC'), count(*), sum(like_gain) from image_stats_history where image_id = $1 group by 1 order by 1"  # noqa: E501 # one sentence


async def see(house: "House", image_id: int, likes: int, at: datetime, event: str | None = None) -> None:
    seen = Observation(image_id, Counters(likes, 0, 0, 0, 0, 0), at + HOUR, event=event)
    source = Source.SAMPLED if image_id == STRANGER else Source.RECORDED
    async with house.runtime.store.writing() as ledger:
        await ledger.images.describe([Media(id=image_id, url="https://image.example/1.jpeg")], seen_at=at)
        await ledger.images.observe([seen], as_of=at, observed_at=at, source=source)


async def test_old_history_of_strangers_keeps_one_row_a_day_and_all_gains_while_ours_and_falls_stay(
    house: "House",
) -> None:
    start = house.clock.now().replace(hour=0)
    for image_id in (STRANGER, OURS):
        for step in range(24):  # three days, a look each three hours
            await see(house, image_id, step + 1, start + step * 3 * HOUR)
    await see(house, STRANGER, 20, start + 72 * HOUR, "fall")
    await see(house, STRANGER, 30, start + 75 * HOUR)
    before = {image_id: await house.rows(ROWS, image_id) for image_id in (STRANGER, OURS)}

    house.advance(days=7)
    await upkeep(house.another(thin_after_days=5))
    days = [start + day * 24 * HOUR for day in range(4)]
    assert [tuple(row) for row in await house.rows(DAYS, STRANGER)] == [
        (days[0], 8, 7),  # how it began stays
        (days[1], 1, 8),
        (days[2], 8, 8),  # not older than five days yet
        (days[3], 2, 6),
    ]
    house.advance(days=20)
    await upkeep(house.another(thin_after_days=5))
    rows = await house.rows(DAYS, STRANGER)
    assert [(count, gain) for _, count, gain in rows] == [(8, 7), (1, 8), (1, 8), (2, 6)]
    merged = (await house.rows(ROWS, STRANGER))[8]
    assert merged == (start + 45 * HOUR, "change", 16, 8, start + 21 * HOUR)
    assert await house.rows(ROWS, OURS) == before[OURS]
    thinned = await house.rows(ROWS, STRANGER)
    await upkeep(house.another(thin_after_days=5))
    assert await house.rows(ROWS, STRANGER) == thinned


async def test_notes_are_kept_for_their_days_and_the_next_month_has_room(house: "House") -> None:
    old, new = house.clock.now() - timedelta(days=91), house.clock.now() - timedelta(days=89)
    for at in (old, new):
        await house.run(
            "insert into runs (job, tick_at, holder, started_at, finished_at) values ('job', $1, 'a:1', $1, $1)", at
        )
        await house.run("insert into rejects (subject, reason, raw, seen_at) values ('image 1', 'odd', '', $1)", at)
    await upkeep(house.runtime)
    for kept in ("select started_at from runs", "select seen_at from rejects"):
        assert await house.rows(kept) == [(new,)]
    partitions = "select count(*) from pg_class where relname in ('image_stats_history_2026_06')"
    assert await house.rows(partitions) == [(1,)]
