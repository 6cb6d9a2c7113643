"""Posts dealt anew within their block: how often chance alone would put the better posts where a phrase is."""

import numpy as np
from scipy.sparse import csr_array
from scipy.special import ndtr, ndtri

from civitai_engagement.modelling.arrays import Codes, Numbers, codes_of, summed
from civitai_engagement.modelling.terms import Usage, grouped


def normal_scores(values: Numbers, blocks: Codes) -> Numbers:
    """Give each post the normal score of its rank within its block (van der Waerden 1952), ties sharing theirs."""
    order = np.lexsort((values, blocks))
    sizes = np.bincount(blocks)
    starts = np.cumsum(sizes) - sizes
    ranks = np.empty(len(values))
    ranks[order] = np.arange(len(values)) - starts[blocks[order]] + 1
    scores = ndtri(ranks / (sizes[blocks] + 1))
    tied = codes_of(blocks * (len(values) + 1) + codes_of(values))
    scores = (summed(scores, tied, int(tied.max(initial=-1)) + 1) / np.maximum(np.bincount(tied), 1))[tied]
    return np.asarray(scores - (summed(scores, blocks, len(sizes)) / np.maximum(sizes, 1))[blocks])


def randomised(counts: Numbers, posts: Codes, blocks: Codes, usage: Usage) -> Numbers:
    """Score every term: how many standard deviations its posts stand above what dealing them anew would give.

    The unit is the post, a term's value the share of its media that use it. Mean and variance over all ways to deal
    posts within their block are in closed form (Strasser & Weber 1999): nothing is drawn.
    """
    sizes = np.bincount(posts)
    values = summed(np.log1p(counts), posts, len(sizes)) / sizes
    home = codes_of(blocks[np.unique(posts, return_index=True)[1]])
    scores = normal_scores(values, home)
    shares = csr_array(grouped(usage, posts) / sizes[:, None])
    by_block = Usage(usage.names, shares)
    held = np.bincount(home)
    squares = grouped(Usage(usage.names, shares.multiply(shares).tocsr()), home)
    sums = grouped(by_block, home)
    spread = summed(scores**2, home, len(held)) / np.maximum(held - 1, 1)
    variances = squares.T @ spread - sums.multiply(sums).T @ (spread / held)
    return np.asarray((shares.T @ scores) / np.sqrt(np.maximum(variances, 1e-12)))


def chances(scores: Numbers) -> Numbers:
    """Give the p of scores, on both sides."""
    return np.asarray(2 * ndtr(-np.abs(scores)))
