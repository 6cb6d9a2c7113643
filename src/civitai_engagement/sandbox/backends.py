"""How Civitai's three back ends find, order and page media: the part where most quirks live."""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from civitai_engagement.sandbox.items import BackEnd, Item, user_id
from civitai_engagement.sandbox.parameters import Number, Query
from civitai_engagement.sandbox.world import Switches, World

DEEPEST_OFFSET = 50_000
RESTRICTED_MASK = 3
PERIOD_DAYS = {"Day": 1, "Week": 7, "Month": 30, "Year": 365}
SNAP = timedelta(minutes=5)
LEADING_DIGITS = re.compile(r"\s*(-?\d+)")
KEYSET = re.compile(r"feed:(-?\d+):(\d+)")


@dataclass(frozen=True, slots=True)
class Page:
    """What one query finds; another page may exist if there is a cursor, however few items this one has."""

    items: Sequence[Item]
    next_cursor: str | int | None = None


@dataclass(frozen=True, slots=True)
class Failure:
    """An answer that is an error."""

    status: int
    body: dict[str, Any]


def back_end_for(query: Query, switches: Switches) -> BackEnd:
    """Which back end answers; the client cannot see it."""
    if query.image_id or query.ids or (query.model_id and not query.model_version_id):
        return BackEnd.LEGACY
    return BackEnd(switches.engine)


def find_page(world: World, query: Query, at: datetime) -> Page | Failure:
    """Answer a query that passed validation, as of an instant."""
    back_end = back_end_for(query, world.switches)
    if back_end is not BackEnd.FEED and query.username and not world.knows_user(query.username):
        return Failure(404, {"error": "User not found", "code": "NOT_FOUND"})
    hits = _Search(world, query, back_end, at).hits()
    match back_end:
        case BackEnd.LEGACY:
            return _legacy_page(hits, query)
        case BackEnd.INDEX:
            return _index_page(hits, query)
        case BackEnd.FEED:
            return _feed_page(hits, query, at, world.switches)


@dataclass(frozen=True, slots=True)
class _Search:
    world: World
    query: Query
    back_end: BackEnd
    at: datetime

    def hits(self) -> list[Item]:
        """Raw hits in the order of the back end; hidden media are among those of feed and index."""
        if self.query.requiring_meta:
            return []
        filters = [*self._identity(), *self._kind()]
        found = [item for item in self._candidates() if item.present(self.at) and all(test(item) for test in filters)]
        if self.back_end is BackEnd.LEGACY:
            shown = [item for item in found if not item.hidden]
            return sorted(shown, key=lambda item: item.id, reverse=self.query.sort != "Oldest")
        if self.back_end is BackEnd.INDEX and self.query.post_id:
            return found
        return sorted(found, key=lambda item: sort_key(item, self.query.sort, self.at))

    def _candidates(self) -> Iterable[Item]:
        query, world = self.query, self.world
        if query.image_id:
            return world.items_by_id([query.image_id])
        if query.ids:
            return world.items_by_id(query.ids)
        return world.items_of(query.post_id) if query.post_id else world.items

    def _identity(self) -> list[Callable[[Item], bool]]:
        query = self.query
        filters: list[Callable[[Item], bool]] = []
        if query.ids:
            ids = set(query.ids)
            filters.append(lambda item: item.id in ids)
        if query.post_id:
            filters.append(lambda item: item.post_id == query.post_id)
        if query.username:
            name = query.username.lower()
            filters.append(lambda item: (item.username or "").lower() == name)
        if query.user_id:
            filters.append(lambda item: bool(item.username) and user_id(item.username or "") == query.user_id)
        if query.model_version_id:
            filters.append(lambda item: query.model_version_id in self._versions_of(item))
        elif query.model_id:
            filters.append(lambda item: query.model_id in self._models_of(item))
        return filters

    def _kind(self) -> list[Callable[[Item], bool]]:
        query = self.query
        mask = RESTRICTED_MASK if self.world.switches.restricted_region else query.level_mask
        filters: list[Callable[[Item], bool]] = [lambda item: bool(item.level & mask)]
        if query.type:
            filters.append(lambda item: item.type == query.type)
        if query.base_models:
            filters.append(lambda item: bool(set(item.base_models or ()) & set(query.base_models or ())))
        if query.tags:
            filters.append(self._tagged)
        if query.period != "AllTime":
            since = period_start(query.period, self.back_end, self.at)
            filters.append(lambda item: item.sorted_at > since)
        return filters

    def _tagged(self, item: Item) -> bool:
        asked, owned = set(self.query.tags or ()), {number for number, _ in item.tags}
        return asked <= owned if self.world.switches.keyset_cursors else bool(asked & owned)

    def _versions_of(self, item: Item) -> tuple[int, ...]:
        by_hand = item.manual_version_ids if self.back_end is BackEnd.LEGACY else ()
        return (*item.model_version_ids, *by_hand)

    def _models_of(self, item: Item) -> set[Number]:
        versions = self.world.versions
        return {versions[number].model_id for number in self._versions_of(item) if number in versions}


