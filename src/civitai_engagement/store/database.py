"""One Postgres by its URL: a pool, the schema brought up to date, and the driver's errors turned into ours."""

import asyncio
import json
from contextlib import suppress
from functools import partial
from secrets import randbelow
from typing import Any, Self

import asyncpg

from civitai_engagement.store.connecting import ANY, DatabaseAddress, looking_in, ours, where
from civitai_engagement.store.migrations import head, migrate
from civitai_engagement.store.parameters import CONNECT_SECONDS
from civitai_engagement.store.place import TablesPlace
from civitai_engagement.store.pooling import refuse_shared_sessions
from civitai_engagement.store.queries import Connection

STATEMENT_TIMEOUT = "20s"  # every query a stranger can cause ends
POOL_SIZE = 8
PROCESS_LOCK = 4715
CLOSE_SECONDS = 5
SPARE_SECONDS = 300  # as the pool does: after more the network may have dropped it without a word


class Database:
    """A pool of connections to a migrated database.

    One that comes back is kept at hand for the next caller, who then has it at once: through the pool it takes a task,
    a timer and two turns of the loop, as long as a small query.

    >>> database = await Database.open("postgresql://me@localhost/civitai")
    >>> connection = await database.acquire()
    >>> await database.release(connection)
    >>> await database.close()
    """

    def __init__(self, pool: "asyncpg.Pool[Any]", door: DatabaseAddress, place: TablesPlace, number: int) -> None:
        self._pool = pool
        self._number = number
        self._spare: Connection | None = None
        self._spare_until = 0.0
        self._is_closing = False
        self._waiting = 0
        self._door = door
        self.place = place
        self.revision = head()

    @classmethod
    async def open(cls, url: str, *, setting: str = ANY, adopt: str | None = None) -> Self:
        """Connect and migrate; `setting` holds the URL, `adopt` names a database of others that ours may join.

        Raises:
            StoreDown: Nothing answers at `url`, or it is still starting.
            BadSetup: The URL, the password, the server's version or what it holds does not do.
            BadInput: It is not the database to adopt.
        """
        door = DatabaseAddress(url, setting)
        with ours(where(url), setting=setting):
            unnamed = partial(door.connect, statement_cache_size=0)  # what has a name would stay in a shared session
            connection = await unnamed()
            try:
                await refuse_shared_sessions(connection, unnamed, setting)
                place = await migrate(connection, door, adopt=adopt)
            finally:
                await connection.close()
            number = randbelow(2**31)
            return cls(await _pool(door, place, number), door, place, number)

    async def acquire(self) -> Connection:
        with ours("The database"):
            return await self._usable_spare() or await self._from_pool()

    async def release(self, connection: Connection) -> None:
        is_wanted = self._spare is None and not self._waiting and not self._is_closing
        if is_wanted and _is_open(connection) and not _is_busy(connection):
            self._spare, self._spare_until = connection, _now() + SPARE_SECONDS
            return
        with ours("The database"):
            await self._to_pool(connection)

    async def _usable_spare(self) -> "Connection | None":
        spare, self._spare = self._spare, None
        if spare is None or (_now() < self._spare_until and _is_open(spare)):
            return spare
        with suppress(asyncpg.InterfaceError):  # the pool knows already that it is lost
            spare.terminate()
        await self._to_pool(spare)
        return None

    async def _to_pool(self, connection: Connection) -> None:
        await self._pool.release(connection)  # type: ignore[arg-type] # what acquire gave

    async def _from_pool(self) -> Connection:
        self._waiting += 1
        try:
            return await self._pool.acquire(timeout=CONNECT_SECONDS)
        finally:
            self._waiting -= 1

    async def alone(self, **options: Any) -> "asyncpg.Connection[Any]":
        """Connect apart from the pool, for what lasts as long as its connection; the caller closes it."""
        with ours(where(self._door.url), setting=self._door.setting):
            connection = await self._door.connect(schema=self.place.schema, **options)
            await connection.execute(belonging(self._number))
            return connection

    async def close(self) -> None:
        """Close what is open; who still holds a connection has a moment to bring it back."""
        self._is_closing = True
        try:
            if spare := await self._usable_spare():
                await self._to_pool(spare)
            await asyncio.wait_for(self._pool.close(), CLOSE_SECONDS)
        except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError):
            self._pool.terminate()


async def _pool(door: DatabaseAddress, place: TablesPlace, number: int) -> "asyncpg.Pool[Any]":
    async def connected(*_: object, **options: Any) -> "asyncpg.Connection[Any]":
        return await door.connect(**options)

    return await asyncpg.create_pool(
        init_size=1,
        min_size=0,  # with more, it tries to keep so many from then on, and while the server is away logs tracebacks
        max_size=POOL_SIZE,
        connect=connected,
        init=partial(_prepare, place, number),
        reset=_as_it_is,
    )


def belonging(number: int) -> str:
    """Spell the lock by which others tell all sessions of one process, whoever stands between; nobody waits for it."""
    return f"select pg_advisory_lock_shared({PROCESS_LOCK}, {number})"


def _is_open(connection: Connection) -> bool:
    try:
        return not connection.is_closed()
    except asyncpg.InterfaceError:  # the pool knows already that it is lost
        return False


def _is_busy(connection: Connection) -> bool:
    """Tell whether it is in a transaction, or a statement of a caller that is cancelled may still run."""
    task = asyncio.current_task()
    return connection.is_in_transaction() or (task is not None and task.cancelling() > 0)


def _now() -> float:
    return asyncio.get_running_loop().time()


async def _prepare(place: TablesPlace, number: int, connection: Connection) -> None:
    """Set what holds for the connection's life; only now, for poolers refuse it at the start."""
    limit = f"set statement_timeout = '{STATEMENT_TIMEOUT}'"
    await connection.execute(";".join([limit, looking_in(place.schema), belonging(number)]))
    await connection.set_type_codec("jsonb", schema="pg_catalog", encoder=json.dumps, decoder=json.loads)


async def _as_it_is(_: Connection) -> None:
    """Hand a connection on unreset: what we set and lock ends with its transaction, and the round trip costs as much
    as a query."""
