"""`.env` files: ours stands in our home; one in the folder a host happens to start us in is a stranger's."""

import os
import sys
from collections.abc import Callable, Iterator
from io import StringIO
from pathlib import Path
from stat import S_IMODE

from dotenv import dotenv_values

from civitai_engagement.errors import BadSetup

NAME = ".env"
FOR_OTHERS = 0o077


def read(file: Path) -> dict[str, str | None]:
    """Give the names and values of a file; none where there is no file.

    Raises:
        BadSetup: It cannot be read, or is not UTF-8.
    """
    try:
        text = file.read_bytes().decode("utf-8-sig") if file.is_file() else ""
    except OSError as error:
        raise BadSetup(f"{file} cannot be read: {error.strerror}.", hint="Make it yours, with chmod 600.") from error
    except UnicodeDecodeError as error:
        raise _foreign_text(file) from error
    if "\0" in text:  # UTF-16 without a mark
        raise _foreign_text(file)
    return dotenv_values(stream=StringIO(text))


def _foreign_text(file: Path) -> BadSetup:
    return BadSetup(f"{file} is not UTF-8 text.", hint="Save it as UTF-8.")


def notices(home: Path, folder: Path, *, is_ours: Callable[[str], bool], unreadable: str) -> Iterator[str]:
    """Say what is odd about the file in `home`, and that one of ours in `folder` is not read.

    `unreadable` names the one setting that cannot stand in a file in the folder it names.
    """
    ours, theirs = home / NAME, folder / NAME
    if unreadable in {name.upper() for name in read(ours)}:
        yield f"{ours} sets {unreadable}, which is not read there: set it in the environment."
    if (mode := _mode(ours)) & FOR_OTHERS:
        yield f"{ours} may be read by others (mode {mode:04o}): run chmod 600 on it."
    if ours.resolve() != theirs.resolve() and (names := _ours_in(theirs, is_ours)):
        yield f"{theirs} sets {', '.join(names)} and is not read: move what is meant for this program to {ours}."


def _mode(file: Path) -> int:
    return S_IMODE(file.stat().st_mode) if sys.platform != "win32" and file.is_file() else 0


def _ours_in(file: Path, is_ours: Callable[[str], bool]) -> list[str]:
    """Name what a stranger's file sets of ours; one that cannot be read is no affair of ours."""
    try:
        if not os.access(file, os.R_OK):
            return []
        return [name for name in read(file) if is_ours(name.upper())]
    except (BadSetup, OSError):
        return []
