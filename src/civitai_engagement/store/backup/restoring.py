"""Put a backup into a database: made as it was when that was taken, filled, brought up to date; all or nothing."""

import zipfile
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import asyncpg

from civitai_engagement.errors import BadInput, BadSetup
from civitai_engagement.store.backup.archive import BackupManifest, TableCopy, chunks, opened_archive
from civitai_engagement.store.connecting import DatabaseAddress, looking_in, ours, quoted, where
from civitai_engagement.store.migrations import LOCK, engine_for, head, refuse_old_server, refused, upgrade_to
from civitai_engagement.store.place import FUNCTIONS, VIEWS, Places, TablesPlace
from civitai_engagement.store.queries import load
from civitai_engagement.store.url import schema_of

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncConnection

    Wire = asyncpg.Connection[Any]


async def restore(door: DatabaseAddress, file: Path, *, replace: bool = False) -> BackupManifest:
    """Fill a database from a backup; with `replace` instead of what it holds of ours.

    Raises:
        BadInput: It is no backup, or the database holds something of ours already.
        BadSetup: The backup is of a newer program, or our tables may not go there.
        StoreDown: The database does not answer; nothing was changed.
    """
    with opened_archive(file) as (archive, manifest), ours(where(door.url), setting=door.setting):
        _refuse_newer(manifest)
        connection = await door.connect()
        try:
            refuse_old_server(connection)
            await connection.execute("select pg_advisory_lock($1)", LOCK)
            place = await _place(connection, door, replace=replace)
            await _filled(door, place, archive, manifest)
        finally:
            await connection.close()
        return manifest


def _refuse_newer(manifest: BackupManifest) -> None:
    if manifest.revision > head():
        raise BadSetup(
            f"The backup is of schema {manifest.revision}, this program knows {head()}.",
            hint="Upgrade civitai-engagement on this machine.",
        )


async def _place(connection: "Wire", door: DatabaseAddress, *, replace: bool) -> TablesPlace:
    places = Places(connection)
    found = await places.ours()
    if found is None:
        return await places.chosen(door.setting, named=schema_of(door.url, door.setting))
    await connection.execute(looking_in(found.schema))
    if not replace and await load("backup")["rows"].value(connection):
        hint = "Back it up first, then add --replace to put the backup in its place."
        raise BadInput("The database holds recordings or history already: nothing was changed.", hint=hint)
    return found


async def _filled(
    door: DatabaseAddress, place: TablesPlace, archive: zipfile.ZipFile, manifest: BackupManifest
) -> None:
    from sqlalchemy.exc import SQLAlchemyError

    engine = engine_for(door, place.schema)
    try:
        async with engine.begin() as connection:
            await connection.exec_driver_sql("set local timezone = 'UTC'")
            wire: Wire = (await connection.get_raw_connection()).driver_connection  # type: ignore[assignment]
            await _drop(wire, place)
            await _move(connection, place, manifest.revision)
            await _fill(wire, archive, manifest)
            await _move(connection, place, "head")
    except SQLAlchemyError as error:
        raise refused(error, place, door.setting) from error
    finally:
        await engine.dispose()


async def _move(connection: "AsyncConnection", place: TablesPlace, revision: str) -> None:
    await connection.run_sync(partial(upgrade_to, place=place, revision=revision))


async def _drop(wire: "Wire", place: TablesPlace) -> None:
    """Take away what is ours in the schema, and nothing else.

    Raises:
        BadSetup: Something of others hangs on it.
    """
    sql = load("backup")
    functions = await sql["functions"].all(wire, schema=place.schema, names=FUNCTIONS)
    rows = await sql["tables"].all(wire, schema=place.schema, versions="")
    tables = ", ".join(quoted(row["name"]) for row in rows if row["name"] in _known() | {place.versions})
    # Functions may take rows of tables, and triggers of tables are functions.
    views = [f"view if exists {name}" for name in VIEWS]
    before = [f"function {row['signature']}" for row in functions if not row["is_trigger"]]
    after = [f"function {row['signature']}" for row in functions if row["is_trigger"]]
    drop_tables = [f"table {tables}"] if tables else []
    try:
        for one in (*views, *before, *drop_tables, *after):
            await wire.execute(f"drop {one}")
    except asyncpg.DependentObjectsStillExistError as error:
        said = str(error.detail or error).partition("\n")[0]
        hint = "Drop it first, or name another database."
        raise BadSetup(f"Something of others needs our tables: {said}.", hint=hint) from error


def _known() -> set[str]:
    from civitai_engagement.records.tables import metadata

    return set(metadata.tables)


async def _fill(wire: "Wire", archive: zipfile.ZipFile, manifest: BackupManifest) -> None:
    for one in manifest.partitions:
        await wire.execute(
            f"create table if not exists {quoted(one.name)} partition of {quoted(one.parent)} {one.bound}"
        )
    every = [*(one.name for one in manifest.tables), *(one.name for one in manifest.partitions)]
    await _triggers(wire, every, "disable")
    await wire.execute(f"truncate {', '.join(quoted(one.name) for one in manifest.tables)}")
    for table in manifest.tables:
        await _loaded(wire, archive, table)
    await _triggers(wire, every, "enable")


async def _triggers(wire: "Wire", tables: list[str], word: str) -> None:
    """Let no trigger of ours act on rows that had their effect when they were first written."""
    await wire.execute(";".join(f"alter table {quoted(name)} {word} trigger user" for name in tables))


async def _loaded(wire: "Wire", archive: zipfile.ZipFile, table: TableCopy) -> None:
    said = await wire.copy_to_table(table.name, source=chunks(archive, table.member), columns=[*table.columns])
    if int(said.split()[-1]) != table.rows:
        raise BadInput(f"The backup is damaged: {table.name} has {said.split()[-1]} rows of {table.rows}.")
    if table.counter:
        name, last = quoted(table.name), f"max({quoted(table.counter)})"
        place = f"pg_get_serial_sequence('{name}', '{table.counter}')"
        await wire.execute(f"select setval({place}, coalesce({last}, 1), {last} is not null) from {name}")  # noqa: S608 # names of ours
