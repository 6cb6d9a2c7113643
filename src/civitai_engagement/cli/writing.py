"""Writing to files and to standard output: what fails is told by name, and never taken for the database's fault."""

import errno
import io
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TextIO

from civitai_engagement.errors import BadInput

FULL = {errno.ENOSPC, errno.EDQUOT}


@contextmanager
def refusing(name: Path | str) -> Iterator[None]:
    """Turn what keeps us from writing into a refusal that names the place."""
    try:
        yield
    except OSError as error:
        why = os.strerror(error.errno) if error.errno else error  # pyarrow puts its own words beside
        hint = "Make room there, or name another file." if error.errno in FULL else "Name another file."
        raise BadInput(f"{name} cannot be written: {why}.", hint=hint) from error


@contextmanager
def written(place: Path | int, name: Path | str) -> Iterator[TextIO]:
    """Open a file, or a descriptor that stays open, for text; what UTF-8 cannot hold is escaped.

    Raises:
        BadInput: It cannot be written, at whichever line that comes to light.
    """
    with refusing(name):
        raw = _Named(place, name)
    buffered = io.BufferedWriter(raw)
    with io.TextIOWrapper(buffered, encoding="utf-8", errors="backslashreplace", newline="") as file:
        yield file


class _Named(io.FileIO):
    """A file that tells its name when it fails, at once: further out there are others' errors of the same kind."""

    def __init__(self, place: Path | int, name: Path | str) -> None:
        self._name = name
        super().__init__(place, "w", closefd=not isinstance(place, int))

    def write(self, data: Any, /) -> int:
        with refusing(self._name):
            return super().write(data)

    def close(self) -> None:
        with refusing(self._name):
            super().close()
