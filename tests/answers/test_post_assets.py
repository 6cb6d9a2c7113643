"""What `fetch_civitai_post_assets` answers."""

import math
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
