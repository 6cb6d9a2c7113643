"""The answer of `summarize_creator`: what there is, what is typical, of what it is made, and how a period went."""

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from civitai_engagement.analysis.baseline import baseline, ratio_to
from civitai_engagement.analysis.curves import HOUR, Curve, read_off, sampled_at
from civitai_engagement.analysis.percent_interval import PercentInterval
from civitai_engagement.analysis.periods import Period, concentration, last_complete, reaction_mix
from civitai_engagement.analysis.ratios import Ratio
from civitai_engagement.analysis.turnover import NEAR, PeriodChange, change, turnover
from civitai_engagement.analysis.unknown import NotEnough, NotObserved
from civitai_engagement.answers.answer import (
    clean,
    count,
    engagement,
    oldest,
    three_figures,
    utc,
)
from civitai_engagement.answers.insight.curves import Drawn, draw
from civitai_engagement.answers.insight.doubts import COUNTED, SAMPLED, doubts, left_out, reasons
from civitai_engagement.answers.insight.equal_age import AGE, AT
from civitai_engagement.answers.insight.made_of import MadeOf, made_of
from civitai_engagement.answers.insight.periods import compared, gained, period_row, placed, rounded
from civitai_engagement.answers.insight.settled import settled_typical
from civitai_engagement.answers.insight.summary_shape import (
    BestPost,
    CreatorSummary,
    SummaryOptions,
    TypicalPost,
    settled_total_words,
    typical_words,
)
from civitai_engagement.answers.now.media import summed, totals_of
from civitai_engagement.answers.recorded.waiting import what_to_do
from civitai_engagement.answers.why.effect_words import of_study
from civitai_engagement.errors import NotFound
from civitai_engagement.records.curves import Scope
from civitai_engagement.records.filters import Subject
from civitai_engagement.records.findings import EVERYTHING, STUDIED_AT, Study
from civitai_engagement.records.media import Counters
from civitai_engagement.records.periods import PostPeriods, PostTotal
from civitai_engagement.records.rules import SLACK
from civitai_engagement.records.shares import CreatorPosts, Share
from civitai_engagement.sources import Sources

if TYPE_CHECKING:
    from civitai_engagement.store.ledger import Ledger

MOST = 400
THERE = "Summed is what is followed here: posts that Civitai has and that were never observed are not in it."


@dataclass(frozen=True, slots=True)
class CreatorHoldings:
    """What is stored of a creator: of all `posts`, but for the curves, which are `drawn` of the newest."""

    creator: CreatorPosts
    shares: Sequence[Share]
    periods: Sequence[PostPeriods]
    totals: Sequence[PostTotal]
    drawn: Sequence[Drawn]
    made: MadeOf
    study: Study | None

    @property
    def is_cut(self) -> bool:
        return self.creator.posts > len(self.drawn)

    @property
    def known(self) -> list[int]:
        return [one.total for one in self.totals if one.is_whole]


async def creator_summary(sources: Sources, creator: str, span: SummaryOptions) -> CreatorSummary:
    """Sum up a creator.

    Raises:
        NotFound: Nothing of them is stored.
        StoreDown: The database is not reachable, or still starting.
    """
    period = last_complete(span.days, sources.clock.now(), span.zone)
    async with sources.store.reading() as ledger:
        held = await _held(ledger, creator, period)
        if not held.shares:
            way = "watch_creator follows all they publish, and looks at once."
            hint = await what_to_do(ledger, sources.clock.now(), Subject(creator=creator), way)
            raise NotFound(f"Nothing of creator {creator} is stored.", hint=hint)
    return await asyncio.to_thread(_answer, creator, held, period, is_compared=span.is_compared)


async def _held(ledger: "Ledger", creator: str, period: Period) -> CreatorHoldings:
    spans = [(one.start, one.end) for one in (period, period.previous())]
    shares = await ledger.shares.of_creator(creator)
    return CreatorHoldings(
        creator=await ledger.shares.posts_of_creator(creator),
        shares=shares,
        periods=await ledger.periods.of_creator(creator, spans, near=NEAR, slack=SLACK),
        totals=await ledger.periods.totals_of_creator(creator),
        drawn=await draw(ledger, await ledger.curves.briefs(Scope(creator=creator), limit=MOST)),
        made=await made_of(ledger, creator, shares),
        study=await ledger.findings.get("parameters", EVERYTHING, STUDIED_AT[0]),
    )


@dataclass(frozen=True, slots=True)
class PostsAt24h:
    """The posts at 24 h of age: what they had to take the typical from, and why it is not known of others.

    `own` are the counts of single posts, by the stricter rule of rate_post.
    """

    counts: Sequence[float]
    own: Sequence[tuple[float, int]]
    missing: Sequence[NotObserved]

    def typical(self) -> TypicalPost | NotEnough:
        found = baseline(self.counts)
        if isinstance(found, NotEnough):
            return NotEnough(found.n, found.needed, f"posts observed at {AT} of age")
        return TypicalPost(
            median=three_figures(found.median), low=three_figures(found.low), high=three_figures(found.high), n=found.n
        )

    def best(self, typical: TypicalPost | NotEnough) -> BestPost | None:
        if not self.own:
            return None
        most, post = max(self.own)
        ratio = None if isinstance(typical, NotEnough) else ratio_to(most, typical.median)
        return BestPost(post=str(post), count=round(most), times_typical=three_figures(ratio))


