"""Look at once at who or what is followed from now on, as far as the patience of a live answer goes."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from civitai_engagement.clock import StandingClock
from civitai_engagement.errors import ClockWrong, NotFound, UpstreamDown, UpstreamRefused
from civitai_engagement.observing import ReadingContext, observe
from civitai_engagement.ports import Lane
from civitai_engagement.records.media import Media, Reading
from civitai_engagement.records.provenance import Route, Source
from civitai_engagement.records.watches import FirstLook, LookOutcome, Names, WatchKind
from civitai_engagement.sources import Sources


async def look_at_once(sources: Sources, wanted: Names) -> tuple[FirstLook, ...]:
    """Read each from Civitai and keep a first observation; what the patience does not reach is left to the collection.

    A creator who was listed before is not walked through again.

    Raises:
        StoreDown: The database does not answer; what was looked at until then is kept.
    """
    looking = _Looking(sources, sources.clock.now() + sources.settings.live_patience)
    look = looking.at_creator if wanted.kind is WatchKind.CREATOR else looking.at_post
    listed = await _listed_before(sources, wanted)
    return tuple(
        [
            FirstLook(label, LookOutcome.KNOWN, listed[name])
            if name in listed
            else await looking.outcome(name, label, look)
            for name, label in wanted.labels.items()
        ]
    )


async def _listed_before(sources: Sources, wanted: Names) -> Mapping[str, int]:
    async with sources.store.reading() as ledger:
        return await ledger.watches.listed_before(wanted)


@dataclass(slots=True)
class _Looking:
    """One round of first looks; `silence` is what was said when Civitai did not answer: then nobody else is asked."""

    sources: Sources
    until: datetime
    silence: str = ""
    has_answered: bool = False

    @property
    def left(self) -> float:
        return (self.until - self.sources.clock.now()).total_seconds()

    @property
    def lane(self) -> Lane:
        """Where the clock stands it is a replay: nobody waits, and no patience would ever be at an end."""
        return Lane.BULK if isinstance(self.sources.clock, StandingClock) else Lane.LIVE

    async def outcome(self, name: str, label: str, look: "Callable[[str], AsyncIterator[int]]") -> FirstLook:
        """Look, and say what came of it: `look` gives how many media each page brought."""
        media = 0
        try:
            async for number in self._in_time(look(name)):
                media += number
        except TimeoutError:
            return self._not_in_time(label, media)
        except NotFound:
            return FirstLook(label, LookOutcome.NOTHING)
        except (UpstreamDown, UpstreamRefused, ClockWrong) as error:
            self.silence = self.silence or ("" if isinstance(error, UpstreamRefused) else error.message)
            return FirstLook(label, LookOutcome.PARTLY if media else LookOutcome.UNCHECKED, media, error.message)
        return FirstLook(label, LookOutcome.LOOKED if media else LookOutcome.NOTHING, media)

    def _not_in_time(self, label: str, media: int) -> FirstLook:
        """Tell a Civitai that never answered from one that others kept busy."""
        if self.has_answered:
            return FirstLook(label, LookOutcome.PARTLY if media else LookOutcome.NOT_REACHED, media)
        seconds = self.sources.settings.live_patience.total_seconds()
        self.silence = self.silence or f"Civitai did not answer within {seconds:g} seconds."
        return FirstLook(label, LookOutcome.UNCHECKED, why=self.silence)

    async def _in_time(self, pages: AsyncIterator[int]) -> AsyncIterator[int]:
        """Give page after page until the patience is at an end."""
        if self.silence:
            raise UpstreamDown(self.silence)
        while True:
            if self.left <= 0:
                raise TimeoutError
            async with asyncio.timeout(self.left):
                number = await anext(pages, None)
            if number is None:
                return
            self.has_answered = True
            yield number

    async def at_creator(self, name: str) -> AsyncIterator[int]:
        async with self.sources.store.reading() as ledger:
            written = await ledger.followed.as_written(name)
        media: list[Media] = []
        async for reading in self.sources.civitai.creator_pages(written, lane=self.lane, with_meta=True):
            await self._keep(reading, Route.CREATOR)
            media += reading.media
            if reading.is_complete:
                await self._count(name, media)
            yield len(reading.media)

    async def at_post(self, name: str) -> AsyncIterator[int]:
        post_id = int(name)
        reading = await self.sources.civitai.post_media(post_id, with_meta=True, lane=self.lane)
        await self._keep(reading, Route.POST)
        async with self.sources.store.writing() as ledger:
            await ledger.watches.look(post_id, now=self.sources.clock.now())
        yield len(reading.media)

    async def _keep(self, reading: Reading, route: Route) -> None:
        now = self.sources.clock.now()
        async with self.sources.store.writing(images=[one.id for one in reading.media]) as ledger:
            await ledger.images.describe(reading.media, seen_at=now, generation_read=True)
            await observe(ledger, reading, self.sources, ReadingContext(route, Source.WATCHED))

    async def _count(self, name: str, media: list[Media]) -> None:
        """Keep how many Civitai lists: from then on the collection looks for news only."""
        names = [one.username for one in media if one.username]
        async with self.sources.store.writing() as ledger:
            await ledger.followed.count_creator(
                name, username=names[0] if names else name, listed=len(media) or None, now=self.sources.clock.now()
            )
