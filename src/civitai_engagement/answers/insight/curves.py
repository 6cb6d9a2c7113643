"""Curves of posts and media, drawn from what is stored."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING

from civitai_engagement.analysis.curves import Curve, CurveChange, FirstTotal
from civitai_engagement.analysis.unknown import NotObserved
from civitai_engagement.records.curves import Brief, FirstRow, Of, SumRow, SumRows

if TYPE_CHECKING:
    from civitai_engagement.store.ledger import Ledger

UNSEEN = SumRows(())


class CurveCounter(StrEnum):
    """What a curve counts: reactions and comments, or reactions alone."""

    TOTAL = "total"
    REACTIONS = "reactions"


@dataclass(frozen=True, slots=True)
class Drawn:
    """A post or media with its curve, or the reason why there is none, and what happened to it on the way.

    >>> drawn = await draw(ledger, await ledger.curves.briefs(Scope(creator="Ada")))
    >>> [count_at(one.curve, DAY) for one in drawn if isinstance(one.curve, Curve)]
    """

    brief: Brief
    curve: Curve | NotObserved
    steps: SumRows


async def draw(
    ledger: "Ledger",
    briefs: Sequence[Brief],
    *,
    of: Of = Of.POSTS,
    counted: CurveCounter = CurveCounter.TOTAL,
    since: datetime | None = None,
) -> list[Drawn]:
    """Draw the curve of each post (or, of images, of each media), in the order given.

    Of what was before `since` only what it had come to is drawn.
    """
    ids = [one.id for one in briefs]
    steps = await ledger.curves.steps(ids, since, of=of)
    return [Drawn(one, curve_of(one, found, counted), found) for one in briefs for found in [steps.get(one.id, UNSEEN)]]


def curve_of(brief: Brief, steps: SumRows, counted: CurveCounter = CurveCounter.TOTAL) -> Curve | NotObserved:
    """Draw one curve; its open end is when the oldest counters of the media not gone were confirmed, else the last."""
    if brief.published_at is None:
        return NotObserved("its date of publication is not known")
    if not steps.rows:
        return NotObserved("its counters were never observed")
    changes = tuple(
        CurveChange(one.collected_at, _counted(one, counted), one.previous_observed_at) for one in steps.rows
    )
    firsts = tuple(FirstTotal(one.at, _counted(one, counted), one.published_at) for one in steps.firsts)
    return Curve(brief.published_at, changes, brief.as_of or brief.confirmed_at or changes[-1].collected_at, firsts)


def _counted(row: SumRow | FirstRow, counted: CurveCounter) -> int:
    return row.reactions + row.comments if counted is CurveCounter.TOTAL else row.reactions
