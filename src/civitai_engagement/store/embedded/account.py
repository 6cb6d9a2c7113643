"""The operating-system user Postgres runs as, since it refuses to be root."""

import contextlib
import os
import stat
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import psutil

from civitai_engagement.errors import BadSetup

STAND_INS = ("postgres", "nobody")


@dataclass(frozen=True)
class Account:
    """Whoever runs this program, or, where that is root, a user it steps down to.

    >>> account = Account.for_data(Path("/var/lib/civitai-engagement/data"))
    >>> account.stands_in  # True for root only
    False
    """

    name: str
    uid: int
    gid: int
    stands_in: bool = False

    @classmethod
    def for_data(cls, data: Path) -> Self:
        """Choose the user; of root's stand-ins, the one that owns the data already."""
        if _is_root():
            return cls._stand_in(data.stat().st_uid if data.exists() else None)
        return cls(psutil.Process().username(), *_own_ids())

    @classmethod
    def _stand_in(cls, owner: int | None) -> Self:
        known = [cls(name, uid, gid, stands_in=True) for name, uid, gid in _known(STAND_INS)]
        if not known:
            raise BadSetup(
                "Postgres refuses to run as root, and this machine has neither a user postgres nor a user nobody.",
                hint="Run as an ordinary user, or set DATABASE_URL.",
            )
        return next((account for account in known if account.uid == owner), known[0])

    def own(self, path: Path) -> None:
        """Hand a file that root made to its stand-in."""
        if sys.platform != "win32" and self.stands_in:
            os.chown(path, self.uid, self.gid, follow_symlinks=False)

    def admit(self, folder: Path) -> None:
        """Let the stand-in, and nobody else, pass through a folder of root's."""
        if sys.platform != "win32" and self.stands_in:
            os.chown(folder, -1, self.gid)
            folder.chmod(0o710)

    def _blocked_at(self, path: Path) -> Path | None:
        way = [*reversed(path.parents), path] if self.stands_in else []
        return next((folder for folder in way if not self._may_enter(folder)), None)

    def check(self, home: Path, data: Path) -> None:
        """Refuse folders that the user Postgres runs as cannot use, and say what to do."""
        blocked = self._blocked_at(home)
        if blocked is not None:
            raise BadSetup(
                f"Postgres refuses to run as root, and the user {self.name} that it runs as cannot enter {blocked}.",
                hint="Set CIVITAI_ENGAGEMENT_HOME to a folder that user can reach, such as "
                "/var/lib/civitai-engagement, or set DATABASE_URL.",
            )
        if sys.platform != "win32" and data.exists() and data.stat().st_uid != self.uid:
            raise BadSetup(
                f"The database in {data} belongs to the user {_owner(data)}, but Postgres would run as {self.name}.",
                hint="Run as that user, hand the folder over with chown -R, or set CIVITAI_ENGAGEMENT_HOME to another.",
            )

    def reaches(self, path: Path) -> bool:
        return self._blocked_at(path) is None

    def _may_enter(self, folder: Path) -> bool:
        facts = folder.stat()
        if facts.st_uid == self.uid:
            return bool(facts.st_mode & stat.S_IXUSR)
        return bool(facts.st_mode & (stat.S_IXGRP if facts.st_gid == self.gid else stat.S_IXOTH))


def _owner(path: Path) -> str:
    try:
        return path.owner()
    except KeyError:
        return f"number {path.stat().st_uid}"


def _is_root() -> bool:
    return sys.platform != "win32" and os.geteuid() == 0


def _own_ids() -> tuple[int, int]:
    if sys.platform == "win32":  # pragma: no cover - Windows only
        return 0, 0
    return os.geteuid(), os.getegid()


def _known(names: tuple[str, ...]) -> Iterator[tuple[str, int, int]]:
    if sys.platform != "win32":
        import pwd

        for name in names:
            with contextlib.suppress(KeyError):
                user = pwd.getpwnam(name)
                yield name, user.pw_uid, user.pw_gid
