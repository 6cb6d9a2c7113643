from collections.abc import Sequence
from math import exp, log
from random import Random

import pytest

from civitai_engagement.analysis.level import Level, OtherPost, level_at, rate_in_time
from civitai_engagement.analysis.unknown import NotEnough


def daily(values: Sequence[float]) -> list[OtherPost]:
    """One post a day before the one in question, the oldest first."""
    return [OtherPost(place - len(values), value) for place, value in enumerate(values)]


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

    newest, oldest = (
        level_at(daily(values)),
        level_at([OtherPost(place + 1, value) for place, value in enumerate(values)]),
    )

    assert isinstance(newest, Level)
    assert isinstance(oldest, Level)
    assert (newest.moves, oldest.moves) == (True, True)
    assert newest.low <= 160 <= newest.high
    assert oldest.low <= 10 <= oldest.high


@pytest.mark.slow
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
    rising = [OtherPost(-0.01 * place, 10.0 * place) for place in range(1, 13)]

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


def jumped(near: float, n: int, far: float, beyond: int) -> list[OtherPost]:
    """The newest `n` posts have one count, so many before them another."""
    return daily([far] * beyond + [near] * n)


@pytest.mark.parametrize(
    ("near", "n", "far", "beyond"),
    [
        (80, 12, 40, 13),
        (80, 20, 40, 5),
        (40, 20, 80, 20),
        (80, 8, 40, 17),
        (80, 4, 40, 21),
        (80, 5, 0, 30),
        (6, 12, 3, 13),
    ],
)
def test_where_posts_have_one_of_two_counts_the_newest_have_their_own_level(
    near: float, n: int, far: float, beyond: int
) -> None:
    told = level_at(jumped(near, n, far, beyond))

    assert isinstance(told, Level)
    assert told.typical == pytest.approx(near)
    assert told.high <= 1.1 * near
    assert told.low >= 0.9 * near
    assert (len(told.others), told.moves) == (max(n, 10), n < 10)


def test_the_posts_of_a_plateau_need_not_have_quite_the_same() -> None:
    told = level_at(daily([40, 41, 39] * 5 + [80, 81, 79, 80, 82, 78, 80, 80, 81, 79, 80, 80]))

    assert isinstance(told, Level)
    assert (told.typical, len(told.others), told.moves) == (80, 12, False)


def test_a_plateau_is_followed_wherever_in_it_the_post_lies() -> None:
    plateaus = [*[40.0] * 12, *[80.0] * 12, *[160.0] * 12]

    for place in (13, 15, 18, 21, 23):
        told = level_at([OtherPost(day + 0.5 - place, value) for day, value in enumerate(plateaus)])
        assert isinstance(told, Level)
        assert told.typical == 80, place


@pytest.mark.parametrize("wild", [[1e6], [0.0], [1e6, 0.0]])
def test_one_or_two_apart_from_many_equal_ones_are_no_level(wild: list[float]) -> None:
    told = level_at(daily([40.0] * 20 + wild + [40.0] * 5))

    assert isinstance(told, Level)
    assert told.typical == pytest.approx(40, rel=0.05)
    assert told.low <= 40 <= told.high


@pytest.mark.parametrize(
    "counts",
    [
        [max(0, place // 4 - 3) for place in range(24)],
        [0] * 16 + [1] * 4 + [2] * 4,
        [0, 0, 0, 1, 0, 0, 1, 2, 1, 2, 1, 2],
    ],
)
def test_small_counts_that_grew_have_a_level_of_about_the_newest(counts: list[float]) -> None:
    told = level_at(daily(counts))

    assert isinstance(told, Level)
    assert counts[-1] * 0.5 <= told.typical <= counts[-1] * 1.2
    assert told.low >= 1


@pytest.mark.parametrize("counts", [[0.0] * 20, [0.0] * 15 + [1.0] * 5, [0, 1] * 6, [0.5] * 12, [0.9] * 20])
def test_against_a_typical_count_under_one_there_is_no_ratio(counts: list[float]) -> None:
    told = rate_in_time(5, daily(counts))

    assert isinstance(told, tuple)
    rating, level = told
    assert level.typical < 1
    assert (rating.ratio, rating.low, rating.high) == (None, None, None)
    assert rating.beaten == len(counts)


@pytest.mark.slow
def test_no_jump_is_seen_where_the_level_is_steady() -> None:
    drawn = [[round(Random(seed * 1000 + place).lognormvariate(3.7, 1)) for place in range(30)] for seed in range(150)]

    assert all(isinstance(told := level_at(daily(list(ones))), Level) and len(told.others) == 30 for ones in drawn)
