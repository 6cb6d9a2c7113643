"""Poisson regression within blocks: what goes with more reactions among media of one creator and one time."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from civitai_engagement.modelling.arrays import Codes, Mask, Numbers, codes_of, summed

MOST_STEPS = 25
CLOSE = 1e-9
# A block counts as if it had at least this mean: blocks of one stray reaction would weigh without end.
LEAST_MEAN = 0.5
RUNAWAY_TIMES, RUNAWAY_LEAST = 4.0, 8.0


@dataclass(frozen=True)
class Sample:
    """Counts of media with their columns, in blocks; blocks without a reaction tell nothing and are left out before.

    `weights` make every block count by its size, not by how popular its creator is, and a post by less than the
    number of its media.
    """

    counts: Numbers
    columns: Numbers
    blocks: Codes
    clusters: Codes
    weights: Numbers

    @cached_property
    def block_count(self) -> int:
        return int(self.blocks.max()) + 1 if len(self.blocks) else 0


@dataclass(frozen=True)
class Fit:
    """Coefficients (logarithms of ratios), and what each media contributed: residual, information, centred columns."""

    sample: Sample
    coefficients: Numbers
    residuals: Numbers
    information: Numbers
    centred: Numbers

    @cached_property
    def hessian(self) -> Numbers:
        return self.centred.T @ (self.information[:, None] * self.centred)

    @cached_property
    def inverse(self) -> Numbers:
        return np.asarray(np.linalg.pinv(self.hessian, hermitian=True), np.float64)


def block_means(counts: Numbers, blocks: Codes) -> Numbers:
    """Give every media the mean count of its block."""
    size = int(blocks.max()) + 1 if len(blocks) else 0
    return (summed(counts, blocks, size) / np.maximum(np.bincount(blocks, minlength=size), 1))[blocks]


def without_runaways(counts: Numbers, blocks: Codes) -> Numbers:
    """Cut counts at four times their block's mean: for the test only, the ratios told are of whole counts."""
    return np.minimum(counts, np.maximum(RUNAWAY_TIMES * block_means(counts, blocks), RUNAWAY_LEAST))


def weigh(counts: Numbers, blocks: Codes, posts: Codes) -> Numbers:
    """Weigh a media by one over its block's mean, and over the root of how many its post has."""
    sizes = np.bincount(posts)[posts]
    return 1 / np.sqrt(sizes) / np.maximum(block_means(counts, blocks), LEAST_MEAN)


def with_reactions(counts: Numbers, blocks: Codes) -> Mask:
    """Say which media are in a block that has any reaction."""
    return block_means(counts, blocks) > 0


def fit(sample: Sample, start: Numbers | None = None) -> Fit:
    """Maximise the Poisson likelihood with the blocks' levels concentrated out, by Newton's method with halved steps.

    Given its block's level, a media's count follows the share of the block it would have by its columns alone
    (Hausman, Hall & Griliches 1984): no level is estimated, however many blocks there are.
    """
    coefficients = np.zeros(sample.columns.shape[1]) if start is None else start
    current = _at(sample, coefficients)
    height = _height(sample, coefficients)
    for _ in range(MOST_STEPS):
        score = current.centred.T @ current.residuals
        step = current.inverse @ score
        if float(score @ step) < CLOSE:
            break
        coefficients, height = _climbed(sample, coefficients, step, height)
        current = _at(sample, coefficients)
    return current


def _climbed(sample: Sample, start: Numbers, step: Numbers, height: float) -> tuple[Numbers, float]:
    for halving in range(20):
        there = start + step / 2**halving
        if (reached := _height(sample, there)) >= height:
            return there, reached
    return start, height


def _shares(sample: Sample, coefficients: Numbers) -> tuple[Numbers, Numbers]:
    """Give each media's share of its block, and the logarithm of what the block sums to."""
    lifts = sample.columns @ coefficients
    highest = np.full(sample.block_count, -np.inf)
    np.maximum.at(highest, sample.blocks, lifts)
    raised = sample.weights * np.exp(lifts - highest[sample.blocks])
    sums = summed(raised, sample.blocks, sample.block_count)
    return raised / sums[sample.blocks], np.log(sums) + highest


def _height(sample: Sample, coefficients: Numbers) -> float:
    _, logs = _shares(sample, coefficients)
    weighted = sample.weights * sample.counts
    return float(weighted @ (sample.columns @ coefficients - logs[sample.blocks]))


def _at(sample: Sample, coefficients: Numbers) -> Fit:
    shares, _ = _shares(sample, coefficients)
    weighted = sample.weights * sample.counts
    information = summed(weighted, sample.blocks, sample.block_count)[sample.blocks] * shares
    means = summed(shares[:, None] * sample.columns, sample.blocks, sample.block_count)
    return Fit(sample, coefficients, weighted - information, information, sample.columns - means[sample.blocks])


def sample_of(counts: Numbers, columns: Numbers, blocks: Codes, clusters: Codes, posts: Codes) -> Sample:
    """Make a sample of the blocks that have reactions, weighed."""
    kept = with_reactions(counts, blocks)
    counts, columns = counts[kept], columns[kept]
    blocks, clusters, posts = codes_of(blocks[kept]), codes_of(clusters[kept]), posts[kept]
    return Sample(counts, columns, blocks, clusters, weigh(counts, blocks, posts))
