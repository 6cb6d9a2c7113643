"""What a caller hears who passes something wrong, and that Civitai then hears nothing."""

from typing import TYPE_CHECKING, Any

import pytest
from mcp.shared.exceptions import MCPError

if TYPE_CHECKING:
    from tests.house import House

FETCH = "fetch_civitai_post_assets"
LEAKS = ("Traceback", "pydantic", "errors.pydantic.dev", "input_value", "Error executing", "validation error")
POST = "Pass: A Civitai post: id, URL"

NO_POST: dict[str, tuple[object, str]] = {
    "text": ("lighthouse", "neither an id nor a URL"),
    "a sentence": ("post 77 please", "neither an id nor a URL"),
    "nothing": ("", "Nothing was passed"),
    "blanks": ("  ", "Nothing was passed"),
    "zero": (0, "whole numbers from 1 to 2147483647"),
    "zero as text": ("0", "whole numbers from 1 to 2147483647"),
    "negative": (-7, "whole numbers from 1 to 2147483647"),
    "huge": (10**30, "whole numbers from 1 to 2147483647"),
    "a fraction": (1.5, POST),
    "a truth value": (True, POST),
    "a list": ([77], POST),
    "an object": ({"id": 77}, POST),
    "null": (None, POST),
    "a model": ("https://civitai.com/models/4201/realistic-vision", "That is a model"),
    "an image": ("https://civitai.com/images/77", "That is an image, not a post. Use find_asset"),
    "another site": ("https://example.com/posts/77", "not an address of Civitai"),
    "a lookalike": ("https://civitai.com.example.org/posts/77", "not an address of Civitai"),
    "a file": ("file:///etc/passwd", "not an address of Civitai"),
    "a login": ("https://me:secret@civitai.com/posts/77", "not an address of Civitai"),
}


def assert_plain(text: str) -> None:
    assert not [leak for leak in LEAKS if leak in text], text
    assert len(text) < 500


@pytest.mark.parametrize("name", NO_POST)
async def test_what_is_no_post_is_answered_with_what_to_pass_and_civitai_is_not_asked(live: "House", name: str) -> None:
    passed, said = NO_POST[name]
    told = await live.call(FETCH, post_id=passed)
    assert told.is_error
    assert said in told.text
    assert "Pass" in told.text
    assert_plain(told.text)
    assert await live.asked() == []


WRONG: dict[str, tuple[str, dict[str, Any], str]] = {
    "too few": (FETCH, {"post_id": 7, "limit": 0}, "limit: Input should be greater than or equal to 1"),
    "too many": (FETCH, {"post_id": 7, "limit": 101}, "limit: Input should be less than or equal to 100"),
    "a word for a number": (FETCH, {"post_id": 7, "limit": "many"}, "limit: Input should be a valid integer"),
    "half a page": (FETCH, {"post_id": 7, "page": 1.5}, "page: Input should be a valid integer"),
    "page zero": (FETCH, {"post_id": 7, "page": 0}, "Page, from 1"),
    "maybe": (FETCH, {"post_id": 7, "include_details": "maybe"}, "include_details: Input should be a valid boolean"),
    "no measure": ("get_top_media", {"posts": [7], "by": "views"}, "'likes_and_hearts'"),
    "no type": ("get_top_media", {"posts": [7], "type": "gif"}, "'image', 'video' or 'audio'"),
    "too many posts": ("get_top_media", {"posts": list(range(1, 22))}, "at most 20"),
    "one bad post of two": ("get_top_media", {"posts": [7, "x"]}, "'x' is neither an id nor a URL"),
    "nothing to record": ("record_civitai_post", {}, "posts: Field required. Pass: Civitai posts"),
    "a number too long to list": ("list_civitai_posts", {"offset": 10**30}, "Posts to skip"),
    "a status unheard of": ("list_civitai_posts", {"status": "lost"}, "'pending', 'published' or 'failed'"),
    "a day unheard of": ("list_civitai_posts", {"start_time": "2026-02-30"}, "start_time '2026-02-30' is no date"),
    "yesterday": ("list_civitai_posts", {"end_time": "yesterday"}, "Write 2026-11-21 or 2026-11-21T09:00:00Z"),
    "before time": ("list_civitai_posts", {"start_time": "0001-01-01T00:00:00+14:00"}, "is no date"),
    "an image to list": ("list_civitai_posts", {"civitai_id": "https://civitai.com/images/7"}, "an image, not a post"),
    "nothing to find": ("find_asset", {}, "needs a criterion. Pass asset_id, sha256sum, civitai_id"),
    "blanks to find": ("find_asset", {"asset_id": " ", "civitai_url": ""}, "needs a criterion"),
    "an asset of words": ("find_asset", {"asset_id": "first"}, "asset_id 'first' is no asset id"),
    "an asset beyond all": ("find_asset", {"asset_id": 2**63}, "is no asset id. Pass the asset_id"),
    "an asset without end": ("find_asset", {"asset_id": "9" * 5000}, "is no asset id"),
    "an asset in Arabic digits": ("find_asset", {"asset_id": "٣"}, "is no asset id"),
    "half a digest": ("find_asset", {"sha256sum": "ab" * 31}, "not 64 hex digits"),
    "a post as an image": ("find_asset", {"civitai_id": "https://civitai.com/posts/7"}, "a post, not an image"),
    "two images": ("find_asset", {"civitai_id": 7, "civitai_url": "https://civitai.com/images/8"}, "Pass one of them"),
    "two posts": ("find_asset", {"post_id": 7, "civitai_url": "https://civitai.com/posts/8"}, "Pass one of them"),
    "a model to find": ("find_asset", {"civitai_url": "https://civitai.com/models/7"}, "That is a model"),
}


