"""Answers remembered for a moment, equal questions asked once, and what this Civitai is seen to know."""

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Coroutine, Hashable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Generic, TypeVar

from civitai_engagement.clock import Clock

V = TypeVar("V")
Ask = Callable[[], Coroutine[Any, Any, V]]


@dataclass(slots=True)
class _Flight(Generic[V]):
    task: asyncio.Task[V]
    passengers: int = 0


class Memory(Generic[V]):
    """Repeats an answer while it is young; callers who ask the same at the same time share one question.

    A question goes on as long as anybody waits for it. Failures are not remembered.

    >>> await Memory(clock, timedelta(seconds=60)).ask("post 1", ask)
    """

    def __init__(self, clock: Clock, lifetime: timedelta, *, size: int = 64) -> None:
        self._clock = clock
        self._lifetime = lifetime
        self._size = size
        self._kept: OrderedDict[Hashable, tuple[datetime, V]] = OrderedDict()
        self._flights: dict[Hashable, _Flight[V]] = {}

    def recall(self, key: Hashable) -> V | None:
        kept = self._kept.get(key)
        if kept is None:
            return None
        age = self._clock.now() - kept[0]  # below zero where the clock was set back
        return kept[1] if timedelta(0) <= age < self._lifetime else None

    def keep(self, key: Hashable, value: V) -> None:
        self._kept[key] = (self._clock.now(), value)
        self._kept.move_to_end(key)
        if len(self._kept) > self._size:
            self._kept.popitem(last=False)

    async def ask(self, key: Hashable, question: Ask[V]) -> V:
        """Ask and keep the answer, or wait for the answer to an equal question under way."""
        flight = self._flights.get(key)
        if flight is None or flight.task.done():
            flight = self._depart(key, question)
        flight.passengers += 1
        try:
            return await asyncio.shield(flight.task)
        finally:
            flight.passengers -= 1
            if not flight.passengers:
                self._abandon(key, flight)

    async def aclose(self) -> None:
        tasks = [flight.task for flight in self._flights.values()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _depart(self, key: Hashable, question: Ask[V]) -> _Flight[V]:
        flight = _Flight(asyncio.create_task(self._fly(key, question)))
        self._flights[key] = flight
        return flight

    async def _fly(self, key: Hashable, question: Ask[V]) -> V:
        value = await question()
        self.keep(key, value)
        return value

    def _abandon(self, key: Hashable, flight: _Flight[V]) -> None:
        flight.task.cancel()
        if self._flights.get(key) is flight:
            del self._flights[key]


class UpstreamFeature:
    """Whether Civitai knows a kind of question: `None` until it was seen, or when a "no" was long ago.

    >>> feature = UpstreamFeature(clock, forgotten_after=timedelta(days=1))
    >>> feature.is_known
    """

    def __init__(self, clock: Clock, *, forgotten_after: timedelta) -> None:
        self._clock = clock
        self._forgotten_after = forgotten_after
        self._is_proven = False
        self._lacking_until: datetime | None = None

    @property
    def is_known(self) -> bool | None:
        if self._lacking_until and self._clock.now() < self._lacking_until:
            return False
        return self._is_proven or None

    def prove(self) -> None:
        self._is_proven, self._lacking_until = True, None

    def deny(self) -> None:
        self._is_proven, self._lacking_until = False, self._clock.now() + self._forgotten_after
