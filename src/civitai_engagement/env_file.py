"""`.env` files: ours stands in our home; one in the folder a host happens to start us in is a stranger's."""

import logging
import sys
from collections.abc import Callable, Iterator
from io import StringIO
from pathlib import Path
from stat import S_IMODE

from dotenv import dotenv_values
from dotenv.parser import parse_stream

from civitai_engagement.errors import BadSetup

NAME = ".env"
FOR_OTHERS = 0o077
logging.getLogger("dotenv.main").setLevel(logging.ERROR)  # we say ourselves which line of which file is broken


def read(file: Path) -> dict[str, str | None]:
    """Give the names and values of a file; none where there is no file.

    Raises:
        BadSetup: It cannot be read, or is not UTF-8.
    """
    return dotenv_values(stream=StringIO(_text(file)))


def _text(file: Path) -> str:
    try:
        if not file.exists() and not file.is_symlink():
            return ""
        if not file.is_file():  # a folder, as containers make of what is not there to mount; a link that leads nowhere
            raise BadSetup(f"{file} is no file that can be read.", hint="Make it a text file, or take it away.")
        text = file.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise BadSetup(f"{file} cannot be read: {error.strerror}.", hint="Make it yours, with chmod 600.") from error
    except UnicodeDecodeError as error:
        raise _foreign_text(file) from error
    if "\0" in text:  # UTF-16 without a mark
        raise _foreign_text(file)
    return text


def _foreign_text(file: Path) -> BadSetup:
    return BadSetup(f"{file} is not UTF-8 text.", hint="Save it as UTF-8.")


def notices(home: Path, folder: Path | None, *, is_ours: Callable[[str], bool], unreadable: str) -> Iterator[str]:
    """Say what is odd about the file in `home`, and that one of ours in `folder` is not read.

    `unreadable` names the one setting that cannot stand in a file in the folder it names.
    """
    ours = home / NAME
    if lines := _broken(ours):
        yield f"{ours} is not read in line {', '.join(lines)}: write NAME=value, and close quotes."
    if unreadable in {name.upper() for name in read(ours)}:
        yield f"{ours} sets {unreadable}, which is not read there: set it in the environment."
    if (mode := _mode(ours)) & FOR_OTHERS:
        yield f"{ours} may be read by others (mode {mode:04o}): run chmod 600 on it."
    theirs = folder / NAME if folder else ours
    if not _is_one(ours, theirs) and (names := _ours_in(theirs, is_ours)):
        yield f"{theirs} sets {', '.join(names)} and is not read: move what is meant for this program to {ours}."


def _broken(file: Path) -> list[str]:
    wrong = (one.original for one in parse_stream(StringIO(_text(file))) if one.error)
    return [str(one.line + one.string[: -len(one.string.lstrip())].count("\n")) for one in wrong]


def _mode(file: Path) -> int:
    return S_IMODE(file.stat().st_mode) if sys.platform != "win32" and file.is_file() else 0


def _is_one(ours: Path, theirs: Path) -> bool:
    try:
        return ours == theirs or ours.samefile(theirs)
    except OSError:
        return False


def _ours_in(file: Path, is_ours: Callable[[str], bool]) -> list[str]:
    """Name what a stranger's file sets of ours, in any encoding; one that cannot be read is no affair of ours."""
    try:
        raw = file.read_bytes() if file.is_file() else b""
    except OSError:
        return []
    text = raw.replace(b"\0", b"").decode("utf-8", "replace").lstrip("\ufeff\ufffd")
    return [name for name in dotenv_values(stream=StringIO(text)) if is_ours(name.upper())]
