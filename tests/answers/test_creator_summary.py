"""What `summarize_creator` answers."""

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest

from civitai_engagement.answers.insight.creator_summary import SummaryOptions, creator_summary
from civitai_engagement.modelling.studied import study
from civitai_engagement.records.findings import EVERYTHING, Study
from tests.growing import Grown, write
from tests.house import START
from tests.makers import made

if TYPE_CHECKING:
    from tests.house import House

SUMMARY = "summarize_creator"


def grown(post: int, day_old: int, days: float, later: int = 0, creator: str = "Ana", **more: str | None) -> Grown:
    """One post of so many days ago, with a count at 24 h, a later gain on its tenth day, and seen until now."""
    likes = [(1.0, day_old // 2), (24.0, day_old), *([(240.0, day_old + later)] if later else [])]
    seen_to = days * 24
    told = tuple(one for one in likes if one[0] <= seen_to)
    born = START - timedelta(days=days)
    return Grown(post * 10, post=post, born=born, likes=told, seen_to=seen_to, creator=creator, **more)  # type: ignore[arg-type] # type and base model


async def test_a_creator_is_summed_up_with_what_is_typical_best_and_made_of_what(house: "House") -> None:
    old = [grown(100 + place, 10 + 10 * place, 70) for place in range(9)]
    video = grown(120, 300, 20, later=40, type="video", base_model="Wan")
    fresh = grown(130, 20, 0.5, base_model=None)
    await write(house.database_url, [*old, video, fresh, grown(140, 999, 9, creator="Bo")])
    await house.run("update image_tracking set heart_count = 25, comment_count = 5 where image_id = 1200")
    told = await house.call(SUMMARY, username="https://civitai.com/user/ANA")
    data = told.data
    # At 24 h: 10, 20, ... 90 and 300, of which the middle two are 50 and 60; the youngest is 12 h old.
    assert {key: data["typical"][key] for key in ("median", "n")} == {"median": 55.0, "n": 10}
    assert data["best"] == {"post": "120", "count": 300, "times_typical": 5.45}
    assert (data["creator"], data["posts"], data["totals"]["media"]) == ("Ana", 11, 11)
    assert data["totals"]["reactions"] == 450 + 340 + 25 + 10
    assert data["totals"]["discussion_depth"] == 5 / 825
    assert data["reaction_mix"] == {"like": 0.97, "heart": 0.03, "laugh": 0.0, "cry": 0.0}
    assert [(one["name"], one["media"], one["total"], one["share"]) for one in data["by_type"]] == [
        ("image", 10, 460, 0.554),
        ("video", 1, 370, 0.446),
    ]
    assert [one["name"] for one in data["by_base_model"]] == ["Flux.1 D", "Wan", "(not said)"]
    assert data["top_tenth_share"] == round((370 + 90) / 830, 3)  # two of eleven: a tenth, rounded up
    assert "At 24 h: 1 post left out: 1 not observed up to that age." in data["notes"]
    assert data["summary"].startswith(
        "Ana: 11 posts (11 media) with 830 reactions and comments; the typical post at 24 h has 55 ("
    )
    assert "video|1|1|370|45%|340|370|1 (10 needed)|?|?" in told.rows
    assert "best post at 24 h: 120 with 300, 5.45 times the typical" in told.rows
    assert len(told.text.encode()) < 12_000


async def test_a_period_is_set_against_the_one_before_over_complete_days_only(house: "House") -> None:
    """The week is that of 24 to 30 April; 1 May is not over."""
    both = [grown(101, 40, 15, later=30), grown(102, 40, 22.5, later=10)]
    await write(house.database_url, [*both, grown(103, 8, 6)])
    data = await house.good(SUMMARY, username="Ana", period="7d")
    assert data["period"] == {
        "start": "2026-04-24T00:00:00Z",
        "end": "2026-05-01T00:00:00Z",
        "gain": 30 + 8,  # the tenth day of 101 is 26 April; 103 came out on 25 April
        "whole": 3,
        "seen": 3,
        "of": 3,
        "published": 1,
    }
    # On 17 April 101 went from 20 to 40, on 19 April 102 from 40 to 50; both had come out before that week.
    assert (data["previous"]["gain"], data["previous"]["of"], data["previous"]["published"]) == (30, 2, 0)
    assert data["change_percent"] == 26.7
    assert data["summary"].endswith(
        "gained 38 in the 7 days from 2026-04-24 to 2026-04-30 in UTC (3 of 3 posts observed throughout), 26.7 % more "
        "than in the 7 days before, which cannot be told from chance here."
    )
    few = "not enough posts apart in time that gained yet (3, needed are 10)"
    assert (data["change_interval"], data["undefined"]["change_interval"]) == (None, few)
    alone = await house.good(SUMMARY, username="Ana", period="7d", compare_to="none", time_zone="Pacific/Auckland")
    assert (alone["previous"], alone["change_percent"]) == (None, None)
    assert alone["period"]["start"] == "2026-04-24T12:00:00Z"
    assert "in the 7 days from 2026-04-25 to 2026-05-01 in Pacific/Auckland (" in alone["summary"]
    assert "change_percent" not in alone["undefined"]


async def test_a_change_within_what_chance_brings_is_said_to_be_and_a_surer_one_is_not(house: "House") -> None:
    """Seven posts in each week, half a day apart: of Ana as much in both, of Bo forty times as much in the later."""
    weeks = [(3.0 + place / 2, place) for place in range(7)], [(10.0 + place / 2, place) for place in range(7)]
    spread = (5, 30, 12, 90, 8, 45, 20)
    posts = [
        grown(100 * number + 10 * later + place, spread[place] * times, days, creator=creator)
        for creator, number, factor in (("Ana", 1, 1), ("Bo", 2, 40))
        for later, week, times in ((1, weeks[0], factor), (2, weeks[1], 1))
        for days, place in week
    ]
    await write(house.database_url, posts)
    even = await house.good(SUMMARY, username="Ana", period="7d")
    low, high = even["change_interval"]
    assert low < 0 == even["change_percent"] < high
    assert even["summary"].endswith(
        f", as much as in the 7 days before, within what chance brings (−{-low:.3g} to +{high:,.0f} %)."
    )
    more = await house.good(SUMMARY, username="Bo", period="7d")
    low, high = more["change_interval"]
    assert 0 < low < more["change_percent"] == 3900 < high
    assert more["summary"].endswith(f", 3,900 % more than in the 7 days before (+{low:,.3g} to +{high:,.0f} %).")
    alone = await house.good(SUMMARY, username="Ana", period="7d", compare_to="none")
    assert alone["change_interval"] is None
    assert "change_interval" not in alone["undefined"]


async def test_one_day_is_said_as_one(house: "House") -> None:
    await write(house.database_url, [grown(101 + place, 20, 1.5 + place) for place in range(2)])
    told = await creator_summary(house.runtime, "Ana", SummaryOptions(1, ZoneInfo("UTC")))
    assert "; gained 20 on the day 2026-04-30 in UTC (" in told.summary
    assert ", as much as the day before, which cannot be told from chance here." in told.summary
    silent = Grown(9010, post=901, born=START - timedelta(days=60), likes=(), seen_to=0, creator="Bo")
    await write(house.database_url, [silent])
    nothing = await creator_summary(house.runtime, "Bo", SummaryOptions(1, ZoneInfo("UTC")))
    assert nothing.summary.endswith("; nothing was observed of the gain on the day 2026-04-30 in UTC.")


async def test_a_percentage_over_some_posts_says_so_and_what_was_lost_is_not_gained(house: "House") -> None:
    both = [grown(101 + place, 4_000, 15, later=3_000) for place in range(9)]
    silent = Grown(2010, post=201, born=START - timedelta(days=60), likes=(), seen_to=0)
    fell = [Grown(3010, post=301, born=START - timedelta(days=15), likes=((1, 30), (48, 60), (240, 39)), seen_to=360)]
    await write(house.database_url, [*both, silent, *[replace(one, creator="Bo") for one in fell]])
    told = await house.good(SUMMARY, username="Ana", period="7d")
    assert (told["period"]["gain"], told["period"]["whole"], told["period"]["of"]) == (27_000, 9, 10)
    assert "The percentage is over 9 of 10 posts: those observed throughout both periods." in told["notes"]
    lost = await house.good(SUMMARY, username="Bo", period="7d")
    assert lost["summary"].endswith(
        "; lost 21 in the 7 days from 2026-04-24 to 2026-04-30 in UTC (1 of 1 post observed throughout)."
    )
    assert lost["undefined"]["change_percent"] == "more was taken back than gained"


async def test_percent_is_hidden_where_the_period_before_was_not_observed_or_had_none(house: "House") -> None:
    late = Grown(1010, post=101, born=START - timedelta(days=60), likes=((24 * 55, 90), (24 * 58, 96)), seen_to=24 * 60)
    await write(house.database_url, [late, grown(201, 12, 4, creator="Bo")])
    told = await house.call(SUMMARY, username="ana", period="7d")
    assert told.data["change_percent"] is None
    why = "0 of 1 post was observed throughout both periods; the history began on 2026-04-26"
    assert told.data["undefined"]["change_percent"] == why
    assert f"change percent: {why}" in told.rows
    assert (told.data["period"]["gain"], told.data["period"]["whole"]) == (6, 0)
    assert told.data["previous"]["gain"] is None
    assert told.data["typical"] is None
    assert told.data["undefined"]["typical"] == "not enough posts observed at 24 h of age yet (0, needed are 10)"
    assert (
        "; not enough posts observed at 24 h of age yet (0, needed are 10) to say what is typical; gained 6 in"
        in (told.data["summary"])
    )
    new = await house.good(SUMMARY, username="Bo", period="7d")
    assert new["undefined"]["change_percent"] == "the period before has none to compare with"
    assert new["best"] == {"post": "201", "count": 12, "times_typical": None}


async def test_a_creator_never_observed_or_of_many_models_is_told_as_such(house: "House") -> None:
    many = [grown(300 + place, 10 + place, 3, creator="Cy", base_model=f"M{place}") for place in range(12)]
    silent = Grown(1010, post=101, born=START - timedelta(days=60), likes=(), seen_to=0)
    await write(house.database_url, [silent, *many])
    told = await house.good(SUMMARY, username="Ana")
    assert told["summary"] == (
        "Ana: 1 post (1 media) with no known counters; not enough posts observed at 24 h of age yet (0, needed are 10) "
        "to say what is typical; nothing was observed of the gain in the 30 days from 2026-04-01 to 2026-04-30 in UTC."
    )
    assert (told["period"]["of"], told["period"]["seen"]) == (1, 0)
    assert (told["reaction_mix"], told["best"], told["by_type"][0]["share"]) == (None, None, None)
    models = (await house.good(SUMMARY, username="Cy"))["by_base_model"]
    assert len(models) == 9
    assert models[-1] == {
        "name": "(4 others)",
        "media": 4,
        "known": 4,
        "total": 46,
        "share": 0.247,
        "mean_likes": 11.5,
        "mean_total": 11.5,
        "at_age": "24 h",
        "n": 4,
        "in_posts": 4,
        "of_newest": None,
        "median": None,
        "low": None,
        "high": None,
    }
    refused = await house.call(SUMMARY, username="Dee")
    assert refused.text.startswith("Nothing of creator Dee is stored. watch_creator follows all they publish")
    zone = await house.call(SUMMARY, username="Ana", time_zone="Europe/Berln")
    assert zone.text.startswith("time_zone 'Europe/Berln' is no time zone. Did you mean Europe/Berlin")


async def test_an_average_is_over_the_posts_whose_counters_are_known_and_says_of_how_many(house: "House") -> None:
    known = [grown(100 + place, 100, 3) for place in range(11)]
    silent = [
        Grown(9000 + place, post=post, born=START - timedelta(days=3), likes=(), seen_to=0)
        for place, post in enumerate([*range(200, 210), 110])
    ]
    await write(house.database_url, [*known, *silent])
    told = await house.call(SUMMARY, username="Ana")
    # One of the eleven has a media of which nothing is known: what that post has is not known either.
    assert (told.data["average_per_post"], told.data["average_of"], told.data["posts"]) == (100, 10, 21)
    assert "average per post: 100 (of 10 of 21 posts)" in told.rows


async def test_a_gain_of_some_posts_says_of_how_many_and_of_too_little_there_is_none(house: "House") -> None:
    """Of the week of 24 to 30 April, half an hour was seen of one post of Ana, and the only one of Bo."""
    hours = 60 * 24 - (START - START.replace(hour=0, minute=0)) / timedelta(hours=1)
    late = Grown(1010, post=101, born=START - timedelta(days=60), likes=((hours - 0.5, 40), (hours, 43)), seen_to=1440)
    await write(house.database_url, [late, replace(late, id=2010, post=201, creator="Bo"), grown(103, 20, 6)])
    told = await house.good(SUMMARY, username="Bo", period="7d")
    assert (told["period"]["gain"], told["period"]["seen"], told["period"]["of"]) == (None, 0, 1)
    assert told["summary"].endswith(
        "; nothing was observed of the gain in the 7 days from 2026-04-24 to 2026-04-30 in UTC."
    )
    some = await house.good(SUMMARY, username="Ana", period="7d")
    assert (some["period"]["gain"], some["period"]["seen"], some["period"]["of"]) == (20, 1, 2)
    assert some["summary"].endswith(
        "; gained 20 in the 7 days from 2026-04-24 to 2026-04-30 in UTC (of 1 of 2 posts, 1 observed throughout)."
    )


async def test_a_creator_is_named_as_asked_for_where_a_post_is_of_two(house: "House") -> None:
    both = [grown(101, 40, 15), replace(grown(101, 40, 15, creator="BoB"), id=1011)]
    await write(house.database_url, both)
    for asked, name in (("bob", "BoB"), ("ana", "Ana")):
        told = await house.good(SUMMARY, username=asked)
        assert told["creator"] == name
        assert told["summary"].startswith(f"{name}: 1 post (1 media)")


async def test_only_the_newest_posts_are_drawn_and_the_sentence_says_so(
    house: "House", monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("civitai_engagement.answers.insight.creator_summary.MOST", 10)
    await write(house.database_url, [grown(100 + place, 50 * place, place) for place in range(2, 14)])
    told = await house.good(SUMMARY, username="Ana", period="7d")
    assert (told["posts"], told["best"]["post"]) == (12, "111")
    assert told["top_tenth_share"] == round((13 + 12) / sum(range(2, 14)), 3)
    assert "; the typical of the newest 10 posts at 24 h has 325 (" in told["summary"]
    assert "Typical and best are of the newest 10 of 12 posts; all else is of all." in told["notes"]


async def test_periods_of_more_posts_than_are_drawn_are_summed_over_all_of_them(house: "House") -> None:
    """The newest 400 of 450 posts all came out in the last week: of the week before only the older fifty tell."""
    lately = [
        Grown(10_000 + n, post=n, born=START - timedelta(days=5), likes=((1, 6),), seen_to=120) for n in range(400)
    ]
    before = [
        Grown(20_000 + n, post=1_000 + n, born=START - timedelta(days=10), likes=((1, 40),), seen_to=240)
        for n in range(50)
    ]
    await write(house.database_url, [*lately, *before])
    told = await house.good(SUMMARY, username="Ana", period="7d")
    assert [(one["gain"], one["whole"], one["of"], one["published"]) for one in (told["period"], told["previous"])] == [
        (2_400, 450, 450, 400),
        (2_000, 50, 50, 50),
    ]
    assert told["change_percent"] == 20.0


async def test_a_post_found_late_but_published_in_the_period_counts_fully_and_what_is_older_joins(
    house: "House",
) -> None:
    young = Grown(1010, post=101, born=START - timedelta(days=6), likes=((100, 90), (130, 96)), seen_to=144)
    old = Grown(
        2010, post=201, born=START - timedelta(days=60), likes=((24 * 57, 500), (24 * 58, 507)), seen_to=24 * 60
    )
    silent = Grown(
        3010, post=301, born=START - timedelta(days=60), likes=((1, 5), (24 * 57, 25)), seen_to=24 * 60, every=240
    )
    await write(house.database_url, [young, old, silent])
    told = await house.good(SUMMARY, username="Ana", period="7d")
    assert (told["period"]["gain"], told["period"]["whole"], told["period"]["seen"]) == (96 + 7, 1, 3)
    assert "Not in the gain are 500 that media published before had when first seen in this period." in told["notes"]
    assert (
        "20 more were first seen in the period after days without a look and may have come before it." in told["notes"]
    )


async def test_the_best_post_is_one_whose_own_count_at_a_day_is_known(house: "House") -> None:
    """A line between looks at 10 and 60 hours is good for what is typical, not for a count of its own."""
    wide = Grown(1010, post=101, born=START - timedelta(days=9), likes=((10, 100), (60, 900)), seen_to=200, every=50)
    await write(house.database_url, [wide, grown(201, 50, 9)])
    told = await house.good(SUMMARY, username="Ana")
    assert told["best"]["post"] == "201"


async def test_what_the_nightly_study_named_is_told_in_a_sentence_and_nothing_where_there_was_none(
    house: "House",
) -> None:
    await write(house.database_url, [Grown(1, post=1, born=START, likes=((1, 4), (24, 30)), seen_to=48)])
    house.advance(hours=50)
    assert "goes_with" not in await house.good("summarize_creator", username="Ana")
    async with house.runtime.store.writing() as ledger:
        rows = study(made())["parameters"]
        await ledger.findings.keep(Study("parameters", EVERYTHING, 72, START, 20_000, 30, rows, 1.0))
    told = await house.call("summarize_creator", username="Ana")
    [line] = [one for one in told.rows if one.startswith("what goes with reactions: ")]
    assert line.startswith("what goes with reactions: steps x1.")
    assert line.endswith("more reactions, among 600 posts by 30 creators followed, as studied at 2026-05-01 12:00 UTC")
    assert told.data["goes_with"] in line
