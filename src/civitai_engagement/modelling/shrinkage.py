"""Many models beside each other: each ratio drawn towards what models usually differ by, as far as it is unsure."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.special import ndtr

from civitai_engagement.modelling.arrays import Numbers

# How much models may differ, as the standard deviation of logarithms: half-normal, a ratio of e^0.5 is already much.
PRIOR_SPREAD = 0.5
SPREADS = np.linspace(0.0, 2.0, 161)
ENOUGH = 0.95
BISECTIONS = 60


@dataclass(frozen=True)
class Shrunk:
    """Posterior of every model's logarithm: for each spread considered its weight, and mean and error given it."""

    weights: Numbers
    means: Numbers
    errors: Numbers
    held: Numbers
    common: Numbers

    @cached_property
    def values(self) -> Numbers:
        return np.asarray(self.weights @ self.means)

    @cached_property
    def spread(self) -> float:
        """Say how much models differ, as the data see it."""
        return float(self.weights @ SPREADS)

    def bounds(self) -> tuple[Numbers, Numbers]:
        """Give the interval that holds each with 95 in 100."""
        tail = (1 - ENOUGH) / 2
        return self._quantiles(tail), self._quantiles(1 - tail)

    def _quantiles(self, share: float) -> Numbers:
        low = (self.means - 9 * self.errors).min(axis=0)
        high = (self.means + 9 * self.errors).max(axis=0)
        for _ in range(BISECTIONS):
            middle = (low + high) / 2
            below = self.weights @ ndtr((middle - self.means) / np.maximum(self.errors, 1e-12)) < share
            low, high = np.where(below, middle, low), np.where(below, high, middle)
        return np.asarray((low + high) / 2)

    def chance_better(self, one: int, other: int) -> float:
        """Say how sure it is that one is better than another, given all."""
        gaps = self.means[:, one] - self.means[:, other]
        both = self.errors[:, one] ** 2 + self.errors[:, other] ** 2
        shared = 2 * self.held[:, one] * self.held[:, other] * self.common
        return float(self.weights @ ndtr(gaps / np.sqrt(np.maximum(both - shared, 1e-18))))


def shrink(values: Numbers, errors: Numbers) -> Shrunk:
    """Shrink estimates towards their mean, the spread between them and the mean itself integrated out, not plugged in.

    Normal-normal, as in Gelman et al., Bayesian Data Analysis, 5.4; a plugged-in spread makes intervals too short where
    models are few or posts run away.
    """
    variances = errors[None, :] ** 2 + SPREADS[:, None] ** 2
    precise = 1 / variances
    common = 1 / precise.sum(axis=1)
    middle = common * (precise @ values)
    misfit = (precise * (values[None, :] - middle[:, None]) ** 2).sum(axis=1)
    heights = -np.log(variances).sum(axis=1) / 2 + np.log(common) / 2 - misfit / 2 - (SPREADS / PRIOR_SPREAD) ** 2 / 2
    weights = np.exp(heights - heights.max())
    held = errors[None, :] ** 2 * precise  # the part of a value that is drawn to the mean
    means = values[None, :] * (1 - held) + held * middle[:, None]
    spreads = np.sqrt((1 - held) * errors[None, :] ** 2 + held**2 * common[:, None])
    return Shrunk(weights / weights.sum(), means, spreads, held, common)
