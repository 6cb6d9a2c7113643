"""What `get_top_movers` answers."""

from collections.abc import Sequence
from datetime import timedelta
from typing import TYPE_CHECKING

from tests.growing import Grown, write
from tests.house import START

if TYPE_CHECKING:
    from tests.house import House

MOVERS = "get_top_movers"
HOUR = timedelta(hours=1)
NOW = START + 200 * HOUR


def aged(post: int, hours: float, likes: Sequence[tuple[float, int]], *, creator: str = "Ana") -> Grown:
    """A post of one media that is so many hours old now."""
    return Grown(10 * post, post=post, born=NOW - hours * HOUR, likes=likes, seen_to=hours, creator=creator)


async def test_what_gained_most_is_told_over_the_hours_that_were_really_observed(house: "House") -> None:
    house.advance(hours=200)
    quiet = aged(1, 100, ((1, 5), (40, 20)))
    grown = aged(2, 50, ((1, 10), (24, 40), (30, 52), (49, 60)))
    young = aged(3, 6, ((2, 30), (5, 42)), creator="Bo")
    level = aged(4, 90, ((80, 500), (85, 503)), creator="Cy")
    await write(house.database_url, [quiet, grown, young, level])
    told = await house.call(MOVERS)
    rows = {one["id"]: one for one in told.data["movers"]}
    assert list(rows) == ["3", "2", "4"]
    assert told.data["summary"] == (
        "Post 3 by Bo gained most: 42 reactions and comments in 6 observed hours, 7 an hour; "
        "3 posts gained in the last 24 h."
    )
    assert [rows["2"][name] for name in ("creator", "age_hours", "gain", "hours", "per_hour")] == [
        "Ana",
        50,
        20,
        24,
        0.833,
    ]
    assert [rows["4"][name] for name in ("gain", "hours")] == [3, 10]
    assert (rows["3"]["times_expected"], rows["3"]["times_own"]) == (None, None)
    assert "3|Bo|6 h|42|6|7|-|-|" in told.rows
    assert told.data["notes"][0].startswith("A gain is what was first seen in the window")
    assert told.data["as_of"] == "2026-05-09T20:00:00Z"
    fast = await house.good(MOVERS, by="per_hour", window="2h", limit=1)
    assert [(one["id"], one["gain"], one["per_hour"]) for one in fast["movers"]] == [("3", 12, 6)]
    assert (fast["moved"], fast["left_out"], fast["window"]) == (2, 1, "2 h")
    assert "(2 more are ranked: ask with a larger limit)" in (await house.call(MOVERS, limit=1)).rows
    images = await house.good(MOVERS, of="images", creator="ana")
    assert [one["id"] for one in images["movers"]] == ["20"]
    assert images["summary"].startswith("Image 20 by Ana gained most: 20 reactions")


async def test_a_mover_is_set_against_its_age_and_against_its_creators_usual(house: "House") -> None:
    house.advance(hours=200)
    likes = ((1, 8), (24, 20), (25, 20), (48, 30), (49, 30))
    others = [aged(post, 100 + post, likes) for post in range(10, 22)]
    star = aged(1, 48, ((1, 8), (24, 20), (25, 20), (48, 50)))
    await write(house.database_url, [*others, star])
    [row] = (await house.good(MOVERS, creator="Ana", by="age", limit=1))["movers"]
    assert (row["id"], row["gain"], row["times_own"], row["own_interval"], row["own_n"]) == ("1", 30, 3, [3, 3], 12)
    assert row["times_expected"] > 2
    told = await house.call(MOVERS, creator="Ana", by="age", window="47h", limit=1)
    assert told.data["summary"] == (
        "Of 1 post that gained in the last 47 h none is ranked by age: "
        "fewer than 10 before the window: too few to expect a number (1)."
    )
    text = (await house.call(MOVERS, creator="Ana", by="age", limit=1)).text
    assert text.startswith("Post 1 by Ana moved most for its age, ")
    assert "3 (3 to 3, 12)" in text
    assert "Sampled strangers" not in text


