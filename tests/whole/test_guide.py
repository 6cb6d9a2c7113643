"""The guides' own walk: each scenario and workflow, step by step with a client, every field it names looked up."""

import re
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from civitai_engagement.collect.tick import run_tick
from civitai_engagement.sandbox import Counts, Growth, Item, Weibull
from civitai_engagement.server.guide import engagement_guide, workflow_guide

if TYPE_CHECKING:
    from tests.house import House

pytestmark = pytest.mark.slow
DAY = timedelta(days=1)
POSTS = tuple(range(301, 313))
COUNTERS = {"like", "heart", "laugh", "cry", "comment"}


async def library(house: "House") -> None:
    """A creator with twelve recorded posts of two images and a video, looked at for a day and a half."""
    for place, post in enumerate(POSTS, start=1):
        growth = Growth(Counts(like=40 * place, heart=7, comment=place), Weibull(6 * DAY / 24, 1.0))
        items = [Item(type=kind, counters=growth) for kind in ("image", "image", "video")]
        house.world.add_post(
            post_id=post, username="Ana", items=items, title=f"Post {post}",
            published_at=house.clock.now() - timedelta(hours=place / 4),
        )  # fmt: skip
    for start in (0, 6):
        recorded = await house.good("record_civitai_post", posts=list(POSTS[start : start + 6]))
        assert recorded["failed"] == 0
    await house.good("watch_creator", usernames=["Ana"])
    async with await house.runtime.store.claims("guide:1") as claims:
        for _ in range(9):
            house.advance(hours=4)
            await run_tick(house.runtime, claims)


def url(house: "House", post: int) -> str:
    return f"{house.url}/posts/{post}"


def image_url(house: "House", post: int) -> str:
    return f"{house.url}/images/{house.ids(post)[0]}"


async def a_post_url(house: "House") -> None:
    house.post(45, post_id=77, username="Bo")
    page, seen = 1, []
    while True:
        told = await house.good("fetch_civitai_post_assets", post_id=url(house, 77), limit=20, page=page)
        seen += [one["civitai_image_id"] for one in told["assets"]]
        assert told["totals"]["media"] == told["total_count"] == 45, "totals are over the whole post either way"
        if not told["has_more"]:
            break
        page = told["next_page"]
    assert sorted(seen) == sorted(house.ids(77))
    assert (await house.good("record_civitai_post", posts=[url(house, 77)]))["failed"] == 0


async def an_image_url(house: "House") -> None:
    known = await house.good("find_asset", civitai_url=image_url(house, POSTS[0]))
    assert known["found"]
    assert (known["post"]["post_id"], known["post"]["civitai_id"]) == (str(POSTS[0]), str(POSTS[0]))
    assert known["engagement"].keys() >= {*COUNTERS, "as_of", "gain_24h", "gain_7d"}
    house.post(2, post_id=78, username="Cy")
    stranger = await house.good("find_asset", civitai_url=image_url(house, 78))
    assert (stranger["found"], stranger["live"]["post"]["post_id"]) == (False, "78")
    assert (await house.good("fetch_civitai_post_assets", post_id=stranger["live"]["post"]["post_id"]))[
        "asset_count"
    ] == 2


async def how_it_went(house: "House") -> None:
    told = await house.good("get_engagement_history", post=url(house, POSTS[3]))
    assert {"at", "counters", "gain", "hours", "per_hour"} <= told["steps"][-1].keys()
    assert told["gain_24h"] > 0
    charted = await house.call("chart_engagement", posts=[url(house, POSTS[3])], by="age")
    assert not charted.is_error


async def is_it_good(house: "House") -> None:
    rated = (await house.good("rate_post", post=url(house, POSTS[11])))["rated"]
    assert rated["n"] == 11
    assert rated["low"] <= rated["ratio"] <= rated["high"]
    assert rated["against"] in {"all", "mixed"} or rated["against"]
    ahead = await house.good("compare_posts", posts=[str(POSTS[0]), str(POSTS[1])])
    assert len(ahead["posts"] if "posts" in ahead else ahead["ahead"]) >= 1


async def when_to_post(house: "House") -> None:
    told = await house.call("find_peak_hours", creator="Ana", time_zone="Europe/Berlin")
    assert not told.is_error, told.text


async def what_is_new(house: "House") -> None:
    first = await house.good("list_changes")
    assert first["changes"]
    for row in first["changes"]:
        assert row.keys() >= {"image_id", "post_id", "at", "gains", "total"}
    assert (await house.good("list_changes", cursor=first["newer_cursor"]))["changes"] == []


async def audit(house: "House") -> None:
    told = await house.good("audit_library")
    assert told["checked"] == 10
    ids = [one["post_id"] for one in told["posts"]]
    assert (await house.good("record_civitai_post", posts=ids[:3]))["failed"] == 0
    assert (await house.good("get_collection_status"))["verdict"]
    assert (await house.good("audit_library", posts=ids[:2], checks=2))["checked"] == 2


async def what_is_going_on(house: "House") -> None:
    listed = await house.good("list_civitai_posts")
    gains = {one["post_id"]: one["engagement"]["gain_7d"] for one in listed["posts"]}
    movers = await house.good("get_top_movers", window="7d", limit=20)
    assert {one["id"]: one["gain"] for one in movers["movers"]}.items() <= gains.items(), "three tools, one number"
    for one in movers["movers"]:
        assert one.keys() >= {"id", "creator", "gain", "hours"}
    assert not (await house.call("get_top_movers", by="age")).is_error
    assert (await house.good("find_unusual"))["looked_at"] >= 12


