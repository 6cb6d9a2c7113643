"""Record a post: its media, how they were made, and a first believed observation, in one transaction."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from civitai_engagement.errors import NotFound, UpstreamDown, UpstreamRefused
from civitai_engagement.library.hashing import hash_media
from civitai_engagement.library.observing import observe
from civitai_engagement.library.sources import Sources
from civitai_engagement.records.media import Counters, Post, Reading
from civitai_engagement.store.posts import PostRecord

if TYPE_CHECKING:  # handed in: this room does not open them
    from civitai_engagement.civitai.client import Civitai
    from civitai_engagement.settings import Settings
    from civitai_engagement.store.store import Ledger


@dataclass(frozen=True, slots=True)
class Recorded:
    """What recording one post did. `doubted` media had counters that are not believed yet: kept aside, not shown."""

    post_id: int
    is_new: bool
    post: Post | None
    reading: Reading
    new_assets: int
    changed: int
    doubted: int
    observed: Mapping[int, Counters]


@dataclass(frozen=True, slots=True)
class Gathered:
    """What is to be kept of one post; `digests` are SHA-256 sums by image id, where known."""

    post_id: int
    post: Post | None
    reading: Reading
    digests: Mapping[int, str]


async def record_post(sources: Sources, post_id: int, *, hash_files: bool = False) -> Recorded:
    """Read a post from Civitai and keep it; doing it again brings it up to date and loses nothing.

    With `hash_files` each file is read for its SHA-256, by which files recorded before are recognised.

    Raises:
        NotFound: Civitai shows no media for it.
        UpstreamDown: Civitai does not answer; nothing was recorded.
        StoreDown: The database does not answer; nothing was recorded.
    """
    post = await _about(sources.civitai, post_id)
    reading = await sources.civitai.post_media(post_id, with_meta=True, fresh=True)
    if not reading.media:
        raise NotFound(
            f"Civitai lists no media for post {post_id}, so there is nothing to record.",
            hint="It may not exist, be unpublished or hidden, or be too new to be indexed: try again in ten minutes.",
        )
    digests = await hash_media(sources, reading.media) if hash_files else {}
    async with sources.store.writing() as ledger:
        return await _keep(ledger, Gathered(post_id, post, reading, digests), sources)


async def _about(civitai: "Civitai", post_id: int) -> Post | None:
    """Ask for title and date; they are welcome, not needed."""
    try:
        return await civitai.post(post_id)
    except (NotFound, UpstreamDown, UpstreamRefused):
        return None


async def _keep(ledger: "Ledger", found: Gathered, sources: Sources) -> Recorded:
    now, reading, post_id = sources.clock.now(), found.reading, found.post_id
    record = _record(post_id, found.post, reading, sources.settings)
    published_at = found.post.published_at if found.post else None
    await ledger.images.lock([one.id for one in reading.media])
    await ledger.images.describe(reading.media, seen_at=now, published_at=published_at)
    is_new = await ledger.posts.record(record, now=now)
    new_assets = await ledger.assets.record(
        reading.media, post_id=post_id, created_by=record.created_by, now=now, digests=found.digests
    )
    await ledger.assets.keep_prompts(post_id, created_by=record.created_by, now=now)
    seen = await observe(ledger, reading, now=now, published_at=record.published_at)
    return Recorded(post_id, is_new, found.post, reading, new_assets, seen.changed, seen.doubted, seen.believed)


def _record(post_id: int, post: Post | None, reading: Reading, settings: "Settings") -> PostRecord:
    names = sorted({one.username for one in reading.media if one.username})
    feed_date = min((one.created_at for one in reading.media if one.created_at), default=None)
    known = post or Post(post_id, None, None, None, None, None, ())
    return PostRecord(
        post_id=post_id,
        civitai_url=f"{settings.civitai_base_url}/posts/{post_id}",
        title=known.title,
        description=known.detail,
        username=known.username or (names[0] if names else None),
        tags=known.tags,
        nsfw_level=known.nsfw_level,
        published_at=known.published_at or feed_date,
        authoritative=known.published_at is not None,
        created_by=settings.recorded_by,
    )
