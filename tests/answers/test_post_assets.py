"""What `fetch_civitai_post_assets` answers."""

import math
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.house import House

FETCH = "fetch_civitai_post_assets"
SLIM = {
    "civitai_image_id",
    "asset_url",
    "type",
    "engagement_stats",
    "dimensions",
    "created_at",
    "username",
    "nsfw",
    "nsfw_level",
}
DETAILS = {"civitai_post_id", "browsing_level", "base_model", "model_version_ids", "generation"}


def ids(answer: Any) -> list[str]:
    return [row["civitai_image_id"] for row in answer["assets"]]


async def test_pages_of_a_post_on_all_levels_hold_every_media_once_in_order(live: "House") -> None:
    live.post(45)
    pages = [await live.good(FETCH, post_id=77, limit=20, page=page) for page in (1, 2, 3)]
    assert [page["asset_count"] for page in pages] == [20, 20, 5]
    assert [one for page in pages for one in ids(page)] == live.ids()
    assert [(page["has_more"], page["next_page"]) for page in pages] == [(True, 2), (True, 3), (False, None)]


async def test_totals_are_over_the_whole_post_on_every_page(live: "House") -> None:
    live.post(45)
    pages = [await live.good(FETCH, post_id=77, limit=20, page=page) for page in (1, 3)]
    for page in pages:
        assert page["total_count"] == page["totals"]["media"] == page["totals"]["known"] == 45
        assert page["totals"]["stats"] == {
            "like": 1035, "heart": 45, "laugh": 0, "cry": 0, "dislike": 0, "comment": 90,
        }  # fmt: skip
        assert page["totals"]["reactions"] == 1080
        assert page["totals"]["positive_ratio"] == 1
        assert page["totals"]["discussion_depth"] == pytest.approx(90 / 1080)


@pytest.mark.parametrize("count", [45, 401])
async def test_the_first_page_costs_few_requests_and_the_next_within_a_minute_none(live: "House", count: int) -> None:
    live.post(count)
    await live.good(FETCH, post_id=77, limit=20)
    assert len(await live.asked()) <= math.ceil(count / 200) + 1
    await live.forget()
    live.advance(seconds=59)
    await live.good(FETCH, post_id=77, limit=20, page=2)
    assert await live.asked() == []


async def test_after_a_minute_civitai_is_asked_again(live: "House") -> None:
    (item,) = live.post(1)
    await live.good(FETCH, post_id=77)
    live.world.set_stats(item.id, like=50)
    live.advance(seconds=61)
    assert (await live.good(FETCH, post_id=77))["assets"][0]["engagement_stats"]["like"] == 50


async def test_a_page_past_the_end_is_empty_and_keeps_the_total(live: "House") -> None:
    live.post(45)
    told = await live.call(FETCH, post_id=77, limit=20, page=4)
    assert told.data["assets"] == []
    assert (told.data["asset_count"], told.data["total_count"]) == (0, 45)
    assert (told.data["has_more"], told.data["next_page"]) == (False, None)
    assert "page 4 is past the end, the last is page 3" in told.text


@pytest.mark.parametrize(
    "post",
    [
        77,
        "77",
        " 77 ",
        "https://civitai.com/posts/77",
        "https://civitai.com/posts/77/",
        "https://www.civitai.com/posts/77?foo=bar#x",
        "civitai.red/posts/77",
        "HERE/posts/77",
        "https://civitai.com/api/v1/images?postId=77&limit=1",
    ],
)
async def test_a_post_is_found_by_its_id_and_by_any_of_its_urls(live: "House", post: str | int) -> None:
    live.post(2)
    wanted = post.replace("HERE", live.url) if isinstance(post, str) else post
    assert (await live.good(FETCH, post_id=wanted))["post_id"] == "77"


async def test_rows_carry_their_keys_and_the_details_only_when_asked_for(live: "House") -> None:
    live.post(2)
    for details, keys in ((False, SLIM), (True, SLIM | DETAILS)):
        answer = await live.good(FETCH, post_id=77, include_details=details)
        assert {frozenset(row) for row in answer["assets"]} == {frozenset(keys)}


