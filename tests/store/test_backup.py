"""A backup of one database restored into another: same rows, whatever kind it is, whatever schema they were of."""

import json
import stat
import zipfile
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import asyncpg
import pytest
from pydantic import SecretStr

from civitai_engagement.errors import BadInput, BadSetup
from civitai_engagement.store.backup.archive import restored_secrets
from civitai_engagement.store.store import Store
from tests.conftest import in_database

if TYPE_CHECKING:  # pytest loads it by itself
    from tests.house import House

pytestmark = pytest.mark.slow
TABLES = """
select quote_ident(relname) from pg_class
where relnamespace = any (array['public'::regnamespace, to_regnamespace('engagement')])
    and relkind in ('r', 'p') and not relispartition and relname !~ '_version$'
order by relname
"""


async def rows_of(url: str, schema: str = "public") -> dict[str, list[str]]:
    """All rows of all tables of ours, as text."""
    connection = await asyncpg.connect(url)
    await connection.execute(f"set search_path to {schema}")
    try:
        tables = [row[0] for row in await connection.fetch(TABLES) if row[0] != "orders"]
        return {
            one: sorted([str(row[0]) for row in await connection.fetch(f"select t::text from {one} as t")])
            for one in tables
        }
    finally:
        await connection.close()


@pytest.fixture
async def filled(house: "House") -> str:
    """A database with recordings, a watch, history of two months and an audit."""
    items = house.post(4)
    house.post(2, post_id=88, username="Ben")
    await house.good("record_civitai_post", posts=["77"])
    await house.good("watch_creator", usernames=["Ben"])
    await house.good("create_prompt", prompt_text="a lighthouse, with a \\ backslash,\ta tab\nand ünïcödé")
    for _ in range(3):
        house.advance(days=15)
        house.world.set_stats(items[0].id, like=house.world.item(items[0].id).counts(house.clock.now()).like + 10)
        await house.good("record_civitai_post", posts=["77"])
        await house.tick()
    return house.database_url


@pytest.fixture
async def bare_url(postgres: str) -> AsyncIterator[str]:
    """A database with nothing in it."""
    connection = await asyncpg.connect(postgres)
    await connection.execute("create database bare template template0")
    yield in_database(postgres, "bare")
    await connection.execute("drop database bare with (force)")
    await connection.close()


def store_at(url: str | None, home: Path, setting: str = "DATABASE_URL") -> Store:
    return Store(url=url, home=home, setting=setting)


async def backed_up(url: str, folder: Path, **options: Any) -> Path:
    store = store_at(url, folder)
    await store.back_up(folder / "kept.zip", **options)
    await store.close()
    return folder / "kept.zip"


async def test_an_outside_database_goes_into_an_embedded_one_and_back(
    filled: str, bare_url: str, tmp_path: Path, reachable_folder: Path
) -> None:
    before = await rows_of(filled)
    assert len(before["image_stats_history"]) > 6
    file = await backed_up(filled, tmp_path)
    embedded = store_at(None, reachable_folder / "restored")
    await embedded.restore(file)
    async with embedded.reading() as ledger:
        assert (await ledger.conditions.activity(datetime.now(UTC))).tracked == 6
    again = await embedded.back_up(tmp_path / "again.zip")
    await embedded.close()
    outside = store_at(bare_url, tmp_path)
    await outside.restore(tmp_path / "again.zip")
    assert await rows_of(bare_url) == before
    await outside.close()
    assert again.rows == sum(map(len, before.values()))


async def test_what_is_restored_goes_on(house: "House", filled: str, bare_url: str, tmp_path: Path) -> None:
    file = await backed_up(filled, tmp_path)
    store = store_at(bare_url, tmp_path)
    await store.restore(file)
    await store.close()
    house.restart(database_url=SecretStr(bare_url))
    house.advance(hours=4)
    house.post(2, post_id=99)
    await house.good("record_civitai_post", posts=["77", "99"])
    await house.tick()
    connection = await asyncpg.connect(bare_url)
    assert await connection.fetchval("select count(*) from pg_trigger where tgenabled = 'D'") == 0
    assert await connection.fetchval("select count(*) from image_tracking") == 8
    with pytest.raises(asyncpg.RaiseError):
        await connection.execute("delete from audit")
    await connection.close()


