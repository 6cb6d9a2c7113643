from datetime import UTC, datetime
from math import log1p

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from civitai_engagement.analysis.curves import Curve
from civitai_engagement.analysis.growth import GrowthCurve, fit_growth
from studies.worlds import kept

MODESTLY = settings(max_examples=settings().max_examples * 2 // 5, deadline=None)

BORN = datetime(2026, 5, 1, 12, tzinfo=UTC)


def grown(size: int) -> Curve:
    """A third by 4 h, nine tenths by 24 h."""
    return kept(BORN, [(4, 3 * size), (24, 9 * size), (72, 10 * size)])


def shares(growth: GrowthCurve) -> tuple[float, float, float]:
    return tuple(growth.between(*ages) / growth.at(72) for ages in ((0, 4), (4, 24), (24, 72)))  # type: ignore[return-value] # three


def test_the_common_growth_of_small_and_large_is_found() -> None:
    assert shares(fit_growth([grown(1), grown(100)])) == pytest.approx((0.3, 0.6, 0.1))


def test_young_posts_do_not_make_growth_look_as_if_it_ended_early() -> None:
    young = [kept(BORN, [(4, 3 * size)]) for size in range(1, 30)]

    assert shares(fit_growth([grown(1), grown(100), *young])) == pytest.approx((0.3, 0.6, 0.1), abs=0.005)


def test_one_that_ran_away_does_not_speak_for_all() -> None:
    late = kept(BORN, [(4, 0), (24, 0), (72, 10_000)])
    with_it = fit_growth([*(grown(10) for _ in range(50)), late])

    assert with_it.between(24, 72) / with_it.at(72) < 0.3


def test_what_was_taken_back_counts_as_no_gain() -> None:
    fell = kept(BORN, [(4, 3), (24, 9), (48, 5), (72, 5)])

    assert fit_growth([fell]).between(24, 72) == 0
    assert shares(fit_growth([fell]))[0] == pytest.approx(1 / 3)


def test_without_any_gain_growth_goes_with_the_logarithm_of_age() -> None:
    growth = fit_growth([kept(BORN, [(4, 0)]), Curve(BORN, (), BORN)])

    assert [growth.at(hours) for hours in (0, 1, 7, 100)] == pytest.approx([0, log1p(1), log1p(7), log1p(100)])
    assert growth.at(9_999) == growth.at(2_880)


@MODESTLY
@given(st.lists(st.lists(st.integers(0, 40), min_size=1, max_size=6), max_size=5))
def test_growth_never_goes_back(many: list[list[int]]) -> None:
    growth = fit_growth(
        [kept(BORN, [(7 * place + 2, sum(gains[: place + 1])) for place in range(len(gains))]) for gains in many]
    )

    reached = [growth.at(hours) for hours in range(0, 3_000, 7)]
    assert reached == sorted(reached)
    assert reached[0] == 0
