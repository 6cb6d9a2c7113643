import json
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from civitai_engagement.sandbox import Counts, Item, Pinned, Switches, World, gallery
from civitai_engagement.sandbox.catalogue import ModelVersion
from civitai_engagement.sandbox.items import user_id

from .conftest import Ask

SAMPLES = Path(__file__).resolve().parents[2] / ".." / "shared" / "civitai-samples"
KEYS = [
    "id", "url", "hash", "width", "height", "nsfwLevel", "type", "nsfw", "browsingLevel", "createdAt", "postId",
    "stats", "meta", "username", "baseModel", "modelVersionIds",
]  # fmt: skip
META = {"prompt": "a paper boat", "seed": 7}


def ids(answer: httpx.Response) -> list[int]:
    assert answer.status_code == 200, answer.text
    return [item["id"] for item in answer.json()["items"]]


def metadata(answer: httpx.Response) -> dict[str, Any]:
    found: dict[str, Any] = answer.json()["metadata"]
    return found


async def walk(ask: Ask, **params: Any) -> list[list[int]]:
    """Follow the cursors to the end; the ids of each page."""
    pages, cursor = [], None
    while True:
        answer = await ask(**params, **({} if cursor is None else {"cursor": cursor}))
        pages.append(ids(answer))
        cursor = metadata(answer).get("nextCursor")
        if cursor is None:
            return pages


def numbered(world: World, count: int, **fields: Any) -> None:
    """A post of items 1 to `count`, of which item 1 is the oldest and has the most likes."""
    start = world.now() - timedelta(days=1)
    items = [
        Item(
            id=number,
            published_at=start + timedelta(minutes=number),
            counters=Pinned(Counts(like=count - number, comment=number)),
            **fields,
        )
        for number in range(1, count + 1)
    ]
    world.add_post(post_id=7, username="ana", items=items)


async def test_an_item_has_the_keys_of_civitai_in_their_order(world: World, ask: Ask) -> None:
    numbered(world, 1)
    (item,) = (await ask()).json()["items"]
    assert list(item) == KEYS
    assert item["url"].startswith("https://image.civitai.com/xG1nkqKTMzGDvpLrqFT7WA/")
    assert item["url"].endswith(".jpeg")
    assert "/original=true/" in item["url"]
    assert item["createdAt"] == "2026-07-31T12:01:00.000Z"


async def test_stats_are_six_whole_numbers_and_dislikes_are_zero(world: World, ask: Ask) -> None:
    world.add_post(items=[Item(counters=Pinned(Counts(like=4, heart=3, laugh=2, cry=1, comment=9)))])
    (item,) = (await ask()).json()["items"]
    assert json.dumps(item["stats"]) == (
        '{"cryCount": 1, "laughCount": 2, "likeCount": 4, "dislikeCount": 0, "heartCount": 3, "commentCount": 9}'
    )


@pytest.mark.parametrize(
    ("level", "name", "nsfw"),
    [(1, "None", False), (2, "Soft", True), (4, "Mature", True), (8, "X", True), (16, "X", True)],
)
async def test_levels_are_named_and_pg13_counts_as_nsfw(
    world: World, ask: Ask, level: int, name: str, nsfw: bool
) -> None:
    world.add_post(items=[Item(level=level)])
    (item,) = (await ask(browsingLevel=31)).json()["items"]
    assert (item["browsingLevel"], item["nsfwLevel"], item["nsfw"]) == (level, name, nsfw)


async def test_only_pg_is_shown_unless_more_is_asked_for(world: World, ask: Ask) -> None:
    world.add_post(items=[*gallery(5), Item(level=32)])
    one, two, four, eight, sixteen = sorted(ids(await ask(browsingLevel=31)))
    assert ids(await ask()) == [one]
    assert sorted(ids(await ask(nsfw="true"))) == [four, eight, sixteen]
    assert sorted(ids(await ask(nsfw="Soft"))) == [one, two]


