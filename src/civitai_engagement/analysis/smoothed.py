"""The usual growth without corners: between its marks a line leaves a bend that every post of one hour shows alike."""

import math
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from civitai_engagement.analysis.growth import GrowthCurve


@dataclass(frozen=True, slots=True)
class SmoothGrowth:
    """A monotone cubic through the marks of the usual growth (Fritsch & Butland 1984).

    >>> SmoothGrowth.of(fit_growth(curves)).at(30.0)
    0.87
    """

    marks: Sequence[float]
    reached: Sequence[float]
    slopes: Sequence[float]

    @classmethod
    def of(cls, growth: GrowthCurve) -> "SmoothGrowth":
        """Lay the curve through what was learned."""
        widths = [after - before for before, after in pairwise(growth.marks)]
        rises = [after - before for before, after in pairwise(growth.reached)]
        steep = [rise / width for rise, width in zip(rises, widths, strict=True)]
        inner = [_harmonic(*two) for two in zip(pairwise(steep), pairwise(widths), strict=True)]
        return cls(growth.marks, growth.reached, [steep[0], *inner, steep[-1]])

    def at(self, hours: float) -> float:
        """Give what is reached at an age; beyond the last mark growth has ended."""
        mark = math.log1p(hours)
        if mark >= self.marks[-1]:
            return self.reached[-1]
        place = bisect_right(self.marks, mark) - 1
        width = self.marks[place + 1] - self.marks[place]
        part, rise = (mark - self.marks[place]) / width, self.reached[place + 1] - self.reached[place]
        begins, ends = width * self.slopes[place], width * self.slopes[place + 1]
        bend = part * (1 - part) * (begins * (1 - part) - ends * part)
        return self.reached[place] + rise * part**2 * (3 - 2 * part) + bend


def _harmonic(steep: tuple[float, float], widths: tuple[float, float]) -> float:
    if steep[0] <= 0 or steep[1] <= 0:
        return 0.0
    weights = widths[0] + 2 * widths[1], 2 * widths[0] + widths[1]
    return sum(weights) / (weights[0] / steep[0] + weights[1] / steep[1])
