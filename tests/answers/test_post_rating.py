"""What `rate_post` answers."""

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from civitai_engagement.analysis.level import Level, OtherPost, level_at
from tests.growing import Grown, write
from tests.house import START

if TYPE_CHECKING:
    from tests.house import House

RATE = "rate_post"
DAY = timedelta(days=1)
TENS = range(10, 130, 10)  # of twelve posts, the median is 65


def day_old(post: int, total: int, **more: Any) -> Grown:
    """One post of ten days ago with half its likes after an hour, and all of them at 24 h, when it was last seen."""
    born = START - timedelta(days=10, minutes=post)
    told: dict[str, Any] = {"born": born, "likes": ((1, total // 2), (24, total)), "seen_to": 24} | more
    return Grown(post * 10, post=post, **told)


async def test_a_post_is_rated_against_its_creators_others_at_the_same_age(house: "House") -> None:
    others = [day_old(100 + place, likes) for place, likes in enumerate(TENS)]
    unfit = [
        day_old(201, 5000, likes=((2, 3000), (4, 5000)), seen_to=4),
        day_old(202, 6000, likes=((240, 6000),), seen_to=240),
        day_old(203, 7000, creator="Bo"),
        day_old(204, 8000, type="video"),
        day_old(205, 0, likes=(), seen_to=0),
    ]
    await write(house.database_url, [day_old(77, 195), *others, *unfit])
    told = await house.call(RATE, post="https://civitai.com/posts/77")
    typical = level_at([OtherPost(0.0, likes) for likes in TENS])
    assert isinstance(typical, Level)
    low, high = 195 / typical.high, 195 / typical.low
    assert told.data["summary"] == (
        f"Post 77 has 3 times Ana's typical image post at 24 h ({low:.2g} to {high:.2g}, from 12 posts of "
        "2026-04-21): 195 reactions and comments against a median of 65; 12 of 12 other posts had less."
    )
    rated = told.data["rated"]
    assert (rated["age"], rated["count"], rated["n"], rated["ratio"], rated["typical"]) == ("24 h", 195, 12, 3.0, 65.0)
    assert (rated["low"], rated["high"]) == (round(low, 2), round(high, 2))
    assert [(one["age"], one["count"], one["n"]) for one in told.data["by_age"]] == [
        ("24 h", 195, 12),
        ("4 h", 97, 13),
        ("1 h", 97, 13),
    ]
    assert told.data["left_out"] == {
        "not observed up to that age": 1,
        "first looked at too late": 1,
        "its counters were never observed": 1,
    }
    assert rated["against"] == "image"
    notes = "\n".join(told.data["notes"])
    assert "1 of 16 other posts have media whose counters are not known" in notes
    assert "This post had reactions withdrawn or corrected: their counts can fall." not in notes
    assert "3 other posts left out: 1 not observed up to that age, 1 first looked at too" in notes
    assert "Compared at 24 h with image posts only, not with 1 post of other types." in notes
    assert f"24 h|image|195|3.0|{rated['low']}|{rated['high']}|65.0|12|12" in told.rows


async def test_with_too_few_others_it_says_so_and_shows_what_there_is(house: "House") -> None:
    videos = [day_old(100 + place, likes, type="video") for place, likes in enumerate(range(10, 100, 10))]
    both = [*videos, day_old(200, 500)]
    likes = ((1, 5), (3, 4), (4, 5), (5, 9))
    fresh = Grown(780, post=78, born=START - timedelta(hours=6), likes=likes, seen_to=6, creator="Bo")
    await write(house.database_url, [day_old(77, 40), day_old(79, 30, creator="Bo"), fresh, *both])
    pooled = await house.good(RATE, post="77")
    assert pooled["rated"]["against"] == "all"
    assert (pooled["rated"]["n"], pooled["rated"]["typical"], pooled["rated"]["ratio"]) == (10, 55.0, 0.727)
    assert (
        "Compared at 24 h with posts of every type: fewer than 10 image posts were observed there." in pooled["notes"]
    )
    told = await house.call(RATE, post=78)
    assert told.data["summary"] == (
        "Post 78 has 9 reactions and comments at 6 h of age; not enough posts yet (1, needed are 10) to say what is "
        "typical of Bo at that age."
    )
    assert told.data["rated"] is None
    assert "4 h|all|5|?|?|?|?|1|?" in told.rows
    assert "This post had reactions withdrawn or corrected: their counts can fall." in told.data["notes"]
    assert told.data["as_of"] == "2026-05-01T12:00:00Z"


async def test_each_age_says_which_posts_it_is_set_against(house: "House") -> None:
    images = [day_old(100 + place, 30, likes=((1, 9), (4, 30)), seen_to=4) for place in range(10)]
    videos = [day_old(200 + place, 50, type="video") for place in range(10)]
    await write(house.database_url, [day_old(77, 40), *images, *videos])
    told = await house.call(RATE, post="77")
    assert [(one["age"], one["against"], one["n"]) for one in told.data["by_age"]] == [
        ("24 h", "all", 10),
        ("4 h", "image", 10),
        ("1 h", "image", 10),
    ]
    assert any(line.startswith("24 h|all|40|") for line in told.rows)
    assert any(line.startswith("1 h|image|20|") for line in told.rows)


async def test_a_median_of_thousands_is_told_in_full(house: "House") -> None:
    await write(house.database_url, [day_old(77, 2400), *(day_old(100 + place, 1200) for place in range(10))])
    told = await house.good(RATE, post="77")
    assert "2,400 reactions and comments against a median of 1,200; 10 of 10" in told["summary"]


async def test_a_typical_post_without_any_gives_no_ratio(house: "House") -> None:
    await write(house.database_url, [day_old(77, 40), *(day_old(100 + place, 0) for place in range(10))])
    told = await house.good(RATE, post="77")
    assert told["summary"] == (
        "Post 77 has 40 reactions and comments at 24 h, where Ana's typical image post has none; 10 of 10 other posts "
        "had less."
    )
    assert (told["rated"]["ratio"], told["rated"]["typical"]) == (None, 0.0)


async def test_what_cannot_be_rated_says_why(house: "House") -> None:
    unborn = day_old(78, 40)
    silent = day_old(79, 0, likes=(), seen_to=0)
    nobodys = day_old(80, 12, creator=None)
    newborn = day_old(82, 0, likes=((0, 3),), seen_to=0)
    await write(house.database_url, [unborn, silent, nobodys, newborn])
    await house.run("update images set published_at = null where post_id = 78")
    undated = await house.good(RATE, post="78")
    assert undated["summary"] == (
        "Post 78 has 40 reactions and comments, but cannot be rated: its date of publication is not known."
    )
    never = await house.good(RATE, post="79")
    assert never["summary"] == ("Post 79 has no known counters, but cannot be rated: its counters were never observed.")
    early = await house.good(RATE, post="82")
    assert early["summary"].endswith("cannot be rated: it was not observed after its publication.")
    alone = await house.good(RATE, post="80")
    assert "not enough posts yet (0, needed are 10) to say what is typical of the creator" in alone["summary"]
    assert "Its creator is not known, so there is nothing to compare it with." in alone["notes"]
    unknown = await house.call(RATE, post="81")
    assert unknown.is_error
    assert unknown.text.startswith("Nothing of post 81 is stored. record_civitai_post keeps it")


async def test_where_the_level_of_the_posts_moves_it_is_the_level_of_its_time_that_counts(house: "House") -> None:
    """Forty posts, one a day, of a level that grows sixteenfold: a post like the last of them is a typical one."""
    others = [
        day_old(100 + place, round(20 * 2 ** (place / 10) * (0.8 + 0.4 * (place % 2))), born=START - (45 - place) * DAY)
        for place in range(40)
    ]
    await write(house.database_url, [day_old(77, 320, born=START - 5 * DAY), *others])

    told = await house.good(RATE, post="77")

    rated = told["rated"]
    assert rated["moves"] is True
    assert rated["low"] < 1 < rated["high"] < 2
    assert (rated["n"], rated["since"][:10], rated["until"][:10]) == (40, "2026-03-17", "2026-04-25")
    assert "from 40 posts of 2026-03-17 to 2026-04-25)" in told["summary"]
    assert "at its time, which moves" in told["summary"]


async def test_as_many_as_the_typical_post_is_not_called_one_times(house: "House") -> None:
    await write(house.database_url, [day_old(77, 40), *(day_old(100 + place, 40) for place in range(10))])

    told = await house.good(RATE, post="77")

    assert told["summary"].startswith("Post 77 has as many as Ana's typical image post at 24 h (1 to 1, from 10 posts")


def dated(place: int, total: int) -> Grown:
    """One post a day, the newest first, from the day before that of the post in question on."""
    return day_old(100 + place, total, born=START - (11 + place) * DAY)


async def test_as_many_as_all_the_newest_is_about_once_the_typical(house: "House") -> None:
    others = [dated(place, 80 if place < 12 else 40) for place in range(25)]
    await write(house.database_url, [day_old(77, 80), *others])

    told = await house.good(RATE, post="77")

    rated = told["rated"]
    assert (rated["ratio"], rated["n"], rated["beaten"]) == (1.0, 12, 0)
    assert 0.9 <= rated["low"] <= 1 <= rated["high"] <= 1.1
    assert "The level of its creator's posts bends: 13 posts further away in time left out." in told["notes"]


async def test_a_level_of_a_handful_is_not_taken_for_less_than_its_posts(house: "House") -> None:
    others = [dated(place, max(0, 2 - place // 4)) for place in range(24)]
    await write(house.database_url, [day_old(77, 5), *others])

    rated = (await house.good(RATE, post="77"))["rated"]

    assert 2 < rated["ratio"] < 6
    assert 1 <= rated["typical"] <= 2


async def test_a_typical_post_with_under_one_gives_no_ratio_and_says_so(house: "House") -> None:
    await write(house.database_url, [day_old(77, 5), *(dated(place, place % 2) for place in range(12))])

    told = await house.good(RATE, post="77")

    assert "where Ana's typical image post has under one (0.5), too few for a ratio; 12 of 12 other" in told["summary"]
    assert [told["rated"][name] for name in ("ratio", "low", "high", "typical")] == [None, None, None, 0.5]
