"""What `find_peak_hours` answers."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from tests.growing import HOUR, Grown, write
from tests.house import START

if TYPE_CHECKING:
    from tests.house import House

PEAK = "find_peak_hours"
PEAK_UTC = 18  # 03:00 in Tokyo, which knows no summer time
ODD = 7  # posts come out this many hours further each time, so that every hour has its turn


def stays(born: datetime, strength: float) -> Iterator[tuple[float, int]]:
    """Grow for two days by the hour, `strength` times as fast around the peak hour."""
    total = 0.0
    for age in range(1, 49):
        hour = (born + age * HOUR).hour
        factor = strength if hour in {PEAK_UTC, PEAK_UTC + 1} else 1.0
        total += 60 * factor * (1 / (age + 3) - 1 / (age + 4)) * 4
        yield float(age), int(total)


def posts(days: int, strength: float) -> list[Grown]:
    """A post a day, at an ever different hour."""
    begun = START.replace(hour=0) - timedelta(days=days + 3)
    born = [begun + timedelta(days=day, hours=ODD * day % 24, minutes=20) for day in range(days)]
    grown = [(one, tuple(stays(one, strength))) for one in born]
    return [
        Grown(1000 + place, post=100 + place, born=one, likes=_changes(likes), seen_to=48)
        for place, (one, likes) in enumerate(grown)
    ]


def _changes(seen: tuple[tuple[float, int], ...]) -> tuple[tuple[float, int], ...]:
    return tuple(one for place, one in enumerate(seen) if place == 0 or one[1] != seen[place - 1][1])


async def test_a_planted_peak_is_named_in_the_hours_of_the_zone_asked_for(house: "House") -> None:
    await write(house.database_url, posts(70, strength=3))
    told = await house.call(PEAK, creator="Ana", time_zone="Asia/Tokyo")
    assert told.data["arrivals"]["hour"] in {3, 4}
    assert told.data["summary"].startswith("Reactions to Ana's posts arrive most at ")
    assert told.data["summary"].endswith("(hours of Asia/Tokyo, UTC+09:00).")
    peak = told.data["hours"][3]
    assert (peak["hour"], peak["utc_hour"], peak["begins"]) == (3, 18, "03:00")
    assert peak["arrivals"][1] > 1.2
    assert told.data["arrivals"]["chance"] <= 0.05
    assert told.data["arrivals"]["n"] == 70
    assert len(told.data["hours"]) == 24
    assert any(line.startswith("03:00|") for line in told.rows)
    assert "posting: " in told.text
    assert len(told.text.encode()) < 12_000
    utc = await house.good(PEAK, creator="Ana")
    assert utc["arrivals"]["hour"] in {18, 19}
    kolkata = await house.good(PEAK, creator="Ana", time_zone="Asia/Kolkata")
    named = [one["arrivals"]["utc_hour"] for one in (told.data, utc, kolkata)]
    assert len(set(named)) == 1, "the same hour in every zone"
    assert f"arrive most at {(named[0] + 5) % 24:02}:30-{(named[0] + 6) % 24:02}:30" in kolkata["summary"]
    assert any("That posts of an hour did better does not say" in note for note in utc["notes"])


async def test_a_planted_posting_hour_is_named_without_saying_that_it_made_the_posts_better(house: "House") -> None:
    born = [START - timedelta(days=day + 3, hours=12 - 6 * (day % 4)) for day in range(80)]
    likes = [(60 if one.hour == PEAK_UTC else 20) + place % 5 for place, one in enumerate(born)]
    grown = [
        Grown(1000 + place, post=100 + place, born=one, likes=((1, 5), (24, like)), seen_to=48)
        for place, (one, like) in enumerate(zip(born, likes, strict=True))
    ]
    await write(house.database_url, grown)
    told = await house.good(PEAK, creator="Ana")
    assert told["posting"]["hour"] in {17, 18, 19}
    assert f"posts published at {told['posting']['hour']}:00-" in told["summary"]
    assert "did better than the others (80 posts)" in told["summary"]
    assert told["hours"][12]["posting"] is not None
    assert told["hours"][3]["posting"] is None  # nothing came out within two hours of it


async def test_posts_that_do_alike_at_every_hour_are_data_that_cannot_tell(house: "House") -> None:
    born = [START - timedelta(days=day + 3, hours=12 - 6 * (day % 4)) for day in range(80)]
    grown = [
        Grown(1000 + place, post=100 + place, born=one, likes=((1, 5), (24, 20 + place % 5)), seen_to=48)
        for place, one in enumerate(born)
    ]
    await write(house.database_url, grown)
    told = await house.call(PEAK, creator="Ana")
    assert told.data["posting"]["hour"] is None
    assert (
        "; the data cannot tell a posting hour that did better (80 posts) (hours of UTC, UTC+00:00)."
        in told.data["summary"]
    )
    assert any(line.startswith("posting: the data cannot tell an hour (n 80 posts, chance ") for line in told.rows)


async def test_a_flat_world_cannot_tell_and_shows_the_flat_view(house: "House") -> None:
    await write(house.database_url, posts(40, strength=1))
    await house.good("watch_creator", usernames=["Ana"])
    told = await house.call(PEAK)
    assert told.data["arrivals"]["hour"] is None
    assert told.data["summary"] == (
        "The data cannot tell an hour at which more reactions to all posts followed arrive (40 posts); whether a "
        "posting hour did better cannot be told: not enough comparable posts yet (40, needed are 60) "
        "(hours of UTC, UTC+00:00)."
    )
    assert told.data["posting"]["needed"] == "not enough comparable posts yet (40, needed are 60)"
    assert "posting: not enough comparable posts yet (40, needed are 60)" in told.rows
    assert all(0.8 < one["arrivals"][0] < 1.25 and one["posting"] is None for one in told.data["hours"])


async def test_too_few_days_are_said_and_no_hours_are_shown(house: "House") -> None:
    await write(house.database_url, [*posts(3, strength=1), Grown(7, post=7, born=START, likes=(), seen_to=0)])
    told = await house.call(PEAK, creator="ana")
    assert told.data["summary"].startswith(
        "When reactions to ana's posts arrive cannot be told: not enough days with posts yet (3, needed are 30);"
    )
    assert told.data["hours"] == []
    assert "from|arrivals (95 %)|posting (95 %)" not in told.rows
    refused = await house.call(PEAK, creator="Dee")
    assert refused.text.startswith("No posts of creator Dee are stored. watch_creator follows all")


async def test_counted_are_posts_with_reactions(house: "House") -> None:
    grown = posts(40, strength=1)
    silent = [Grown(one.id + 5000, one.post + 5000, one.born, ((1.0, 0),), seen_to=48) for one in grown[:7]]
    await write(house.database_url, [*grown, *silent])
    told = await house.good(PEAK, creator="Ana")
    assert told["arrivals"]["n"] == 40


async def test_all_is_a_sample_over_time(house: "House", monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("civitai_engagement.answers.insight.peak_hours.MOST", 35)
    grown = posts(40, strength=1)
    young = [Grown(9000 + place, 9000 + place, START - HOUR, ((0.5, 1),), seen_to=1) for place in range(40)]
    await write(house.database_url, [*grown, *young])
    told = await house.good(PEAK)
    assert "Looked at were a sample over time of 35 posts." in told["notes"]
    assert told["arrivals"]["n"] == 35
    assert told["arrivals"]["needed"] != "not enough days with posts yet (1, needed are 30)"