async def test_a_restricted_region_gets_pg_and_pg13_whatever_it_asks(world: World, ask: Ask) -> None:
    world.add_post(items=gallery(5))
    world.switches = Switches(restricted_region=True)
    assert len(ids(await ask(browsingLevel=31))) == 2
    assert len(ids(await ask())) == 2


async def test_videos_and_sounds_have_their_own_endings(world: World, ask: Ask) -> None:
    world.add_post(items=[Item(type="video"), Item(type="audio")])
    assert {item["type"]: item["url"][-4:] for item in (await ask()).json()["items"]} == {
        "video": ".mp4",
        "audio": ".mp3",
    }
    assert len(ids(await ask(type="video"))) == 1


async def test_item_urls_can_point_at_the_sandbox_itself(world: World, ask: Ask) -> None:
    numbered(world, 1)
    world.switches = Switches(local_media=True)
    assert (await ask()).json()["items"][0]["url"].startswith("http://sandbox/media/")


async def test_thumbnails_are_new_and_belong_to_videos(world: World, ask: Ask) -> None:
    world.add_post(items=[Item(type="video"), Item()])
    world.switches = Switches(thumbnails=True)
    thumbnails = {item["type"]: item["thumbnail"] for item in (await ask()).json()["items"]}
    assert thumbnails["image"] is None
    assert thumbnails["video"]["url"].endswith(".jpeg")


async def test_meta_is_null_unless_it_is_asked_for(world: World, ask: Ask) -> None:
    numbered(world, 1, meta=META)
    assert (await ask()).json()["items"][0]["meta"] is None
    assert (await ask(withMeta="false")).json()["items"][0]["meta"] is None


@pytest.mark.parametrize(
    ("params", "nested"),
    [({}, False), ({"flatMeta": "false"}, True), ({"imageId": 1}, True), ({"imageId": 1, "flatMeta": "true"}, False)],
)
async def test_meta_is_nested_on_the_legacy_back_end_unless_flat_is_asked_for(
    world: World, ask: Ask, params: dict[str, Any], nested: bool
) -> None:
    numbered(world, 1, meta=META)
    (item,) = (await ask(withMeta="true", **params)).json()["items"]
    assert item["meta"] == ({"id": 1, "meta": META} if nested else META)


async def test_tags_are_shown_only_when_asked_for(world: World, ask: Ask) -> None:
    numbered(world, 1, tags=((111, "landscape"),))
    assert "tags" not in (await ask()).json()["items"][0]
    assert (await ask(withTags="true")).json()["items"][0]["tags"] == [{"id": 111, "name": "landscape"}]


async def test_images_that_require_meta_are_practically_none(world: World, ask: Ask) -> None:
    numbered(world, 3, meta=META)
    assert ids(await ask(requiringMeta="true")) == []


@pytest.mark.parametrize(("params", "shown"), [({}, "unknown"), ({"imageId": 1}, None)])
async def test_a_deleted_user_is_unknown_on_the_feed_and_null_on_legacy(
    world: World, ask: Ask, params: dict[str, Any], shown: str | None
) -> None:
    world.add_post(username=None, items=[Item(id=1, username=None)])
    assert (await ask(**params)).json()["items"][0]["username"] == shown


async def test_a_deleted_user_is_absent_on_the_index(world: World, ask: Ask) -> None:
    world.add_post(username=None, items=[Item(username=None)])
    world.switches = Switches(engine="index")
    assert "username" not in (await ask()).json()["items"][0]


async def test_base_models_run_together_on_the_feed_only(world: World, ask: Ask) -> None:
    world.add_post(items=[Item(id=1, base_models=("Illustrious", "Illustrious")), Item(id=2, base_models=())])
    feed = {item["id"]: item["baseModel"] for item in (await ask()).json()["items"]}
    assert feed == {1: "IllustriousIllustrious", 2: ""}
    assert (await ask(imageId=1)).json()["items"][0]["baseModel"] == "Illustrious"
    assert (await ask(imageId=2)).json()["items"][0]["baseModel"] is None


