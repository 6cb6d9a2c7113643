"""A look at a database that changes nothing in it: may we use it, is our schema there, and of which revision?"""

from dataclasses import dataclass

from civitai_engagement.store.connecting import DatabaseAddress, ours, where
from civitai_engagement.store.migrations import head, refuse_newer_schema, refuse_old_server, revision_of
from civitai_engagement.store.place import Places
from civitai_engagement.store.pooling import refuse_shared_sessions
from civitai_engagement.store.queries import Connection, load
from civitai_engagement.store.url import schema_of


@dataclass(frozen=True, slots=True)
class DatabaseProbe:
    """What was seen: the server's version, the schema of our tables, and its revision (None: they are not made yet)."""

    server: str
    schema: str
    revision: str | None
    newest: str
    may_write: bool

    @property
    def is_current(self) -> bool:
        return self.revision == self.newest


async def probe(url: str, setting: str) -> DatabaseProbe:
    """Look at the database behind a URL; whatever it takes is undone.

    Raises:
        StoreDown: Nothing answers there, or it is still starting.
        BadSetup: The URL, the password, the server, the pooler before it or what it holds does not do.
    """
    door = DatabaseAddress(url, setting)
    with ours(where(url), setting=setting):
        connection = await door.connect(statement_cache_size=0)
        try:
            await refuse_shared_sessions(connection, lambda: door.connect(statement_cache_size=0), setting)
            refuse_old_server(connection)
            return await _undone(connection, door)
        finally:
            await connection.close()


async def _undone(connection: Connection, door: DatabaseAddress) -> DatabaseProbe:
    transaction = connection.transaction()
    await transaction.start()
    try:
        return await _seen(connection, door)
    finally:
        await transaction.rollback()


async def _seen(connection: Connection, door: DatabaseAddress) -> DatabaseProbe:
    places = Places(connection)
    found = await places.ours()
    place = found or await places.chosen(door.setting, named=schema_of(door.url, door.setting))
    revision = await revision_of(connection, place) if found else None
    refuse_newer_schema(revision, head())
    may_write = not found or bool(await load("place")["may_write"].value(connection, schema=place.schema))
    version = str(await connection.fetchval("show server_version")).split()[0]
    return DatabaseProbe(version, place.schema, revision, head(), may_write=may_write)
