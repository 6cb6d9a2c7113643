from bisect import bisect_right
from datetime import UTC, datetime, timedelta
from random import Random
from zoneinfo import ZoneInfo

import pytest

from civitai_engagement.analysis.chance import HourOfDay, HourPattern
from civitai_engagement.analysis.curves import HOUR, Curve
from civitai_engagement.analysis.peak_hours import peak_hours, witnesses_of
from civitai_engagement.analysis.unknown import NotEnough
from studies.worlds import kept

BERLIN = ZoneInfo("Europe/Berlin")
BORN = datetime(2026, 5, 1, tzinfo=UTC)


def arriving(born: datetime, busy: int | None = None, *, each: int = 4) -> Curve:
    """Grow evenly for two days, thrice as fast in one local hour, looked at every hour."""
    looks, total = [], 0
    for age in range(1, 49):
        local = (born + (age - 0.5) * HOUR).astimezone(BERLIN)
        total += each * (3 if local.hour == busy else 1)
        looks.append((age, total))
    return kept(born, looks)


def days(n: int, busy: int | None) -> list[Curve]:
    random = Random(n)
    return [arriving(BORN + timedelta(days=day, hours=random.randrange(24)), busy) for day in range(n)]


def test_the_busy_hour_is_found() -> None:
    found = peak_hours(days(60, 20), draws=99)

    assert isinstance(found, HourPattern)
    assert (found.best, found.n) == (18, 60)  # 20:00 in Berlin's summer
    best = found.hours[18]
    # Thrice as much, weighed 2 : 1 with its neighbours, over the day's mean: (3 + 1) / 2 / (26 / 24)
    assert best.ratio == pytest.approx(1.85, abs=0.15)
    assert best.low is not None
    assert best.low > 1.4


def test_in_an_even_day_no_hour_stands_out() -> None:
    found = peak_hours(days(60, None), draws=99)

    assert isinstance(found, HourPattern)
    assert found.best is None
    assert [hour.ratio for hour in found.hours] == pytest.approx([1] * 24, abs=0.1)


def test_under_thirty_days_with_posts_nothing_is_said() -> None:
    same_day = [arriving(BORN + timedelta(minutes=minute)) for minute in range(50)]
    others = [arriving(BORN + timedelta(days=day)) for day in range(1, 28)]

    assert peak_hours([*same_day, *others]) == NotEnough(28, 30, "days with posts")


def test_what_arrives_in_one_block_of_days_is_one_witness() -> None:
    spread = days(90, None)
    together = [arriving(BORN + timedelta(days=7 * (day // 7), hours=hour)) for day in range(90) for hour in (1, 9)]

    assert 12 <= len(witnesses_of(spread)) <= 15
    assert len(witnesses_of(together)) <= 15


def test_an_hour_that_ages_explain_as_well_is_not_named() -> None:
    """All come out at one hour and get most at once: is it the hour, or is it the age?"""
    alike = [kept(BORN + timedelta(days=day), [(age, 40 + age) for age in range(1, 49)]) for day in range(60)]

    found = peak_hours(alike, draws=99)

    assert isinstance(found, HourPattern)
    assert found.best is None


def test_silences_of_more_than_a_day_and_posts_without_any_gain_tell_nothing() -> None:
    assert witnesses_of([kept(BORN, [(25, 40), (50, 90)]), kept(BORN, [(1, 0), (9, 0)])]) == []


def test_where_nothing_was_looked_at_by_night_no_hour_stands_out_for_that() -> None:
    random = Random(7)
    curves = []
    for day in range(60):
        born = BORN + timedelta(days=day, hours=random.randrange(24))
        events = sorted(random.uniform(0, 72) for _ in range(30))
        ages = [age for age in range(1, 73) if 7 <= (born + age * HOUR).astimezone(BERLIN).hour < 23]
        curves.append(kept(born, [(age, bisect_right(events, age)) for age in ages]))

    found = peak_hours(curves, draws=99)

    assert isinstance(found, HourPattern)
    assert found.best is None
    assert [hour.ratio for hour in found.hours] == pytest.approx([1] * 24, abs=0.15)


def test_an_hour_in_which_no_post_was_watched_has_no_figure() -> None:
    mornings = [
        kept(BORN + timedelta(days=day, hours=day % 4), [(hours, 4 * hours) for hours in range(1, 7)])
        for day in range(35)
    ]

    found = peak_hours(mornings, draws=19)

    assert isinstance(found, HourPattern)
    assert found.hours[15] == HourOfDay(15)
    assert found.hours[3].ratio == pytest.approx(1, abs=0.1)
    assert found.best is None