async def what_works(house: "House") -> None:
    told = await house.good("find_parameter_effects", creator="Ana", at_age="24h")
    assert {"of", "rows", "not_shown", "experiment"} <= told.keys()
    for kind in ("base", "checkpoint", "lora"):
        assert (await house.good("compare_models", creator="Ana", kind=kind, at_age="24h"))["of"]["creator"] == "Ana"
    drawn = await house.good("chart_engagement", by="effect", creator="Ana")
    assert drawn["by"] == "effect"


async def which_model(house: "House") -> None:
    told = await house.good("compare_models", kind="checkpoint", names=["harbour", "lantern"], at_age="24h")
    assert {"rows", "pairs"} <= told.keys()


async def one_creator(house: "House") -> None:
    told = await house.good("summarize_creator", username="Ana")
    assert told["posts"] == 12
    counters, total = told["totals"]["stats"], sum(one["total"] for one in told["by_type"])
    assert sum(counters[name] for name in COUNTERS) == total
    assert told["average_per_post"] == pytest.approx(total / 12, rel=0.01)
    listed = await house.good("list_civitai_posts", created_by="ana")
    assert {one["matched_by"] for one in listed["posts"]} == {"creator"}


async def several_posts(house: "House") -> None:
    listed = await house.good("list_civitai_posts", created_by="Ana")
    ids = [one["civitai_id"] for one in listed["posts"]]
    assert ids == [one["post_id"] for one in listed["posts"]]
    ranked = await house.good("get_top_media", posts=ids)
    assert ranked["compared"] == 36
    for limit, everything in ((10, True), (12, False)):
        detailed = await house.good("list_civitai_posts", created_by="Ana", include_details=True, limit=limit)
        for one in detailed["posts"]:
            assert len(one["assets"]) + one["more_assets"] == one["asset_count"] == 3
            assert one["more_assets"] == 0 or not everything
            for asset in one["assets"]:
                assert asset["engagement"].keys() == COUNTERS
                assert (await house.good("find_asset", asset_id=asset["asset_id"]))["civitai_id"] == asset["civitai_id"]


async def images_against_videos(house: "House") -> None:
    told = await house.good("get_top_media", posts=[str(one) for one in POSTS], by="likes")
    by_type = {one["type"]: one for one in told["by_type"]}
    assert {kind: one["media"] for kind, one in by_type.items()} == {"image": 24, "video": 12}
    for one in by_type.values():
        assert one.keys() >= {"at_age", "median", "low", "high"}
        assert one["mean_value"] == pytest.approx(one["stats"]["like"] / one["known"], abs=0.01)
    summed = {one["name"]: one for one in (await house.good("summarize_creator", username="Ana"))["by_type"]}
    for kind, one in by_type.items():
        assert [summed[kind][name] for name in ("at_age", "median")] == [one["at_age"], one["median"]]
        assert summed[kind]["mean_likes"] == pytest.approx(one["mean_value"], rel=0.05)
    assert sum(one["share"] for one in summed.values()) == pytest.approx(1, abs=0.01)


SCENARIOS: dict[str, Callable[["House"], Awaitable[None]]] = {
    "I have a post URL": a_post_url,
    "I have an image URL": an_image_url,
    "How did it go?": how_it_went,
    "Is it good?": is_it_good,
    "When should I post?": when_to_post,
    "Tell me what is new": what_is_new,
    "Audit my library": audit,
    "What is going on?": what_is_going_on,
    "What works for me?": what_works,
    "Which model?": which_model,
    "One creator": one_creator,
    "Several posts": several_posts,
    "Images against videos": images_against_videos,
}


def headings() -> list[str]:
    scenarios = engagement_guide().partition("## Scenarios")[2].partition("## Metrics")[0]
    return [one.rstrip(".") for one in re.findall(r"^\*\*(.+?)\*\*", scenarios, re.MULTILINE)]


def test_every_scenario_of_the_guide_is_walked() -> None:
    assert headings() == list(SCENARIOS)


async def test_each_scenario_leads_where_it_says(house: "House") -> None:
    await library(house)
    for walk in SCENARIOS.values():
        await walk(house)


async def test_the_recording_guide_leads_from_a_prompt_to_a_history(house: "House") -> None:
    steps = re.findall(r"^\d\. `(\w+)\(", workflow_guide(), re.MULTILINE)
    assert steps == ["create_prompt", "create_asset", "sync_post_asset_stats"]
    prompt = await house.good("create_prompt", prompt_text="a lighthouse in fog")
    house.post(1, post_id=77)
    pending = await house.good("create_civitai_post", civitai_id="77", status="pending")
    assert pending["post_id"] == "77"
    told = await house.good("record_civitai_post", posts=["77"])
    assert told["failed"] == 0
    listed = await house.good("list_civitai_posts", civitai_id="77", include_details=True)
    [asset] = listed["posts"][0]["assets"]
    named = await house.good("update_asset", asset_id=asset["asset_id"], input_prompt_id=prompt["prompt_id"])
    assert named["asset_id"] == asset["asset_id"]
    house.advance(hours=1)
    await house.good("sync_post_asset_stats", civitai_post_id="77")
    found = await house.good("find_asset", asset_id=asset["asset_id"])
    assert found["input_prompt"]
    assert (await house.good("get_engagement_history", post="77"))["steps"]
