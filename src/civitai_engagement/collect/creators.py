"""Walk through everything of a creator, page by page."""

import logging
from collections.abc import Set as AbstractSet
from dataclasses import replace

from civitai_engagement.collect.active_run import UNANSWERED, ActiveRun, Batch
from civitai_engagement.errors import NotFound
from civitai_engagement.ports import Lane
from civitai_engagement.records.media import Reading
from civitai_engagement.records.provenance import Route, Source

log = logging.getLogger(__name__)


async def walk_creator(
    active: ActiveRun,
    creator: str,
    *,
    source: Source,
    is_watched: bool,
    with_meta: bool = False,
    only_news: bool = False,
) -> bool:
    """Keep a creator's media, of those that are not watched the followed ones; says whether Civitai answered.

    With `only_news` it ends after the first page that brings nothing unknown.
    """
    async with active.sources.store.reading() as ledger:
        followed = await ledger.followed.of_creator(creator)
        written = await ledger.followed.as_written(creator)
    listed: set[int] = set()
    try:
        async for reading in active.sources.civitai.creator_pages(written, lane=Lane.BULK, with_meta=with_meta):
            only = None if is_watched else followed
            await active.keep(Batch(reading, Route.CREATOR, source, only=only, generation_read=with_meta))
            ids = {one.id for one in reading.media}
            listed |= ids
            if reading.is_complete:
                await _count(active, creator, reading, listed, followed)
            if only_news and ids and ids <= followed:  # an empty page says nothing of those after it
                break
    except NotFound:
        await _set_count(active, creator, creator, None)
    except UNANSWERED as error:
        await active.fail(f"creator {creator}", error)
        return False
    return True


async def _count(
    active: ActiveRun, creator: str, last: Reading, listed: AbstractSet[int], followed: AbstractSet[int]
) -> None:
    """Keep how many there are, and miss those that are not there any more.

    A list without anything proves nothing: Civitai answers so when its search times out, or a name has changed. The
    creator then counts as uncounted, so that what is followed is asked for by post.
    """
    if not listed:
        await _set_count(active, creator, creator, None)
        return
    nothing = replace(last, media=(), rejects=(), requests=0, retries=0)
    await active.keep(Batch(nothing, Route.CREATOR, Source.SAMPLED, expected=followed - listed))
    names = [one.username for one in last.media if one.username]
    await _set_count(active, creator, names[0] if names else creator, len(listed))


async def _set_count(active: ActiveRun, creator: str, username: str, listed: int | None) -> None:
    now = active.sources.clock.now()
    async with active.sources.store.writing() as ledger:
        was_listed = await ledger.followed.count_creator(creator, username=username, listed=listed, now=now)
    if listed is None and was_listed:
        log.warning(
            "Civitai lists nothing of this creator: written wrong, renamed or deleted?", extra={"creator": creator}
        )