async def test_what_is_expected_of_a_creator_is_learned_from_their_own_posts(house: "House") -> None:
    house.advance(hours=200)
    slow = tuple((float(hour), 100 * hour) for hour in range(1, 49))
    quick = ((1.0, 1_000), (2.0, 2_000), (47.0, 2_040))
    steady = [aged(post, 48, slow, creator="Bo") for post in range(10, 22)]
    spent = [aged(post, 48, quick, creator="Ana") for post in range(30, 42)]
    alone = aged(50, 48, ((1, 100), (24, 200), (47, 300)), creator="Cy")
    await write(house.database_url, [*steady, *spent, alone])
    movers = (await house.good(MOVERS, limit=50))["movers"]
    times = {one["id"]: one["times_expected"] for one in movers}
    assert 0.9 < times["10"] < 1.1
    assert 0.9 < times["30"] < 1.1
    assert times["50"] is not None
    text = (await house.call(MOVERS, limit=1)).text
    assert "gained most: 2,400 reactions and comments in 24 observed hours, 100 an hour" in text


async def test_what_was_taken_back_and_where_nobody_looked_is_said(house: "House") -> None:
    house.advance(hours=200)
    fell = aged(1, 100, ((1, 50), (90, 70), (95, 64)))
    unseen = Grown(20, post=2, born=NOW - 100 * HOUR, likes=((1, 10), (95, 90)), seen_to=100, every=94)
    late = [
        Grown(30 + place, post=3, born=NOW - 90 * HOUR, likes=((1 + place * 80, 9),), seen_to=90) for place in (0, 1)
    ]
    moved = Grown(32, post=3, born=NOW - 90 * HOUR, likes=((1, 1), (80, 3)), seen_to=90)
    await write(house.database_url, [fell, unseen, *late, moved])
    told = await house.good(MOVERS)
    assert [(one["id"], one["gain"], one["remark"]) for one in told["movers"]] == [
        ("1", 14, "6 taken back meanwhile"),
        ("3", 2, "9 of media first seen late not counted in"),
    ]
    late_note = "have media first seen late: what those had then is in the counts from there on, and came at an unknown"
    assert f"1 of 2 {late_note} time." in told["notes"]
    assert "1 post not told: too little was looked to say that it gained in this window." in told["notes"]
    assert "1 of 2 had reactions withdrawn or corrected: their counts can fall." in told["notes"]


async def test_standing_still_is_told_from_not_having_been_looked_at(house: "House") -> None:
    house.advance(hours=200)
    assert (await house.good(MOVERS))["summary"].startswith("There are no posts to look at: record_civitai_post")
    await write(house.database_url, [aged(1, 50, ((1, 10),))])
    assert (await house.good(MOVERS))["summary"] == "Of 1 post observed in the last 24 h none gained anything."
    house.advance(hours=30)
    told = await house.good(MOVERS)
    assert told["summary"] == (
        "Of 1 post none was observed in the last 24 h; the last look was at 2026-05-09 20:00 UTC."
    )
    assert told["movers"] == []
    assert told["as_of"] == "2026-05-09T20:00:00Z"
    await write(house.database_url, [Grown(20, post=2, born=NOW, likes=((1, 10),), seen_to=30)])
    young = await house.good(MOVERS, window="1h")
    assert young["summary"] == "Of 1 post observed in the last 1 h none gained anything."
    assert young["notes"] == ["1 post not observed in this time: unknown, not zero."]


async def test_what_was_looked_at_once_is_not_said_to_have_gained_nothing(house: "House") -> None:
    house.advance(hours=200)
    once = [Grown(10 * post, post=post, born=NOW - 90 * HOUR, likes=((88, 50),), seen_to=88) for post in (1, 2)]
    await write(house.database_url, once)
    told = await house.good(MOVERS)
    assert told["summary"] == (
        "What 2 posts gained in the last 24 h is not known yet: observed once, and a gain takes two looks."
    )
    assert (told["moved"], told["notes"]) == (0, [])
    await write(house.database_url, [aged(3, 90, ((88, 50),))])
    told = await house.good(MOVERS)
    assert told["summary"] == "Of 1 post observed in the last 24 h none gained anything."
    assert told["notes"] == ["2 posts observed once only: what they gained is not known yet."]


