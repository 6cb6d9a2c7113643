"""Bursts and stalls of one curve against itself: against what the hours around them would have led to expect."""

import math
from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType

from civitai_engagement.analysis.curves import HOUR, WIDEST_GAP, Curve, CurvePoint, CurveStep
from civitai_engagement.analysis.growth import GrowthCurve, fit_growth
from civitai_engagement.analysis.negative_binomial import at_least, at_most
from civitai_engagement.analysis.refreshing import FlatSpan, is_stepwise, standing_still

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
# How much an hour's rate varies beyond counting where nothing tells it, how many windows that is worth, and the most.
UNTOLD, WORTH, MOST = 0.05, 60, 4.0
# What the usual growth does not fit, as a variance of the log ratio.
MISFIT = 0.01
# Shares of windows whose squared ratios should lie under a quantile of chi-square: the middle first, which bursts among
# what is learned from cannot move, then more of them, which tells the tail.
LESSONS = ((0.5, 0.455), (0.5, 0.455), (0.5, 0.455), (0.8, 1.642))
# A loss is told from so many on, and from such a share of what was there.
FEWEST_LOST, SHARE_LOST = 10, 0.1


class UnusualKind(StrEnum):
    """What is unusual: more came in a window than expected, or less, or what was there was taken back."""

    BURST = "burst"
    STALL = "stall"
    LOSS = "loss"


# A window is told from such a probability on, and a curve teaches nothing from the second: among posts with nothing
# planted under 2 % are then flagged (`python -m studies`). Of stalls, small counts lie more.
CHANCE = MappingProxyType({UnusualKind.BURST: 0.001, UnusualKind.STALL: 0.00002})
SUSPECT = MappingProxyType({UnusualKind.BURST: 0.003, UnusualKind.STALL: 0.0001})
# The more an hour's rate varies, the heavier its tails are than the negative binomial's.
HEAVIER = 3.0


@dataclass(frozen=True, slots=True)
class Unusual:
    """A window in which a curve gained far more or less than its own neighbouring hours led to expect, or lost much.

    `chance` is how likely these very hours were to bring as much, or as little; others of the curve were looked at too.
    Of a loss it is not known, and `before` is what was there.

    >>> unusual(curve, learn(curves))
    [Unusual(kind='burst', start=..., end=..., gained=64, expected=21.3, chance=0.0004, before=120)]
    """

    kind: UnusualKind
    start: datetime
    end: datetime
    gained: int
    expected: float
    chance: float | None
    before: int


@dataclass(frozen=True, slots=True)
class Usual:
    """What a set of curves teaches: how they grow, and how much an hour's rate varies beyond counting.

    `fits` has one variance for each of the widths of windows: longer windows tell whether busy hours come together.
    Where counters are refreshed in steps (`stepwise`), or stood still together (`still`), no hours can be judged.

    >>> learn(curves).fits
    (0.05, 0.06, 0.04, 0.05)
    """

    growth: GrowthCurve
    fits: tuple[float, ...]
    stepwise: bool = False
    still: Sequence[FlatSpan] = ()
    taught: Mapping[int, tuple[Curve, Sequence["_Window"]]] = field(default_factory=dict, repr=False, compare=False)

    def windows(self, curve: Curve) -> Sequence["_Window"]:
        """Give the windows of a curve: those it taught by, if it is one of these; making them is most of the work."""
        taught, windows = self.taught.get(id(curve), (None, ()))
        return windows if taught is curve else list(_windows(curve, self.growth))


@dataclass(frozen=True, slots=True)
class _Window:
    """A span between two points, the gain in it, and the gain expected from its flanks (from `before` to `after`).

    `width` is its place among `WIDTHS`.
    """

    width: int
    before: float
    step: CurveStep
    after: float
    expected: float
    uncertainty: float

    @property
    def kind(self) -> UnusualKind:
        return UnusualKind.BURST if self.step.gain > self.expected else UnusualKind.STALL

    @property
    def scatter(self) -> tuple[float, float, float]:
        """Give the squared log ratio of gained to expected, the part of it counting explains, and what fits weigh."""
        ratio = (max(self.step.gain, 0) + 0.5) / (self.expected + 0.5)
        return math.log(ratio) ** 2, MISFIT + 1 / self.expected + self.uncertainty, self.weight

    @property
    def weight(self) -> float:
        """Give the variance of the log ratio if that of each hour's rate is one: of the window and its two flanks."""
        start, end = self.step.start.hours, self.step.end.hours
        flanks = 1 / max(start - self.before, 1.0) + 1 / max(self.after - end, 1.0)
        return 1 / max(end - start, 1.0) + flanks / 4

    def touches(self, other: "_Window") -> bool:
        return self.before < other.step.end.hours and other.step.start.hours < self.after

    def probability(self, fits: Sequence[float]) -> float:
        tail = at_least if self.kind is UnusualKind.BURST else at_most
        dispersion = MISFIT + fits[self.width] * self.weight + self.uncertainty
        return tail(max(self.step.gain, 0), self.expected, dispersion)

    def limit(self, fits: Sequence[float]) -> float:
        return CHANCE[self.kind] / (1 + HEAVIER * fits[self.width]) ** 2

    @property
    def is_suspect(self) -> bool:
        return not 1 / TWICE < self.step.gain / self.expected < TWICE


