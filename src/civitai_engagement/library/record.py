"""Record a post: its media, how they were made, and a first believed observation, in one transaction."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from types import MappingProxyType
from typing import TYPE_CHECKING

from civitai_engagement.analysis.publication import PostDates, publications
from civitai_engagement.errors import NotFound, UpstreamDown, UpstreamRefused
from civitai_engagement.library.auditing import Auditor
from civitai_engagement.library.hashing import hash_media
from civitai_engagement.observing import observe
from civitai_engagement.ports import Lane
from civitai_engagement.records.library import RecordingKind
from civitai_engagement.records.media import Birth, Counters, PostDetails, Reading
from civitai_engagement.sources import Sources
from civitai_engagement.store.posts import PostRecord

if TYPE_CHECKING:  # handed in: this room does not open them
    from civitai_engagement.civitai.client import Civitai
    from civitai_engagement.settings import Settings
    from civitai_engagement.store.ledger import Ledger

TITLE_UNREAD = "Civitai did not give its title, tags and date"


@dataclass(frozen=True, slots=True)
class RecordResult:
    """What recording one post did. `doubted` media had counters that are not believed yet: kept aside, not shown.

    With `title_unread` Civitai did not answer when asked for title, tags and date.
    """

    post_id: int
    is_new: bool
    post: PostDetails | None
    reading: Reading
    new_assets: int
    recognised: int
    changed: int
    doubted: int
    observed: Mapping[int, Counters]
    title_unread: bool = False

    def remarks(self) -> list[str]:
        """Say what a reader should know of it besides the numbers, a sentence each."""
        unknown = len(self.reading.media) - len(self.observed) - self.doubted
        told = {
            "{:,} media recorded before publication recognised.": self.recognised,
            "Counters of {:,} media could not be believed and were kept aside; they are read again.": self.doubted,
            "Civitai sent no counters for {:,} media: unknown, not zero.": unknown,
            "{:,} media could not be read and were kept as rejects.": len(self.reading.rejects),
        }
        return [
            *([f"{TITLE_UNREAD}: record it again later."] if self.title_unread else []),
            *(remark.format(number) for remark, number in told.items() if number),
            *self.reading.notes,
        ]


@dataclass(frozen=True, slots=True)
class Gathered:
    """What is to be kept of one post; `digests` are SHA-256 sums by image id, where known.

    With `title_unread` Civitai did not answer when asked for title, tags and date: they are to be asked for again.
    """

    post_id: int
    post: PostDetails | None
    reading: Reading
    digests: Mapping[int, str] = field(default_factory=dict)
    title_unread: bool = False


async def record_post(sources: Sources, post_id: int, *, hash_files: bool = False) -> RecordResult:
    """Read a post from Civitai and keep it; doing it again brings it up to date and loses nothing.

    With `hash_files` each file is read for its SHA-256, by which files recorded before are recognised.

    Raises:
        NotFound: Civitai shows no media for it.
        UpstreamDown: Civitai does not answer; nothing was recorded.
        StoreDown: The database does not answer; nothing was recorded.
    """
    found = await gather(sources, post_id)
    if hash_files:
        found = replace(found, digests=await hash_media(sources, found.reading.media))
    async with sources.store.writing() as ledger:
        return await keep(ledger, found, sources)


async def gather(sources: Sources, post_id: int, *, lane: Lane = Lane.LIVE) -> Gathered:
    """Read a post from Civitai.

    Raises:
        NotFound: Civitai shows no media for it.
        UpstreamDown: Civitai does not answer.
    """
    post, title_unread = await _about(sources.civitai, post_id, lane)
    reading = await sources.civitai.post_media(post_id, with_meta=True, fresh=True, lane=lane)
    if not reading.media:
        raise NotFound(
            f"Civitai lists no media for post {post_id}, so there is nothing to record.",
            hint="It may not exist, be unpublished or hidden, or be too new to be indexed: try again in ten minutes.",
        )
    return Gathered(post_id, post, reading, title_unread=title_unread)


async def _about(civitai: "Civitai", post_id: int, lane: Lane) -> tuple[PostDetails | None, bool]:
    """Ask for title, tags and date, which are welcome, not needed; says also whether Civitai did not answer."""
    try:
        return await civitai.post(post_id, lane=lane), False
    except (NotFound, UpstreamRefused):
        return None, False
    except UpstreamDown:
        return None, True


async def keep(ledger: "Ledger", found: Gathered, sources: Sources) -> RecordResult:
    """Keep what was read of a post, inside one transaction."""
    now, reading, post_id = sources.clock.now(), found.reading, found.post_id
    record = as_record(found, sources.settings)
    await ledger.images.lock([one.id for one in reading.media])
    await _describe(ledger, found, now)
    is_new = await _keep_post(ledger, record, sources)
    actor, media, digests = record.created_by, reading.media, found.digests
    recognised = await ledger.assets.adopt(media, post_id=post_id, actor=actor, now=now, digests=digests)
    new_assets = await ledger.assets.record(media, post_id=post_id, created_by=actor, now=now, digests=digests)
    await ledger.assets.keep_prompts(post_id, created_by=actor, now=now)
    seen = await observe(ledger, reading, sources)
    return RecordResult(
        post_id=post_id,
        is_new=is_new,
        post=found.post,
        reading=reading,
        new_assets=new_assets,
        recognised=recognised,
        changed=seen.changed,
        doubted=seen.doubted,
        observed=seen.believed,
        title_unread=found.title_unread,
    )


async def _describe(ledger: "Ledger", found: Gathered, now: datetime) -> None:
    """Keep what the media are, and when they were published as far as the post itself says that."""
    media, images, post_id = found.reading.media, ledger.images, found.post_id
    known, looked_at = await images.births([one.id for one in media], post_id), await images.looked_at(post_id)
    await images.describe(media, seen_at=now, generation_read=True)
    await images.date(dates_of(found, known, looked_at))


def dates_of(
    found: Gathered, known: Mapping[int, Birth] = MappingProxyType({}), looked_at: datetime | None = None
) -> dict[int, datetime]:
    """Give the dates of publication by image id, where the post says its own; `known` media were seen before."""
    if found.post is None or found.post.published_at is None:
        return {}
    dates = {one.id: one.created_at for one in found.reading.media}
    return publications(PostDates(found.post.published_at, dates, known, looked_at))


async def _keep_post(ledger: "Ledger", record: PostRecord, sources: Sources) -> bool:
    repository, auditor = ledger.recordings.posts, Auditor(sources, ledger.recordings)
    before = await repository.take(record.post_id)
    is_new = await ledger.posts.record(record, now=auditor.now)
    after = await repository.take(record.post_id)
    if after is not None:
        await (
            auditor.created(RecordingKind.POST, after)
            if before is None
            else auditor.changed(RecordingKind.POST, before, after)
        )
    return is_new


def as_record(found: Gathered, settings: "Settings") -> PostRecord:
    """Say what is to be recorded of a post besides its media."""
    post_id, reading = found.post_id, found.reading
    names = sorted({one.username for one in reading.media if one.username})
    feed_date = min((one.created_at for one in reading.media if one.created_at), default=None)
    known = found.post or PostDetails(post_id, None, None, None, None, None, ())
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
        title_unread=found.title_unread,
    )
