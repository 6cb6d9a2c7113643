"""What each media had at one age, seen or projected."""

from collections.abc import Sequence
from datetime import UTC, datetime
from random import Random
from statistics import mean

import pytest

from civitai_engagement.analysis.curves import HOUR, Curve, CurveChange
from civitai_engagement.analysis.outcomes import LEAST_KNOWN, AgedCount, TypicalShares, outcomes, sampled

BORN = datetime(2026, 5, 1, tzinfo=UTC)


def grown(total: float, ages: Sequence[float]) -> Curve:
    """A media of which half is there at six hours, 12 / 13 at 72 h, seen at some ages."""
    counts = [round(total * age / (age + 6)) for age in ages]
    before = [None, *ages[:-1]]
    changes = tuple(
        CurveChange(BORN + age * HOUR, count, None if last is None else BORN + last * HOUR)
        for age, count, last in zip(ages, counts, before, strict=True)
    )
    return Curve(BORN, changes, BORN + ages[-1] * HOUR)


def at(curves: Sequence[Curve], hours: float) -> list[AgedCount | None]:
    return outcomes([sampled(one) for one in curves], hours)


FOLLOWED = [1, 4, 8, 12, 24, 48, 72, 96, 200, 500]
KNOWN = [grown(100 * place, FOLLOWED) for place in range(1, 21)]


def test_what_was_seen_is_told_as_it_was_seen() -> None:
    told = at(KNOWN, 72)
    assert told[0] == AgedCount(round(100 * 72 / 78))
    assert not any(one.is_projected for one in told if one)


@pytest.mark.parametrize("age", [8.0, 24.0, 60.0])
def test_a_young_media_is_projected_by_how_the_others_grew(age: float) -> None:
    (*_, told) = at([*KNOWN, grown(1_000, [1, age])], 72)
    assert told is not None
    assert told.is_projected
    assert told.count == pytest.approx(1_000 * 72 / 78, rel=0.06)


def test_a_media_found_late_is_projected_back() -> None:
    (*_, told) = at([*KNOWN, grown(1_000, [200])], 72)
    assert told is not None
    assert told.is_projected
    assert told.count == pytest.approx(1_000 * 72 / 78, rel=0.06)


@pytest.mark.parametrize("ages", [[1, 5], [41 * 24]])
def test_what_is_too_young_or_too_old_is_unknown_and_never_zero(ages: list[float]) -> None:
    assert at([*KNOWN, grown(1_000, ages)], 72)[-1] is None


def test_where_little_is_there_yet_nothing_is_projected() -> None:
    late = [grown(1_000, [1, 6, 720, 900]) for _ in range(20)]  # half is there at six hours
    slow = [
        Curve(
            BORN, (CurveChange(BORN + HOUR, 0), CurveChange(BORN + 71 * HOUR, 90, BORN + 60 * HOUR)), BORN + 99 * HOUR
        )
    ] * 20
    assert at([*late, grown(10, [1, 6])], 720)[-1] is not None
    assert at([*slow, grown(10, [1, 6])], 72)[-1] is None


def test_too_few_known_ones_project_nothing() -> None:
    few = [*KNOWN[: LEAST_KNOWN - 1], grown(1_000, [1, 24])]
    assert at(few, 72)[-1] is None
    assert at([], 72) == []


def test_a_media_that_nobody_noticed_counts_as_none_and_not_as_unknown() -> None:
    assert at([*KNOWN, grown(0, FOLLOWED)], 72)[-1] == AgedCount(0)
    assert at([*KNOWN, grown(0, [1, 24])], 72)[-1] == AgedCount(0, is_projected=True)


def test_projections_are_right_on_average_whatever_the_pace_of_each() -> None:
    random = Random(1)
    errors = []
    for _ in range(300):
        pace = random.lognormvariate(1.8, 0.5)
        counts = {age: 400 * age / (age + pace) for age in (12.0, 72.0)}
        seen = Curve(BORN, (CurveChange(BORN + 12 * HOUR, round(counts[12.0])),), BORN + 12 * HOUR)
        told = at([*KNOWN, seen], 72)[-1]
        errors.append((told.count if told else 0) / counts[72.0] - 1)
    assert abs(mean(errors)) < 0.05


def test_a_share_is_read_off_between_its_ages_only() -> None:
    shares = TypicalShares((6.0, 24.0), (0.4, 0.8))
    assert [shares.at(6), shares.at(24), shares.at(12)] == pytest.approx([0.4, 0.8, 0.6])
    assert [shares.at(5), shares.at(25), TypicalShares((), ()).at(9)] == [None, None, None]
