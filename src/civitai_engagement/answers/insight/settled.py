"""A post beside the settled totals of its creator's others: a comparison of its own, from the first look on."""

from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Literal

from pydantic import BaseModel

from civitai_engagement.analysis.baseline import FEWEST, Baseline, Rating, Standing, baseline, rate, standing
from civitai_engagement.analysis.curves import spoken_age
from civitai_engagement.analysis.settled import SETTLED_AFTER, is_settled
from civitai_engagement.analysis.unknown import NotEnough
from civitai_engagement.answers.answer import clean, count, engagement, figures, three_figures
from civitai_engagement.records.curves import Brief

ALL = "all"
SETTLED_TOTALS: Literal["settled totals"] = "settled totals"
EQUAL_AGE: Literal["equal age"] = "equal age"
OLDER = f"older than {spoken_age(SETTLED_AFTER)}"
NOTE = (
    f"Settled totals are those of posts {OLDER}: at that age the median post has all that it has at 30 days "
    "(docs/statistics.md). It is not a comparison at equal age."
)


class SettledRating(BaseModel):
    """The post's `count` against the totals of `n` others of the same creator that are older than seven days.

    `among` is the type of the others, or all. Where the post itself is younger (`is_settled` is false) it may still
    grow. `beaten` of the others have less; `ratio`, `low` and `high` as at equal age.
    """

    against: Literal["settled totals"]
    among: str
    count: int
    age: str
    is_settled: bool
    n: int
    typical: float | None
    ratio: float | None
    low: float | None
    high: float | None
    beaten: int


class SettledTypical(BaseModel):
    """The median of the settled totals of `n` posts, with its 95 % interval (bootstrap)."""

    against: Literal["settled totals"]
    median: float | None
    low: float | None
    high: float | None
    n: int


def kind_of(brief: Brief) -> str:
    """Name the type of a post's media, or say that they are mixed."""
    return brief.types[0] if len(brief.types) == 1 else "mixed"


def total_of(brief: Brief) -> int | None:
    """Give a total only where the counters of every media are known."""
    return brief.counters.total if brief.counters and brief.known == brief.media else None


def settled_totals(briefs: Iterable[Brief]) -> list[int]:
    """Give the totals that were settled when they were last seen."""
    totals = (total_of(one) for one in briefs if is_settled(one.published_at, one.as_of or one.confirmed_at))
    return [total for total in totals if total is not None]


def settled_typical(briefs: Iterable[Brief]) -> SettledTypical | None:
    """Say what posts come to in the end; None from fewer than ten."""
    found = baseline(settled_totals(briefs))
    if not isinstance(found, Baseline):
        return None
    median, low, high = (three_figures(one) for one in (found.median, found.low, found.high))
    return SettledTypical(against=SETTLED_TOTALS, median=median, low=low, high=high, n=found.n)


def settled_rating(post: Brief, others: Sequence[Brief]) -> SettledRating | None:
    """Hold a post against others of its type where ten of them are settled, else against all; None from fewer."""
    value, seen_at = total_of(post), post.as_of or post.confirmed_at
    if value is None or post.published_at is None or seen_at is None:
        return None
    own, among = settled_totals(one for one in others if kind_of(one) == kind_of(post)), kind_of(post)
    if len(own) < FEWEST:
        own, among = settled_totals(others), ALL
    found = rate(value, own)
    if isinstance(found, NotEnough):
        return None
    age = spoken_age(max(seen_at - post.published_at, timedelta(0)))
    return _told(value, age, found, among=among, settled=is_settled(post.published_at, seen_at))


def _told(value: int, age: str, found: Rating, *, among: str, settled: bool) -> SettledRating:
    numbers = {"typical": found.baseline.median, "ratio": found.ratio, "low": found.low, "high": found.high}
    return SettledRating(
        against=SETTLED_TOTALS,
        among=among,
        count=value,
        age=age,
        is_settled=settled,
        n=found.baseline.n,
        beaten=found.beaten,
        **{name: three_figures(number) for name, number in numbers.items()},
    )


def settled_standing(post: Brief, others: Sequence[Brief]) -> Standing | None:
    """Say how far a settled total is from the others'; None where it is not settled, or they are too few."""
    value = total_of(post)
    if value is None or not is_settled(post.published_at, post.as_of or post.confirmed_at):
        return None
    found = standing(value, settled_totals(one for one in others if one.id != post.id))
    return found if isinstance(found, Standing) else None


def settled_words(post: Brief, one: SettledRating) -> str:
    """Say it as a sentence of its own."""
    who, kind = clean(post.username, 60) or "its creator", "" if one.among == ALL else f"{one.among} "
    usual = f"{count(one.n, f'{kind}post')} of {who} {OLDER} have a median of {figures(one.typical or 0)} in all"
    times = "" if one.ratio is None else f": it has {figures(float(f'{one.ratio:.2g}'))} times that"
    growing = "" if one.is_settled else ", and may still grow"
    return (
        f"Post {post.id} has {engagement(one.count)} at {one.age} of age{growing}; {usual}{times}; "
        f"{one.beaten} of {one.n} have less."
    )
