"""The request budget that all processes on one database share."""

import asyncio
from collections import deque
from contextlib import suppress
from datetime import datetime
from random import Random
from typing import TYPE_CHECKING

from civitai_engagement.errors import BadSetup, StoreDown
from civitai_engagement.ports import Budget, Lane

if TYPE_CHECKING:
    from civitai_engagement.store.store import Store

CLOSE_SECONDS = 1


class SharedBudget:
    """Turns handed out by the database, one every `1 / requests_per_second`; `spare` gives them while it is down.

    Live callers stand in one line a process, for which the next turn is reserved: whoever is first when it comes has
    it, and where nobody is left it is given back. A bulk caller takes a turn only when one is free right now, so that
    it never stands in front of a live one for longer than one turn.

    >>> await SharedBudget(store, requests_per_second=1, spare=LocalBudget(1)).take(Lane.LIVE)
    """

    def __init__(self, store: "Store", *, requests_per_second: float, spare: Budget) -> None:
        self._store = store
        self._interval = 1 / requests_per_second
        self._spare = spare
        self._random = Random()  # noqa: S311 # spreads those who wait; no secret
        self._line: deque[asyncio.Future[None]] = deque()
        self._is_empty = asyncio.Event()
        self._server: asyncio.Task[None] | None = None

    async def take(self, lane: Lane) -> None:
        if not self._store.is_open:
            return await self._spare.take(lane)
        try:
            await (self._stand_in_line() if lane is Lane.LIVE else self._take_a_free_one())
        except (StoreDown, BadSetup):  # it is away, takes no writes, or lets our role make none
            await self._spare.take(lane)

    async def aclose(self) -> None:
        """Send those in line away and give back the turn that is reserved for them, while there still is a database."""
        self._line.clear()
        self._is_empty.set()
        if self._server is not None:
            _, late = await asyncio.wait({self._server}, timeout=CLOSE_SECONDS)
            for server in late:
                server.cancel()

    async def _take_a_free_one(self) -> None:
        async with self._store.reading() as ledger:
            wait = await ledger.turns.take(self._interval)
        while wait > 0:
            await asyncio.sleep(wait + self._random.uniform(0, self._interval / 4))
            async with self._store.reading() as ledger:
                wait = await ledger.turns.take(self._interval)

    async def _stand_in_line(self) -> None:
        turn = asyncio.get_running_loop().create_future()
        self._line.append(turn)
        self._is_empty.clear()
        if self._server is None or self._server.done():
            self._server = asyncio.create_task(self._serve())
            self._server.add_done_callback(self._tell)
        try:
            await turn
        except asyncio.CancelledError:
            if not turn.cancelled():  # it came in the moment its caller left
                self._call_next()
            raise
        finally:
            with suppress(ValueError):
                self._line.remove(turn)
            if not self._line:
                self._is_empty.set()

    async def _serve(self) -> None:
        """Reserve one turn after another for whoever is first in line when it comes."""
        while self._line:
            until, wait = await self._reserve()
            with suppress(TimeoutError):
                await asyncio.wait_for(self._is_empty.wait(), wait)
            if not self._call_next():
                await self._give_back(until)

    def _call_next(self) -> bool:
        while self._line:
            turn = self._line.popleft()
            if not turn.done():
                turn.set_result(None)
                return True
        return False

    def _tell(self, server: "asyncio.Task[None]") -> None:
        """Let those in line hear of what ended the serving before their turn."""
        error = asyncio.CancelledError() if server.cancelled() else server.exception()
        if error is not None:
            for turn in [one for one in self._line if not one.done()]:
                turn.set_exception(error)

    async def _reserve(self) -> tuple[datetime, float]:
        async with self._store.reading() as ledger:
            return await ledger.turns.reserve(self._interval)

    async def _give_back(self, until: datetime) -> None:
        async with self._store.reading() as ledger:
            await ledger.turns.give_back(self._interval, until=until)
