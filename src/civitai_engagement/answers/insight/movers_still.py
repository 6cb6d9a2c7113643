"""What is said where nothing gained: standing still told from not having looked."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from civitai_engagement.analysis.curves import Curve
from civitai_engagement.analysis.gains import Gain, gain_between
from civitai_engagement.answers.answer import (
    clean,
    count,
    oldest,
    spoken,
    utc,
)
from civitai_engagement.answers.insight.curves import draw
from civitai_engagement.answers.insight.movers_shape import MoverOptions, TopMovers
from civitai_engagement.answers.recorded.waiting import what_to_do
from civitai_engagement.records.curves import Brief, Scope
from civitai_engagement.records.filters import Subject

if TYPE_CHECKING:
    from civitai_engagement.store.ledger import Ledger


MOST_LOOKED = 1_000  # of what gained nothing


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
    hint: str = ""

    @property
    def last(self) -> datetime | None:
        return max((one.as_of for one in self.briefs if one.as_of), default=None)


async def coverage_of(ledger: "Ledger", scope: Scope, options: MoverOptions, now: datetime, unplaced: int) -> _Coverage:
    since = now - options.window
    briefs = await ledger.curves.briefs(scope, of=options.of, limit=MOST_LOOKED)
    looked = [one for one in briefs if one.as_of is not None and one.as_of > since]
    drawn = await draw(ledger, looked, of=options.of, since=since)
    gains = [gain_between(one.curve, since, now) for one in drawn if isinstance(one.curve, Curve)]
    subject = Subject(post_id=scope.posts[0] if scope.posts else None, creator=scope.creator)
    hint = "" if briefs else await what_to_do(ledger, now, subject, _way(scope))
    joined = f"{':' if hint == _way(scope) else '.'} {hint}"
    known = sum(isinstance(gain, Gain) for gain in gains)
    return _Coverage(briefs, looked, known, unplaced, options, scope, joined)


def nothing_moved(looks: _Coverage) -> TopMovers:
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
        return f"There are no {thing}s{_of(looks.scope)} to look at{looks.hint}"
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


def _way(scope: Scope) -> str:
    if scope.creator is not None:
        return "watch_creator begins to follow them; list_watches tells who is followed."
    return "record_civitai_post or watch_creator begins to follow some."
