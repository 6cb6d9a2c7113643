from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from civitai_engagement.analysis.periods import Period, concentration, last_complete, percent_change, reaction_mix
from civitai_engagement.analysis.ratios import Ratio
from civitai_engagement.records.media import Counters

MODESTLY = settings(max_examples=settings().max_examples * 2 // 5, deadline=None)

BERLIN = ZoneInfo("Europe/Berlin")
HOUR = timedelta(hours=1)


@pytest.mark.parametrize(
    ("first", "hours"), [(date(2026, 3, 28), 24), (date(2026, 3, 29), 23), (date(2026, 10, 25), 25)]
)
def test_a_day_on_which_clocks_change_has_23_or_25_hours(first: date, hours: int) -> None:
    day = Period(first, 1, BERLIN)

    assert day.end - day.start == hours * HOUR


def test_the_last_whole_days_end_with_yesterday_where_the_reader_lives() -> None:
    late = datetime(2026, 5, 10, 22, 30, tzinfo=UTC)

    assert last_complete(7, late, BERLIN) == Period(date(2026, 5, 4), 7, BERLIN)
    assert last_complete(7, late, ZoneInfo("UTC")) == Period(date(2026, 5, 3), 7, ZoneInfo("UTC"))


@MODESTLY
@given(
    st.dates(date(2020, 1, 1), date(2030, 1, 1)),
    st.integers(1, 60),
    st.sampled_from(["UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata"]),
)
def test_a_period_begins_where_the_one_before_it_ends(first: date, days: int, zone: str) -> None:
    period = Period(first, days, ZoneInfo(zone))

    assert period.previous().end == period.start
    assert period.previous().days == days
    assert period.holds(period.start)
    assert not period.holds(period.end)
    assert abs((period.end - period.start) - days * 24 * HOUR) <= HOUR


@pytest.mark.parametrize(
    ("now", "before", "change"),
    [
        (120, 100, Ratio(20)),
        (0, 50, Ratio(-100)),
        (5, 0, Ratio(None, "the period before has none to compare with")),
        (5, -3, Ratio(None, "the period before has none to compare with")),
    ],
)
def test_a_change_in_percent_needs_something_to_compare_with(now: float, before: float, change: Ratio) -> None:
    assert percent_change(now, before) == change


@pytest.mark.parametrize(
    ("totals", "share"),
    [
        ([91] + [1] * 9, Ratio(0.91)),
        ([5] * 70, Ratio(0.1)),
        ([40, 40] + [2] * 9 + [1, 1], Ratio(0.8)),
        ([1] * 9, Ratio(None, "a top tenth needs 10 posts, here are 9")),
        ([0] * 10, Ratio(None, "there is no engagement yet")),
    ],
)
def test_concentration_is_the_share_of_the_top_tenth(totals: list[float], share: Ratio) -> None:
    assert concentration(totals) == share


def test_the_mix_of_reactions_adds_up_and_leaves_comments_out() -> None:
    counters = Counters(like=6, heart=3, laugh=1, cry=0, dislike=0, comment=40)

    assert reaction_mix(counters) == {"like": 0.6, "heart": 0.3, "laugh": 0.1, "cry": 0.0}
    assert reaction_mix(Counters(like=0, heart=0, laugh=0, cry=0, dislike=0, comment=4)) is None
