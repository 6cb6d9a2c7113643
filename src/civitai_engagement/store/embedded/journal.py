"""The log of the embedded Postgres: beside its data, never in it, and never big."""

import os
from pathlib import Path

FULL = 5_000_000
LINES_SHOWN = 5
CHARACTERS_SHOWN = 1_000


class Journal:
    """A log file that starts afresh when full, keeping the one before.

    >>> journal = Journal(Path("home/postgres.log"))
    >>> with journal.opened() as fd:
    ...     os.write(fd, b"hello")
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._begun_at = 0

    def open(self) -> int:
        """Give a file descriptor to append to, and remember where it began."""
        if self._size() > FULL:
            self.path.replace(self.path.with_suffix(".log.1"))
        self._begun_at = self._size()
        return os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | getattr(os, "O_NOFOLLOW", 0), 0o600)

    def words(self) -> str:
        """Quote what was written since it was last opened."""
        with self.path.open("rb") as file:
            file.seek(self._begun_at)
            return file.read(FULL).decode(errors="replace")

    def _size(self) -> int:
        return self.path.stat().st_size if self.path.exists() else 0


def last_words(text: str) -> str:
    """Quote the end of a log, without the hints that Postgres gives to who keeps it by hand."""
    lines = [line.strip() for line in text.splitlines() if line.strip() and "HINT:" not in line]
    return " | ".join(lines[-LINES_SHOWN:])[-CHARACTERS_SHOWN:]
