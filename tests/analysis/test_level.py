from math import exp, log
from random import Random

import pytest

from civitai_engagement.analysis.level import Level, Other, level_at, rate_in_time
from civitai_engagement.analysis.unknown import NotEnough


def daily(values: list[float]) -> list[Other]:
    """One post a day before the one in question, the oldest first."""
    return [Other(place - len(values), value) for place, value in enumerate(values)]


def levels(n: int, level: float, times: float, seed: int = 1) -> list[float]:
    """Draw posts whose level goes evenly to `level`, `times` what it was at the first of them."""
    random = Random(seed)
    return [round(random.lognormvariate(log(level * times ** ((place + 1) / n - 1)), 0.7)) for place in range(n)]


def test_where_the_level_is_steady_the_typical_value_is_the_median_of_all() -> None:
    told = level_at(daily([30, 34, 28, 35, 22, 60, 38, 15, 31, 44, 29]))

    assert isinstance(told, Level)
    assert (told.typical, told.moves, len(told.others)) == (31, False, 11)
    assert told.low <= 31 <= told.high


def test_where_the_level_has_grown_the_typical_value_is_that_of_its_time() -> None:
    values = levels(100, 160, 16)

    newest, oldest = level_at(daily(values)), level_at([Other(place + 1, value) for place, value in enumerate(values)])

    assert isinstance(newest, Level)
    assert isinstance(oldest, Level)
    assert (newest.moves, oldest.moves) == (True, True)
    assert newest.low <= 160 <= newest.high
    assert oldest.low <= 10 <= oldest.high


def test_a_doubling_over_forty_posts_is_within_the_interval_in_nine_worlds_of_ten() -> None:
    told = [level_at(daily(levels(40, 40, 2, seed))) for seed in range(200)]

    held = [isinstance(one, Level) and one.low <= 40 <= one.high for one in told]
    assert sum(held) / len(held) >= 0.88


def test_what_lies_beyond_a_jump_of_the_level_is_left_out() -> None:
    told = level_at(daily([*levels(150, 10, 1), *levels(50, 400, 1)]))

    assert isinstance(told, Level)
    assert len(told.others) <= 100
    assert told.low <= 400 <= told.high


def test_posts_of_one_day_have_one_level_whatever_their_order() -> None:
    rising = [Other(-0.01 * place, 10.0 * place) for place in range(1, 13)]

    told = level_at(rising)

    assert isinstance(told, Level)
    assert (told.typical, told.moves) == (65, False)


@pytest.mark.parametrize("value", [0.0, 3.0, 99.0])
def test_posts_that_all_had_the_same_have_that_as_their_level(value: float) -> None:
    told = level_at(daily([value] * 40))

    assert isinstance(told, Level)
    assert (told.low, told.typical, told.high) == (value, value, value)


def test_a_value_is_rated_by_the_level_and_the_ends_of_its_interval() -> None:
    others = daily([30, 34, 28, 35, 22, 60, 38, 15, 31, 44, 29])
    level = level_at(others)
    told = rate_in_time(62, others)

    assert isinstance(level, Level)
    assert isinstance(told, tuple)
    rating, same = told
    assert same == level
    assert (rating.ratio, rating.low, rating.high) == (2, 62 / level.high, 62 / level.low)
    assert (rating.beaten, rating.baseline.n) == (11, 11)
    assert rate_in_time(62, others[:9]) == NotEnough(9, 10)


def test_one_that_ran_away_moves_the_level_little() -> None:
    calm = [exp(3 + 0.5 * (place % 5 - 2)) for place in range(30)]

    plain, with_one = level_at(daily(calm)), level_at(daily([*calm[:-1], 1e6]))

    assert isinstance(plain, Level)
    assert isinstance(with_one, Level)
    assert with_one.typical == pytest.approx(plain.typical, rel=0.3)
