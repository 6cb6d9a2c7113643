from datetime import UTC, datetime, timedelta

import pytest

from civitai_engagement.analysis.alignment import Lead, ages_of, greatest_shared_age, lead
from civitai_engagement.analysis.curves import HOUR, Curve, CurveChange

BORN = datetime(2026, 5, 1, tzinfo=UTC)
DAY = 24 * HOUR


def curve(*seen: tuple[float, int], until: float, gap: float = 1) -> Curve:
    """Draw what was seen at ages in hours; before each change the old total had held until `gap` hours earlier."""
    changes = [
        CurveChange(BORN + hours * HOUR, total, BORN + (hours - gap) * HOUR if place else None)
        for place, (hours, total) in enumerate(seen)
    ]
    return Curve(BORN, tuple(changes), BORN + until * HOUR)


SLOW = curve((1, 10), (4, 40), (24, 100), until=30)
FAST = curve((1, 20), (4, 30), (24, 60), until=26)
LATE = curve((100, 50), until=120)
HOLED = curve((2, 5), (30, 50), until=30, gap=28)


@pytest.mark.parametrize(
    ("age", "found", "ratio", "is_clear"),
    [
        (DAY, Lead(DAY, 1, 100, 2, 60), 100 / 60, True),  # 40 more, and 1.96 roots of 160 are 24.8
        (HOUR, Lead(HOUR, 2, 20, 1, 10), 2.0, False),  # 10 more, and 1.96 roots of 30 are 10.7
        (3.5 * HOUR, Lead(3.5 * HOUR, 1, 25, 2, 25), 1.0, False),
    ],
)
def test_who_is_ahead_depends_on_the_age_and_small_leads_are_not_clear(
    age: timedelta, found: Lead, ratio: float, is_clear: bool
) -> None:
    told = lead({1: SLOW, 2: FAST}, age)
    assert told == found
    assert told.ratio == pytest.approx(ratio)
    assert told.is_clear is is_clear


def test_a_lead_over_nothing_has_no_ratio() -> None:
    told = lead({1: curve((1, 0), until=30), 2: FAST}, DAY)
    assert told == Lead(DAY, 2, 60, 1, 0)
    assert told.ratio is None


def test_nobody_leads_where_one_was_not_observed_or_alone() -> None:
    assert lead({1: SLOW, 2: FAST}, 28 * HOUR) is None
    assert lead({1: SLOW}, DAY) is None


@pytest.mark.parametrize(
    ("curves", "age"),
    [
        ([SLOW, FAST], 26 * HOUR),  # SLOW stood still from 24 h to 30 h
        ([HOLED, FAST], 2 * HOUR),  # at 4 h, 24 h and 26 h HOLED was not looked at
        ([LATE, FAST], None),
        ([LATE], 120 * HOUR),
        ([], None),
        ([curve(until=0), FAST], None),
    ],
)
def test_the_greatest_shared_age_is_the_last_at_which_all_are_known(curves: list[Curve], age: timedelta | None) -> None:
    assert greatest_shared_age(curves) == age


def test_a_curve_can_be_compared_at_its_own_age_and_the_standard_ones_it_was_observed_at() -> None:
    standard = [HOUR, 4 * HOUR, DAY, 7 * DAY]
    assert ages_of(FAST, standard) == [26 * HOUR, DAY, 4 * HOUR, HOUR]
    assert ages_of(HOLED, standard) == [30 * HOUR]
    assert ages_of(LATE, standard) == [120 * HOUR]
    assert ages_of(curve(until=0), standard) == []
