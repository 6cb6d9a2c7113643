"""The answer of `find_peak_hours`: when reactions arrive and which posts did better, only where that beats chance."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from pydantic import BaseModel

from civitai_engagement.analysis.chance import CHANCE, RELIABLE, HourOfDay, HourPattern
from civitai_engagement.analysis.curves import HOUR, Curve, sampled_at, spoken_age
from civitai_engagement.analysis.peak_hours import peak_hours
from civitai_engagement.analysis.posting_hours import PostAtAge, posting_hours
from civitai_engagement.analysis.unknown import NotEnough, NotObserved
from civitai_engagement.answers.answer import Answer, clean, count, oldest, row, utc
from civitai_engagement.answers.insight.curves import CurveCounter, Drawn, draw
from civitai_engagement.answers.insight.doubts import doubts
from civitai_engagement.answers.insight.settled import kind_of
from civitai_engagement.answers.recorded.waiting import what_to_do
from civitai_engagement.errors import NotFound
from civitai_engagement.records.curves import Scope
from civitai_engagement.records.filters import Subject
from civitai_engagement.sources import Sources

AGE = timedelta(hours=24)
DAY = timedelta(days=1)
MOST = 300
WORLDS = 199
TOLD = (
    f"An hour is named only where one as strong comes up in at most {CHANCE:.0%} of {WORLDS} patternless worlds, and "
    f"the pattern shows again in two halves of the data (reliability at least {RELIABLE}); of several the one with "
    "most. All that falls into one block of days is one witness. Each hour is weighed 2:1 with its neighbours."
)
ARRIVALS = (
    "Counted are reactions, not comments. Arrivals are set against what the ages of the posts then alive lead to "
    "expect: 1 is as expected."
)
POSTING = (
    f"Posting compares counts at {spoken_age(AGE)} of age with the mean of the posts of the same creator and type that "
    "came out around them. "
    "That posts of an hour did better does not say that the hour made them better."
)


class HourFinding(BaseModel):
    """What was found of one question: `hour` (local; `utc_hour`) is null where the data cannot tell it from chance.

    `chance` is the share of patternless worlds with an hour as strong; `reliability` the split-half correlation (1: the
    pattern would show again). `n` posts were looked at; `needed` says what is too few (then all else is null).
    """

    hour: int | None
    n: int
    utc_hour: int | None = None
    chance: float | None = None
    reliability: float | None = None
    needed: str | None = None


class HourRow(BaseModel):
    """One hour of UTC, by when it begins on the local clock: arrivals and posts published then, with 95 % intervals."""

    hour: int
    utc_hour: int
    begins: str
    arrivals: list[float] | None
    posting: list[float] | None


class PeakHours(Answer):
    """`hours` are those of UTC, told by the clock of `time_zone`; a figure is [ratio, low, high], null for too little.

    `offset` is how far that clock was from UTC when last looked at.
    """

    time_zone: str
    offset: str
    arrivals: HourFinding
    posting: HourFinding
    hours: list[HourRow]

    def _lines(self) -> list[str]:
        named = {"arrivals": self.arrivals, "posting": self.posting}
        verdicts = [f"{name}: {self._verdict(one)}" for name, one in named.items()]
        if not self.hours:
            return verdicts
        rows = [row(one.begins, _cell(one.arrivals), _cell(one.posting)) for one in self.hours]
        return [*verdicts, "from|arrivals (95 %)|posting (95 %)", *rows]

    def _verdict(self, one: HourFinding) -> str:
        if one.needed:
            return one.needed
        named = next((each.begins for each in self.hours if each.utc_hour == one.utc_hour), None)
        found = "the data cannot tell an hour" if named is None else f"the hour from {named} stands out"
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
        drawn = await draw(ledger, briefs, counted=CurveCounter.REACTIONS)
        if not drawn:
            whose = f"creator {creator}" if creator else "any creator"
            way = "watch_creator follows all a creator publishes, every hour while it is young."
            hint = await what_to_do(ledger, sources.clock.now(), Subject(creator=creator), way)
            raise NotFound(f"No posts of {whose} are stored.", hint=hint)
    return await asyncio.to_thread(_answer, creator, drawn, zone)


@dataclass(frozen=True, slots=True)
class Dial:
    """The clock of a zone at one time: all is reckoned in hours of UTC, so that every zone is given the same answer."""

    zone: ZoneInfo
    offset: timedelta

    @classmethod
    def at(cls, zone: ZoneInfo, instant: datetime | None) -> "Dial":
        """Read the zone's clock when the answer is true."""
        return cls(zone, instant.astimezone(zone).utcoffset() or timedelta() if instant else timedelta())

    def begins(self, utc_hour: int) -> timedelta:
        return (timedelta(hours=utc_hour) + self.offset) % DAY

    def hour(self, utc_hour: int) -> int:
        return self.begins(utc_hour) // HOUR

    def clock(self, utc_hour: int) -> str:
        """Write when an hour begins, as 19:00, or 23:30 where the zone is half an hour off."""
        minutes = self.begins(utc_hour) // timedelta(minutes=1)
        return f"{minutes // 60:02}:{minutes % 60:02}"

    @property
    def name(self) -> str:
        minutes = self.offset // timedelta(minutes=1)
        return f"UTC{'-' if minutes < 0 else '+'}{abs(minutes) // 60:02}:{abs(minutes) % 60:02}"


