"""What is known of a counter over time, from a history that keeps only changes."""

import itertools
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property

from civitai_engagement.analysis.unknown import NotObserved

HOUR = timedelta(hours=1)
# Between two observations further apart than this share of the age, a count is not guessed.
WIDEST_GAP = 0.5
# One of many is drawn from its first look where that came by this age in hours and this many times the age asked for.
LATEST_FIRST, LATEST_TIMES = 24.0, 4.0


@dataclass(frozen=True, slots=True)
class CurveChange:
    """One row of the history: `total` was first seen at `collected_at`, the old total last at `previous_observed_at`.

    The change lies between the two; before them the old total held. The first row has nothing before it.
    """

    collected_at: datetime
    total: int
    previous_observed_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class FirstTotal:
    """What a media had when it was first seen `at`, and when it was published."""

    at: datetime
    total: int
    published_at: datetime | None


@dataclass(frozen=True, slots=True)
class CurvePoint:
    """A total that was really seen, or zero at publication, at an age in hours."""

    hours: float
    total: int


@dataclass(frozen=True, slots=True)
class CurveStep:
    """Two points with nothing seen between them."""

    start: CurvePoint
    end: CurvePoint

    @property
    def hours(self) -> float:
        return self.end.hours - self.start.hours

    @property
    def gain(self) -> int:
        return self.end.total - self.start.total

    def total_at(self, hours: float) -> float:
        """Draw the straight line between the two; `python -m studies` compares it with curved ones."""
        return self.start.total + self.gain * (hours - self.start.hours) / self.hours if self.hours else self.end.total


@dataclass(frozen=True)
class Curve:
    """One counter (or sum of counters) of one media or post since its publication.

    `last_observed_at` is when the last total was last confirmed: the open end. `firsts` are the media of a
    sum as they were first seen; without them the first row is the first sight of a media published with the curve.

    >>> born = datetime(2026, 5, 1, tzinfo=UTC)
    >>> changes = (CurveChange(born + 1 * HOUR, 4), CurveChange(born + 3 * HOUR, 9, born + 2 * HOUR))
    >>> curve = Curve(born, changes, born + 6 * HOUR)
    >>> [(point.hours, point.total) for point in curve.points()]
    [(0.0, 0), (1.0, 4), (2.0, 4), (3.0, 9), (6.0, 9)]
    """

    published_at: datetime
    changes: Sequence[CurveChange]
    last_observed_at: datetime
    firsts: Sequence[FirstTotal] = ()

    def hours_at(self, instant: datetime) -> float:
        return (instant - self.published_at) / HOUR

    def points(self) -> Sequence[CurvePoint]:
        """List what was seen, by age; what was seen before publication counts as seen at it."""
        return self._points

    @cached_property  # a curve is read off at many ages
    def _points(self) -> Sequence[CurvePoint]:
        points = [CurvePoint(0.0, 0)]
        for change in self.changes:
            if change.previous_observed_at is not None:
                _add(points, self.hours_at(change.previous_observed_at), points[-1].total)
            _add(points, self.hours_at(change.collected_at), change.total)
        _add(points, self.hours_at(self.last_observed_at), points[-1].total)
        return points if self.changes else points[:1]

    def steps(self) -> list[CurveStep]:
        """List the spans between neighbouring points."""
        points = self.points()
        return [CurveStep(start, end) for start, end in itertools.pairwise(points)]


def _add(points: list[CurvePoint], hours: float, total: int) -> None:
    if hours > points[-1].hours:
        points.append(CurvePoint(hours, total))
    else:
        points[-1] = CurvePoint(points[-1].hours, total)


def count_at(curve: Curve, age: timedelta) -> float | NotObserved:
    """Give the total at an age, by linear interpolation between close observations.

    Close is a gap under half the age; where nothing changed between the two, any gap is. Never beyond the last
    observation. The straight line is the simplest monotone interpolant (Fritsch & Carlson 1980 is the curved one);
    the study finds no curved one better at the cadences we collect at.
    """
    return read_off(curve.points(), age / HOUR)


def read_off(points: Sequence[CurvePoint], hours: float) -> float | NotObserved:
    """Give the total at an age from points that were made before; see `count_at`."""
    found = _seen_at(points, hours)
    if not isinstance(found, CurveStep):
        return found
    return _unseen(found) if found.gain and found.hours >= WIDEST_GAP * hours else found.total_at(hours)


def sampled_at(points: Sequence[CurvePoint], hours: float) -> float | NotObserved:
    """Give the total at an age for one of many that something typical is taken from: by the line in any gap.

    Were only close observations taken, as in `read_off`, posts to which nothing happened would be kept and growing ones
    dropped, since a gap without a change tells its totals. What decides here is the first look, which nothing that
    happened decides: within a day, and within four times the age.
    """
    found = _seen_at(points, hours)
    if not isinstance(found, CurveStep):
        return found
    is_late = not found.start.hours and found.hours > min(LATEST_FIRST, LATEST_TIMES * hours)
    return _unseen(found) if is_late else found.total_at(hours)


def _seen_at(points: Sequence[CurvePoint], hours: float) -> float | CurveStep | NotObserved:
    """Give the total seen at an age, else the step it lies in, else that it lies beyond."""
    last = points[-1]
    if hours > last.hours:
        return NotObserved(_too_young(last.hours, hours), low=last.total)
    place = bisect_left(points, hours, key=lambda point: point.hours)
    return points[place].total if points[place].hours == hours else CurveStep(points[place - 1], points[place])


def _unseen(step: CurveStep) -> NotObserved:
    low, high = sorted((step.start.total, step.end.total))
    return NotObserved(f"nothing was observed {between(step)}", low=low, high=high)


def between(step: CurveStep) -> str:
    """Say in words which ages a step spans."""
    return f"between {spoken_age(step.start.hours * HOUR)} and {spoken_age(step.end.hours * HOUR)} of age"


def spoken_age(age: timedelta) -> str:
    """Say an age in hours, or days where it is older than three; three figures, never a power of ten.

    >>> spoken_age(timedelta(hours=4.5)), spoken_age(timedelta(days=7)), spoken_age(timedelta(days=1_100))
    ('4.5 h', '7 d', '1,100 d')
    """
    hours = age / HOUR
    if hours < 72:
        return f"{round(hours, 4):.3g} h"
    days = hours / 24
    return f"{days:.3g} d" if days < 999.5 else f"{days:,.0f} d"


def _too_young(seen: float, asked: float) -> str:
    if not seen:
        return "nothing was observed yet"
    return f"last observed at {spoken_age(seen * HOUR)} of age, before {spoken_age(asked * HOUR)}"
