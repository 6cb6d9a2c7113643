from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from civitai_engagement.records.media import Birth, Counters, Generation, Media, MediaType, Resource
from civitai_engagement.records.provenance import Source
from civitai_engagement.store.images import Images, Observation, WriteResult
from civitai_engagement.store.queries import Connection

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
SEEN = Counters(like=10, heart=5, laugh=2, cry=1, dislike=0, comment=3)
MEDIA = Media(
    id=42,
    url="https://image.example/42.jpeg",
    post_id=7,
    username="Ada",
    base_model="SDXL 1.0",
    width=832,
    height=1216,
    created_at=NOON - HOUR,
    model_version_ids=(11, 12),
    counters=SEEN,
)


@pytest.fixture
def images(connection: Connection) -> Images:
    return Images(connection)


async def look(
    images: Images,
    counters: Counters,
    at: datetime,
    *,
    due: timedelta = 4 * HOUR,
    source: Source = Source.RECORDED,
    image_id: int = 42,
) -> WriteResult:
    return await images.observe([Observation(image_id, counters, at + due)], as_of=at, observed_at=at, source=source)


async def history(connection: Connection, image_id: int = 42) -> list[tuple[object, ...]]:
    rows = await connection.fetch(
        "select collected_at, like_count, like_gain, comment_gain, previous_observed_at, event "
        "from image_stats_history where image_id = $1 order by collected_at",
        image_id,
    )
    return [tuple(row) for row in rows]


async def test_observing_the_same_counters_twice_keeps_one_row(images: Images, connection: Connection) -> None:
    await images.describe([MEDIA], seen_at=NOON)
    assert await look(images, SEEN, NOON) == WriteResult(changed=1, observed=1, stale=0)
    assert await look(images, SEEN, NOON + 4 * HOUR) == WriteResult(changed=0, observed=1, stale=0)
    assert await history(connection) == [(NOON, 10, 0, 0, None, "first")]


async def test_a_change_keeps_the_gains_and_when_the_old_value_was_last_true(
    images: Images, connection: Connection
) -> None:
    await images.describe([MEDIA], seen_at=NOON)
    await look(images, SEEN, NOON)
    await look(images, SEEN, NOON + 4 * HOUR)
    await look(images, replace(SEEN, like=15, comment=4), NOON + 8 * HOUR)
    assert (await history(connection))[-1] == (NOON + 8 * HOUR, 15, 5, 1, NOON + 4 * HOUR, "change")


async def test_after_a_gap_the_same_counters_are_written_once_more(images: Images, connection: Connection) -> None:
    await images.describe([MEDIA], seen_at=NOON)
    await look(images, SEEN, NOON)
    await look(images, SEEN, NOON + 9 * HOUR)
    assert [row[-1] for row in await history(connection)] == ["first", "gap"]


async def test_an_observation_older_than_ours_is_dropped_and_counted(images: Images, connection: Connection) -> None:
    await images.describe([MEDIA], seen_at=NOON)
    await look(images, SEEN, NOON)
    older = await look(images, replace(SEEN, like=9), NOON - HOUR)
    assert older == WriteResult(changed=0, observed=0, stale=1)
    assert (await images.known([42]))[42].counters == SEEN


async def test_two_different_reads_of_one_instant_keep_the_first(images: Images, connection: Connection) -> None:
    await images.describe([MEDIA], seen_at=NOON)
    await look(images, SEEN, NOON)
    assert (await look(images, replace(SEEN, like=11), NOON)).stale == 1
    assert (await images.known([42]))[42].counters == SEEN
    assert [row[1] for row in await history(connection)] == [10]


async def test_an_item_without_an_address_keeps_the_known_one(images: Images, connection: Connection) -> None:
    await images.describe([replace(MEDIA, type=MediaType.VIDEO)], seen_at=NOON)
    await images.describe([Media(id=42, url="")], seen_at=NOON + HOUR)
    row = await connection.fetchrow("select url, type from images where id = 42")
    assert row is not None
    assert tuple(row) == (MEDIA.url, "video")


async def test_history_reaches_over_the_turn_of_months_and_years(images: Images, connection: Connection) -> None:
    await images.describe([MEDIA], seen_at=NOON)
    for day, likes in ((datetime(2025, 12, 31, 23, 59, tzinfo=UTC), 1), (datetime(2026, 1, 1, tzinfo=UTC), 2)):
        await look(images, replace(SEEN, like=likes), day)
    assert [row[1] for row in await history(connection)] == [1, 2]


