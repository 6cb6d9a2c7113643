"""Whether posts published at some hours of the day do better than the creator's others."""

import math
from collections import defaultdict
from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from statistics import fmean

from civitai_engagement.analysis.chance import (
    DRAWS,
    HOURS,
    DayEvidence,
    HourEffect,
    HourOfDay,
    HourPattern,
    judge,
    mean_effects,
    named,
    together,
)
from civitai_engagement.analysis.unknown import NotEnough

FEWEST_POSTS = 60
# An hour's figure rests on about this many posts, or is not shown.
FEWEST_AT_HOUR = 3
# A block of a creator's posts has at least so many and lasts at least so long.
BLOCK_POSTS, BLOCK = 10, timedelta(days=9)
_SIGMAS = 1.96
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class PostAtAge:
    """What one post had at a fixed age, and whom it is fairly compared with: creator and type, say.

    >>> PostAtAge(published_at, count_at_24h, group=("Ana", "image"))
    """

    published_at: datetime
    value: float
    group: Hashable


def posting_hours(posts: Sequence[PostAtAge], *, draws: int = DRAWS) -> HourPattern | NotEnough:
    """Say at which hours of UTC posts were published that did better than the others of their group around them.

    Compared is log(1 + value) less the mean of its block: the posts of its group that came out next to it (the
    fixed-effects, or within, estimator: Wooldridge 2010, chapter 10). So neither a level that rises while the hour of
    posting moves looks like an hour, nor do days on which all did better. Ratios are of geometric means. All that was
    published in one block of days is one witness. A post alone in its group is compared with nothing and does not
    count. That posts of an hour did better does not say that the hour made them better.
    """
    blocks = [block for block in _blocks(posts) if len(block) > 1]
    n = sum(map(len, blocks))
    if n < FEWEST_POSTS:
        return NotEnough(n, FEWEST_POSTS, "comparable posts")
    by_time: defaultdict[int, list[DayEvidence]] = defaultdict(list)
    for block in blocks:
        by_time[(block[0].published_at - _EPOCH) // BLOCK].append(_witness(block))
    witnesses = [together(ones).smoothed() for ones in by_time.values()]
    verdict = judge(witnesses, draws=draws)
    hours = [_hour(effect) for effect in mean_effects(witnesses)]
    return HourPattern(hours, named(verdict, hours), verdict, n)


def _blocks(posts: Sequence[PostAtAge]) -> Iterator[list[PostAtAge]]:
    """Cut the posts of each group into blocks of enough posts and days; what is left over joins the last one."""
    groups: defaultdict[Hashable, list[PostAtAge]] = defaultdict(list)
    for post in sorted(posts, key=lambda one: one.published_at):
        groups[post.group].append(post)
    for ones in groups.values():
        yield from _cut(ones)


def _cut(ones: Sequence[PostAtAge]) -> list[list[PostAtAge]]:
    blocks: list[list[PostAtAge]] = [[]]
    for post in ones:
        if _is_whole(blocks[-1], post):
            blocks.append([])
        blocks[-1].append(post)
    if len(blocks) > 1 and len(blocks[-1]) < BLOCK_POSTS // 2:
        last = blocks.pop()
        blocks[-1].extend(last)
    return blocks


def _is_whole(block: Sequence[PostAtAge], following: PostAtAge) -> bool:
    return len(block) >= BLOCK_POSTS and following.published_at - block[0].published_at >= BLOCK


def _witness(block: Sequence[PostAtAge]) -> DayEvidence:
    logs = [math.log1p(post.value) for post in block]
    mean = fmean(logs)
    excess, there = [0.0] * HOURS, [0.0] * HOURS
    for post, log in zip(block, logs, strict=True):
        hour = post.published_at.astimezone(UTC).hour
        excess[hour] += log - mean
        there[hour] += 1
    return DayEvidence(excess, there)


def _hour(effect: HourEffect) -> HourOfDay:
    if effect.expected < FEWEST_AT_HOUR:
        return HourOfDay(effect.hour)
    margin = _SIGMAS * effect.error
    return HourOfDay(effect.hour, *(math.exp(effect.mean + distance) for distance in (0.0, -margin, margin)))
