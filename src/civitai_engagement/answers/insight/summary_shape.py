"""What is told of a creator."""

from dataclasses import dataclass
from zoneinfo import ZoneInfo

from pydantic import BaseModel

from civitai_engagement.answers.answer import (
    Answer,
    count,
    figures,
    row,
    times,
)
from civitai_engagement.answers.insight.equal_age import AT
from civitai_engagement.answers.insight.made_of import HEAD_OF_SHARES, ShareRow
from civitai_engagement.answers.insight.periods import PeriodRow
from civitai_engagement.answers.insight.settled import OLDER, SettledTypical
from civitai_engagement.answers.now.media import Totals, totals_line


class TypicalPost(BaseModel):
    """The median of reactions and comments of `n` posts at 24 h of age, with its 95 % interval (bootstrap)."""

    median: float
    low: float
    high: float
    n: int


class BestPost(BaseModel):
    """The post with most reactions and comments at 24 h of age among those observed then."""

    post: str
    count: int
    times_typical: float | None


class CreatorSummary(Answer):
    """`undefined` says why a value is null. `change_percent` is over posts observed throughout both.

    `typical` is at equal age; `settled` is what posts older than seven days came to in all: a number of its own.

    `average_per_post` is over the `average_of` posts of which the counters of all media are known.

    `change_interval` is its 95 % interval, low and high; where that holds 0, the change is within what chance brings.
    `goes_with` is what the nightly study of all that is followed named, where there is one; not of this creator alone.
    """

    creator: str
    posts: int
    totals: Totals
    average_per_post: float | None = None
    average_of: int = 0
    reaction_mix: dict[str, float] | None
    typical: TypicalPost | None
    settled: SettledTypical | None = None
    best: BestPost | None
    top_tenth_share: float | None
    by_type: list[ShareRow]
    by_base_model: list[ShareRow]
    period: PeriodRow
    previous: PeriodRow | None
    change_percent: float | None
    change_interval: list[float] | None = None
    goes_with: str | None = None
    undefined: dict[str, str]

    def facts(self) -> dict[str, str]:
        """Give in words what is not told in rows, by what it is about."""
        head, _, totals = totals_line(self.totals).partition(": ")
        mix = ", ".join(f"{name} {share:.0%}" for name, share in (self.reaction_mix or {}).items())
        tenth = "" if self.top_tenth_share is None else f"has {self.top_tenth_share:.0%} of all engagement"
        told = {
            head: totals,
            "average per post": "" if self.average_per_post is None else _average(self),
            "reaction mix": mix,
            f"typical post at {AT}": typical_words(self.typical) if self.typical else "",
            "settled total of a post": settled_total_words(self.settled) if self.settled else "",
            f"best post at {AT}": _best(self.best) if self.best else "",
            "top tenth of posts": tenth,
            "what goes with reactions": self.goes_with or "",
        }
        why = {name.replace("_", " "): reason for name, reason in self.undefined.items()}
        return {name: value for name, value in told.items() if value} | why

    @property
    def periods(self) -> list[PeriodRow]:
        return [one for one in (self.period, self.previous) if one]

    def _lines(self) -> list[str]:
        facts = [f"{name}: {value}" for name, value in self.facts().items()]
        shares = [one.line for one in (*self.by_type, *self.by_base_model)]
        periods = [row(*one.model_dump().values()) for one in self.periods]
        head = "from|until|gain|posts observed throughout|observed|of|published"
        return [*facts, HEAD_OF_SHARES, *shares, head, *periods]


def _average(told: CreatorSummary) -> str:
    of = "" if told.average_of == told.posts else f" (of {told.average_of:,} of {count(told.posts, 'post')})"
    return f"{figures(told.average_per_post or 0)}{of}"


def settled_total_words(one: SettledTypical) -> str:
    median, low, high = (figures(value or 0) for value in (one.median, one.low, one.high))
    return f"{median} ({low} to {high}, from {count(one.n, 'post')} {OLDER})"


def typical_words(one: TypicalPost) -> str:
    return f"{figures(one.median)} ({figures(one.low)} to {figures(one.high)}, from {count(one.n, 'post')})"


def _best(one: BestPost) -> str:
    against = "" if one.times_typical is None else f", {times(one.times_typical, 'the typical')}"
    return f"{one.post} with {one.count:,}{against}"


@dataclass(frozen=True, slots=True)
class SummaryOptions:
    """Which period to tell: so many whole days of a time zone, beside the equal one before it or alone."""

    days: int
    zone: ZoneInfo
    is_compared: bool = True
