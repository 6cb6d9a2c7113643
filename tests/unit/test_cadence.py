from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from civitai_engagement.analysis.cadence import (
    DEFAULT,
    Cadence,
    Dues,
    due_tick,
    is_round,
    next_due,
    next_tick,
)
from civitai_engagement.records.provenance import Source

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
INSTANT = timedelta(microseconds=1)
NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)
INSTANTS = st.datetimes(datetime(2020, 1, 1), datetime(2035, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - zone beside
AGES = st.timedeltas(timedelta(hours=-2), timedelta(days=120))


@pytest.mark.parametrize("source", [Source.RECORDED, Source.WATCHED])
@pytest.mark.parametrize(
    ("age", "wait"),
    [
        (timedelta(), HOUR),
        (DAY - INSTANT, HOUR),
        (DAY, 4 * HOUR),
        (30 * DAY - INSTANT, 4 * HOUR),
        (30 * DAY, DAY),
        (3000 * DAY, DAY),
        (-HOUR, HOUR),
    ],
)
def test_a_followed_media_is_due_the_later_the_older_it_is(source: Source, age: timedelta, wait: timedelta) -> None:
    assert next_due(NOON, NOON - age, source) == NOON + wait
    assert next_due(NOON, NOON - age) == NOON + wait


@pytest.mark.parametrize(
    ("age", "wait"),
    [
        (timedelta(), 4 * HOUR),
        (7 * DAY - INSTANT, 4 * HOUR),
        (7 * DAY, DAY),
        (30 * DAY - INSTANT, DAY),
        (30 * DAY, 7 * DAY),
        (90 * DAY - INSTANT, 7 * DAY),
    ],
)
def test_a_sampled_media_is_looked_at_less_often(age: timedelta, wait: timedelta) -> None:
    assert next_due(NOON, NOON - age, Source.SAMPLED) == NOON + wait


def test_a_sampled_media_rests_after_ninety_days() -> None:
    assert next_due(NOON, NOON - 90 * DAY, Source.SAMPLED) is None


def test_a_media_of_unknown_age_counts_as_young() -> None:
    assert next_due(NOON, None) == NOON + HOUR
    assert next_due(NOON, None, Source.SAMPLED) == NOON + 4 * HOUR


@pytest.mark.parametrize(
    ("seen", "age", "due"),
    [
        ("03:59", HOUR, "04:00"),
        ("03:00", HOUR, "04:00"),
        ("03:59", 2 * DAY, "04:00"),
        ("04:00", 2 * DAY, "08:00"),
        ("07:59", 2 * DAY, "08:00"),
        ("23:59", 2 * DAY, "24:00"),
        ("04:07", 40 * DAY, "28:00"),
        ("07:59", 40 * DAY, "28:00"),
    ],
)
def test_dues_lie_on_the_grid_of_ticks(seen: str, age: timedelta, due: str) -> None:
    midnight = NOON.replace(hour=0)
    hours, minutes = map(int, seen.split(":"))
    now = midnight + timedelta(hours=hours, minutes=minutes)

    assert next_due(now, now - age) == midnight + int(due[:2]) * HOUR


def test_the_grid_is_that_of_utc_whatever_the_zone_of_the_instant() -> None:
    india = timezone(timedelta(hours=5, minutes=30))
    assert next_due(NOON.astimezone(india), NOON - 2 * DAY) == NOON + 4 * HOUR
    assert due_tick((NOON + INSTANT).astimezone(india)) == NOON


@given(INSTANTS, AGES, st.sampled_from(sorted(DEFAULT)))
def test_every_due_is_a_tick_to_come_and_no_later_than_its_cadence_says(
    now: datetime, age: timedelta, source: Source
) -> None:
    every = DEFAULT[source].every(age)
    due = next_due(now, now - age, source)

    assert (due is None) == (every is None)
    if due is not None and every is not None:
        assert now < due <= now + every
        assert due_tick(due) == due
        assert is_round(due) or every < 4 * HOUR


def test_a_tick_is_a_full_hour_and_a_round_every_fourth_of_them() -> None:
    assert [hour for hour in range(24) if is_round(NOON.replace(hour=hour))] == [0, 4, 8, 12, 16, 20]
    assert not is_round(NOON + INSTANT)
    assert due_tick(NOON + 59 * INSTANT) == due_tick(NOON) == NOON
    assert next_tick(NOON) == next_tick(NOON + HOUR - INSTANT) == NOON + HOUR


def test_a_cadence_of_ones_own_is_followed_to_its_rest() -> None:
    own = {Source.RECORDED: Cadence.parse("2d:2h 1w:12h")}

    assert next_due(NOON, NOON - DAY, Source.RECORDED, own) == NOON + 2 * HOUR
    assert next_due(NOON, NOON - 2 * DAY, Source.RECORDED, own) == NOON + 12 * HOUR
    assert next_due(NOON, NOON - 7 * DAY, Source.RECORDED, own) is None


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("24h:1h 30d:4h :1d", "1d:1h 30d:4h :1d"),
        ("7d:4h 30d:1d 90d:7d", "1w:4h 30d:1d 90d:1w"),
        ("  :1h ", ":1h"),
        ("36h:3h", "36h:3h"),
    ],
)
def test_a_cadence_reads_what_it_writes(text: str, written: str) -> None:
    cadence = Cadence.parse(text)

    assert str(cadence) == written
    assert Cadence.parse(written) == cadence


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", "needs a step"),
        ("24h", "write until:every"),
        ("24h:", "'' is not a span of time"),
        ("24h:0h", "'0h' is not a span of time"),
        ("1.5h:1h", "'1.5h' is not a span of time"),
        ("24:1h", "'24' is not a span of time"),
        ("24h:90m", "'90m' is not a span of time"),
        ("24h:5h", "between two rounds"),
        (":1h 24h:4h", "only the last step"),
        (":1h :4h", "only the last step"),
        ("30d:1h 24h:4h", "must rise"),
        ("24h:1h 1d:4h", "must rise"),
    ],
)
def test_what_makes_no_cadence_is_told(text: str, complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        Cadence.parse(text)


@given(INSTANTS, AGES, st.sampled_from(["1h:1h", "24h:1h 30d:4h :1d", "7d:4h 30d:1d 90d:1w", ":4h"]))
def test_the_spans_of_a_cadence_say_the_same_and_leave_no_gap(now: datetime, age: timedelta, text: str) -> None:
    dues, published_at = Dues.of(Cadence.parse(text), now), now - age
    found = [due_at for after, until, due_at in dues.spans if after < published_at <= until]
    assert found == [dues.at(published_at)]
