"""What was changed or deleted by mistake comes back from the audit, under its id."""

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.house import House

RESTORE, UPDATE = "restore_recording", "update_asset"
EMPTY: dict[str, Any] = {"null": None, "nothing": "", "an empty list": [], "a blank": " "}


async def recorded(house: "House") -> dict[str, Any]:
    """Record a post of two media, and an asset that says all that one can say."""
    house.post(2, title="Lighthouses")
    await house.good("create_prompt", prompt_text="a lighthouse")
    await house.good("record_civitai_post", posts=[77])
    told: dict[str, Any] = await house.good(
        UPDATE,
        asset_id=1,
        input_prompt_id=1,
        output_prompt_id=1,
        input_asset_ids=[2],
        on_behalf_of="Ana",
        metadata={"a": 1},
    )
    return told


def said(told: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in told.items() if name not in {"updated_at", "as_of", "summary", "notes"}}


@pytest.mark.parametrize("name", EMPTY)
async def test_a_host_that_fills_what_it_does_not_give_erases_nothing(house: "House", name: str) -> None:
    before = await recorded(house)
    names = ("input_prompt_id", "output_prompt_id", "civitai_id", "civitai_url", "post_id", "on_behalf_of")
    filled = dict.fromkeys(names, "" if name == "an empty list" else EMPTY[name])
    lists = {"input_asset_ids": EMPTY[name], "clear": EMPTY[name]}
    told = await house.good(UPDATE, asset_id=1, metadata={"b": 2}, metadata_mode="merge", **filled, **lists)
    assert said(told) == said(before) | {"metadata": {"a": 1, "b": 2}}
    assert "cleared" not in told["summary"]


async def test_a_change_of_nothing_but_nulls_changes_nothing(house: "House") -> None:
    before = await recorded(house)
    keys = "input_prompt_id output_prompt_id civitai_id civitai_url post_id input_asset_ids metadata metadata_mode"
    told = await house.good(UPDATE, asset_id=1, **dict.fromkeys([*keys.split(), "on_behalf_of", "clear"]))
    assert said(told) == said(before)
    keys = "status title description metadata metadata_mode on_behalf_of clear"
    told = await house.good("update_civitai_post", post_id=77, **dict.fromkeys(keys.split()))
    assert (told["title"], told["status"]) == ("Lighthouses", "published")


async def test_the_last_change_is_undone_and_undone_again(house: "House") -> None:
    before = await recorded(house)
    told = await house.good(UPDATE, asset_id=1, clear="civitai_id, post_id input_prompt_id, input_asset_ids,metadata")
    assert told["summary"].endswith("; cleared: civitai_id, post_id, input_prompt_id, input_asset_ids, metadata.")
    undone = await house.good(RESTORE, kind="asset", id=1)
    names = {"civitai_id", "post_id", "input_prompt_id", "input_asset_ids", "metadata"}
    assert set(undone["fields"]) == names
    found = await house.good("find_asset", asset_id=1)
    assert {name: found[name] for name in names - {"metadata"}} == {name: before[name] for name in names - {"metadata"}}
    assert set((await house.good(RESTORE, kind="asset", id=1))["fields"]) == names
    assert (await house.good("find_asset", asset_id=1))["civitai_id"] is None


async def test_all_changes_since_a_time_are_undone_at_once(house: "House") -> None:
    await house.good("create_civitai_post", civitai_id=77, title="Lighthouses", description="at sea")
    since = house.advance(hours=1).isoformat()
    await house.good("update_civitai_post", post_id=77, title="Towers")
    await house.good("update_civitai_post", post_id=77, title="Trees", status="failed", clear=["description"])
    await house.good(RESTORE, kind="post", id=77, since=since)
    assert await house.rows("select title, description, status from posts") == [("Lighthouses", "at sea", "published")]


async def test_a_deleted_post_comes_back_with_its_assets_and_is_followed_again(house: "House") -> None:
    await recorded(house)
    rows = "select asset_id, image_id, post_id, input_prompt_id, input_asset_ids, on_behalf_of from assets order by 1"
    before = await house.rows(rows)
    await house.good(UPDATE, asset_id=1, clear=["input_asset_ids"])
    await house.good(RESTORE, kind="asset", id=1)
    await house.good("delete_recording", kind="post", id=77)
    told = await house.good(RESTORE, kind="post", id=77)
    assert (told["was_deleted"], told["restored_asset_ids"]) == (True, ["1", "2"])
    assert await house.rows(rows) == before
    assert await house.rows("select title, created_by from posts") == [("Lighthouses", "Keeper")]
    assert await house.rows("select kind, name from watches") == [("post", "77")]
    assert await house.rows("select distinct source from image_tracking") == [("recorded",)]
    made = await house.good("create_prompt", prompt_text="the next")
    assert made["id"] == "2"


@pytest.mark.parametrize("kind", ["asset", "prompt"])
async def test_a_deleted_asset_or_prompt_comes_back_under_its_id(house: "House", kind: str) -> None:
    house.post(1)
    await house.good("create_prompt", prompt_text="a lighthouse " * 100)
    await house.good("record_civitai_post", posts=[77])
    before = await house.rows(f"select to_jsonb({kind}s) - 'updated_at' - 'recorded_at' from {kind}s")
    await house.good("delete_recording", kind=kind, id=1)
    await house.good(RESTORE, kind=kind, id=1)
    assert await house.rows(f"select to_jsonb({kind}s) - 'updated_at' - 'recorded_at' from {kind}s") == before


async def test_an_asset_whose_image_has_another_one_now_does_not_come_back(house: "House") -> None:
    house.post(1)
    await house.good("record_civitai_post", posts=[77])
    await house.good("delete_recording", kind="asset", id=1)
    await house.good("record_civitai_post", posts=[77])
    told = await house.call(RESTORE, kind="asset", id=1)
    assert told.is_error
    assert "is recorded already as asset 2" in told.text


REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "never recorded": ({"kind": "asset", "id": 9}, "Asset 9 was neither changed nor deleted"),
    "never changed": ({"kind": "post", "id": 77}, "Post 77 was neither changed nor deleted"),
    "before it was recorded": (
        {"kind": "post", "id": 77, "since": "2020-01-01"}, "Post 77 was neither changed nor deleted then"
    ),
    "no time": ({"kind": "post", "id": 77, "since": "yesterday"}, "since 'yesterday' is no date"),
    "no kind": ({"kind": "image", "id": 77}, "'post', 'asset' or 'prompt'"),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
async def test_what_cannot_come_back_is_said_with_the_next_step(house: "House", name: str) -> None:
    await house.good("create_civitai_post", civitai_id=77)
    arguments, words = REFUSED[name]
    told = await house.call(RESTORE, **arguments)
    assert told.is_error
    assert words in told.text


async def test_a_post_recorded_anew_after_its_deletion_becomes_what_it_was(house: "House") -> None:
    await house.good("create_civitai_post", civitai_id=77, title="Lighthouses", on_behalf_of="Ana")
    since = house.advance(hours=1).isoformat()
    await house.good("delete_recording", kind="post", id=77)
    await house.good("create_civitai_post", civitai_id=77, title="Towers")
    assert "comes back with `since`" in (await house.call(RESTORE, kind="post", id=77)).text
    await house.good(RESTORE, kind="post", id=77, since=since)
    assert await house.rows("select title, on_behalf_of from posts") == [("Lighthouses", "Ana")]
