"""The answer of `find_peak_hours`: when reactions arrive and which posts did better, only where that beats chance."""

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from pydantic import BaseModel

from civitai_engagement.analysis.chance import CHANCE, RELIABLE, HourOfDay, HourPattern
from civitai_engagement.analysis.curves import HOUR, Curve, sampled_at, spoken_age
from civitai_engagement.analysis.peak_hours import peak_hours
from civitai_engagement.analysis.posting_hours import Outcome, posting_hours
from civitai_engagement.analysis.unknown import NotEnough, NotObserved
from civitai_engagement.answers.answer import Answer, clean, count, oldest, row, utc
from civitai_engagement.answers.curves import Counted, Drawn, draw
from civitai_engagement.answers.doubts import doubts
from civitai_engagement.answers.post_rating import kind_of
from civitai_engagement.errors import NotFound
from civitai_engagement.records.curves import Scope
from civitai_engagement.sources import Sources

AGE = timedelta(hours=24)
MOST = 300
WORLDS = 199
TOLD = (
    f"An hour is named only where one as strong comes up in at most {CHANCE:.0%} of {WORLDS} patternless worlds, and "
    f"the pattern shows again in two halves of the data (reliability at least {RELIABLE}). Each hour is weighed 2:1 "
    "with its neighbours."
)
ARRIVALS = (
    "Counted are reactions, not comments. Arrivals are set against what the ages of the posts then alive lead to "
    "expect: 1 is as expected."
)
POSTING = (
    f"Posting compares counts at {spoken_age(AGE)} of age with the mean of the same creator, quarter and type. "
    "That posts of an hour did better does not say that the hour made them better."
)


class Finding(BaseModel):
    """What was found of one question: `hour` is null where the data cannot tell it from chance.

    `chance` is the share of patternless worlds with an hour as strong; `reliability` the split-half correlation (1: the
    pattern would show again). `n` posts were looked at; `needed` says what is too few (then all else is null).
    """

    hour: int | None
    n: int
    chance: float | None = None
    reliability: float | None = None
    needed: str | None = None


class HourRow(BaseModel):
    """One local hour: arrivals to the expected, and posts published then to the mean, with 95 % intervals."""

    hour: int
    arrivals: list[float] | None
    posting: list[float] | None


class PeakHours(Answer):
    """`hours` are of `time_zone`; each figure is [ratio, low, high], null where there is too little."""

    time_zone: str
    arrivals: Finding
    posting: Finding
    hours: list[HourRow]

    def _lines(self) -> list[str]:
        named = {"arrivals": self.arrivals, "posting": self.posting}
        verdicts = [f"{name}: {_verdict(one)}" for name, one in named.items()]
        if not self.hours:
            return verdicts
        rows = [row(f"{one.hour:02}", _cell(one.arrivals), _cell(one.posting)) for one in self.hours]
        return [*verdicts, "hour|arrivals (95 %)|posting (95 %)", *rows]


def _verdict(one: Finding) -> str:
    if one.needed:
        return one.needed
    found = "the data cannot tell an hour" if one.hour is None else f"{_clock(one.hour)} stands out"
    reliable = "not known" if one.reliability is None else f"{one.reliability:.2f}"
    return f"{found} (n {one.n} posts, chance {one.chance:.3f}, split-half reliability {reliable})"


def _cell(figure: Sequence[float] | None) -> str | None:
    return None if figure is None else f"{figure[0]:.2f} ({figure[1]:.2f} to {figure[2]:.2f})"


async def find_peak_hours(sources: Sources, creator: str | None, zone: ZoneInfo) -> PeakHours:
    """Say when reactions arrive, and at which hours posts were published that did better: one creator's, or all.

    Raises:
        NotFound: Nothing of the creator is stored, or nothing at all is followed.
        StoreDown: The database is not reachable, or still starting.
    """
    async with sources.store.reading() as ledger:
        briefs = await ledger.curves.briefs(Scope(creator=creator), limit=MOST)
        drawn = await draw(ledger, briefs, counted=Counted.REACTIONS)
    if not drawn:
        whose = f"creator {creator}" if creator else "any creator"
        hint = "watch_creator follows all a creator publishes, every hour while it is young."
        raise NotFound(f"No posts of {whose} are stored.", hint=hint)
    return await asyncio.to_thread(_answer, creator, drawn, zone)


