"""Covering the media that are due with the fewest requests, the most valuable first where the budget ends."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from heapq import heappop, heappush
from math import ceil, floor, fsum
from typing import NamedTuple, Self

SAMPLED = "sampled"
# Creators do not overlap: choosing for each the cheaper of a walk and its things one by one covers everything at the
# least cost, but for calls by ids, which round up. Only where the budget ends short of that does the choice turn hard,
# and only then are other orders tried too (docs/decisions/0027).
_PAGE = 200
IDS = 100
_GROUP = 20 * IDS  # so large that its last, partly filled call costs a twentieth at most
_NEARLY_FULL = 2
_ROUNDING = 1e-6  # sums of hundredths of a call that are whole in truth


class RequestKind(StrEnum):
    """How media are asked for."""

    CREATOR = "creator"
    POST = "post"
    IMAGE = "image"
    IDS = "ids"


class DuePost(NamedTuple):
    """The due media of one post: `due` of the `size` known in it, worth `value` (from 0 up) together."""

    post_id: int
    username: str | None
    due: int
    size: int
    value: float
    tier: str

    @property
    def key(self) -> int:
        return self.post_id


class DueImage(NamedTuple):
    """One due media that belongs to no post."""

    image_id: int
    value: float
    tier: str

    @property
    def key(self) -> int:
        """Negative, to be told from a post's."""
        return -self.image_id

    @property
    def username(self) -> None:
        return None

    @property
    def due(self) -> int:
        return 1

    @property
    def size(self) -> int:
        return 1


Due = DuePost | DueImage


@dataclass(frozen=True, slots=True)
class PlannedRequest:
    """One thing to ask: a creator, a post, an image, or by their ids the due media of all that is covered.

    `cost` is in requests. Ids go out a hundred a call, the calls filled up across posts.
    """

    way: RequestKind
    covers: tuple[Due, ...]
    cost: int

    @property
    def username(self) -> str | None:
        """The creator to walk."""
        return self.covers[0].username if self.way is RequestKind.CREATOR else None

    @property
    def due(self) -> int:
        return sum(one.due for one in self.covers)

    @property
    def value(self) -> float:
        return fsum(one.value for one in self.covers)


@dataclass(frozen=True, slots=True)
class RequestPlan:
    """What to ask, the most valuable per request first, and how many due media of each tier that reaches or not.

    `sampled_cost` are the requests of `cost` that only sampled media need.
    """

    asks: tuple[PlannedRequest, ...]
    cost: int
    sampled_cost: int
    planned: Mapping[str, int]
    unreached: Mapping[str, int]


def plan(
    due: Iterable[Due],
    listed: Mapping[str, int],
    *,
    budget: int,
    ids_supported: bool = False,
    sampled_share: float = 0.2,
) -> RequestPlan:
    """Choose what to ask within a budget of requests, at most `sampled_share` of it for sampled media.

    `listed` says how many media Civitai lists of a creator (name in lower case), where that is known; such a creator
    is walked where that takes fewer requests than asking for each post. No post or image may come twice in `due`.

    >>> plan([DuePost(7, "ana", due=5, size=9, value=1.0, tier="watched")], {"ana": 900}, budget=10).cost
    1
    """
    things = sorted((one for one in due if one.due > 0), key=lambda one: one.key)
    budget_left = _Budget(budget, floor(budget * sampled_share))
    drafts = list(_drafts(things, listed, budget_left, ids_supported=ids_supported))
    best = drafts[0] if len(drafts) == 1 else max(drafts, key=lambda draft: draft.worth)
    return best.plan(things)


class _Budget(NamedTuple):
    requests: int
    for_sampled: int


class _Order(NamedTuple):
    """Most value per request first; then what is followed before what is only sampled; then by id, widest first."""

    value_per_request: float  # with its sign turned
    is_sampled: bool
    key: int
    width: int  # with its sign turned


