"""What cannot be told apart: two things that go together so often that no data of this kind can part them."""

from collections.abc import Sequence

import numpy as np

from civitai_engagement.modelling.arrays import Codes, Mask, Numbers
from civitai_engagement.modelling.design import Asked

MOST_INFLATION = 10.0
FEWEST_APART = 10


def inflation(hessian: Numbers, direction: Numbers, own: Mask) -> float:
    """Say how many times less is known of a column because of the others (variance inflation factor)."""
    whole = float(direction @ hessian @ direction)
    others = ~own
    if whole <= 0 or not others.any():
        return 1.0
    shared = hessian[others] @ direction
    left = whole - float(shared @ np.linalg.pinv(hessian[np.ix_(others, others)], hermitian=True) @ shared)
    return whole / left if left > whole * 1e-12 else np.inf


def nearest(hessian: Numbers, direction: Numbers, own: Mask, owners: Sequence[str]) -> str:
    """Name the parameter whose column is most like this one."""
    scale = np.sqrt(np.maximum(np.diag(hessian), 1e-300))
    likeness = np.where(own, 0.0, np.abs(hessian @ direction) / scale)
    return owners[int(np.argmax(likeness))]


def inseparable(asked: Asked, others: Sequence[Asked], posts: Codes) -> str | None:
    """Name something else that is used where this is and not where it is not, but for a handful of posts."""
    for other in others:
        if other.parameter.name == asked.parameter.name:
            continue
        if len(np.unique(posts[asked.has != other.has])) < FEWEST_APART:
            return f"{other.parameter.name} {other.label}".strip()
    return None
