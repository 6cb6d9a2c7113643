"""What one process owns: the client, the store and the request budget, made when first needed, closed once."""

import asyncio
import logging
import signal
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager, nullcontext, suppress
from datetime import timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Self

from pydantic import ValidationError

from civitai_engagement.clock import Clock, SystemClock
from civitai_engagement.errors import BadSetup, EngagementError
from civitai_engagement.setting_values import EMBEDDED
from civitai_engagement.settings import Settings
from civitai_engagement.speed import keep_what_is_loaded

if TYPE_CHECKING:  # heavy: loaded when first asked for
    from civitai_engagement.civitai.client import Civitai
    from civitai_engagement.store.budget import SharedBudget
    from civitai_engagement.store.store import Store

log = logging.getLogger(__name__)
WARM_UP_AFTER = 1.0  # seconds: the first answers (initialize, tools/list) go before the database


def read_settings(**given: str | None) -> Settings:
    """Read the settings, those `given` before the environment's.

    Raises:
        BadSetup: A setting cannot be read; the message names it and says why, without its value.
    """
    try:
        return Settings.model_validate({name: value for name, value in given.items() if value is not None})
    except ValidationError as error:
        wrong = "; ".join(_fault(one["loc"], one["msg"]) for one in error.errors(include_url=False))
        raise BadSetup(f"A setting is wrong: {wrong}.", hint="See docs/settings.md or .env.example.") from error


def _fault(where: tuple[int | str, ...], said: str) -> str:
    return f"{'.'.join(map(str, where))}: {said.removeprefix('Value error, ')}"


Background = Callable[["Runtime"], AbstractAsyncContextManager[None]]


def ending_signals() -> tuple[signal.Signals, ...]:
    """Name the signals that end us in order: a terminal that closes hangs up, unless `nohup` said to ignore that."""
    hangup = getattr(signal, "SIGHUP", None)  # Windows has none
    hears = hangup is not None and signal.getsignal(hangup) is not signal.SIG_IGN
    return (signal.SIGTERM, signal.SIGINT, *([signal.SIGHUP] if hears else []))


class Runtime:
    """The things every door of one process shares.

    >>> async with Runtime(Settings()).opened() as runtime: ...

    `is_local` says that whoever asks sits at this machine (stdio, a shell), and may name files of it. `background` is
    open beside a runtime that serves.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        clock: Clock | None = None,
        is_local: bool = False,
        background: Background | None = None,
    ) -> None:
        self.settings = settings
        self._background = background
        self.clock = clock or SystemClock()
        self.is_local = is_local

    @cached_property
    def civitai(self) -> "Civitai":
        from civitai_engagement.civitai.client import Civitai

        return Civitai(self.settings, clock=self.clock, budget=self.budget)

    @cached_property
    def budget(self) -> "SharedBudget":
        from civitai_engagement.civitai.pacing import LocalBudget
        from civitai_engagement.store.budget import SharedBudget

        rate = self.settings.requests_per_second
        return SharedBudget(self.store, requests_per_second=rate, spare=LocalBudget(rate))

    @cached_property
    def store(self) -> "Store":
        from civitai_engagement.store.store import Store

        url, setting = self.settings.database or (None, EMBEDDED)
        return Store(url=url, home=self.settings.home, setting=setting)

    @property
    def clock_ahead(self) -> timedelta | None:
        """By how much the machine's clock is ahead, as far as this process has heard; it asks nobody."""
        return self.civitai.clock_ahead if "civitai" in vars(self) else None

    @asynccontextmanager
    async def opened(self, *, warm_up: bool = True) -> AsyncIterator[Self]:
        """Own these things for a while; with `warm_up`, as a server does, the database is started in the background."""
        warming = asyncio.create_task(self._warm_up()) if warm_up else None
        beside = self._background(self) if warm_up and self._background else nullcontext()
        stack = AsyncExitStack()
        try:
            await stack.enter_async_context(beside)
            yield self
        finally:
            from anyio import CancelScope

            with CancelScope(shield=True):  # a host that dies in mid-answer cancels us: what we started is still ended
                await self._end(stack, warming)

    async def _end(self, stack: AsyncExitStack, warming: "asyncio.Task[None] | None") -> None:
        try:
            await stack.aclose()
        finally:
            if warming is not None:
                warming.cancel()
                with suppress(asyncio.CancelledError):
                    await warming
            await self.close()

    async def _warm_up(self) -> None:
        await asyncio.sleep(WARM_UP_AFTER)
        try:
            await self.store.open()
        except EngagementError as error:
            log.warning("the database is not up yet", extra={"reason": str(error)})
        keep_what_is_loaded()

    async def close(self) -> None:
        """Close what was made; what was never needed is not made now."""
        made = vars(self)
        if "civitai" in made:
            await self.civitai.aclose()
        if "budget" in made:
            await self.budget.aclose()
        if "store" in made:
            await self.store.close()
