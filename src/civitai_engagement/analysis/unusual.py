"""Bursts and stalls of one curve against itself: against what the hours around them would have led to expect."""

import math
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from civitai_engagement.analysis.curves import HOUR, Curve, Knot, Step
from civitai_engagement.analysis.growth import Growth, fit_growth
from civitai_engagement.analysis.negative_binomial import at_least, at_most

# Windows looked at, in hours; a window may not double the age by more, nor start younger: posts differ too much there.
WIDTHS = (1.0, 2.0, 4.0, 8.0)
WIDEST = math.log(2)
YOUNGEST = 4.0
# The spans before and after a window reach at least by this factor of age (as a logarithm).
FLANK = 0.5
FEWEST_EXPECTED = 10
TWICE = 2.0
CHANCE = 0.01
# The variance of the log ratio beyond counting where too few windows tell it, and the least and most of it.
UNTOLD, LEAST, MOST = 0.05, 0.005, 1.0
TELLING = 50
LESSONS = 4
_MEDIAN_OF_SQUARE = 0.455


class Kind(StrEnum):
    """What is unusual about a window: more came than expected, or less."""

    BURST = "burst"
    STALL = "stall"


@dataclass(frozen=True, slots=True)
class Unusual:
    """A window in which a curve gained far more or less than its own neighbouring hours led to expect.

    `chance` is how likely it is to see one such window or a stronger one anywhere in a curve like this.

    >>> unusual(curve, learn(curves))
    [Unusual(kind='burst', start=..., end=..., gained=64, expected=21.3, chance=0.0004)]
    """

    kind: Kind
    start: datetime
    end: datetime
    gained: int
    expected: float
    chance: float

    @property
    def ratio(self) -> float:
        return self.gained / self.expected


@dataclass(frozen=True, slots=True)
class Usual:
    """What a set of curves teaches: how they grow, and how much more than counting error they scatter about it."""

    growth: Growth
    variance: float


@dataclass(frozen=True, slots=True)
class _Window:
    """A span between two knots, the gain in it, and the gain expected from its flanks (from `before` to `after`)."""

    before: float
    step: Step
    after: float
    expected: float
    uncertainty: float

    @property
    def scatter(self) -> tuple[float, float]:
        """Give the squared log ratio of gained to expected, and the part of it that counting explains."""
        ratio = (max(self.step.gain, 0) + 0.5) / (self.expected + 0.5)
        return math.log(ratio) ** 2, 1 / self.expected + self.uncertainty

    def touches(self, other: "_Window") -> bool:
        return self.before < other.step.end.hours and other.step.start.hours < self.after


def learn(curves: Sequence[Curve]) -> Usual:
    """Learn from a creator's curves what is usual; curves with something unusual teach nothing of the scatter.

    The variance beyond counting is the one that brings half of the squared standardised log ratios under the median of
    chi-square with one degree of freedom. Bursts widen it, so it is found anew without the curves they are in.
    """
    growth = fit_growth(curves)
    teaching = [list(_windows(curve, growth)) for curve in curves]
    variance = _variance(teaching)
    for _ in range(LESSONS - 1):
        teaching = [windows for windows in teaching if not _standing_out(windows, variance)]
        variance = _variance(teaching)
    return Usual(growth, variance)


def _variance(teaching: Sequence[Sequence[_Window]]) -> float:
    scatter = [window.scatter for windows in teaching for window in windows]
    if len(scatter) < TELLING:
        return UNTOLD
    low, high = LEAST, MOST
    for _ in range(20):
        middle = (low + high) / 2
        beyond = sum(square > _MEDIAN_OF_SQUARE * (middle + counting) for square, counting in scatter)
        low, high = (middle, high) if beyond > len(scatter) / 2 else (low, middle)
    return high


def unusual(curve: Curve, usual: Usual) -> list[Unusual]:
    """Find bursts and stalls, strongest first; nothing overlaps, nor rests on hours that are unusual themselves.

    Expected is the usual growth times the geometric mean of the levels before and after, which is exact for any curve
    that differs from the usual one by a power of age. The gain is then negative binomial (Cameron & Trivedi 2013,
    chapter 3) with the variance learned and that of the flanks. Unusual is a gain of at least twice or at most half of
    at least ten expected, with a probability under 1 % after multiplying with the windows looked at (Bonferroni).
    """
    found = _standing_out(list(_windows(curve, usual.growth)), usual.variance)
    return [_told(curve, window, chance) for chance, window in found]


def can_be_judged(curve: Curve, usual: Usual) -> bool:
    """Say whether a curve has any window in which enough is expected for it to be told usual or unusual."""
    return next(_windows(curve, usual.growth), None) is not None


def _standing_out(windows: Sequence[_Window], variance: float) -> list[tuple[float, _Window]]:
    suspects = [window for window in windows if not 1 / TWICE < window.step.gain / window.expected < TWICE]
    tested = [(_probability(window, variance) * len(windows), window) for window in suspects]
    found: list[tuple[float, _Window]] = []
    for chance, window in sorted(tested, key=lambda one: one[0]):
        if chance < CHANCE and not any(window.touches(other) for _, other in found):
            found.append((chance, window))
    return found


def _probability(window: _Window, variance: float) -> float:
    tail = at_least if window.step.gain > window.expected else at_most
    return tail(max(window.step.gain, 0), window.expected, variance + window.uncertainty)


def _told(curve: Curve, window: _Window, chance: float) -> Unusual:
    start, end = (curve.published_at + knot.hours * HOUR for knot in (window.step.start, window.step.end))
    kind = Kind.BURST if window.step.gain > window.expected else Kind.STALL
    return Unusual(kind, start, end, window.step.gain, window.expected, chance)


def _windows(curve: Curve, growth: Growth) -> Iterator[_Window]:
    knots = curve.knots()
    ages = [knot.hours for knot in knots]
    if knots[-1].total < FEWEST_EXPECTED:
        return
    for width in WIDTHS:
        for first in range(bisect_left(ages, YOUNGEST), len(knots)):
            last = bisect_left(ages, ages[first] + 0.8 * width)
            if last == len(knots):
                break
            step = Step(knots[first], knots[last])
            window = _flanked(knots, ages, step, growth) if step.hours < 1.7 * width else None
            if window and window.expected >= FEWEST_EXPECTED:
                yield window


def _flanked(knots: Sequence[Knot], ages: Sequence[float], step: Step, growth: Growth) -> _Window | None:
    start, end = step.start.hours, step.end.hours
    width = math.log(end / start)
    reach = min(max(width, FLANK), math.log(ages[-1] / end))
    if width > WIDEST or reach < width / 2:
        return None
    before, after = start / math.exp(reach), min(end * math.exp(reach), ages[-1])
    gained = (step.start.total - _total_at(knots, ages, before), _total_at(knots, ages, after) - step.end.total)
    reached = [growth.at(age) for age in (before, start, end, after)]
    usual = (reached[1] - reached[0], reached[3] - reached[2])
    if min(gained) < 0 or min(usual) <= 0:
        return None
    levels = [(gain + 0.5) / share for gain, share in zip(gained, usual, strict=True)]
    expected = (reached[2] - reached[1]) * math.sqrt(levels[0] * levels[1])
    return _Window(before, step, after, expected, sum(0.25 / (gain + 0.5) for gain in gained))


def _total_at(knots: Sequence[Knot], ages: Sequence[float], hours: float) -> float:
    place = bisect_left(ages, hours)
    return Step(knots[place - 1], knots[place]).total_at(hours)
