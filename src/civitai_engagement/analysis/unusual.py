"""Bursts and stalls of one curve against itself: against what the hours around them would have led to expect."""

import math
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from statistics import median

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
    def gain(self) -> int:
        return self.step.gain

    def touches(self, other: "_Window") -> bool:
        return self.before < other.step.end.hours and other.step.start.hours < self.after


def learn(curves: Sequence[Curve]) -> Usual:
    """Learn from a creator's curves what is usual, with medians, so that bursts among them do not count as usual.

    The variance beyond counting is the one at which half of the squared standardised log ratios are under the median
    of chi-square with one degree of freedom.
    """
    growth = fit_growth(curves)
    ratios = [
        (math.log((max(window.gain, 0) + 0.5) / (window.expected + 0.5)) ** 2, 1 / window.expected + window.uncertainty)
        for curve in curves
        for window in _windows(curve, growth)
    ]
    return Usual(growth, _variance(ratios) if len(ratios) >= TELLING else UNTOLD)


def _variance(ratios: Sequence[tuple[float, float]]) -> float:
    low, high = LEAST, MOST
    for _ in range(20):
        middle = (low + high) / 2
        too_small = median(square / (middle + counting) for square, counting in ratios) > _MEDIAN_OF_SQUARE
        low, high = (middle, high) if too_small else (low, middle)
    return high


def unusual(curve: Curve, usual: Usual) -> list[Unusual]:
    """Find bursts and stalls, strongest first; nothing overlaps, nor rests on hours that are unusual themselves.

    Expected is the usual growth times the geometric mean of the levels before and after, which is exact for any curve
    that differs from the usual one by a power of age. The gain is then negative binomial (Cameron & Trivedi 2013,
    chapter 3) with the variance learned and that of the flanks. Unusual is a gain of at least twice or at most half of
    at least ten expected, with a probability under 1 % after multiplying with the windows looked at (Bonferroni).
    """
    windows = list(_windows(curve, usual.growth))
    suspects = [window for window in windows if not 1 / TWICE < window.gain / window.expected < TWICE]
    tested = sorted(
        ((_probability(window, usual) * len(windows), window) for window in suspects), key=lambda one: one[0]
    )
    found: list[tuple[float, _Window]] = []
    for chance, window in tested:
        if chance < CHANCE and not any(window.touches(other) for _, other in found):
            found.append((chance, window))
    return [_told(curve, window, chance) for chance, window in found]


def _probability(window: _Window, usual: Usual) -> float:
    tail = at_least if window.gain > window.expected else at_most
    return tail(max(window.gain, 0), window.expected, usual.variance + window.uncertainty)


def _told(curve: Curve, window: _Window, chance: float) -> Unusual:
    start, end = (curve.published_at + knot.hours * HOUR for knot in (window.step.start, window.step.end))
    kind = Kind.BURST if window.gain > window.expected else Kind.STALL
    return Unusual(kind, start, end, window.gain, window.expected, chance)


def _windows(curve: Curve, growth: Growth) -> Iterator[_Window]:
    knots = curve.knots()
    ages = [knot.hours for knot in knots]
    for width in WIDTHS:
        for first in range(bisect_left(ages, YOUNGEST), len(knots)):
            last = bisect_left(ages, ages[first] + 0.8 * width)
            if last == len(knots):
                break
            step = Step(knots[first], knots[last])
            window = _flanked(knots, step, growth) if step.hours < 1.7 * width else None
            if window and window.expected >= FEWEST_EXPECTED:
                yield window


def _flanked(knots: Sequence[Knot], step: Step, growth: Growth) -> _Window | None:
    start, end, oldest = step.start.hours, step.end.hours, knots[-1].hours
    width = math.log(end / start)
    reach = min(max(width, FLANK), math.log(oldest / end))
    if width > WIDEST or reach < width / 2:
        return None
    before, after = start / math.exp(reach), min(end * math.exp(reach), oldest)
    gained = (step.start.total - _total_at(knots, before), _total_at(knots, after) - step.end.total)
    usual = (growth.between(before, start), growth.between(end, after))
    if min(gained) < 0 or min(usual) <= 0:
        return None
    levels = [(gain + 0.5) / share for gain, share in zip(gained, usual, strict=True)]
    expected = growth.between(start, end) * math.sqrt(levels[0] * levels[1])
    return _Window(before, step, after, expected, sum(0.25 / (gain + 0.5) for gain in gained))


def _total_at(knots: Sequence[Knot], hours: float) -> float:
    place = bisect_left(knots, hours, key=lambda knot: knot.hours)
    return Step(knots[place - 1], knots[place]).total_at(hours)
