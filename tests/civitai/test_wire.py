import asyncio
import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from threading import Thread, current_thread, main_thread
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from civitai_engagement.civitai import wire
from civitai_engagement.civitai.unpacking import apart
from civitai_engagement.errors import UpstreamDown
from civitai_engagement.records.media import Counters, Media, MediaType, Reject

Item = Callable[..., dict[str, Any]]
SAMPLES = Path(__file__).resolve().parents[2] / ".." / "shared" / "civitai-samples"
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(), max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
FIELDS = [
    *("id", "url", "hash", "width", "height", "nsfwLevel", "type", "nsfw", "browsingLevel", "createdAt", "postId"),
    *("stats", "meta", "username", "baseModel", "modelVersionIds"),
]


def media(raw: object) -> Media:
    read = wire.read_item(raw)
    assert isinstance(read, Media)
    return read


def test_a_complete_item_becomes_a_media_with_all_its_fields(item: Item) -> None:
    assert media(item(7)) == Media(
        id=7,
        url="https://image.civitai.com/x/7/original=true/7.jpeg",
        type=MediaType.IMAGE,
        post_id=1,
        width=832,
        height=1216,
        hash="U0",
        nsfw=False,
        nsfw_level="None",
        browsing_level=1,
        created_at=datetime(2026, 4, 30, 8, tzinfo=UTC),
        username="somebody",
        base_model="SDXL 1.0",
        model_version_ids=(11, 12),
        counters=Counters(7, 7, 7, 7, 7, 7),
        generation=media(item(7)).generation,
    )


def test_each_counter_goes_to_its_own_name(item: Item) -> None:
    names = ("likeCount", "heartCount", "laughCount", "cryCount", "dislikeCount", "commentCount")

    read = media(item(stats={name: number for number, name in enumerate(names, start=1)}))

    assert read.counters == Counters(like=1, heart=2, laugh=3, cry=4, dislike=5, comment=6)


@pytest.mark.parametrize(
    ("field", "value", "name", "expected"),
    [
        ("username", None, "username", None),
        ("username", "unknown", "username", None),
        ("username", "", "username", None),
        ("username", 5, "username", None),
        ("baseModel", "", "base_model", None),
        ("baseModel", None, "base_model", None),
        ("baseModel", "IllustriousIllustrious", "base_model", "Illustrious"),
        ("baseModel", "SDXL 1.0SDXL 1.0SDXL 1.0", "base_model", "SDXL 1.0"),
        ("baseModel", "PonyIllustrious", "base_model", "Pony + Illustrious"),
        ("baseModel", "SD 1.5SDXL 1.0SD 1.5", "base_model", "SD 1.5 + SDXL 1.0"),
        ("baseModel", "SD 1.5 LCM", "base_model", "SD 1.5 LCM"),
        ("baseModel", "NewOneNewOne", "base_model", "NewOne"),
        ("baseModel", "PonyNewOne", "base_model", "PonyNewOne"),
        ("baseModel", "Pony, Illustrious", "base_model", "Pony + Illustrious"),
        ("baseModel", "Pony,Illustrious,Pony", "base_model", "Pony + Illustrious"),
        ("baseModel", "SDXL 1.0/SD 1.5", "base_model", "SDXL 1.0 + SD 1.5"),
        ("baseModel", "Pony | Illustrious", "base_model", "Pony + Illustrious"),
        ("baseModel", "Pony + Illustrious", "base_model", "Pony + Illustrious"),
        ("baseModel", "Pony Illustrious", "base_model", "Pony + Illustrious"),
        ("baseModel", "ponyIllustrious", "base_model", "Pony + Illustrious"),
        ("baseModel", "Pony;NewOne", "base_model", "Pony + NewOne"),
        ("baseModel", "New/One", "base_model", "New/One"),
        ("baseModel", "Pony,", "base_model", "Pony"),
        ("baseModel", "Pony, None", "base_model", "Pony"),
        ("baseModel", "undefinedPony", "base_model", "Pony"),
        ("baseModel", "undefined", "base_model", None),
        ("baseModel", "null", "base_model", None),
        ("baseModel", "None", "base_model", None),
        ("baseModel", "unknown", "base_model", None),
        ("baseModel", "Pony V8", "base_model", "Pony V8"),
        ("baseModel", "SD 1.5", "base_model", "SD 1.5"),
        ("baseModel", "Flux.1 D", "base_model", "Flux.1 D"),
        ("baseModel", "ZImageTurbo", "base_model", "ZImageTurbo"),
        ("hash", None, "hash", None),
        ("width", None, "width", None),
        ("width", 0, "width", None),
        ("height", "1216", "height", 1216),
        ("height", -3, "height", None),
        ("browsingLevel", 0, "browsing_level", None),
        ("browsingLevel", 16, "browsing_level", 16),
        ("postId", None, "post_id", None),
        ("postId", 2**40, "post_id", None),
        ("nsfw", "None", "nsfw", None),
        ("createdAt", "2026-04-30T10:00:00+02:00", "created_at", datetime(2026, 4, 30, 8, tzinfo=UTC)),
        ("createdAt", "2026-04-30T08:00:00", "created_at", datetime(2026, 4, 30, 8, tzinfo=UTC)),
        ("createdAt", "2026-08-26T1757:26.4503095Z", "created_at", None),
        ("createdAt", "0001-01-01T00:00:00+09:00", "created_at", None),
        ("createdAt", 1777536000, "created_at", None),
        ("modelVersionIds", [], "model_version_ids", ()),
        ("modelVersionIds", None, "model_version_ids", ()),
        ("modelVersionIds", "5", "model_version_ids", ()),
        ("modelVersionIds", [5, "x", None, 0, 6], "model_version_ids", (5, 6)),
        ("hash", "U0\x00\ud83d", "hash", "U0"),
        ("url", None, "url", ""),
    ],
)
def test_a_field_that_varies_is_read_or_unknown(
    item: Item, field: str, value: object, name: str, expected: Any
) -> None:
    assert getattr(media(item(**{field: value})), name) == expected