def _answer(creator: str | None, drawn: Sequence[Drawn], zone: ZoneInfo) -> PeakHours:
    curves = [one.curve for one in drawn if isinstance(one.curve, Curve)]
    arrivals, posting = peak_hours(curves, draws=WORLDS), posting_hours(_outcomes(drawn), draws=WORLDS)
    as_of = oldest(one.brief.as_of for one in drawn)
    dial = Dial.at(zone, as_of)
    reacted = sum(one.changes[-1].total > 0 for one in curves)
    found = _finding(arrivals, reacted, dial), _finding(posting, len(curves), dial)
    return PeakHours(
        summary=_summary(creator, dial, *found),
        as_of=utc(as_of),
        notes=_notes(creator, drawn, arrivals, posting),
        time_zone=zone.key,
        offset=dial.name,
        arrivals=found[0],
        posting=found[1],
        hours=_hours(arrivals, posting, dial),
    )


def _outcomes(drawn: Sequence[Drawn]) -> list[PostAtAge]:
    found = [
        (one, one.curve, sampled_at(one.curve.points(), AGE / HOUR)) for one in drawn if isinstance(one.curve, Curve)
    ]
    return [
        PostAtAge(curve.published_at, value, group=(one.brief.username, kind_of(one.brief)))
        for one, curve, value in found
        if not isinstance(value, NotObserved)
    ]


def _finding(pattern: HourPattern | NotEnough, looked_at: int, dial: Dial) -> HourFinding:
    if isinstance(pattern, NotEnough):
        return HourFinding(hour=None, n=looked_at, needed=str(pattern))
    known = pattern.verdict.reliability
    return HourFinding(
        hour=None if pattern.best is None else dial.hour(pattern.best),
        n=pattern.n,
        utc_hour=pattern.best,
        chance=round(pattern.verdict.chance, 3),
        reliability=None if known is None else round(known, 2),
    )


def _hours(arrivals: HourPattern | NotEnough, posting: HourPattern | NotEnough, dial: Dial) -> list[HourRow]:
    columns = [
        [None] * 24 if isinstance(one, NotEnough) else list(map(_figure, one.hours)) for one in (arrivals, posting)
    ]
    rows = [
        HourRow(
            hour=dial.hour(hour),
            utc_hour=hour,
            begins=dial.clock(hour),
            arrivals=columns[0][hour],
            posting=columns[1][hour],
        )
        for hour in sorted(range(24), key=dial.begins)
    ]
    return rows if any(one.arrivals or one.posting for one in rows) else []


def _figure(one: HourOfDay) -> list[float] | None:
    if one.ratio is None or one.low is None or one.high is None:
        return None
    return [round(number, 2) for number in (one.ratio, one.low, one.high)]


def _clock(one: HourFinding, dial: Dial) -> str:
    assert one.utc_hour is not None  # noqa: S101 # only a named hour is told
    return f"{dial.clock(one.utc_hour)}-{dial.clock((one.utc_hour + 1) % 24)}"


def _summary(creator: str | None, dial: Dial, arrivals: HourFinding, posting: HourFinding) -> str:
    whose = f"{clean(creator, 60)}'s posts" if creator else "all posts followed"
    told = f"{_arrivals(arrivals, whose, dial)}; {_posting(posting, dial)}"
    return f"{told} (hours of {dial.zone.key}, {dial.name})."


def _arrivals(one: HourFinding, whose: str, dial: Dial) -> str:
    if one.needed:
        return f"When reactions to {whose} arrive cannot be told: {one.needed}"
    if one.hour is None:
        return f"The data cannot tell an hour at which more reactions to {whose} arrive ({count(one.n, 'post')})"
    when = _clock(one, dial)
    return f"Reactions to {whose} arrive most at {when}, beyond what ages explain ({count(one.n, 'post')})"


def _posting(one: HourFinding, dial: Dial) -> str:
    if one.needed:
        return f"whether a posting hour did better cannot be told: {one.needed}"
    if one.hour is None:
        return f"the data cannot tell a posting hour that did better ({count(one.n, 'post')})"
    return f"posts published at {_clock(one, dial)} did better than the others ({count(one.n, 'post')})"


def _notes(creator: str | None, drawn: Sequence[Drawn], *patterns: HourPattern | NotEnough) -> list[str]:
    arrivals, posting = (isinstance(one, HourPattern) for one in patterns)
    told = {
        TOLD: arrivals or posting,
        ARRIVALS: arrivals,
        POSTING: posting,
        f"Looked at were {'the newest' if creator else 'a sample over time of'} {MOST} posts.": len(drawn) >= MOST,
    }
    return [note for note, holds in told.items() if holds] + doubts(drawn)