async def test_the_feed_lists_only_the_versions_it_detected_itself(world: World, ask: Ask) -> None:
    world.add_post(items=[Item(id=1, model_version_ids=(5,), manual_version_ids=(6,))])
    assert (await ask()).json()["items"][0]["modelVersionIds"] == [5]
    assert (await ask(imageId=1)).json()["items"][0]["modelVersionIds"] == [5, 6]
    assert ids(await ask(modelVersionId=6)) == []
    assert ids(await ask(modelVersionId=5)) == [1]


async def test_the_feed_says_the_sort_date_and_legacy_the_upload(world: World, ask: Ask) -> None:
    numbered(world, 1, uploaded_at=world.now() - timedelta(days=9))
    world.republish(1)
    assert (await ask()).json()["items"][0]["createdAt"] == "2026-08-01T12:00:00.000Z"
    assert (await ask(imageId=1)).json()["items"][0]["createdAt"] == "2026-07-23T12:00:00.000Z"


async def test_a_raw_item_passes_unchanged(world: World, ask: Ask) -> None:
    raw = {
        "stats": {"likeCount": 3},
        "id": 5,
        "postId": 9,
        "meta": META,
        "createdAt": "2026-01-01T00:00:00Z",
        "own": [1.50],
    }
    world.add_item(raw)
    (item,) = (await ask(postId=9, withMeta="true")).json()["items"]
    assert item == raw
    assert list(item) == list(raw)


@pytest.mark.skipif(not SAMPLES.exists(), reason="the recorded items are not on this machine")
async def test_a_recorded_item_passes_unchanged(world: World, ask: Ask) -> None:
    recorded = json.loads((SAMPLES / "rest-image-item-98780806.json").read_text())
    world.add_post(post_id=21918779, username=recorded["username"], items=[recorded])
    (item,) = (await ask(postId=21918779, withMeta="true", flatMeta="true")).json()["items"]
    assert json.dumps(item) == json.dumps(recorded)


async def test_a_malformed_raw_item_is_served_as_it_stands(world: World, ask: Ask) -> None:
    raw = {"id": 5, "postId": 9, "createdAt": "yesterday", "stats": None, "username": 3, "baseModel": 1, "type": "gif"}
    world.add_item(raw)
    assert (await ask(postId=9)).json()["items"] == [raw]


async def test_counters_set_later_show_on_a_raw_item(world: World, ask: Ask) -> None:
    world.add_item({"id": 5, "postId": 9, "stats": {"likeCount": 3}})
    world.set_stats(5, heart=2)
    stats = (await ask(postId=9)).json()["items"][0]["stats"]
    assert (stats["likeCount"], stats["heartCount"], stats["cryCount"]) == (3, 2, 0)


async def test_the_feed_sorts_as_it_is_asked(world: World, ask: Ask) -> None:
    numbered(world, 3)
    assert ids(await ask()) == [1, 2, 3]
    assert ids(await ask(sort="Most Comments")) == [3, 2, 1]
    assert ids(await ask(sort="Newest")) == [3, 2, 1]
    assert ids(await ask(sort="Oldest")) == [1, 2, 3]
    world.set_stats(2, heart=9)
    assert ids(await ask(sort="Most Collected"))[0] == 2


async def test_legacy_ignores_engagement_sorts(world: World, ask: Ask) -> None:
    world.versions[5] = ModelVersion(5, 50, "plainModel", "v1", "SDXL 1.0", world.now())
    numbered(world, 3, model_version_ids=(5,))
    assert ids(await ask(modelId=50)) == [3, 2, 1]
    assert ids(await ask(modelId=50, sort="Oldest")) == [1, 2, 3]
    assert ids(await ask(modelId=50, modelVersionId=5)) == [1, 2, 3]
    assert ids(await ask(modelId=51)) == []


async def test_the_index_keeps_post_order_inside_a_post(world: World, ask: Ask) -> None:
    world.switches = Switches(engine="index")
    world.add_post(post_id=7, items=[Item(id=3), Item(id=1), Item(id=2)])
    assert ids(await ask(postId=7, sort="Newest")) == [3, 1, 2]


