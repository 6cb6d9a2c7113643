"""Time comes in as an argument, so that tests and replays can move it."""

import asyncio
import time
from collections import deque
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from statistics import median
from typing import Protocol


class Clock(Protocol):
    """What anything that asks for the time, or waits, is given."""

    def now(self) -> datetime:
        """Say the instant, aware, in UTC."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Wait."""
        ...


class SystemClock:
    """The machine's own clock."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


class Drift:
    """By how much the machine's clock is ahead of others': the median of what the last five said the time was.

    When the clock is set, or the machine slept, what was heard before says nothing any more, and is forgotten.

    >>> drift = Drift()
    >>> drift.hear(their_date, SystemClock().now())
    >>> drift.ahead(SystemClock().now())
    datetime.timedelta(days=2)
    """

    _JUMP = 60.0  # seconds that the clock may move otherwise than the processor's, which nobody sets

    def __init__(self, ticking: Callable[[], float] = time.monotonic) -> None:
        self._ticking = ticking
        self._heard: deque[timedelta] = deque(maxlen=5)
        self._base = 0.0

    def hear(self, theirs: datetime, ours: datetime) -> None:
        self._forget_if_set(ours)
        self._heard.append(ours - theirs)

    def ahead(self, now: datetime) -> timedelta | None:
        """Say by how much; negative is behind, None unknown."""
        self._forget_if_set(now)
        return timedelta(seconds=median(one.total_seconds() for one in self._heard)) if self._heard else None

    def _forget_if_set(self, now: datetime) -> None:
        base = now.timestamp() - self._ticking()
        if abs(base - self._base) > self._JUMP:
            self._heard.clear()
            self._base = base


class StandingClock:
    """A clock that stands at one instant, for replays: a run sees one time, and waiting costs none.

    >>> StandingClock(datetime(2026, 1, 1, tzinfo=UTC)).now()
    datetime.datetime(2026, 1, 1, 0, 0, tzinfo=datetime.timezone.utc)
    """

    def __init__(self, at: datetime) -> None:
        self._at = at

    def now(self) -> datetime:
        return self._at

    async def sleep(self, seconds: float) -> None:
        del seconds
        await asyncio.sleep(0)


class ManualClock:
    """A clock that moves only when told to; sleeping moves it.

    >>> clock = ManualClock(datetime(2026, 1, 1, tzinfo=UTC))
    >>> clock.advance(timedelta(hours=4))
    """

    def __init__(self, start: datetime) -> None:
        self._now = start

    def now(self) -> datetime:
        return self._now

    def advance(self, by: timedelta) -> None:
        self._now += by

    async def sleep(self, seconds: float) -> None:
        self.advance(timedelta(seconds=seconds))
        await asyncio.sleep(0)
