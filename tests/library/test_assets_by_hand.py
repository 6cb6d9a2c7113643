"""Files that users record before or beside Civitai, and how they are linked."""

import asyncio
import hashlib
from typing import TYPE_CHECKING, Any

import pytest

from civitai_engagement.sandbox import Item, Switches
from civitai_engagement.sandbox.media import media_bytes

if TYPE_CHECKING:
    from tests.house import House

CREATE, UPDATE = "create_asset", "update_asset"


def file_of(house: "House", item: Item) -> str:
    return f"{house.url}/media/{item.file_name}"


def digest_of(item: Item) -> str:
    return hashlib.sha256(media_bytes(item.file_name)).hexdigest()


async def created(house: "House", item: Item, **more: object) -> Any:
    return await house.good(
        CREATE, **{"asset_url": file_of(house, item), "asset_type": "image", "asset_source": "generated"} | more
    )


def publish_as_recorded(house: "House") -> None:
    """Let Civitai show files at the address they are recorded under."""
    house.world.switches = Switches(post_endpoint=True, local_media=True)


async def test_a_file_is_read_once_and_kept_with_all_it_refers_to(house: "House") -> None:
    one, two = house.post(2)
    prompt = await house.good("create_prompt", prompt_text="a lighthouse")
    await house.good("create_civitai_post", civitai_id=77, status="pending")
    source = await created(house, two, asset_source="upload")
    told = await created(
        house, one, input_prompt_id=prompt["id"], output_prompt_id=int(prompt["id"]), civitai_id=one.id, post_id=77,
        input_asset_ids=[source["id"], source["id"]], metadata={"take": 2}, on_behalf_of="Ana",
    )  # fmt: skip
    assert told["id"] == told["asset_id"] != source["id"]
    assert told["uri"] == told["asset_url"] == file_of(house, one)
    assert told["sha256sum"] == digest_of(one)
    assert (told["input_prompt_id"], told["output_prompt_id"]) == (prompt["id"], prompt["id"])
    assert (told["civitai_id"], told["civitai_url"]) == (str(one.id), f"{house.url}/images/{one.id}")
    assert (told["post_id"], told["input_asset_ids"], told["metadata"]) == ("77", [source["id"]], {"take": 2})
    assert len([asked for asked in await house.asked() if asked["path"].startswith("/media")]) == 2


async def test_the_same_file_twice_is_two_assets_and_says_so(house: "House") -> None:
    item = house.post(1)[0]
    first = await created(house, item)
    second = await created(house, item)
    assert second["same_file_asset_ids"] == [first["id"]]
    assert "1 asset recorded before hold" in second["notes"][0]


REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "a prompt not recorded": ({"input_prompt_id": "9"}, "no recorded prompt 9. Record it with create_prompt"),
    "an output not recorded": ({"output_prompt_id": 9}, "no recorded prompt 9"),
    "a post not recorded": ({"post_id": "77"}, "no recorded post 77. Record it with record_civitai_post"),
    "an asset not recorded": ({"input_asset_ids": ["1"]}, "no recorded asset 1"),
    "a prompt of words": ({"input_prompt_id": "first"}, "input_prompt_id 'first' is no prompt id. Pass the prompt_id"),
    "an odd number": ({"input_asset_ids": ["0x2A"]}, "input_asset_ids '0x2A' is no asset id"),
    "a negative number": ({"input_prompt_id": -1}, "is no prompt id"),
    "an image of words": ({"civitai_id": "mine"}, "neither an id nor a URL"),
    "two images": ({"civitai_id": 7, "civitai_url": "https://civitai.com/images/8"}, "name different images"),
    "another type": ({"asset_type": "video"}, "Pass asset_type=image"),
    "an unknown type": ({"asset_type": "gif"}, "'image', 'video' or 'audio'"),
    "a file that is not there": ({"asset_url": "{url}/media/none.jpeg"}, "has no such file (404). Check the URL"),
    "a path": ({"asset_url": "/etc/hostname"}, "Pass an http(s) URL"),
    "another scheme": ({"asset_url": "file:///etc/hostname"}, "Only URLs that start with https:// or http://"),
    "this machine": ({"asset_url": "http://localhost/x.png"}, "not on the public internet. Pass a URL that anybody"),
}