def learn(curves: Sequence[Curve]) -> Usual:
    """Learn from a creator's curves what is usual; curves with something unusual teach nothing of the scatter.

    Each hour's rate is taken to vary by the same variance (negative binomial counts), so that a window and the flanks
    it is held against vary less the longer they are. That variance is the one under which as many squared standardised
    log ratios lie below a quantile of chi-square with one degree of freedom as should: first the middle of them, then,
    without the curves that have bursts by that, four in five.
    """
    growth = fit_growth(curves)
    teaching = [list(_windows(curve, growth)) for curve in curves]
    kept = teaching
    for quantile in LESSONS:
        fits = _fits(kept, quantile)
        kept = [windows for windows in teaching if not _is_suspect(windows, fits)]
    taught = {id(curve): (curve, windows) for curve, windows in zip(curves, teaching, strict=True)}
    return Usual(growth, fits, is_stepwise(curves, growth), standing_still(curves, growth), taught)


def _is_suspect(windows: Sequence[_Window], fits: Sequence[float]) -> bool:
    return any(one.is_suspect and one.probability(fits) < SUSPECT[one.kind] for one in windows)


def _fits(teaching: Sequence[Sequence[_Window]], quantile: tuple[float, float]) -> tuple[float, ...]:
    """Give the variance of an hour's rate for each width, drawn towards that of all of them."""
    told = [(window.width, window.scatter) for windows in teaching for window in windows]
    whole = _variance([scatter for _, scatter in told], quantile, UNTOLD)
    return tuple(
        _variance([scatter for place, scatter in told if place == width], quantile, whole)
        for width in range(len(WIDTHS))
    )


def _variance(scatter: Sequence[tuple[float, float, float]], quantile: tuple[float, float], untold: float) -> float:
    share, limit = quantile
    low, high = 0.0, MOST
    for _ in range(16):
        middle = (low + high) / 2
        beyond = sum(square > limit * (counting + middle * weight) for square, counting, weight in scatter)
        low, high = (middle, high) if beyond > (1 - share) * len(scatter) else (low, middle)
    return (len(scatter) * high + WORTH * untold) / (len(scatter) + WORTH)


def unusual(curve: Curve, usual: Usual) -> list[Unusual]:
    """Find losses, then bursts and stalls, strongest first; nothing overlaps, nor rests on hours unusual themselves.

    Expected is the usual growth times the geometric mean of the levels before and after (the observations next to the
    window left out, into which it may spill), which is exact for any curve that differs from the usual one by a power
    of age. The gain is then negative binomial (Cameron & Trivedi 2013, chapter 3) with the variance learned and that of
    the flanks. Unusual is a gain of at least twice or at most half of at least ten expected, with a probability under
    0.001 for a burst and 0.00002 for a stall, and under less where hours vary more: limits for a window, set by how
    many curves with nothing planted they flag. A loss is a fall of at least ten and a tenth of what was there.
    """
    found = _standing_out(_judged(curve, usual), usual.fits)
    return [*_losses(curve), *(_told(curve, window, chance) for chance, window in found)]


def can_be_judged(curve: Curve, usual: Usual) -> bool:
    """Say whether a curve has any window in which enough is expected for it to be told usual or unusual."""
    return bool(_judged(curve, usual))


def _judged(curve: Curve, usual: Usual) -> list[_Window]:
    """List the windows that can be judged: none through a time in which the counters themselves stood still."""
    if usual.stepwise:
        return []
    return [one for one in usual.windows(curve) if not any(_stood_still(curve, one, span) for span in usual.still)]


