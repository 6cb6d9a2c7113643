from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from civitai_engagement.analysis.held import IndexedTrack, StepContext, from_publication
from civitai_engagement.analysis.steps import Gap, StepGain, automatic_step, gaps, growth, instants, steps
from civitai_engagement.records.history import StoredReading, Track
from civitai_engagement.records.media import Counters
from civitai_engagement.records.provenance import Source

NOON = datetime(2026, 3, 4, 12, tzinfo=UTC)  # a Wednesday
HOUR = timedelta(hours=1)
OLD = NOON - 100 * HOUR


def at(hours: float) -> datetime:
    return NOON + hours * HOUR


def view(hours: float) -> StepContext:
    return StepContext(at(hours))


def likes(number: int) -> Counters:
    return Counters(like=number, heart=0, laugh=0, cry=0, dislike=0, comment=0)


def seen(hours: float, number: int, event: str = "change", previous: float | None = None) -> StoredReading:
    return StoredReading(at(hours), likes(number), event, None if previous is None else at(previous))


def track(*readings: StoredReading, until: float, image_id: int = 1, published_at: datetime | None = OLD) -> Track:
    return Track(image_id, readings, at(until), published_at)


# Looked at every four hours: 10 at noon, still 10 at 4, 13 at 8, still 13 at 12; then nobody looked until 30.
STORY = track(seen(0, 10, "first"), seen(8, 13, previous=4), seen(30, 20, previous=12), until=34)


@pytest.mark.parametrize(
    ("hours", "number", "seen_at", "is_current"),
    [
        (0, 10, 0, True),
        (3, 10, 3, True),  # the same was seen at 4: it held
        (6, 10, 4, True),  # carried on: the next look came in time
        (8, 13, 8, True),
        (12, 13, 12, True),
        (12.5, 13, 12, False),  # nobody looked until 30
        (29, 13, 12, False),
        (30, 20, 30, True),
        (36, 20, 34, True),  # not yet due for long
    ],
)
def test_a_value_is_told_while_it_was_seen_to_hold(hours: float, number: int, seen_at: float, is_current: bool) -> None:
    point = IndexedTrack.of(STORY, view(36)).at(at(hours))
    assert point is not None
    assert (point.counters, point.seen_at, point.is_current) == (likes(number), at(seen_at), is_current)


def test_before_the_first_reading_nothing_is_known() -> None:
    assert IndexedTrack.of(STORY, view(36)).at(at(-1)) is None
    assert IndexedTrack.of(Track(1, (), None), view(36)).at(at(5)) is None


def test_after_the_last_look_a_value_is_told_for_twice_the_due_interval_only() -> None:
    point = IndexedTrack.of(STORY, view(42)).at(at(42))
    assert point is not None
    assert point.is_current
    late = IndexedTrack.of(STORY, view(42.5)).at(at(42.5))
    assert late is not None
    assert not late.is_current
    weekly = replace(STORY, source=Source.SAMPLED, published_at=NOON - timedelta(days=40))
    calm = IndexedTrack.of(weekly, view(100)).at(at(100))
    assert calm is not None
    assert calm.is_current


@pytest.mark.parametrize(
    ("told", "start", "end", "now", "expected"),
    [
        ([STORY], 0, 36, 36, [Gap(at(12), at(30))]),
        ([STORY], 20, 25, 36, [Gap(at(20), at(25))]),
        ([STORY], 0, 100, 100, [Gap(at(12), at(30)), Gap(at(34), at(100))]),
        ([STORY, track(seen(0, 1, "first"), until=20)], 0, 36, 36, [Gap(at(20), at(30))]),
        ([track(seen(0, 1, "first"), seen(4, 1, "gap", previous=2), until=5)], 0, 5, 5, [Gap(at(2), at(4))]),
        (
            [track(seen(0, 1, "first"), seen(12, 1, "missing", 4), seen(24, 2, "returned", 4), until=24)],
            0,
            24,
            24,
            [Gap(at(4), at(24))],
        ),
        ([Track(1, (), None)], 0, 36, 36, []),
        ([], 0, 36, 36, []),
    ],
)
def test_a_gap_is_a_time_in_which_no_media_was_looked_at(
    told: list[Track], start: float, end: float, now: float, expected: list[Gap]
) -> None:
    assert gaps(told, at(start), at(end), view(now)) == expected


