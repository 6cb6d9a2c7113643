"""The search for what is new of a creator ends where everything is known, and not before."""

from collections.abc import AsyncIterator
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from civitai_engagement.collect.creators import walk_creator
from civitai_engagement.records.media import Media, Reading
from civitai_engagement.records.provenance import Source

if TYPE_CHECKING:
    from tests.house import House


async def test_an_empty_page_says_nothing_of_the_next_and_a_known_one_ends_the_search(house: "House") -> None:
    [known] = house.post(1, username="Ana")
    await house.good("record_civitai_post", posts=["77"])
    now = house.clock.now()
    pages = [[], [5], [known.id], [6]]  # two after the first bring nothing unknown

    async def listed(*_: object, **__: object) -> AsyncIterator[Reading]:
        for ids in pages:
            media = tuple(Media(id=one, url="") for one in ids)
            yield Reading(media, now, now, requests=1, is_complete=False)

    kept: list[int] = []

    async def keep(batch: Any) -> None:
        kept.extend(one.id for one in batch.reading.media)

    sources = SimpleNamespace(store=house.runtime.store, civitai=SimpleNamespace(creator_pages=listed))
    shift: Any = SimpleNamespace(sources=sources, keep=keep)
    assert await walk_creator(shift, "ana", source=Source.WATCHED, is_watched=True, only_news=True)
    assert kept == [5, known.id]
