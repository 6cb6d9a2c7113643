from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from civitai_engagement.analysis.curves import HOUR, Curve, CurveChange, count_at, sampled_at, spoken_age
from civitai_engagement.analysis.unknown import NotObserved
from studies.worlds import kept

MODESTLY = settings(max_examples=settings().max_examples * 2 // 5, deadline=None)

BORN = datetime(2026, 5, 1, 12, tzinfo=UTC)
LOOKS = ((1, 4), (2, 4), (3, 9), (6, 9), (10, 21), (24, 21), (48, 21))


def told(curve: Curve) -> list[tuple[float, int]]:
    return [(point.hours, point.total) for point in curve.points()]


def test_what_was_seen_is_read_off_the_changes_and_the_open_end() -> None:
    changes = (CurveChange(BORN + 1 * HOUR, 4), CurveChange(BORN + 3 * HOUR, 9, BORN + 2 * HOUR))

    assert told(Curve(BORN, changes, BORN + 6 * HOUR)) == [(0, 0), (1, 4), (2, 4), (3, 9), (6, 9)]


def test_what_was_seen_before_publication_was_there_at_it() -> None:
    assert told(kept(BORN, [(-3, 1), (-1, 2), (2, 5)])) == [(0, 2), (2, 5)]


def test_of_what_was_never_seen_nothing_is_known_but_its_birth() -> None:
    assert told(Curve(BORN, (), BORN + 6 * HOUR)) == [(0, 0)]
    assert count_at(Curve(BORN, (), BORN), HOUR) == NotObserved("nothing was observed yet", low=0)


@pytest.mark.parametrize(
    ("hours", "count"),
    [
        (0, 0),
        (1, 4),
        (1.5, 4),
        (2.5, 6.5),
        (9, 18),
        (10, 21),
        (30, 21),
        (48, 21),
        (0.5, NotObserved("nothing was observed between 0 h and 1 h of age", low=0, high=4)),
        (8, NotObserved("nothing was observed between 6 h and 10 h of age", low=9, high=21)),
        (49, NotObserved("last observed at 48 h of age, before 49 h", low=21)),
    ],
)
def test_a_count_is_given_between_close_observations_only(hours: float, count: float | NotObserved) -> None:
    assert count_at(kept(BORN, LOOKS), hours * HOUR) == count


def test_what_fell_between_two_looks_lies_between_the_two() -> None:
    curve = kept(BORN, [(4, 30), (20, 10), (24, 10)])

    assert count_at(curve, 12 * HOUR) == NotObserved("nothing was observed between 4 h and 20 h of age", 10, 30)


def test_for_what_is_typical_those_that_grew_count_as_much_as_those_that_did_not() -> None:
    posts = [kept(BORN, [(0.5, before), (1.5, after)]) for before, after in ((0, 0), (1, 3), (2, 6))]

    assert [sampled_at(post.points(), 1) for post in posts] == [0, 2, 4]
    assert [isinstance(count_at(post, HOUR), NotObserved) for post in posts] == [False, True, True]
    assert [sampled_at(post.points(), 1.5) for post in posts] == [0, 3, 6]
    assert sampled_at(posts[1].points(), 2) == NotObserved("last observed at 1.5 h of age, before 2 h", low=3)


@pytest.mark.parametrize(("first", "hours", "is_late"), [(4, 1, False), (5, 1, True), (24, 6, False), (25, 20, True)])
def test_what_was_found_late_tells_nothing_of_before_grown_or_not(first: float, hours: float, is_late: bool) -> None:
    sampled = [sampled_at(kept(BORN, [(first, total), (99, 90)]).points(), hours) for total in (0, 60)]

    assert [isinstance(one, NotObserved) for one in sampled] == [is_late, is_late]


spans = st.lists(st.tuples(st.floats(0.1, 9), st.integers(0, 50)), min_size=1, max_size=12)


@MODESTLY
@given(spans, st.lists(st.floats(0, 120), min_size=2, max_size=12))
def test_a_count_never_falls_with_age_where_nothing_was_taken_back(
    spans: list[tuple[float, int]], ages: list[float]
) -> None:
    looks, hours, total = [], 0.0, 0
    for gap, gain in spans:
        hours, total = hours + gap, total + gain
        looks.append((hours, total))
    curve = kept(BORN, looks)

    counts = [count_at(curve, age * HOUR) for age in sorted(ages)]
    given_ones = [count for count in counts if not isinstance(count, NotObserved)]

    assert given_ones == sorted(given_ones)
    assert all(0 <= count <= total for count in given_ones)
    seen = [count_at(curve, timedelta(hours=age)) for age, _ in looks]
    assert seen == pytest.approx([total for _, total in looks], abs=1e-6)


@pytest.mark.parametrize(
    ("hours", "words"),
    [
        *((4.5, "4.5 h"), (0.25, "0.25 h"), (71, "71 h"), (72, "3 d"), (168, "7 d")),
        *(
            (999.4 * 24, "999 d"),
            (999.6 * 24, "1,000 d"),
            (30_240 * 24, "30,240 d"),
            (0.00001, "0 h"),
            (1 / 60, "0.0167 h"),
        ),
    ],
)
def test_an_age_is_said_in_hours_then_in_days_and_never_as_a_power_of_ten(hours: float, words: str) -> None:
    assert spoken_age(timedelta(hours=hours)) == words
