"""One creator's own figure beside that of others: neither alone is what holds for them."""

import math
from dataclasses import dataclass

import numpy as np

from civitai_engagement.modelling.arrays import Codes, Numbers, summed
from civitai_engagement.modelling.poisson import Fit

LEAST_POSTS = 10  # of a creator, for their own figure to say how much creators differ
NORMAL = 1.959964


@dataclass(frozen=True, slots=True)
class LogRatio:
    """The logarithm of a ratio, and its standard error.

    >>> LogRatio.of_interval(1.3, 0.8, 2.1)
    LogRatio(value=0.262, error=0.246)
    """

    value: float
    error: float

    @classmethod
    def of_interval(cls, ratio: float, low: float, high: float) -> "LogRatio":
        return cls(math.log(ratio), max(math.log(high / low) / 2 / NORMAL, 1e-6))

    def ratios(self) -> tuple[float, float, float]:
        half = NORMAL * self.error
        return math.exp(self.value), math.exp(self.value - half), math.exp(self.value + half)


def combined(own: LogRatio, others: LogRatio, spread: float) -> LogRatio:
    """Weigh one creator's figure and that of others by how sure each is of this creator.

    Others are as sure as their own error and how much creators differ: `spread` is the standard deviation between
    creators (random effects, DerSimonian & Laird 1986).
    """
    weights = (1 / own.error**2, 1 / (others.error**2 + spread**2))
    value = (weights[0] * own.value + weights[1] * others.value) / sum(weights)
    return LogRatio(value, 1 / math.sqrt(sum(weights)))


def fits(own: LogRatio, others: LogRatio, spread: float) -> bool:
    """Say whether one creator's figure is no further from that of others than chance and difference allow."""
    return abs(own.value - others.value) <= NORMAL * math.sqrt(own.error**2 + others.error**2 + spread**2)


def spread_between(fit: Fit, contrast: Numbers, posts: Codes) -> float:
    """Say by how much an effect differs between the clusters of a fit, as a standard deviation of logarithms.

    Each creator's own figure is one step from the common one; its error goes by their information, times what posts
    scatter beyond it. What is between creators beyond those errors is DerSimonian & Laird's, never below zero.
    """
    creators = fit.sample.clusters
    count = int(creators.max()) + 1
    column = _own_column(fit, contrast)
    information = fit.information * column**2
    by_creator = summed(information, creators, count)
    steps = summed(fit.residuals * column, creators, count) / np.maximum(by_creator, 1e-300)
    left = summed(fit.residuals * column - steps[creators] * information, posts, int(posts.max()) + 1)
    written = np.bincount(creators[np.unique(posts, return_index=True)[1]], minlength=count)
    enough = (written >= LEAST_POSTS) & (by_creator > 0)
    scatter = float((left**2).sum() / by_creator.sum())
    return _beyond(steps[enough], scatter / by_creator[enough])


def _own_column(fit: Fit, contrast: Numbers) -> Numbers:
    """Give the part of a contrast's column that no other column explains."""
    direction = fit.inverse @ contrast
    return np.asarray(fit.centred @ (direction / max(float(contrast @ direction), 1e-300)))


def _beyond(values: Numbers, variances: Numbers) -> float:
    if len(values) < 2:
        return 0.0
    weights = 1 / variances
    middle = float(weights @ values) / weights.sum()
    scatter = float(weights @ (values - middle) ** 2) - (len(values) - 1)
    return math.sqrt(max(scatter / float(weights.sum() - (weights**2).sum() / weights.sum()), 0.0))
