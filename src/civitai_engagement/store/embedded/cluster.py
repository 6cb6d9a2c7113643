"""One data folder and the Postgres that serves it."""

import asyncio
import os
import re
import shlex
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

from civitai_engagement.errors import BadSetup, EngagementError, StoreDown
from civitai_engagement.store.embedded.account import Account
from civitai_engagement.store.embedded.doors import USER, Endpoint
from civitai_engagement.store.embedded.folders import clear_drafts, made_beside
from civitai_engagement.store.embedded.journal import Journal, last_words
from civitai_engagement.store.embedded.locks import POLL_SECONDS, FileLock
from civitai_engagement.store.embedded.postmaster import Postmaster, State
from civitai_engagement.store.embedded.programs import FOLDERS, Programs, Wheel
from civitai_engagement.store.embedded.upgrading import NEWEST, MajorUpgrade, finish_interrupted, upgrade_major

FOR_EVER = str(30 * 24 * 3600)
STOP_SECONDS = 30
SIGNS_OF_A_FULL_DISK = ("No space left on device", "Check free disk space")

# Small, and durable: fsync, full_page_writes and synchronous_commit stay on.
SETTINGS = {
    "shared_buffers": "64MB",
    "max_connections": "30",
    "work_mem": "16MB",
    "maintenance_work_mem": "64MB",
    "effective_cache_size": "512MB",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "max_wal_size": "512MB",
    "min_wal_size": "32MB",
    "wal_compression": "off",
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_checkpoints": "off",
    "log_min_messages": "log",
    "lc_messages": "C",
    "autovacuum_max_workers": "2",
    "max_logical_replication_workers": "0",
    "random_page_cost": "1.1",
}


