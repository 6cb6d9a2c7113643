"""Following cursors from the first page to the last, and noticing when they lead nowhere."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime

from civitai_engagement.civitai.wire import Listing
from civitai_engagement.errors import UpstreamRefused

MOST_PAGES = 100
MOST_DRY_PAGES = 5
_LOST = "Civitai changed its way of counting pages twice"


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a list, and when it was true."""

    listing: Listing
    as_of: datetime
    fetched_at: datetime

    @property
    def ids(self) -> frozenset[int]:
        return frozenset(media.id for media in self.listing.media)


@dataclass(frozen=True, slots=True)
class Walked:
    """The pages of a walk, and why it may not have seen all (`doubt`, empty when it has)."""

    pages: tuple[Page, ...]
    doubt: str = ""


Fetch = Callable[[str | None], Awaitable[Page]]


async def walk(fetch: Fetch) -> Walked:
    """Fetch every page; start once more from the first when the cursors of the first way stop working."""
    first = await _round(fetch)
    if first.doubt != _LOST:
        return first
    second = await _round(fetch)
    return Walked(first.pages + second.pages, second.doubt)


async def _round(fetch: Fetch) -> Walked:
    pages: list[Page] = []
    cursors: list[str] = []
    while True:
        try:
            pages.append(await fetch(cursors[-1] if cursors else None))
        except UpstreamRefused as error:
            if cursors and error.status == 400:
                return Walked(tuple(pages), _LOST)
            raise
        cursor = pages[-1].listing.cursor
        if cursor is None:
            return Walked(tuple(pages))
        if doubt := _astray(pages, cursors, cursor):
            return Walked(tuple(pages), doubt)
        cursors.append(cursor)


def _astray(pages: list[Page], cursors: list[str], cursor: str) -> str:
    if cursors and _dialect(cursor) != _dialect(cursors[-1]):
        return _LOST
    if cursor in cursors:
        return "Civitai repeated a cursor"
    if len(pages) > 1 and pages[-1].ids and pages[-1].ids == pages[0].ids:
        return "Civitai repeated the first page"
    if len(pages) >= MOST_PAGES:
        return f"it goes on after {MOST_PAGES} pages"
    if _dry_pages(pages) >= MOST_DRY_PAGES:
        return f"{MOST_DRY_PAGES} pages brought nothing new and Civitai names another"
    return ""


def _dry_pages(pages: list[Page]) -> int:
    """Count the last pages that brought nothing new; an empty page with a cursor is normal, many are not."""
    seen: set[int] = set()
    dry = 0
    for page in pages:
        dry = 0 if page.ids - seen else dry + 1
        seen |= page.ids
    return dry


def _dialect(cursor: str) -> str:
    """Tell which of Civitai's back ends wrote a cursor: `feed:…`, `offset|time`, or a bare id."""
    if cursor.startswith("feed:"):
        return "feed"
    return "offset" if "|" in cursor else "id"