async def test_a_row_says_what_civitai_says(live: "House") -> None:
    item = live.post(3)[2]
    live.world.change(
        item.id, meta={"prompt": "a lighthouse", "seed": 2**60 + 1, "steps": 20}, model_version_ids=(5, 6)
    )
    row = (await live.good(FETCH, post_id=77, include_details=True))["assets"][2]
    assert row["asset_url"].endswith(f"{item.uuid}.jpeg")
    assert row | {"asset_url": ""} == {
        "civitai_image_id": str(item.id),
        "asset_url": "",
        "type": "image",
        "engagement_stats": {"like": 3, "heart": 1, "laugh": 0, "cry": 0, "dislike": 0, "comment": 2},
        "dimensions": {"width": 832, "height": 1216},
        "created_at": "2026-05-01T12:00:00Z",
        "username": "Ana",
        "nsfw": True,
        "nsfw_level": "Mature",
        "civitai_post_id": "77",
        "browsing_level": 4,
        "base_model": "SDXL 1.0",
        "model_version_ids": ["5", "6"],
        "generation": {"prompt": "a lighthouse", "seed": str(2**60 + 1), "steps": 20},
    }


@pytest.mark.parametrize("fault", ["stats-missing", "stats-null"])
async def test_counters_civitai_does_not_send_are_unknown_and_their_media_stay(live: "House", fault: str) -> None:
    live.post(3)
    await live.arm(fault)
    told = await live.call(FETCH, post_id=77)
    assert [row["engagement_stats"] for row in told.data["assets"]] == [None] * 3
    assert told.data["totals"]["stats"] is None
    assert (told.data["totals"]["known"], told.data["totals"]["media"]) == (0, 3)
    assert set(told.data["totals"]["undefined"]) == {"positive_ratio", "discussion_depth", "controversy"}
    assert "Civitai sent no counters for 3 media: unknown, not zero." in told.data["notes"]
    assert f"{live.ids()[0]}|image|?|?|?|?|?|" in told.text
    assert "totals: unknown" in told.text


async def test_controversy_is_null_with_its_reason(live: "House") -> None:
    live.post(1)
    totals = (await live.good(FETCH, post_id=77))["totals"]
    assert totals["controversy"] is None
    assert totals["undefined"] == {"controversy": "Civitai no longer counts dislikes"}


async def test_with_the_database_down_live_answers_work(live: "House") -> None:
    live.post(3)
    answer = await live.good(FETCH, post_id=77)
    assert (answer["total_count"], answer["is_stored"]) == (3, False)


async def test_zeros_of_a_post_never_seen_before_are_believed(live: "House") -> None:
    for item in live.post(2):
        live.world.set_stats(item.id, like=0, heart=0, comment=0)
    assert (await live.good(FETCH, post_id=77))["totals"]["reactions"] == 0


async def test_a_post_without_media_says_the_four_things_that_can_mean(live: "House") -> None:
    told = await live.call(FETCH, post_id=123)
    assert (told.is_error, told.data["total_count"], told.data["assets"]) == (False, 0, [])
    for meaning in ("no such post", "unpublished", "hidden", "not indexed yet"):
        assert meaning in told.data["summary"]


async def test_an_answer_from_an_edge_cache_says_how_old_its_numbers_are(live: "House") -> None:
    live.post(3)
    live.advance(hours=1)
    await live.arm("stale")
    answer = await live.good(FETCH, post_id=77)
    assert "2026-05-01T12:52:30Z" <= answer["as_of"] < "2026-05-01T13:00:00Z"


async def test_a_media_that_comes_twice_because_the_pages_shifted_is_shown_once(live: "House") -> None:
    before = live.post(450)
    await live.arm("item-inserted")
    answer = await live.good(FETCH, post_id=77, limit=100)
    assert answer["total_count"] >= len(before)
    pages = [await live.good(FETCH, post_id=77, limit=100, page=page) for page in range(1, 6)]
    every = [one for page in pages for one in ids(page)]
    assert len(every) == len(set(every)) == answer["total_count"]
    assert {str(item.id) for item in before} <= set(every)


TROUBLE = {
    "edge-502": "fault of its own (502)",
    "edge-200": "something other than whole JSON",
    "edge-429": "asks for a pause (429)",
    "busy": "Server busy",
    "truncated": "broke before its answer was complete",
    "reset": "broke before its answer was complete",
    "statement-timeout": "statement timeout",
    "slow": "did not answer within 0.05 seconds",
    "filter-ignored": "not of post 77",
}


async def in_trouble(house: "House", fault: str) -> None:
    if fault == "slow":
        house.restart(request_timeout=timedelta(seconds=0.05))
    await house.arm(fault, seconds=1)


