from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from civitai_engagement.analysis.curves import HOUR, Curve, CurveChange, FirstTotal
from civitai_engagement.analysis.gains import Gain, gain_between
from civitai_engagement.analysis.unknown import NotObserved
from studies.worlds import kept

MODESTLY = settings(max_examples=settings().max_examples * 2 // 5, deadline=None)

BORN = datetime(2026, 5, 1, 12, tzinfo=UTC)
Looks = list[tuple[float, int]]


def at(hours: float) -> datetime:
    return BORN + hours * HOUR


WATCHED: Looks = [(1, 4), (4, 10), (8, 16), (12, 16)]
NOWHERE = NotObserved("no two observations lie in the window")


@pytest.mark.parametrize(
    ("since", "until", "gain"),
    [
        (4, 8, Gain(at(4), at(8), 6)),
        (6, 12, Gain(at(8), at(12), 0, unplaced=6)),
        (5, 20, Gain(at(4), at(12), 6)),
        (9, 11, Gain(at(9), at(11), 0)),
        (2, 30, Gain(at(1), at(12), 12)),
        (2, 10, Gain(at(1), at(10), 12)),
        (2, 7, NOWHERE),
        (3, 7, NOWHERE),
        (-9, 4, Gain(at(0), at(4), 10)),
        (12, 20, NOWHERE),
        (5, 5.5, NOWHERE),
    ],
)
def test_a_windows_gain_is_what_its_looks_showed_for_the_first_time(
    since: float, until: float, gain: Gain | NotObserved
) -> None:
    assert gain_between(kept(BORN, WATCHED), at(since), at(until)) == gain


@pytest.mark.parametrize(
    ("looks", "since", "gain"),
    [
        ([(100, 500), (104, 520)], 0, Gain(at(0), at(104), 520)),  # published in the window, found late
        ([(100, 500), (104, 520)], 1, Gain(at(100), at(104), 20, joined=500)),
        ([(100, 500)], 0, Gain(at(0), at(100), 500)),
        ([(100, 500)], 1, NOWHERE),
        ([(0, 500), (4, 520)], -9, Gain(at(0), at(4), 20, joined=500)),  # what it had at its publication came before
        ([], 0, NotObserved("it was never observed")),
    ],
)
def test_a_first_total_is_gained_where_the_post_was_published_in_the_window(
    looks: Looks, since: float, gain: Gain | NotObserved
) -> None:
    told = gain_between(kept(BORN, looks), at(since), at(200))
    if isinstance(told, Gain):
        assert (told.start, told.end, told.amount, told.joined) == (gain.start, gain.end, gain.amount, gain.joined)  # type: ignore[union-attr] # both are gains
    else:
        assert told == gain


def test_what_media_had_that_joined_is_told_apart_unless_they_were_published_in_the_window() -> None:
    changes = (CurveChange(at(1), 100), CurveChange(at(60), 400, at(59)), CurveChange(at(70), 450, at(69)))
    curve = Curve(BORN, changes, at(80), firsts=(FirstTotal(at(1), 100, BORN), FirstTotal(at(60), 300, at(40))))

    assert gain_between(curve, at(50), at(80)) == Gain(at(50), at(80), 50, joined=300)
    assert gain_between(curve, at(39), at(80)) == Gain(at(39), at(80), 350)
    assert gain_between(curve, at(60), at(80)) == Gain(at(60), at(80), 50)


def test_what_a_media_had_that_came_out_after_a_long_silence_of_the_others_is_gained() -> None:
    changes = (CurveChange(at(1), 100), CurveChange(at(240), 130), CurveChange(at(250), 180, at(240)))
    curve = Curve(BORN, changes, at(250), firsts=(FirstTotal(at(1), 100, BORN), FirstTotal(at(240), 30, at(239))))

    assert gain_between(curve, at(200), at(260)) == Gain(at(200), at(250), 80)


def test_what_was_taken_back_is_told_beside_the_gain() -> None:
    assert gain_between(kept(BORN, [(4, 10), (8, 7), (12, 9)]), at(4), at(12)) == Gain(at(4), at(12), -1, fell=3)


def test_a_gain_after_a_silence_that_began_long_before_the_window_cannot_be_placed() -> None:
    curve = kept(BORN, [(4, 10), (40, 60), (48, 62)])

    assert gain_between(curve, at(20), at(48)) == Gain(at(40), at(48), 2, has_gap=True, unplaced=50)
    assert gain_between(curve, at(10), at(48)) == Gain(at(4), at(48), 52)


def test_a_rate_takes_half_an_hour_of_observing() -> None:
    curve = kept(BORN, [(4, 10), (4.4, 12), (4.5, 13)])

    assert Gain(at(4), at(4.4), 2).per_hour is None
    assert gain_between(curve, at(4), at(9)) == Gain(at(4), at(4.5), 3)
    assert Gain(at(4), at(4.5), 3).per_hour == 6


@MODESTLY
@given(
    st.lists(st.tuples(st.floats(0.1, 40), st.integers(-20, 60)), min_size=1, max_size=15),
    st.lists(st.floats(-5, 400), min_size=3, max_size=3, unique=True),
)
def test_gains_of_neighbouring_windows_add_up(spans: list[tuple[float, int]], ends: list[float]) -> None:
    looks, hours, total = [], 0.0, 100
    for gap, gain in spans:
        hours, total = hours + gap, total + gain
        looks.append((hours, total))
    curve, (one, two, three) = kept(BORN, looks), sorted(ends)

    windows = [gain_between(curve, at(since), at(until)) for since, until in ((one, two), (two, three), (one, three))]

    def level(hours: float) -> int:
        return next((total for seen, total in reversed(looks) if seen <= hours), 0)

    whole = [told.amount + told.joined + told.unplaced for told in windows if isinstance(told, Gain)]
    if one >= looks[0][0] and len(whole) == 3:
        assert whole[0] + whole[1] == whole[2] == level(three) - level(one)