class _Offer(NamedTuple):
    """A way to ask for some due things; by ids, its cost is a fraction of a call and charged as calls fill up.

    A walk stands in place of `parts`, the offers to ask for each of its things by itself.
    """

    order: _Order
    way: RequestKind
    covers: tuple[Due, ...]
    cost: float
    sampled_cost: int = 0
    parts: tuple["_Offer", ...] = ()


class _Draft:
    """A plan under way: takes, offer by offer, what brings something new and can still be paid."""

    def __init__(self, budget_left: _Budget) -> None:
        self.covered: set[int] = set()
        self.cost = 0
        self._budget_left = budget_left
        self._sampled_cost = 0
        self._asks: list[PlannedRequest] = []
        self._group: list[Due] = []
        self._group_due = 0

    @classmethod
    def in_order(cls, budget_left: _Budget, offers: Iterable[_Offer]) -> Self:
        """Take what can be paid as it comes."""
        draft = cls(budget_left)
        for offer in offers:
            if draft._is_spent:
                break
            draft._take(offer)
        draft._close_group()
        return draft

    # A walk's value falls when some of what it covers is taken singly: its place in the queue is an upper bound only.
    # It is priced again when it comes up, and put back where it no longer is the best (lazy greedy).
    @classmethod
    def by_value(cls, budget_left: _Budget, singles: Iterable[_Offer], walks: Iterable[_Offer]) -> Self:
        """Take what then is the most valuable: a walk is worth less once some of its things are taken."""
        draft, queue = cls(budget_left), sorted(walks, key=_by_order)
        for single in singles:
            if draft._is_spent:
                break
            while queue and queue[0].order < single.order:
                walk = draft._left_of(heappop(queue))
                if walk.order < single.order:
                    draft._take(walk)
                else:
                    heappush(queue, walk)
            draft._take(single)
        draft._close_group()
        return draft

    @property
    def worth(self) -> tuple[float, int, int]:
        """More value is better, then more media, then fewer requests."""
        covers = [one for ask in self._asks for one in ask.covers]
        return fsum(one.value for one in covers), sum(one.due for one in covers), -self.cost

    def plan(self, things: Iterable[Due]) -> RequestPlan:
        planned, unreached = Counter[str](), Counter[str]()
        for one in things:
            (planned if one.key in self.covered else unreached)[one.tier] += one.due
        asks = tuple(sorted(self._asks, key=lambda ask: _order(ask.covers, ask.cost)))
        return RequestPlan(asks, self.cost, self._sampled_cost, dict(planned), dict(unreached))

    def _take(self, offer: _Offer) -> None:
        if offer.order.key in self.covered:
            return
        cost, sampled_cost = (
            self._price_by_ids(offer) if offer.way is RequestKind.IDS else (int(offer.cost), offer.sampled_cost)
        )
        if (
            self.cost + cost > self._budget_left.requests
            or self._sampled_cost + sampled_cost > self._budget_left.for_sampled
        ):
            return
        self.cost += cost
        self._sampled_cost += sampled_cost
        self.covered.update(one.key for one in offer.covers)
        if offer.way is RequestKind.IDS:
            self._add_to_group(offer.covers[0])
        else:
            self._asks.append(PlannedRequest(offer.way, offer.covers, cost))

    @property
    def _is_spent(self) -> bool:
        """Whether nothing more can be paid, nor finds room in a call already paid."""
        return self.cost >= self._budget_left.requests and not -self._group_due % IDS

    def _left_of(self, offer: _Offer) -> _Offer:
        parts = [part for part in offer.parts if part.order.key not in self.covered]
        return offer if len(parts) in {0, len(offer.parts)} else _walk(parts, int(offer.cost))

    def _price_by_ids(self, offer: _Offer) -> tuple[int, int]:
        """Charge the calls that are begun now; what finds room in a call already paid is free."""
        cost = _calls(self._group_due + offer.covers[0].due) - _calls(self._group_due)
        return cost, cost if offer.order.is_sampled else 0

    def _add_to_group(self, one: Due) -> None:
        """Group until the calls are many and, if it can be had, the last is nearly full."""
        self._group.append(one)
        self._group_due += one.due
        # A group ends where its last call is nearly full: each call that is not costs a request for little.
        if self._group_due >= _GROUP and (-self._group_due % IDS <= _NEARLY_FULL or self._group_due >= 2 * _GROUP):
            self._close_group()

    def _close_group(self) -> None:
        if self._group:
            self._asks.append(PlannedRequest(RequestKind.IDS, tuple(self._group), _calls(self._group_due)))
        self._group, self._group_due = [], 0


