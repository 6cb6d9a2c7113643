"""How posts usually grow: the share of their reactions that falls to each age, learned from all of them together."""

import math
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

from civitai_engagement.analysis.curves import Curve, Step

# Edges of the ages told apart, in hours: as fine as growth is steep.
EDGES = (0.0, 0.5, 1, 2, 3, 4, 6, 8, 10, 12, 16, 20, 24, 30, 36, 48, 60, 72, 96, 120, 168, 240, 360, 720, 1440, 2880)
ROUNDS = 8


@dataclass(frozen=True, slots=True)
class Growth:
    """The usual growth: `reached` at each edge, in units of an arbitrary total; straight between edges.

    >>> growth = fit_growth(curves)
    >>> growth.between(24, 48) / growth.between(0, 24)
    0.12
    """

    edges: tuple[float, ...]
    reached: tuple[float, ...]

    def at(self, hours: float) -> float:
        """Give what is reached at an age; beyond the last edge growth has ended."""
        if hours >= self.edges[-1]:
            return self.reached[-1]
        place = max(bisect_right(self.edges, hours) - 1, 0)
        start, end = self.edges[place], self.edges[place + 1]
        low, high = self.reached[place], self.reached[place + 1]
        return low + (high - low) * (hours - start) / (end - start)

    def between(self, start: float, end: float) -> float:
        """Give what is usually gained from one age to another."""
        return self.at(end) - self.at(start)


def fit_growth(curves: Sequence[Curve]) -> Growth:
    """Learn the usual growth from curves of any length, young ones included.

    Poisson model: gain = level of the post x growth at its age; both fitted in turn (iterative proportional fitting,
    Deming & Stephan 1940), the gain of a step spread over its ages as the growth so far says (EM, Dempster, Laird &
    Rubin 1977). Each post weighs by the root of its total, so that one that ran away does not speak for all.
    Falls count as no gain.
    """
    edges = EDGES[: bisect_right(EDGES, max((curve.knots()[-1].hours for curve in curves), default=0.0)) + 1]
    posts = [steps for curve in curves if (steps := _rising(curve, edges[-1]))]
    growth = Growth(edges, tuple(math.log1p(edge) for edge in edges))
    for _ in range(ROUNDS if posts else 0):
        growth = _refit(growth, posts)
    return growth


def _rising(curve: Curve, until: float) -> list[Step]:
    steps = [step for step in curve.steps() if step.end.hours <= until]
    return steps if any(step.gain > 0 for step in steps) else []


def _refit(growth: Growth, posts: Sequence[Sequence[Step]]) -> Growth:
    gained = [0.0] * (len(growth.edges) - 1)
    exposed = [0.0] * (len(growth.edges) - 1)
    for steps in posts:
        total = sum(max(step.gain, 0) for step in steps)
        weight = 1 / math.sqrt(total)
        last = steps[-1].end.hours
        level = total / growth.at(last)
        for step in steps:
            if step.gain > 0:
                _spread(growth, step, weight, gained)
        _expose(growth.edges, last, weight * level, exposed)
    return _accumulated(growth, gained, exposed)


def _spread(growth: Growth, step: Step, weight: float, gained: list[float]) -> None:
    whole = growth.between(step.start.hours, step.end.hours)
    place = max(bisect_right(growth.edges, step.start.hours) - 1, 0)
    while place < len(gained) and growth.edges[place] < step.end.hours:
        start, end = max(growth.edges[place], step.start.hours), min(growth.edges[place + 1], step.end.hours)
        part = growth.between(start, end) / whole if whole > 0 else (end - start) / step.hours
        gained[place] += weight * step.gain * part
        place += 1


def _expose(edges: Sequence[float], last: float, level: float, exposed: list[float]) -> None:
    for place, (start, end) in enumerate(zip(edges, edges[1:], strict=False)):
        if last > start:
            exposed[place] += level * (min(end, last) - start) / (end - start)


def _accumulated(growth: Growth, gained: Sequence[float], exposed: Sequence[float]) -> Growth:
    reached = [0.0]
    for gain, exposure in zip(gained, exposed, strict=True):
        reached.append(reached[-1] + (gain / exposure if exposure else 0.0))
    return Growth(growth.edges, tuple(reached))
