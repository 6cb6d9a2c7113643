"""The stdio door: one client, one process, gone without a trace on EOF, SIGTERM or Ctrl-C."""

import asyncio
import logging
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from civitai_engagement.runtime import Runtime, ending_signals
from civitai_engagement.server.app import build

log = logging.getLogger(__name__)


async def serve_stdio(runtime: Runtime) -> None:
    """Serve until the client closes our standard input or stops listening, or a signal asks us to stop."""
    stopping = _stop_on_signals()

    @asynccontextmanager
    async def opener() -> AsyncIterator[Runtime]:
        try:
            async with runtime.opened() as opened:
                yield opened
        finally:
            if stopping.is_set():
                _leave()

    try:
        await build(runtime, opener).run_stdio_async()
    except* (BrokenPipeError, ConnectionResetError):
        log.info("the client no longer listens")


def _stop_on_signals() -> asyncio.Event:
    stopping = asyncio.Event()
    task = asyncio.current_task()

    def stop() -> None:
        if task is not None and not stopping.is_set():  # a second one would cut short what the first began
            task.cancel()
        stopping.set()

    for number in ending_signals():
        with suppress(NotImplementedError):  # Windows: closing standard input stops us there
            asyncio.get_running_loop().add_signal_handler(number, stop)
    return stopping


def _leave() -> None:
    """Leave at once: the thread that reads standard input cannot be interrupted, and everything is closed."""
    logging.shutdown()
    os._exit(0)
