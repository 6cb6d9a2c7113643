from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from civitai_engagement.analysis.curves import Change, Curve
from civitai_engagement.analysis.periods import last_complete
from civitai_engagement.analysis.ratios import Ratio
from civitai_engagement.analysis.turnover import change, turnover
from civitai_engagement.analysis.unknown import NotObserved

NOW = datetime(2026, 5, 20, 12, tzinfo=UTC)
WEEK = last_complete(7, NOW, ZoneInfo("UTC"))  # the 13th to the 19th, and before it the 6th to the 12th


def may(day: int, hour: int = 0) -> datetime:
    return datetime(2026, 5, day, hour, tzinfo=UTC)


STEADY = Curve(may(1), (Change(may(1, 1), 10), Change(may(10), 30, may(9)), Change(may(15), 50, may(14))), NOW)
NEW = Curve(may(14, 6), (Change(may(14, 7), 5), Change(may(16), 12, may(15))), NOW)
FOUND_LATE = Curve(datetime(2026, 4, 1, tzinfo=UTC), (Change(may(12), 100), Change(may(16), 110, may(15))), NOW)
TODAY = Curve(may(20, 8), (Change(may(20, 9), 7),), NOW)
LOST = Curve(may(1), (Change(may(1, 1), 10), Change(may(8), 15, may(7))), may(14, 12))


def test_a_period_adds_up_what_was_gained_from_its_start_to_its_end() -> None:
    whole = turnover([STEADY, NEW, TODAY], WEEK)
    assert (whole.gain, whole.whole, whole.seen, whole.of) == (20 + 12, 2, 2, 2)
    before = turnover([STEADY, NEW], WEEK.previous())
    assert (before.gain, before.whole, before.of) == (20, 1, 1)


def test_what_was_not_observed_throughout_counts_as_far_as_it_was_and_what_never_was_is_not_zero() -> None:
    partly = turnover([LOST, STEADY], WEEK)
    assert (partly.gain, partly.whole, partly.seen, partly.of) == (20, 1, 2, 2)
    late = turnover([FOUND_LATE], WEEK.previous().previous())
    assert (late.gain, late.whole, late.seen, late.of) == (None, 0, 0, 1)


def test_a_period_is_compared_over_posts_seen_in_both_and_new_ones_count_as_growth() -> None:
    found = change([STEADY, NEW, TODAY], WEEK)
    assert (found.now.gain, found.before.gain, found.same) == (32, 20, 2)
    assert found.percent.value == pytest.approx(60)


def test_where_history_began_later_there_is_no_percentage_but_what_was_seen_is_told() -> None:
    mixed = change([STEADY, NEW, FOUND_LATE], WEEK)
    assert mixed.percent.value is None
    assert mixed.percent.reason == "2 of 3 posts were observed throughout both periods"
    assert (mixed.now.gain, mixed.before.gain, mixed.before.whole, mixed.before.of) == (42, 20, 1, 2)
    alone = change([FOUND_LATE], WEEK)
    assert alone.percent.reason == (
        "0 of 1 posts were observed throughout both periods; the history began on 2026-05-12"
    )
    assert change([], WEEK).percent.reason == "0 of 0 posts were observed throughout both periods"


def test_a_few_that_were_not_observed_are_left_out_of_the_percentage_and_of_nothing_else() -> None:
    found = change([*[STEADY] * 9, FOUND_LATE], WEEK)
    assert (found.now.gain, found.before.gain, found.same, found.of) == (190, 180, 9, 10)
    assert (found.now.seen, found.now.of) == (10, 10)
    assert found.percent.value == 0


def test_a_gain_that_reaches_days_beyond_the_period_is_not_of_the_period_alone() -> None:
    early = Curve(may(1), (Change(may(1, 1), 10), Change(may(18), 90, may(9))), NOW)
    late = Curve(may(1), (Change(may(1, 1), 10), Change(may(23), 90, may(18))), may(23))
    close = Curve(may(1), (Change(may(1, 1), 10), Change(may(18), 90, may(12, 6))), NOW)
    assert [turnover([one], WEEK).whole for one in (early, late, close)] == [0, 0, 1]
    assert change([early], WEEK).percent.value is None


def test_posts_without_a_curve_count_among_all_and_keep_a_percentage_back() -> None:
    never, undated = Curve(may(2), (), may(2)), NotObserved("its date of publication is not known")
    found = change([STEADY, never, undated, Curve(may(20, 8), (), may(20, 8))], WEEK)
    assert (found.now.gain, found.now.seen, found.now.of, found.before.of, found.of) == (20, 1, 3, 3, 3)
    assert found.percent.reason == "1 of 3 posts were observed throughout both periods"


def test_where_more_was_taken_back_than_gained_there_is_no_percentage() -> None:
    fell = Curve(may(1), (Change(may(1, 1), 10), Change(may(10), 16, may(9)), Change(may(15), 2, may(14))), NOW)
    found = change([fell], WEEK)
    assert (found.now.gain, found.before.gain) == (-14, 6)
    assert found.percent == Ratio(None, "more was taken back than gained")


def test_nothing_before_gives_no_percentage() -> None:
    found = change([NEW], WEEK)
    assert (found.now.gain, found.before.gain, found.before.of) == (12, None, 0)
    assert found.percent.reason == "the period before has none to compare with"