def _drafts(
    things: Sequence[Due], listed: Mapping[str, int], budget_left: _Budget, *, ids_supported: bool
) -> Iterator[_Draft]:
    """Try the cheapest cover; where that cannot be paid, all ways by value too; where it wastes calls, one without ids.

    Every group of calls by ids rounds up, so that together they may cost more than the walks they were to save.
    """
    cover, singles = _offers(things, listed, with_ids=ids_supported)
    draft = _Draft.in_order(budget_left, (*cover, *singles))
    yield draft
    if len(draft.covered) < len(things):
        yield _Draft.by_value(budget_left, singles, (offer for offer in cover if offer.way is RequestKind.CREATOR))
    elif draft.cost > ceil(fsum(offer.cost for offer in cover) - _ROUNDING):
        yield _Draft.in_order(budget_left, _offers(things, listed, with_ids=False)[0])


def _offers(
    things: Iterable[Due], listed: Mapping[str, int], *, with_ids: bool
) -> tuple[Sequence[_Offer], Sequence[_Offer]]:
    """Give the cheapest cover of everything, and each thing by itself, both in order."""
    singles = sorted((_single(one, with_ids=with_ids) for one in things), key=_by_order)
    return sorted(_cover(singles, listed), key=_by_order), singles


def _single(one: Due, *, with_ids: bool) -> _Offer:
    """Ask for one thing the cheaper way."""
    cost, is_sampled = _pages(one.size), one.tier == SAMPLED
    if with_ids and one.due < cost * IDS:
        share = one.due / IDS
        return _Offer(_Order(-one.value / share, is_sampled, one.key, -1), RequestKind.IDS, (one,), share)
    way = RequestKind.POST if isinstance(one, DuePost) else RequestKind.IMAGE
    return _Offer(_Order(-one.value / cost, is_sampled, one.key, -1), way, (one,), cost, cost if is_sampled else 0)


def _cover(singles: Iterable[_Offer], listed: Mapping[str, int]) -> Iterator[_Offer]:
    """Cover each creator the cheaper way: by walking it, or thing by thing."""
    creators: dict[str, list[_Offer]] = {}
    for single in singles:
        creators.setdefault((single.covers[0].username or "").lower(), []).append(single)
    for name, offers in creators.items():
        pages = _pages(listed[name]) if name in listed else None
        if pages is not None and pages < fsum(offer.cost for offer in offers):
            yield _walk(offers, pages)
        else:
            yield from offers


def _walk(offers: Sequence[_Offer], pages: int) -> _Offer:
    """Charge to sampled media only what the walk costs more than what is followed would cost without them."""
    parts = tuple(sorted(offers, key=lambda offer: offer.order.key))
    covers = tuple(part.covers[0] for part in parts)
    followed = fsum(part.cost for part in parts if not part.order.is_sampled)
    return _Offer(_order(covers, pages), RequestKind.CREATOR, covers, pages, max(0, pages - floor(followed)), parts)


def _order(covers: Sequence[Due], cost: float) -> _Order:
    value = fsum(one.value for one in covers) / cost
    return _Order(-value, all(one.tier == SAMPLED for one in covers), covers[0].key, -len(covers))


def _by_order(offer: _Offer) -> _Order:
    return offer.order


def _pages(media: int) -> int:
    """Count the pages of a list of so many media; an empty one is a page too."""
    return -(-media // _PAGE) or 1


def _calls(ids: int) -> int:
    return -(-ids // IDS)
