"""Locks the kernel holds, so that a killed process never leaves one behind."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

POLL_SECONDS = 0.02


class FileLock:
    """A lock on a file, shared or exclusive, free again the moment its last holder is gone.

    >>> async with FileLock(Path("home/turn.lock")).exclusively():
    ...     print("nobody else is here")
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._fd: int | None = None

    @property
    def held(self) -> bool:
        return self._fd is not None

    @property
    def inheritable(self) -> tuple[int, ...]:
        """What a child process must be passed to hold this lock too."""
        return () if self._fd is None or sys.platform == "win32" else (self._fd,)

    def try_shared(self) -> bool:
        return self._try(shared=True)

    def try_exclusive(self) -> bool:
        return self._try(shared=False)

    def release(self) -> None:
        """Let go; children that inherited the lock keep it."""
        if self._fd is not None:
            os.close(self._fd)
            self._fd = None

    @asynccontextmanager
    async def exclusively(self) -> AsyncIterator[None]:
        while not self.try_exclusive():  # noqa: ASYNC110 - the kernel wakes nobody when a lock becomes free
            await asyncio.sleep(POLL_SECONDS)
        try:
            yield
        finally:
            self.release()

    def _try(self, *, shared: bool) -> bool:
        fd = os.open(self._path, os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0), 0o600)
        try:
            granted = _lock(fd, shared=shared)
        except OSError:
            os.close(fd)
            raise
        if granted:
            self._fd = fd
        else:
            os.close(fd)
        return granted


if sys.platform == "win32":  # pragma: no cover - Windows only
    import msvcrt

    SEATS = 64

    def _lock(fd: int, *, shared: bool) -> bool:
        # msvcrt knows no shared locks: to share is to take one seat, to own is to take the whole row.
        spans = [(seat, 1) for seat in range(SEATS)] if shared else [(0, SEATS)]
        return any(_lock_span(fd, start, length) for start, length in spans)

    def _lock_span(fd: int, start: int, length: int) -> bool:
        os.lseek(fd, start, os.SEEK_SET)
        try:
            msvcrt.locking(fd, msvcrt.LK_NBLCK, length)
        except PermissionError:
            return False
        return True

else:
    import fcntl

    def _lock(fd: int, *, shared: bool) -> bool:
        try:
            fcntl.flock(fd, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True
