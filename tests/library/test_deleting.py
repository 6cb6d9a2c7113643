"""What was recorded by mistake can go; what was observed stays."""

import asyncio
from collections.abc import Coroutine
from typing import TYPE_CHECKING, Any

import pytest

from civitai_engagement.library.keeping import create_asset, remove
from civitai_engagement.records.library import AssetDraft, RecordingKind

if TYPE_CHECKING:
    from tests.house import House

DELETE = "delete_recording"


async def counted(house: "House", *tables: str) -> list[Any]:
    return [(await house.rows(f"select count(*) from {table}"))[0][0] for table in tables]


async def test_a_post_goes_with_its_assets_and_its_watch_and_its_history_stays(house: "House") -> None:
    house.post(3)
    await house.good("record_civitai_post", posts=[77])
    told = await house.good(DELETE, kind="post", id="https://civitai.com/posts/77")
    assert (told["kind"], told["id"], len(told["deleted_asset_ids"])) == ("post", "77", 3)
    assert "3 assets" in told["summary"]
    assert await counted(house, "posts", "assets", "watches") == [0, 0, 0]
    assert await counted(house, "images", "image_tracking", "image_stats_history") == [3, 3, 3]


async def followed(house: "House") -> dict[int, str]:
    """Why images are followed, by their ids."""
    return {row[0]: row[1] for row in await house.rows("select image_id, source from image_tracking")}


async def test_the_images_of_a_deleted_post_are_looked_at_as_seldom_as_strangers_from_then_on(house: "House") -> None:
    [item], [other] = house.post(1), house.post(1, 78)
    await house.good("record_civitai_post", posts=[77, 78])
    await house.good(DELETE, kind="post", id=77)
    assert await followed(house) == {item.id: "sampled", other.id: "recorded"}


async def test_the_image_of_a_deleted_asset_is_followed_no_more_once_nothing_else_follows_it(house: "House") -> None:
    [item] = house.post(1)
    await house.good("record_civitai_post", posts=[77])
    asset = (await house.good("find_asset", post_id=77))["asset_id"]
    await house.good("update_asset", asset_id=asset, clear=["post_id"])
    await house.good(DELETE, kind="post", id=77)
    assert await followed(house) == {item.id: "recorded"}
    await house.good(DELETE, kind="asset", id=asset)
    assert await followed(house) == {item.id: "sampled"}


async def test_what_is_deleted_stays_followed_where_something_else_follows_it(house: "House") -> None:
    ours, theirs = house.post(1), house.post(1, 78, username="Bo")
    await house.good("record_civitai_post", posts=[77, 78])
    await house.good("watch_creator", usernames=["bo"])
    first = (await house.good("find_asset", post_id=77))["asset_id"]
    await house.good(DELETE, kind="asset", id=first)
    await house.good(DELETE, kind="post", id=78)
    assert await followed(house) == {ours[0].id: "recorded", theirs[0].id: "recorded"}


async def test_a_post_recorded_again_after_it_was_deleted_has_its_history_and_its_prompts(house: "House") -> None:
    for item in house.post(2):
        house.world.change(item.id, meta={"prompt": "a lighthouse"})
    await house.good("record_civitai_post", posts=[77])
    await house.good(DELETE, kind="post", id=77)
    house.advance(hours=30)
    house.world.set_stats(house.world.items_of(77)[0].id, like=9)
    (told,) = (await house.good("record_civitai_post", posts=[77]))["results"]
    assert (told["outcome"], told["new_assets"]) == ("recorded", 2)
    assert await counted(house, "prompts", "image_stats_history") == [1, 4]
    assert await house.rows("select count(*) from assets where input_prompt_id is null") == [(0,)]


async def test_an_asset_and_then_its_prompt_can_go(house: "House") -> None:
    house.world.change(house.post(1)[0].id, meta={"prompt": "a lighthouse"})
    await house.good("record_civitai_post", posts=[77])
    found = await house.good("find_asset", post_id=77)
    refused = await house.call(DELETE, kind="prompt", id=found["input_prompt_id"])
    assert f"is used by asset {found['asset_id']}. Change that first with update_asset, or delete it" in refused.text
    await house.good(DELETE, kind="asset", id=int(found["asset_id"]))
    await house.good(DELETE, kind="prompt", id=found["input_prompt_id"])
    assert await counted(house, "assets", "prompts", "posts") == [0, 0, 1]