def sort_value(item: Item, sort: str, at: datetime) -> int:
    """The number a feed sort looks at."""
    match sort:
        case "Newest" | "Oldest":
            return milliseconds(item.sorted_at)
        case "Most Comments":
            return item.counts(at).comment
        case "Most Collected":
            return item.counts(at).heart
    return item.counts(at).reactions


def sort_key(item: Item, sort: str, at: datetime) -> tuple[int, int]:
    """Ascending for every sort."""
    value = sort_value(item, sort, at)
    return (value, item.id) if sort == "Oldest" else (-value, -item.id)


def period_start(period: str, back_end: BackEnd, at: datetime) -> datetime:
    """Feed and index look back by hours, snapped to five minutes; legacy by calendar days."""
    since = at - timedelta(days=PERIOD_DAYS[period])
    if back_end is BackEnd.LEGACY:
        return since.replace(hour=0, minute=0, second=0, microsecond=0)
    return since - (since - datetime.min.replace(tzinfo=UTC)) % SNAP


def milliseconds(at: datetime) -> int:
    return int((at - datetime(1970, 1, 1, tzinfo=UTC)) / timedelta(milliseconds=1))


def _feed_page(hits: list[Item], query: Query, at: datetime, switches: Switches) -> Page | Failure:
    if query.limit < 1:
        return Failure(500, {"error": "Cannot read properties of undefined (reading 'sortAt')"})
    cursor = query.cursor or ""
    if switches.keyset_cursors and cursor.startswith("feed:"):
        place = KEYSET.fullmatch(cursor)
        if not place:
            return Failure(400, {"message": "Invalid cursor"})
        sign = 1 if query.sort == "Oldest" else -1
        reached = (sign * int(place[1]), sign * int(place[2]))
        hits, offset = [item for item in hits if sort_key(item, query.sort, at) > reached], 0
    else:
        offset = _leading_number(cursor) or 0
    window, more = _window(hits, offset, int(query.limit))
    if not more:
        return Page(_shown(window))
    if switches.keyset_cursors:
        last = window[-1]
        return Page(_shown(window), f"feed:{sort_value(last, query.sort, at)}:{last.id}")
    return Page(_shown(window), f"{offset + int(query.limit)}|{milliseconds(window[0].sorted_at)}")


def _index_page(hits: list[Item], query: Query) -> Page | Failure:
    offset = _leading_number(query.cursor or "0")
    if offset is None:
        return Failure(400, {"error": f"Invalid cursor: {query.cursor}", "code": "BAD_REQUEST"})
    entered = _leading_number((query.cursor or "").partition("|")[2])
    if entered is None:
        entered = milliseconds(hits[0].sorted_at) if hits else 0
    elif query.sort == "Newest":
        hits = [item for item in hits if milliseconds(item.sorted_at) <= entered]
    window, more = _window(hits, offset, int(query.limit))
    return Page(_shown(window), f"{offset + int(query.limit)}|{entered}" if more else None)


def _legacy_page(hits: list[Item], query: Query) -> Page:
    """The cursor is the first item not returned, and descending walks go on below it: that item is lost."""
    offset = 0
    if query.cursor:
        reached = _leading_number(query.cursor) or 0
        hits = [item for item in hits if (item.id >= reached if query.sort == "Oldest" else item.id < reached)]
    elif query.page:
        offset = max(0, int((query.page - 1) * query.limit))
    end = offset + int(query.limit)
    return Page(hits[offset:end], hits[end].id if len(hits) > end else None)


def _window(hits: list[Item], offset: int, size: int) -> tuple[list[Item], bool]:
    if not 0 <= offset < DEEPEST_OFFSET:
        return [], False
    return hits[offset : offset + size], len(hits) > offset + size


def _shown(window: Sequence[Item]) -> list[Item]:
    return [item for item in window if not item.hidden]


def _leading_number(text: str) -> int | None:
    digits = LEADING_DIGITS.match(text)
    return int(digits[1]) if digits else None
