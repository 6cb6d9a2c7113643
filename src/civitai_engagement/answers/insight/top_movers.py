"""The answer of `get_top_movers`: what gained most in a window, against what its age and its creator let expect."""

import asyncio
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import chain
from typing import TYPE_CHECKING

from pydantic import BaseModel

from civitai_engagement.analysis.baseline import Rating
from civitai_engagement.analysis.curves import HOUR, Curve, spoken_age
from civitai_engagement.analysis.gains import Gain, gain_between
from civitai_engagement.analysis.movers import YOUNG, By, Movement, against_own, moved, ranked
from civitai_engagement.analysis.unknown import NotEnough, NotObserved
from civitai_engagement.answers.answer import (
    Answer,
    clean,
    count,
    engagement,
    figures,
    more,
    oldest,
    row,
    spoken,
    three_figures,
    times,
    utc,
)
from civitai_engagement.answers.insight.curves import Drawn, draw
from civitai_engagement.answers.insight.doubts import doubts
from civitai_engagement.answers.insight.usual_growth import LESSONS, UsualGrowth, creator_of
from civitai_engagement.errors import BadInput
from civitai_engagement.records.curves import Brief, Gained, Of, Rising, Scope
from civitai_engagement.sources import Sources

if TYPE_CHECKING:
    from civitai_engagement.store.ledger import Ledger

CANDIDATES = 40  # what gained most in the window, to be measured closely
CREATORS, PEERS = 5, 150  # whose usual is looked up, and from how many of their newest posts in all
MOST_LOOKED = 1_000  # of what gained nothing
SHORTEST, LONGEST = HOUR, timedelta(days=30)
TOO_LITTLE = "too little was looked to say that it gained in this window"
BRIEF = "observed for less than half an hour"
RANKED = {By.GAIN: "by gain", By.PER_HOUR: "by pace", By.AGE: "by age"}


class Mover(BaseModel):
    """One post or image and what it gained (reactions and comments) in the window, over the `hours` observed of it.

    `per_hour` is null where less than half an hour was observed.

    `times_expected` is against what is usual from its age on; `times_own` against the median of `own_n` others of its
    creator between the same ages, with its 95 % interval `own_interval`. null: not known.
    """

    id: str
    creator: str | None
    age_hours: float
    gain: int
    hours: float
    per_hour: float | None
    times_expected: float | None
    times_own: float | None
    own_interval: list[float | None] | None
    own_n: int | None
    remark: str | None


class TopMovers(Answer):
    """Movers, greatest first; `moved` is how many gained at all, `left_out` how many of those ranked are not told."""

    window: str
    by: str
    moved: int
    left_out: int
    movers: list[Mover]

    def _lines(self) -> list[str]:
        head = "id|creator|age|gain|hours|per hour|x expected|x own usual (95 %, n)|remark"
        left = [f"({self.left_out} more are ranked: ask with a larger limit)"] if self.left_out else []
        return [head, *map(_line, self.movers), *left] if self.movers else []


def _line(one: Mover) -> str:
    numbers = [str(one.gain), figures(one.hours), "-" if one.per_hour is None else figures(one.per_hour)]
    own = "-"
    if one.times_own is not None and one.own_interval:
        low, high = ("?" if end is None else figures(end) for end in one.own_interval)
        own = f"{figures(one.times_own)} ({low} to {high}, {one.own_n})"
    expected = "-" if one.times_expected is None else figures(one.times_expected)
    return row(one.id, one.creator, spoken_age(one.age_hours * HOUR), *numbers, expected, own, one.remark or "")


@dataclass(frozen=True, slots=True)
class MoverOptions:
    """Which movers are wanted."""

    window: timedelta = timedelta(hours=24)
    of: Of = Of.POSTS
    by: By = By.GAIN
    limit: int = 10

    @property
    def span(self) -> str:
        return spoken_age(self.window)


@dataclass(frozen=True, slots=True)
class _Found:
    """What gained, as drawn, in the order of its gain; the creators' other posts; what each gained, by id.

    `rising` says how many gained in all.
    """

    drawn: Sequence[Drawn]
    peers: Mapping[str, Sequence[Drawn]]
    movements: Mapping[int, Movement | NotObserved]
    rising: Rising

    def ranked(self, by: By) -> list[tuple[Drawn, Movement]]:
        """Order what can be measured so, greatest first."""
        by_movement = {id(self.movements[one.brief.id]): one for one in self.drawn}
        measured = [one for one in self.movements.values() if isinstance(one, Movement) and one.gain.amount > 0]
        return [(by_movement[id(movement)], movement) for movement in ranked(measured, by)]

    @property
    def is_capped(self) -> bool:
        """Say whether more gained than were measured closely."""
        return self.rising.number - self.rising.young > CANDIDATES

    @property
    def untold(self) -> "Counter[str]":
        """Count why it cannot be said of some that they gained in the window."""
        told = Counter(
            one.curve.reason if isinstance(one.curve, NotObserved) else TOO_LITTLE
            for one in self.drawn
            if isinstance(moved := self.movements[one.brief.id], NotObserved) or moved.gain.amount <= 0
        )
        return told + Counter({TOO_LITTLE: self.rising.unplaced})

    def unranked(self, by: By) -> "Counter[str]":
        """Count why some that gained are not ranked so."""
        young = Counter({YOUNG: self.rising.young})
        gained = [one for one in self.movements.values() if isinstance(one, Movement) and one.gain.amount > 0]
        left = [one for one in gained if one.measured(by) is None]
        return young + Counter(BRIEF if by is By.PER_HOUR else one.times_expected.reason or "" for one in left)


