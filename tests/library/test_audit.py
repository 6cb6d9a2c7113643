"""Every change of a recording is kept with who made it, how it was before and how after; and only ever added to."""

import json
from typing import TYPE_CHECKING, Any

import asyncpg
import pytest

from civitai_engagement.sandbox import Switches

if TYPE_CHECKING:
    from tests.house import House


async def audit(house: "House") -> list[tuple[Any, ...]]:
    rows = await house.rows("select kind, row_id, action, actor, before, after from audit order by audit_id")
    return [(*row[:4], *(side and json.loads(side) for side in row[4:])) for row in rows]


async def test_a_prompt_and_a_post_leave_what_was_recorded_of_them(house: "House") -> None:
    await house.good("create_prompt", prompt_text="x" * 500, on_behalf_of="Ana")
    await house.good("create_civitai_post", civitai_id=77, title="Lighthouses")
    url = f"{house.url}/posts/77"
    assert await audit(house) == [
        ("prompt", 1, "create", "Keeper", None, {"content": "x" * 200, "on_behalf_of": "Ana"}),
        ("post", 77, "create", "Keeper", None,
         {"post_id": 77, "civitai_url": url, "status": "published", "title": "Lighthouses"}),
    ]  # fmt: skip


async def test_a_change_leaves_only_what_changed_and_who_changed_it(house: "House") -> None:
    await house.good("create_civitai_post", civitai_id=77, title="Lighthouses", metadata={"a": 1})
    other = house.another(recorded_by="Assistant")
    await house.call("update_civitai_post", on=other, post_id=77, clear=["title"], status="failed", metadata={"b": 2})
    assert (await audit(house))[1:] == [
        ("post", 77, "update", "Assistant",
         {"status": "published", "title": "Lighthouses", "metadata": {"a": 1}},
         {"status": "failed", "title": None, "metadata": {"a": 1, "b": 2}}),
    ]  # fmt: skip


async def test_who_recorded_first_stays_who_recorded(house: "House") -> None:
    house.post(1)
    await house.good("record_civitai_post", posts=[77])
    await house.call("record_civitai_post", on=house.another(recorded_by="Assistant"), posts=[77])
    assert await house.rows("select created_by from posts union select created_by from assets") == [("Keeper",)]


async def test_a_post_read_from_civitai_leaves_one_line_and_a_second_reading_none(house: "House") -> None:
    house.post(3, title="Lighthouses")
    await house.good("record_civitai_post", posts=[77])
    await house.good("record_civitai_post", posts=[77])
    assert [row[:3] for row in await audit(house)] == [("post", 77, "create")]


async def test_what_reading_a_post_changes_of_what_was_recorded_by_hand_is_kept(house: "House") -> None:
    house.world.switches = Switches(post_endpoint=True, local_media=True)
    item = house.post(1, title="Lighthouses")[0]
    await house.good("create_civitai_post", civitai_id=77, status="pending", title="draft")
    url = f"{house.url}/media/{item.file_name}"
    made = await house.good("create_asset", asset_url=url, asset_type="image", asset_source="generated")
    await house.good("record_civitai_post", posts=[77])
    assert (await audit(house))[2:] == [
        ("post", 77, "update", "Keeper",
         {"status": "pending", "title": "draft"}, {"status": "published", "title": "Lighthouses"}),
        ("asset", int(made["id"]), "update", "Keeper",
         {"image_id": None, "post_id": None}, {"image_id": item.id, "post_id": 77}),
    ]  # fmt: skip


async def test_an_asset_that_recording_moves_from_another_post_leaves_where_it_was(house: "House") -> None:
    house.post(3)
    await house.good("record_civitai_post", posts=[77])
    await house.good("create_civitai_post", civitai_id=900)
    await house.good("update_asset", asset_id=1, post_id=900)
    await house.good("update_asset", asset_id=2, clear=["post_id"])
    before = len(await audit(house))
    other = house.another(recorded_by="Assistant")
    for _ in range(2):
        await house.call("record_civitai_post", on=other, posts=[77])
    assert (await audit(house))[before:] == [
        ("asset", 1, "update", "Assistant", {"post_id": 900}, {"post_id": 77}),
        ("asset", 2, "update", "Assistant", {"post_id": None}, {"post_id": 77}),
    ]
    assert await house.rows("select distinct post_id, created_by from assets") == [(77, "Keeper")]


async def test_an_asset_that_takes_over_another_leaves_what_became_of_both(house: "House") -> None:
    item = house.post(1)[0]
    await house.good("record_civitai_post", posts=[77])
    file = {"asset_url": f"{house.url}/media/{item.file_name}", "asset_type": "image", "asset_source": "upload"}
    await house.good("create_asset", **file)
    await house.good("create_asset", **file, input_asset_ids=[1])
    before = len(await audit(house))
    await house.good("update_asset", asset_id=2, civitai_id=item.id)
    deleted, handed, linked = (await audit(house))[before:]
    assert deleted[:4] == ("asset", 1, "delete", "Keeper")
    assert (deleted[4]["image_id"], deleted[4]["post_id"], deleted[4]["asset_source"]) == (item.id, 77, "generated")
    assert handed == ("asset", 3, "update", "Keeper", {"input_asset_ids": [1]}, {"input_asset_ids": [2]})
    assert linked == (
        "asset", 2, "update", "Keeper", {"image_id": None, "post_id": None}, {"image_id": item.id, "post_id": 77},
    )  # fmt: skip


async def test_what_is_deleted_is_kept_there_whole(house: "House") -> None:
    words = "lighthouse " * 100
    await house.good("create_prompt", prompt_text=words, metadata={"k": 1})
    await house.good("delete_recording", kind="prompt", id=1)
    assert (await audit(house))[-1] == (
        "prompt", 1, "delete", "Keeper", {"content": words, "metadata": {"k": 1}}, None,
    )  # fmt: skip


async def test_a_deleted_post_names_each_asset_that_went_with_it(house: "House") -> None:
    house.post(2)
    await house.good("record_civitai_post", posts=[77])
    gone = (await house.good("delete_recording", kind="post", id=77))["deleted_asset_ids"]
    deleted = [row[:3] for row in await audit(house) if row[2] == "delete"]
    assert deleted == [*(("asset", int(one), "delete") for one in gone), ("post", 77, "delete")]


async def test_a_change_that_is_refused_leaves_nothing(house: "House") -> None:
    await house.good("create_civitai_post", civitai_id=77)
    for tool, arguments in (
        ("create_civitai_post", {"civitai_id": 77}),
        ("update_civitai_post", {"post_id": 77, "title": None}),
        ("update_asset", {"asset_id": 1, "post_id": 77}),
        ("delete_recording", {"kind": "prompt", "id": 1}),
    ):
        await house.call(tool, **arguments)
    assert len(await audit(house)) == 1


@pytest.mark.parametrize("statement", ["update audit set actor = 'nobody'", "delete from audit"])
async def test_the_audit_cannot_be_rewritten(house: "House", statement: str) -> None:
    await house.good("create_prompt", prompt_text="a lighthouse")
    with pytest.raises(asyncpg.RaiseError, match="append-only"):
        await house.run(statement)
