"""Whether counters were refreshed in steps: totals that stand still and then jump, though looked at all the while."""

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

from civitai_engagement.analysis.curves import HOUR, Curve, CurvePoint, CurveStep
from civitai_engagement.analysis.growth import GrowthCurve

# What is expected of a step is taken from the ages around it, so many times younger and older.
AROUND = 1.6
YOUNGEST, OLDEST = 1.0, 720.0
# Looks at which less was to be expected tell nothing: that nothing came is no surprise.
FEWEST_A_LOOK, FEWEST_IN_ALL = 0.7, 10.0
# Stood still where at least so many were expected, so many times, and beyond chance for such a share of the time.
STANDS_STILL, TIMES, SHARE = 4.0, 3, 0.25
# Standing still together: so many curves, each with so many to expect in all and all but one so many in that time; of
# the others at most such a part as many gained meanwhile.
TOGETHER, EACH, BUT_ONE, GAINING = 3, 2.5, 8.0, 0.25


@dataclass(frozen=True, slots=True)
class FlatSpan:
    """A time in which the counters of most curves stood still together.

    >>> standing_still(curves, growth)
    [Span(start=..., end=...)]
    """

    start: datetime
    end: datetime

    def touches(self, start: datetime, end: datetime) -> bool:
        return self.start < end and start < self.end


@dataclass(frozen=True, slots=True)
class _Stop:
    """A time in which one curve stood still, and how many were to be expected in it."""

    span: FlatSpan
    expected: float

    def expected_in(self, span: FlatSpan) -> float:
        shared = min(self.span.end, span.end) - max(self.span.start, span.start)
        return max(self.expected * (shared / (self.span.end - self.span.start)), 0.0)


@dataclass(frozen=True, slots=True)
class _Still:
    """What speaks for steps, in reactions expected: at looks with none, there by chance, and at all looks that tell."""

    seen: float = 0.0
    by_chance: float = 0.0
    whole: float = 0.0
    times: int = 0

    def __add__(self, other: "_Still") -> "_Still":
        return _Still(
            self.seen + other.seen,
            self.by_chance + other.by_chance,
            self.whole + other.whole,
            self.times + other.times,
        )

    @property
    def is_stepwise(self) -> bool:
        told = self.whole - self.by_chance
        return told >= FEWEST_IN_ALL and self.times >= TIMES and self.seen - self.by_chance > SHARE * told


def is_stepwise(curves: Sequence[Curve], growth: GrowthCurve) -> bool:
    """Say whether the counters of these curves are refreshed more seldom than they are looked at.

    Where reactions come singly or in fits (negative binomial with a dispersion of one), a look at which `m` are
    expected finds none with probability 1 / (1 + m). Refreshed every six hours and looked at hourly, five of six find
    none however many are expected. Stepwise is an excess of such looks of a quarter of all that tell.
    """
    return sum((_still(curve, growth) for curve in curves), _Still()).is_stepwise


def _still(curve: Curve, growth: GrowthCurve) -> _Still:
    told = [one for one in _expected_steps(curve, growth) if one.a_look >= FEWEST_A_LOOK]
    still = [one.expected for one in told if not one.step.gain]
    by_chance = sum(one.expected / (1 + one.a_look) for one in told)
    whole = sum(one.expected for one in told)
    return _Still(sum(still), by_chance, whole, sum(expected >= STANDS_STILL for expected in still))


@dataclass(frozen=True, slots=True)
class _Expected:
    step: CurveStep
    expected: float
    a_look: float


def _expected_steps(curve: Curve, growth: GrowthCurve) -> Iterator[_Expected]:
    """Tell of each step what the ages around it would have brought in it, in all and at each look."""
    points, steps = curve.points(), curve.steps()
    ages = [point.hours for point in points]
    for place, step in enumerate(steps):
        near = [one.hours for one in steps[max(place - 1, 0) : place + 2] if one.gain]
        if near and step.hours and step.start.hours >= YOUNGEST and step.end.hours <= OLDEST:
            expected = _expected(points, ages, step, growth)
            yield _Expected(step, expected, expected * min(*near, step.hours) / step.hours)


def _expected(points: Sequence[CurvePoint], ages: Sequence[float], step: CurveStep, growth: GrowthCurve) -> float:
    start, end = step.start.hours / AROUND, min(step.end.hours * AROUND, ages[-1])
    usual = growth.between(start, end)
    gained = _total_at(points, ages, end) - _total_at(points, ages, start)
    return max(gained, 0.0) * growth.between(step.start.hours, step.end.hours) / usual if usual > 0 else 0.0


def _total_at(points: Sequence[CurvePoint], ages: Sequence[float], hours: float) -> float:
    place = bisect_left(ages, hours)
    return points[0].total if not place else CurveStep(points[place - 1], points[place]).total_at(hours)


def standing_still(curves: Sequence[Curve], growth: GrowthCurve) -> list[FlatSpan]:
    """List the times in which at least three curves stood still together, with few others gaining meanwhile.

    One curve that stops is a stall; all of them at once is Civitai, or the way to it.
    """
    if len(curves) < TOGETHER:
        return []
    stops = [stop for curve in curves for stop in _stops(curve, growth)]
    return [span for span in _shared(stops) if _is_surprising(span, stops) and _is_everybody(span, stops, curves)]


def _stops(curve: Curve, growth: GrowthCurve) -> Iterator[_Stop]:
    for one in _expected_steps(curve, growth):
        if not one.step.gain and one.expected >= EACH:
            ends = (curve.published_at + point.hours * HOUR for point in (one.step.start, one.step.end))
            yield _Stop(FlatSpan(*ends), one.expected)


def _shared(stops: Sequence[_Stop]) -> list[FlatSpan]:
    """List the times that enough of the stops have in common."""
    turns = sorted([(stop.span.start, 1) for stop in stops] + [(stop.span.end, -1) for stop in stops])
    found: list[FlatSpan] = []
    together = 0
    for (at, turn), (until, _) in pairwise(turns):
        together += turn
        if together >= TOGETHER and until > at:
            begins = found.pop().start if found and found[-1].end == at else at
            found.append(FlatSpan(begins, until))
    return found


def _is_surprising(span: FlatSpan, stops: Sequence[_Stop]) -> bool:
    expected = sorted(stop.expected_in(span) for stop in stops)
    return sum(expected[:-1]) >= BUT_ONE


def _is_everybody(span: FlatSpan, stops: Sequence[_Stop], curves: Sequence[Curve]) -> bool:
    gaining = sum(_gains_within(curve, span) for curve in curves)
    return gaining <= GAINING * sum(stop.span.touches(span.start, span.end) for stop in stops)


def _gains_within(curve: Curve, span: FlatSpan) -> bool:
    return any(
        one.previous_observed_at is not None and span.start <= one.previous_observed_at and one.collected_at <= span.end
        for one in curve.changes
    )
