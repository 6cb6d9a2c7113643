"""Posts recorded before they are public, and what becomes of them."""

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.house import House

CREATE, UPDATE = "create_civitai_post", "update_civitai_post"


async def posts(house: "House") -> list[tuple[object, ...]]:
    return await house.rows(
        "select post_id, status, title, description, created_by, on_behalf_of from posts order by 1"
    )


async def test_a_post_is_kept_under_its_one_id_and_followed(house: "House") -> None:
    told = await house.good(
        CREATE, civitai_id="77", civitai_url="https://civitai.com/posts/77", status="pending", title=" Lighthouses ",
        description="at sea", metadata={"draft": 3}, on_behalf_of="Ana",
    )  # fmt: skip
    assert told["id"] == told["post_id"] == told["civitai_id"] == "77"
    assert (told["civitai_url"], told["status"]) == (f"{house.url}/posts/77", "pending")
    assert (told["title"], told["metadata"], told["civitai_account"]) == ("Lighthouses", {"draft": 3}, None)
    assert await posts(house) == [(77, "pending", "Lighthouses", "at sea", "Keeper", "Ana")]
    assert await house.rows("select kind, name from watches") == [("post", "77")]
    assert await house.asked() == []


@pytest.mark.parametrize("same", [77, " 77 ", "https://civitai.com/posts/77/", "civitai.red/posts/77?x=1"])
async def test_a_post_may_be_named_by_its_url(house: "House", same: object) -> None:
    assert (await house.good(CREATE, civitai_id=same))["post_id"] == "77"


REFUSED: dict[str, tuple[str, dict[str, Any], str]] = {
    "a word": (CREATE, {"civitai_id": "abc"}, "neither an id nor a URL"),
    "an image": (CREATE, {"civitai_id": "https://civitai.com/images/7"}, "an image, not a post. Use find_asset"),
    "no url": (CREATE, {"civitai_id": 78, "civitai_url": "not a url"}, "neither an id nor a URL"),
    "another post": (CREATE, {"civitai_id": 78, "civitai_url": "https://civitai.com/posts/79"}, "different posts"),
    "an unknown status": (CREATE, {"civitai_id": 78, "status": "lost"}, "'pending', 'published' or 'failed'"),
    "again": (CREATE, {"civitai_id": 77}, "recorded already. Change it with update_civitai_post"),
    "nothing there": (UPDATE, {"post_id": 78}, "no recorded post 78. Record it with record_civitai_post"),
    "no status": (UPDATE, {"post_id": 77, "clear": "status"}, "'status' cannot be cleared. These can: title"),
    "none named": (UPDATE, {"title": "x"}, "post_id: Field required"),
    "another id": (UPDATE, {"post_id": 77, "civitai_id": 78}, "no parameter 'civitai_id'"),
}


@pytest.mark.parametrize("name", REFUSED)
async def test_what_cannot_be_is_refused_with_the_next_step(house: "House", name: str) -> None:
    await house.good(CREATE, civitai_id=77, title="Lighthouses")
    tool, arguments, said = REFUSED[name]
    told = await house.call(tool, **arguments)
    assert told.is_error
    assert said in told.text
    assert await posts(house) == [(77, "published", "Lighthouses", None, "Keeper", None)]


async def test_what_is_not_given_stays_null_and_nothing_included_and_only_clear_empties(house: "House") -> None:
    await house.good(CREATE, civitai_id=77, title="Lighthouses", description="at sea", on_behalf_of="Ana")
    told = await house.good(UPDATE, post_id="https://civitai.com/posts/77", description=None, status="failed")
    assert (told["title"], told["description"], told["status"], told["on_behalf_of"]) == (
        "Lighthouses", "at sea", "failed", "Ana",
    )  # fmt: skip
    told = await house.good(UPDATE, post_id=77, title="", clear=["on_behalf_of"])
    assert (told["title"], told["on_behalf_of"]) == ("Lighthouses", None)
    assert told["summary"].endswith("cleared: on_behalf_of")


async def test_metadata_is_merged_replaced_or_cleared(house: "House") -> None:
    await house.good(CREATE, civitai_id=77, metadata={"a": 1})

    async def after(**arguments: object) -> Any:
        return (await house.good(UPDATE, post_id=77, **arguments))["metadata"]

    assert await after(metadata={"b": 2}) == {"a": 1, "b": 2}
    assert await after(metadata={"c": 3}, metadata_mode="replace") == {"c": 3}
    assert await after(metadata="") == {"c": 3}
    assert await after(clear=["metadata"]) == {}


async def test_a_long_description_is_kept_whole_and_repeated_in_part(house: "House") -> None:
    told = await house.good(CREATE, civitai_id=77, description="sea " * 10_000)
    assert len(told["description"]) <= 4_000
    assert told["notes"] == ["description is shortened here to 4,000 characters; it is kept whole."]
    assert await house.rows("select length(description) from posts") == [(39_999,)]


async def test_once_public_a_post_recorded_by_hand_gets_its_media_and_keeps_what_only_the_user_knows(
    house: "House",
) -> None:
    await house.good(CREATE, civitai_id=77, status="pending", description="mine", metadata={"k": 1}, on_behalf_of="Bo")
    house.post(2, title="Lighthouses", tags=((1, "sea"),))
    await house.good("record_civitai_post", posts=[77])
    assert await posts(house) == [(77, "published", "Lighthouses", "mine", "Keeper", "Bo")]
    assert await house.rows("select metadata::text, tags, published_at from posts") == [
        ('{"k": 1}', ["sea"], house.clock.now())
    ]
    assert await house.rows("select count(*) from assets where post_id = 77") == [(2,)]


async def test_a_list_of_posts_nobody_observed_says_unknown_not_zero(house: "House") -> None:
    await house.good(CREATE, civitai_id=77, status="pending")
    told = await house.call("list_civitai_posts", status="pending")
    assert told.data["summary"] == "1 recorded post match with counters not observed yet."
    assert told.data["posts"][0]["engagement"]["like"] is None