@pytest.mark.parametrize("field", [field for field in FIELDS if field != "id"])
def test_an_absent_field_does_not_cost_the_item(item: Item, field: str) -> None:
    raw = item()
    del raw[field]

    assert media(raw).id == 7


@pytest.mark.parametrize(
    ("type_", "url", "expected"),
    [
        ("video", "https://image.civitai.com/a.jpeg", MediaType.VIDEO),
        (None, "https://image.civitai.com/a.mp4", MediaType.VIDEO),
        ("hologram", "https://image.civitai.com/a.MP3?x=1", MediaType.AUDIO),
        (None, "https://image.civitai.com/a", MediaType.IMAGE),
    ],
)
def test_the_type_is_the_one_named_else_that_of_the_url(item: Item, type_: str, url: str, expected: MediaType) -> None:
    assert media(item(type=type_, url=url)).type is expected


@pytest.mark.parametrize("bad", [None, True, -1, "5", 1.5, 2**31, [], float("nan")])
@pytest.mark.parametrize("counter", ["likeCount", "commentCount"])
def test_one_bad_counter_makes_the_counters_unknown_and_says_so(item: Item, counter: str, bad: object) -> None:
    raw = item()
    raw["stats"][counter] = bad

    listing = wire.read_listing({"items": [raw, item(8)]})

    assert [found.counters is None for found in listing.media] == [True, False]
    assert [reject.subject for reject in listing.rejects] == ["image 7"]


@pytest.mark.parametrize("stats", [None, {}, [], "none", {"likeCount": 5}])
def test_missing_stats_are_unknown_and_not_zero(item: Item, stats: object) -> None:
    assert media(item(stats=stats)).counters is None


def test_zeros_are_reported_as_zeros(item: Item) -> None:
    read = media(item(stats=dict.fromkeys(item()["stats"], 0)))

    assert read.counters is not None
    assert read.counters.all_zero


