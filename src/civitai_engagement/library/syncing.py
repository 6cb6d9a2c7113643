"""Observe all recorded assets of a post now: one page read, one statement written."""

from dataclasses import dataclass, replace

from civitai_engagement.errors import NotFound
from civitai_engagement.observing import ObservationResult, observe
from civitai_engagement.records.media import Reading
from civitai_engagement.sources import Sources


@dataclass(frozen=True, slots=True)
class Synced:
    """What observing a post did. `skipped` media are on Civitai but not recorded as assets."""

    post_id: int
    reading: Reading
    observed: ObservationResult
    recorded: int
    skipped: int


async def sync_post(sources: Sources, post_id: int) -> Synced:
    """Observe the recorded assets of a post, under the belief rules.

    Raises:
        NotFound: The post is not recorded.
        UpstreamDown: Civitai does not answer; nothing was changed.
    """
    recorded = await _recorded_images(sources, post_id)
    reading = await sources.civitai.post_media(post_id, fresh=True)
    ours = replace(reading, media=tuple(one for one in reading.media if one.id in recorded))
    now = sources.clock.now()
    async with sources.store.writing(images=[one.id for one in ours.media]) as ledger:
        await ledger.images.describe(ours.media, seen_at=now)
        observed = await observe(ledger, ours, sources)
    return Synced(post_id, reading, observed, len(recorded), len(reading.media) - len(ours.media))


async def _recorded_images(sources: Sources, post_id: int) -> set[int]:
    async with sources.store.reading() as ledger:
        if await ledger.recordings.missing(posts=[post_id]):
            hint = "Record it with record_civitai_post first."
            raise NotFound(f"Post {post_id} is not recorded.", hint=hint)
        return set(await ledger.recordings.images_of_post(post_id))