def _answer(creator: str | None, drawn: Sequence[Drawn], zone: ZoneInfo) -> PeakHours:
    curves = [one.curve for one in drawn if isinstance(one.curve, Curve)]
    arrivals, posting = (
        peak_hours(curves, zone, draws=WORLDS),
        posting_hours(_outcomes(drawn), zone, draws=WORLDS),
    )
    reacted = sum(one.changes[-1].total > 0 for one in curves)
    found = _finding(arrivals, reacted), _finding(posting, len(curves))
    return PeakHours(
        summary=_summary(creator, zone, *found),
        as_of=utc(oldest(one.brief.as_of for one in drawn)),
        notes=_notes(creator, drawn, arrivals, posting),
        time_zone=zone.key,
        arrivals=found[0],
        posting=found[1],
        hours=_hours(arrivals, posting),
    )


def _outcomes(drawn: Sequence[Drawn]) -> list[Outcome]:
    found = [
        (one, one.curve, sampled_at(one.curve.knots(), AGE / HOUR)) for one in drawn if isinstance(one.curve, Curve)
    ]
    return [
        Outcome(curve.published_at, value, group=(one.brief.username, _quarter(curve.published_at), kind_of(one.brief)))
        for one, curve, value in found
        if not isinstance(value, NotObserved)
    ]


def _quarter(instant: datetime) -> tuple[int, int]:
    return instant.year, (instant.month - 1) // 3


def _finding(pattern: HourPattern | NotEnough, looked_at: int) -> Finding:
    if isinstance(pattern, NotEnough):
        return Finding(hour=None, n=looked_at, needed=str(pattern))
    known = pattern.verdict.reliability
    reliability = None if known is None else round(known, 2)
    return Finding(hour=pattern.best, n=pattern.n, chance=round(pattern.verdict.chance, 3), reliability=reliability)


def _hours(arrivals: HourPattern | NotEnough, posting: HourPattern | NotEnough) -> list[HourRow]:
    columns = [
        [None] * 24 if isinstance(one, NotEnough) else list(map(_figure, one.hours)) for one in (arrivals, posting)
    ]
    rows = [HourRow(hour=hour, arrivals=columns[0][hour], posting=columns[1][hour]) for hour in range(24)]
    return rows if any(one.arrivals or one.posting for one in rows) else []


def _figure(one: HourOfDay) -> list[float] | None:
    if one.ratio is None or one.low is None or one.high is None:
        return None
    return [round(number, 2) for number in (one.ratio, one.low, one.high)]


def _clock(hour: int) -> str:
    return f"{hour:02}:00-{(hour + 1) % 24:02}:00"


def _summary(creator: str | None, zone: ZoneInfo, arrivals: Finding, posting: Finding) -> str:
    whose = f"{clean(creator, 60)}'s posts" if creator else "all posts followed"
    return f"{_arrivals(arrivals, whose)}; {_posting(posting)} (hours of {zone.key})."


def _arrivals(one: Finding, whose: str) -> str:
    if one.needed:
        return f"When reactions to {whose} arrive cannot be told: {one.needed}"
    if one.hour is None:
        return f"The data cannot tell an hour at which more reactions to {whose} arrive ({count(one.n, 'post')})"
    return f"Reactions to {whose} arrive most at {_clock(one.hour)}, beyond what ages explain ({count(one.n, 'post')})"


def _posting(one: Finding) -> str:
    if one.needed:
        return f"whether a posting hour did better cannot be told: {one.needed}"
    if one.hour is None:
        return f"the data cannot tell a posting hour that did better ({count(one.n, 'post')})"
    return f"posts published at {_clock(one.hour)} did better than the others ({count(one.n, 'post')})"


def _notes(creator: str | None, drawn: Sequence[Drawn], *patterns: HourPattern | NotEnough) -> list[str]:
    arrivals, posting = (isinstance(one, HourPattern) for one in patterns)
    told = {
        TOLD: arrivals or posting,
        ARRIVALS: arrivals,
        POSTING: posting,
        f"Looked at were {'the newest' if creator else 'a sample over time of'} {MOST} posts.": len(drawn) >= MOST,
    }
    return [note for note, holds in told.items() if holds] + doubts(drawn)
