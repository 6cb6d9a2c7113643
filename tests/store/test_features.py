"""Features are read off anew where what says so changes, whoever changes it."""

from datetime import UTC, datetime, timedelta

import pytest

from civitai_engagement.records.condition import Present
from civitai_engagement.records.media import Counters, Generation, Media, Resource
from civitai_engagement.records.provenance import Source
from civitai_engagement.store.features import KeptFeatures
from civitai_engagement.store.images import Images, Known, Observation
from civitai_engagement.store.inheritance import Inheritance, InheritedChange
from civitai_engagement.store.queries import Connection
from civitai_engagement.store.upkeep import Upkeep

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
SEEN, NOTHING = Counters(5, 0, 0, 0, 0, 0), Counters(0, 0, 0, 0, 0, 0)
MADE = Generation(prompt="a fox", resources=(Resource("resources", type="lora", name="ink"),))
MEDIA = Media(42, "u", width=512, height=512, username="Ada", created_at=NOON, generation=MADE)


@pytest.fixture
async def kept(connection: Connection) -> KeptFeatures:
    images = Images(connection)
    await images.describe([MEDIA, Media(43, "u")], seen_at=NOON)
    await images.observe(
        [Observation(42, SEEN, None)], as_of=NOON + HOUR, observed_at=NOON + HOUR, source=Source.RECORDED
    )
    await connection.execute("update image_features set rules = 1, built_at = now()")
    return KeptFeatures(connection)


async def outdated(kept: KeptFeatures) -> list[int]:
    return await kept.outdated(rules=1, now=NOON, limit=9)


CHANGES = {
    "its parameters": "update generation_parameters set steps = 9",
    "its parameters went": "delete from generation_parameters",
    "its resources": "update image_resources set name = 'haze'",
    "a resource less": "delete from image_resources",
    "its base model": "update images set base_model = 'Pony' where id = 42",
    "its size": "update images set width = 9 where id = 42",
    "its date": "update images set published_at = now() where id = 42",
    "its history was mended": "update image_stats_history set like_count = 3",
    "its history went": "delete from image_stats_history",
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
async def test_what_changed_is_read_off_anew(kept: KeptFeatures, connection: Connection, change: str) -> None:
    assert await outdated(kept) == []
    await connection.execute(change)
    assert await outdated(kept) == [42]


@pytest.mark.parametrize("change", ["update images set hash = 'x'", "update image_tracking set like_count = 9"])
async def test_what_says_nothing_of_features_changes_nothing(
    kept: KeptFeatures, connection: Connection, change: str
) -> None:
    await connection.execute(change)
    assert await outdated(kept) == []


async def test_a_media_that_is_new_or_was_read_by_older_rules_is_read_off(
    kept: KeptFeatures, connection: Connection
) -> None:
    await Images(connection).describe([Media(44, "u")], seen_at=NOON)
    assert await outdated(kept) == [44]
    assert await kept.outdated(rules=2, now=NOON, limit=9) == [44, 43, 42]
    assert await kept.outdated(rules=2, now=NOON, limit=1) == [44]


async def test_a_media_that_passed_an_age_is_read_off_once_it_was_looked_at(
    kept: KeptFeatures, connection: Connection
) -> None:
    await connection.execute("update image_features set due_at = $1 where image_id = 42", NOON + 2 * HOUR)
    assert await kept.outdated(rules=1, now=NOON + 5 * HOUR, limit=9) == []
    look = Observation(42, SEEN, None)
    at = NOON + 3 * HOUR
    await Images(connection).observe([look], as_of=at, observed_at=at, source=Source.RECORDED)
    assert await kept.outdated(rules=1, now=at, limit=9) == [42]


async def test_a_history_that_is_inherited_is_read_off_anew(kept: KeptFeatures, connection: Connection) -> None:
    before = InheritedChange(42, NOON + HOUR / 2, SEEN, NOTHING, None, "first")
    await Inheritance(connection).add_history([before], {42: Known(SEEN, NOON + HOUR / 2, unconfirmed=False)})
    assert await outdated(kept) == [42]


async def test_what_a_clock_that_was_ahead_saw_is_read_off_anew(kept: KeptFeatures, connection: Connection) -> None:
    ahead = NOON + 50 * HOUR
    await Images(connection).observe(
        [Observation(42, SEEN, None)], as_of=ahead, observed_at=ahead, source=Source.RECORDED
    )
    assert await outdated(kept) == []
    await Upkeep(connection).repair(Present(NOON + 3 * HOUR, ahead, ahead, timedelta()))
    assert await outdated(kept) == [42]


async def test_an_image_that_is_forgotten_takes_its_features_along(kept: KeptFeatures, connection: Connection) -> None:
    await connection.execute("delete from images where id = 43")
    assert await connection.fetchval("select array_agg(image_id) from image_features") == [42]
