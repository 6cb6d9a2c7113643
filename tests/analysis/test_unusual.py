from collections.abc import Callable
from datetime import UTC, datetime
from math import exp, log, log1p

import pytest

from civitai_engagement.analysis.curves import HOUR, Curve
from civitai_engagement.analysis.unusual import Unusual, UnusualKind, can_be_judged, learn, unusual
from studies.worlds import kept

BORN = datetime(2026, 5, 1, 12, tzinfo=UTC)
AGES = [*range(1, 25), *range(28, 97, 4)]


def grown(total_at: Callable[[float], float]) -> Curve:
    return kept(BORN, [(age, round(total_at(age))) for age in AGES])


def usual(hours: float) -> float:
    return 400 * log1p(hours)


def burst(hours: float) -> float:
    """Three times the usual from 20 h to 22 h."""
    return usual(hours) + 2 * (usual(min(max(hours, 20), 22)) - usual(20))


def stall(hours: float) -> float:
    """Nothing from 16 h to 20 h."""
    return usual(hours) - (usual(min(max(hours, 16), 20)) - usual(16))


def levelling(hours: float) -> float:
    """Most of it on the first day, the rest over weeks."""
    return 4000 / (1 + exp(1.2 * log(12 / hours)))


def ages(one: Unusual) -> tuple[float, float]:
    return (one.start - BORN) / HOUR, (one.end - BORN) / HOUR


def test_a_burst_is_found_where_it_was_with_what_would_have_been_usual() -> None:
    (found,) = unusual(grown(burst), learn([]))

    assert (found.kind, ages(found)) == (UnusualKind.BURST, (20, 22))
    assert found.gained == 109  # 3 x 400 x log(23/21), rounded at both ends
    assert found.expected == pytest.approx(36.4, rel=0.1)
    assert found.chance is not None
    assert found.chance < 0.001


def test_a_stall_is_found_likewise() -> None:
    (found,) = unusual(grown(stall), learn([]))

    assert (found.kind, found.gained, ages(found)) == (UnusualKind.STALL, 0, (16, 20))
    assert found.expected == pytest.approx(400 * (log1p(20) - log1p(16)), rel=0.15)


@pytest.mark.parametrize("exponent", [-0.5, 0, 0.5, 1])
def test_a_post_that_grows_otherwise_than_most_is_not_unusual_for_that(exponent: float) -> None:
    learned = learn([grown(usual) for _ in range(3)])

    total = {-0.5: lambda age: 900 * (1 - 1 / (1 + age) ** 0.5), 0: usual}.get(exponent, lambda age: 30 * age**exponent)
    assert unusual(grown(total), learned) == []


def test_what_was_found_late_or_not_looked_at_for_days_is_not_unusual_for_that() -> None:
    full = kept(BORN, [(age, round(levelling(age))) for age in [*AGES, *range(100, 600, 4)]])
    late = [kept(BORN, [(age, round(levelling(age))) for age in range(first, 600, 4)]) for first in (30, 60, 120, 240)]
    asleep = kept(BORN, [(age, round(levelling(age))) for age in AGES if not 20 < age < 68])

    learned = learn([*[full] * 5, *late, asleep])

    assert [unusual(curve, learned) for curve in (full, *late, asleep)] == [[]] * 6


@pytest.mark.parametrize("hours", [20, 24, 30])
def test_a_stop_of_more_than_a_day_is_a_stall_and_what_came_before_it_no_burst(hours: float) -> None:
    def stopped(age: float) -> float:
        return levelling(age) - (levelling(min(max(age, 40), 40 + hours)) - levelling(40))

    full = kept(BORN, [(age, round(levelling(age))) for age in AGES])
    (found,) = unusual(kept(BORN, [(age, round(stopped(age))) for age in AGES]), learn([full] * 5))

    assert (found.kind, found.gained) == (UnusualKind.STALL, 0)
    assert 40 <= ages(found)[0] < ages(found)[1] <= 40 + hours


def test_small_counts_and_young_ages_and_unseen_flanks_are_left_alone() -> None:
    learned = learn([])

    assert unusual(grown(lambda age: burst(age) / 20), learned) == []
    assert unusual(grown(lambda age: 50 if age > 2 else 0), learned) == []
    assert unusual(kept(BORN, [(1, 20), (30, 90), (90, 500)]), learned) == []
    assert unusual(Curve(BORN, (), BORN), learned) == []


