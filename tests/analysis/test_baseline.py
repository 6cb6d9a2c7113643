from math import log

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from civitai_engagement.analysis.baseline import Baseline, Rating, Standing, baseline, rate, standing
from civitai_engagement.analysis.unknown import NotEnough

MODESTLY = settings(max_examples=settings().max_examples * 2 // 5, deadline=None)

TEN = [12, 15, 22, 30, 31, 35, 38, 44, 60, 90]


def test_the_interval_of_eleven_reaches_from_the_third_to_the_ninth() -> None:
    # P(median of a resample <= 2nd) = P(Binomial(11, 2/11) >= 6) = 0.7 %, <= 3rd: 5.1 %
    assert baseline(range(11, 0, -1)) == Baseline(n=11, median=6, low=3, high=9)


def test_under_ten_there_is_no_baseline() -> None:
    few = NotEnough(9, 10)

    assert (baseline(TEN[:9]), rate(5, TEN[:9]), standing(5, TEN[:9])) == (few, few, few)
    assert str(few) == "not enough posts yet (9, needed are 10)"


@MODESTLY
@given(st.lists(st.integers(0, 1000), min_size=10, max_size=60))
def test_the_interval_holds_the_median_and_is_always_the_same(values: list[int]) -> None:
    told = baseline(values)

    assert isinstance(told, Baseline)
    assert min(values) <= told.low <= told.median <= told.high <= max(values)
    assert baseline(values[::-1]) == told


def test_a_post_is_rated_by_the_typical_one_and_by_the_ends_of_its_interval() -> None:
    told = rate(60, range(1, 12))

    assert told == Rating(ratio=10, low=60 / 9, high=20, beaten=11, baseline=Baseline(11, 6, 3, 9))
    assert rate(6, range(1, 12)) == Rating(1, 6 / 9, 2, beaten=5, baseline=Baseline(11, 6, 3, 9))


def test_nothing_is_a_multiple_of_nothing() -> None:
    assert rate(8, [0] * 10) == Rating(None, None, None, beaten=10, baseline=Baseline(10, 0, 0, 0))
    quiet = rate(8, [0] * 5 + [4] * 6)
    assert quiet == Rating(2, 2, None, beaten=11, baseline=Baseline(11, 4, 0, 4))


DOUBLING = [2**power - 1 for power in range(1, 12)]  # median 63; deviations of log2: 0 1 1 2 2 3 3 4 4 5 5


@pytest.mark.parametrize(
    ("value", "own", "score", "ratio"),
    [
        (209, [99] * 10, log(2.1) / 0.1, 209 / 99),
        (39, [99] * 10, log(0.4) / 0.1, 39 / 99),
        (2**22 - 1, DOUBLING, 16 / (1.4826 * 3), (2**22 - 1) / 63),
    ],
)
def test_what_stands_out_is_far_in_units_of_the_usual_scatter(
    value: float, own: list[float], score: float, ratio: float
) -> None:
    told = standing(value, own)

    assert isinstance(told, Standing)
    assert told.is_far
    assert [told.score, told.ratio] == pytest.approx([score, ratio])
    assert (told.value, told.n) == (value, len(own))


@pytest.mark.parametrize(
    ("value", "own"), [(189, [99] * 10), (55, [99] * 10), (2**21 - 1, DOUBLING), (0, [0] * 10), (2, [0] * 10)]
)
def test_what_is_within_the_scatter_or_under_twice_is_not_far(value: float, own: list[float]) -> None:
    told = standing(value, own)

    assert isinstance(told, Standing)
    assert not told.is_far


def test_where_the_typical_value_is_nothing_there_is_no_ratio() -> None:
    told = standing(65, [0] * 12)

    assert isinstance(told, Standing)
    assert (told.is_far, told.typical, told.ratio) == (True, 0, None)


def test_the_typical_value_is_the_plain_median_of_an_even_number_too() -> None:
    told = standing(65, [10] * 5 + [40] * 5)

    assert isinstance(told, Standing)
    assert (told.typical, told.ratio) == (25, 2.6)