async def top_movers(sources: Sources, scope: Scope, options: MoverOptions) -> TopMovers:
    """Tell what gained most in the time before now.

    Raises:
        BadInput: The window is shorter than an hour or longer than 30 days.
        StoreDown: The database is not reachable, or still starting.
    """
    if not SHORTEST <= options.window <= LONGEST:
        raise BadInput(f"{options.span} is no window of time to look at.", hint="Write 1h to 30d, such as 24h or 7d.")
    now = sources.clock.now()
    async with sources.store.reading() as ledger:
        gained = await ledger.curves.gained(
            scope, now - options.window, now, of=options.of, by=options.by, limit=CANDIDATES
        )
        if not gained.number:
            return _nothing(await _looks(ledger, scope, options, now, gained.unplaced))
        drawn = await _drawn(ledger, [one for one in gained.most if one.gain > 0], options, now)
        peers = await _peers(ledger, drawn, options.of)
        lessons = await _lessons(ledger, [*chain(*peers.values()), *drawn], options.of)
    return await asyncio.to_thread(_measured, drawn, peers, lessons, gained, _Asked(options, scope, now))


async def _drawn(ledger: "Ledger", gained: Sequence[Gained], options: MoverOptions, now: datetime) -> list[Drawn]:
    """Draw them, by age only what was out before the window: nothing is expected yet of the others."""
    ids = tuple(one.id for one in gained)
    briefs = await ledger.curves.briefs(Scope.naming(options.of, ids), of=options.of)
    since, places = now - options.window, {number: place for place, number in enumerate(ids)}
    wanted = [one for one in briefs if options.by is not By.AGE or not one.published_at or one.published_at < since]
    return await draw(ledger, sorted(wanted, key=lambda one: places[one.id]), of=options.of)


async def _peers(ledger: "Ledger", drawn: Sequence[Drawn], of: Of) -> dict[str, list[Drawn]]:
    """Draw the newest of the creators of what gained most, by their names in lower case."""
    creators = list(dict.fromkeys(name for one in drawn if (name := creator_of(one.brief))))[:CREATORS]
    each = PEERS // max(len(creators), 1)
    briefs = [one for name in creators for one in await ledger.curves.briefs(Scope(creator=name), of=of, limit=each)]
    peers = await draw(ledger, briefs, of=of)
    return {name: [one for one in peers if creator_of(one.brief) == name] for name in creators}


async def _lessons(ledger: "Ledger", known: Sequence[Drawn], of: Of) -> Sequence[Drawn]:
    """Where these are too few to learn from what is usual, take some of all that is followed, over time."""
    if len({one.brief.id for one in known}) > LESSONS:
        return known
    others = await draw(ledger, await ledger.curves.briefs(Scope(), of=of, limit=LESSONS), of=of)
    return [*known, *others]


@dataclass(frozen=True, slots=True)
class _Asked:
    """What is asked, of what, and when."""

    options: MoverOptions
    scope: Scope
    now: datetime


def _measured(
    drawn: Sequence[Drawn],
    peers: Mapping[str, Sequence[Drawn]],
    lessons: Sequence[Drawn],
    rising: Rising,
    asked: _Asked,
) -> TopMovers:
    movements = _movements(drawn, lessons, asked.options, asked.now)
    return _answer(_Found(drawn, peers, movements, rising), asked.options, asked.scope)


def _movements(
    drawn: Sequence[Drawn], lessons: Sequence[Drawn], options: MoverOptions, now: datetime
) -> dict[int, Movement | NotObserved]:
    usual = UsualGrowth(lessons)
    return {one.brief.id: _movement(one, usual, options, now) for one in drawn}


def _movement(drawn: Drawn, usual: UsualGrowth, options: MoverOptions, now: datetime) -> Movement | NotObserved:
    if isinstance(drawn.curve, NotObserved):
        return drawn.curve
    since = now - options.window
    return moved(drawn.curve, since, now, usual.of(drawn.brief, since - drawn.curve.published_at))


