"""What answers say of one span is one number: told gains, told counters, sister tools."""

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from tests.growing import Grown, write
from tests.house import START

if TYPE_CHECKING:
    from tests.house import House

HOUR = timedelta(hours=1)
HISTORY, CHART, MOVERS = "get_engagement_history", "chart_engagement", "get_top_movers"
LIST, AUDIT, SUMMARY = "list_civitai_posts", "audit_library", "summarize_creator"


async def look(house: "House", likes: int, post: int = 77) -> None:
    house.world.set_stats(int(house.ids(post)[0]), like=likes)
    await house.good("sync_post_asset_stats", civitai_post_id=str(post))


def told_difference(steps: list[dict[str, Any]]) -> int:
    totals: list[int] = [sum(one["counters"]) for one in steps if one["counters"]]
    return totals[-1] - totals[0]


@pytest.mark.parametrize("step", ["hour", "4h", "day", "week"])
async def test_nothing_that_came_at_the_edge_of_a_sleep_is_lost(house: "House", step: str) -> None:
    """A machine asleep from 22:00 to 08:00; a post published at 09:00, looked at every two hours."""
    house.advance(hours=-3)
    house.post(1, published_at=house.clock.now())
    house.advance(hours=1)
    likes = 42
    house.world.set_stats(int(house.ids()[0]), like=likes)
    await house.good("record_civitai_post", posts=["77"])
    for hour in range(12, 58, 2):
        house.advance(hours=2)
        if 8 <= hour % 24 < 22:
            likes += 5
            await look(house, likes)
    told = await house.good(HISTORY, post="77", step=step)
    assert sum(one["gain"] or 0 for one in told["steps"][1:]) == told["gain"] == told_difference(told["steps"])
    assert told["gain"] == likes + 3  # from its publication on
    assert (told["joined"], told["unplaced"]) == (0, 0)
    assert f"from 0 to {likes + 3} reactions" in told["summary"]
    chart = await house.good(CHART, posts=["77"])
    assert f"from 0 to {likes + 3} reactions" in chart["summary"]
    (mover,) = (await house.good(MOVERS, window="7d"))["movers"]
    (row,) = (await house.good(LIST))["posts"]
    assert mover["gain"] == row["engagement"]["gain_7d"] == told["gain"]
    (day,) = (await house.good(MOVERS, window="24h"))["movers"]
    assert day["gain"] == row["engagement"]["gain_24h"] == told["gain_24h"]


async def test_a_silence_over_the_beginning_of_the_time_asked_for_is_told_apart(house: "House") -> None:
    house.post(1, published_at=house.clock.now() - 20 * timedelta(days=1))
    await house.good("record_civitai_post", posts=["77"])
    house.advance(days=5)
    await look(house, 101)
    house.advance(hours=4)
    await look(house, 108)
    since = (house.clock.now() - 24 * HOUR).isoformat()
    told = await house.good(HISTORY, post="77", from_time=since)
    assert (told["gain"], told["unplaced"], told["gain_24h"]) == (7, 100, None)
    assert told_difference(told["steps"]) == 7
    assert any(
        note.startswith("100 more were first seen in this time and may have come before") for note in told["notes"]
    )
    (mover,) = (await house.good(MOVERS, window="24h"))["movers"]
    assert (mover["gain"], mover["hours"], mover["remark"]) == (
        7,
        4,
        "not observed for much of it; 100 more may have come before",
    )
    assert (await house.good(LIST))["posts"][0]["engagement"]["gain_24h"] is None


async def test_media_that_join_a_creator_are_no_growth_in_any_answer(house: "House") -> None:
    for post, likes in ((77, 500), (78, 900)):
        house.post(1, post, published_at=house.clock.now() - timedelta(days=40))
        house.world.set_stats(int(house.ids(post)[0]), like=likes)
    await house.good("record_civitai_post", posts=["77"])
    house.advance(hours=5)
    await house.good("record_civitai_post", posts=["78"])
    house.advance(hours=3)
    await look(house, 510)
    await look(house, 900, post=78)
    told = await house.good(HISTORY, creator="Ana")
    assert (told["gain"], told["joined"]) == (10, 903)
    assert told_difference(told["steps"]) == 913
    assert told["summary"].startswith(
        "Creator Ana gained 10 in 8 h and stands at 1,416 reactions and comments, with 903 that older media had"
    )
    chart = await house.good(CHART, creator="Ana")
    assert chart["summary"].startswith("Creator Ana (2 media) gained 10 and came to 1,416 reactions and comments")
    assert any(note.startswith("Media first seen in this time and published before it join") for note in chart["notes"])


