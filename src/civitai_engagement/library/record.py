"""Record a post: its media, how they were made, and a first believed observation, in one transaction."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

from civitai_engagement.analysis import belief
from civitai_engagement.analysis.cadence import next_due
from civitai_engagement.errors import NotFound, UpstreamDown, UpstreamRefused
from civitai_engagement.records.media import Counters, Media, Post, Reading
from civitai_engagement.store.doubts import Suspect
from civitai_engagement.store.images import Observation
from civitai_engagement.store.posts import PostRecord

if TYPE_CHECKING:  # handed in: this room does not open them
    from civitai_engagement.civitai.client import Civitai
    from civitai_engagement.clock import Clock
    from civitai_engagement.settings import Settings
    from civitai_engagement.store.store import Ledger, Store

ROUTE = "post"


class Sources(Protocol):
    """What recording needs of the process."""

    @property
    def settings(self) -> "Settings": ...

    @property
    def clock(self) -> "Clock": ...

    @property
    def civitai(self) -> "Civitai": ...

    @property
    def store(self) -> "Store": ...


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


async def record_post(sources: Sources, post_id: int) -> Recorded:
    """Read a post from Civitai and keep it; doing it again brings it up to date and loses nothing.

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
    async with sources.store.writing() as ledger:
        return await _keep(ledger, post_id, post, reading, sources)


async def _about(civitai: "Civitai", post_id: int) -> Post | None:
    """Ask for title and date; they are welcome, not needed."""
    try:
        return await civitai.post(post_id)
    except (NotFound, UpstreamDown, UpstreamRefused):
        return None


async def _keep(ledger: "Ledger", post_id: int, post: Post | None, reading: Reading, sources: Sources) -> Recorded:
    now = sources.clock.now()
    record = _record(post_id, post, reading, sources.settings)
    await ledger.images.lock([one.id for one in reading.media])
    await ledger.images.describe(reading.media, seen_at=now, published_at=post.published_at if post else None)
    is_new = await ledger.posts.record(record, now=now)
    new_assets = await ledger.assets.record(reading.media, post_id=post_id, created_by=record.created_by, now=now)
    verdicts = await _judge(ledger, reading)
    changed = await _observe(ledger, reading, verdicts, now=now, published_at=record.published_at)
    doubted = await _doubt(ledger, reading, verdicts, now=now)
    return Recorded(post_id, is_new, post, reading, new_assets, changed, doubted, _believed(reading, verdicts))


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


async def _judge(ledger: "Ledger", reading: Reading) -> Mapping[int, belief.Verdict]:
    ids = [one.id for one in reading.media]
    known = await ledger.images.known(ids)
    doubts = {
        image_id: [belief.Read(one.counters, one.as_of, one.route) for one in reads]
        for image_id, reads in (await ledger.doubts.standing(ids)).items()
    }
    page = {one.id: one.counters for one in reading.media}
    return belief.judge_page(page, known, doubts, as_of=reading.as_of, route=ROUTE).verdicts


async def _observe(
    ledger: "Ledger",
    reading: Reading,
    verdicts: Mapping[int, belief.Verdict],
    *,
    now: datetime,
    published_at: datetime | None,
) -> int:
    due_at = next_due(now, published_at)
    believed = [
        Observation(one.id, one.counters, due_at, verdict is belief.Verdict.UNCONFIRMED, _event(verdict))
        for one in reading.media
        if one.counters is not None and (verdict := verdicts[one.id]).is_believed
    ]
    written = await ledger.images.observe(believed, as_of=reading.as_of, observed_at=now, source="recorded")
    await ledger.images.track([one.id for one in reading.media], due_at=due_at, source="recorded")
    return written.changed


def _event(verdict: belief.Verdict) -> str | None:
    return {belief.Verdict.FALL: "fall", belief.Verdict.CORRECTION: "correction"}.get(verdict)


async def _doubt(ledger: "Ledger", reading: Reading, verdicts: Mapping[int, belief.Verdict], *, now: datetime) -> int:
    suspects = [
        Suspect(one.id, verdicts[one.id], one.counters)
        for one in reading.media
        if one.counters is not None and verdicts[one.id].is_doubted
    ]
    await ledger.doubts.suspect(suspects, route=ROUTE, as_of=reading.as_of, seen_at=now)
    await ledger.doubts.reject(reading.rejects, seen_at=now)
    return len(suspects)


def _believed(reading: Reading, verdicts: Mapping[int, belief.Verdict]) -> dict[int, Counters]:
    every: Sequence[Media] = reading.media
    return {one.id: one.counters for one in every if one.counters is not None and not verdicts[one.id].is_doubted}