def test_growth_is_over_the_time_that_passed_between_looks_not_over_the_step() -> None:
    told = steps([STORY], [at(0), at(6), at(10), at(20), at(32)], view(36))
    assert [one.counters for one in told] == [likes(10), likes(10), likes(13), None, likes(20)]
    assert [one.growth for one in told] == [
        None,
        StepGain(likes(0), 4, 1),  # the last look of that step was at 4
        StepGain(likes(3), 6, 1),
        StepGain(likes(0), 2, 1),  # seen at 12 for the last time: nothing until then
        StepGain(likes(7), 20, 1),  # from 12, the last look before the gap
    ]
    assert [one.growth.per_hour for one in told if one.growth] == [0, 0.5, 0, 0.35]


def test_a_step_in_which_nobody_looked_grows_by_nothing_known() -> None:
    told = steps([STORY], [at(4), at(5), at(7), at(8)], view(36))
    assert [one.growth for one in told[1:]] == [None, None, StepGain(likes(3), 4, 1)]


@pytest.mark.parametrize(
    ("published_at", "gain", "joined"),
    [(at(-6), 12, 0), (at(-30), 12, 0), (at(1), None, 12), (at(0), None, 12), (at(-31), None, 12), (None, None, 12)],
)
def test_what_a_media_has_when_first_seen_is_gained_where_it_was_published_in_the_time(
    published_at: datetime | None, gain: int | None, joined: int
) -> None:
    found = from_publication(track(seen(0, 12, "first"), until=0, published_at=published_at), at(-30), at(0))
    told = steps([found], [at(-30.5), at(0)], view(0))[-1].growth
    assert told is not None
    assert (told.gain if told.known else None, told.joined.total) == (gain, joined)


def test_a_story_begins_at_publication_only_with_the_very_first_look() -> None:
    known_before = track(seen(0, 12), until=0, published_at=at(-6))
    assert from_publication(known_before, at(-30), at(0)) == known_before
    seen_later = track(seen(5, 12, "first"), until=5, published_at=at(-6))
    assert from_publication(seen_later, at(-30), at(0)) == seen_later


def test_a_sum_tells_media_not_looked_at_from_their_last_confirmed_values_and_says_how_many() -> None:
    other = track(seen(0, 100, "first"), seen(8, 101, previous=4), until=36, image_id=2)
    later = track(seen(20, 7, "first"), until=36, image_id=3, published_at=at(10))
    told = steps([STORY, other, later], [at(8), at(16), at(24), at(32)], view(36))
    assert [one.counters for one in told] == [likes(114), likes(114), likes(121), likes(128)]
    assert [(one.known, one.of) for one in told] == [(2, 2), (1, 3), (2, 3), (3, 3)]
    assert [(one.growth.gain, one.growth.joined.total) for one in told[1:] if one.growth] == [(0, 0), (0, 7), (7, 0)]


def test_falls_and_media_that_went_and_came_back_are_counted_where_they_happened() -> None:
    one = track(
        seen(0, 5, "first"), seen(8, 4, "fall", 4), seen(12, 4, "missing", 8), seen(16, 6, "returned", 8), until=20
    )
    two = track(seen(0, 9, "first"), seen(8, 8, "fall", 4), seen(12, 7, "correction", 8), until=20, image_id=2)
    told = steps([one, two], [at(0), at(8), at(12), at(20)], view(20))
    assert [step.events for step in told] == [
        (("first", 2),),
        (("fall", 2),),
        (("correction", 1), ("missing", 1)),
        (("returned", 1),),
    ]
    assert [step.growth.gain for step in told[1:] if step.growth] == [-2, -1, 2]
    assert [(step.known, step.counters) for step in told[2:]] == [(1, likes(11)), (2, likes(13))]


def test_growth_between_two_instants_counts_media_known_at_both() -> None:
    young = track(seen(7, 3, "first"), until=36, image_id=2, published_at=at(6))
    stranger = track(seen(7, 50, "first"), until=36, image_id=3)
    in_gap = track(seen(0, 1, "first"), seen(30, 9, previous=1), until=36, image_id=4)
    assert growth([STORY, young, stranger], at(4), at(12), view(36)) == StepGain(likes(6), 8, 2)
    assert growth([in_gap], at(10), at(34), view(36)) is None
    assert growth([], at(0), at(1), view(1)) is None


def test_growth_over_a_silence_that_begins_little_before_is_known() -> None:
    asleep = track(seen(0, 1, "first"), seen(30, 9, previous=8), until=36)
    assert growth([asleep], at(12), at(36), view(36)) == StepGain(likes(8), 28, 1)
    assert growth([asleep], at(12.5), at(36), view(36)) is None