async def test_one_round_of_looks_is_where_the_history_begins_and_no_growth(house: "House") -> None:
    """A round takes a while; between its pages nothing grew."""
    for post in (77, 78):
        house.post(2, post, published_at=house.clock.now() - timedelta(days=9))
        house.advance(seconds=40)
        await house.good("record_civitai_post", posts=[str(post)])
    house.advance(minutes=3)
    for answer in (await house.good(HISTORY, creator="Ana"), await house.good(CHART, creator="Ana")):
        assert "18 reactions and comments" in answer["summary"]
        assert "began" in answer["summary"]
        assert " from " not in answer["summary"]
    chart = await house.good(CHART, creator="Ana")
    assert len(chart["lines"][0]["points"]) == 1
    assert (await house.good(HISTORY, creator="Ana"))["gain"] in (None, 0)


async def test_one_gone_image_does_not_make_an_answer_weeks_old(house: "House") -> None:
    now = START + 600 * HOUR
    house.advance(hours=600)
    there = Grown(1, post=77, born=START, likes=((1, 4), (500, 30)), seen_to=599)
    gone = Grown(2, post=77, born=START, likes=((1, 4), (200, 9)), seen_to=210)
    await write(house.database_url, [there, gone])
    await house.run("update image_tracking set state = 'missing' where image_id = 2")
    await house.run(
        "insert into image_stats_history select image_id, $1, cry_count, laugh_count, like_count, dislike_count, "
        "heart_count, comment_count, 0, 0, 0, 0, 0, 0, as_of, 'missing' from image_tracking where image_id = 2",
        START + 214 * HOUR,
    )
    lately = (now - HOUR).strftime("%Y-%m-%dT%H:%M:%SZ")
    for tool, arguments in ((HISTORY, {"creator": "Ana"}), (CHART, {"creator": "Ana"}), (SUMMARY, {"username": "Ana"})):
        told = await house.good(tool, **arguments)
        assert told["as_of"] == lately, tool
    history = await house.good(HISTORY, post="77", from_time=START.isoformat())
    assert "1 media no longer listed by Civitai: told as last seen." in history["notes"]


async def test_movers_tell_no_rate_of_a_moment_and_name_who_is_missing(house: "House") -> None:
    house.post(1, published_at=house.clock.now() - timedelta(minutes=10))
    house.world.set_stats(int(house.ids()[0]), like=260)
    await house.good("record_civitai_post", posts=["77"])
    told = await house.call(MOVERS)
    assert told.data["movers"][0]["per_hour"] is None
    assert told.data["summary"] == (
        "Post 77 by Ana gained most: 263 reactions and comments in 10 observed minutes; 1 post gained in the last 24 h."
    )
    nobody = await house.good(MOVERS, creator="NoSuchMaker")
    assert nobody["summary"] == (
        "There are no posts of creator NoSuchMaker to look at: watch_creator begins to follow them; "
        "list_watches tells who is followed."
    )


async def test_what_a_mover_is_expected_to_gain_is_not_learned_from_it(house: "House") -> None:
    """Alone it would be what is usual: exactly once the expected."""
    house.advance(hours=200)
    born = START + 100 * HOUR
    usual = [(hour, 20 + hour) for hour in range(1, 90)]
    others = [Grown(10 + one, post=10 + one, born=START + one * HOUR, likes=usual, seen_to=100) for one in range(20)]
    burst = Grown(99, post=99, born=born, likes=((1, 50), (76, 60), (80, 900), (99, 960)), seen_to=100, creator="Bo")
    await write(house.database_url, [*others, burst])
    rows = {one["id"]: one for one in (await house.good(MOVERS))["movers"]}
    assert rows["99"]["times_expected"] > 10


async def test_a_listed_post_has_the_sums_of_all_that_is_followed_of_it(house: "House") -> None:
    first, second = house.post(2)
    await house.good("record_civitai_post", posts=["77"])
    await house.run("delete from assets where image_id = $1", second.id)
    (row,) = (await house.good(LIST))["posts"]
    assert (row["asset_count"], row["engagement"]["like"]) == (1, 3)
    told = await house.good(LIST)
    assert "1 media more of the post counted in: followed, not recorded." in told["notes"]
    assert first.id != second.id


async def test_what_gained_when_nobody_knows_is_not_told_as_standing_still(house: "House") -> None:
    for post in (77, 78):
        house.post(1, post, published_at=house.clock.now() - timedelta(days=20))
    await house.good("record_civitai_post", posts=["77", "78"])
    house.advance(days=5)
    await look(house, 101)
    await look(house, 2, post=78)
    house.advance(hours=4)
    await look(house, 101)
    await look(house, 2, post=78)
    told = await house.good(MOVERS)
    assert (told["moved"], told["movers"]) == (0, [])
    assert told["summary"] == (
        "Of 2 posts observed in the last 24 h none is known to have gained in it: 2 gained since the looks before it."
    )


