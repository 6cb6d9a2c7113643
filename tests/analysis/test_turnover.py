from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from civitai_engagement.analysis.periods import last_complete
from civitai_engagement.analysis.ratios import Ratio
from civitai_engagement.analysis.turnover import change, turnover
from civitai_engagement.records.periods import PeriodGain, PostPeriods

NOW = datetime(2026, 5, 20, 12, tzinfo=UTC)
WEEK = last_complete(7, NOW, ZoneInfo("UTC"))  # the 13th to the 19th, and before it the 6th to the 12th
START = datetime(2026, 5, 6, tzinfo=UTC)


def may(day: int, hour: int = 0) -> datetime:
    return datetime(2026, 5, day, hour, tzinfo=UTC)


def post(
    published_at: datetime | None,
    now: int | None,
    before: int | None,
    *,
    whole: tuple[bool, bool] = (True, True),
    began_at: datetime | None = START,
) -> PostPeriods:
    gains = tuple(PeriodGain(*part) for part in zip((now, before), whole, strict=True))
    return PostPeriods(1, published_at, began_at, gains)


STEADY = post(may(1), 20, 20)
NEW = post(may(14, 6), 12, None, began_at=may(14, 7))
FOUND_LATE = post(datetime(2026, 4, 1, tzinfo=UTC), 10, None, whole=(True, False), began_at=may(12))
TODAY = post(may(20, 8), None, None, began_at=may(20, 9))
LOST = post(may(1), 0, 5, whole=(False, True))


def test_a_period_adds_up_what_was_gained_by_posts_that_were_out() -> None:
    whole = turnover([STEADY, NEW, TODAY], WEEK)
    assert (whole.gain, whole.whole, whole.seen, whole.of, whole.published) == (20 + 12, 2, 2, 2, 1)
    before = turnover([STEADY, NEW], WEEK.previous(), 1)
    assert (before.gain, before.whole, before.of, before.published) == (20, 1, 1, 0)


def test_what_was_not_observed_throughout_counts_as_far_as_it_was_and_what_never_was_is_not_zero() -> None:
    partly = turnover([LOST, STEADY], WEEK)
    assert (partly.gain, partly.whole, partly.seen, partly.of) == (20, 1, 2, 2)
    late = turnover([FOUND_LATE], WEEK.previous(), 1)
    assert (late.gain, late.whole, late.seen, late.of) == (None, 0, 0, 1)


def test_what_joined_and_what_cannot_be_placed_are_added_up_beside_the_gain() -> None:
    part = PeriodGain(9, is_whole=False, unplaced=4, joined=100)
    told = turnover([PostPeriods(1, may(1), START, (part,)), PostPeriods(2, None, START, (part,))], WEEK)
    assert (told.gain, told.unplaced, told.joined, told.of, told.published) == (18, 8, 200, 2, 0)


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
    assert alone.percent.reason == ("0 of 1 post was observed throughout both periods; the history began on 2026-05-12")
    assert change([], WEEK).percent.reason == "0 of 0 posts were observed throughout both periods"


def test_a_few_that_were_not_observed_are_left_out_of_the_percentage_and_of_nothing_else() -> None:
    found = change([*[STEADY] * 9, FOUND_LATE], WEEK)
    assert (found.now.gain, found.before.gain, found.same, found.of) == (190, 180, 9, 10)
    assert (found.now.seen, found.now.of) == (10, 10)
    assert found.percent.value == 0


def test_posts_never_observed_count_among_all_and_keep_a_percentage_back() -> None:
    never = post(may(2), None, None, whole=(False, False), began_at=None)
    undated = post(None, None, None, whole=(False, False), began_at=None)
    found = change([STEADY, never, undated, TODAY], WEEK)
    assert (found.now.gain, found.now.seen, found.now.of, found.before.of, found.of) == (20, 1, 3, 3, 3)
    assert found.percent.reason == "1 of 3 posts were observed throughout both periods"


def test_where_more_was_taken_back_than_gained_there_is_no_percentage() -> None:
    found = change([post(may(1), -14, 6)], WEEK)
    assert (found.now.gain, found.before.gain) == (-14, 6)
    assert found.percent == Ratio(None, "more was taken back than gained")


def test_nothing_before_gives_no_percentage() -> None:
    found = change([NEW], WEEK)
    assert (found.now.gain, found.before.gain, found.before.of) == (12, None, 0)
    assert found.percent.reason == "the period before has none to compare with"
