"""A command stopped by Ctrl-C, a closed terminal or a service manager: it lets go in order, and says what stays."""

import asyncio
import signal
import sys
from collections.abc import Awaitable
from contextlib import suppress
from typing import TypeVar

import typer

from civitai_engagement.runtime import ending_signals

T = TypeVar("T")


async def stoppable(work: Awaitable[T], *, farewell: str) -> T:
    """Do some work; on SIGINT, SIGTERM or SIGHUP it is cancelled, a line is said, and it ends as shells expect.

    What the work opened is its own to close, and is closed before the line is said: a second signal changes nothing.

    >>> await stoppable(collect_once(runtime), farewell="Stopped. What was observed is kept.")
    """
    received: list[signal.Signals] = []
    loop, task = asyncio.get_running_loop(), asyncio.current_task()
    assert task is not None  # noqa: S101 # a coroutine runs in one

    def stop(number: signal.Signals) -> None:
        if not received:
            task.cancel()
        received.append(number)

    for number in ending_signals():
        with suppress(NotImplementedError):  # Windows: Ctrl-C ends it there, without a word
            loop.add_signal_handler(number, stop, number)
    try:
        return await work
    except (asyncio.CancelledError, OSError):  # a terminal that is closed takes no more words
        if not received:
            raise
        with suppress(OSError):
            sys.stderr.write(f"{farewell}\n")
        raise typer.Exit(128 + received[0]) from None
