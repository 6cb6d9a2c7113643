"""Hashes a local file, if it lies below a folder that the user allowed."""

import asyncio
import errno
import os
import stat
from collections.abc import Sequence
from pathlib import Path

from civitai_engagement.errors import BadInput, BadSetup, NotFound
from civitai_engagement.outbound.digest import Digestion, FileDigest
from civitai_engagement.records.media import MediaType

PIECE = 1024 * 1024
MOST_BYTES = 500_000_000
HOW_TO_ALLOW = "CIVITAI_ENGAGEMENT_ALLOWED_FOLDERS names the folders; a URL works as well."


async def digest_path(
    text: str, allowed: Sequence[Path], expected: MediaType | None = None, *, most_bytes: int = MOST_BYTES
) -> FileDigest:
    """Hash a local file below one of `allowed`; pass none of them where strangers may ask (HTTP).

    >>> await digest_path("/home/me/renders/a.png", settings.folders, most_bytes=settings.outbound_max_bytes)
    """
    return await asyncio.to_thread(_digest, text, allowed, Digestion(most_bytes, expected))


def _digest(text: str, allowed: Sequence[Path], digestion: Digestion) -> FileDigest:
    path = _read_path(text)
    folder, names = _below(path, allowed)
    try:
        _feed(folder, names, digestion)
    except FileNotFoundError as error:
        raise NotFound(f"There is no file {path}.") from error
    except (OSError, ValueError) as error:
        raise BadInput(f"{path} cannot be read: {_reason(error)}.") from error
    return digestion.finish(path.as_uri())


def _read_path(text: str) -> Path:
    path = Path(text.strip())
    if text.strip().startswith("~/"):
        path = path.expanduser()
    if not path.is_absolute() or ".." in path.parts:
        raise BadInput("Pass a whole path from the root, without “..”.")
    return path


def _below(path: Path, allowed: Sequence[Path]) -> tuple[Path, tuple[str, ...]]:
    """Split a path into an allowed folder, under either of its names, and the way down from it."""
    if not allowed:
        raise BadInput("No local files may be read here.", hint=HOW_TO_ALLOW)
    for folder in (spelling for one in allowed for spelling in (one, one.resolve())):
        if path.is_relative_to(folder) and path != folder:
            return folder, path.relative_to(folder).parts
    raise BadInput(f"{path} is not below a folder that may be read.", hint=HOW_TO_ALLOW)


def _feed(folder: Path, names: tuple[str, ...], digestion: Digestion) -> None:
    file = _open(folder, names)
    try:
        status = os.fstat(file)
        if not stat.S_ISREG(status.st_mode):
            raise BadInput(f"{names[-1]} is not a file.")
        digestion.announce(status.st_size)
        while piece := os.read(file, PIECE):
            digestion.feed(piece)
    finally:
        os.close(file)


def _open(folder: Path, names: tuple[str, ...]) -> int:
    """Go down one name at a time from what is already open, so that no link, however late, leads out."""
    if os.open not in os.supports_dir_fd:
        raise BadSetup("This system cannot open local files safely.", hint="Pass a URL.")
    here = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        for name in names[:-1]:
            above, here = here, os.open(name, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=here)
            os.close(above)
        # Without O_NONBLOCK a pipe would wait for its writer.
        return os.open(names[-1], os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK, dir_fd=here)
    finally:
        os.close(here)


def _reason(error: Exception) -> str:
    if isinstance(error, OSError) and error.errno in {errno.ELOOP, errno.ENOTDIR}:
        return "its way leads over a link, or over something that is no folder"
    return (isinstance(error, OSError) and error.strerror) or "that is no path"
