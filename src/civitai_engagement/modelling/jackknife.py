"""How sure a coefficient is: every cluster left out in turn, and how many clusters it really rests on."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from scipy.special import stdtr, stdtrit

from civitai_engagement.modelling.arrays import Codes, Numbers, codes_of, summed
from civitai_engagement.modelling.poisson import Fit

ENOUGH = 0.95
# A trace of ridge: where one cluster alone holds a column, what is left without it must still be solved.
RIDGE = 1e-9


@dataclass(frozen=True)
class Estimates:
    """Contrasts of coefficients: each with its standard error and the number of clusters it effectively rests on."""

    values: Numbers
    errors: Numbers
    clusters: Numbers

    @property
    def freedom(self) -> Numbers:
        return np.maximum(self.clusters - 1, 1.0)

    @property
    def half_widths(self) -> Numbers:
        return quantile((1 + ENOUGH) / 2, self.freedom) * self.errors

    @property
    def chances(self) -> Numbers:
        """Give the p of each contrast being zero, by Student's t."""
        with np.errstate(divide="ignore", invalid="ignore"):
            scores = np.where(self.errors > 0, np.abs(self.values) / self.errors, 0.0)
        return np.asarray(2 * stdtr(self.freedom, -scores))


def quantile(share: float, freedom: Numbers) -> Numbers:
    return np.asarray(stdtrit(freedom, share))


def estimate(fit: Fit, contrasts: Numbers) -> Estimates:
    """Estimate contrasts (one a row) of a fit's coefficients.

    The jackknife is CV3 of MacKinnon, Nielsen & Webb (2022) with one Newton step for each cluster left out; degrees of
    freedom are the effective number of clusters less one, for few or unequal ones make the usual errors too small.
    """
    left_out = deviations(fit) @ contrasts.T
    count = len(left_out)
    errors = np.sqrt((count - 1) / count * (left_out**2).sum(axis=0)) if count > 1 else np.full(len(contrasts), np.inf)
    return Estimates(contrasts @ fit.coefficients, errors, effective_clusters(fit, contrasts))


def effective_clusters(fit: Fit, contrasts: Numbers) -> Numbers:
    """Say by how many equal clusters the information on a contrast could have come: (sum)^2 / sum of squares.

    Information is Fisher's on the part of the contrast's column that no other column explains.
    """
    directions = fit.inverse @ contrasts.T
    scale = np.maximum((contrasts * directions.T).sum(axis=1), 1e-300)
    rest = fit.centred @ (directions / scale)
    clusters = fit.sample.clusters
    each = summed(fit.information[:, None] * rest**2, clusters, int(clusters.max()) + 1)
    squares = (each**2).sum(axis=0)
    return np.where(squares > 0, each.sum(axis=0) ** 2 / np.where(squares > 0, squares, 1.0), 0.0)


def deviations(fit: Fit) -> Numbers:
    """Say by how much the coefficients change when each cluster is left out: one row a cluster.

    A cluster may share its block with others (a post in a span of its creator's time): then the block's level changes
    too, and the means of its columns move by `lever`. Where it is the whole block, the block goes with it.
    """
    clusters = int(fit.sample.clusters.max()) + 1
    scores = summed(fit.residuals[:, None] * fit.centred, fit.sample.clusters, clusters)
    held = _information_by_cluster(fit, clusters)
    _pieces(fit).add_to(scores, held)
    size = len(fit.coefficients)
    ridge = RIDGE * np.trace(fit.hessian) / max(size, 1) * np.eye(size)
    return -np.linalg.solve(fit.hessian + ridge - held, scores[:, :, None])[:, :, 0]


def _information_by_cluster(fit: Fit, count: int) -> Numbers:
    order = np.argsort(fit.sample.clusters, kind="stable")
    bounds = np.searchsorted(fit.sample.clusters[order], np.arange(count + 1))
    columns, information = fit.centred[order], fit.information[order]
    size = columns.shape[1]
    held = np.empty((count, size, size))
    for place in range(count):
        part = slice(bounds[place], bounds[place + 1])
        held[place] = columns[part].T @ (information[part, None] * columns[part])
    return held


@dataclass(frozen=True, slots=True)
class _Pieces:
    """What the rest of a block changes when a part of it is left out: a row for each part that is not the whole."""

    clusters: Codes
    scores: Numbers
    roots: Numbers  # of the information, which is their outer product

    def add_to(self, scores: Numbers, held: Numbers) -> None:
        """Add them up by cluster: a round for the first part of each, one for the second of those that have two."""
        for part in _rounds(self.clusters):
            clusters, roots = self.clusters[part], self.roots[part]
            scores[clusters] += self.scores[part]
            held[clusters] += roots[:, :, None] * roots[:, None, :]


def _rounds(groups: Codes) -> Iterator[Codes]:
    """Go through places so that no group is met twice at once."""
    rest = np.arange(len(groups))
    while len(rest):
        first = np.unique(groups[rest], return_index=True)[1]
        yield rest[first]
        rest = np.delete(rest, first)


def _pieces(fit: Fit) -> _Pieces:
    """Find the parts of blocks that are in a cluster without being the whole block."""
    sample = fit.sample
    pairs = sample.blocks * (int(sample.clusters.max()) + 1) + sample.clusters
    codes = codes_of(pairs)
    first = np.unique(codes, return_index=True)[1]
    count = len(first)
    own = summed(fit.information, codes, count)
    rest = summed(fit.information, sample.blocks, sample.block_count)[sample.blocks[first]] - own
    surplus = summed(fit.residuals, codes, count)
    sums = summed(fit.information[:, None] * fit.centred, codes, count)
    part = np.flatnonzero((rest > 1e-9 * (own + rest)) & (own > 0))
    own, rest, sums = own[part], rest[part], sums[part]
    scores = (surplus[part] / rest)[:, None] * sums
    return _Pieces(sample.clusters[first[part]], scores, sums / np.sqrt(rest)[:, None])
