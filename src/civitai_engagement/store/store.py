"""The store as the house sees it: one ledger, wherever its Postgres runs, opened when first needed."""

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from civitai_engagement.errors import BadInput, StoreDown
from civitai_engagement.records.condition import Disk, Facts, Present
from civitai_engagement.store.backup.archive import BackupManifest
from civitai_engagement.store.backup.restoring import restore
from civitai_engagement.store.backup.taking import back_up
from civitai_engagement.store.claims import Claims
from civitai_engagement.store.condition import disk_of
from civitai_engagement.store.connecting import ANY, DatabaseAddress, ours
from civitai_engagement.store.database import Database
from civitai_engagement.store.embedded import EmbeddedPostgres
from civitai_engagement.store.ledger import Ledger
from civitai_engagement.store.probing import DatabaseProbe, probe
from civitai_engagement.store.queries import Connection
from civitai_engagement.store.transaction import transaction

if TYPE_CHECKING:
    import asyncpg

    from civitai_engagement.store.embedded.upgrading import MajorUpgrade


class Store:
    """The ledger's door. Opening starts the embedded Postgres (or connects to `url`) and migrates; callers share it.

    >>> store = Store(url=None, home=Path("~/civitai").expanduser())
    >>> async with store.reading() as ledger: await ledger.posts.page(PostFilter(), now=now, limit=50, offset=0)
    >>> async with store.writing() as ledger: ...           # one transaction
    >>> await store.close()
    """

    def __init__(self, *, url: str | None, home: Path, setting: str = ANY) -> None:
        self._url = url
        self.setting = setting
        self._home = home
        self._embedded = None if url else EmbeddedPostgres(home)
        self._opening: asyncio.Task[Database] | None = None

    @property
    def is_embedded(self) -> bool:
        return self._embedded is not None

    @property
    def is_open(self) -> bool:
        """Whether a reader would not have to wait for Postgres to start."""
        task = self._opening
        return task is not None and task.done() and not task.cancelled() and task.exception() is None

    @property
    def disk(self) -> Disk | None:
        """The room on the disk of the embedded database; None where Postgres runs elsewhere."""
        return disk_of(self._home) if self.is_embedded else None

    async def facts(self, present: Present) -> Facts:
        """Read what the condition of the collection is judged by.

        Raises:
            StoreDown: The database is not reachable, or still starting.
        """
        async with self.reading() as ledger:
            return await ledger.conditions.facts(self.disk, present)

    async def open(self) -> Database:
        """Open the database once for all callers; a failed opening is tried again by the next caller."""
        if self._opening is None or (self._opening.done() and not self.is_open):
            self._opening = asyncio.create_task(self._open())
        return await asyncio.shield(self._opening)

    async def adopt(self, name: str) -> str:
        """Put our tables beside those of others, into the database of that name; says into which schema.

        Raises:
            BadInput: It has another name.
            BadSetup: We may not make tables there.
        """
        database = await Database.open(await self._address(), setting=self.setting, adopt=name)
        await database.close()
        return database.place.schema

    async def probe(self) -> DatabaseProbe | None:
        """Look at the database and change nothing in it; None where the embedded one is not made yet.

        Raises:
            StoreDown: It is not reachable, or still starting.
            BadSetup: It cannot be used as it is.
        """
        if self._embedded is not None and not self._embedded.exists:
            await self._embedded.check()
            return None
        return await probe(await self._address(), self.setting)

    async def upgrade_embedded(self) -> "MajorUpgrade | None":
        """Bring the embedded database to the newest major version of Postgres; None where there is nothing to do.

        Raises:
            BadInput: The database is not the embedded one.
            StoreDown: Somebody uses it.
        """
        if self._embedded is None:
            raise BadInput(f"{self.setting} is set: that database is yours to upgrade.")
        return await self._embedded.upgrade()

    async def back_up(self, file: Path, *, secrets: bytes = b"") -> BackupManifest:
        """Write our tables to a file, and with `secrets` those settings."""
        return await back_up(DatabaseAddress(await self._address(), self.setting), file, secrets=secrets)

    async def restore(self, file: Path, *, replace: bool = False) -> BackupManifest:
        """Fill the database from a backup; with `replace` instead of what it holds of ours."""
        return await restore(DatabaseAddress(await self._address(), self.setting), file, replace=replace)

    async def _open(self) -> Database:
        return await Database.open(await self._address(), setting=self.setting)

    async def _address(self) -> str:
        return self._url or await self._start_embedded()

    async def _start_embedded(self) -> str:
        assert self._embedded is not None  # noqa: S101 # without a URL there is an embedded server
        return await self._embedded.start()

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[Ledger]:
        database, connection = await self._connect()
        try:
            with ours("The database"):
                yield Ledger(connection, set())
        finally:
            await database.release(connection)

    @asynccontextmanager
    async def writing(self, *, images: Iterable[int] = (), is_hasty: bool = False) -> AsyncIterator[Ledger]:
        """Open one transaction: all of it is kept, or nothing; `transaction` says what may be chosen."""
        database, connection = await self._connect()
        try:
            with ours("The database"):
                async with transaction(connection, images=images, is_hasty=is_hasty) as changed:
                    yield Ledger(connection, changed)
        finally:
            await database.release(connection)

    async def alone(self) -> "asyncpg.Connection[Any]":
        """Connect apart from the pool, to listen; the caller closes it.

        Raises:
            StoreDown: The database is not reachable, or still starting.
        """
        return await (await self.open()).alone()

    async def _connect(self) -> tuple[Database, Connection]:
        """Take a connection; an embedded server that died meanwhile is started again."""
        database = await self.open()
        try:
            return database, await database.acquire()
        except StoreDown:
            if self._embedded is None:
                raise
        await self._drop(database)
        database = await self.open()
        return database, await database.acquire()

    async def _drop(self, database: Database) -> None:
        self._opening = None
        await database.close()

    async def claims(self, holder: str) -> Claims:
        """Open a connection that holds claims on runs, for the process named `holder`."""
        async with self.reading():
            """Whatever must be started again for it, is."""
        return await Claims.open(await self.open(), holder=holder)

    async def revision(self) -> str:
        """Name the schema revision in use."""
        return (await self.open()).revision

    async def close(self) -> None:
        """Close the pool; the embedded Postgres stops when nobody else uses it."""
        opening, self._opening = self._opening, None
        if opening is not None:
            opening.cancel()  # nobody waits for it any more; one that is done is done
            results = await asyncio.gather(opening, return_exceptions=True)
            for database in results:
                if isinstance(database, Database):
                    await database.close()
        if self._embedded is not None:
            await self._embedded.stop()
