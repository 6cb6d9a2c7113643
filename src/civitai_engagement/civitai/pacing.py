"""Turns for requests to Civitai when no database shares them out."""

import asyncio
from heapq import heappop, heappush
from itertools import count

from aiolimiter import AsyncLimiter

from civitai_engagement.ports import Lane


class LocalBudget:
    """The request budget of this process alone: evenly paced, live callers first.

    >>> await LocalBudget(requests_per_second=1).take(Lane.LIVE)
    """

    def __init__(self, requests_per_second: float) -> None:
        self._limiter = AsyncLimiter(1, 1 / requests_per_second)
        self._arrivals = count()
        self._queue: list[tuple[bool, int, asyncio.Future[None]]] = []
        self._server: asyncio.Task[None] | None = None

    async def take(self, lane: Lane) -> None:
        turn = asyncio.get_running_loop().create_future()
        heappush(self._queue, (lane is Lane.BULK, next(self._arrivals), turn))
        if self._server is None or self._server.done():
            self._server = asyncio.create_task(self._serve())
        await turn

    async def _serve(self) -> None:
        """Give each turn, once there is one, to whoever then comes first."""
        while self._queue:
            await self._limiter.acquire()
            self._call_next()

    def _call_next(self) -> None:
        while self._queue:
            _, _, turn = heappop(self._queue)
            if not turn.done():
                turn.set_result(None)
                return