NOW = START + 1_000 * HOUR


def grown(number: int, post: int, age: float, likes: list[tuple[float, int]], *, every: float = 1) -> Grown:
    """A media so many hours old, with its likes as of so many hours ago; last looked at half an hour ago."""
    born = NOW - age * HOUR
    return Grown(number, post, born, [(age - ago, count) for ago, count in likes], seen_to=age - 0.5, every=every)


async def recorded(house: "House", *media: Grown) -> None:
    house.advance(hours=1_000)
    await write(house.database_url, media)
    await house.run(
        "insert into posts (post_id, civitai_url, status, created_by, recorded_at, updated_at, published_at) "
        "select post_id, '', 'published', 'K', now(), now(), min(published_at) from images group by post_id"
    )


async def test_a_media_seen_again_after_a_silence_takes_nothing_from_the_others_of_its_post(house: "House") -> None:
    hourly = [(hour, 40 + 10 * (24 - hour)) for hour in range(23, 0, -1)]
    await recorded(
        house,
        grown(1, 77, 600, [(590, 40), *hourly]),
        grown(2, 77, 600, [(590, 10), (2, 11)], every=60),
        grown(3, 78, 600, [(590, 40), (10, 140)]),
        grown(4, 78, 600, [(590, 10), (0.5, 11)], every=60),
    )
    rows = {one["id"]: one for one in (await house.good(MOVERS))["movers"]}
    assert (rows["77"]["gain"], rows["77"]["per_hour"]) == (230, pytest.approx(10, rel=0.1))
    assert rows["78"]["gain"] == 100


@pytest.mark.parametrize("hours", [6, 12, 48])
async def test_the_gain_of_the_last_day_does_not_depend_on_the_time_asked_for(house: "House", hours: int) -> None:
    await recorded(
        house,
        grown(1, 71, 20, [(19, 40), (15, 100), (2, 110)]),
        grown(2, 72, 20, [(19, 50), (1, 60)]),
        grown(3, 73, 200, [(199, 50), (10, 90), (3, 95)]),
    )
    told = await house.good(HISTORY, creator="Ana", from_time=(NOW - hours * HOUR).isoformat())
    assert told["gain_24h"] == 110 + 60 + 45


async def test_what_was_taken_back_before_the_time_told_is_said_as_fewer_and_in_the_sentence(house: "House") -> None:
    await recorded(
        house,
        grown(1, 77, 600, [(590, 81), (20, 37), (3, 60)], every=70),
        grown(2, 78, 600, [(590, 10), (5, 12)]),
    )
    told = await house.good(HISTORY, creator="Ana", from_time=(NOW - 24 * HOUR).isoformat(), step="day")
    assert told["unplaced"] == -44
    assert ", 44 fewer may have come before" in told["summary"]
    assert any(note.startswith("44 fewer were first seen in this time") for note in told["notes"])


async def test_a_post_gone_whole_does_not_age_the_others_and_has_a_date_of_its_own(house: "House") -> None:
    gone = Grown(2, 72, NOW - 600 * HOUR, [(1, 9)], seen_to=400)
    await recorded(house, grown(1, 71, 600, [(590, 40), (9, 50)]), gone)
    await house.run(
        "insert into assets (asset_type, asset_source, asset_url, created_by, post_id, image_id, recorded_at, "
        "updated_at) select 'image', 'upload', url, 'K', post_id, id, now(), now() from images"
    )
    await house.run("update image_tracking set state = 'missing' where image_id = 2")
    await house.run(
        "insert into image_stats_history select image_id, as_of + interval '1 hour', cry_count, laugh_count, "
        "like_count, dislike_count, heart_count, comment_count, 0, 0, 0, 0, 0, 0, as_of, 'missing' "
        "from image_tracking where image_id = 2"
    )
    lately, last = ((NOW - ago * HOUR).strftime("%Y-%m-%dT%H:%M:%SZ") for ago in (0.5, 200))
    assert (await house.good(LIST))["as_of"] == lately
    assert (await house.good(CHART, posts=["71", "72"]))["as_of"] == lately
    assert (await house.good("rate_post", post="72"))["as_of"] == last
    audit = await house.good(AUDIT, checks=0)
    assert audit["as_of"] == lately
    assert {one["post_id"]: one["observed_at"] for one in audit["posts"]}["72"] == last