@pytest.mark.parametrize("name", REFUSED)
async def test_what_is_wrong_is_said_and_nothing_is_recorded(house: "House", name: str) -> None:
    item = house.post(1)[0]
    wrong, said = REFUSED[name]
    good: dict[str, Any] = {"asset_url": file_of(house, item), "asset_type": "image", "asset_source": "generated"}
    filled = {key: value.format(url=house.url) if isinstance(value, str) else value for key, value in wrong.items()}
    told = await house.call(CREATE, **good | filled)
    assert told.is_error
    assert said in told.text
    assert await house.rows("select count(*) from assets") == [(0,)]


async def test_one_civitai_image_is_one_asset(house: "House") -> None:
    one, two = house.post(2)
    first = await created(house, one, civitai_id=one.id)
    again = await house.call(
        CREATE, asset_url=file_of(house, two), asset_type="image", asset_source="upload", civitai_id=one.id
    )
    assert f"is recorded already as asset {first['id']}. Change that one with update_asset" in again.text
    second = await created(house, two)
    moved = await house.call(UPDATE, asset_id=second["id"], civitai_id=one.id)
    assert f"is recorded already as asset {first['id']}" in moved.text


async def test_processes_that_record_one_image_at_once_make_one_asset(house: "House") -> None:
    items = house.post(4)
    calls = [
        house.call(
            CREATE, on=house.another(), asset_url=file_of(house, one), asset_type="image", asset_source="generated",
            civitai_id=items[0].id,
        )
        for one in items
    ]  # fmt: skip
    told = await asyncio.gather(*calls)
    assert sorted(one.is_error for one in told) == [False, True, True, True]
    assert all("is recorded already as asset" in one.text for one in told if one.is_error)


async def test_what_is_not_given_stays_null_and_nothing_included_and_only_clear_empties(house: "House") -> None:
    item = house.post(1)[0]
    prompt = (await house.good("create_prompt", prompt_text="a lighthouse"))["id"]
    await house.good("create_civitai_post", civitai_id=77)
    made = await created(house, item, input_prompt_id=prompt, output_prompt_id=prompt, post_id=77, on_behalf_of="Ana")
    told = await house.good(UPDATE, asset_id=made["id"], civitai_id=str(item.id), output_prompt_id=None, post_id="")
    assert (told["input_prompt_id"], told["output_prompt_id"]) == (prompt, prompt)
    assert (told["civitai_id"], told["post_id"], told["on_behalf_of"]) == (str(item.id), "77", "Ana")
    told = await house.good(UPDATE, asset_id=made["id"], clear=["civitai_url", "input_prompt_id"])
    assert (told["civitai_id"], told["civitai_url"], told["input_prompt_id"]) == (None, None, None)


@pytest.mark.parametrize(
    ("arguments", "image"),
    [
        ({"civitai_id": "5", "civitai_url": None}, "5"),
        ({"civitai_id": "", "civitai_url": "https://civitai.com/images/5/"}, "5"),
        ({"civitai_id": 5, "civitai_url": "https://civitai.com/images/5?postId=1"}, "5"),
        ({"civitai_id": None, "civitai_url": None}, "4"),
        ({"civitai_id": "null", "civitai_url": "None"}, "4"),
        ({"clear": ["civitai_id"]}, None),
        ({"clear": '["civitai_url"]'}, None),
    ],
)
async def test_the_id_and_the_url_of_an_image_are_one_thing(
    house: "House", arguments: dict[str, Any], image: str | None
) -> None:
    made = await created(house, house.post(1)[0], civitai_id=4)
    assert (await house.good(UPDATE, asset_id=made["id"], **arguments))["civitai_id"] == image


