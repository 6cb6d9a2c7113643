from datetime import timedelta
from itertools import pairwise

import pytest

from civitai_engagement.sandbox import Counts, Growth, LogLogistic, PowerLaw, Weibull, Withdrawal
from civitai_engagement.sandbox.growth import Curve

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
CURVES = [LogLogistic(4 * HOUR, 1.2), Weibull(10 * HOUR, 0.8), PowerLaw(0.3)]


@pytest.mark.parametrize("curve", CURVES)
def test_a_curve_starts_at_nothing_and_never_falls(curve: Curve) -> None:
    shares = [curve.share(hour * HOUR) for hour in range(-2, 800)]
    assert shares[:3] == [0, 0, 0]
    assert all(earlier < later for earlier, later in pairwise(shares[2:]) if later < 0.999999)


def test_each_curve_passes_the_point_its_parameters_name() -> None:
    assert LogLogistic(4 * HOUR, 1.2).share(4 * HOUR) == pytest.approx(0.5)
    assert Weibull(10 * HOUR, 0.8).share(10 * HOUR) == pytest.approx(0.632, abs=0.001)
    assert PowerLaw(0.3).share(30 * DAY) == pytest.approx(1)
    assert PowerLaw(0.3).share(60 * DAY) > 1


def test_counters_are_whole_shares_of_their_totals() -> None:
    growth = Growth(Counts(like=100, heart=50, comment=9), LogLogistic(4 * HOUR, 1.0))
    assert growth.counts(4 * HOUR) == Counts(like=50, heart=25, comment=4)
    assert growth.counts(-HOUR) == Counts()


def test_a_withdrawal_makes_reactions_fall_and_leaves_comments() -> None:
    growth = Growth(Counts(like=100, comment=10), Weibull(HOUR, 1.0), Withdrawal(20 * HOUR, 0.5))
    before, after = growth.counts(19.9 * HOUR), growth.counts(20 * HOUR)
    assert before.like == 99
    assert after.like == 49
    assert after.comment >= before.comment


def test_reactions_are_all_but_dislikes_and_comments() -> None:
    assert Counts(like=1, heart=2, laugh=4, cry=8, dislike=16, comment=32).reactions == 15


@pytest.mark.parametrize(
    ("curve", "told"),
    [
        (CURVES[0], {"shape": "log-logistic", "half_hours": 4.0, "steepness": 1.2}),
        (CURVES[1], {"shape": "weibull", "scale_hours": 10.0, "shape_parameter": 0.8}),
        (CURVES[2], {"shape": "power law", "exponent": 0.3}),
    ],
)
def test_the_parameters_of_a_growth_are_told(curve: Curve, told: dict[str, object]) -> None:
    growth = Growth(Counts(like=1), curve, Withdrawal(6 * HOUR, 0.5))
    assert growth.told()["curve"] == told
    assert growth.told()["withdrawal"] == {"after_hours": 6.0, "share": 0.5}
