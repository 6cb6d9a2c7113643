"""How one curve grew: when half of it was there, and whether it came early or late."""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from civitai_engagement.analysis.curves import HOUR, Curve, CurveStep, between, read_off
from civitai_engagement.analysis.unknown import NotEnough, NotObserved

HORIZON = timedelta(hours=72)
# Of fewer, half is a matter of one or two people.
FEWEST = 10
EARLY, DAY = timedelta(hours=4), timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class HalfLife:
    """The age by which half of the total at the horizon was there, and the two observations it lies between.

    >>> str(half_life(curve).age)
    '6:30:00'
    """

    age: timedelta
    earliest: timedelta
    latest: timedelta
    total: float


def half_life(curve: Curve, horizon: timedelta = HORIZON) -> HalfLife | NotObserved | NotEnough:
    """Give the age at which half of the total at `horizon` was reached.

    The crossing is drawn between the last observation below the half and the first one at or above it. Naming the
    latter alone is biased by half a cadence, and the middle of the two is not better than the line (Turnbull 1976 on
    why the interval is what is known). Not observed where the two are further apart than the age itself.
    """
    points = curve.points()
    total = read_off(points, horizon / HOUR)
    if isinstance(total, NotObserved):
        return total
    if total < FEWEST:
        return NotEnough(round(total), FEWEST, "reactions")
    half = total / 2
    if points[0].total >= half:
        return NotObserved("half of it was there at publication already")
    step = next(step for step in curve.steps() if step.end.total >= half)
    hours = step.start.hours + step.hours * (half - step.start.total) / step.gain
    if step.hours >= hours:
        return NotObserved(f"nothing was observed {between(step)}", low=step.start.hours, high=step.end.hours)
    return HalfLife(hours * HOUR, *_ages(step), total)


def _ages(step: CurveStep) -> tuple[timedelta, timedelta]:
    return step.start.hours * HOUR, step.end.hours * HOUR


class Pace(StrEnum):
    """How a post grew, in a word."""

    EARLY = "early"
    STEADY = "steady"
    WITHIN_A_DAY = "within a day"
    LATE = "late"


@dataclass(frozen=True, slots=True)
class Shape:
    """The pace of a curve with the shares of its 72 h total it rests on.

    >>> growth_shape(curve)
    Shape(pace=<Pace.STEADY: 'steady'>, share_at_4h=0.3, share_at_24h=0.92, total=120.0)
    """

    pace: Pace
    share_at_4h: float | NotObserved
    share_at_24h: float
    total: float


def growth_shape(curve: Curve) -> Shape | NotObserved | NotEnough:
    """Say how a curve grew over its first 72 h, by the share of that total it had at 4 h and at 24 h.

    Early: half was there at 4 h (the fastest fifth of the recorded series). Late: less than half was there at 24 h.
    Steady is between the two; where it was not observed closely enough to tell early from steady, it is said to have
    come within a day. Two quantiles of a curve describe it more robustly than the parameters of a fitted one (compare
    Crane & Sornette 2008, who class responses to attention by the share around the peak).
    """
    points = curve.points()
    total, day, early = (read_off(points, age / HOUR) for age in (HORIZON, DAY, EARLY))
    if isinstance(total, NotObserved):
        return total
    if total < FEWEST:
        return NotEnough(round(total), FEWEST, "reactions")
    if isinstance(day, NotObserved):
        return day
    at_4h = _share(early, total)
    return Shape(_pace(at_4h, day / total), at_4h, day / total, total)


def _share(count: float | NotObserved, total: float) -> float | NotObserved:
    if not isinstance(count, NotObserved):
        return count / total
    bounds = (None if bound is None else bound / total for bound in (count.low, count.high))
    return NotObserved(count.reason, *bounds)


def _pace(at_4h: float | NotObserved, at_24h: float) -> Pace:
    if at_24h < 0.5:
        return Pace.LATE
    low, high = (at_4h.low or 0.0, at_4h.high) if isinstance(at_4h, NotObserved) else (at_4h, at_4h)
    if low >= 0.5:
        return Pace.EARLY
    return Pace.STEADY if high is not None and high < 0.5 else Pace.WITHIN_A_DAY
