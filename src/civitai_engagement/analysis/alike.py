"""What is typical of media that come in posts: those of one post are alike, no independent witnesses."""

import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import mean

from civitai_engagement.analysis.baseline import Baseline, baseline
from civitai_engagement.analysis.unknown import NotEnough

FEWEST_POSTS = 3
# Student's t at 97.5 % in powers of one over the degrees of freedom (Abramowitz & Stegun 1964, 26.7.5).
_T = (1.960, 2.372, 2.823, 2.556)


@dataclass(frozen=True, slots=True)
class Typical:
    """The median of `n` media in `posts` posts; without an interval where the posts are too few to tell one."""

    n: int
    posts: int
    median: float
    low: float | None
    high: float | None


def typical_of_posts(values: Sequence[tuple[float, int | None]]) -> Typical | NotEnough:
    """Give the median of values, each with its post, with a 95 % interval that allows for posts.

    Woodruff's (1952): how well the share under the median is known, from how that share differs between posts, read off
    the ordered values. Never narrower than the bootstrap's, which would do if each media had a post of its own.

    >>> typical_of_posts([(float(value), value) for value in range(1, 12)])
    Typical(n=11, posts=11, median=6.0, low=3.0, high=9.0)
    """
    found = baseline([value for value, _ in values])
    if isinstance(found, NotEnough):
        return found
    posts = len({post for _, post in values})
    low, high = (found.low, found.high) if posts == found.n else _widened(values, found, posts)
    return Typical(found.n, posts, found.median, low, high)


def _widened(
    values: Sequence[tuple[float, int | None]], found: Baseline, posts: int
) -> tuple[float, float] | tuple[None, None]:
    half = _half(values, found.median, posts)
    if half >= 0.5:
        return None, None
    ordered = sorted(value for value, _ in values)
    low, high = ordered[math.floor(found.n * (0.5 - half))], ordered[math.ceil(found.n * (0.5 + half)) - 1]
    return min(low, found.low), max(high, found.high)


def _half(values: Sequence[tuple[float, int | None]], median: float, posts: int) -> float:
    """Half the interval of the share of values up to the median; one where the posts are too few."""
    if posts < FEWEST_POSTS:
        return 1.0
    share = mean(value <= median for value, _ in values)
    beyond: defaultdict[int | None, float] = defaultdict(float)
    for value, post in values:
        beyond[post] += (value <= median) - share
    between = posts / (posts - 1) * sum(one**2 for one in beyond.values()) / len(values) ** 2
    times = sum(term * math.pow(posts - 1, -power) for power, term in enumerate(_T))
    return times * math.sqrt(max(between, 0.25 / len(values)))
