"""Keep what was read of many posts in one transaction; the rows are those that one post after another would make."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from civitai_engagement.analysis import belief
from civitai_engagement.analysis.cadence import next_due
from civitai_engagement.library.record import Gathered, as_record
from civitai_engagement.observing import ROUTE
from civitai_engagement.sources import Sources
from civitai_engagement.store.batches import Batches, First
from civitai_engagement.store.posts import PostRecord

if TYPE_CHECKING:  # handed in: this room does not open it
    from civitai_engagement.store.store import Ledger


@dataclass(frozen=True, slots=True)
class Stranger:
    """A post nothing is known of yet: what was read of it, and what is to be recorded."""

    found: Gathered
    record: PostRecord

    @property
    def images(self) -> list[int]:
        return [one.id for one in self.found.reading.media]


async def keep_strangers(sources: Sources, read: Sequence[Gathered]) -> set[int]:
    """Keep those of the posts that nothing is known of yet, all of them or none; names the posts kept."""
    galleries = {one.post_id: one.reading.media for one in read}
    images = [one.id for gallery in galleries.values() for one in gallery]
    async with sources.store.writing(images=images) as ledger:
        strange = await Batches(ledger.connection).strange(galleries)
        if strange:
            strangers = [Stranger(one, as_record(one, sources.settings)) for one in read if one.post_id in strange]
            await _keep(ledger, strangers, sources)
    return strange


async def _keep(ledger: "Ledger", strangers: Sequence[Stranger], sources: Sources) -> None:
    now, batches = sources.clock.now(), Batches(ledger.connection)
    galleries = {one.found.post_id: one.found.reading.media for one in strangers}
    media = [one for gallery in galleries.values() for one in gallery]
    await ledger.images.describe(media, seen_at=now, generation_read=True)
    await batches.date(_dates(strangers))
    await batches.add_posts([one.record for one in strangers], now=now)
    await batches.add_assets(galleries, created_by=sources.settings.recorded_by, now=now)
    await _observe(ledger, batches, strangers, now=now)
    await ledger.doubts.reject([one for each in strangers for one in each.found.reading.rejects], seen_at=now)


def _dates(strangers: Iterable[Stranger]) -> dict[int, datetime]:
    """Give the date of publication by image id, for posts that say it themselves."""
    said = [(one, one.record.published_at) for one in strangers if one.record.authoritative]
    return {image: date for one, date in said if date is not None for image in one.images}


async def _observe(ledger: "Ledger", batches: Batches, strangers: Sequence[Stranger], *, now: datetime) -> None:
    firsts = [first for one in strangers for first in _firsts(one, now)]
    if firsts:
        await batches.observe_first(firsts, now=now)
    believed = {one.image_id for one in firsts}
    for one in strangers:
        unknown = [image for image in one.images if image not in believed]
        if unknown:
            await ledger.images.track(unknown, due_at=next_due(now, one.record.published_at), source="recorded")


def _firsts(stranger: Stranger, now: datetime) -> list[First]:
    reading, due_at = stranger.found.reading, next_due(now, stranger.record.published_at)
    page = {one.id: one.counters for one in reading.media}
    verdicts = belief.judge_page(page, {}, as_of=reading.as_of, route=ROUTE).verdicts
    return [
        First(image, counters, reading.as_of, due_at, verdicts[image] is belief.Verdict.UNCONFIRMED)
        for image, counters in page.items()
        if counters is not None and verdicts[image].is_believed
    ]
