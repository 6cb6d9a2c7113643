from datetime import UTC, datetime, timedelta

import pytest

from civitai_engagement.records.filters import ChangePosition, Since, Subject
from civitai_engagement.records.history import StoredReading, Track
from civitai_engagement.records.media import Counters, Media
from civitai_engagement.records.provenance import Source
from civitai_engagement.store.database import Database
from civitai_engagement.store.history import History
from civitai_engagement.store.images import Images, Observation
from civitai_engagement.store.queries import Connection

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
HIGHEST = 2**63 - 1
SOON = ChangePosition(NOON + 1000 * HOUR, HIGHEST)


def likes(number: int) -> Counters:
    return Counters(like=number, heart=0, laugh=0, cry=0, dislike=0, comment=0)


async def look(connection: Connection, at: datetime, **seen: int) -> None:
    """Observe media i1, i2, … at an instant; of post 7 and Ada up to 9, else of post 8 and Bo."""
    images = Images(connection)
    ids = {int(name[1:]): number for name, number in seen.items()}
    media = [
        Media(
            id=one,
            url=f"https://image.example/{one}",
            post_id=7 if one < 10 else 8,
            username="Ada" if one < 10 else "Bo",
        )
        for one in ids
    ]
    await images.describe(media, seen_at=at)
    await images.date(dict.fromkeys(ids, NOON - HOUR))
    observations = [Observation(one, likes(number), at + HOUR) for one, number in ids.items()]
    await images.observe(observations, as_of=at, observed_at=at, source=Source.RECORDED)


async def test_a_track_has_the_rows_of_its_window_and_one_on_either_side(connection: Connection) -> None:
    history = History(connection)
    for hour, number in enumerate((1, 2, 3, 4, 4, 5, 6)):
        await look(connection, NOON + hour * HOUR, i1=number, i2=0)
    await Images(connection).track([1, 2], due_at=NOON, source=Source.SAMPLED)
    told = await history.tracks(Subject(post_id=7), NOON + 1.5 * HOUR, NOON + 3.5 * HOUR)
    assert told is not None
    moving, still = told
    assert moving == Track(
        image_id=1,
        readings=(
            StoredReading(NOON + HOUR, likes(2), "change", NOON),
            StoredReading(NOON + 2 * HOUR, likes(3), "change", NOON + HOUR),
            StoredReading(NOON + 3 * HOUR, likes(4), "change", NOON + 2 * HOUR),
            StoredReading(NOON + 5 * HOUR, likes(5), "change", NOON + 4 * HOUR),
        ),
        confirmed_at=NOON + 6 * HOUR,
        published_at=NOON - HOUR,
    )
    assert still.readings == (StoredReading(NOON, likes(0), "first", None),)
    assert await history.tracks(Subject(post_id=8), NOON, SOON.at) == []


async def test_media_whose_counters_were_never_known_come_without_readings(connection: Connection) -> None:
    images = Images(connection)
    await images.describe([Media(id=5, url="https://image.example/5", username="ada")], seen_at=NOON)
    await images.track([5], due_at=NOON, source=Source.WATCHED)
    await look(connection, NOON, i1=1)
    told = await History(connection).tracks(Subject(creator="ADA"), NOON - HOUR, NOON)
    assert [(one.image_id, len(one.readings)) for one in told or ()] == [(1, 1), (5, 0)]
    assert await History(connection).tracks(Subject(image_id=5), NOON, NOON) == [
        Track(5, (), None, source=Source.WATCHED)
    ]


async def test_more_rows_than_can_be_told_are_refused(connection: Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("civitai_engagement.store.history.MOST_ROWS", 2)
    await look(connection, NOON, i1=1, i2=2)
    assert await History(connection).tracks(Subject(post_id=7), NOON, NOON) is None
    assert len(await History(connection).tracks(Subject(image_id=1), NOON, NOON) or ()) == 1


async def test_changes_come_newest_first_and_page_back_without_loss_however_far(connection: Connection) -> None:
    history = History(connection)
    await look(connection, NOON - 9000 * HOUR, i1=1)
    await look(connection, NOON, i1=5, i2=2, i10=3)
    await look(connection, NOON + HOUR, i1=5, i2=2, i10=4)
    await look(connection, NOON + 50 * HOUR, i1=5, i2=2, i10=4)  # late: marked as a gap, nothing moved
    everything = [(10, 1), (10, 0), (2, 0), (1, 0), (1, -9000)]
    for subject, expected in (
        (Subject(), everything),
        (Subject(post_id=7), [one for one in everything if one[0] < 10]),
        (Subject(creator="BO"), [one for one in everything if one[0] == 10]),
        (Subject(image_id=1), [one for one in everything if one[0] == 1]),
    ):
        for limit in (1, 2, 50):
            place, told = SOON, []
            while page := await history.older(subject, place, limit=limit):
                told += [(one.image_id, (one.at - NOON) / HOUR) for one in page]
                place = ChangePosition(page[-1].at, page[-1].image_id)
            assert told == expected, (subject, limit)
    (latest,) = await history.older(Subject(), SOON, limit=1)
    assert (latest.post_id, latest.username, latest.previous_at) == (8, "Bo", NOON)
    assert (latest.event, latest.counters, latest.gains) == ("change", likes(4), likes(1))


async def test_a_poll_gives_what_was_committed_since_even_if_it_is_of_earlier(database_url: str) -> None:
    database = await Database.open(database_url)
    connection, other = await database.acquire(), await database.acquire()
    history = History(connection)
    async with connection.transaction():
        await look(connection, NOON, i1=1)
    pending = other.transaction()
    await pending.start()
    await look(other, NOON - 0.1 * HOUR, i2=2)  # an older answer, and not committed yet
    async with connection.transaction():
        await look(connection, NOON + 0.1 * HOUR, i10=3)
    since = Since(await history.snapshot(), NOON - HOUR)
    assert await history.newer(Subject(), since, limit=9) == []
    await pending.commit()
    async with connection.transaction():
        await look(connection, NOON + 0.2 * HOUR, i1=4)
    told = await history.newer(Subject(), since, limit=9)
    assert [one.image_id for one in told] == [2, 1]
    assert [one.image_id for one in await history.newer(Subject(post_id=8), since, limit=9)] == []
    assert [one.image_id for one in await history.newer(Subject(creator="ada"), since, limit=1)] == [2]
    after_first = Since(since.snapshot, since.floor, ChangePosition(told[0].at, told[0].image_id))
    assert [one.image_id for one in await history.newer(Subject(), after_first, limit=9)] == [1]
    of_another_database = Since("99999999999:99999999999:", NOON - HOUR)
    assert len(await history.newer(Subject(), of_another_database, limit=9)) == 4
    await database.release(connection)
    await database.release(other)
    await database.close()
