"""Bring the schema up to date, whoever starts first; alembic is loaded only when there is something to do."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import asyncpg

from civitai_engagement.errors import BadSetup
from civitai_engagement.store.queries import Connection

if TYPE_CHECKING:
    from sqlalchemy import Connection as Migrating
    from sqlalchemy.ext.asyncio import AsyncEngine

LOCK = 0x0C1_71A1  # one number for all processes that migrate this database
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
    if await connection.fetchval("select to_regclass('alembic_version')") is None:
        return None
    revision: str | None = await connection.fetchval("select version_num from alembic_version")
    return revision


def engine_for(url: str) -> "AsyncEngine":
    """Make an engine that hands `url` to asyncpg unread, so that `sslmode` and its like work as people write them."""
    from sqlalchemy.ext.asyncio import create_async_engine

    return create_async_engine("postgresql+asyncpg://", async_creator=lambda: asyncpg.connect(url))


def is_part_of_schema(name: str | None, kind: str, parents: Any) -> bool:
    """Tell alembic to overlook the history's monthly partitions."""
    table = parents.get("table_name") or name if kind != "schema" else None
    return not (table or "").startswith("image_stats_history_")


async def migrate(connection: Connection, url: str) -> str:
    """Upgrade the database at `url` under an advisory lock held by `connection`; returns the revision reached.

    Raises:
        BadSetup: The server is too old, or the database was made by a newer program.
    """
    _refuse_old_server(connection)
    newest = head()
    if await current(connection) == newest:
        return newest
    await connection.execute("select pg_advisory_lock($1)", LOCK)
    try:
        _refuse_newer_schema(await current(connection), newest)
        await _upgrade(url)
    finally:
        await connection.execute("select pg_advisory_unlock($1)", LOCK)
    return newest


def _refuse_old_server(connection: Connection) -> None:
    version = connection.get_server_version().major
    if version < OLDEST_POSTGRES:
        raise BadSetup(
            f"The database is PostgreSQL {version}; {OLDEST_POSTGRES} or newer is needed.",
            hint="Upgrade it, or unset DATABASE_URL to use the embedded one.",
        )


def _refuse_newer_schema(found: str | None, newest: str) -> None:
    if found is not None and found > newest:
        raise BadSetup(
            f"The database has schema {found}, this program knows {newest}.",
            hint="Upgrade civitai-engagement on this machine.",
        )


async def _upgrade(url: str) -> None:
    from alembic import command
    from alembic.config import Config

    def upgrade(connection: "Migrating") -> None:
        config = Config()
        config.set_main_option("script_location", str(scripts()).replace("%", "%%"))
        config.attributes["connection"] = connection
        command.upgrade(config, "head")

    engine = engine_for(url)
    async with engine.begin() as connection:
        await connection.run_sync(upgrade)
    await engine.dispose()