class Cluster:
    """A data folder in `home`, made on first use.

    >>> cluster = Cluster(home, account, SocketDoor(account), Wheel.installed())
    >>> if cluster.state() is State.ABSENT:
    ...     await cluster.launch()
    """

    def __init__(self, home: Path, account: Account, door: Endpoint, wheel: Wheel) -> None:
        self.data = home / "data"
        self._home = home
        self._account = account
        self._door = door
        self._wheel = wheel
        self._journal = Journal(home / "postgres.log")
        # Handed down to every process of Postgres, so that the kernel itself knows whether one lives.
        self._running = FileLock(home / "running.lock")

    def state(self) -> State:
        postmaster = Postmaster.read(self.data)
        if postmaster is not None and postmaster.lives_on(self.data):
            return postmaster.state
        if not self._running.try_exclusive():
            return State.HIDDEN
        self._running.release()
        return State.ABSENT

    async def check(self) -> None:
        """Find out whether this machine can run the programs at all.

        Raises:
            BadSetup: It cannot.
        """
        await self._programs()

    def url(self) -> str:
        postmaster = Postmaster.read(self.data)
        if postmaster is None:
            raise StoreDown("The embedded Postgres has just stopped.", hint="Try again.")
        return self._door.url(postmaster)

    async def launch(self) -> None:
        """Start a server where none runs; return when it is ready, however long recovery takes.

        Cancelled or failed, it leaves nothing running.
        """
        self._running.try_exclusive()
        try:
            before = self._clear_remains()
            finish_interrupted(self.data)
            programs = await self._programs()
            if not self.data.exists():
                await self._create(programs)
            await self._start(programs, before)
        except BaseException:
            await self._end()
            raise
        finally:
            self._running.release()

    async def upgrade(self) -> MajorUpgrade | None:
        """Bring the folder to the newest major version; None where it is, or is not made yet. No server may run.

        Raises:
            StoreDown: One runs, or it failed; the database is as it was.
        """
        if not self.data.exists() or self._version() == NEWEST:
            return None
        if self.state() is not State.ABSENT:
            raise StoreDown("The embedded Postgres is in use.", hint="Stop servers and the service first.")
        wheel = await self._wheel.within_reach(self._account, self._home)
        old, new = (wheel.programs(version, self._account) for version in (self._version(), NEWEST))
        return await upgrade_major(self.data, old, new, account=self._account, door=self._door, journal=self._journal)

    async def halt(self) -> None:
        """Stop the server, if one runs, without losing anything committed; return when all its processes are gone."""
        postmaster = Postmaster.read(self.data)
        if postmaster is None or not postmaster.lives_on(self.data):
            return
        await self._stop()
        await self._end()
        self._door.close(postmaster.socket_folder)

    async def _stop(self) -> None:
        programs = await self._programs()
        await programs.run("pg_ctl", "stop", "-m", "fast", "-s", "-t", str(STOP_SECONDS), data=self.data)

    async def _end(self) -> None:
        """Wait until no process of Postgres is left, which pg_ctl does not.

        Stopping a server, it waits for the pid file to go; interrupted while it starts one, for nothing: that one may
        come up after it.
        """
        self._running.release()
        with suppress(TimeoutError):
            async with asyncio.timeout(STOP_SECONDS):
                while (state := self.state()) is not State.ABSENT:
                    if state in {State.STARTING, State.READY}:
                        await self._stop()
                    await asyncio.sleep(POLL_SECONDS)

    def _clear_remains(self) -> Postmaster | None:
        """Remove what a killed server, or a killed first start, left behind; tell what it was."""
        clear_drafts(self._home)
        before = Postmaster.read(self.data)
        (self.data / "postmaster.pid").unlink(missing_ok=True)
        return before

    async def _programs(self) -> Programs:
        wheel = await self._wheel.within_reach(self._account, self._home)
        if self.data.exists():
            return wheel.programs(self._version(), self._account)
        for version in FOLDERS:
            programs = wheel.programs(version, self._account)
            if await programs.work():
                return programs
        raise BadSetup("The embedded Postgres cannot run on this machine.", hint="Set DATABASE_URL.")

    def _version(self) -> str:
        try:
            said = (self.data / "PG_VERSION").read_bytes().strip()
        except OSError as error:
            raise BadSetup(
                f"{self.data} holds no database.",
                hint="Move it away, or set CIVITAI_ENGAGEMENT_HOME to another folder.",
            ) from error
        if not re.fullmatch(rb"[0-9]{1,3}", said):
            hint = "Restore it from a backup, or move the folder away: a new one is made."
            raise BadSetup(f"{self.data} is damaged: its PG_VERSION names no version.", hint=hint)
        return said.decode()

    async def _create(self, programs: Programs) -> None:
        with made_beside(self.data) as draft:
            self._account.own(draft)
            options = [f"--username={USER}", "--encoding=UTF8", *_locale(programs.version)]
            code = await self._run(programs, "initdb", *options, *self._door.initdb_options(), data=draft)
            if code:
                raise self._failure("Postgres could not make its data folder.")

    async def _start(self, programs: Programs, before: Postmaster | None) -> None:
        listening = self._door.open(before)
        try:
            await self._serve(programs, SETTINGS | listening)
        except BaseException:
            self._door.close(listening["unix_socket_directories"])
            raise

    async def _serve(self, programs: Programs, settings: dict[str, str]) -> None:
        # We pass -D ourselves: pg_ctl would not quote it for its shell, and `lives_on` looks for it.
        options = ["-D", str(self.data), *(f"--{name}={value}" for name, value in settings.items())]
        waiting = ["start", "-s", "-w", "-t", FOR_EVER]
        if await self._run(programs, "pg_ctl", *waiting, "-o", _quoted(options), data=self.data):
            raise self._failure("Postgres did not start.")

    async def _run(self, programs: Programs, name: str, *options: str, data: Path) -> int:
        log = self._journal.open()
        try:
            return await programs.run(name, *options, data=data, output=log, inherited=self._running.inheritable)
        finally:
            os.close(log)

    def _failure(self, what: str) -> EngagementError:
        words = self._journal.words()
        if any(sign in words for sign in SIGNS_OF_A_FULL_DISK):
            return BadSetup(f"The disk of {self._home} is full.", hint="Free some space, or set DATABASE_URL.")
        return StoreDown(f"{what} It said: {last_words(words) or 'nothing'}", hint=f"Its log is {self._journal.path}.")


def _locale(version: str) -> list[str]:
    """Make letters mean the same however this program was started (a desktop may pass no locale at all)."""
    builtin = ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"] if int(version) >= 17 else []
    return ["--locale=C", *builtin]


def _quoted(options: list[str]) -> str:
    """Quote for the shell that pg_ctl starts the server through."""
    return subprocess.list2cmdline(options) if sys.platform == "win32" else shlex.join(options)
