from math import sqrt
from random import Random

import pytest

from civitai_engagement.analysis.chance import (
    HOURS,
    ChanceVerdict,
    DayEvidence,
    HourEffect,
    HourOfDay,
    judge,
    mean_effects,
    named,
    together,
)


def witness(expected: float = 1.0, **excess: float) -> DayEvidence:
    """Speak of some hours: `witness(h3=2)`."""
    hours = {int(name[1:]): value for name, value in excess.items()}
    return DayEvidence([hours.get(hour, 0.0) for hour in range(HOURS)], [expected] * HOURS)


def noise(random: Random, *, at_20: float = 0.0) -> DayEvidence:
    excess = [random.gauss(at_20 if hour == 20 else 0, 1) for hour in range(HOURS)]
    return DayEvidence(excess, [2.0] * HOURS)


def test_a_mean_weighs_witnesses_by_what_was_expected_and_errs_as_they_differ() -> None:
    effects = mean_effects([witness(4, h3=2), witness(4, h3=4)])

    assert effects[3] == HourEffect(3, 0.75, sqrt(2) / 8, 8)
    assert effects[4] == HourEffect(4, 0, 0, 8)


def test_of_an_hour_at_which_nothing_was_expected_nothing_is_said() -> None:
    assert mean_effects([witness(0, h3=2)])[3] == HourEffect(3, 0, 0, 0)


def test_smoothing_goes_around_the_clock_and_loses_nothing() -> None:
    smoothed = witness(1, h0=4).smoothed()

    assert [smoothed.excess[hour] for hour in (22, 23, 0, 1, 2)] == [0, 1, 2, 1, 0]
    assert smoothed.expected == [1] * HOURS


def test_what_belongs_together_is_one_witness() -> None:
    assert together([witness(1, h3=2), witness(2, h3=1, h4=5)]) == witness(3, h3=3, h4=5)


def test_an_hour_at_which_all_witnesses_saw_more_stands() -> None:
    verdict = judge([noise(Random(seed), at_20=1.0) for seed in range(60)], draws=199)

    assert verdict.strongest == 20
    assert verdict.chance == 1 / 200
    assert verdict.stands


def test_an_hour_made_by_a_single_witness_does_not() -> None:
    quiet = [noise(Random(seed)) for seed in range(40)]

    verdict = judge([*quiet, witness(2, h7=60)], draws=199)

    assert verdict.chance > 0.05
    assert not verdict.stands


def test_patternless_worlds_are_taken_for_a_pattern_as_seldom_as_said() -> None:
    verdicts = [judge([noise(Random(f"{seed} {day}")) for day in range(30)], draws=39) for seed in range(60)]

    assert sum(verdict.chance <= 0.05 for verdict in verdicts) <= 9  # 3 expected; 9 and more: 0.3 %


def test_what_does_not_show_again_in_the_other_half_does_not_stand() -> None:
    assert ChanceVerdict(strongest=3, chances=[0.01] * HOURS, reliability=0.4).stands
    assert not ChanceVerdict(strongest=3, chances=[0.01] * HOURS, reliability=0.2).stands
    assert not ChanceVerdict(strongest=3, chances=[0.01] * HOURS, reliability=None).stands
    assert not ChanceVerdict(strongest=3, chances=[0.06] * HOURS, reliability=0.9).stands


def test_where_nothing_happened_reliability_is_not_a_number() -> None:
    assert judge([witness() for _ in range(10)], draws=19) == ChanceVerdict(0, [1.0] * HOURS, None)


@pytest.mark.parametrize(("ratio", "hour"), [(1.3, 20), (1.01, None), (None, None)])
def test_an_hour_is_named_only_for_a_figure_worth_it(ratio: float | None, hour: int | None) -> None:
    hours = [HourOfDay(place, ratio if place == 20 else 1.0) for place in range(HOURS)]

    assert named(ChanceVerdict(strongest=20, chances=[0.01] * HOURS, reliability=0.9), hours) == hour
    assert named(ChanceVerdict(strongest=20, chances=[0.5] * HOURS, reliability=0.9), hours) is None
