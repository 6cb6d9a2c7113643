"""Who `me` is and which posts `latest` means, asked through the tools."""

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from pydantic import SecretStr

if TYPE_CHECKING:
    from tests.house import House

KEY = "sandbox-key"


async def two_creators(house: "House") -> None:
    """Ana with posts of today, of a day and of two days ago; Rex with one of three days ago; both watched."""
    for post_id, username, days in ((201, "Ana", 0), (202, "Ana", 1), (203, "Ana", 2), (301, "Rex", 3)):
        house.post(2, post_id, username=username, published_at=house.clock.now() - timedelta(days=days, hours=1))
    await house.good("watch_creator", usernames=["Ana", "Rex"])
    await house.tick()


def listed(answer: Any) -> list[str]:
    return [post["post_id"] for post in answer["posts"]]


@pytest.mark.parametrize("word", ["@me", "me", " ME "])
async def test_me_is_the_creator_of_the_setting(house: "House", word: str) -> None:
    await two_creators(house)
    house.restart(creator="ana")
    assert listed(await house.good("list_posts", creator=word)) == ["201", "202", "203"]
    assert (await house.good("summarize_creator", username=word))["creator"] == "Ana"


async def test_me_is_whose_the_key_is_where_no_name_is_set_and_civitai_is_asked_once(house: "House") -> None:
    await two_creators(house)
    house.world.switches = replace(house.world.switches, account="Rex")
    house.restart(civitai_api_key=SecretStr(KEY))
    await house.forget()
    for _ in range(2):
        assert listed(await house.good("list_posts", creator="@me")) == ["301"]
    assert [one["path"] for one in await house.asked()] == ["/api/v1/me"]


async def test_where_nobody_says_who_me_is_the_answer_tells_how_to_say_it(house: "House") -> None:
    told = await house.call("list_posts", creator="@me")
    assert told.is_error
    assert "Set CIVITAI_ENGAGEMENT_CREATOR to your name" in told.text


async def test_a_followed_creator_called_me_is_me_unless_an_at_says_that_you_are_meant(house: "House") -> None:
    await two_creators(house)
    house.post(1, 401, username="me")
    await house.good("watch_creator", usernames=["https://civitai.com/user/me"])
    house.advance(hours=4)
    await house.tick()
    house.restart(creator="Ana")
    assert listed(await house.good("list_posts", creator="me")) == ["401"]
    assert listed(await house.good("list_posts", creator="@me")) == ["201", "202", "203"]
    assert listed(await house.good("list_posts", creator="https://civitai.com/user/me")) == ["401"]


async def test_a_tool_that_needs_a_name_takes_me_where_none_is_given(house: "House") -> None:
    await two_creators(house)
    house.restart(creator="Ana")
    assert (await house.good("summarize_creator"))["creator"] == "Ana"
    assert (await house.good("get_engagement_history"))["media"] == 6
    assert len(listed(await house.good("list_posts"))) == 4


async def test_created_by_me_matches_who_records_and_the_creator_and_says_which(house: "House") -> None:
    await house.good("record_civitai_post", posts=[str(one) for one in (await recorded_of(house))])
    house.restart(creator="Rex", recorded_by="Somebody")
    rows = {
        row["post_id"]: row["matched_by"] for row in (await house.good("list_civitai_posts", created_by="me"))["posts"]
    }
    assert rows == {"301": "creator"}
    house.restart(creator="Rex")
    rows = {
        row["post_id"]: row["matched_by"] for row in (await house.good("list_civitai_posts", created_by="@me"))["posts"]
    }
    assert rows == {"201": "recorder", "301": "creator"}


async def recorded_of(house: "House") -> list[int]:
    house.post(1, 201, username="Ana")
    house.post(1, 301, username="Rex")
    return [201, 301]


async def test_created_by_the_page_of_one_called_me_is_only_that_creator(house: "House") -> None:
    await recorded_of(house)
    house.post(1, 401, username="me")
    house.restart(recorded_by="me", creator="Ana")
    await house.good("record_civitai_post", posts=["201", "301", "401"])
    assert listed(await house.good("list_civitai_posts", created_by="https://civitai.com/user/me")) == ["401"]


async def test_the_latest_post_is_yours_or_the_one_of_whom_you_name(house: "House") -> None:
    await two_creators(house)
    house.restart(creator="Ana")
    assert (await house.good("rate_post", post="latest"))["post"] == "201"
    assert (await house.good("rate_post", post="latest", creator="Rex"))["post"] == "301"
    assert (await house.good("rate_post", post="the latest post of rex"))["post"] == "301"
    assert (await house.good("fetch_civitai_post_assets", post_id="latest"))["post_id"] == "201"
    assert (await house.good("get_engagement_history", post="latest", creator="Rex"))["media"] == 2


@pytest.mark.parametrize("words", ["latest 2", ["latest 2"], ["latest", "202"], ["201", "latest 2"]])
async def test_the_latest_few_stand_wherever_posts_do(house: "House", words: Any) -> None:
    await two_creators(house)
    house.restart(creator="Ana")
    compared = await house.good("compare_posts", posts=words, at_age="1h")
    assert sorted(one["id"] for one in compared["compared"]) == ["201", "202"]


async def test_where_one_post_is_meant_several_are_refused_and_nobody_s_are_told(house: "House") -> None:
    await two_creators(house)
    house.restart(creator="Nobody_Here")
    several = await house.call("rate_post", post="latest 3", creator="Ana")
    assert (several.is_error, "are several posts; here one is meant" in several.text) == (True, True)
    none = await house.call("rate_post", post="latest")
    assert (none.is_error, "No post of Nobody_Here is stored. watch_creator" in none.text) == (True, True)


async def test_charts_and_top_media_take_the_latest_few(house: "House") -> None:
    await two_creators(house)
    house.restart(creator="Ana")
    chart = await house.good("chart_engagement", posts="latest 2", by="age")
    assert len(chart["lines"]) == 2
    top = await house.good("get_top_media", posts="latest 2")
    assert {one["post_id"] for one in top["top"]} == {"201", "202"}