def _stood_still(curve: Curve, window: _Window, span: FlatSpan) -> bool:
    return span.touches(*(curve.published_at + hours * HOUR for hours in (window.before, window.after)))


def _losses(curve: Curve) -> list[Unusual]:
    falls = [step for step in curve.steps() if -step.gain >= max(FEWEST_LOST, SHARE_LOST * step.start.total)]
    return [
        Unusual(
            UnusualKind.LOSS,
            curve.published_at + step.start.hours * HOUR,
            curve.published_at + step.end.hours * HOUR,
            step.gain,
            expected=0.0,
            chance=None,
            before=step.start.total,
        )
        for step in sorted(falls, key=lambda step: step.gain)
    ]


def _standing_out(windows: Sequence[_Window], fits: Sequence[float]) -> list[tuple[float, _Window]]:
    tested = [(one.probability(fits), one) for one in windows if one.is_suspect]
    found: list[tuple[float, _Window]] = []
    for chance, window in sorted(tested, key=lambda one: one[0]):
        if chance < window.limit(fits) and not any(window.touches(other) for _, other in found):
            found.append((chance, window))
    return found


def _told(curve: Curve, window: _Window, chance: float) -> Unusual:
    step = window.step
    start, end = (curve.published_at + point.hours * HOUR for point in (step.start, step.end))
    return Unusual(window.kind, start, end, step.gain, window.expected, chance, step.start.total)


def _windows(curve: Curve, growth: GrowthCurve) -> Iterator[_Window]:
    points = [point for step in curve.steps() for point in _pieces(step)] + [curve.points()[-1]]
    if points[-1].total < FEWEST_EXPECTED:
        return
    ages = [point.hours for point in points]
    for place, width in enumerate(WIDTHS):
        for first in range(bisect_left(ages, YOUNGEST), len(points)):
            last = bisect_left(ages, ages[first] + 0.8 * width)
            if last == len(points):
                break
            if ages[last] - ages[first] < 1.7 * width:
                window = _flanked(points, ages, (first, last), growth, place)
                if window and window.expected >= FEWEST_EXPECTED:
                    yield window


def _pieces(step: CurveStep) -> Iterator[CurvePoint]:
    """Cut a step in which nothing changed, so that a long stop has windows within it; give where each piece begins."""
    wide = min(max(WIDTHS[0], step.start.hours / PIECES_OF_AGE), WIDTHS[2])
    pieces = 1 if step.gain else max(int(step.hours // wide), 1)
    return (CurvePoint(step.start.hours + step.hours * piece / pieces, step.start.total) for piece in range(pieces))


def _flanked(
    points: Sequence[CurvePoint], ages: Sequence[float], window: tuple[int, int], growth: GrowthCurve, place: int
) -> _Window | None:
    first, last = window
    left, right = (first - 1, last + 1) if first > 1 and last + 2 < len(points) else window
    width = math.log(ages[last] / ages[first])
    reach = min(max(width, FLANK), math.log(ages[-1] / ages[right]))
    if width > WIDEST or reach < width / 2:
        return None
    before, after = ages[left] / math.exp(reach), min(ages[right] * math.exp(reach), ages[-1])
    first_total, last_total = _total_at(points, ages, before), _total_at(points, ages, after)
    if first_total is None or last_total is None:
        return None
    gained = (points[left].total - first_total, last_total - points[right].total)
    usual = (growth.between(before, ages[left]), growth.between(ages[right], after))
    level = points[-1].total / growth.at(ages[-1])
    if min(gained) < 0 or level * min(usual) < 1:
        return None
    levels = [(gain + 0.5) / share for gain, share in zip(gained, usual, strict=True)]
    expected = growth.between(ages[first], ages[last]) * math.sqrt(levels[0] * levels[1])
    uncertainty = sum(0.25 / (gain + 0.5) for gain in gained)
    return _Window(place, before, CurveStep(points[first], points[last]), after, expected, uncertainty)


def _total_at(points: Sequence[CurvePoint], ages: Sequence[float], hours: float) -> float | None:
    """Give the total at an age; None in a silence too long to draw through, as before the first look of one found late.

    The line from publication to a late first look would make a level of years pass for the gain of some hours.
    """
    place = bisect_left(ages, hours)
    step = CurveStep(points[place - 1], points[place])
    return None if step.gain and step.hours >= WIDEST_GAP * hours else step.total_at(hours)
