"""One Postgres by its URL: a pool, the schema brought up to date, and the driver's errors turned into ours."""

import asyncio
import json
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any, Self
from urllib.parse import urlsplit

import asyncpg

from civitai_engagement.errors import BadSetup, Broken, StoreDown
from civitai_engagement.store.migrations import migrate, plain
from civitai_engagement.store.queries import Connection

STATEMENT_TIMEOUT = "20s"  # every query a stranger can cause ends
CONNECT_SECONDS = 10
POOL_SIZE = 8
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

    def __init__(self, pool: "asyncpg.Pool[Any]", revision: str, url: str) -> None:
        self._pool = pool
        self._spare: Connection | None = None
        self._spare_until = 0.0
        self._waiting = 0
        self.revision = revision
        self.url = url

    @classmethod
    async def open(cls, url: str) -> Self:
        """Connect and migrate.

        Raises:
            StoreDown: Nothing answers at `url`, or it is still starting.
            BadSetup: The URL, the password or the server's version does not do.
        """
        url = plain(url)
        with ours(where(url)):
            connection = await connect(url)
            try:
                revision = await migrate(connection, url)
            finally:
                await connection.close()
            return cls(await _pool(url), revision, url)

    async def acquire(self) -> Connection:
        with ours("The database"):
            return await self._usable_spare() or await self._from_pool()

    async def release(self, connection: Connection) -> None:
        if self._spare is None and not self._waiting and _is_open(connection) and not _is_busy(connection):
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

    async def alone(self) -> "asyncpg.Connection[Any]":
        """Connect apart from the pool, for what lasts as long as its connection; the caller closes it."""
        with ours(where(self.url)):
            return await connect(self.url)

    async def close(self) -> None:
        try:
            if spare := await self._usable_spare():
                await self._to_pool(spare)
            await self._pool.close()
        except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
            self._pool.terminate()


async def connect(url: str, *, setting: str = "DATABASE_URL") -> "asyncpg.Connection[Any]":
    """Connect by the URL that a setting or an option holds.

    Raises:
        BadSetup: It cannot be read; what is wrong in it is not repeated. Or the server does not know a word in it.
    """
    try:
        with suppress(ValueError):  # its words repeat parts of the URL, and so of the password
            if _is_whole(url):
                return await asyncpg.connect(url, timeout=CONNECT_SECONDS)
    except (asyncpg.UndefinedObjectError, asyncpg.InvalidParameterValueError) as error:
        raise BadSetup(
            f"{setting} holds a setting the server refuses: {error}.", hint="Take that out of the URL."
        ) from error
    hint = "Write postgresql://user:password@host/name, with # / ? @ in the password as %23 %2F %3F %40."
    raise BadSetup(f"{setting} cannot be read.", hint=hint)


def _is_whole(url: str) -> bool:
    """Tell whether the password ends where the host begins: a # or / in it makes what stands before it the host."""
    parts = urlsplit(url)
    return parts.netloc.count("@") < 2 and "@" not in parts.path + parts.fragment


async def _pool(url: str) -> "asyncpg.Pool[Any]":
    return await asyncpg.create_pool(
        url,
        min_size=1,
        max_size=POOL_SIZE,
        timeout=CONNECT_SECONDS,
        init=_prepare,
        reset=_as_it_is,
        server_settings={"application_name": "civitai-engagement", "statement_timeout": STATEMENT_TIMEOUT},
    )


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


async def _prepare(connection: Connection) -> None:
    await connection.set_type_codec("jsonb", schema="pg_catalog", encoder=json.dumps, decoder=json.loads)


async def _as_it_is(_: Connection) -> None:
    """Hand a connection on unreset: what we set and lock ends with its transaction, and the round trip costs as much
    as a query."""


def where(url: str, name: str = "The database") -> str:
    """Name a database without its password."""
    try:
        parts = urlsplit(url)
        place = f" at {parts.hostname}:{parts.port or 5432}" if parts.hostname and _is_whole(url) else ""
    except ValueError:  # a password with a # or a / in it reads as a port
        place = ""
    return f"{name}{place}"


@contextmanager
def ours(place: str, *, setting: str = "DATABASE_URL") -> Iterator[None]:
    """Turn the driver's errors into ours, the cause kept."""
    try:
        yield
    except (asyncpg.InvalidAuthorizationSpecificationError, asyncpg.InvalidCatalogNameError) as error:
        raise BadSetup(f"{place} refuses us: {error}.", hint=f"Check {setting}.") from error
    except asyncpg.QueryCanceledError as error:
        raise StoreDown("The database took too long to answer.", hint="Try again, or ask for less.") from error
    except asyncpg.CannotConnectNowError as error:
        raise StoreDown("The database is still starting.", hint="Try again in a few seconds.") from error
    except (
        OSError,
        TimeoutError,
        asyncpg.PostgresConnectionError,
        asyncpg.InterfaceError,
        asyncpg.InternalClientError,
    ) as error:
        raise StoreDown(f"{place} does not answer.", hint="Try again; live tools work without it.") from error
    except (asyncpg.DiskFullError, asyncpg.OutOfMemoryError, asyncpg.TooManyConnectionsError) as error:
        raise StoreDown(f"{place} is out of room: {error}.", hint="Free some, then try again.") from error
    except asyncpg.OperatorInterventionError as error:
        raise StoreDown("The database is shutting down.", hint="Try again in a few seconds.") from error
    except (asyncpg.DeadlockDetectedError, asyncpg.SerializationError) as error:
        raise StoreDown("Another writer was in the way.", hint="Try again.") from error
    except asyncpg.PostgresError as error:
        raise Broken(f"The database refused a statement: {type(error).__name__}.") from error
