"""The answer of `profile_creators`: how creators' posts do, side by side, and what those who do well share."""

import asyncio
import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pydantic import BaseModel

from civitai_engagement.analysis.profiles import LEAST_POSTS, CreatorProfile, profile, share_between
from civitai_engagement.answers.answer import Answer, clean, count, figures, oldest, row, three_figures, utc
from civitai_engagement.answers.why.made_rows import coverage_of
from civitai_engagement.answers.why.studied_media import modelling
from civitai_engagement.errors import NotFound
from civitai_engagement.records.made import LIVE_MEDIA, MadeMedia, MadeScope
from civitai_engagement.records.media import Counters
from civitai_engagement.sources import Sources

if TYPE_CHECKING:
    from civitai_engagement.modelling.success import SuccessFactor

HEAD = (
    "creator|posts|level|from|to|a week|irregular|spread|first day|comments per 100|top tenth|growth a month|"
    "like|heart|laugh|cry"
)
FIGURES = ("level", "low", "high", "a_week", "irregular", "spread", "first_day", "comments_per_100", "growth")
NO_RECIPE = "Description of who does well, not a recipe: those who gave up are not here."
READ = (
    "level: reactions of the median post at 72 h, 95 % interval; irregular: upper over lower quartile of the gaps "
    "between posts; spread: of logarithms; first day: share of 72 h; growth: level times this in 30 days."
)


class CreatorRow(BaseModel):
    """One creator: see the notes for each figure; what is not known is left out."""

    creator: str
    posts: int
    level: float | None = None
    low: float | None = None
    high: float | None = None
    a_week: float | None = None
    irregular: float | None = None
    spread: float | None = None
    first_day: float | None = None
    comments_per_100: float | None = None
    top_tenth: float | None = None
    growth: float | None = None
    mix: dict[str, float] | None = None

    def line(self) -> str:
        told = (self.level, self.low, self.high, self.a_week, self.irregular, self.spread, self.first_day)
        rest = (self.comments_per_100, self.top_tenth, self.growth)
        mix = [(self.mix or {}).get(name) for name in ("like", "heart", "laugh", "cry")]
        return row(self.creator, self.posts, *("-" if one is None else one for one in (*told, *rest, *mix)))


class FactorRow(BaseModel):
    """A standard deviation more of it goes with `ratio` times the level, 95 % `low` to `high`; of creators."""

    factor: str
    ratio: float
    low: float
    high: float
    q: float
    is_named: bool


class CreatorProfiles(Answer):
    """`creators`, the highest level first. `between` is the share of how much posts differ that is between creators."""

    compared: int
    between: float | None
    creators: list[CreatorRow]
    factors: list[FactorRow]

    def _lines(self) -> list[str]:
        lines = [HEAD, *(one.line() for one in self.creators)] if self.creators else []
        factors = [row(one.factor, one.ratio, one.low, one.high, one.q) for one in self.factors]
        return [*lines, *(["factor|times a standard deviation|from|to|q", *factors] if factors else [])]


@dataclass(frozen=True, slots=True)
class ProfiledMedia:
    """The newest media of all that is followed, by creator, with what they have by now."""

    media: Mapping[str, Sequence[MadeMedia]]
    counters: Mapping[str, Counters]


async def creator_profiles(sources: Sources, creators: Sequence[str], *, limit: int) -> CreatorProfiles:
    """Say how creators do: those named, or all that are followed.

    Raises:
        BadSetup: What computes factors is not installed.
        BadInput: All their media were found by their success.
        NotFound: Nothing of them is stored.
        StoreDown: The database is not reachable, or still starting.
    """
    modelling()
    async with sources.store.reading() as ledger:
        scopes = [MadeScope(creator=one) for one in creators] or [MadeScope()]
        if not sum([(await coverage_of(ledger, one)).media for one in scopes]):
            raise NotFound("No media is stored that this asks about.", hint="watch_creator follows creators.")
        read = [await ledger.features.made(one, limit=LIVE_MEDIA) for one in scopes]
        by = _by_creator([one for media in read for one in media])
        counters = await ledger.features.counters(list(by))
    return await asyncio.to_thread(answer_of, ProfiledMedia(by, counters), limit)