async def test_metadata_is_merged_replaced_or_cleared(house: "House") -> None:
    made = await created(house, house.post(1)[0], metadata={"a": 1, "b": 2})

    async def after(**arguments: object) -> Any:
        return (await house.good(UPDATE, asset_id=made["id"], **arguments))["metadata"]

    assert await after(metadata={"b": 3, "c": None}) == {"a": 1, "b": 3, "c": None}
    assert await after(metadata={"d": 4}, metadata_mode=None) == {"a": 1, "b": 3, "c": None, "d": 4}
    assert await after(metadata={"e": 5}, metadata_mode="replace") == {"e": 5}
    assert await after(metadata=None) == {"e": 5}
    assert await after(metadata={}, metadata_mode="replace") == {"e": 5}
    assert await after(clear="metadata") == {}


async def test_an_empty_change_changes_nothing(house: "House") -> None:
    made = await created(house, house.post(1)[0])
    house.advance(hours=1)
    assert (await house.good(UPDATE, asset_id=int(made["id"])))["updated_at"] == made["updated_at"]
    assert await house.rows("select count(*) from audit where action = 'update'") == [(0,)]


CHANGES: dict[str, tuple[dict[str, Any], str]] = {
    "no asset": ({"asset_id": "9"}, "no recorded asset 9. Record it with create_asset or record_civitai_post"),
    "none named": ({"asset_id": ""}, "asset_id is empty"),
    "blanks": ({"asset_id": " "}, "asset_id is empty"),
    "zero": ({"asset_id": "0"}, "asset_id '0' is no asset id"),
    "itself": ({"input_asset_ids": [1]}, "Asset 1 cannot be made from itself"),
    "a prompt not recorded": ({"input_prompt_id": 5}, "no recorded prompt 5"),
    "a post not recorded": ({"post_id": 5}, "no recorded post 5"),
    "the file cleared": ({"clear": ["asset_url"]}, "'asset_url' cannot be cleared. These can: civitai_id"),
    "given and cleared": ({"post_id": 77, "clear": ["post_id"]}, "post_id is both given and cleared"),
    "the file changed": ({"asset_url": "x"}, "no parameter 'asset_url'"),
}


@pytest.mark.parametrize("name", CHANGES)
async def test_a_change_that_cannot_be_is_refused_with_the_next_step(house: "House", name: str) -> None:
    made = await created(house, house.post(1)[0])
    arguments, said = CHANGES[name]
    told = await house.call(UPDATE, **{"asset_id": made["id"]} | arguments)
    assert told.is_error
    assert said in told.text


async def test_a_file_recorded_before_is_recognised_by_its_address(house: "House") -> None:
    publish_as_recorded(house)
    items = house.post(2)
    mine = await created(house, items[1], metadata={"take": 2}, asset_source="upload")
    (told,) = (await house.good("record_civitai_post", posts=[77]))["results"]
    assert (told["new_assets"], told["note"]) == (1, "1 media recorded before publication recognised.")
    found = await house.good("find_asset", civitai_id=items[1].id)
    assert (found["asset_id"], found["asset_source"], found["post_id"]) == (mine["id"], "upload", "77")
    assert found["metadata"]["take"] == 2


async def test_a_file_recorded_under_another_address_is_recognised_by_its_digest_and_keeps_its_address(
    house: "House",
) -> None:
    item = house.post(1)[0]
    mine = await created(house, item)
    await house.run("update assets set asset_url = 'https://example.com/original.png'")
    publish_as_recorded(house)
    (told,) = (await house.good("record_civitai_post", posts=[77], hash_files=True))["results"]
    assert told["new_assets"] == 0
    found = await house.good("find_asset", civitai_id=item.id)
    assert (found["asset_id"], found["asset_url"]) == (mine["id"], "https://example.com/original.png")