@pytest.mark.parametrize("bad", [None, 0, -4, True, "x", 2**31, 1.5, {}])
def test_an_item_without_a_usable_id_is_set_aside_and_its_neighbours_stay(item: Item, bad: object) -> None:
    listing = wire.read_listing({"items": [item(7), item(id=bad), "not an item", item(8)]})

    assert [found.id for found in listing.media] == [7, 8]
    assert [reject.reason for reject in listing.rejects] == ["it has no usable id"] * 2
    assert len(listing.rejects[0].raw) <= 2_000


def test_a_reject_keeps_only_the_beginning_of_what_came(item: Item) -> None:
    read = wire.read_item(item(id=None, meta={"prompt": "x" * 100_000}))

    assert isinstance(read, Reject)
    assert len(read.raw) == 2_000


def test_what_nests_too_deep_to_print_is_set_aside_without_its_text() -> None:
    deep: list[object] = []
    for _ in range(100_000):
        deep = [deep]

    assert wire.read_item({"id": None, "meta": deep}) == Reject("image", "it has no usable id", "")


@pytest.mark.parametrize(
    ("metadata", "expected"),
    [
        ({}, None),
        (None, None),
        ([], None),
        ({"nextCursor": None}, None),
        ({"nextCursor": ""}, None),
        ({"nextCursor": True}, None),
        ({"nextCursor": 98780806}, "98780806"),
        ({"nextCursor": "100|1759019220000"}, "100|1759019220000"),
        ({"nextPage": "https://civitai.com/api/v1/images?token=secret&cursor=1"}, None),
    ],
)
def test_the_cursor_is_text_whatever_it_came_as(metadata: object, expected: str | None) -> None:
    assert wire.read_listing({"items": [], "metadata": metadata}).cursor == expected


@pytest.mark.parametrize("body", [None, [], {}, {"items": None}, {"items": {}}, "items", 5])
def test_a_body_that_is_no_list_is_a_fault_of_civitai(body: object) -> None:
    with pytest.raises(UpstreamDown, match="another shape"):
        wire.read_listing(body)


@pytest.mark.parametrize("nested", [False, True])
def test_generation_parameters_are_read_flat_and_nested(item: Item, *, nested: bool) -> None:
    meta = {"prompt": "a lighthouse", "steps": 20}

    read = media(item(meta={"id": 7, "meta": meta} if nested else meta))

    assert read.generation is not None
    assert (read.generation.prompt, read.generation.steps) == ("a lighthouse", 20)


def test_without_asking_for_metadata_none_is_read(item: Item) -> None:
    listing = wire.read_listing({"items": [item(meta={"prompt": "a lighthouse"})]}, with_meta=False)

    assert listing.media[0].generation is None


@given(JSON)
def test_any_json_is_a_media_or_a_reject(raw: object) -> None:
    assert isinstance(wire.read_item(raw), Media | Reject)


@given(st.integers(1, 2**31 - 1), st.dictionaries(st.sampled_from(FIELDS[1:]), JSON))
def test_an_item_with_an_id_stays_whatever_else_is_in_it(number: int, fields: dict[str, object]) -> None:
    read = media({**fields, "id": number})

    assert read.id == number
    assert read.created_at is None or read.created_at.tzinfo is UTC
    for text in (read.url, read.username or "", read.base_model or "", read.hash or ""):
        assert "\0" not in text
        text.encode()


def test_a_post_is_read_with_its_tags_and_creator() -> None:
    post = wire.read_post(
        {
            "id": 5,
            "title": "Lighthouses",
            "detail": "<p>Three.</p>",
            "nsfwLevel": 3,
            "publishedAt": "2026-04-30T08:00:00.000Z",
            "user": {"id": 1, "username": "somebody"},
            "tags": [{"id": 1, "name": "sea"}, {"id": 2}, "odd", {"id": 3, "name": "night"}],
        }
    )

    assert (post.id, post.title, post.detail, post.username) == (5, "Lighthouses", "<p>Three.</p>", "somebody")
    assert (post.nsfw_level, post.tags) == (3, ("sea", "night"))
    assert post.published_at == datetime(2026, 4, 30, 8, tzinfo=UTC)


def test_a_bare_post_is_read_with_what_it_lacks_unknown() -> None:
    post = wire.read_post({"id": 5, "title": None, "user": None, "tags": None})

    assert (post.title, post.username, post.published_at, post.tags) == (None, None, None, ())


