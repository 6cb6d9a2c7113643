"""Resource-updated events: what any process on the same database changed, told to clients that subscribed here."""

import asyncio
import logging
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from datetime import datetime, timedelta

from mcp.server.subscriptions import InMemorySubscriptionBus, ResourceUpdated, ServerEvent

from civitai_engagement.errors import EngagementError, Retryable
from civitai_engagement.records.filters import ChangePosition, Subject
from civitai_engagement.runtime import Runtime

log = logging.getLogger(__name__)
LATEST = "changes://latest"
MISSED_AT_MOST = 500  # changes; who was away for longer reads changes://latest anyway
LATE = timedelta(minutes=10)  # how old an answer of Civitai may be that is kept now


class LedgerEvents:
    """The SDK's bus of events, fed by the ledger while somebody subscribes: without subscribers there is no connection.

    >>> MCPServer("name", subscriptions=LedgerEvents(runtime))
    """

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._local = InMemorySubscriptionBus()
        self._subscribers = 0
        self._relaying: asyncio.Task[None] | None = None

    async def publish(self, event: ServerEvent) -> None:
        await self._local.publish(event)

    def subscribe(self, listener: Callable[[ServerEvent], None]) -> Callable[[], None]:
        leave = self._local.subscribe(listener)
        self._subscribers += 1
        if self._relaying is None or self._relaying.done():
            self._relaying = asyncio.create_task(self._relay())
        is_here = True

        def unsubscribe() -> None:
            nonlocal is_here
            leave()
            self._subscribers -= is_here
            is_here = False
            if not self._subscribers and self._relaying is not None:
                self._relaying.cancel()
                self._relaying = None

        return unsubscribe

    async def _relay(self) -> None:
        try:
            async with aclosing(self._heard()) as heard:
                async for posts in heard:
                    await self._tell(posts)
        except EngagementError as error:
            log.warning("clients are not told of changes", extra={"reason": str(error)})

    async def _tell(self, posts: frozenset[int]) -> None:
        for post_id in sorted(posts):
            await self.publish(ResourceUpdated(uri=f"post://{post_id}"))
            await self.publish(ResourceUpdated(uri=f"history://post/{post_id}"))
        await self.publish(ResourceUpdated(uri=LATEST))

    async def _heard(self) -> AsyncGenerator[frozenset[int]]:
        """Give what changed; where some may have been missed, look it up."""
        from civitai_engagement.store.listener import Listener

        since = self._runtime.clock.now()
        async with aclosing(Listener(self._runtime.store.alone).heard()) as messages:
            async for posts in messages:
                if changed := posts or await self._changed_after(since):
                    yield changed
                since = self._runtime.clock.now() - LATE

    async def _changed_after(self, since: datetime) -> frozenset[int]:
        before = ChangePosition(self._runtime.clock.now() + LATE, 0)
        try:
            async with self._runtime.store.reading() as ledger:
                found = await ledger.history.older(Subject(), before, limit=MISSED_AT_MOST)
        except Retryable as error:
            log.info("what was missed cannot be looked up", extra={"reason": str(error)})
            return frozenset()
        return frozenset(one.post_id for one in found if one.at > since and one.post_id is not None)
