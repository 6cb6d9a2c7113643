"""What creators who do well have in common: creators are the units, and nothing here is a recipe."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import stdtr, stdtrit

from civitai_engagement.modelling.arrays import Numbers
from civitai_engagement.modelling.multiple import adjusted

LEAST_CREATORS = 60
NAMED = 0.05


@dataclass(frozen=True, slots=True)
class SuccessFactor:
    """One standard deviation more of it goes with `ratio` times the level, 95 % `low` to `high`; q over all factors."""

    name: str
    ratio: float
    low: float
    high: float
    q: float

    @property
    def is_named(self) -> bool:
        return self.q <= NAMED


def success_factors(levels: Sequence[float], factors: Mapping[str, Sequence[float]]) -> list[SuccessFactor]:
    """Regress logarithms of levels on factors, each in standard deviations; empty under sixty creators.

    Errors are HC3 (MacKinnon & White 1985): creators differ in how sure their level is.
    """
    if len(levels) < LEAST_CREATORS:
        return []
    told = {name: np.array(values, np.float64) for name, values in factors.items()}
    told = {name: values for name, values in told.items() if values.std() > 0}
    if not told:
        return []
    scaled = [(values - values.mean()) / values.std() for values in told.values()]
    return _regressed(np.array(levels), np.column_stack([np.ones(len(levels)), *scaled]), list(told))


def _regressed(levels: Numbers, columns: Numbers, names: Sequence[str]) -> list[SuccessFactor]:
    inverse = np.asarray(np.linalg.pinv(columns.T @ columns, hermitian=True), np.float64)
    found = inverse @ columns.T @ levels
    errors = _errors(columns, inverse, levels - columns @ found)[1:]
    freedom = len(levels) - columns.shape[1]
    shares = adjusted(np.asarray(2 * stdtr(freedom, -np.abs(found[1:]) / np.maximum(errors, 1e-12))))
    half = float(stdtrit(freedom, 0.975)) * errors
    rows = zip(names, found[1:], half, shares, strict=True)
    return [
        SuccessFactor(name, math.exp(value), math.exp(value - each), math.exp(value + each), float(share))
        for name, value, each, share in rows
    ]


def _errors(columns: Numbers, inverse: Numbers, left: Numbers) -> Numbers:
    leverage = np.einsum("ij,jk,ik->i", columns, inverse, columns)
    loose = left / np.maximum(1 - leverage, 1e-6)
    return np.asarray(np.sqrt(np.diag(inverse @ (columns.T @ (loose[:, None] ** 2 * columns)) @ inverse)))