async def test_a_window_is_an_hour_to_thirty_days(house: "House") -> None:
    for window, words in {
        "30min": "0.5 h is no window",
        "31d": "31 d is no window",
        "soon": "window 'soon' is no",
    }.items():
        told = await house.call(MOVERS, window=window)
        assert told.is_error
        assert told.text.startswith(words)


async def test_by_age_what_was_out_before_the_window_is_ranked_however_much_the_young_gain(house: "House") -> None:
    """More young posts gain more than are measured closely; by age none of them can be judged."""
    house.advance(hours=200)
    likes = ((1, 8), (24, 20), (48, 30), (80, 34), (96, 36))
    others = [aged(post, 100 + post / 10, likes) for post in range(10, 22)]
    star = aged(1, 96, ((1, 8), (24, 20), (48, 30), (73, 30), (95, 60)))
    young = [aged(100 + post, 20, ((1, 500), (19, 900))) for post in range(45)]
    await write(house.database_url, [*others, star, *young])
    told = await house.good(MOVERS, by="age")
    assert told["movers"][0]["id"] == "1"
    assert told["moved"] >= 46
    most = await house.good(MOVERS)
    assert most["movers"][0]["gain"] == 900


async def test_nothing_is_expected_where_there_are_too_few_others_to_learn_from(house: "House") -> None:
    house.advance(hours=200)
    lonely = [aged(post, 150, ((1, 40), (148, 70 + post))) for post in (1, 2, 3)]
    await write(house.database_url, lonely[:1])
    assert [one["times_expected"] for one in (await house.good(MOVERS))["movers"]] == [None]
    await write(house.database_url, lonely[1:])
    told = await house.good(MOVERS)
    assert [one["times_expected"] for one in told["movers"]] == [None] * 3
    why = "fewer than 10 others observed at this age to learn from what is usual (3)."
    assert f"Without x expected: {why}" in told["notes"]
    by_age = await house.good(MOVERS, by="age")
    assert by_age["summary"] == f"Of 3 posts that gained in the last 24 h none is ranked by age: {why}"


async def test_a_part_of_one_is_no_expectation(house: "House") -> None:
    house.advance(hours=200)
    spent = [
        aged(80 + one, 180 + one, ((1, 500 + one), (20, 1_000 + one), (80, 1_001 + one), (175, 1_002 + one)))
        for one in range(14)
    ]
    await write(house.database_url, [aged(1, 150, ((1, 40), (148, 70))), *spent])
    told = await house.good(MOVERS, by="age")
    assert " times the expected" not in told["summary"]
    rows = {one["id"]: one["times_expected"] for one in (await house.good(MOVERS))["movers"]}
    assert rows["1"] is None


async def test_what_gained_fastest_is_found_among_all_that_gained(house: "House") -> None:
    """More posts gained more than are measured closely, none of them as fast."""
    house.advance(hours=200)
    many = [aged(post, 150, ((1, 400), (148, 600 + post))) for post in range(1, 46)]
    quick = Grown(990, post=99, born=NOW - HOUR, likes=((0.1, 90),), seen_to=0.95)
    await write(house.database_url, [*many, quick])
    told = await house.good(MOVERS, by="per_hour", limit=2)
    assert [one["id"] for one in told["movers"]] == ["99", "45"]
    assert told["summary"].startswith("Post 99 by Ana gained fastest: 90 reactions and comments in 57 observed minutes")
    assert "Ranked are the 40 that gained fastest." in told["notes"]
    assert "99" not in {one["id"] for one in (await house.good(MOVERS, limit=50))["movers"]}
    by_age = await house.good(MOVERS, by="age")
    assert " moved most for its age among the 40 that gained most, " in by_age["summary"]
    assert "1 post not ranked by age: came out in the window: nothing is expected yet." in by_age["notes"]


async def test_by_age_it_is_said_that_all_came_out_in_the_window(house: "House") -> None:
    house.advance(hours=200)
    await write(house.database_url, [aged(post, 20, ((1, 40 + post),)) for post in range(1, 4)])
    told = await house.good(MOVERS, by="age")
    assert told["summary"] == (
        "Of 3 posts that gained in the last 24 h none is ranked by age: "
        "came out in the window: nothing is expected yet (3)."
    )