def _at_a_day(drawn: Iterable[Drawn]) -> PostsAt24h:
    looked = [(one.curve.points() if isinstance(one.curve, Curve) else one.curve, one.brief.id) for one in drawn]
    told = [points if isinstance(points, NotObserved) else sampled_at(points, AGE / HOUR) for points, _ in looked]
    own = [(read_off(points, AGE / HOUR), post) for points, post in looked if not isinstance(points, NotObserved)]
    return PostsAt24h(
        [value for value in told if not isinstance(value, NotObserved)],
        [(value, post) for value, post in own if not isinstance(value, NotObserved)],
        [value for value in told if isinstance(value, NotObserved)],
    )


def _answer(creator: str, held: CreatorHoldings, period: Period, *, is_compared: bool) -> CreatorSummary:
    counters = summed(one.counters for one in held.shares if one.counters)
    day = _at_a_day(held.drawn)
    typical = day.typical()
    grown = change(held.periods, period) if is_compared else None
    percent, interval = (grown.percent, grown.interval) if grown else (Ratio(None), PercentInterval())
    top, whole = concentration([one.total for one in held.totals]), held.known
    totals = totals_of(
        counters, known=sum(one.known for one in held.shares), media=sum(one.media for one in held.shares)
    )
    told = CreatorSummary(
        summary="",
        as_of=utc(oldest(one.as_of for one in held.shares)),
        notes=_notes(held, day, grown, period),
        creator=clean(held.creator.username, 60) or creator,
        posts=held.creator.posts,
        totals=totals,
        average_per_post=three_figures(sum(whole) / len(whole) if whole else None),
        average_of=len(whole),
        reaction_mix=_mix(counters),
        typical=None if isinstance(typical, NotEnough) else typical,
        settled=settled_typical(one.brief for one in held.drawn),
        best=day.best(typical),
        top_tenth_share=None if top.value is None else round(top.value, 3),
        by_type=held.made.by_type,
        by_base_model=held.made.by_base_model,
        period=period_row(grown.now if grown else turnover(held.periods, period)),
        previous=period_row(grown.before) if grown else None,
        change_percent=None if percent.value is None else round(percent.value, 1),
        change_interval=rounded(interval),
        undefined=_undefined(typical, top, percent, interval),
    )
    newest = len(held.drawn) if held.is_cut else None
    goes_with = {"goes_with": said} if (said := of_study(held.study)) else {}
    return told.model_copy(update={"summary": _summary(told, period, newest)} | goes_with)


def _mix(counters: Counters | None) -> dict[str, float] | None:
    shares = reaction_mix(counters) if counters else None
    return shares and {name: round(share, 3) for name, share in shares.items()}


def _undefined(
    typical: TypicalPost | NotEnough, top: Ratio, percent: Ratio, interval: PercentInterval
) -> dict[str, str]:
    reasons_ = {
        "typical": str(typical) if isinstance(typical, NotEnough) else None,
        "top_tenth_share": top.reason,
        "change_percent": percent.reason,
        "change_interval": interval.reason,
    }
    return {name: reason for name, reason in reasons_.items() if reason}


def _summary(told: CreatorSummary, period: Period, newest: int | None) -> str:
    media = count(told.totals.media, "media", "media")
    stats = told.totals.stats
    counted = "no known counters" if stats is None else engagement(_total(told))
    head = f"{told.creator}: {count(told.posts, 'post')} ({media}) with {counted}"
    whose = "the typical post" if newest is None else f"the typical of the newest {count(newest, 'post')}"
    usual = f"{whose} at {AT} has {typical_words(told.typical)}" if told.typical else _too_few(told)
    return f"{head}; {usual}; {gained(told.period, (told.change_percent, told.change_interval), period)}."


def _too_few(told: CreatorSummary) -> str:
    settled = f"; in all, posts have typically {settled_total_words(told.settled)}" if told.settled else ""
    return f"{told.undefined['typical']} to say what is typical{settled}"


def _total(told: CreatorSummary) -> int:
    stats = told.totals.stats
    return (told.totals.reactions or 0) + (stats.comment if stats else 0)


def _notes(held: CreatorHoldings, day: PostsAt24h, grown: PeriodChange | None, period: Period) -> list[str]:
    newest = f"the newest {len(held.drawn):,} of {count(held.creator.posts, 'post')}"
    cut = f"Typical and best are of {newest}; all else is of all."
    missing = left_out(reasons(day.missing))
    said = [
        COUNTED,
        SAMPLED,
        THERE,
        cut if held.is_cut else None,
        missing and f"At {AT}: {missing}",
        compared(grown) if grown else None,
        *placed(grown.now if grown else turnover(held.periods, period)),
    ]
    return [*filter(None, said), *held.made.notes, *doubts(held.drawn)]
