"""The job `keep_features`: how media were made and what they had at each age is read off, and kept beside them."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from civitai_engagement.analysis.curves import HOUR, Curve, CurveChange
from civitai_engagement.analysis.features import RULES, features
from civitai_engagement.analysis.outcomes import count_of, next_age, sampled
from civitai_engagement.collect.active_run import ActiveRun
from civitai_engagement.records.made import UNSAMPLED
from civitai_engagement.sources import Sources
from civitai_engagement.store.features import ReadOff, Seen, Unread
from civitai_engagement.store.runs import Progress

if TYPE_CHECKING:
    from civitai_engagement.store.claims import Claim

MOST_A_TICK = 20_000
AT_ONCE = 500
COMMENTS_AT = 72.0


async def keep_features(active: ActiveRun) -> None:
    """Read off what is outdated, the most urgent first; what is too much for one tick is left to the next."""
    await keep_outdated(active.sources, MOST_A_TICK, claim=active.claim)


async def keep_outdated(
    sources: Sources, most: int, *, claim: "Claim | None" = None, on_step: Callable[[int], None] | None = None
) -> int:
    """Read off what is outdated, in batches that are each kept whole or not at all; gives how many media that was.

    Raises:
        Deposed: Another process holds the run of `claim`; nothing of the batch was kept.
    """
    async with sources.store.reading() as ledger:
        ids = await ledger.features.outdated(rules=RULES, now=sources.clock.now(), limit=most)
    for start in range(0, len(ids), AT_ONCE):
        await _keep(sources, ids[start : start + AT_ONCE], claim)
        if on_step:
            on_step(len(ids[start : start + AT_ONCE]))
    return len(ids)


async def _keep(sources: Sources, ids: Sequence[int], claim: "Claim | None") -> None:
    """Keep what is true of some media while nobody else changes them."""
    now = sources.clock.now()
    async with sources.store.writing(images=ids) as ledger:
        unread = await ledger.features.unread(ids)
        await ledger.features.keep([read_off(one) for one in unread], rules=RULES, now=now)
        if claim is not None:
            await ledger.runs.advance(claim, Progress(observed=len(unread)))


def read_off(one: Unread) -> ReadOff:
    """Read off one media."""
    made = features(one.made, width=one.width, height=one.height, base_model=one.base_model)
    if one.published_at is None:
        return ReadOff(one.image_id, made, UNSAMPLED, None, None)
    if one.as_of is None or not one.seen:
        return ReadOff(one.image_id, made, UNSAMPLED, None, _due_at(one.published_at, 0.0))
    reactions = _curve(one.published_at, [(seen, seen.reactions) for seen in one.seen], one.as_of)
    comments = _curve(one.published_at, [(seen, seen.comments) for seen in one.seen], one.as_of)
    due_at = _due_at(one.published_at, reactions.points()[-1].hours)
    return ReadOff(one.image_id, made, sampled(reactions), count_of(comments.points(), COMMENTS_AT), due_at)


def _curve(published_at: datetime, counts: Sequence[tuple[Seen, int]], as_of: datetime) -> Curve:
    changes = tuple(CurveChange(seen.collected_at, count, seen.previous_observed_at) for seen, count in counts)
    return Curve(published_at, changes, as_of)


def _due_at(published_at: datetime, hours: float) -> datetime | None:
    age = next_age(hours)
    return None if age is None else published_at + age * HOUR