async def test_nothing_known_is_overwritten_by_nothing(images: Images, connection: Connection) -> None:
    await images.describe([MEDIA], seen_at=NOON)
    await images.describe([Media(id=42, url=MEDIA.url, created_at=NOON + HOUR)], seen_at=NOON + HOUR)
    row = await connection.fetchrow("select * from images where id = 42")
    assert row is not None
    assert (row["username"], row["base_model"], row["post_id"], row["width"]) == ("Ada", "SDXL 1.0", 7, 832)
    assert row["model_version_ids"] == [11, 12]
    assert (row["created_at"], row["published_at"], row["first_seen_at"]) == (NOON - HOUR, NOON - HOUR, NOON)


async def test_the_date_of_the_post_itself_stays_though_the_feed_says_its_own_again(
    images: Images, connection: Connection
) -> None:
    await images.describe([MEDIA], seen_at=NOON)
    assert await images.births([], 7) == {42: Birth(NOON - HOUR, NOON)}
    await images.date({42: NOON - timedelta(minutes=20)})
    for said in (NOON - HOUR, NOON + HOUR):
        await images.describe([replace(MEDIA, created_at=said)], seen_at=NOON)
    assert await images.births([42], 0) == {42: Birth(NOON - timedelta(minutes=20), NOON)}


async def test_a_date_of_the_feed_before_its_first_is_the_earlier_date(images: Images) -> None:
    for said in (NOON - HOUR, NOON - 2 * HOUR):
        await images.describe([replace(MEDIA, created_at=said)], seen_at=NOON)
    assert await images.births([42], 0) == {42: Birth(NOON - 2 * HOUR, NOON)}


async def test_a_post_was_looked_at_when_its_own_or_its_creators_media_were(images: Images) -> None:
    await images.describe([MEDIA], seen_at=NOON)
    assert await images.looked_at(7) is None
    await look(images, SEEN, NOON, source=Source.SAMPLED)
    assert await images.looked_at(7) is None
    await look(images, SEEN, NOON + HOUR)
    assert await images.looked_at(7) == NOON + HOUR


async def test_describing_the_same_again_touches_no_row(images: Images, connection: Connection) -> None:
    made = replace(
        MEDIA, generation=Generation(prompt="a lighthouse", seed=7, resources=(Resource("hashes", hash="ab"),))
    )
    versions = []
    for _ in range(2):
        await images.describe([made], seen_at=NOON)
        rows = [
            await connection.fetchval(f"select ctid::text || xmin::text from {table} where {key} = 42")
            for table, key in (("images", "id"), ("generation_parameters", "image_id"), ("image_resources", "image_id"))
        ]
        versions.append(rows)
    assert versions[0] == versions[1]


@pytest.mark.parametrize("seed", [0, -1, -(2**63) - 5, 2**53 + 1, 2**64 + 7, 11246505945472473000])
async def test_a_seed_of_any_size_comes_back_exactly(images: Images, connection: Connection, seed: int) -> None:
    await images.describe([replace(MEDIA, generation=Generation(seed=seed))], seen_at=NOON)
    assert int(await connection.fetchval("select seed from generation_parameters where image_id = 42")) == seed


async def test_resources_that_are_gone_are_dropped(images: Images, connection: Connection) -> None:
    three = tuple(Resource("resources", name=f"lora {n}", weight=0.5) for n in range(3))
    for resources in (three, three[:1]):
        await images.describe([replace(MEDIA, generation=Generation(resources=resources))], seen_at=NOON)
    assert await connection.fetchval("select count(*) from image_resources where image_id = 42") == 1


async def test_images_without_counters_are_tracked_but_not_known(images: Images) -> None:
    await images.describe([MEDIA], seen_at=NOON)
    await images.track([42], due_at=NOON, source=Source.RECORDED)
    assert await images.known([42]) == {}
    assert (await images.of_post(7))[0].media.counters is None


async def test_a_page_in_any_order_with_neighbours_is_written_whole(images: Images) -> None:
    media = [replace(MEDIA, id=number) for number in (9, 3, 200, 1)]
    await images.lock([one.id for one in media])
    await images.describe(media, seen_at=NOON)
    observed = [Observation(one.id, SEEN, NOON + HOUR) for one in media]
    written = await images.observe(observed, as_of=NOON, observed_at=NOON, source=Source.RECORDED)
    assert written == WriteResult(changed=4, observed=4, stale=0)
    assert [one.media.id for one in await images.of_post(7)] == [1, 3, 9, 200]
