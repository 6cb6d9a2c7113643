"""The request budget that all processes on one database share."""

import asyncio
from random import Random
from typing import TYPE_CHECKING

from civitai_engagement.errors import BadSetup, StoreDown
from civitai_engagement.ports import Budget, Lane
from civitai_engagement.store.queries import load

if TYPE_CHECKING:
    from civitai_engagement.store.store import Store

_LANE = "all"


class SharedBudget:
    """Turns handed out by the database, one every `1 / requests_per_second`; `spare` gives them while it is down.

    A live caller reserves the next turn and waits for it; a bulk caller takes a turn only when one is free right now,
    so that it never stands in front of a live one for longer than one turn.

    >>> await SharedBudget(store, requests_per_second=1, spare=LocalBudget(1)).take(Lane.LIVE)
    """

    def __init__(self, store: "Store", *, requests_per_second: float, spare: Budget) -> None:
        self._store = store
        self._interval = 1 / requests_per_second
        self._spare = spare
        self._sql = load("budget")
        self._random = Random()  # noqa: S311 # spreads those who wait; no secret

    async def take(self, lane: Lane) -> None:
        if not self._store.is_open:
            return await self._spare.take(lane)
        try:
            await self._take(lane)
        except (StoreDown, BadSetup):  # it is away, takes no writes, or lets our role make none
            await self._spare.take(lane)

    async def _take(self, lane: Lane) -> None:
        if lane is Lane.LIVE:
            await asyncio.sleep(await self._ask("reserve"))
            return
        while (wait := await self._ask("take")) > 0:  # noqa: ASYNC110 # other processes take turns too
            await asyncio.sleep(wait + self._random.uniform(0, self._interval / 4))

    async def _ask(self, how: str) -> float:
        async with self._store.reading() as ledger:
            seconds = await self._sql[how].value(ledger.connection, lane=_LANE, seconds=self._interval)
        return max(float(seconds), 0.0)
