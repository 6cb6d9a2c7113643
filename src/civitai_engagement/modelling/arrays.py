"""The arrays models work on."""

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Numbers: TypeAlias = NDArray[np.float64]
Codes: TypeAlias = NDArray[np.int64]
Mask: TypeAlias = NDArray[np.bool_]


def codes_of(values: NDArray[np.generic]) -> Codes:
    """Number the different values from zero on."""
    numbered: Codes = np.unique(values, return_inverse=True)[1].astype(np.int64)
    return numbered


def summed(values: Numbers, groups: Codes, count: int) -> Numbers:
    """Sum rows by group: one row for each of `count` groups."""
    if values.ndim == 1:
        return np.bincount(groups, values, count).astype(np.float64)
    total = np.zeros((count, values.shape[1]))
    if not (groups[1:] >= groups[:-1]).all():
        order = np.argsort(groups, kind="stable")
        values, groups = values[order], groups[order]
    starts = np.flatnonzero(np.r_[True, groups[1:] != groups[:-1]]) if len(groups) else groups
    if len(starts):
        total[groups[starts]] = np.add.reduceat(values, starts)
    return total