async def test_of_several_candidates_the_one_of_the_post_is_recognised_and_no_other_touched(house: "House") -> None:
    publish_as_recorded(house)
    item = house.post(1)[0]
    for post_id in (77, 88):
        await house.good("create_civitai_post", civitai_id=post_id)
    first, elsewhere, here = [await created(house, item, **more) for more in ({}, {"post_id": 88}, {"post_id": 77})]
    await house.good("record_civitai_post", posts=[77])
    assert await house.rows("select asset_id, image_id, post_id from assets order by 1") == [
        (int(first["id"]), None, None),
        (int(elsewhere["id"]), None, 88),
        (int(here["id"]), item.id, 77),
    ]


async def test_a_file_recorded_for_another_post_only_is_left_there(house: "House") -> None:
    publish_as_recorded(house)
    item = house.post(1)[0]
    await house.good("create_civitai_post", civitai_id=88)
    await created(house, item, post_id=88)
    (told,) = (await house.good("record_civitai_post", posts=[77]))["results"]
    assert told["new_assets"] == 1
    assert await house.rows("select image_id, post_id from assets order by asset_id") == [(None, 88), (item.id, 77)]


async def test_one_file_published_twice_in_a_post_is_recognised_once(house: "House") -> None:
    house.world.switches = Switches(post_endpoint=True)
    for _ in range(2):
        house.world.add_item(
            {"id": 500 + len(house.ids()), "postId": 77, "url": f"{house.url}/media/same.png", "type": "image",
             "createdAt": "2026-05-01T00:00:00Z", "stats": {}},
        )  # fmt: skip
    item = house.post(1, 78)[0]
    mine = await created(house, item)
    await house.run("update assets set asset_url = $1", f"{house.url}/media/same.png")
    (told,) = (await house.good("record_civitai_post", posts=[77]))["results"]
    assert (told["assets"], told["new_assets"]) == (2, 1)
    rows = await house.rows("select asset_id, image_id from assets where post_id = 77 order by image_id")
    assert rows[0] == (int(mine["id"]), 500)
    assert rows[1][0] != int(mine["id"])


async def recorded_first(house: "House", *, meta: str = "a lighthouse") -> tuple[Item, Any]:
    """A post recorded before one of its files, so that its image has an asset already: asset 1."""
    items = house.post(2)
    house.world.change(items[0].id, meta={"prompt": meta})
    await house.good("record_civitai_post", posts=[77])
    return items[0], await created(house, items[0], metadata={"take": 2})


async def test_a_file_linked_after_its_post_was_recorded_takes_over_what_recording_made_of_its_image(
    house: "House",
) -> None:
    item, mine = await recorded_first(house)
    told = await house.good(UPDATE, asset_id=mine["id"], civitai_id=item.id, post_id=77)
    assert told["summary"] == (
        f"Asset {mine['id']} (image, generated) is up to date, part of post 77, and took over asset 1."
    )
    assert any("asset 1" in note and "stands in its place" in note for note in told["notes"])
    assert (told["sha256sum"], told["asset_url"], told["metadata"]) == (
        digest_of(item), file_of(house, item), {"take": 2},
    )  # fmt: skip
    found = await house.good("find_asset", civitai_id=item.id)
    assert (found["asset_id"], found["matches"], found["engagement"]["like"]) == (mine["id"], 1, 1)
    assert found["input_prompt"]["prompt_text"] == "a lighthouse"
    (again,) = (await house.good("record_civitai_post", posts=[77]))["results"]
    assert (again["assets"], again["new_assets"]) == (2, 0)


async def test_a_file_that_takes_over_keeps_its_own_prompt_and_gets_the_post_without_naming_it(house: "House") -> None:
    prompt = (await house.good("create_prompt", prompt_text="my own words"))["id"]
    item, mine = await recorded_first(house)
    await house.good(UPDATE, asset_id=mine["id"], input_prompt_id=prompt)
    told = await house.good(UPDATE, asset_id=mine["id"], civitai_url=f"https://civitai.com/images/{item.id}")
    assert (told["input_prompt_id"], told["post_id"]) == (prompt, "77")
    assert await house.rows("select count(*) from prompts") == [(2,)]


