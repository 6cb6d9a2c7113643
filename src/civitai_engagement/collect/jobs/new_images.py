"""The job `collect_new_images`: what is new of those who are watched, and a sample of Civitai's newest."""

import logging
from collections import Counter
from datetime import datetime

from civitai_engagement.collect.active_run import UNANSWERED, ActiveRun, Batch
from civitai_engagement.collect.creators import walk_creator
from civitai_engagement.collect.name_models import name_models
from civitai_engagement.ports import Lane
from civitai_engagement.records.made import FoundBy
from civitai_engagement.records.media import Reading
from civitai_engagement.records.provenance import Route, Source

log = logging.getLogger(__name__)
SAMPLE = "newest"
CREATORS = "creators"
POSTS = "new posts"
PAGE = 100


async def collect_new_images(active: ActiveRun) -> None:
    """Find new media: of watched creators, of watched posts, of Civitai at large; and ask how they were made."""
    async with active.sources.store.reading() as ledger:
        creators = await ledger.followed.watched_creators()
        posts = await ledger.followed.unread_posts()
    sample = _sample_size(active)
    await active.plan(Counter({CREATORS: len(creators), POSTS: len(posts), SAMPLE: 1 if sample else 0}))
    for creator, listed_at in creators.items():
        await _visit(active, creator, listed_at)
    for post_id in posts:
        await _read_post(active, post_id, source=Source.WATCHED, tier=POSTS)
    await _ask_how_made(active)
    if sample:
        await _sample(active, sample)
    await name_models(active)


async def _visit(active: ActiveRun, creator: str, listed_at: datetime | None) -> None:
    """Look for news of a creator, unless this tick's refresh has walked through all of theirs already."""
    is_new = listed_at is None
    if (listed_at is not None and listed_at >= active.claim.tick_at) or (
        active.left > 0
        and await walk_creator(
            active, creator, source=Source.WATCHED, is_watched=True, with_meta=is_new, only_news=not is_new
        )
    ):
        active.reach(Counter({CREATORS: 1}))


async def _ask_how_made(active: ActiveRun) -> None:
    if active.left <= 0:
        return
    async with active.sources.store.reading() as ledger:
        posts = await ledger.followed.without_generation(limit=active.left)
    for post_id in posts:
        await _read_post(active, post_id, source=Source.SAMPLED, tier="")


async def _read_post(active: ActiveRun, post_id: int, *, source: Source, tier: str) -> None:
    if active.left <= 0:
        return
    async with active.sources.store.reading() as ledger:
        followed = await ledger.followed.of_post(post_id)
    question = active.sources.civitai.post_media(post_id, with_meta=True, lane=Lane.BULK)
    reading = await active.answer(f"post {post_id}", question)
    if reading is None:
        return
    if tier:
        await _note(active, post_id, reading)
    expected = followed if reading.is_complete else frozenset[int]()
    only = None if source is Source.WATCHED else followed
    await active.keep(Batch(reading, Route.POST, source, expected=expected, only=only, generation_read=True))
    if tier:
        active.reach(Counter({tier: 1}))


async def _note(active: ActiveRun, post_id: int, reading: Reading) -> None:
    """Note that a watched post was asked for; one that is not there is told."""
    async with active.sources.store.writing() as ledger:
        await ledger.watches.look(post_id, now=active.sources.clock.now())
    if not reading.media:
        log.warning("Civitai lists nothing of this watched post", extra={"post": post_id})


def _sample_size(active: ActiveRun) -> int:
    settings = active.sources.settings
    affordable = int(settings.sampled_share * max(active.left, 0)) * PAGE
    return min(settings.collect_limit, affordable)


async def _sample(active: ActiveRun, size: int) -> None:
    settings = active.sources.settings
    try:
        reading = await active.sources.civitai.newest(
            limit=size,
            sort=settings.collect_sort,
            period=settings.collect_period,
            levels=settings.collect_levels,
            lane=Lane.BULK,
        )
    except UNANSWERED as error:
        await active.fail("the newest media", error)
        return
    found_by = FoundBy.NEWEST if settings.collect_sort == "Newest" else FoundBy.SUCCESS
    await active.keep(Batch(reading, Route.NEWEST, Source.SAMPLED, generation_read=True, found_by=found_by))
    active.reach(Counter({SAMPLE: 1}))
