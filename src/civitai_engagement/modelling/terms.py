"""Which media use which phrases, and which of those are one thing: twins, triggers of a LoRA, boilerplate."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

from civitai_engagement.modelling.arrays import Codes, Mask, Numbers, codes_of
from civitai_engagement.modelling.design import LEAST_MEDIA

MOST_TERMS = 3_000
ALIKE = 0.7  # within blocks; as a correlation of two things used or not, phi
ALWAYS = 0.8


@dataclass(frozen=True)
class Usage:
    """Media in rows, terms in columns, the commonest first: one where a media uses a term.

    >>> usage_of([("a fox", "at dawn"), ("a fox",)], least=1).names
    ('a fox', 'at dawn')
    """

    names: tuple[str, ...]
    matrix: csr_array

    def has(self, term: int) -> Mask:
        return np.asarray(self.matrix[:, [term]].toarray()[:, 0] > 0)

    def only(self, columns: Sequence[int]) -> "Usage":
        return Usage(tuple(self.names[one] for one in columns), self.matrix[:, list(columns)])

    def media(self) -> Numbers:
        return np.asarray(self.matrix.sum(axis=0), np.float64)


def usage_of(phrases: Sequence[Sequence[str]], *, least: int = LEAST_MEDIA, most: int = MOST_TERMS) -> Usage:
    """Make the matrix of the terms that enough media use."""
    used = Counter(term for one in phrases for term in set(one))
    names = tuple(term for term, count in sorted(used.items(), key=lambda one: (-one[1], one[0])) if count >= least)
    places = {term: place for place, term in enumerate(names[:most])}
    pairs = [(row, places[term]) for row, one in enumerate(phrases) for term in set(one) if term in places]
    rows, columns = zip(*pairs, strict=True) if pairs else ((), ())
    shape = (len(phrases), len(places))
    return Usage(tuple(places), csr_array((np.ones(len(pairs)), (rows, columns)), shape=shape))


def grouped(usage: Usage, groups: Codes) -> csr_array:
    """Sum the usage by group: one row for each."""
    count = int(groups.max(initial=-1)) + 1
    members = csr_array((np.ones(len(groups)), (groups, np.arange(len(groups)))), shape=(count, len(groups)))
    return csr_array(members @ usage.matrix)


def likeness(one: Usage, other: Usage, blocks: Codes) -> Numbers:
    """Give phi within blocks of every term of the one with every term of the other: 1 is always together."""
    sizes = 1 / np.maximum(np.bincount(blocks), 1)
    means = [grouped(each, blocks) for each in (one, other)]
    products = (one.matrix.T @ other.matrix).toarray() - (means[0].T @ (means[1] * sizes[:, None])).toarray()
    spreads = [_spread(each, mean, sizes) for each, mean in zip((one, other), means, strict=True)]
    return np.asarray(products / np.maximum(np.sqrt(np.outer(*spreads)), 1e-9))


def _spread(usage: Usage, means: csr_array, sizes: Numbers) -> Numbers:
    return np.asarray(usage.media() - (means.multiply(means)).T @ sizes)


def twins(usage: Usage, blocks: Codes) -> list[list[int]]:
    """Put terms together that are nearly always used together: each group by its commonest member first."""
    if not usage.names:
        return []
    near = csr_array(likeness(usage, usage, blocks) >= ALIKE)
    count, labels = connected_components(near, directed=False)
    groups: list[list[int]] = [[] for _ in range(count)]
    for place, label in enumerate(labels):
        groups[int(label)].append(place)
    return sorted(groups)


def triggers(usage: Usage, loras: Usage, blocks: Codes) -> list[str | None]:
    """Name for each term the LoRA that it goes with, if there is one: its trigger word, most likely."""
    if not loras.names or not usage.names:
        return [None] * len(usage.names)
    alike = likeness(usage, loras, blocks)
    best = alike.argmax(axis=1)
    return [loras.names[int(at)] if alike[place, at] >= ALIKE else None for place, at in enumerate(best)]


def boilerplate(usage: Usage, creators: Codes) -> Codes:
    """Count for each term the creators who use it in four of five of their media: there is no contrast there."""
    owners = codes_of(creators)
    sizes = np.bincount(owners)
    shares = grouped(usage, owners).toarray() / sizes[:, None]
    return np.asarray(((shares >= ALWAYS) & (sizes[:, None] >= LEAST_MEDIA)).sum(axis=0), np.int64)


def both_sides(usage: Usage, groups: Codes) -> Codes:
    """Count for each term the groups of media that have it in some and not in others."""
    held = grouped(usage, groups)
    sizes = np.bincount(groups)
    part = held.tocoo()
    mixed = part.data < sizes[part.coords[0]]
    return np.bincount(part.coords[1][mixed], minlength=len(usage.names)).astype(np.int64)
