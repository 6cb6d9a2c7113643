"""How sure a change from one period to the next is, with what a creator's posts gained in both as witnesses."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import compress
from random import Random

from civitai_engagement.analysis.unknown import NotEnough
from civitai_engagement.records.periods import PostPeriods

FEWEST = 10
DRAWS = 999
CHANCE = 0.05
# Posts that come out together do so for one reason and share their luck: one witness, not several.
TOGETHER = timedelta(hours=2)
_BITS = bytes.maketrans(b"01", b"\x00\x01")
Gained = tuple[int, int]


@dataclass(frozen=True, slots=True)
class PercentInterval:
    """The 95 % interval of a change in percent, or the reason why there is none.

    >>> percent_interval(posts)
    PercentInterval(low=-12.5, high=61.0, reason=None)
    """

    low: float | None = None
    high: float | None = None
    reason: str | None = None


def percent_interval(posts: Sequence[PostPeriods]) -> PercentInterval:
    """Say between what the change from the second gain of posts to their first lies.

    Without a change a post is as likely to have gained this much more in the one period as in the other; those of one
    period only are the extreme case of it, so that how many came out is part of the chance. A change of which the
    random signs of Fisher's randomisation test do not turn up as much in 5 % of draws is ruled out. Solved for the
    change, a draw does not rule it out where it lies between that of a random half of the posts and that of the other
    half (typical values, Hartigan 1969). The same posts always give the same interval.
    """
    witnesses = [one for one in _together(posts) if any(one)]
    if len(witnesses) < FEWEST:
        return PercentInterval(reason=str(NotEnough(len(witnesses), FEWEST, "posts apart in time that gained")))
    if sum(now for now, _ in witnesses) <= 0:
        return PercentInterval(reason="nothing was gained in the period")
    lows, highs = zip(*_halves(witnesses), strict=True)
    place = round(CHANCE * (DRAWS + 1)) - 1
    low, high = sorted(lows)[place], sorted(highs, reverse=True)[place]
    if math.isinf(high):
        return PercentInterval(reason="what was gained in the period before came from too few posts")
    return PercentInterval(100 * (low - 1), 100 * (high - 1))


def _together(posts: Sequence[PostPeriods]) -> Iterator[Gained]:
    """Add up the gains of posts that were published within two hours of the one before."""
    dated = sorted((one.published_at, *_gained(one)) for one in posts if one.published_at is not None)
    yield from (_gained(one) for one in posts if one.published_at is None)
    last: datetime | None = None
    now = before = 0
    for at, later, earlier in dated:
        if last and at - last > TOGETHER:
            yield now, before
            now = before = 0
        last, now, before = at, now + later, before + earlier
    yield now, before


def _gained(post: PostPeriods) -> Gained:
    now, before = (part.gain or 0 for part in post.gains)
    return now, before


def _halves(witnesses: Sequence[Gained]) -> Iterator[tuple[float, float]]:
    """Split witnesses at random, and give the lower and the higher of the two halves' ratios, `DRAWS` times."""
    random = Random(len(witnesses))  # noqa: S311 - resampling, not secrecy
    now, before = zip(*witnesses, strict=True)
    all_now, all_before = sum(now), sum(before)
    for _ in range(DRAWS):
        kept = f"{random.getrandbits(len(now)):0{len(now)}b}".encode().translate(_BITS)
        half = sum(compress(now, kept)), sum(compress(before, kept))
        yield _between(half, (all_now - half[0], all_before - half[1]))


def _between(half: Gained, other: Gained) -> tuple[float, float]:
    """Give the lower and the higher ratio of two; beside one that gained nothing or lost, any change may be true."""
    if any(min(one) < 0 or not any(one) for one in (half, other)):
        return 0.0, math.inf
    one, two = (now / before if before else math.inf for now, before in (half, other))
    return min(one, two), max(one, two)
