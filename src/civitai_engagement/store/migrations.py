"""Bring the schema up to date, whoever starts first; alembic is loaded only when there is something to do."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import asyncpg

from civitai_engagement.errors import BadSetup
from civitai_engagement.store.connecting import DRIVER, DatabaseAddress, looking_in
from civitai_engagement.store.place import OWN_VERSIONS, VERSIONS, Places, TablesPlace
from civitai_engagement.store.queries import Connection
from civitai_engagement.store.url import schema_of

if TYPE_CHECKING:
    from sqlalchemy import Connection as Migrating
    from sqlalchemy.ext.asyncio import AsyncEngine

LOCK = 0x0C1_71A1  # one number for all processes that migrate this database
LOCK_TIMEOUT = "60s"
OLDEST_POSTGRES = 15


def scripts() -> Path:
    """Find the migrations: inside the installed package, or at the top level of a checkout."""
    package = Path(__file__).resolve().parents[1]
    shipped = package / "alembic"
    return shipped if shipped.is_dir() else package.parents[1] / "alembic"


def head() -> str:
    """Name the newest revision; revisions are numbered, so it is the last file name's first part."""
    return max(path.name.split("_")[0] for path in (scripts() / "versions").glob("[0-9]*.py"))


async def current(connection: Connection) -> str | None:
    """Name the revision the database is at; None for an empty database."""
    for table in (OWN_VERSIONS, VERSIONS):
        if await connection.fetchval("select to_regclass($1) is not null", table):
            revision: str | None = await connection.fetchval(f"select version_num from {table}")  # noqa: S608 # one of ours
            return revision
    return None


def engine_for(door: DatabaseAddress, schema: str | None = None) -> "AsyncEngine":
    """Make an engine that connects as the rest of us do, so that URLs work as people write them."""
    from sqlalchemy.ext.asyncio import create_async_engine

    return create_async_engine("postgresql+asyncpg://", async_creator=lambda: door.connect(schema=schema))


def is_part_of_schema(name: str | None, kind: str, parents: Any) -> bool:
    """Tell alembic to overlook the history's monthly partitions."""
    table = parents.get("table_name") or name if kind != "schema" else None
    return not (table or "").startswith("image_stats_history_")


async def migrate(connection: Connection, door: DatabaseAddress, *, adopt: str | None = None) -> TablesPlace:
    """Upgrade the database behind `door` under an advisory lock held by `connection`; says where our tables are.

    Raises:
        BadSetup: The server is too old, the database was made by a newer program, or our tables may not go there.
        BadInput: It is not the database to adopt.
        StoreDown: Nothing can be written there.
    """
    refuse_old_server(connection)
    places = Places(connection)
    if (place := await places.ours()) and adopt is None and await revision_of(connection, place) == head():
        return place
    await connection.execute(f"set lock_timeout = '{LOCK_TIMEOUT}'")  # whoever holds it may have been stopped
    await connection.execute("select pg_advisory_lock($1)", LOCK)
    try:
        place = await _place(places, door, adopt)
        refuse_newer_schema(await revision_of(connection, place), head())
        await _upgrade(door, place)
    finally:
        await connection.execute("select pg_advisory_unlock($1)", LOCK)
    return place


async def _place(places: Places, door: DatabaseAddress, adopt: str | None) -> TablesPlace:
    if adopt is not None:
        return await places.adopted(adopt)
    return await places.ours() or await places.chosen(door.setting, named=schema_of(door.url, door.setting))


async def revision_of(connection: Connection, place: TablesPlace) -> str | None:
    """Name the revision of our tables at a place, where the connection looks from now on; None where there are none."""
    await connection.execute(looking_in(place.schema))
    return await current(connection)


def refuse_old_server(connection: Connection) -> None:
    version = connection.get_server_version().major
    if version < OLDEST_POSTGRES:
        raise BadSetup(
            f"The database is PostgreSQL {version}; {OLDEST_POSTGRES} or newer is needed.",
            hint="Upgrade it, or unset DATABASE_URL to use the embedded one.",
        )


def refuse_newer_schema(found: str | None, newest: str) -> None:
    if found is not None and found > newest:
        raise BadSetup(
            f"The database has schema {found}, this program knows {newest}.",
            hint="Upgrade civitai-engagement on this machine.",
        )


async def _upgrade(door: DatabaseAddress, place: TablesPlace) -> None:
    from sqlalchemy.exc import SQLAlchemyError

    engine = engine_for(door, place.schema)
    try:
        async with engine.begin() as connection:
            await connection.exec_driver_sql(f"set local idle_in_transaction_session_timeout = '{LOCK_TIMEOUT}'")
            await connection.run_sync(upgrade_to, place)
    except SQLAlchemyError as error:
        raise refused(error, place, door.setting) from error
    finally:
        await engine.dispose()


def upgrade_to(connection: "Migrating", place: TablesPlace, revision: str = "head") -> None:
    """Run the migrations up to a revision, within the connection's transaction."""
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(scripts()).replace("%", "%%"))
    config.attributes.update(connection=connection, versions=place.versions)
    command.upgrade(config, revision)


def refused(error: Exception, place: TablesPlace, setting: str) -> Exception:
    """Say what kept the schema from being made or changed; the driver's own error lies below SQLAlchemy's."""
    cause = error
    while isinstance(cause.__cause__, Exception):
        cause = cause.__cause__
    if isinstance(cause, asyncpg.SyntaxOrAccessError) and not isinstance(cause, asyncpg.InsufficientPrivilegeError):
        said = str(cause).partition("\n")[0]
        hint = f"Something of others may be in the way there: rename it, or give us another database in {setting}."
        return BadSetup(f"Our tables in schema {place.schema} cannot be made or changed: {said}.", hint=hint)
    return cause if isinstance(cause, DRIVER) else error