def _answer(found: _Found, options: MoverOptions, scope: Scope) -> TopMovers:
    order = found.ranked(options.by)
    shown = order[: options.limit]
    movers = [_mover(drawn, movement, found.peers) for drawn, movement in shown]
    return TopMovers(
        summary=_summary(movers, found, options),
        as_of=utc(oldest(drawn.brief.as_of for drawn, _ in shown)),
        notes=_notes(found, movers, options, scope),
        window=options.span,
        by=options.by,
        moved=found.rising.number,
        left_out=len(order) - len(movers),
        movers=movers,
    )


def _mover(drawn: Drawn, movement: Movement, peers: Mapping[str, Sequence[Drawn]]) -> Mover:
    own = _against_own(drawn.brief, movement, peers)
    rating = own if isinstance(own, Rating) else None
    return Mover(
        id=str(drawn.brief.id),
        creator=clean(drawn.brief.username, 60),
        age_hours=three_figures(movement.to_age / HOUR),
        gain=movement.gain.amount,
        hours=three_figures(movement.gain.hours),
        per_hour=three_figures(movement.gain.per_hour),
        times_expected=three_figures(movement.times_expected.value),
        times_own=three_figures(rating.ratio if rating else None),
        own_interval=[three_figures(rating.low), three_figures(rating.high)] if rating else None,
        own_n=rating.baseline.n if rating else own.n if isinstance(own, NotEnough) else None,
        remark=_remark(movement, own),
    )


def _against_own(brief: Brief, movement: Movement, peers: Mapping[str, Sequence[Drawn]]) -> Rating | NotEnough | None:
    group = peers.get(creator_of(brief))
    if group is None:
        return None
    others = [one.curve for one in group if one.brief.id != brief.id and isinstance(one.curve, Curve)]
    return against_own(movement, [one for one in others if one.last_observed_at - one.published_at >= movement.to_age])


def _remark(movement: Movement, own: Rating | NotEnough | None) -> str | None:
    said = {
        f"{movement.gain.fell:,} taken back meanwhile": movement.gain.fell,
        "not observed for much of it": movement.gain.has_gap,
        f"{more(movement.gain.unplaced)} may have come before": movement.gain.unplaced,
        f"{movement.gain.joined:,} of media first seen late not counted in": movement.gain.joined,
        "own usual gain at this age is 0": isinstance(own, Rating) and not own.baseline.median,
    }
    return "; ".join(words for words, holds in said.items() if holds) or None


def _summary(movers: Sequence[Mover], found: _Found, options: MoverOptions) -> str:
    number = count(found.rising.number, options.of.thing)
    if not movers:
        why = _counted(found.unranked(options.by) + found.untold)
        return f"Of {number} that gained in the last {options.span} none is ranked {RANKED[options.by]}: {why}."
    also = f"{number} gained in the last {options.span}"
    first = movers[0]
    whose = f" by {first.creator}" if first.creator else ""
    pace = "" if first.per_hour is None else f", {figures(first.per_hour)} an hour"
    gained = f"{engagement(first.gain)} in {_spoken(first.hours)}{pace}"
    name = f"{options.of.thing.capitalize()} {first.id}{whose}"
    if options.by is By.AGE:
        expected = "" if first.times_expected is None else f", {times(first.times_expected, 'the expected')}"
        among = f" among the {CANDIDATES} that gained most" if found.is_capped else ""
        return f"{name} moved most for its age{among}{expected}: {gained}; {also}."
    most = "fastest" if options.by is By.PER_HOUR else "most"
    return f"{name} gained {most}: {gained}; {also}."


def _counted(reasons: Mapping[str, int]) -> str:
    return "; ".join(f"{why} ({number:,})" for why, number in reasons.items())


def _spoken(hours: float) -> str:
    number, unit = (figures(hours), "hour") if hours >= 1 else (figures(60 * hours), "minute")
    return f"{number} observed {unit if number == '1' else f'{unit}s'}"


HOURS = (
    "A gain is what was first seen in the window, all of it where it was published in it; hours says how much of that "
    "was observed."
)
EXPECTED = (
    "x expected is against how the creator's posts usually grow from one age to the next (of fewer than 10: how "
    "others do too); from 10 before the window on, where 1 or more is expected."
)
OWN = "x own usual is against the median gain of the creator's others between the same ages, from 10 of them on."
STRANGERS = "Sampled strangers are left out; name a creator to see theirs."