async def test_tables_beside_those_of_others_come_from_and_go_into_their_own_schema(
    filled: str, bare_url: str, tmp_path: Path
) -> None:
    file = await backed_up(filled, tmp_path)
    connection = await asyncpg.connect(bare_url)
    await connection.execute("create table orders (id int)")
    store = store_at(bare_url, tmp_path, "CIVITAI_ENGAGEMENT_DATABASE_URL")
    await store.restore(file)
    assert await rows_of(bare_url, "engagement") == await rows_of(filled)
    assert await store.revision()
    assert await connection.fetchval("select to_regclass('public.orders') is not null")
    await connection.close()
    await store.close()


async def test_a_database_that_holds_something_is_replaced_only_on_request(filled: str, tmp_path: Path) -> None:
    file = await backed_up(filled, tmp_path)
    before = await rows_of(filled)
    store = store_at(filled, tmp_path)
    with pytest.raises(BadInput, match="--replace"):
        await store.restore(file)
    connection = await asyncpg.connect(filled)
    await connection.execute("delete from watches")
    await connection.close()
    await store.restore(file, replace=True)
    assert await rows_of(filled) == before
    await store.close()


@pytest.mark.parametrize("harm", ["not a zip", "cut short", "a row less", "a foreign name", "newer"])
async def test_what_is_no_backup_changes_nothing(filled: str, tmp_path: Path, harm: str) -> None:
    file = await backed_up(filled, tmp_path)
    before = await rows_of(filled)
    spoil(file, harm)
    store = store_at(filled, tmp_path)
    with pytest.raises((BadInput, BadSetup)):
        await store.restore(file, replace=True)
    assert await rows_of(filled) == before
    await store.close()


def spoil(file: Path, harm: str) -> None:
    if harm == "not a zip":
        file.write_text("hello")
        return
    if harm == "cut short":
        file.write_bytes(file.read_bytes()[:-200])
        return
    with zipfile.ZipFile(file) as old:
        kept = {name: old.read(name) for name in old.namelist()}
    told = json.loads(kept["manifest.json"])
    if harm == "newer":
        told["revision"] = "9999"
    elif harm == "a foreign name":
        told["tables"][0]["name"] = 'posts"; drop table posts; --'
    else:
        kept["tables/images.copy"] = b"".join(kept["tables/images.copy"].splitlines(keepends=True)[:-1])
    kept["manifest.json"] = json.dumps(told).encode()
    with zipfile.ZipFile(file, "w") as new:
        for name, content in kept.items():
            new.writestr(name, content)


async def test_only_its_owner_may_read_it_and_secrets_are_in_it_on_request_alone(filled: str, tmp_path: Path) -> None:
    plain = await backed_up(filled, tmp_path)
    assert stat.S_IMODE(plain.stat().st_mode) == 0o600
    assert ".env" not in zipfile.ZipFile(plain).namelist()
    assert restored_secrets(plain, tmp_path / "home" / ".env") is False
    secret = await backed_up(filled, tmp_path, secrets=b"CIVITAI_API_KEY=k\n")
    target = tmp_path / "home" / ".env"
    assert restored_secrets(secret, target) is True
    assert (target.read_text(), stat.S_IMODE(target.stat().st_mode)) == ("CIVITAI_API_KEY=k\n", 0o600)
    target.write_text("mine")
    assert restored_secrets(secret, target) is False


async def test_what_commenters_write_and_who_they_are_is_in_no_column_of_it(filled: str, tmp_path: Path) -> None:
    with zipfile.ZipFile(await backed_up(filled, tmp_path)) as archive:
        tables = json.loads(archive.read("manifest.json"))["tables"]
    columns = {f"{one['name']}.{column}" for one in tables for column in one["columns"]}
    about = {one.partition(".")[2] for one in columns if "comment" in one}
    assert about <= {"comment_count", "comment_gain", "comments_24h", "comments_72h", "comments_7d"}, (
        "only numbers of them"
    )
    assert not [one for one in columns if "commenter" in one or "body" in one]


async def test_a_view_of_others_on_our_tables_keeps_them_and_is_named(filled: str, tmp_path: Path) -> None:
    file = await backed_up(filled, tmp_path)
    before = await rows_of(filled)
    connection = await asyncpg.connect(filled)
    await connection.execute("create view best as select id from images")
    store = store_at(filled, tmp_path)
    with pytest.raises(BadSetup, match="view best"):
        await store.restore(file, replace=True)
    assert await rows_of(filled) == before
    await connection.execute("drop view best")
    await connection.close()
    await store.close()
