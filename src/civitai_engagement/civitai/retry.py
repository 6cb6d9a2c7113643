"""How patiently one question is asked: a paced turn for every attempt, pauses between them, an end to it all."""

import asyncio
import math
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import TypeVar

from tenacity import AsyncRetrying, RetryCallState, retry_if_exception_type, wait_random_exponential

from civitai_engagement.clock import Clock
from civitai_engagement.errors import Retryable, UpstreamDown, UpstreamUnbelievable
from civitai_engagement.ports import Budget, Lane

T = TypeVar("T")
MOST_BULK = 5
MOST_UNBELIEVABLE = 3
BULK_PATIENCE = timedelta(minutes=5)
_BACK_OFF = wait_random_exponential(multiplier=2, min=1, max=30)


class RetriedRequest:
    """One question to Civitai, which may take several requests; counts what it sends, and what it sends again.

    The patience is for the whole question where it has a deadline, else for each of its requests.

    >>> async with retried(clock, budget, Lane.LIVE, timedelta(seconds=45)) as question:
    ...     answer = await question.attempt(send)
    """

    def __init__(
        self,
        clock: Clock,
        budget: Budget,
        lane: Lane,
        *,
        deadline: datetime | None = None,
        patience: timedelta = BULK_PATIENCE,
    ) -> None:
        self.requests = 0
        self.retries = 0
        self._clock = clock
        self._budget = budget
        self._lane = lane
        self._deadline = deadline
        self._patience = patience

    async def attempt(self, send: Callable[[], Awaitable[T]]) -> T:
        retrying = AsyncRetrying(
            sleep=self._clock.sleep,
            retry=retry_if_exception_type(UpstreamDown),
            wait=_pause,
            stop=self._gives_up(self._deadline or self._clock.now() + self._patience),
            before_sleep=self._count_retry,
            reraise=True,
        )
        return await retrying(self._once, send)

    async def _once(self, send: Callable[[], Awaitable[T]]) -> T:
        await self._budget.take(self._lane)
        self.requests += 1
        return await send()

    def _count_retry(self, state: RetryCallState) -> None:  # noqa: ARG002 - tenacity tells what happened; it counts
        self.retries += 1

    def _gives_up(self, deadline: datetime) -> Callable[[RetryCallState], bool]:
        def stop(state: RetryCallState) -> bool:
            left = (deadline - self._clock.now()).total_seconds()
            return state.attempt_number >= self._most_attempts(state) or state.upcoming_sleep >= left

        return stop

    def _most_attempts(self, state: RetryCallState) -> float:
        if isinstance(_error(state), UpstreamUnbelievable):
            return MOST_UNBELIEVABLE
        return MOST_BULK if self._lane is Lane.BULK else math.inf


@asynccontextmanager
async def retried(clock: Clock, budget: Budget, lane: Lane, live_patience: timedelta) -> AsyncIterator[RetriedRequest]:
    """Open a request that is retried; a live one ends with its patience even where a request hangs."""
    if lane is Lane.BULK:
        yield RetriedRequest(clock, budget, lane)
        return
    seconds = live_patience.total_seconds()
    try:
        async with asyncio.timeout(seconds):
            yield RetriedRequest(clock, budget, lane, deadline=clock.now() + live_patience)
    except TimeoutError as error:
        raise UpstreamDown(f"Civitai did not answer within {seconds:g} seconds.") from error


def _pause(state: RetryCallState) -> float:
    """Back off with full jitter, and never come back before we were told to."""
    error = _error(state)
    asked = error.retry_after if isinstance(error, Retryable) else None
    return max(asked or 0.0, _BACK_OFF(state))


def _error(state: RetryCallState) -> BaseException | None:
    return state.outcome.exception() if state.outcome else None
