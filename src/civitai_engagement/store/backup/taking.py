"""Take a backup: all our tables as they are at one instant, while others write."""

import zipfile
from graphlib import TopologicalSorter
from pathlib import Path
from typing import TYPE_CHECKING, Any

from civitai_engagement import __version__
from civitai_engagement.errors import BadInput
from civitai_engagement.store.backup.archive import (
    MANIFEST,
    SECRETS,
    BackupManifest,
    PartitionCopy,
    TableCopy,
    new_archive,
)
from civitai_engagement.store.connecting import DatabaseAddress, ours, where
from civitai_engagement.store.migrations import revision_of
from civitai_engagement.store.place import Places
from civitai_engagement.store.queries import load

if TYPE_CHECKING:
    import asyncpg


async def back_up(door: DatabaseAddress, file: Path, *, secrets: bytes = b"") -> BackupManifest:
    """Write our tables to a file; with `secrets`, those settings, too.

    Raises:
        BadInput: The file cannot be written, or there is nothing of ours to keep.
        StoreDown: The database does not answer.
    """
    with ours(where(door.url), setting=door.setting):
        connection = await door.connect()
        try:
            await connection.execute("set timezone = 'UTC'; set datestyle = 'ISO'; set extra_float_digits = 1")
            async with connection.transaction(isolation="repeatable_read", readonly=True):
                return await _written(connection, file, secrets)
        finally:
            await connection.close()


async def _written(connection: "asyncpg.Connection[Any]", file: Path, secrets: bytes) -> BackupManifest:
    place = await Places(connection).ours()
    if place is None:
        raise BadInput("There are no tables of ours to keep.", hint="Is this the right database? `status` names it.")
    revision = await revision_of(connection, place)
    sql = load("backup")
    partitions = tuple(PartitionCopy(**row) for row in await sql["partitions"].all(connection, schema=place.schema))
    shapes = await sql["tables"].all(connection, schema=place.schema, versions=place.versions)
    with new_archive(file) as archive:
        tables = [await _copied(connection, archive, row) for row in _in_order(shapes)]
        manifest = BackupManifest(
            revision=str(revision),
            program=__version__,
            server=str(await connection.fetchval("show server_version")),
            made_at=str(await connection.fetchval('select to_char(now(), \'YYYY-MM-DD"T"HH24:MI:SS"Z"\')')),
            tables=tuple(tables),
            partitions=partitions,
        )
        archive.writestr(MANIFEST, manifest.as_json())
        if secrets:
            archive.writestr(SECRETS, secrets)
    return manifest


def _in_order(rows: "list[asyncpg.Record]") -> "list[asyncpg.Record]":
    """Put what others refer to first."""
    by_name = {row["name"]: row for row in rows}
    needs = {row["name"]: {one for one in row["needs"] if one in by_name and one != row["name"]} for row in rows}
    return [by_name[name] for name in TopologicalSorter(needs).static_order()]


async def _copied(connection: "asyncpg.Connection[Any]", archive: zipfile.ZipFile, row: "asyncpg.Record") -> TableCopy:
    table = TableCopy(row["name"], tuple(row["columns"]), 0, row["counter"])
    listed = ", ".join(f'"{name}"' for name in table.columns)
    with archive.open(table.member, "w", force_zip64=True) as lines:

        async def keep(chunk: bytes) -> None:
            lines.write(chunk)

        query = f'select {listed} from "{table.name}"'  # noqa: S608 # names of our own tables
        said = await connection.copy_from_query(query, output=keep)
    return TableCopy(table.name, table.columns, int(said.split()[-1]), table.counter)
