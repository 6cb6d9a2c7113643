"""Bursts and stalls of one curve against itself: against what the hours around them would have led to expect."""

import math
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType

from civitai_engagement.analysis.curves import HOUR, WIDEST_GAP, Curve, Knot, Step
from civitai_engagement.analysis.growth import Growth, fit_growth
from civitai_engagement.analysis.negative_binomial import at_least, at_most

# Windows looked at, in hours; a window may not double the age by more, nor start younger: posts differ too much there.
WIDTHS = (2.0, 4.0, 8.0, 12.0)
WIDEST = math.log(2)
YOUNGEST = 4.0
# The spans before and after a window reach at least by this factor of age (as a logarithm).
FLANK = 0.45
FEWEST_EXPECTED = 10
TWICE = 2.0
# Where nothing changed every total is known: such a step is looked at in pieces of 2 to 8 hours, as wide as its age.
PIECES_OF_AGE = 20
# The variance of the log ratio beyond counting where nothing tells it, how many windows that is worth, and the range.
UNTOLD, WORTH, LEAST, MOST = 0.03, 300, 0.005, 1.0
LESSONS = 4
_MEDIAN_OF_SQUARE = 0.455


class Kind(StrEnum):
    """What is unusual about a window: more came than expected, or less."""

    BURST = "burst"
    STALL = "stall"


# Among posts with nothing planted both together flag under 1 % (`python -m studies`); of stalls, small counts lie more.
CHANCE = MappingProxyType({Kind.BURST: 0.0006, Kind.STALL: 0.00003})


