"""What is due, by post; what is expected where; what must be asked for by id."""

from datetime import UTC, datetime, timedelta

import pytest

from civitai_engagement.records.media import Counters, Media
from civitai_engagement.records.provenance import Route, Source
from civitai_engagement.store.doubts import Doubts, Suspect
from civitai_engagement.store.followed import DueGroup, Followed
from civitai_engagement.store.images import Images, Observation
from civitai_engagement.store.queries import Connection

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
SEEN = Counters(like=10, heart=0, laugh=0, cry=0, dislike=0, comment=0)


@pytest.fixture
async def images(connection: Connection) -> Images:
    """Post 1 by Ana: 11 and 12; post 2 by Bo: 21; and 31, of which no post is known."""
    images = Images(connection)
    media = [
        Media(id=11, url="u", post_id=1, username="Ana", created_at=NOON - 3 * HOUR),
        Media(id=12, url="u", post_id=1, username="Ana", created_at=NOON - 2 * HOUR),
        Media(id=21, url="u", post_id=2, username="Bo", created_at=NOON - 90 * HOUR),
        Media(id=31, url="u", username=None),
    ]
    await images.describe(media, seen_at=NOON)
    return images


async def observe(images: Images, ids: list[int], due_at: datetime | None, source: Source = Source.RECORDED) -> None:
    seen = [Observation(image_id, SEEN, due_at) for image_id in ids]
    await images.observe(seen, as_of=NOON, observed_at=NOON, source=source)


async def test_the_due_media_are_told_by_post_with_the_strongest_reason(images: Images, connection: Connection) -> None:
    await observe(images, [11], NOON + HOUR, Source.SAMPLED)
    await observe(images, [12], NOON + 4 * HOUR, Source.WATCHED)
    await observe(images, [21], None)
    await observe(images, [31], NOON + HOUR)
    followed = Followed(connection)
    tick = NOON + HOUR
    assert await followed.due(now=NOON + timedelta(minutes=59), tick_at=tick) == []
    assert await followed.due(now=tick, tick_at=tick) == [
        DueGroup(1, "ana", 1, 2, NOON - 3 * HOUR, NOON, Source.SAMPLED),
    ]
    assert await followed.due(now=NOON + 4 * HOUR, tick_at=NOON + 4 * HOUR) == [
        DueGroup(1, "ana", 2, 2, NOON - 2 * HOUR, NOON, Source.WATCHED),
    ]
    assert await followed.orphans(now=tick, tick_at=tick) == [31]
    assert await followed.due_in_posts([1, 2], now=tick, tick_at=tick) == [11]
    assert await followed.due_of_posts([1, 2], now=tick, tick_at=tick) == {1: 1}


async def test_what_was_observed_since_the_tick_is_done(images: Images, connection: Connection) -> None:
    await observe(images, [11, 31], NOON)
    followed = Followed(connection)
    assert await followed.due(now=NOON, tick_at=NOON) == []
    assert await followed.orphans(now=NOON, tick_at=NOON) == []
    assert [one.post_id for one in await followed.due(now=NOON, tick_at=NOON + HOUR)] == [1]


async def test_media_not_listed_three_times_are_to_be_asked_by_id_until_known_to_be_gone(
    images: Images, connection: Connection
) -> None:
    await observe(images, [11, 12], NOON)
    followed = Followed(connection)
    for _ in range(3):
        await images.miss({11: NOON + HOUR})
    await images.miss({12: NOON + HOUR})
    assert await followed.absent(misses=3) == [11]
    assert await images.vanish({11: NOON + timedelta(days=1)}, as_of=NOON + 5 * HOUR) == 1
    assert await images.vanish({11: NOON + timedelta(days=1)}, as_of=NOON + 6 * HOUR) == 0
    assert await followed.absent(misses=3) == []
    rows = await connection.fetch(
        "select event, like_count, like_gain, previous_observed_at from image_stats_history where image_id = 11"
        " order by collected_at"
    )
    assert [tuple(row) for row in rows] == [("first", 10, 0, None), ("missing", 10, 0, NOON)]
    again = [Observation(11, SEEN, NOON + HOUR)]
    later = NOON + 9 * HOUR
    await images.observe(again, as_of=later, observed_at=later, source=Source.RECORDED)
    tracked = await connection.fetchrow("select state, misses from image_tracking where image_id = 11")
    assert tracked == ("returned", 0)
    last = await connection.fetchval("select event from image_stats_history where collected_at = $1", later)
    assert last == "returned"


async def test_doubts_by_one_route_only_are_to_be_asked_by_another(images: Images, connection: Connection) -> None:
    await observe(images, [11, 12, 21], NOON)
    doubts, less = Doubts(connection), Counters(like=1, heart=0, laugh=0, cry=0, dislike=0, comment=0)

    async def doubt(image_id: int, hours: int, route: Route = Route.POST) -> None:
        at = NOON + hours * HOUR
        await doubts.suspect([Suspect(image_id, "suspect fall", less)], route=route, as_of=at, seen_at=at)

    for hours in (1, 5):
        await doubt(11, hours)
        await doubt(12, hours, Route.POST if hours == 1 else Route.IMAGE)
    await doubt(21, 1)
    assert await doubts.stubborn(before=NOON) == []
    assert [one.image_id for one in await doubts.stubborn(before=NOON + HOUR)] == [11]


async def test_watches_say_what_is_to_be_visited(images: Images, connection: Connection) -> None:
    await connection.execute(
        "insert into watches (kind, name, created_by, created_at) values"
        " ('creator', 'ana', 'me', now()), ('post', '1', 'me', now()), ('post', '99', 'me', now())"
    )
    followed = Followed(connection)
    assert await followed.watched_creators() == {"ana": None}
    assert await followed.watched_posts() == {1, 99}
    assert await followed.unread_posts() == [99]
    await followed.count_creator("ana", username="Ana", listed=250, now=NOON)
    assert await followed.watched_creators() == {"ana": NOON}
    assert await followed.listed() == {"ana": 250}


async def test_posts_whose_media_were_never_asked_how_they_were_made_are_named(
    images: Images, connection: Connection
) -> None:
    await observe(images, [11, 12], NOON, Source.WATCHED)
    await observe(images, [21], NOON, Source.SAMPLED)
    followed = Followed(connection)
    assert await followed.without_generation(limit=5) == {1: 2}
    await images.describe([Media(id=11, url="u"), Media(id=12, url="u")], seen_at=NOON, generation_read=True)
    assert await followed.without_generation(limit=5) == {}
    assert await followed.of_post(1) == {11, 12}
    assert await followed.of_creator("ana") == {11, 12}
    assert await followed.seen([11, 31]) == {11: Source.WATCHED}
