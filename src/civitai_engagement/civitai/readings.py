"""What a walk through pages comes to: media that are there once, how old they are, and what may be lacking."""

from collections.abc import AsyncGenerator, Iterable, Iterator, Sequence
from dataclasses import replace

from civitai_engagement.civitai.retry import RetriedRequest
from civitai_engagement.civitai.walk import Fetch, ListPage, Walked, steps
from civitai_engagement.records.media import Media, Reading

_TWICE = "Civitai listed some items twice on one page"


def whole(walked: Walked, question: RetriedRequest) -> Reading:
    """Merge the pages of a walk."""
    doubts = _doubts(walked.doubt, is_doubled=any(map(_is_doubled, walked.pages)))
    return _doubted(merged(walked.pages, question), doubts)


def merged(pages: Sequence[ListPage], question: RetriedRequest, *, most: int | None = None) -> Reading:
    """Merge pages, up to `most` media in the order of the list: its windows move on, so an item may come twice."""
    media = list({item.id: item for page in pages for item in page.listing.media}.values())[:most]
    return Reading(
        media=_by_id(media),
        as_of=min(page.as_of for page in pages),
        fetched_at=max(page.fetched_at for page in pages),
        requests=question.requests,
        rejects=tuple(dict.fromkeys(reject for page in pages for reject in page.listing.rejects)),
        retries=question.retries,
    )


async def up_to(most: int, fetch: Fetch, question: RetriedRequest) -> Reading:
    """Walk on until there are `most` media, or no more."""
    pages: list[ListPage] = []
    found: set[int] = set()
    async for step in steps(fetch):
        pages.append(step.page)
        found |= step.page.ids
        if step.is_last or len(found) >= most:
            break
    doubt = "" if len(found) >= most else step.doubt
    return _doubted(merged(pages, question, most=most), _doubts(doubt, is_doubled=any(map(_is_doubled, pages))))


async def page_by_page(fetch: Fetch, question: RetriedRequest, *, most_pages: int) -> AsyncGenerator[Reading]:
    """Give every page of a walk as soon as it is there, without what an earlier page had; the last tells the doubts."""
    seen: set[int] = set()
    is_doubled, requests, retries = False, 0, 0
    async for step in steps(fetch, most_pages=most_pages):
        page = merged([step.page], question)
        reading = replace(
            page,
            media=tuple(media for media in page.media if media.id not in seen),
            requests=page.requests - requests,
            retries=page.retries - retries,
            is_complete=False,
        )
        seen |= step.page.ids
        is_doubled |= _is_doubled(step.page)
        requests, retries = page.requests, page.retries
        yield _doubted(reading, _doubts(step.doubt, is_doubled=is_doubled)) if step.is_last else reading


def _by_id(media: Iterable[Media]) -> tuple[Media, ...]:
    return tuple(sorted(media, key=lambda item: item.id))


def _doubted(reading: Reading, doubts: Iterable[str]) -> Reading:
    notes = tuple(f"The list may be incomplete: {doubt}." for doubt in doubts)
    return replace(reading, notes=notes, is_complete=not notes)


def _doubts(doubt: str, *, is_doubled: bool) -> Iterator[str]:
    """An item twice on two pages is a shifted window; twice on one page, it stands where another should."""
    if doubt:
        yield doubt
    if is_doubled:
        yield _TWICE


def _is_doubled(page: ListPage) -> bool:
    return len(page.ids) < len(page.listing.media)
