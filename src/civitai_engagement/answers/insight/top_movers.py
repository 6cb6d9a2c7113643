"""The answer of `get_top_movers`: what gained most in a window, against what its age and its creator let expect."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import chain
from typing import TYPE_CHECKING

from civitai_engagement.analysis.baseline import Rating
from civitai_engagement.analysis.curves import HOUR, Curve
from civitai_engagement.analysis.movers import By, Movement, against_own, moved
from civitai_engagement.analysis.unknown import NotEnough, NotObserved
from civitai_engagement.answers.answer import (
    oldest,
    utc,
)
from civitai_engagement.answers.insight.curves import Drawn, draw
from civitai_engagement.answers.insight.mover_measured import MeasuredMover
from civitai_engagement.answers.insight.movers_found import CANDIDATES, FoundMovers
from civitai_engagement.answers.insight.movers_shape import Mover, MoverOptions, TopMovers
from civitai_engagement.answers.insight.movers_still import coverage_of, nothing_moved
from civitai_engagement.answers.insight.movers_words import movers_notes, movers_summary
from civitai_engagement.answers.insight.usual_growth import LESSONS, UsualGrowth, creator_of
from civitai_engagement.errors import BadInput
from civitai_engagement.records.curves import Brief, Gained, Of, Rising, Scope
from civitai_engagement.sources import Sources

if TYPE_CHECKING:
    from civitai_engagement.store.ledger import Ledger

CREATORS, PEERS = 5, 150  # whose usual is looked up, and from how many of their newest posts in all
SHORTEST, LONGEST = HOUR, timedelta(days=30)


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
            return nothing_moved(await coverage_of(ledger, scope, options, now, gained.unplaced))
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
    return _answer(FoundMovers(drawn, peers, movements, rising), asked.options, asked.scope)


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


def _answer(found: FoundMovers, options: MoverOptions, scope: Scope) -> TopMovers:
    order = found.ranked(options.by)
    shown = order[: options.limit]
    movers = [_mover(drawn, movement, found.peers) for drawn, movement in shown]
    return TopMovers(
        summary=movers_summary(movers, found, options),
        as_of=utc(oldest(drawn.brief.as_of for drawn, _ in shown)),
        notes=movers_notes(found, movers, options, scope),
        window=options.span,
        by=options.by,
        moved=found.rising.number,
        left_out=len(order) - len(movers),
        movers=movers,
    )


def _mover(drawn: Drawn, movement: Movement, peers: Mapping[str, Sequence[Drawn]]) -> Mover:
    return Mover.of(MeasuredMover(drawn.brief, movement, _against_own(drawn.brief, movement, peers)))


def _against_own(brief: Brief, movement: Movement, peers: Mapping[str, Sequence[Drawn]]) -> Rating | NotEnough | None:
    group = peers.get(creator_of(brief))
    if group is None:
        return None
    others = [one.curve for one in group if one.brief.id != brief.id and isinstance(one.curve, Curve)]
    return against_own(movement, [one for one in others if one.last_observed_at - one.published_at >= movement.to_age])