def _notes(found: _Found, movers: Sequence[Mover], options: MoverOptions, scope: Scope) -> list[str]:
    few, thing = sum(one.own_n is not None and one.times_own is None for one in movers), options.of.thing
    most = "fastest" if options.by is By.PER_HOUR else "most"
    old = " of those that were out before" if options.by is By.AGE else ""
    untold, unranked = found.untold, found.unranked(options.by)
    unexpected = Counter({} if options.by is By.AGE else _unexpected(found, movers))
    said = {
        HOURS: True,
        EXPECTED: any(one.times_expected is not None for one in movers),
        OWN: any(one.times_own is not None for one in movers),
        f"{count(few, thing)} without a usual: too few others were observed at the same ages.": few,
        f"Without x expected: {_counted(unexpected)}.": unexpected,
        **{f"{count(number, thing)} not told: {why}.": movers for why, number in untold.items()},
        **{
            f"{count(number, thing)} not ranked {RANKED[options.by]}: {why}.": movers
            for why, number in unranked.items()
        },
        f"Ranked are the {CANDIDATES} that gained {most}{old}.": found.is_capped,
        STRANGERS: scope.creator is None,
    }
    shown = {one.id for one in movers}
    return [
        *(note for note, holds in said.items() if holds),
        *doubts([one for one in found.drawn if str(one.brief.id) in shown]),
    ]


def _unexpected(found: _Found, movers: Sequence[Mover]) -> Iterable[str]:
    """Give the reason of each that is told without what was to be expected."""
    told = (found.movements[int(one.id)] for one in movers)
    return [one.times_expected.reason for one in told if isinstance(one, Movement) and one.times_expected.reason]


@dataclass(frozen=True, slots=True)
class _Coverage:
    """How far what gained nothing was looked at: in the window, and so that its gain is known to be none.

    Of `unplaced` it is known to have gained, but not whether in the window.
    """

    briefs: Sequence[Brief]
    looked: Sequence[Brief]
    known: int
    unplaced: int
    options: MoverOptions
    scope: Scope

    @property
    def last(self) -> datetime | None:
        return max((one.as_of for one in self.briefs if one.as_of), default=None)


async def _looks(ledger: "Ledger", scope: Scope, options: MoverOptions, now: datetime, unplaced: int) -> _Coverage:
    since = now - options.window
    briefs = await ledger.curves.briefs(scope, of=options.of, limit=MOST_LOOKED)
    looked = [one for one in briefs if one.as_of is not None and one.as_of > since]
    drawn = await draw(ledger, looked, of=options.of, since=since)
    gains = [gain_between(one.curve, since, now) for one in drawn if isinstance(one.curve, Curve)]
    return _Coverage(briefs, looked, sum(isinstance(gain, Gain) for gain in gains), unplaced, options, scope)


def _nothing(looks: _Coverage) -> TopMovers:
    """Tell standing still from not having looked, and from having looked once."""
    unseen, once = len(looks.briefs) - len(looks.looked), len(looks.looked) - looks.known
    thing = looks.options.of.thing
    said = {
        f"{count(unseen, thing)} not observed in this time: unknown, not zero.": looks.looked and unseen,
        f"{count(once, thing)} observed once only: what {'it' if once == 1 else 'they'} gained is not known yet.": (
            looks.known and once
        ),
    }
    return TopMovers(
        summary=_still(looks),
        as_of=utc(oldest(one.as_of for one in looks.looked) or looks.last),
        notes=[note for note, holds in said.items() if holds],
        window=looks.options.span,
        by=looks.options.by,
        moved=0,
        left_out=0,
        movers=[],
    )


def _still(looks: _Coverage) -> str:
    thing, span = looks.options.of.thing, looks.options.span
    newest = "the newest " if len(looks.briefs) >= MOST_LOOKED else ""
    if not looks.briefs:
        return f"There are no {thing}s{_of(looks.scope)} to look at: {_hint(looks.scope)}."
    if not looks.looked:
        when = f"; the last look was at {spoken(looks.last)}" if looks.last else ""
        return f"Of {newest}{count(len(looks.briefs), thing)} none was observed in the last {span}{when}."
    if looks.unplaced:
        seen = f"Of {newest}{count(len(looks.looked), thing)} observed in the last {span}"
        return f"{seen} none is known to have gained in it: {looks.unplaced} gained since the looks before it."
    if not looks.known:
        seen = count(len(looks.looked), thing)
        return f"What {seen} gained in the last {span} is not known yet: observed once, and a gain takes two looks."
    return f"Of {newest}{count(looks.known, thing)} observed in the last {span} none gained anything."


def _of(scope: Scope) -> str:
    """Name what is missing: others may well be followed."""
    if scope.creator is not None:
        return f" of creator {clean(scope.creator, 60)}"
    return " of those named" if scope.posts is not None or scope.images is not None else ""


def _hint(scope: Scope) -> str:
    if scope.creator is not None:
        return "watch_creator begins to follow them; list_watches tells who is followed"
    return "record_civitai_post or watch_creator begins to follow some"