async def test_random_needs_a_collection(ask: Ask) -> None:
    answer = await ask(sort="Random")
    assert (answer.status_code, answer.json()) == (
        400,
        {"error": "Random sort requires a collectionId", "code": "BAD_REQUEST"},
    )


async def test_filters_choose_by_post_user_type_base_model_and_tag(world: World, ask: Ask) -> None:
    world.add_post(
        post_id=7, username="ana", items=[Item(id=1, tags=((1, "a"), (2, "b"))), Item(id=2, base_models=("Pony",))]
    )
    world.add_post(post_id=8, username="Boreal", items=[Item(id=3, type="video", tags=((1, "a"),))])
    assert ids(await ask(postId=8)) == [3]
    assert ids(await ask(username="bOREAL")) == [3]
    assert ids(await ask(userId=user_id("Boreal"))) == [3]
    assert ids(await ask(type="video")) == [3]
    assert ids(await ask(baseModels="Pony,SD 1.5")) == [2]
    assert sorted(ids(await ask(tags="1,2"))) == [1, 3]
    world.switches = Switches(keyset_cursors=True)
    assert ids(await ask(tags="1,2")) == [1]


async def test_a_period_chooses_by_sort_date(world: World, ask: Ask) -> None:
    fresh, old = world.now() - timedelta(hours=20), world.now() - timedelta(hours=26)
    world.add_post(post_id=7, items=[Item(id=1, published_at=fresh), Item(id=2, published_at=old)])
    assert ids(await ask(period="Day")) == [1]
    assert ids(await ask(ids="1,2", period="Day")) == [1]
    world.switches = Switches(ids=True)
    world.change(2, published_at=world.now() - timedelta(hours=35))
    assert ids(await ask(ids="1,2", period="Day")) == [2, 1]


@pytest.mark.parametrize("params", [{"postID": 7}, {"postId": ""}, {"postId": 0}, {"username": ""}, {"imageId": ""}])
async def test_an_unknown_or_empty_filter_gives_the_global_feed(world: World, ask: Ask, params: dict[str, Any]) -> None:
    numbered(world, 2)
    world.add_post(post_id=8, items=[Item(id=3)])
    assert sorted(ids(await ask(**params))) == [1, 2, 3]


@pytest.mark.parametrize("params", [{"postId": 99}, {"imageId": 99}, {"username": "nobody"}])
async def test_what_does_not_exist_is_an_empty_list(world: World, ask: Ask, params: dict[str, Any]) -> None:
    numbered(world, 2)
    assert (await ask(**params)).json() == {"items": [], "metadata": {}}


async def test_an_unknown_user_is_not_found_on_index_and_legacy(world: World, ask: Ask) -> None:
    numbered(world, 1)
    not_found = (404, {"error": "User not found", "code": "NOT_FOUND"})
    legacy = await ask(imageId=1, username="nobody")
    assert (legacy.status_code, legacy.json()) == not_found
    world.switches = Switches(engine="index")
    index = await ask(username="nobody")
    assert (index.status_code, index.json()) == not_found
    assert ids(await ask(username="ana")) == [1]


async def test_the_feed_walks_by_offset_to_a_page_without_cursor(world: World, ask: Ask) -> None:
    numbered(world, 5)
    first = await ask(limit=2)
    assert metadata(first)["nextCursor"].startswith("2|")
    assert await walk(ask, limit=2) == [[1, 2], [3, 4], [5]]
    assert metadata(await ask(cursor="4|1")) == {}


async def test_a_last_page_that_is_full_has_no_cursor(world: World, ask: Ask) -> None:
    numbered(world, 4)
    assert await walk(ask, limit=2) == [[1, 2], [3, 4]]


async def test_hidden_media_make_pages_short_or_empty_but_not_last(world: World, ask: Ask) -> None:
    numbered(world, 6)
    for number in (2, 3, 4):
        world.change(number, hidden=True)
    assert await walk(ask, limit=2) == [[1], [], [5, 6]]
    assert ids(await ask(imageId=2)) == []