@dataclass(frozen=True, slots=True)
class Unusual:
    """A window in which a curve gained far more or less than its own neighbouring hours led to expect.

    `chance` is how likely these very hours were to bring as much, or as little; others of the curve were looked at too.

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
    """What a set of curves teaches: how they grow, and how much more than counting error they scatter.

    One variance for each of the widths of windows.

    >>> learn(curves).variances
    (0.04, 0.029, 0.021, 0.02)
    """

    growth: Growth
    variances: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class _Window:
    """A span between two knots, the gain in it, and the gain expected from its flanks (from `before` to `after`).

    `width` is its place among `WIDTHS`.
    """

    width: int
    before: float
    step: Step
    after: float
    expected: float
    uncertainty: float

    @property
    def kind(self) -> Kind:
        return Kind.BURST if self.step.gain > self.expected else Kind.STALL

    @property
    def scatter(self) -> tuple[float, float]:
        """Give the squared log ratio of gained to expected, and the part of it that counting explains."""
        ratio = (max(self.step.gain, 0) + 0.5) / (self.expected + 0.5)
        return math.log(ratio) ** 2, 1 / self.expected + self.uncertainty

    def touches(self, other: "_Window") -> bool:
        return self.before < other.step.end.hours and other.step.start.hours < self.after

    def probability(self, variances: Sequence[float]) -> float:
        tail = at_least if self.kind is Kind.BURST else at_most
        return tail(max(self.step.gain, 0), self.expected, variances[self.width] + self.uncertainty)


def learn(curves: Sequence[Curve]) -> Usual:
    """Learn from a creator's curves what is usual; curves with something unusual teach nothing of the scatter.

    The variance beyond counting is the one that brings half of the squared standardised log ratios under the median of
    chi-square with one degree of freedom, drawn towards what is usual elsewhere while there are few windows to tell.
    Bursts widen it, so it is found anew without the curves they are in.
    """
    growth = fit_growth(curves)
    teaching = [list(_windows(curve, growth)) for curve in curves]
    variances = _variances(teaching)
    for _ in range(LESSONS - 1):
        teaching = [windows for windows in teaching if not _standing_out(windows, variances)]
        variances = _variances(teaching)
    return Usual(growth, variances)


def _variances(teaching: Sequence[Sequence[_Window]]) -> tuple[float, ...]:
    windows = [window for ones in teaching for window in ones]
    return tuple(
        _variance([window.scatter for window in windows if window.width == width]) for width in range(len(WIDTHS))
    )


def _variance(scatter: Sequence[tuple[float, float]]) -> float:
    low, high = LEAST, MOST
    for _ in range(20):
        middle = (low + high) / 2
        beyond = sum(square > _MEDIAN_OF_SQUARE * (middle + counting) for square, counting in scatter)
        low, high = (middle, high) if beyond > len(scatter) / 2 else (low, middle)
    return (len(scatter) * high + WORTH * UNTOLD) / (len(scatter) + WORTH)


def unusual(curve: Curve, usual: Usual) -> list[Unusual]:
    """Find bursts and stalls, strongest first; nothing overlaps, nor rests on hours that are unusual themselves.

    Expected is the usual growth times the geometric mean of the levels before and after (the observations next to the
    window left out, into which it may spill), which is exact for any curve that differs from the usual one by a power
    of age. The gain is then negative binomial (Cameron & Trivedi 2013, chapter 3) with the variance learned and that of
    the flanks. Unusual is a gain of at least twice or at most half of at least ten expected, with a probability under
    0.0006 for a burst and 0.00003 for a stall: limits for a window, set by how many curves with nothing planted they
    flag. Multiplying with the windows of a curve (Bonferroni) finds fewer bursts at the same number of false ones.
    """
    found = _standing_out(list(_windows(curve, usual.growth)), usual.variances)
    return [_told(curve, window, chance) for chance, window in found]


def can_be_judged(curve: Curve, usual: Usual) -> bool:
    """Say whether a curve has any window in which enough is expected for it to be told usual or unusual."""
    return next(_windows(curve, usual.growth), None) is not None


def _standing_out(windows: Sequence[_Window], variances: Sequence[float]) -> list[tuple[float, _Window]]:
    suspects = [window for window in windows if not 1 / TWICE < window.step.gain / window.expected < TWICE]
    tested = [(window.probability(variances), window) for window in suspects]
    found: list[tuple[float, _Window]] = []
    for chance, window in sorted(tested, key=lambda one: one[0]):
        if chance < CHANCE[window.kind] and not any(window.touches(other) for _, other in found):
            found.append((chance, window))
    return found


def _told(curve: Curve, window: _Window, chance: float) -> Unusual:
    start, end = (curve.published_at + knot.hours * HOUR for knot in (window.step.start, window.step.end))
    return Unusual(window.kind, start, end, window.step.gain, window.expected, chance)


def _windows(curve: Curve, growth: Growth) -> Iterator[_Window]:
    knots = [knot for step in curve.steps() for knot in _pieces(step)] + [curve.knots()[-1]]
    if knots[-1].total < FEWEST_EXPECTED:
        return
    ages = [knot.hours for knot in knots]
    for place, width in enumerate(WIDTHS):
        for first in range(bisect_left(ages, YOUNGEST), len(knots)):
            last = bisect_left(ages, ages[first] + 0.8 * width)
            if last == len(knots):
                break
            if ages[last] - ages[first] < 1.7 * width:
                window = _flanked(knots, ages, (first, last), growth, place)
                if window and window.expected >= FEWEST_EXPECTED:
                    yield window


def _pieces(step: Step) -> Iterator[Knot]:
    """Cut a step in which nothing changed, so that a long stop has windows within it; give where each piece begins."""
    wide = min(max(WIDTHS[0], step.start.hours / PIECES_OF_AGE), WIDTHS[2])
    pieces = 1 if step.gain else max(int(step.hours // wide), 1)
    return (Knot(step.start.hours + step.hours * piece / pieces, step.start.total) for piece in range(pieces))


def _flanked(
    knots: Sequence[Knot], ages: Sequence[float], window: tuple[int, int], growth: Growth, place: int
) -> _Window | None:
    first, last = window
    left, right = (first - 1, last + 1) if first > 1 and last + 2 < len(knots) else window
    width = math.log(ages[last] / ages[first])
    reach = min(max(width, FLANK), math.log(ages[-1] / ages[right]))
    if width > WIDEST or reach < width / 2:
        return None
    before, after = ages[left] / math.exp(reach), min(ages[right] * math.exp(reach), ages[-1])
    first_total, last_total = _total_at(knots, ages, before), _total_at(knots, ages, after)
    if first_total is None or last_total is None:
        return None
    gained = (knots[left].total - first_total, last_total - knots[right].total)
    usual = (growth.between(before, ages[left]), growth.between(ages[right], after))
    if min(gained) < 0 or min(usual) <= 0:
        return None
    levels = [(gain + 0.5) / share for gain, share in zip(gained, usual, strict=True)]
    expected = growth.between(ages[first], ages[last]) * math.sqrt(levels[0] * levels[1])
    uncertainty = sum(0.25 / (gain + 0.5) for gain in gained)
    return _Window(place, before, Step(knots[first], knots[last]), after, expected, uncertainty)


def _total_at(knots: Sequence[Knot], ages: Sequence[float], hours: float) -> float | None:
    """Give the total at an age; None in a silence too long to draw through, as before the first look of one found late.

    The line from publication to a late first look would make a level of years pass for the gain of some hours.
    """
    place = bisect_left(ages, hours)
    step = Step(knots[place - 1], knots[place])
    return None if step.gain and step.hours >= WIDEST_GAP * hours else step.total_at(hours)