@pytest.mark.parametrize("missing", [22.0, 26.0], ids=["before the time", "in it"])
def test_that_a_media_was_missing_ends_no_silence(missing: float) -> None:
    back = track(seen(0, 10, "first"), seen(missing, 10, "missing", 8), seen(30, 18, "returned", 8), until=46)
    assert growth([back], at(24), at(46), view(46)) is None
    told = steps([back], [at(24), at(46)], view(46))
    assert told[-1].growth is not None
    assert (told[-1].growth.gain, told[-1].growth.unplaced) == (0, 8)


def test_what_is_gone_gained_nothing_more() -> None:
    gone = track(seen(0, 5, "first"), seen(9, 5, "missing", 8), until=8)
    assert growth([gone], at(12), at(36), view(36)) == StepGain(likes(0), 0, 1)
    stranger = track(seen(14, 5, "first"), seen(20, 6, previous=14), seen(30, 6, "missing", 20), until=20)
    assert growth([stranger], at(12), at(36), view(36)) is None
    unseen = track(seen(0, 5, "first"), until=8)
    assert growth([unseen], at(12), at(36), view(36)) is None


@pytest.mark.parametrize("step", [1, 3, 7, 24, 50])
def test_told_gains_and_what_joined_are_the_difference_of_the_told_counters(step: int) -> None:
    """A machine that sleeps every night, falls, vanishing and returning, found late: whatever the step."""
    nightly = track(
        *(
            seen(hour, 10 + hour, "first" if hour == 2 else "change", hour - (10 if hour % 24 == 2 else 2))
            for hour in (2, 4, 8, 16, 26, 30, 50, 52, 60)
        ),
        until=62,
    )
    gone = track(
        seen(3, 50, "first"),
        seen(12, 44, "fall", 8),
        seen(20, 44, "missing", 12),
        seen(41, 60, "returned", 12),
        until=60,
        image_id=2,
    )
    late = track(seen(33, 500, "first"), seen(40, 520, previous=36), until=60, image_id=3, published_at=at(-90))
    born = from_publication(
        track(seen(33, 70, "first"), seen(40, 80, previous=36), until=60, image_id=4, published_at=at(6)), at(0), at(61)
    )
    marks = [at(3), *(at(hour) for hour in range(3 + step, 61, step)), at(61)]
    told = steps([nightly, gone, late, born], marks, view(61))
    first, last = told[0].counters, told[-1].counters
    assert first is not None
    assert last is not None
    grown = [one.growth for one in told[1:] if one.growth]
    assert last.total - first.total == sum(one.gain + one.joined.total for one in grown)
    assert sum(one.joined.total for one in grown) == 500


@pytest.mark.parametrize(
    ("span", "step"),
    [
        (HOUR, 1),
        (60 * HOUR, 1),
        (61 * HOUR, 4),
        (240 * HOUR, 4),
        (241 * HOUR, 24),
        (1500 * HOUR, 168),
        (99_999 * HOUR, 168),
    ],
)
def test_the_automatic_step_tells_a_span_in_about_sixty_rows(span: timedelta, step: int) -> None:
    assert automatic_step(span) == step * HOUR


@pytest.mark.parametrize(
    ("start", "end", "step", "expected"),
    [
        (at(0.5), at(3), 1, [at(0.5), at(1), at(2), at(3)]),
        (at(0), at(9), 4, [at(0), at(4), at(8), at(9)]),
        (at(0), at(0.5), 24, [at(0), at(0.5)]),
        (at(0), at(0), 4, [at(0)]),
        (at(0), at(24 * 6), 168, [at(0), at(24 * 5 - 12), at(24 * 6)]),  # Monday, midnight
    ],
)
def test_steps_stand_at_round_instants_between_the_ends(
    start: datetime, end: datetime, step: int, expected: list[datetime]
) -> None:
    assert instants(start, end, step * HOUR) == expected


def test_no_instants_tell_nothing() -> None:
    assert steps([STORY], [], view(36)) == []


def test_a_media_that_rests_is_told_as_long_as_when_it_was_last_due_regularly() -> None:
    resting = track(seen(0, 1, "first"), until=0, published_at=NOON - timedelta(days=100))
    resting = replace(resting, source=Source.SAMPLED)
    assert gaps([resting], at(0), at(24 * 14), view(24 * 14)) == []
    assert gaps([resting], at(0), at(24 * 15), view(24 * 15)) == [Gap(at(0), at(24 * 15))]
