"""One transaction in the fewest trips: it begins with the locks it needs, and ends with telling what changed."""

from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import asynccontextmanager, suppress

import asyncpg

from civitai_engagement.store.events import telling
from civitai_engagement.store.queries import Connection, integers

LOCK = 4711
SHARDS = 16
ROLLBACK_SECONDS = 10
# Whoever stops in mid-write keeps others waiting no longer than this; a lock that does not come is told as such.
LIMITS = "set local idle_in_transaction_session_timeout = '60s';set local lock_timeout = '15s'"
UNUSABLE = (asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError)


@asynccontextmanager
async def transaction(
    connection: Connection, *, images: Iterable[int] = (), is_hasty: bool = False
) -> AsyncIterator[set[int]]:
    """Keep all that is written, or nothing; `images` are locked from the start.

    Gives a set for the posts that change: every process is told of them, once all is kept. A hasty transaction
    returns before it is on disk: what a machine that fails then loses is to be done again.

    >>> async with transaction(connection, images=[71, 72]) as changed:
    ...     changed.add(7)
    """
    changed: set[int] = set()
    try:
        await connection.execute(";".join(_beginning(images, is_hasty=is_hasty)))
        yield changed
        ended = await connection.execute(";".join([*telling(changed), "commit"]))
    except BaseException:
        await _roll_back(connection)
        raise
    if ended != "COMMIT":  # Postgres ends a transaction that has failed before without an error
        raise asyncpg.InFailedSQLTransactionError("nothing was kept: a statement had failed")


async def _roll_back(connection: Connection) -> None:
    """Undo everything; what keeps us from it is no news, as then the connection is of no use, and its server does."""
    with suppress(OSError, TimeoutError, *UNUSABLE):
        await connection.execute("rollback", timeout=ROLLBACK_SECONDS)


def _beginning(images: Iterable[int], *, is_hasty: bool) -> Iterator[str]:
    yield f"begin;{LIMITS}"
    if is_hasty:
        yield "set local synchronous_commit = off"
    if locked := locking(images):
        yield locked


def locking(images: Iterable[int]) -> str:
    """Spell the statement that keeps other writers of these images waiting: gains need one writer at a time."""
    shards = sorted({image_id % SHARDS for image_id in images})
    locks = f"select pg_advisory_xact_lock({LOCK}, n) from unnest('{integers(shards)}'::integer[]) as n"  # noqa: S608 # numbers
    return locks if shards else ""
