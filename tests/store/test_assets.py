from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from civitai_engagement.records.media import Counters, Generation, Media, MediaType
from civitai_engagement.store.assets import AssetFilter, Assets
from civitai_engagement.store.images import Images, Observation
from civitai_engagement.store.posts import PostRecord, Posts
from civitai_engagement.store.queries import Connection

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
MEDIA = [Media(id=number, url=f"https://image.example/{number}.jpeg", post_id=7) for number in (30, 10, 20)]


@pytest.fixture
async def assets(connection: Connection) -> Assets:
    post = PostRecord(7, "https://civitai.com/posts/7", "Sea", None, "Ada", (), None, NOON, True, "keeper")
    await Posts(connection).record(post, now=NOON)
    await Posts(connection).record(replace(post, post_id=8), now=NOON)
    return Assets(connection)


async def record(assets: Assets, media: list[Media], post_id: int = 7, later: timedelta = timedelta()) -> int:
    return await assets.record(media, post_id=post_id, created_by="keeper", now=NOON + later)


async def test_each_media_is_one_asset_in_the_order_of_the_media(assets: Assets) -> None:
    assert await record(assets, MEDIA) == 3
    found, matches = await assets.find(AssetFilter(post_id=7), limit=10)
    assert ([one.image_id for one in found], matches) == ([10, 20, 30], 3)
    assert [one.asset_id for one in found] == sorted(one.asset_id for one in found)


async def test_recording_again_makes_no_asset_and_touches_no_row(assets: Assets, connection: Connection) -> None:
    await record(assets, MEDIA)
    before = await connection.fetch("select ctid::text, updated_at from assets order by 1")
    assert await record(assets, MEDIA, later=timedelta(hours=1)) == 0
    assert await connection.fetch("select ctid::text, updated_at from assets order by 1") == before


async def test_an_asset_whose_post_changed_is_the_same_asset_and_keeps_its_own_address(assets: Assets) -> None:
    await record(assets, MEDIA)
    (before,), _ = await assets.find(AssetFilter(image_id=10), limit=1)
    assert await record(assets, [replace(MEDIA[1], url="https://image.example/new.jpeg")], 8) == 0
    (after,), _ = await assets.find(AssetFilter(image_id=10), limit=1)
    assert (after.asset_id, after.post_id, after.url) == (before.asset_id, 8, before.url)


@pytest.mark.parametrize(
    ("wanted", "ids"),
    [
        (AssetFilter(image_id=10), [10]),
        (AssetFilter(asset_url="https://image.example/20.jpeg"), [20]),
        (AssetFilter(image_id=10, post_id=7), [10]),
        (AssetFilter(image_id=10, post_id=8), []),
        (AssetFilter(asset_id=2**63 - 1), []),
        (AssetFilter(sha256sum="ab" * 32), []),
    ],
)
async def test_all_that_is_asked_for_must_hold(assets: Assets, wanted: AssetFilter, ids: list[int]) -> None:
    await record(assets, MEDIA)
    found, matches = await assets.find(wanted, limit=10)
    assert ([one.image_id for one in found], matches) == (ids, len(ids))


async def test_more_match_than_are_given(assets: Assets) -> None:
    await record(assets, MEDIA)
    found, matches = await assets.find(AssetFilter(post_id=7), limit=2)
    assert (len(found), matches) == (2, 3)


async def test_the_best_of_each_post_come_first_and_unknown_ones_last(assets: Assets, connection: Connection) -> None:
    await record(assets, MEDIA[:2])
    await record(assets, [MEDIA[2]], 8)
    images = Images(connection)
    await images.describe(MEDIA, seen_at=NOON)
    observed = [
        Observation(one, Counters(like=one, heart=0, laugh=0, cry=0, dislike=0, comment=0), NOON) for one in (10, 20)
    ]
    await images.observe(observed, as_of=NOON, observed_at=NOON, source="recorded")
    listed = await assets.of_posts([7, 8], most=2)
    assert [(one.post_id, one.image_id) for one in listed] == [(7, 10), (7, 30), (8, 20)]
    assert listed[1].counters is None
    assert [(one.post_id, one.image_id) for one in await assets.of_posts([7, 8], most=1)] == [(7, 10), (8, 20)]


async def test_what_is_stored_of_a_media_comes_back_with_it(assets: Assets, connection: Connection) -> None:
    made = Generation(prompt="a lighthouse", seed=2**70, steps=20, cfg_scale=7.5, sampler="Euler a")
    media = replace(
        MEDIA[0], type=MediaType.VIDEO, username="Ada", width=8, height=9, model_version_ids=(5,), generation=made
    )
    await Images(connection).describe([media], seen_at=NOON)
    await record(assets, [media])
    (one,), _ = await assets.find(AssetFilter(image_id=30), limit=1)
    assert one.media == media
    assert (one.type, one.source, one.post_title, one.metadata) == ("video", "generated", "Sea", {})
    assert one.engagement.counters is None
