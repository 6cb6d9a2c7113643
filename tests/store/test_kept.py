"""A backup of each schema there was is restored by this program: every value is where it was, and the rest goes on."""

import json
import zipfile
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection as Sync

from civitai_engagement.records.tables import metadata
from civitai_engagement.store.migrations import head, is_part_of_schema
from civitai_engagement.store.store import Store
from tests.conftest import in_database
from tests.store.test_migrations import within

pytestmark = pytest.mark.slow
KEPT = sorted((Path(__file__).parent / "kept").glob("*.zip"))
# What a migration changed on purpose, by the column and the revision that did.
CHANGED = {
    ("image_tracking", "dislike_count"): "0013",
    ("image_stats_history", "dislike_count"): "0013",
    ("image_stats_history", "dislike_gain"): "0013",
}


@pytest.fixture
async def bare_url(postgres: str) -> AsyncIterator[str]:
    connection = await asyncpg.connect(postgres)
    await connection.execute("create database once_kept template template0")
    yield in_database(postgres, "once_kept")
    await connection.execute("drop database once_kept with (force)")
    await connection.close()


async def values_of(connection: "asyncpg.Connection[asyncpg.Record]", table: str, columns: list[str]) -> Counter[bytes]:
    lines: list[bytes] = []

    async def keep(chunk: bytes) -> None:
        lines.append(chunk)

    listed = ", ".join(f'"{name}"' for name in columns)
    await connection.execute("set timezone = 'UTC'")
    await connection.copy_from_query(f"select {listed} from {table}", output=keep)
    return Counter(b"".join(lines).splitlines())


def kept_values(archive: zipfile.ZipFile, table: str, columns: list[str], wanted: list[str]) -> Counter[bytes]:
    places = [columns.index(one) for one in wanted]
    rows = (line.split(b"\t") for line in archive.read(f"tables/{table}.copy").splitlines())
    return Counter(b"\t".join(row[place] for place in places) for row in rows)


def differences(connection: Sync) -> list[object]:
    options = {"include_name": is_part_of_schema, "compare_type": True, "compare_server_default": False}
    return list(compare_metadata(MigrationContext.configure(connection, opts=options), metadata))


@pytest.mark.parametrize("file", KEPT, ids=[one.stem for one in KEPT])
async def test_each_kept_backup_is_restored_and_brought_up_to_date(file: Path, bare_url: str, tmp_path: Path) -> None:
    store = Store(url=bare_url, home=tmp_path)
    manifest = await store.restore(file)
    assert manifest.revision == file.stem
    assert await store.revision() == head()
    connection = await asyncpg.connect(bare_url)
    with zipfile.ZipFile(file) as archive:
        for one in json.loads(archive.read("manifest.json"))["tables"]:
            there = await connection.fetch(
                "select attname from pg_attribute where attrelid = to_regclass($1) and attnum > 0 and not attisdropped",
                one["name"],
            )
            known = {row["attname"] for row in there}
            wanted = [
                name
                for name in one["columns"]
                if name in known and CHANGED.get((one["name"], name), "") <= manifest.revision
            ]
            before = kept_values(archive, one["name"], one["columns"], wanted)
            assert await values_of(connection, one["name"], wanted) == before, one["name"]
    await connection.close()
    await store.close()
    assert await within(bare_url, differences) == []


def test_the_kept_backups_hold_history_and_a_watch() -> None:
    with zipfile.ZipFile(KEPT[-1]) as archive:
        rows = {one["name"]: one["rows"] for one in json.loads(archive.read("manifest.json"))["tables"]}
    assert (rows["watches"], rows["posts"], rows["image_tracking"]) == (2, 1, 3)
    assert rows["image_stats_history"] >= 6