@pytest.mark.slow
def test_where_posts_are_fitful_by_nature_more_is_asked_of_a_burst() -> None:
    def fitful(phase: int) -> Curve:
        total, looks = 0.0, []
        for place, age in enumerate(AGES):
            before = AGES[place - 1] if place else 0
            total += (usual(age) - usual(before)) * (2.6 if (place + phase) % 3 == 0 else 0.2)
            looks.append((age, round(total)))
        return kept(BORN, looks)

    calm, restless = learn([grown(usual) for _ in range(9)]), learn([fitful(phase) for phase in range(60)])

    assert max(calm.fits) < 0.05
    assert max(restless.fits) > 0.2
    assert unusual(grown(burst), calm)
    assert unusual(grown(burst), restless) == []


def test_the_bursts_among_what_is_learned_from_do_not_pass_for_usual() -> None:
    learned = learn([*(grown(usual) for _ in range(6)), *(grown(burst) for _ in range(4))])

    assert max(learned.fits) < 0.05
    assert [one.kind for one in unusual(grown(burst), learned)] == [UnusualKind.BURST]


def test_what_can_be_judged_has_a_window_with_enough_expected() -> None:
    learned = learn([])

    assert can_be_judged(grown(usual), learned)
    assert not can_be_judged(grown(lambda age: usual(age) / 50), learned)


def test_where_reactions_were_taken_back_nothing_is_measured_by_those_hours() -> None:
    def fell(hours: float) -> float:
        return burst(hours) - (500 if hours > 23 else 0)

    assert [one for one in unusual(grown(fell), learn([])) if one.kind is UnusualKind.BURST] == []


def test_a_loss_of_more_than_half_is_told_with_what_was_there() -> None:
    fell = kept(BORN, [(age, 81 if age < 30 else 37) for age in AGES])

    (found,) = unusual(fell, learn([]))

    assert (found.kind, found.gained, found.before, ages(found)) == (UnusualKind.LOSS, -44, 81, (28, 32))
    assert found.chance is None


@pytest.mark.parametrize(("before", "after"), [(81, 74), (9, 0), (2000, 1900)])
def test_a_loss_of_few_or_of_a_small_part_is_not_told(before: int, after: int) -> None:
    fell = kept(BORN, [(age, before if age < 30 else after) for age in AGES])

    assert unusual(fell, learn([])) == []


def test_by_flanks_that_expect_nothing_no_window_is_measured() -> None:
    """Where everything came at once, the usual growth is flat: what is left of it is the noise of rounding."""
    flat = [kept(BORN + place * HOUR, [(1, 100), *((age, 100) for age in AGES[1:])]) for place in range(12)]
    late = kept(BORN, [(age, 100 if age < 40 else 101) for age in AGES])

    learned = learn([*flat, late])

    assert unusual(late, learned) == []


def refreshed(start: int, hours: int, total_at: Callable[[float], float] = usual) -> Curve:
    """Look at what is counted anew only every so many hours of the clock, whatever the age."""
    born = BORN + start * HOUR
    return kept(born, [(age, round(total_at((start + age) // hours * hours - start)) if age else 0) for age in AGES])


@pytest.mark.parametrize("hours", [6, 12])
def test_where_counters_are_refreshed_in_steps_nothing_is_judged(hours: int) -> None:
    curves = [refreshed(start, hours, lambda age: usual(max(age, 0.0))) for start in range(12)]

    learned = learn(curves)

    assert learned.stepwise
    assert not any(can_be_judged(curve, learned) for curve in curves)
    assert [unusual(curve, learned) for curve in curves] == [[]] * 12


def test_hours_in_which_all_stood_still_together_are_not_judged_and_the_others_are() -> None:
    """For ten hours of one day nothing was counted anywhere; then all of it at once."""

    def stood(start: int) -> Curve:
        def seen(age: float) -> float:
            return usual(30 - start if 30 <= start + age < 40 else age)

        return kept(BORN + start * HOUR, [(age, round(seen(age))) for age in AGES])

    together = [stood(start) for start in range(0, 24, 3)]
    learned = learn(together)

    assert not learned.stepwise
    assert [unusual(curve, learned) for curve in together] == [[]] * 8
    assert can_be_judged(together[0], learned)


def test_a_curve_that_taught_is_judged_by_the_windows_it_taught_by(monkeypatch: pytest.MonkeyPatch) -> None:
    curves = [grown(usual) for _ in range(3)]
    learned, anew = learn(curves), learn([grown(usual) for _ in range(3)])
    told = [unusual(grown(burst), learned), unusual(curves[0], anew)]

    monkeypatch.setattr("civitai_engagement.analysis.unusual._windows", None)

    assert unusual(curves[0], learned) == told[1]
    assert told[0] != []
