"""How one creator's posts do: level, rhythm, spread, first day, reactions, discussion, concentration, growth."""

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import combinations, pairwise
from statistics import median, quantiles

from civitai_engagement.analysis.baseline import baseline
from civitai_engagement.analysis.periods import concentration, reaction_mix
from civitai_engagement.analysis.ratios import discussion_depth
from civitai_engagement.analysis.unknown import NotEnough
from civitai_engagement.records.made import AGES, MadeMedia
from civitai_engagement.records.media import Counters

LEAST_POSTS = 10
DAY, WEEK, MONTH = timedelta(days=1), timedelta(weeks=1), timedelta(days=30)
DAY_OLD, TYPICAL_OLD = list(AGES).index("at_24h"), list(AGES).index("at_72h")
RESTRICTED = 4  # levels from R on
NORMAL_MAD = 1.4826
MOST_PAIRS = 400  # posts; all pairs of more take too long, and the newest say how it goes


@dataclass(frozen=True, slots=True)
class ProfiledPost:
    """One post as far as it is known: the reactions of its media at 24 and 72 h of age."""

    published_at: datetime
    media: int
    at_day: float | None
    typical: float


@dataclass(frozen=True, slots=True)
class CreatorProfile:
    """One creator. `level` is the median post at 72 h with its interval; unknown figures are None.

    `irregular` is the spread between quartiles of the gaps between posts, as a ratio. `logs` are ln(1 + count at 72 h)
    of each post, `spread` how much they differ (1.4826 times their median deviation). `growth` is what the level is
    multiplied by in thirty days.
    """

    creator: str
    posts: int
    level: float | None
    low: float | None
    high: float | None
    logs: tuple[float, ...]
    a_week: float | None
    irregular: float | None
    spread: float
    first_day: float | None
    mix: Mapping[str, float] | None
    comments_per_100: float | None
    top_share: float | None
    growth: float | None
    video: float
    restricted: float
    post_size: float

    @property
    def mean_log(self) -> float:
        return sum(self.logs) / len(self.logs)


def profile(creator: str, media: Sequence[MadeMedia], counters: Counters | None) -> CreatorProfile | None:
    """Say how a creator's posts do; None under ten posts whose count at 72 h is known.

    >>> profile("Ana", media, counters).first_day
    """
    posts = _posts(media)
    if len(posts) < LEAST_POSTS:
        return None
    totals = [one.typical for one in posts]
    logs = [math.log1p(one) for one in totals]
    typical = baseline(totals)
    known = None if isinstance(typical, NotEnough) else typical
    gaps = [(after.published_at - before.published_at) / DAY for before, after in pairwise(posts)]
    depth = discussion_depth(counters).value
    return CreatorProfile(
        creator=creator,
        posts=len(posts),
        level=known.median if known else None,
        low=known.low if known else None,
        high=known.high if known else None,
        logs=tuple(logs),
        a_week=_a_week(posts),
        irregular=_irregular([one for one in gaps if one > 0]),
        spread=NORMAL_MAD * median(abs(one - median(logs)) for one in logs),
        first_day=_first_day(posts),
        mix=reaction_mix(counters) if counters else None,
        comments_per_100=None if depth is None else 100 * depth,
        top_share=concentration(totals).value,
        growth=_growth(posts[-MOST_PAIRS:], logs[-MOST_PAIRS:]),
        video=sum(one.kind == "video" for one in media) / len(media),
        restricted=sum((one.level or 0) >= RESTRICTED for one in media) / len(media),
        post_size=len(media) / len({one.post_id for one in media}),
    )


def _posts(media: Sequence[MadeMedia]) -> list[ProfiledPost]:
    """Put the media of posts together, oldest first; posts of which one media is not known at 72 h are left out."""
    by_post: dict[int, list[MadeMedia]] = defaultdict(list)
    for one in media:
        by_post[one.post_id].append(one)
    made = [_post(one) for one in by_post.values()]
    return sorted((one for one in made if one is not None), key=lambda one: one.published_at)


def _post(media: Sequence[MadeMedia]) -> ProfiledPost | None:
    typical, day = (_summed(media, place) for place in (TYPICAL_OLD, DAY_OLD))
    if typical is None:
        return None
    return ProfiledPost(min(one.published_at for one in media), len(media), day, typical)


def _summed(media: Sequence[MadeMedia], place: int) -> float | None:
    counts = [one.sampled.counts[place] for one in media]
    known = [one for one in counts if one is not None]
    return sum(known) if len(known) == len(counts) else None


def _a_week(posts: Sequence[ProfiledPost]) -> float | None:
    span = posts[-1].published_at - posts[0].published_at
    return (len(posts) - 1) / (span / WEEK) if span >= DAY else None


def _irregular(gaps: Sequence[float]) -> float | None:
    if len(gaps) < LEAST_POSTS - 1:
        return None
    low, _, high = quantiles(map(math.log, gaps), n=4)
    return math.exp(high - low)


def _first_day(posts: Sequence[ProfiledPost]) -> float | None:
    """Give the share of what was there at 72 h that was there at 24 h: a ratio of sums, zeros count too."""
    both = [(one.at_day, one.typical) for one in posts if one.at_day is not None]
    whole = sum(typical for _, typical in both)
    return sum(day for day, _ in both) / whole if len(both) >= LEAST_POSTS and whole else None


def _growth(posts: Sequence[ProfiledPost], logs: Sequence[float]) -> float | None:
    """Give what the level is multiplied by in thirty days: the median of all pairs' slopes (Theil 1950, Sen 1968)."""
    if posts[-1].published_at - posts[0].published_at < MONTH:
        return None
    at = [one.published_at for one in posts]
    pairs = [(one, other) for one, other in combinations(range(len(at)), 2) if at[other] - at[one] >= DAY]
    return math.exp(median((logs[other] - logs[one]) / ((at[other] - at[one]) / MONTH) for one, other in pairs))


def share_between(groups: Sequence[Sequence[float]]) -> float | None:
    """Say which share of how much values differ is between groups: the intraclass correlation of a one-way layout.

    Variance components by analysis of variance (Searle, Casella & McCulloch 1992, chapter 3), never below zero.

    >>> round(share_between([[1.0, 1.1], [5.0, 5.1], [9.0, 9.1]]), 2)
    1.0
    """
    held = [one for one in groups if one]
    total, count = sum(map(len, held)), len(held)
    if count < 2 or total <= count:
        return None
    means = [sum(one) / len(one) for one in held]
    middle = sum(map(sum, held)) / total
    between = sum(len(one) * (mean - middle) ** 2 for one, mean in zip(held, means, strict=True)) / (count - 1)
    within = sum((value - mean) ** 2 for one, mean in zip(held, means, strict=True) for value in one) / (total - count)
    size = (total - sum(len(one) ** 2 for one in held) / total) / (count - 1)
    extra = max((between - within) / size, 0.0)
    return extra / (extra + within) if extra + within else None
