"""What an experiment of one's own would cost: posts with something beside posts without it, until a rank test tells."""

import math
from collections.abc import Sequence

from civitai_engagement.analysis.unknown import NotEnough

FEWEST = 20
NORMAL = 1.959964 + 0.841621  # a 5 % test on both sides that finds what there is four times in five
LEAST_A_SIDE = 4


def chance_of_more(counts: Sequence[float], ratio: float) -> float:
    """Say how probably a post with `ratio` times its reactions beats another of the same creator; ties are half.

    From all pairs of what they have: no shape of their counts is assumed.
    """
    pairs = [(ratio * one, other) for a, one in enumerate(counts) for b, other in enumerate(counts) if a != b]
    return sum((raised > other) + (raised == other) / 2 for raised, other in pairs) / len(pairs)


def posts_a_side(counts: Sequence[float], ratio: float) -> int | NotEnough | None:
    """Say how many posts with and as many without it takes to see a ratio (Noether 1987); None where none would do."""
    if len(counts) < FEWEST:
        return NotEnough(len(counts), FEWEST, "posts with a known count")
    beyond = chance_of_more(counts, ratio) - 0.5
    if beyond <= 0:
        return None
    return max(LEAST_A_SIDE, math.ceil(NORMAL**2 / (3 * beyond**2) / 2))