async def test_a_prompt_that_is_cleared_while_linking_stays_cleared(house: "House") -> None:
    item, mine = await recorded_first(house)
    told = await house.good(UPDATE, asset_id=mine["id"], civitai_id=item.id, clear=["input_prompt_id"])
    assert (told["input_prompt_id"], told["post_id"]) == (None, "77")


async def test_what_was_made_from_the_asset_that_is_gone_is_made_from_the_one_in_its_place(house: "House") -> None:
    item, mine = await recorded_first(house)
    sources = (["1", "2"], [mine["id"], "1"], ["2"])
    made = [await created(house, item, input_asset_ids=one) for one in sources]
    await house.good(UPDATE, asset_id=mine["id"], civitai_id=item.id)
    after = [(await house.good("find_asset", asset_id=one["id"]))["input_asset_ids"] for one in made]
    assert after == [[mine["id"], "2"], [mine["id"]], ["2"]]


USERS_OWN: dict[str, dict[str, Any]] = {
    "a note": {"asset_id": 1, "metadata": {"mood": "grey"}},
    "a person": {"asset_id": 1, "on_behalf_of": "Alice"},
    "a prompt made from it": {"asset_id": 1, "output_prompt_id": 1},
    "a prompt of the user's": {"asset_id": 1, "clear": ["input_prompt_id"]},
    "what it was made from": {"asset_id": 1, "input_asset_ids": [2]},
    "an image of the user's": {"asset_id": 1, "civitai_id": 999},
    "being what the file was made from": {"asset_id": 3, "input_asset_ids": [1]},
}


@pytest.mark.parametrize("name", USERS_OWN)
async def test_an_asset_that_holds_what_a_user_entered_is_not_taken_over_and_the_way_is_named(
    house: "House", name: str
) -> None:
    _, mine = await recorded_first(house)
    await house.good(UPDATE, **USERS_OWN[name])
    image = (await house.rows("select image_id from assets where asset_id = 1"))[0][0]
    audited = await house.rows("select count(*) from audit")
    refused = await house.call(UPDATE, asset_id=mine["id"], civitai_id=image)
    way = (
        'Change that one with update_asset, or delete it with delete_recording(kind="asset", id="1"), then link again.'
    )
    assert (refused.is_error, refused.text) == (True, f"Civitai image {image} is recorded already as asset 1. {way}")
    assert await house.rows("select count(*) from audit") == audited
    await house.good(UPDATE, asset_id=mine["id"], clear=["input_asset_ids"])
    await house.good("delete_recording", kind="asset", id="1")
    assert (await house.good(UPDATE, asset_id=mine["id"], civitai_id=image))["civitai_id"] == str(image)


async def test_a_file_recorded_with_its_image_after_the_post_hears_how_to_link_it(house: "House") -> None:
    item, _ = await recorded_first(house)
    told = await house.call(
        CREATE, asset_url=file_of(house, item), asset_type="image", asset_source="upload", civitai_id=item.id
    )
    assert told.text.endswith(
        "is recorded already as asset 1. Record the file without civitai_id, then link it with update_asset: "
        "it takes over that asset."
    )


async def test_of_processes_that_link_one_image_at_once_one_does(house: "House") -> None:
    item, _ = await recorded_first(house)
    for _ in range(3):
        await created(house, item)
    calls = [house.call(UPDATE, on=house.another(), asset_id=one, civitai_id=item.id) for one in (3, 4, 5, 6)]
    told = await asyncio.gather(*calls)
    assert sorted(one.is_error for one in told) == [False, True, True, True]
    assert await house.rows("select count(*) from assets where image_id = $1", item.id) == [(1,)]
    assert await house.rows("select count(*) from assets") == [(5,)]
