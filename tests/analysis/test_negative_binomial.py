import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from civitai_engagement.analysis.negative_binomial import at_least, at_most

MODESTLY = settings(max_examples=settings().max_examples * 2 // 5, deadline=None)


def test_without_dispersion_it_is_poisson() -> None:
    assert at_least(15, 10, 1e-6) == pytest.approx(0.0835, abs=0.0001)
    assert at_most(5, 10, 1e-6) == pytest.approx(0.0671, abs=0.0001)


def test_with_dispersion_one_it_is_geometric() -> None:
    assert at_least(20, 10, 1) == pytest.approx((10 / 11) ** 20)
    assert at_most(4, 10, 1) == pytest.approx(1 - (10 / 11) ** 5)
    assert at_most(0, 10, 1) == pytest.approx(1 / 11)


@MODESTLY
@given(st.floats(10, 2_000), st.floats(0.005, 1), st.floats(0.01, 4))
def test_the_two_tails_make_a_whole(mean: float, dispersion: float, times: float) -> None:
    count = round(mean * times) + 1

    assert at_most(count - 1, mean, dispersion) + at_least(count, mean, dispersion) == pytest.approx(1, abs=1e-6)
