from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from civitai_engagement.records.filters import AssetFilter, PostFilter
from civitai_engagement.records.media import Counters, Generation, Media, MediaType
from civitai_engagement.records.provenance import Source
from civitai_engagement.store.assets import Assets, MatchingAssets, finding
from civitai_engagement.store.images import Images, Observation
from civitai_engagement.store.posts import PostRecord, Posts
from civitai_engagement.store.queries import Connection, Query, load
from civitai_engagement.store.recordings import Recordings

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
    found = await assets.find(AssetFilter(post_id=7), now=NOON, limit=10)
    assert ([one.image_id for one in found.assets], found.matches) == ([10, 20, 30], 3)
    assert [one.asset_id for one in found.assets] == sorted(one.asset_id for one in found.assets)


async def test_recording_again_makes_no_asset_and_touches_no_row(assets: Assets, connection: Connection) -> None:
    await record(assets, MEDIA)
    before = await connection.fetch("select ctid::text, updated_at from assets order by 1")
    assert await record(assets, MEDIA, later=timedelta(hours=1)) == 0
    assert await connection.fetch("select ctid::text, updated_at from assets order by 1") == before


async def test_an_asset_whose_post_changed_is_the_same_asset_and_keeps_its_own_address(assets: Assets) -> None:
    await record(assets, MEDIA)
    (before,) = (await assets.find(AssetFilter(image_id=10), now=NOON, limit=1)).assets
    assert await record(assets, [replace(MEDIA[1], url="https://image.example/new.jpeg")], 8) == 0
    (after,) = (await assets.find(AssetFilter(image_id=10), now=NOON, limit=1)).assets
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
    found = await assets.find(wanted, now=NOON, limit=10)
    assert ([one.image_id for one in found.assets], found.matches) == (ids, len(ids))


FILE = "3d4f7fbe-b1f4-4cf4-8a6b-6f6b1f6bb6a7"
STORED = f"https://image.civitai.com/acc/{FILE}/original=true/{FILE}.jpeg"


@pytest.mark.parametrize(
    ("asked", "is_found"),
    [
        (STORED, True),
        (f"{STORED}?x=1#top", True),
        (f"https://image.civitai.com/acc/{FILE}/width=450/{FILE}.jpeg", True),
        (f"https://image.civitai.com/other/{FILE.upper()}/transcode=true,width=450/cat.webp", True),
        (f"image.civitai.com/acc/{FILE}", True),
        (f"https://image-b2.civitai.com/file/cache/{FILE}/original", True),
        (f"https://elsewhere.example/acc/{FILE}/original=true/{FILE}.jpeg", False),
        (f"https://evilcivitai.com/acc/{FILE}/width=450/{FILE}.jpeg", False),
        (f"https://image.civitai.com/acc/{FILE[:-1]}0/width=450/{FILE}.jpeg", False),
        ("https://image.civitai.com/acc//width=450/cat.jpeg", False),
    ],
)
async def test_a_file_of_civitai_s_is_the_same_in_every_size(assets: Assets, asked: str, is_found: bool) -> None:
    others = [f"https://image.civitai.com/acc/{FILE.replace('3d4f', '0000')}/original=true/{FILE}.jpeg", "a/b/c/d//f"]
    await record(assets, [replace(one, url=url) for one, url in zip(MEDIA, [*others, STORED], strict=True)])
    found = await assets.find(AssetFilter(asset_url=asked), now=NOON, limit=9)
    assert [one.url for one in found.assets] == [STORED] * is_found


async def test_assets_are_reached_by_what_they_were_made_from_and_by_their_address(
    assets: Assets, connection: Connection
) -> None:
    async def plan(query: Query, **values: str) -> str:
        spelled = [values[name] for name in query.parameters]
        await connection.execute(f"prepare one as {query.sql}")
        rows = await connection.fetch(f"explain (costs off) execute one({', '.join(spelled)})")
        await connection.execute("deallocate one")
        return "\n".join(row[0] for row in rows)

    await connection.execute("set local enable_seqscan = off")
    assert "Scan on assets_input_asset_ids" in await plan(load("recordings")["users_of_assets"], ids="array[5]")
    by_address = await plan(finding("asset_url"), asset_url=f"'{STORED}'", now="now()", limit="1", others="5")
    assert "Scan on assets_civitai_file" in by_address
    assert "Scan on assets_asset_url" in by_address


async def test_assets_made_from_others_are_named_without_these(assets: Assets, connection: Connection) -> None:
    await record(assets, MEDIA)
    one, two, three = [each.asset_id for each in (await assets.find(AssetFilter(post_id=7), now=NOON, limit=9)).assets]
    await connection.execute("update assets set input_asset_ids = array[$1::bigint] where asset_id <> $1", one)
    assert await Recordings(connection).users_of_assets([one]) == [two, three]
    assert await Recordings(connection).users_of_assets([one, two]) == [three]
    assert await Recordings(connection).users_of_assets([three]) == []


async def test_more_match_than_are_given_and_some_of_them_are_named(assets: Assets) -> None:
    await record(assets, MEDIA)
    every = [one.asset_id for one in (await assets.find(AssetFilter(post_id=7), now=NOON, limit=9)).assets]
    two = await assets.find(AssetFilter(post_id=7), now=NOON, limit=2, others=5)
    assert (len(two.assets), two.matches, list(two.others)) == (2, 3, every[2:])
    one = await assets.find(AssetFilter(post_id=7), now=NOON, limit=1, others=1)
    assert (one.matches, list(one.others)) == (3, every[1:2])
    assert (await assets.find(AssetFilter(post_id=9), now=NOON, limit=1, others=1)) == MatchingAssets((), 0, ())


async def test_the_best_of_each_post_come_first_and_unknown_ones_last(assets: Assets, connection: Connection) -> None:
    await record(assets, MEDIA[:2])
    await record(assets, [MEDIA[2]], 8)
    images = Images(connection)
    await images.describe(MEDIA, seen_at=NOON)
    observed = [
        Observation(one, Counters(like=one, heart=0, laugh=0, cry=0, dislike=0, comment=0), NOON) for one in (10, 20)
    ]
    await images.observe(observed, as_of=NOON, observed_at=NOON, source=Source.RECORDED)
    posts = Posts(connection)
    listed = {most: (await posts.page(PostFilter(), now=NOON, limit=9, offset=0, assets=most))[0] for most in (0, 1, 2)}
    shown = {most: {one.post_id: [each.image_id for each in one.assets] for one in of} for most, of in listed.items()}
    assert shown == {0: {8: [], 7: []}, 1: {8: [20], 7: [10]}, 2: {8: [20], 7: [10, 30]}}
    assert [one.engagement for one in listed[2][1].assets] == [[10, 0, 0, 0, 0], None]


async def test_what_is_stored_of_a_media_comes_back_with_it(assets: Assets, connection: Connection) -> None:
    made = Generation(prompt="a lighthouse", seed=2**70, steps=20, cfg_scale=7.5, sampler="Euler a")
    media = replace(
        MEDIA[0], type=MediaType.VIDEO, username="Ada", width=8, height=9, model_version_ids=(5,), generation=made
    )
    await Images(connection).describe([media], seen_at=NOON)
    await record(assets, [media])
    (one,) = (await assets.find(AssetFilter(image_id=30), now=NOON, limit=1)).assets
    assert one.media == media
    assert (one.type, one.source, one.post_title, one.metadata) == ("video", "generated", "Sea", {})
    assert one.engagement.counters is None