async def test_an_item_inserted_between_two_pages_repeats_another(world: World, ask: Ask) -> None:
    numbered(world, 4)
    first = await ask(limit=2, sort="Newest")
    world.add_item(Item(id=9, published_at=world.now()), post_id=7)
    second = await ask(limit=2, sort="Newest", cursor=metadata(first)["nextCursor"])
    assert (ids(first), ids(second)) == ([4, 3], [3, 2])


async def test_the_index_ignores_what_is_newer_than_its_first_page(world: World, ask: Ask) -> None:
    numbered(world, 4)
    world.switches = Switches(engine="index")
    first = await ask(limit=2, sort="Newest")
    world.add_item(Item(id=9, published_at=world.now()), post_id=7)
    second = await ask(limit=2, sort="Newest", cursor=metadata(first)["nextCursor"])
    assert ids(second) == [2, 1]
    assert ids(await ask(username="ana", sort="Newest"))[0] == 9
    assert metadata(await ask(postId=99)) == {}


async def test_the_index_refuses_a_cursor_it_cannot_read(world: World, ask: Ask) -> None:
    world.switches = Switches(engine="index")
    answer = await ask(cursor="feed:1:2")
    assert (answer.status_code, answer.json()["error"]) == (400, "Invalid cursor: feed:1:2")


async def test_legacy_loses_one_item_at_each_page_boundary(world: World, ask: Ask) -> None:
    world.switches = Switches(ids=True)
    numbered(world, 7)
    asked = {"ids": "1,2,3,4,5,6,7", "limit": 2}
    first = await ask(**asked)
    assert metadata(first)["nextCursor"] == 5
    assert await walk(ask, **asked) == [[7, 6], [4, 3], [1]]
    assert await walk(ask, **asked, sort="Oldest") == [[1, 2], [3, 4], [5, 6], [7]]


async def test_the_new_cursors_walk_by_value_and_id(world: World, ask: Ask) -> None:
    world.switches = Switches(keyset_cursors=True)
    numbered(world, 5)
    first = await ask(limit=2, sort="Newest")
    assert metadata(first)["nextCursor"] == "feed:1785499440000:4"
    world.add_item(Item(id=9, published_at=world.now()), post_id=7)
    assert ids(await ask(limit=2, sort="Newest", cursor=metadata(first)["nextCursor"])) == [3, 2]
    assert await walk(ask, limit=2, sort="Oldest") == [[1, 2], [3, 4], [5, 9]]
    assert ids(await ask(limit=2, cursor="2|1")) == [3, 4]


async def test_an_unreadable_new_cursor_is_refused(world: World, ask: Ask) -> None:
    world.switches = Switches(keyset_cursors=True)
    answer = await ask(cursor="feed:x")
    assert (answer.status_code, answer.json()) == (400, {"message": "Invalid cursor"})


async def test_a_cursor_of_another_dialect_is_misread_as_an_offset(world: World, ask: Ask) -> None:
    numbered(world, 4)
    assert ids(await ask(cursor="3")) == [4]
    assert ids(await ask(cursor="feed:1:2")) == [1, 2, 3, 4]


async def test_the_feed_ends_at_its_deepest_offset(world: World, ask: Ask) -> None:
    numbered(world, 2)
    assert (await ask(cursor="50000|1")).json() == {"items": [], "metadata": {}}


async def test_a_page_is_ignored_on_the_feed_and_says_so_nowhere(world: World, ask: Ask) -> None:
    numbered(world, 5)
    second = await ask(limit=2, page=2)
    assert ids(second) == [1, 2]
    told = metadata(second)
    assert (told["currentPage"], told["pageSize"]) == (2, 2)
    assert told["nextCursor"].startswith("2|")
    assert parse_qs(urlsplit(told["nextPage"]).query)["page"] == ["3"]


async def test_a_page_is_honoured_on_legacy(world: World, ask: Ask) -> None:
    world.switches = Switches(ids=True)
    numbered(world, 5)
    assert ids(await ask(ids="1,2,3,4,5", limit=2, page=2)) == [3, 2]


