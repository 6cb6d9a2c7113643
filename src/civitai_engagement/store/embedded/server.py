"""The embedded Postgres as the rest of the program sees it: a URL, for as long as it is needed."""

import asyncio
import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from errno import EACCES, ENOTDIR
from pathlib import Path
from types import TracebackType

from civitai_engagement.errors import BadSetup, StoreDown
from civitai_engagement.store.embedded.account import Account
from civitai_engagement.store.embedded.cluster import Cluster
from civitai_engagement.store.embedded.doors import door_of_this_machine
from civitai_engagement.store.embedded.folders import made_beside
from civitai_engagement.store.embedded.locks import POLL_SECONDS, FileLock
from civitai_engagement.store.embedded.postmaster import State
from civitai_engagement.store.embedded.programs import Wheel
from civitai_engagement.store.embedded.upgrading import MajorUpgrade

logger = logging.getLogger(__name__)

SECONDS_UNTIL_NOTICE = 5.0
SECONDS_HIDDEN = 15.0


class EmbeddedPostgres:
    """A Postgres in a folder, shared by all processes that use the folder; the last one out stops it.

    >>> async with EmbeddedPostgres(Path("/var/lib/civitai-engagement")) as url:
    ...     connection = await asyncpg.connect(url)
    """

    def __init__(self, home: Path) -> None:
        self._home = home.expanduser().resolve()
        self._turn = FileLock(self._home / "turn.lock")
        self._using = FileLock(self._home / "using.lock")

    async def __aenter__(self) -> str:
        return await self.start()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()

    @property
    def exists(self) -> bool:
        """Whether a database was made here."""
        return (self._home / "data").exists()

    async def check(self) -> None:
        """Find out whether one could be made here, and make nothing.

        Raises:
            BadSetup: It could not: its programs are missing, or the folder cannot be used.
        """
        with self._folder_errors():
            account = self._account()
            _refuse_unusable(self._home)
            if self._home.exists():
                account.check(self._home, self._home / "data")
            await self._cluster(account).check()

    async def start(self) -> str:
        """Return the `postgresql://` URL of a server that accepts connections; again, after a crash, revives it."""
        with self._folder_errors(), _notice():
            account = self._prepared()
            async with self._turn.exclusively():
                return await self._shared(account)

    async def upgrade(self) -> MajorUpgrade | None:
        """Bring the database to the newest major version of Postgres; None where it is, or is not made yet.

        Raises:
            StoreDown: Somebody uses it, or it failed; the database is as it was.
        """
        with self._folder_errors():
            account = self._prepared()
            async with self._turn.exclusively():
                if not self._using.try_exclusive():
                    raise StoreDown("The embedded Postgres is in use.", hint="Stop servers and the service first.")
                try:
                    return await self._cluster(account).upgrade()
                finally:
                    self._using.release()

    async def stop(self) -> None:
        """Leave; stop the server if no other process uses it."""
        if self._using.held:
            with self._folder_errors():
                async with self._turn.exclusively():
                    await self._leave()

    async def _shared(self, account: Account) -> str:
        if not self._using.held:
            self._using.try_shared()
        try:
            return await self._ready(self._cluster(account))
        except BaseException:
            await self._leave()
            raise

    async def _ready(self, cluster: Cluster) -> str:
        loop = asyncio.get_running_loop()
        give_up_at = loop.time() + SECONDS_HIDDEN
        while (state := cluster.state()) is not State.READY:
            if state is State.ABSENT:
                await cluster.launch()
            elif state is State.HIDDEN and loop.time() > give_up_at:
                raise StoreDown(
                    f"The database in {self._home} is held by a process that cannot be seen from here, "
                    "such as one in another container.",
                    hint="Stop that one, or set DATABASE_URL to a Postgres that both can reach.",
                )
            else:
                await asyncio.sleep(POLL_SECONDS)
        return cluster.url()

    async def _leave(self) -> None:
        self._using.release()
        if self._using.try_exclusive():
            try:
                await self._cluster(self._account()).halt()
            finally:
                self._using.release()

    def _cluster(self, account: Account) -> Cluster:
        return Cluster(self._home, account, door_of_this_machine(self._home, account), Wheel.installed())

    def _account(self) -> Account:
        return Account.for_data(self._home / "data")

    def _prepared(self) -> Account:
        account = self._account()
        self.make_home()
        account.check(self._home, self._home / "data")
        return account

    def make_home(self) -> None:
        """Make the folder where it is not there, so that whoever Postgres runs as may enter it."""
        with self._folder_errors():
            if not self._home.exists():
                self._make_home()

    def _make_home(self) -> None:
        self._home.parent.mkdir(parents=True, exist_ok=True)
        try:
            with made_beside(self._home) as draft:
                self._account().admit(draft)
        except OSError:
            if not self._home.exists():  # otherwise another process was faster
                raise

    @contextmanager
    def _folder_errors(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise BadSetup(
                f"The embedded Postgres cannot use {error.filename or self._home}: {error.strerror or error}.",
                hint="Set CIVITAI_ENGAGEMENT_HOME to a folder on a local disk that you can write to, "
                "or set DATABASE_URL.",
            ) from error


def _refuse_unusable(home: Path) -> None:
    """Refuse a folder that cannot be written to, or made."""
    there = next(folder for folder in (home, *home.parents) if folder.exists())
    if not there.is_dir():
        raise NotADirectoryError(ENOTDIR, "Not a directory", str(there))
    if not os.access(there, os.W_OK | os.X_OK):
        raise PermissionError(EACCES, "Permission denied", str(there))


@contextmanager
def _notice() -> Iterator[None]:
    """Say so when starting takes long; there is no limit, since recovery after a hard stop must finish."""
    words = "The embedded Postgres is still starting; after a hard stop it first repairs its data."
    handle = asyncio.get_running_loop().call_later(SECONDS_UNTIL_NOTICE, logger.warning, words)
    try:
        yield
    finally:
        handle.cancel()
