"""Turns for requests to Civitai when no database shares them out."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

from aiolimiter import AsyncLimiter

from civitai_engagement.ports import Lane


class LocalBudget:
    """The request budget of this process alone: evenly paced, live callers first.

    >>> await LocalBudget(requests_per_second=1).take(Lane.LIVE)
    """

    def __init__(self, requests_per_second: float) -> None:
        self._limiter = AsyncLimiter(1, 1 / requests_per_second)
        self._turn = asyncio.Lock()
        self._bulk_queue = asyncio.Lock()
        self._live_waiting = 0
        self._no_live = asyncio.Event()
        self._no_live.set()

    async def take(self, lane: Lane) -> None:
        if lane is Lane.LIVE:
            with self._ahead_of_bulk():
                await self._next()
        else:
            # Only the first bulk caller stands at the gate, so a live one never waits for more than that one.
            async with self._bulk_queue:
                await self._no_live.wait()
                await self._next()

    async def _next(self) -> None:
        async with self._turn:
            await self._limiter.acquire()

    @contextmanager
    def _ahead_of_bulk(self) -> Iterator[None]:
        self._live_waiting += 1
        self._no_live.clear()
        try:
            yield
        finally:
            self._live_waiting -= 1
            if not self._live_waiting:
                self._no_live.set()