async def test_the_last_page_by_page_still_says_which_one_it_is(world: World, ask: Ask) -> None:
    numbered(world, 1)
    assert metadata(await ask(page=1)) == {"currentPage": 1, "pageSize": 100}


async def test_too_many_pages_are_refused_and_exactly_a_thousand_items_are_not(ask: Ask) -> None:
    refused = await ask(limit=200, page=6)
    assert (refused.status_code, refused.json()) == (
        429,
        {"error": "You've requested too many pages, please use cursors instead"},
    )
    assert (await ask(limit=200, page=5)).status_code == 200
    assert (await ask(limit=200, page=6, cursor="0|1")).status_code == 200


async def test_parameters_are_checked_before_the_page_cap(ask: Ask) -> None:
    assert (await ask(limit=200, page=6, sort="x")).status_code == 400


async def test_the_next_page_repeats_every_parameter_and_the_token(world: World, ask: Ask) -> None:
    numbered(world, 5)
    told = metadata(await ask(limit=2, token="secret", tags="", anything="x", cursor="0|1"))
    assert told == {}
    told = metadata(await ask(limit=2, token="secret", anything="x", cursor="0|1"))
    address = urlsplit(told["nextPage"])
    assert (address.scheme, address.netloc, address.path) == ("http", "sandbox", "/api/v1/images")
    assert parse_qs(address.query) == {
        "limit": ["2"], "token": ["secret"], "anything": ["x"], "cursor": [told["nextCursor"]],
    }  # fmt: skip
    assert "%7C" in address.query


async def test_a_limit_of_zero_breaks_the_feed_and_not_the_others(world: World, ask: Ask) -> None:
    numbered(world, 2)
    broken = await ask(limit=0)
    assert broken.status_code == 500
    assert "code" not in broken.json()
    assert (await ask(limit=0.5)).status_code == 500
    assert ids(await ask(limit=0, imageId=1)) == []
    world.switches = Switches(engine="index")
    assert ids(await ask(limit=0)) == []


async def test_the_limit_is_a_hundred_unless_said_and_two_hundred_at_most(world: World, ask: Ask) -> None:
    world.add_post(items=gallery(250, levels=[1]))
    assert len(ids(await ask())) == 100
    assert len(ids(await ask(limit=200))) == 200
    assert (await ask(limit=201)).status_code == 400


async def test_ids_are_ignored_until_switched_on_and_omit_what_is_missing(world: World, ask: Ask) -> None:
    numbered(world, 4)
    assert ids(await ask(ids="2,99")) == [1, 2, 3, 4]
    world.switches = Switches(ids=True)
    assert ids(await ask(ids="2,4,99")) == [4, 2]


async def test_headers_are_the_same_on_every_status(world: World, ask: Ask) -> None:
    numbered(world, 1)
    for params in ({}, {"limit": 500}, {"limit": 200, "page": 9}, {"limit": 0}, {"imageId": 1, "username": "nobody"}):
        headers = (await ask(**params)).headers
        assert headers["cache-control"] == "public, s-maxage=300, stale-while-revalidate=150"
        assert headers["access-control-allow-origin"] == "*"
        assert headers["access-control-allow-headers"] == "*"
        assert headers["access-control-allow-methods"] == "GET"
        assert headers["content-type"] == "application/json; charset=utf-8"
        assert headers["etag"].startswith('W/"')
        assert headers["x-handled-by"]


async def test_any_method_is_answered_and_options_with_nothing(world: World, client: httpx.AsyncClient) -> None:
    numbered(world, 1)
    assert len((await client.post("/api/v1/images?postId=7")).json()["items"]) == 1
    options = await client.options("/api/v1/images")
    assert (options.status_code, options.content) == (200, b"")


async def test_lone_surrogates_and_wide_characters_survive_the_wire(world: World, ask: Ask) -> None:
    numbered(world, 1, meta={"prompt": "fox 🦊 \ud83e", "note": "\x01"})
    answer = await ask(withMeta="true")
    assert "🦊" in answer.text
    assert answer.json()["items"][0]["meta"]["prompt"] == "fox 🦊 \ud83e"
