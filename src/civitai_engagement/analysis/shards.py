"""Cutting what is to be asked into shards, which several workers carry out beside each other."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from heapq import heappop, heappush
from itertools import accumulate, pairwise
from math import ceil

from civitai_engagement.analysis.planner import IDS, Due, PlannedRequest, RequestKind


@dataclass(frozen=True, slots=True)
class Shard:
    """What one worker is to ask, the most valuable first, and how many requests it may send for that."""

    asks: tuple[PlannedRequest, ...]
    allowance: int


@dataclass(frozen=True, slots=True)
class RefreshPlan:
    """What one run is to ask; how many media are `due` by tier, reached by it or not; how many requests are left.

    >>> for shard in refresh.shards(8): ...
    """

    due: Mapping[str, int]
    asks: tuple[PlannedRequest, ...]
    allowance: int

    def shards(self, most: int) -> list[Shard]:
        """Cut the plan into at most so many shards of about the same cost; together they may send what it may.

        Nothing that is due stands in two shards, so that no media is asked for twice.
        """
        dealt = _dealt([piece for ask in self.asks for piece in _pieces(ask)], most)
        costs = [sum(ask.cost for ask in asks) for asks in dealt]
        return [Shard(tuple(asks), share) for asks, share in zip(dealt, _shares(self.allowance, costs), strict=True)]


def _pieces(ask: PlannedRequest) -> Iterator[PlannedRequest]:
    """Cut what is asked for by ids into its calls: a plan may hold two thousand media in one."""
    if ask.way is not RequestKind.IDS:
        yield ask
        return
    held: list[Due] = []
    for one in ask.covers:
        if held and sum(other.due for other in held) + one.due > IDS:
            yield _call(held)
            held = []
        held.append(one)
    yield _call(held)


def _call(covers: Sequence[Due]) -> PlannedRequest:
    return PlannedRequest(RequestKind.IDS, tuple(covers), ceil(sum(one.due for one in covers) / IDS))


def _dealt(asks: Sequence[PlannedRequest], most: int) -> list[list[PlannedRequest]]:
    """Give each ask to whoever has the least to do so far."""
    dealt: list[list[PlannedRequest]] = [[] for _ in range(min(most, len(asks)))]
    loads = [(0, place) for place in range(len(dealt))]
    for ask in asks:
        load, place = heappop(loads)
        dealt[place].append(ask)
        heappush(loads, (load + ask.cost, place))
    return dealt


def _shares(allowance: int, costs: Sequence[int]) -> list[int]:
    """Divide an allowance by what each is to cost; nothing of it is lost to rounding."""
    ends = [allowance * reached // max(sum(costs), 1) for reached in accumulate(costs, initial=0)]
    return [end - start for start, end in pairwise(ends)]
