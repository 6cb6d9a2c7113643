"""Hears of changes that any process on the same database made, on a connection of its own."""

import asyncio
import logging
from collections.abc import AsyncGenerator, Awaitable, Callable
from typing import Any

import asyncpg
from tenacity import AsyncRetrying, RetryCallState, retry_if_exception_type, wait_random_exponential

from civitai_engagement.errors import Retryable
from civitai_engagement.store.connecting import ours
from civitai_engagement.store.events import CHANNEL, read

log = logging.getLogger(__name__)
ALIVE_AFTER = 60.0  # seconds of silence until the connection is asked whether it still stands
Messages = asyncio.Queue[frozenset[int] | None]  # None: the connection has ended
_BACK_OFF = wait_random_exponential(multiplier=1, min=1, max=30)


class Listener:
    """Hears of changed posts; a lost connection is made anew, with growing pauses.

    >>> async for posts in Listener(store.alone).heard(): ...
    """

    def __init__(
        self,
        connect: Callable[[], Awaitable["asyncpg.Connection[Any]"]],
        *,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._connect = connect
        self._retrying = AsyncRetrying(
            retry=retry_if_exception_type(Retryable), wait=_BACK_OFF, sleep=sleep, before_sleep=_say_why
        )

    async def heard(self) -> AsyncGenerator[frozenset[int]]:
        """Give the ids of posts as they change, without end. No ids: some changes may have been missed.

        Raises:
            BadSetup: The database refuses us.
        """
        while True:
            connection: asyncpg.Connection[Any]
            messages: Messages
            connection, messages = await self._retrying(self._listening)
            try:
                yield frozenset()
                while (posts := await _next(messages, connection)) is not None:
                    yield posts
            except Retryable as error:
                log.info("the connection that hears of changes is lost", extra={"reason": str(error)})
            finally:
                connection.terminate()

    async def _listening(self) -> "tuple[asyncpg.Connection[Any], Messages]":
        """Connect and listen; a standby takes connections, and lets nobody listen."""
        connection, messages = await self._connect(), Messages()
        connection.add_termination_listener(lambda _: messages.put_nowait(None))
        try:
            with ours("The database"):
                await connection.add_listener(CHANNEL, lambda *said: messages.put_nowait(read(str(said[-1]))))
        except BaseException:
            connection.terminate()
            raise
        return connection, messages


async def _next(messages: Messages, connection: "asyncpg.Connection[Any]") -> frozenset[int] | None:
    """Wait for a message; None says that the connection is gone."""
    while True:
        try:
            return await asyncio.wait_for(messages.get(), ALIVE_AFTER)
        except TimeoutError:
            with ours("The database"):
                await connection.execute("select 1", timeout=10)


def _say_why(state: RetryCallState) -> None:
    error = state.outcome.exception() if state.outcome else None
    log.info("changes cannot be heard of yet", extra={"reason": str(error)})
