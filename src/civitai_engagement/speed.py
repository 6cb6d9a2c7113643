"""What tunes a process for speed, whatever it does; what a server tunes besides stands in server/speed.py."""

import asyncio
import gc
from collections.abc import Callable, Iterator
from contextlib import contextmanager

# How many new objects the search for circular garbage waits for, by generation. What we make is mostly trees, freed
# without it: looking as often as Python does by itself takes a twentieth of a call, and a third of a large plan.
GARBAGE_AFTER = (50_000, 20, 20)


def look_for_garbage_seldom() -> None:
    gc.set_threshold(*GARBAGE_AFTER)


@contextmanager
def loading() -> Iterator[None]:
    """Look for no garbage while modules are loaded, and never among what they made: it stays.

    Python would walk through the classes and models made so far more than two hundred times in a start: a tenth of it.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        if was_on:
            gc.enable()


def keep_what_is_loaded() -> None:
    """Take what is loaded by now for what stays: no later collection need walk through it."""
    gc.collect()
    gc.freeze()


def fast_loop() -> Callable[[], asyncio.AbstractEventLoop] | None:
    """Give what makes the loops a server runs on: uvloop's, where there is one."""
    try:
        from uvloop import new_event_loop
    except ImportError:  # pragma: no cover - Windows only
        return None
    return new_event_loop
