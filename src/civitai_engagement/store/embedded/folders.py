"""Folders that appear whole or not at all."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

DRAFT = ".new-"


@contextmanager
def made_beside(target: Path) -> Iterator[Path]:
    """Give a private folder to fill; it becomes `target` in one step, or vanishes.

    >>> with made_beside(Path("home/data")) as draft:
    ...     (draft / "PG_VERSION").write_text("18")
    """
    draft = Path(tempfile.mkdtemp(prefix=f"{target.name}{DRAFT}", dir=target.parent))
    try:
        yield draft
        draft.rename(target)
        _remember(target.parent)
    except BaseException:
        shutil.rmtree(draft, ignore_errors=True)
        raise


@contextmanager
def temporary_folder(purpose: str) -> Iterator[Path]:
    """Make a folder for as long as it lasts, which the user whom the database runs as under root can enter.

    >>> with temporary_folder("demo") as folder:
    ...     async with EmbeddedPostgres(folder / "home") as url: ...
    """
    with tempfile.TemporaryDirectory(prefix=f"civitai-engagement-{purpose}-") as name:
        folder = Path(name)
        folder.chmod(0o711)
        yield folder


def clear_drafts(folder: Path) -> None:
    """Remove what killed processes left half made."""
    for draft in folder.glob(f"*{DRAFT}*"):
        shutil.rmtree(draft, ignore_errors=True)


def _remember(folder: Path) -> None:
    # Without it a power cut may undo the rename after the caller was told that it is done.
    if os.name == "posix":
        fd = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(fd)
        finally:
            os.close(fd)
