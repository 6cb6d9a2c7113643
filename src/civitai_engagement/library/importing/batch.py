"""Keep what was read of many posts in one transaction; the rows are those that one post after another would make."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from operator import attrgetter
from typing import TYPE_CHECKING

from civitai_engagement.library.record import Gathered, as_record, dates_of
from civitai_engagement.observing import observe
from civitai_engagement.records.media import Reading
from civitai_engagement.sources import Sources
from civitai_engagement.store.posts import PostRecord

if TYPE_CHECKING:  # handed in: this room does not open it
    from civitai_engagement.store.ledger import Ledger

_as_of = attrgetter("as_of")


@dataclass(frozen=True, slots=True)
class NewPost:
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
        strange = await ledger.batches.strange(galleries)
        if strange:
            strangers = [NewPost(one, as_record(one, sources.settings)) for one in read if one.post_id in strange]
            await _keep(ledger, strangers, sources)
    return strange


async def _keep(ledger: "Ledger", strangers: Sequence[NewPost], sources: Sources) -> None:
    now = sources.clock.now()
    galleries = {one.found.post_id: one.found.reading.media for one in strangers}
    media = [one for gallery in galleries.values() for one in gallery]
    await ledger.images.describe(media, seen_at=now, generation_read=True)
    await ledger.images.date({image: date for one in strangers for image, date in dates_of(one.found).items()})
    await ledger.batches.add_posts([one.record for one in strangers], now=now)
    await ledger.batches.add_assets(galleries, created_by=sources.settings.recorded_by, now=now)
    for reading in _moments(one.found.reading for one in strangers):
        await observe(ledger, reading, sources)


def _moments(readings: Iterable[Reading]) -> Iterator[Reading]:
    """Join what was read within one second, to be observed at once; it is as old as the oldest of it."""
    for _, group in groupby(sorted(readings, key=_as_of), key=lambda one: one.as_of.replace(microsecond=0)):
        together = list(group)
        media = {one.id: one for reading in together for one in reading.media}
        rejects = tuple(one for reading in together for one in reading.rejects)
        yield replace(together[0], media=tuple(media[number] for number in sorted(media)), rejects=rejects)
