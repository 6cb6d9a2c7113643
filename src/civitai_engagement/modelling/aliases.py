"""What cannot be told apart: two things that go together so often that no data of this kind can part them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from civitai_engagement.modelling.arrays import Codes, Mask, Numbers
from civitai_engagement.modelling.design import Asked

Question: TypeAlias = tuple[Asked, Numbers, Numbers]  # what is asked, its contrast, the direction of its column
MOST_INFLATION = 10.0
FEWEST_APART = 10


def aliases(every: Sequence[Question], owners: Sequence[str], hessian: Numbers, posts: Codes) -> list[str | None]:
    """Name for each question of a model what it cannot be told apart from, if there is such a thing."""
    twins = inseparable([asked for asked, _, _ in every], posts)
    columns = {asked.parameter.name: _Others.of(asked.parameter.name, owners, hessian) for asked, _, _ in every}
    found = []
    for (asked, _, direction), twin in zip(every, twins, strict=True):
        others = columns[asked.parameter.name]
        found.append(others.nearest(direction) if others.inflation(direction) > MOST_INFLATION else twin)
    return found


@dataclass(frozen=True)
class _Others:
    """All columns of a model but those of one parameter."""

    names: Sequence[str]
    hessian: Numbers
    others: Mask
    inverse: Numbers

    @classmethod
    def of(cls, name: str, owners: Sequence[str], hessian: Numbers) -> "_Others":
        others = np.array([one != name for one in owners])
        return cls(owners, hessian, others, np.linalg.pinv(hessian[np.ix_(others, others)], hermitian=True))

    def inflation(self, direction: Numbers) -> float:
        """Say how many times less is known of a column because of the others (variance inflation factor)."""
        whole = float(direction @ self.hessian @ direction)
        if whole <= 0 or not self.others.any():
            return 1.0
        shared = self.hessian[self.others] @ direction
        left = whole - float(shared @ self.inverse @ shared)
        return whole / left if left > whole * 1e-12 else np.inf

    def nearest(self, direction: Numbers) -> str:
        """Name the parameter whose column is most like this one."""
        scale = np.sqrt(np.maximum(np.diag(self.hessian), 1e-300))
        likeness = np.where(self.others, np.abs(self.hessian @ direction) / scale, 0.0)
        return self.names[int(np.argmax(likeness))]


def inseparable(every: Sequence[Asked], posts: Codes) -> list[str | None]:
    """Name for each thing asked another that is used where it is and not where it is not, but for a handful of posts.

    Only pairs that differ in few media can differ in few posts: the others are not counted one by one.
    """
    used = np.array([one.has for one in every], np.float64)
    differing = used.sum(axis=1)[:, None] + used.sum(axis=1)[None, :] - 2 * used @ used.T
    close = differing < FEWEST_APART * np.bincount(posts).max(initial=1)
    return [
        _twin(one, [every[int(place)] for place in np.flatnonzero(near)], posts)
        for one, near in zip(every, close, strict=True)
    ]


def _twin(asked: Asked, others: Sequence[Asked], posts: Codes) -> str | None:
    for other in others:
        if other.parameter.name == asked.parameter.name:
            continue
        if len(np.unique(posts[asked.has != other.has])) < FEWEST_APART:
            return f"{other.parameter.name} {other.label}".strip()
    return None
