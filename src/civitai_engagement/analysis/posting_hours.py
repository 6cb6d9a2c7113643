"""Whether posts published at some hours of the day do better than the creator's others."""

import math
from collections import Counter, defaultdict
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from datetime import datetime
from statistics import fmean
from zoneinfo import ZoneInfo

from civitai_engagement.analysis.chance import (
    DRAWS,
    HOURS,
    HourEffect,
    HourOfDay,
    HourPattern,
    Witness,
    judge,
    mean_effects,
    named,
)
from civitai_engagement.analysis.unknown import NotEnough

FEWEST_POSTS = 60
# An hour's figure rests on about this many posts, or is not shown.
FEWEST_AT_HOUR = 3
_SIGMAS = 1.96


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one post had at a fixed age, and whom it is fairly compared with: creator, quarter and type, say.

    >>> Outcome(published_at, count_at_24h, group=("Ana", "2026 Q2", "image"))
    """

    published_at: datetime
    value: float
    group: Hashable


def posting_hours(posts: Sequence[Outcome], zone: ZoneInfo, *, draws: int = DRAWS) -> HourPattern | NotEnough:
    """Say at which local hours posts were published that did better than the mean of their group.

    Compared is log(1 + value) less its group's mean (the fixed-effects, or within, estimator: Wooldridge 2010, chapter
    10); ratios are of geometric means. A post alone in its group is compared with nothing and does not count. That
    posts of an hour did better does not say that the hour made them better.
    """
    sizes = Counter(post.group for post in posts)
    compared = [post for post in posts if sizes[post.group] > 1]
    if len(compared) < FEWEST_POSTS:
        return NotEnough(len(compared), FEWEST_POSTS, "comparable posts")
    witnesses = [
        _witness(post.published_at.astimezone(zone).hour, excess)
        for post, excess in zip(compared, _within_group(compared), strict=True)
    ]
    verdict = judge(witnesses, draws=draws)
    hours = [_hour(effect) for effect in mean_effects(witnesses)]
    return HourPattern(hours, named(verdict, hours), verdict, len(compared))


def _within_group(posts: Sequence[Outcome]) -> list[float]:
    logs: defaultdict[Hashable, list[float]] = defaultdict(list)
    for post in posts:
        logs[post.group].append(math.log1p(post.value))
    means = {group: fmean(values) for group, values in logs.items()}
    return [math.log1p(post.value) - means[post.group] for post in posts]


def _witness(at: int, excess: float) -> Witness:
    there = [float(hour == at) for hour in range(HOURS)]
    return Witness([excess * one for one in there], there).smoothed()


def _hour(effect: HourEffect) -> HourOfDay:
    if effect.expected < FEWEST_AT_HOUR:
        return HourOfDay(effect.hour)
    margin = _SIGMAS * effect.error
    return HourOfDay(effect.hour, *(math.exp(effect.mean + shift) for shift in (0.0, -margin, margin)))
