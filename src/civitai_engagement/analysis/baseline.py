"""What is typical of a creator at one age, and how one post compares with it."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from random import Random
from statistics import median

from civitai_engagement.analysis.unknown import NotEnough

FEWEST = 10
DRAWS = 2000
CONFIDENCE = 0.95
# What counts as an outlier: a modified z-score above 3.5 (Iglewicz & Hoaglin 1993), and at least twice or half.
FAR = 3.5
TWICE = 2.0
# A typical count under this is no measure: none, or a fraction of one.
LEAST_TYPICAL = 1.0
_TO_SIGMA = 1.4826


@dataclass(frozen=True, slots=True)
class Baseline:
    """The median of `n` values, with the 95 % interval in which the creator's true typical value lies.

    >>> baseline([12, 15, 22, 30, 31, 35, 38, 44, 60, 90])
    Baseline(n=10, median=33.0, low=22.0, high=49.0)
    """

    n: int
    median: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Rating:
    """How many times the typical value one value is; `high` is None where the typical one may be under one.

    All three are None where the typical value is under one.

    The value is a fact, the typical one an estimate: the interval says how well the latter is known. `beaten` of the
    baseline's values are lower.

    >>> rate(100, [12, 15, 22, 30, 31, 35, 38, 44, 60, 90]).ratio
    3.0303030303030303
    """

    ratio: float | None
    low: float | None
    high: float | None
    beaten: int
    baseline: Baseline


def baseline(values: Sequence[float]) -> Baseline | NotEnough:
    """Give the median with its percentile bootstrap interval (Efron 1979), from at least ten values.

    The same values always give the same interval. The median of a resample is one of the ordered values, whose rank
    follows from an order statistic of uniform variates (a beta variate): 2,000 resamples cost the same however many
    values there are.
    """
    if len(values) < FEWEST:
        return NotEnough(len(values), FEWEST)
    ordered = sorted(values)
    medians = sorted(_resampled_medians(ordered))
    tail = (1 - CONFIDENCE) / 2
    return Baseline(
        n=len(ordered),
        median=median(ordered),
        low=medians[math.floor(tail * DRAWS)],
        high=medians[math.ceil((1 - tail) * DRAWS) - 1],
    )


def _resampled_medians(ordered: Sequence[float]) -> Iterator[float]:
    return ((ordered[lower] + ordered[upper]) / 2 for lower, upper in _middle_ranks(len(ordered)))


@lru_cache(maxsize=64)
def _middle_ranks(n: int) -> list[tuple[int, int]]:
    """Draw the places of the one or two middle values of each resample among the ordered values."""
    middle = (n + 1) // 2
    random = Random(n)  # noqa: S311 - resampling, not secrecy
    ranks = []
    for _ in range(DRAWS):
        lower = upper = random.betavariate(middle, n - middle + 1)
        if n % 2 == 0:
            upper += (1 - lower) * random.betavariate(1, n - middle)
        ranks.append((min(int(lower * n), n - 1), min(int(upper * n), n - 1)))
    return ranks


def rate(value: float, own_values: Sequence[float]) -> Rating | NotEnough:
    """Compare one value with the same creator's others at the same age; `own_values` leaves the value itself out."""
    typical = baseline(own_values)
    if isinstance(typical, NotEnough):
        return typical
    return rated(value, own_values, (typical.median, typical.low, typical.high))


def rated(value: float, own_values: Sequence[float], typical: tuple[float, float, float]) -> Rating:
    """Set a value beside what is typical, given with the ends of its interval."""
    middle, low, high = typical
    return Rating(
        ratio=ratio_to(value, middle),
        low=ratio_to(value, high) if middle >= LEAST_TYPICAL else None,
        high=ratio_to(value, low) if middle >= LEAST_TYPICAL else None,
        beaten=sum(other < value for other in own_values),
        baseline=Baseline(len(own_values), middle, low, high),
    )


def ratio_to(value: float, typical: float) -> float | None:
    """Say how many times the typical value one is; of a typical value under one, a reaction would be many times it."""
    return value / typical if typical >= LEAST_TYPICAL else None


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a value lies among the creator's own: `typical` is the median of `n`, `score` its modified z (log scale).

    >>> standing(900, [12, 15, 22, 30, 31, 35, 38, 44, 60, 90])
    Standing(value=900, typical=33.0, score=6.5..., n=10)
    """

    value: float
    typical: float
    score: float
    n: int

    @property
    def ratio(self) -> float | None:
        """How many times the typical value; None where that is under one."""
        return ratio_to(self.value, self.typical)

    @property
    def is_far(self) -> bool:
        """Whether it stands out: beyond 3.5 robust deviations, and at least twice or at most half the typical."""
        ratio = (self.value + 1) / (self.typical + 1)
        return abs(self.score) >= FAR and not 1 / TWICE < ratio < TWICE


def standing(value: float, own_values: Sequence[float]) -> Standing | NotEnough:
    """Say how far a value is from the same creator's others at the same age.

    Modified z-score of log(1 + value): distance from the median in units of 1.4826 times the median absolute
    deviation (Iglewicz & Hoaglin 1993), with the deviation kept from falling under that of Poisson counts.
    """
    if len(own_values) < FEWEST:
        return NotEnough(len(own_values), FEWEST)
    logs = [math.log1p(other) for other in own_values]
    middle = median(logs)
    counting_error = 1 / math.sqrt(math.exp(middle))
    spread = max(_TO_SIGMA * median(abs(log - middle) for log in logs), counting_error)
    return Standing(value, median(own_values), (math.log1p(value) - middle) / spread, len(own_values))