@pytest.mark.parametrize("name", WRONG)
async def test_what_no_parameter_takes_is_answered_with_what_it_takes(live: "House", name: str) -> None:
    tool, arguments, said = WRONG[name]
    told = await live.call(tool, **arguments)
    assert told.is_error
    assert said in told.text
    assert_plain(told.text)
    assert await live.asked() == []


async def test_an_unknown_argument_names_the_one_that_was_meant(live: "House") -> None:
    told = await live.call(FETCH, post_id=7, include_detail=True)
    assert told.is_error
    assert "no parameter 'include_detail': did you mean 'include_details'?" in told.text
    assert await live.asked() == []


async def test_an_unknown_argument_like_none_names_them_all(live: "House") -> None:
    told = await live.call(FETCH, post_id=7, zebra=1)
    assert "It takes post_id, limit, page, include_details." in told.text
    assert "did you mean" not in told.text
    assert "It takes none." in (await live.call("get_media_engagement_guide", zebra=1)).text


async def test_numbers_may_come_as_text_and_null_is_not_given(live: "House") -> None:
    live.post(12)
    answer = await live.good(FETCH, post_id="77", limit="10", page=None, include_details=None)
    assert (answer["limit"], answer["page"], answer["asset_count"]) == (10, 1, 10)


async def test_a_list_may_come_as_one_text(live: "House") -> None:
    live.post(2)
    live.post(2, 78)
    for posts in ("77,78", "77 https://civitai.com/posts/78", [77, "78"]):
        assert (await live.good("get_top_media", posts=posts))["compared"] == 4
    assert (await live.good("get_top_media", posts=77))["compared"] == 2


@pytest.mark.parametrize(
    ("tool", "arguments"),
    [
        ("list_civitai_posts", {}),
        ("find_asset", {"asset_id": 1}),
        ("record_civitai_post", {"posts": [77]}),
    ],
)
async def test_without_a_database_what_needs_it_says_so_and_keeps_the_password(
    live: "House", tool: str, arguments: dict[str, Any]
) -> None:
    live.post(2)
    told = await live.call(tool, **arguments)
    assert "The database at 127.0.0.1:1 does not answer." in told.text
    assert "ry again" in told.text
    assert "hush-hush" not in told.text


async def test_our_own_mistake_is_logged_and_tells_the_caller_nothing_of_itself(
    live: "House", monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError("the password is hush-hush")

    monkeypatch.setattr(live.runtime.civitai, "post_media", broken)
    told = await live.call(FETCH, post_id=77)
    assert told.is_error
    assert "hush-hush" not in told.text
    assert any(record.exc_info and record.exc_info[0] for record in caplog.records)


async def test_the_guide_is_a_tool_a_prompt_and_a_resource_of_one_text(live: "House") -> None:
    told = await live.call("get_media_engagement_guide")
    async with live.client() as client:
        (message,) = (await client.get_prompt("civitai_media_engagement")).messages
        (resource,) = (await client.read_resource("guide://engagement")).contents
    assert told.data["guide"] == resource.model_dump()["text"] == message.content.model_dump()["text"]
    assert told.data["guide"] in told.text


async def test_a_post_and_an_image_are_resources(live: "House") -> None:
    live.post(2)
    async with live.client() as client:
        (post,) = (await client.read_resource("post://77")).contents
    assert '"total_count":2' in post.model_dump()["text"]


@pytest.mark.parametrize("uri", ["post://lighthouse", "post://0", "image://x"])
async def test_a_resource_that_cannot_be_is_said_to_be_none(live: "House", uri: str) -> None:
    async with live.client() as client:
        with pytest.raises(MCPError, match="is"):
            await client.read_resource(uri)
    assert await live.asked() == []


async def test_a_resource_of_a_silent_civitai_fails_in_plain_words(live: "House") -> None:
    live.post(2)
    await live.arm("edge-502")
    async with live.client() as client:
        with pytest.raises(MCPError, match="fault of its own"):
            await client.read_resource("post://77")


async def test_a_recorded_image_is_a_resource(house: "House") -> None:
    item = house.post(2)[0]
    await house.good("record_civitai_post", posts=[77])
    async with house.client() as client:
        (image,) = (await client.read_resource(f"image://{item.id}")).contents
    assert '"found":true' in image.model_dump()["text"]