@pytest.mark.parametrize(
    ("air", "model_id", "type_"),
    [
        ("urn:air:sdxl:checkpoint:civitai:827184@1761560", 827184, "checkpoint"),
        ("sdxl:lora:civitai:5@6", 5, "lora"),
        ("urn:air:flux1:checkpoint:huggingface:a/b", None, None),
        (None, None, None),
    ],
)
def test_the_model_of_a_version_is_taken_from_its_air(air: object, model_id: int | None, type_: str | None) -> None:
    version = wire.read_version({"air": air, "versionName": "v1", "modelName": "M", "baseModel": "Pony"}, 9)

    assert (version.id, version.name, version.model_name, version.base_model) == (9, "v1", "M", "Pony")
    assert (version.model_id, version.type) == (model_id, type_)


def test_a_version_has_the_name_and_the_hashes_of_its_file() -> None:
    hashes = {"AutoV2": "ABCDEF0123", "SHA256": "abcdef0123" + "0" * 54, "CRC32": 7, "BLAKE3": ""}
    version = wire.read_version({"modelName": "M", "fileName": "M_v1.safetensors", "hashes": hashes}, 9)
    assert (version.file, version.hashes) == ("M_v1", ("abcdef0123", "abcdef0123" + "0" * 54))
    assert wire.read_version({"modelName": "M", "fileName": 7, "hashes": []}, 9).hashes == ()


@pytest.mark.parametrize("body", [None, [], {"title": "x"}, "post"])
def test_a_post_of_another_shape_is_a_fault_of_civitai(body: object) -> None:
    with pytest.raises(UpstreamDown, match="another shape"):
        wire.read_post(body)


def recorded(name: str) -> Any:
    if not (SAMPLES / name).exists():
        pytest.skip("recorded samples are not here")
    return json.loads((SAMPLES / name).read_text())


def as_sent(read: Media, raw: dict[str, Any]) -> dict[str, Any]:
    """Write a media back in Civitai's own form, for the fields that it had."""
    assert read.counters is not None
    stats = {f"{name}Count": getattr(read.counters, name) for name in type(read.counters).__dataclass_fields__}
    sent = {
        "id": read.id,
        "url": read.url,
        "hash": read.hash,
        "width": read.width,
        "height": read.height,
        "type": read.type.value,
        "nsfw": read.nsfw,
        "nsfwLevel": read.nsfw_level,
        "browsingLevel": read.browsing_level,
        "createdAt": read.created_at and read.created_at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "postId": read.post_id,
        "username": read.username,
        "baseModel": read.base_model,
        "modelVersionIds": list(read.model_version_ids),
        "stats": stats,
    }
    return {name: value for name, value in sent.items() if name in raw}


def test_recorded_items_are_read_unchanged() -> None:
    documented = recorded("rest-images-documented-items.json")
    items = [recorded("rest-image-item-98780806.json"), *(raw for page in documented.values() for raw in page["items"])]

    for raw in items:
        assert as_sent(media(raw), raw) == {name: value for name, value in raw.items() if name != "meta"}


def test_recorded_cursors_are_read() -> None:
    pages = recorded("rest-images-documented-items.json").values()

    assert [wire.read_listing(page).cursor for page in pages] == ["1|1744925337225", "100|1759019220000"]


def test_a_post_or_tag_called_unknown_keeps_its_name() -> None:
    tags = [{"name": "unknown"}, {"name": " "}, {"name": "ok"}]
    post = wire.read_post({"id": 5, "title": "unknown", "user": {"username": "unknown"}, "tags": tags})
    assert (post.title, post.tags, post.username) == ("unknown", ("unknown", "ok"), None)


def test_a_page_of_more_than_a_few_items_is_read_beside_the_loop(monkeypatch: pytest.MonkeyPatch) -> None:
    threads: list[Thread] = []

    def work() -> None:
        threads.append(current_thread())

    async def read(size: int) -> None:
        await apart(work, size)

    asyncio.run(read(200))
    asyncio.run(read(40_000))
    assert [one is main_thread() for one in threads] == [True, False]