async def test_what_another_asset_was_made_from_cannot_go_nor_can_its_post(house: "House") -> None:
    house.post(2)
    house.post(1, 78)
    await house.good("record_civitai_post", posts=[77, 78])
    source = (await house.good("find_asset", post_id=77))["asset_id"]
    made = (await house.good("find_asset", post_id=78))["asset_id"]
    await house.good("update_asset", asset_id=made, input_asset_ids=[source])
    for kind, number in (("asset", source), ("post", "77")):
        refused = await house.call(DELETE, kind=kind, id=number)
        assert f"{kind.capitalize()} {number} is used by asset {made}." in refused.text
    assert await counted(house, "posts", "assets") == [2, 3]
    await house.good("update_asset", asset_id=made, clear="input_asset_ids")
    await house.good(DELETE, kind="post", id=77)


REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "no asset": ({"kind": "asset", "id": 9}, "no recorded asset 9"),
    "no prompt": ({"kind": "prompt", "id": "9"}, "no recorded prompt 9. Record it with create_prompt"),
    "no post": ({"kind": "post", "id": "9"}, "no recorded post 9"),
    "words": ({"kind": "prompt", "id": "first"}, "prompt id 'first' is no prompt id"),
    "blanks": ({"kind": "asset", "id": " "}, "asset id is empty"),
    "no kind": ({"kind": "image", "id": "9"}, "'post', 'asset' or 'prompt'"),
}


@pytest.mark.parametrize("name", REFUSED)
async def test_what_is_not_there_cannot_go(house: "House", name: str) -> None:
    arguments, said = REFUSED[name]
    told = await house.call(DELETE, **arguments)
    assert told.is_error
    assert said in told.text


async def test_clients_are_told_that_it_destroys(live: "House") -> None:
    async with live.client() as client:
        hints = {tool.name: tool.annotations for tool in (await client.list_tools()).tools}
    destructive = [name for name, hint in hints.items() if hint and hint.destructive_hint]
    assert destructive == [DELETE]


@pytest.mark.parametrize("first", ["delete", "link"])
async def test_nothing_comes_to_refer_to_what_is_deleted_meanwhile(house: "House", first: str) -> None:
    source = (await create_asset(house.runtime, AssetDraft("image", "upload", "https://example.com/a.png")))[0].id
    made = AssetDraft("image", "generated", "https://example.com/b.png", input_asset_ids=(source,))
    deleting, linking = remove(house.runtime, RecordingKind.ASSET, source), create_asset(house.another(), made)
    calls: list[Coroutine[Any, Any, object]] = [deleting, linking] if first == "delete" else [linking, deleting]
    told = await asyncio.gather(*calls, return_exceptions=True)
    assert sum(isinstance(one, Exception) for one in told) == 1
    rows = await house.rows("select asset_id, input_asset_ids from assets")
    held = {row[0] for row in rows}
    assert all(held.issuperset(row[1]) for row in rows)


async def test_a_link_made_while_a_deletion_waits_is_seen_by_it(house: "House") -> None:
    """The deletion holds the asset from the start: a link either comes before and is seen, or finds nothing."""
    source = (await create_asset(house.runtime, AssetDraft("image", "upload", "https://example.com/a.png")))[0].id
    made = AssetDraft("image", "generated", "https://example.com/b.png", input_asset_ids=(source,))
    async with house.runtime.store.writing() as ledger:
        assert await ledger.recordings.missing(assets=[source]) == []
        deleting = asyncio.create_task(remove(house.another(), RecordingKind.ASSET, source))
        while not await house.rows("select 1 from pg_locks where not granted"):
            pass
        assert await ledger.recordings.assets.add(made, created_by="me", now=house.clock.now())
    with pytest.raises(Exception, match=f"Asset {source} is used by asset"):
        await deleting
