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
class Change:
    """One row of the history: `total` was first seen at `collected_at`, the old total last at `previous_observed_at`.

    The change lies between the two; before them the old total held. The first row has nothing before it.
    """

    collected_at: datetime
    total: int
    previous_observed_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class First:
    """What a media had when it was first seen `at`, and when it was published."""

    at: datetime
    total: int
    published_at: datetime | None


@dataclass(frozen=True, slots=True)
class Knot:
    """A total that was really seen, or zero at publication, at an age in hours."""

    hours: float
    total: int


@dataclass(frozen=True, slots=True)
class Step:
    """Two knots with nothing seen between them."""

    start: Knot
    end: Knot

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
    >>> curve = Curve(born, (Change(born + 1 * HOUR, 4), Change(born + 3 * HOUR, 9, born + 2 * HOUR)), born + 6 * HOUR)
    >>> [(knot.hours, knot.total) for knot in curve.knots()]
    [(0.0, 0), (1.0, 4), (2.0, 4), (3.0, 9), (6.0, 9)]
    """

    published_at: datetime
    changes: Sequence[Change]
    last_observed_at: datetime
    firsts: Sequence[First] = ()

    def hours_at(self, instant: datetime) -> float:
        return (instant - self.published_at) / HOUR

    def knots(self) -> Sequence[Knot]:
        """List what was seen, by age; what was seen before publication counts as seen at it."""
        return self._knots

    @cached_property  # a curve is read off at many ages
    def _knots(self) -> Sequence[Knot]:
        knots = [Knot(0.0, 0)]
        for change in self.changes:
            if change.previous_observed_at is not None:
                _add(knots, self.hours_at(change.previous_observed_at), knots[-1].total)
            _add(knots, self.hours_at(change.collected_at), change.total)
        _add(knots, self.hours_at(self.last_observed_at), knots[-1].total)
        return knots if self.changes else knots[:1]

    def steps(self) -> list[Step]:
        """List the spans between neighbouring knots."""
        knots = self.knots()
        return [Step(start, end) for start, end in itertools.pairwise(knots)]


def _add(knots: list[Knot], hours: float, total: int) -> None:
    if hours > knots[-1].hours:
        knots.append(Knot(hours, total))
    else:
        knots[-1] = Knot(knots[-1].hours, total)


def count_at(curve: Curve, age: timedelta) -> float | NotObserved:
    """Give the total at an age, by linear interpolation between close observations.

    Close is a gap under half the age; where nothing changed between the two, any gap is. Never beyond the last
    observation. The straight line is the simplest monotone interpolant (Fritsch & Carlson 1980 is the curved one);
    the study finds no curved one better at the cadences we collect at.
    """
    return read_off(curve.knots(), age / HOUR)


def read_off(knots: Sequence[Knot], hours: float) -> float | NotObserved:
    """Give the total at an age from knots that were made before; see `count_at`."""
    found = _seen_at(knots, hours)
    if not isinstance(found, Step):
        return found
    return _unseen(found) if found.gain and found.hours >= WIDEST_GAP * hours else found.total_at(hours)


def sampled_at(knots: Sequence[Knot], hours: float) -> float | NotObserved:
    """Give the total at an age for one of many that something typical is taken from: by the line in any gap.

    Were only close observations taken, as in `read_off`, posts to which nothing happened would be kept and growing ones
    dropped, since a gap without a change tells its totals. What decides here is the first look, which nothing that
    happened decides: within a day, and within four times the age.
    """
    found = _seen_at(knots, hours)
    if not isinstance(found, Step):
        return found
    is_late = not found.start.hours and found.hours > min(LATEST_FIRST, LATEST_TIMES * hours)
    return _unseen(found) if is_late else found.total_at(hours)


def _seen_at(knots: Sequence[Knot], hours: float) -> float | Step | NotObserved:
    """Give the total seen at an age, else the step it lies in, else that it lies beyond."""
    last = knots[-1]
    if hours > last.hours:
        return NotObserved(_too_young(last.hours, hours), low=last.total)
    place = bisect_left(knots, hours, key=lambda knot: knot.hours)
    return knots[place].total if knots[place].hours == hours else Step(knots[place - 1], knots[place])


def _unseen(step: Step) -> NotObserved:
    low, high = sorted((step.start.total, step.end.total))
    return NotObserved(f"nothing was observed {between(step)}", low=low, high=high)


def between(step: Step) -> str:
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
