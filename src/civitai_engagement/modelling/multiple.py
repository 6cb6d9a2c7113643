"""Many questions at once: how small a p must be when the smallest of many are picked."""

import numpy as np

from civitai_engagement.modelling.arrays import Numbers


def adjusted(chances: Numbers) -> Numbers:
    """Give the q of each p: the share of false ones among all that are at least as small (Benjamini & Hochberg 1995).

    >>> adjusted(np.array([0.01, 0.5]))
    array([0.02, 0.5 ])
    """
    count = len(chances)
    order = np.argsort(chances)
    raised = chances[order] * count / np.arange(1, count + 1)
    falling = np.minimum.accumulate(raised[::-1])[::-1]
    told = np.empty(count)
    told[order] = np.minimum(falling, 1.0)
    return told
