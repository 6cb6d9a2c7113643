"""What `compare_posts` answers."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from tests.growing import Grown, write
from tests.house import START

if TYPE_CHECKING:
    from tests.house import House

COMPARE = "compare_posts"


def ago(**time: float) -> datetime:
    return START - timedelta(**time)


OLD = Grown(770, post=77, born=ago(days=30), likes=((1, 10), (4, 40), (24, 100), (150, 160)), seen_to=700)
QUICK = Grown(780, post=78, born=ago(days=20), likes=((1, 30), (4, 50), (24, 80)), seen_to=400, comments=2)
YOUNG = Grown(790, post=79, born=ago(hours=6), likes=((1, 20), (2, 33)), seen_to=6, creator="Bo")
HOLED = Grown(800, post=80, born=ago(hours=72), likes=((2, 4), (60, 70)), seen_to=72, every=58)


async def test_posts_are_compared_at_the_ages_all_were_observed_at(house: "House") -> None:
    await write(house.database_url, [OLD, QUICK])
    told = await house.call(COMPARE, posts=["77", "https://civitai.com/posts/78", "77"])
    assert told.data["summary"] == (
        "At 24 h post 77 is ahead with 1.22 times the next: 100 reactions and comments against 82 of post 78; at "
        "16.7 d post 77 is ahead with 1.95 times the next: 160 reactions and comments against 82 of post 78 (16.7 d is "
        "the greatest age both were observed at)."
    )
    assert told.data["ages"] == ["1 h", "4 h", "24 h", "7 d"]
    assert [(one["id"], one["counts"]) for one in told.data["compared"]] == [
        ("77", [10, 40, 100, 160]),
        ("78", [32, 52, 82, 82]),
    ]
    assert [one["ratio"] for one in told.data["ahead"]] == [1.22, 1.95]
    first, second = told.data["compared"]
    # Half of 100 lies between the 40 at 23 h and the 100 at 24 h; half of 82 between the 32 at 3 h and the 52 at 4 h.
    assert (first["shape"], first["half_life"]) == ("steady", [23.2, 23.0, 24.0])
    assert (second["shape"], second["half_life"]) == ("early", [3.5, 3.0, 4.0])
    assert (first["seen_to"], first["total"]) == ("29.2 d", 160)
    assert told.data["as_of"] == "2026-04-28T04:00:00Z"
    assert "77|Ana|2026-04-01T12:00:00Z|29.2 d|160|10|40|100|160|23.2 (23 to 24)|steady" in told.rows
    assert any("may be chance alone" in note for note in told.data["notes"])
    assert not any("not observed" in line for line in told.rows)


async def test_a_young_post_is_compared_at_its_own_age_and_never_with_an_old_total(house: "House") -> None:
    await write(house.database_url, [OLD, YOUNG])
    told = await house.call(COMPARE, posts="77,79", at_age="2h")
    assert told.data["summary"].startswith(
        "At 2 h post 79 is ahead with 3.3 times the next: 33 reactions and comments against 10 of post 77; at 6 h post "
        "77 is ahead with 1.21 times the next: 40 reactions and comments against 33 of post 79"
    )
    assert told.data["ages"] == ["1 h", "2 h", "4 h", "24 h", "7 d"]
    assert [one["id"] for one in told.data["compared"]] == ["79", "77"]
    young = told.data["compared"][0]
    assert young["counts"] == [20, 33, 33, None, None]
    assert young["not_observed"] == {
        "24 h": "last observed at 6 h of age, before 24 h: at least 33",
        "7 d": "last observed at 6 h of age, before 7 d: at least 33",
    }
    assert "shape" not in young
    assert "79 at 24 h: last observed at 6 h of age, before 24 h: at least 33" in told.rows
    later = await house.good(COMPARE, posts="77,79")
    assert later["summary"].startswith("Not both posts were observed at 24 h of age, but all were at 6 h: post 77 is")
    assert [one["age"] for one in later["ahead"]] == ["6 h"]


async def test_an_age_that_is_spoken_like_a_standard_one_takes_its_place(house: "House") -> None:
    await write(house.database_url, [OLD, replace(QUICK, likes=((1, 30), (4, 50), (24, 90_000)), seen_to=168)])
    week = await house.call(COMPARE, posts=["77", "78"], at_age="10081min")
    assert week.data["ages"] == ["1 h", "4 h", "24 h", "7 d"]
    assert [(one["id"], one["counts"]) for one in week.data["compared"]] == [
        ("77", [10, 40, 100, 160]),
        ("78", [32, 52, 90_002, None]),
    ]
    assert list(week.data["compared"][1]["not_observed"]) == ["7 d"]
    day = await house.good(COMPARE, posts=["77", "78"], at_age="1441min")
    assert day["ages"] == ["1 h", "4 h", "24 h", "7 d"]
    assert [len(one["counts"]) for one in day["compared"]] == [4, 4]
    assert "is ahead with 900 times the next: 90,002 reactions" in day["summary"]


async def test_a_hole_is_told_with_what_it_allows_and_falls_and_lost_media_are_noted(house: "House") -> None:
    fallen = Grown(810, post=81, born=ago(hours=80), likes=((1, 9), (3, 12), (30, 10)), seen_to=80)
    never = Grown(820, post=82, born=ago(hours=80), likes=(), seen_to=0)
    second = Grown(821, post=82, born=ago(hours=80), likes=((1, 3), (2, 8)), seen_to=80)
    await write(house.database_url, [HOLED, fallen, never, second])
    await house.run("update image_tracking set state = 'missing' where image_id = 810")
    told = await house.good(COMPARE, posts=[80, 81, 82])
    holed = next(one for one in told["compared"] if one["id"] == "80")
    assert holed["counts"] == [None, None, None, None]
    assert holed["not_observed"]["24 h"] == "nothing was observed between 2 h and 60 h of age: 4 to 70"
    assert told["summary"].startswith("Not all 3 posts were observed at 24 h of age, but all were at 3 d: post 80 is")
    notes = "\n".join(told["notes"])
    assert "1 of 3 had reactions withdrawn or corrected" in notes
    assert "1 of 3 have media that are gone from Civitai" in notes
    assert "1 of 3 have media whose counters are not known" in notes


async def test_images_are_compared_too_and_equal_ones_are_level(house: "House") -> None:
    twin = Grown(781, post=78, born=ago(days=20), likes=((1, 30), (4, 50), (24, 80)), seen_to=400, comments=2)
    none = Grown(783, post=78, born=ago(days=20), likes=((1, 0),), seen_to=400)
    await write(house.database_url, [QUICK, twin, none])
    told = await house.good(COMPARE, images=["780", "https://civitai.com/images/781"])
    assert told["summary"].startswith("At 24 h image 780 and image 781 are level with 82 reactions and comments")
    alone = await house.good(COMPARE, images=["780", "783"])
    assert alone["ahead"][0] == {
        "age": "24 h", "id": "780", "count": 82, "next_id": "783", "next_count": 0, "ratio": None,
    }  # fmt: skip
    assert "is ahead of the next, which has none: 82 reactions" in alone["summary"]


async def test_twenty_posts_nowhere_observed_in_time_still_fit_into_the_text(house: "House") -> None:
    late = [Grown(1000 + one, post=100 + one, born=ago(days=90), likes=((2000, 9),), seen_to=2100) for one in range(20)]
    await write(house.database_url, late)
    told = await house.call(COMPARE, posts=[one.post for one in late], at_age="90d")
    assert len(told.data["compared"]) == 20
    assert sum("nothing was observed between 0 h and 83.3 d of age: 0 to 9" in line for line in told.rows) == 80
    assert len(told.text.encode()) < 12_000


async def test_what_cannot_be_compared_says_what_to_pass(house: "House") -> None:
    undated = Grown(830, post=83, born=ago(days=1), likes=((1, 3),), seen_to=20)
    await write(house.database_url, [OLD, undated, Grown(840, post=84, born=ago(days=9), likes=((99, 3),), seen_to=99)])
    await house.run("update images set published_at = null where post_id = 83")
    told = await house.good(COMPARE, posts=[77, 83])
    assert told["summary"] == "The 2 posts cannot be compared: there is no age at which all of them were observed."
    assert told["compared"][1]["not_observed"] == {"any age": "its date of publication is not known"}
    assert told["compared"][1]["total"] == 3
    refusals: dict[str, dict[str, Any]] = {
        "1 post cannot be compared. Pass 2 to 20 different posts, or as many images.": {"posts": ["77", "77"]},
        "0 posts cannot be compared.": {},
        "posts and images are given together. Pass one of them": {"posts": [77], "images": [770]},
        "Nothing is stored of post 90, 91. History begins with the first look": {"posts": [77, 90, 91]},
        "at_age 'a day' is no age. Write a number with min, h, d or w": {"posts": [77, 83], "at_age": "a day"},
        "compare_posts: posts: List should have at most 20 items": {"posts": list(range(1, 22))},
        "That is an image, not a post.": {"posts": ["https://civitai.com/images/5", 77]},
    }
    for words, arguments in refusals.items():
        refused = await house.call(COMPARE, **arguments)
        assert refused.is_error
        assert refused.text.startswith(words)


async def test_a_post_that_is_gone_was_seen_up_to_its_last_confirmation_not_to_its_last_change(house: "House") -> None:
    """Both ended at 4 reactions in the first hours; one is gone, after it was looked at for six days."""
    gone = Grown(1010, post=101, born=START - timedelta(days=9), likes=((1, 2), (3, 4)), seen_to=144)
    there = Grown(2010, post=201, born=START - timedelta(days=9), likes=((1, 2), (3, 4)), seen_to=216)
    await write(house.database_url, [gone, there])
    await house.run("update image_tracking set state = 'missing' where image_id = 1010")
    told = await house.good(COMPARE, posts=["101", "201"])
    assert [one["seen_to"] for one in told["compared"]] == ["9 d", "6 d"]