@pytest.mark.parametrize("fault", TROUBLE)
async def test_trouble_with_civitai_is_a_failure_in_plain_words_that_says_to_try_again(
    live: "House", fault: str
) -> None:
    live.post(3)
    live.post(3, 78)
    await in_trouble(live, fault)
    told = await live.call(FETCH, post_id=77)
    assert told.is_error
    assert TROUBLE[fault] in told.text
    assert "ry again" in told.text
    assert "Traceback" not in told.text
    assert "http" not in told.text


async def test_a_refusal_for_legal_reasons_says_that_nothing_here_helps(live: "House") -> None:
    live.post(3)
    await live.arm("region-blocked")
    told = await live.call(FETCH, post_id=77)
    assert told.is_error
    assert "legal reasons" in told.text
    assert "ry again" not in told.text


@pytest.mark.parametrize("fault", [*TROUBLE, "region-blocked"])
async def test_in_trouble_the_last_recorded_numbers_are_given_with_their_time(house: "House", fault: str) -> None:
    house.post(3)
    house.post(3, 78)
    await house.good("record_civitai_post", posts=["77"])
    house.advance(hours=2)
    house.restart()
    await in_trouble(house, fault)
    told = await house.call(FETCH, post_id=77)
    assert not told.is_error
    assert told.data["is_stored"] is True
    assert told.data["as_of"] == "2026-05-01T12:00:00Z"
    assert told.data["totals"]["stats"]["like"] == 6
    assert "as last recorded, 2026-05-01 12:00 UTC, not live ones" in told.text


async def test_when_nothing_answers_civitai_is_what_is_named(live: "House") -> None:
    live.restart(civitai_base_url="http://127.0.0.1:1")
    told = await live.call(FETCH, post_id=77)
    assert told.is_error
    assert told.text.startswith("Civitai cannot be reached.")


async def recorded(house: "House", count: int = 3) -> list[Any]:
    items = house.post(count)
    await house.good("record_civitai_post", posts=["77"])
    house.advance(minutes=5)
    return items


async def test_zeros_after_more_was_recorded_are_asked_for_once_more_and_then_unknown(house: "House") -> None:
    await recorded(house)
    await house.forget()
    await house.arm("zero-stats")
    answer = await house.good(FETCH, post_id=77)
    assert len(await house.asked()) == 2
    assert [row["engagement_stats"] for row in answer["assets"]] == [None] * 3
    assert answer["totals"]["stats"] is None
    assert any("only zeros for 3 media that had more before" in note for note in answer["notes"])


async def test_zeros_are_known_for_what_they_are_by_a_process_that_just_started(house: "House") -> None:
    await recorded(house)
    house.restart()
    await house.arm("zero-stats")
    assert (await house.good(FETCH, post_id=77))["totals"]["stats"] is None


async def test_zeros_that_are_gone_when_asked_again_leave_no_trace(house: "House") -> None:
    await recorded(house)
    await house.arm("zero-stats", times=1)
    answer = await house.good(FETCH, post_id=77)
    assert answer["totals"]["stats"]["like"] == 6
    assert not any("zeros" in note for note in answer["notes"])


async def test_zeros_of_one_media_among_others_are_unknown_alone(house: "House") -> None:
    items = await recorded(house)
    house.world.set_stats(items[1].id, like=0, heart=0, comment=0)
    answer = await house.good(FETCH, post_id=77)
    assert [row["engagement_stats"] and row["engagement_stats"]["like"] for row in answer["assets"]] == [1, None, 3]
    assert (answer["totals"]["known"], answer["totals"]["stats"]["like"]) == (2, 4)
    assert any("only zeros for 1 media" in note for note in answer["notes"])
    assert "over the 2 of 3 whose counters are known" in (await house.call(FETCH, post_id=77)).text


async def test_less_than_was_recorded_is_shown_with_a_note(house: "House") -> None:
    items = await recorded(house)
    house.world.set_stats(items[2].id, like=1)
    answer = await house.good(FETCH, post_id=77)
    assert answer["assets"][2]["engagement_stats"]["like"] == 1
    assert any("less than was recorded for 1 media" in note for note in answer["notes"])


async def test_looking_stores_nothing(house: "House") -> None:
    house.post(3)
    await house.good(FETCH, post_id=77, include_details=True)
    assert await house.rows("select count(*) from images") == [(0,)]