def _by_creator(media: Sequence[MadeMedia]) -> dict[str, list[MadeMedia]]:
    by: dict[str, list[MadeMedia]] = defaultdict(list)
    for one in media:
        by[one.creator.lower()].append(one)
    return by


def answer_of(read: ProfiledMedia, limit: int) -> CreatorProfiles:
    """Answer from media that were read."""
    made = [profile(media[0].creator, media, read.counters.get(name)) for name, media in read.media.items()]
    known = sorted((one for one in made if one is not None), key=lambda one: (-(one.level or 0), one.creator))
    between = share_between([one.logs for one in made if one is not None])
    factors = _factors(known)
    left = len(made) - len(known)
    notes = [READ, *([NO_RECIPE] if len(known) > 1 else [])]
    notes += [f"{count(left, 'creator')} with fewer than {LEAST_POSTS} posts known at 72 h left out."] if left else []
    notes += (
        [f"Factors take 60 creators; here are {len(known)}: only the ranks."] if not factors and len(known) > 1 else []
    )
    return CreatorProfiles(
        summary=_summary(known, between, factors),
        as_of=utc(oldest(one.as_of for media in read.media.values() for one in media)),
        notes=notes,
        compared=len(known),
        between=three_figures(between),
        creators=[_row(one) for one in known[:limit]],
        factors=[_factor(one) for one in factors],
    )


def _factors(known: Sequence[CreatorProfile]) -> "list[SuccessFactor]":
    rows = [one for one in known if one.a_week is not None and one.irregular is not None]
    factors = {
        "posts a week (log)": [math.log(one.a_week or 1.0) for one in rows],
        "irregular gaps (log)": [math.log(one.irregular or 1.0) for one in rows],
        "media a post (log)": [math.log(one.post_size) for one in rows],
        "share of videos": [one.video for one in rows],
        "share of R and higher": [one.restricted for one in rows],
        "posts known (log)": [math.log(one.posts) for one in rows],
    }
    found: list[SuccessFactor] = modelling().success_factors([one.mean_log for one in rows], factors)
    return found


def _summary(known: Sequence[CreatorProfile], between: float | None, factors: "Sequence[SuccessFactor]") -> str:
    if not known:
        return f"No creator has {LEAST_POSTS} posts whose count at 72 h of age is known."
    best = known[0]
    start = f"{count(len(known), 'creator')} with {LEAST_POSTS} posts or more"
    who = f"{clean(best.creator, 60)} has the highest level ({figures(best.level or 0)} reactions a post)"
    split = "" if between is None else f"; {between:.0%} of how much posts differ is who posted"
    named = [one.name for one in factors if one.is_named]
    told = (
        f"; goes with level: {', '.join(named)}"
        if named
        else ("; no factor can be told from chance" if factors else "")
    )
    return f"Of {start}, {who}{split}{told}."


def _row(one: CreatorProfile) -> CreatorRow:
    told = {"top_tenth": one.top_share} | {name: getattr(one, name) for name in FIGURES}
    known = {name: three_figures(value) for name, value in told.items() if value is not None}
    mix = {"mix": {name: three_figures(share) for name, share in one.mix.items()}} if one.mix else {}
    creator = clean(one.creator, 60).replace("|", "/")
    return CreatorRow.model_validate({"creator": creator, "posts": one.posts, **known, **mix})


def _factor(one: "SuccessFactor") -> FactorRow:
    ratios = {name: three_figures(getattr(one, name)) for name in ("ratio", "low", "high")}
    return FactorRow(factor=one.name, q=max(round(one.q, 3), 0.001), is_named=one.is_named, **ratios)
