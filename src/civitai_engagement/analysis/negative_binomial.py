"""Tails of the negative binomial distribution: counts that scatter more than Poisson ones.

Variance is mean + dispersion * mean². Johnson, Kemp & Kotz, Univariate Discrete Distributions (2005), chapter 5.
"""

import math

NEGLIGIBLE = 1e-12


def at_least(count: int, mean: float, dispersion: float) -> float:
    """Give P(X >= count), for counts above the mean: the terms are summed upwards until they no longer matter."""
    term = total = _probability(count, mean, dispersion)
    while term > NEGLIGIBLE * total:
        term *= _step_up(count, mean, dispersion)
        total += term
        count += 1
    return min(total, 1.0)


def at_most(count: int, mean: float, dispersion: float) -> float:
    """Give P(X <= count), for counts below the mean."""
    term = total = _probability(count, mean, dispersion)
    for lower in range(count - 1, -1, -1):
        term /= _step_up(lower, mean, dispersion)
        total += term
    return min(total, 1.0)


def _probability(count: int, mean: float, dispersion: float) -> float:
    size = 1 / dispersion
    choose = math.lgamma(size + count) - math.lgamma(size) - math.lgamma(count + 1)
    return math.exp(choose - size * math.log1p(mean / size) + count * math.log(mean / (size + mean)))


def _step_up(count: int, mean: float, dispersion: float) -> float:
    """Give P(X = count + 1) / P(X = count)."""
    size = 1 / dispersion
    return (size + count) / (count + 1) * mean / (size + mean)
