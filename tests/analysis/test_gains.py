from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from civitai_engagement.analysis.curves import HOUR, Change, Curve
from civitai_engagement.analysis.gains import Gain, gain_between, gains
from civitai_engagement.analysis.unknown import NotObserved
from studies.worlds import kept

MODESTLY = settings(max_examples=settings().max_examples * 2 // 5, deadline=None)

BORN = datetime(2026, 5, 1, 12, tzinfo=UTC)
Looks = list[tuple[float, int]]


def at(hours: float) -> datetime:
    return BORN + hours * HOUR


def test_gains_run_from_look_to_look_over_the_time_that_passed() -> None:
    first, second = gains(kept(BORN, [(1, 4), (2, 4), (3, 9), (6, 9), (10, 21)]), step=4 * HOUR)

    assert (first, first.per_hour) == (Gain(at(0), at(6), 9), 1.5)
    assert (second, second.per_hour) == (Gain(at(6), at(10), 12), 3)


def test_a_gain_over_a_long_silence_is_marked_and_a_silence_without_one_is_not() -> None:
    told = gains(kept(BORN, [(4, 5), (20, 30), (60, 30)]), step=4 * HOUR)

    assert [(gain.amount, gain.has_gap) for gain in told] == [(5, False), (25, True), (0, False)]


def test_what_was_taken_back_is_told_beside_the_gain() -> None:
    curve = kept(BORN, [(4, 10), (8, 7), (12, 9)])

    assert [(gain.amount, gain.fell) for gain in gains(curve, 4 * HOUR)] == [(10, 0), (-3, 3), (2, 0)]
    assert [(gain.amount, gain.fell) for gain in gains(curve, 12 * HOUR)] == [(9, 3)]


@MODESTLY
@given(
    st.lists(st.tuples(st.floats(0.1, 40), st.integers(-20, 60)), min_size=1, max_size=15),
    st.floats(0.5, 24),
)
def test_gains_add_up_to_the_last_total_and_leave_no_time_out(spans: list[tuple[float, int]], step: float) -> None:
    looks, hours, total = [], 0.0, 100
    for gap, gain in spans:
        hours, total = hours + gap, total + gain
        looks.append((hours, total))
    curve = kept(BORN, looks)

    told = gains(curve, step * HOUR)

    assert sum(gain.amount for gain in told) == total
    assert [gain.start for gain in told] == [BORN, *(gain.end for gain in told[:-1])]
    assert told[-1].end == curve.last_observed_at
    assert all(gain.end - gain.start >= 0.999 * step * HOUR for gain in told[:-1])


WATCHED: Looks = [(1, 4), (4, 10), (8, 16), (12, 16)]


@pytest.mark.parametrize(
    ("since", "until", "gain"),
    [
        (4, 8, Gain(at(4), at(8), 6)),
        (5, 8, Gain(at(4), at(8), 6, has_gap=True)),
        (6.5, 12, Gain(at(8), at(12), 0)),
        (9, 11, Gain(at(9), at(11), 0)),
        (2, 30, Gain(at(1), at(12), 12)),
        (-9, 4, Gain(at(0), at(4), 10)),
        (12, 20, NotObserved("no two observations lie in the window")),
        (5, 5.5, NotObserved("no two observations lie in the window")),
    ],
)
def test_a_windows_gain_lies_between_the_looks_next_to_its_ends(
    since: float, until: float, gain: Gain | NotObserved
) -> None:
    assert gain_between(kept(BORN, WATCHED), at(since), at(until)) == gain


@pytest.mark.parametrize(
    ("looks", "gain"),
    [
        ([(100, 500), (104, 520)], Gain(at(100), at(104), 20)),
        ([(20, 500), (24, 520)], Gain(at(0), at(24), 520)),
        ([(100, 500)], NotObserved("it was observed once only")),
        ([], NotObserved("it was observed once only")),
    ],
)
def test_the_first_total_of_what_was_found_late_is_no_gain(looks: Looks, gain: Gain | NotObserved) -> None:
    assert gain_between(kept(BORN, looks), at(0), at(200)) == gain


def test_what_media_had_that_joined_late_is_taken_out_of_the_gain_and_told() -> None:
    changes = (Change(at(1), 100), Change(at(60), 400, at(59), found=300), Change(at(70), 450, at(69)))
    curve = Curve(BORN, changes, at(80))

    assert gain_between(curve, at(30), at(80)) == Gain(at(30), at(80), 50, found=300)
    assert gain_between(curve, at(60), at(80)) == Gain(at(60), at(80), 50)
    assert [(gain.amount, gain.found) for gain in gains(curve, 40 * HOUR)] == [(100, 0), (50, 300)]


def test_a_window_shorter_than_the_silence_it_lies_in_is_marked() -> None:
    curve = kept(BORN, [(4, 10), (40, 60), (48, 62)])

    assert gain_between(curve, at(20), at(44)) == Gain(at(4), at(48), 52, has_gap=True)
    assert gain_between(curve, at(4), at(48)) == Gain(at(4), at(48), 52)
