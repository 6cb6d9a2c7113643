"""How posts usually grow: the share of their reactions that falls to each age, learned from all of them together."""

import math
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise

from civitai_engagement.analysis.curves import Curve, CurveStep

# Edges of the ages told apart, in hours: as fine as growth is steep.
EDGES = (0.0, 0.5, 1, 2, 3, 4, 6, 8, 10, 12, 16, 20, 24, 30, 36, 48, 60, 72, 96, 120, 168, 240, 360, 720, 1440, 2880)
MARKS = tuple(math.log1p(edge) for edge in EDGES)
ROUNDS = 8


@dataclass(frozen=True, slots=True)
class GrowthCurve:
    """The usual growth: `reached` at ages whose log(1 + hours) is in `marks`, straight between them, in any unit.

    >>> growth = fit_growth(curves)
    >>> growth.between(24, 48) / growth.between(0, 24)
    0.12
    """

    marks: tuple[float, ...]
    reached: tuple[float, ...]

    def at(self, hours: float) -> float:
        """Give what is reached at an age; beyond the last mark growth has ended."""
        mark = math.log1p(hours)
        if mark >= self.marks[-1]:
            return self.reached[-1]
        place = bisect_right(self.marks, mark) - 1
        part = (mark - self.marks[place]) / (self.marks[place + 1] - self.marks[place])
        return self.reached[place] + part * (self.reached[place + 1] - self.reached[place])

    def between(self, start: float, end: float) -> float:
        """Give what is usually gained from one age to another."""
        return self.at(end) - self.at(start)


def fit_growth(curves: Sequence[Curve]) -> GrowthCurve:
    """Learn the usual growth from curves of any length, young ones included.

    Poisson model: gain = level of the post x growth at its age; both fitted in turn (iterative proportional fitting,
    Deming & Stephan 1940), the gain of a step spread over its ages as the growth so far says (EM, Dempster, Laird &
    Rubin 1977). Each post weighs by the root of its total, so that one that ran away does not speak for all. Falls
    count as no gain. Without any gain it is the logarithm of the age.
    """
    posts = [post for curve in curves if (post := _post(curve.steps())).total]
    pace = [after - before for before, after in pairwise(MARKS)]
    for _ in range(ROUNDS if posts else 0):
        pace = _refit(pace, posts)
    return GrowthCurve(MARKS, (0.0, *accumulate(pace)))


def teaches(curve: Curve) -> bool:
    """Say whether a curve says anything of how posts grow: one that was never seen to gain does not."""
    return _post(curve.steps()).total > 0


@dataclass(frozen=True, slots=True)
class _Span:
    """A span of ages as the spaces between marks it lies in, each with the part of it that is covered."""

    pieces: list[tuple[int, float]]

    def usual(self, pace: Sequence[float]) -> float:
        return sum(part * pace[place] for place, part in self.pieces)


@dataclass(frozen=True, slots=True)
class _Post:
    total: int
    followed: _Span
    gains: list[tuple[int, _Span]]


def _post(steps: Sequence[CurveStep]) -> _Post:
    inside = [step for step in steps if step.end.hours <= EDGES[-1]]
    gains = [(step.gain, _span(step.start.hours, step.end.hours)) for step in inside if step.gain > 0]
    last = inside[-1].end.hours if inside else 0.0
    return _Post(sum(gain for gain, _ in gains), _span(0.0, last), gains)


def _span(start: float, end: float) -> _Span:
    begin, stop = math.log1p(start), math.log1p(end)
    pieces = []
    place = bisect_right(MARKS, begin) - 1
    while place < len(MARKS) - 1 and MARKS[place] < stop:
        low, high = MARKS[place], MARKS[place + 1]
        pieces.append((place, (min(high, stop) - max(low, begin)) / (high - low)))
        place += 1
    return _Span(pieces)


def _refit(pace: Sequence[float], posts: Sequence[_Post]) -> list[float]:
    gained, exposed = [0.0] * len(pace), [0.0] * len(pace)
    for post in posts:
        weight = 1 / math.sqrt(post.total)
        level = post.total / post.followed.usual(pace)
        for place, part in post.followed.pieces:
            exposed[place] += weight * level * part
        for gain, span in post.gains:
            share = weight * gain / span.usual(pace)
            for place, part in span.pieces:
                gained[place] += share * part * pace[place]
    return [gain / exposure if exposure else 0.0 for gain, exposure in zip(gained, exposed, strict=True)]
