"""The lines of a chart, by tracks made by hand."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from civitai_engagement.analysis.steps import StepContext
from civitai_engagement.answers.over_time.chart_lines import DAWN, MOST_LOOKS, LineOptions, trace
from civitai_engagement.errors import NotFound
from civitai_engagement.records.filters import Subject
from civitai_engagement.records.history import StoredReading, Track
from civitai_engagement.records.media import Counters

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)
POST = Subject(post_id=77)
Told = list[tuple[float, int | None, str]]


def at(hours: float) -> datetime:
    return NOON + timedelta(hours=hours)


def seen(hours: float, likes: int, event: str = "change", since: float | None = None) -> StoredReading:
    return StoredReading(at(hours), Counters(likes, 0, 0, 0, 0, 0), event, None if since is None else at(since))


def told(tracks: Sequence[Track], start: float = 0, end: float = 400, now: float = 400) -> Told:
    """Give the points of the likes of some tracks, in hours after noon."""
    made = trace(POST, tracks, LineOptions("time", "like", at(start), at(end)), StepContext(at(now)))
    zero = (NOON - DAWN) / timedelta(hours=1)
    return [(round(one.x - zero, 6), one.y, one.event) for one in made.line.points]


def track(*readings: StoredReading, until: float, published: float | None = 0) -> Track:
    return Track(1, readings, at(until), None if published is None else at(published))


def test_a_line_stands_where_a_media_was_looked_at_and_breaks_where_it_was_not() -> None:
    looked = track(seen(0, 3, "first"), seen(1, 7, since=0), seen(12, 9, "gap", since=2), until=13)
    assert told([looked], now=14) == [
        (0, 3, ""),
        (1, 7, ""),
        (2, 7, ""),
        (7, None, ""),
        (12, 9, ""),
        (13, 9, ""),
    ]


def test_the_last_known_value_carries_the_mark_of_what_came_unseen() -> None:
    gone = track(seen(0, 3, "first"), seen(4, 3, "missing", since=1), until=1)
    assert told([gone], now=20) == [(0, 3, ""), (1, 3, "missing"), (4, None, ""), (10.5, None, ""), (20, None, "")]


def test_two_media_are_summed_and_one_unseen_keeps_its_last_value() -> None:
    pair = [track(seen(0, 3, "first"), until=3), track(seen(1, 5, "first"), seen(2, 6, since=1), until=3)]
    assert told(pair, now=3.5) == [(0, 3, ""), (1, 8, ""), (2, 9, ""), (3, 9, "")]


def test_a_window_cuts_the_line_at_both_ends() -> None:
    looked = track(*(seen(hour, hour, since=hour - 1) for hour in range(10)), until=9)
    assert told([looked], start=2.5, end=5.5, now=10) == [(2.5, 2, ""), (3, 3, ""), (4, 4, ""), (5, 5, "")]
    assert told([looked], start=-9, end=-5, now=10) == []


def test_very_many_looks_are_spread_evenly_over_the_time_from_the_first_on() -> None:
    looked = track(*(seen(hour, hour * hour, since=hour - 1) for hour in range(1000)), until=999)
    points = told([looked], start=-400_000, end=1001, now=1000)
    assert len(points) == MOST_LOOKS // 2 + 1
    assert {round(later[0] - earlier[0]) for earlier, later in pairwise(points)} <= {5, 6, 7}
    assert points[-1] == (999, 999 * 999, "")


def test_very_many_gaps_are_all_breaks() -> None:
    days = [seen(24 * day, day, "gap", since=24 * day - 23) for day in range(1, 300)]
    points = told([track(seen(0, 0, "first"), *days, until=24 * 299)], end=24 * 300, now=24 * 299 + 1)
    assert sum(y is None for _, y, _ in points) == 299
    joined = [pair for pair in pairwise(points) if None not in {pair[0][1], pair[1][1]}]
    assert max(after[0] - before[0] for before, after in joined) <= 1


def test_age_needs_a_time_of_publication() -> None:
    view = LineOptions("age", "like", DAWN, at(9))
    known = trace(POST, [track(seen(2, 1, "first"), until=3, published=-1)], view, StepContext(at(3)))
    assert [(one.x, one.y) for one in known.line.points] == [(3, 1), (4, 1)]
    with pytest.raises(NotFound, match='When post 77 was published is not known. Chart it by "time".'):
        trace(POST, [track(seen(2, 1, "first"), until=3, published=None)], view, StepContext(at(3)))
