from datetime import UTC, datetime, timedelta
from math import exp, log
from random import Random

import pytest

from civitai_engagement.analysis.chance import HourOfDay, HourPattern
from civitai_engagement.analysis.posting_hours import PostAtAge, posting_hours
from civitai_engagement.analysis.unknown import NotEnough

BORN = datetime(2026, 5, 1, tzinfo=UTC)


def posted(day: int, hour: int, value: float, group: str = "Ana") -> PostAtAge:
    """Post at a local hour of a summer's day."""
    return PostAtAge(BORN + timedelta(days=day, hours=hour - 2, minutes=20), value, group)


def drawn(n: int, better: float) -> list[PostAtAge]:
    random = Random(n)
    hours = [random.randrange(24) for _ in range(n)]
    return [
        posted(day % 90, hour, random.lognormvariate(log(40), 0.7) * (better if hour in {19, 20, 21} else 1))
        for day, hour in enumerate(hours)
    ]


def test_the_hours_that_did_better_are_found() -> None:
    found = posting_hours(drawn(400, 4), draws=99)

    assert isinstance(found, HourPattern)
    assert found.best in {17, 18, 19}  # two hours earlier in UTC
    assert found.n == 400
    ratio = found.hours[18].ratio
    assert ratio is not None
    assert ratio == pytest.approx(exp(log(4) * 21 / 24), rel=0.3)


def test_where_posts_do_alike_no_hour_is_named() -> None:
    found = posting_hours(drawn(400, 1), draws=99)

    assert isinstance(found, HourPattern)
    assert found.best is None


def test_a_strong_creators_habit_is_not_taken_for_a_good_hour() -> None:
    random = Random(3)
    strong = [posted(day, 20, random.lognormvariate(log(900), 0.5), "Bea") for day in range(90)]
    weak = [posted(day, random.randrange(24), random.lognormvariate(log(9), 0.5), "Ana") for day in range(90)]

    found = posting_hours([*strong, *weak], draws=99)

    assert isinstance(found, HourPattern)
    assert found.best is None


def test_an_hour_at_which_hardly_anything_was_posted_has_no_figure() -> None:
    found = posting_hours([posted(day, 9, 40) for day in range(70)], draws=19)

    assert isinstance(found, HourPattern)
    assert found.hours[3] == HourOfDay(3)
    assert found.hours[7].ratio == pytest.approx(1)


def test_under_sixty_posts_nothing_is_said() -> None:
    assert posting_hours(drawn(59, 4)) == NotEnough(59, 60, "comparable posts")


def test_a_post_alone_in_its_group_is_compared_with_nothing_and_counts_for_nothing() -> None:
    alone = [posted(day, 20, 40, group=f"creator {day}") for day in range(50)]

    assert posting_hours([*drawn(59, 1), *alone]) == NotEnough(59, 60, "comparable posts")
    assert posting_hours([*drawn(70, 1), *alone], draws=19) == posting_hours(drawn(70, 1), draws=19)


def test_a_level_that_doubles_while_the_hour_of_posting_moves_is_no_good_hour() -> None:
    random = Random(5)
    told = [
        posted(day, 9 + 12 * day // 300, random.lognormvariate(log(40 * 2 ** (day / 300)), 0.4)) for day in range(300)
    ]

    found = posting_hours(told, draws=99)

    assert isinstance(found, HourPattern)
    assert found.best is None
