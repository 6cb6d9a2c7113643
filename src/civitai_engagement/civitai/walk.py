"""Following cursors from the first page to the last, and noticing when they lead nowhere."""

from collections.abc import AsyncGenerator, Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import datetime

from civitai_engagement.civitai.wire import Listing
from civitai_engagement.errors import UpstreamRefused

MOST_PAGES = 100
MOST_DRY_PAGES = 5
_LOST = "Civitai changed its way of counting pages twice"


@dataclass(frozen=True, slots=True)
class ListPage:
    """One page of a list, and when it was true."""

    listing: Listing
    as_of: datetime
    fetched_at: datetime

    @property
    def ids(self) -> frozenset[int]:
        return frozenset(media.id for media in self.listing.media)


@dataclass(frozen=True, slots=True)
class WalkStep:
    """One page of a walk; the last step ends it, with a `doubt` where the walk may not have seen all."""

    page: ListPage
    is_last: bool = False
    doubt: str = ""


@dataclass(frozen=True, slots=True)
class Walked:
    """The pages of a walk, and why it may not have seen all (`doubt`, empty when it has)."""

    pages: tuple[ListPage, ...]
    doubt: str = ""


Fetch = Callable[[str | None], Awaitable[ListPage]]


async def walk(fetch: Fetch) -> Walked:
    """Fetch every page."""
    taken = [step async for step in steps(fetch)]
    return Walked(tuple(step.page for step in taken), taken[-1].doubt)


async def steps(fetch: Fetch, *, most_pages: int = MOST_PAGES) -> AsyncGenerator[WalkStep]:
    """Fetch page after page; start once more from the first when the cursors of the first way stop working."""
    trail, started_again = _PagesMet(most_pages), False
    while True:
        step = await trail.step(fetch)
        if step.doubt == _LOST and not started_again:
            trail, started_again, step = _PagesMet(most_pages), True, WalkStep(step.page)
        yield step
        if step.is_last:
            return


class _PagesMet:
    """What one way through the pages has met so far."""

    def __init__(self, most_pages: int) -> None:
        self._pages_left = most_pages
        self._cursors: list[str] = []
        self._first: ListPage | None = None
        self._latest: ListPage | None = None
        self._seen: set[int] = set()
        self._dry_pages = 0

    async def step(self, fetch: Fetch) -> WalkStep:
        try:
            page = await fetch(self._cursors[-1] if self._cursors else None)
        except UpstreamRefused as error:
            if self._latest is None or error.status != 400:
                raise
            return WalkStep(replace(self._latest, listing=Listing((), (), None)), is_last=True, doubt=_LOST)
        self._remember(page)
        if (cursor := page.listing.cursor) is None:
            return WalkStep(page, is_last=True)
        doubt = self._astray(page, cursor)
        self._cursors.append(cursor)
        return WalkStep(page, is_last=bool(doubt), doubt=doubt)

    def _remember(self, page: ListPage) -> None:
        """Count the last pages that brought nothing new; an empty page with a cursor is normal, many are not."""
        self._first, self._latest = self._first or page, page
        self._dry_pages = 0 if page.ids - self._seen else self._dry_pages + 1
        self._seen |= page.ids
        self._pages_left -= 1

    def _astray(self, page: ListPage, cursor: str) -> str:
        if self._cursors and _dialect(cursor) != _dialect(self._cursors[-1]):
            return _LOST
        if cursor in self._cursors or not _can_be_sent(cursor):
            return "Civitai repeated a cursor" if cursor in self._cursors else "half a character names the next page"
        if page is not self._first and page.ids and self._first and page.ids == self._first.ids:
            return "Civitai repeated the first page"
        if self._pages_left <= 0:
            return f"it goes on after {len(self._cursors) + 1} pages"
        if self._dry_pages >= MOST_DRY_PAGES:
            return f"{MOST_DRY_PAGES} pages brought nothing new and Civitai names another"
        return ""


def _can_be_sent(cursor: str) -> bool:
    return cursor.encode("utf-8", "ignore").decode() == cursor


def _dialect(cursor: str) -> str:
    """Tell which of Civitai's back ends wrote a cursor: `feed:…`, `offset|time`, or a bare id."""
    if cursor.startswith("feed:"):
        return "feed"
    return "offset" if "|" in cursor else "id"
