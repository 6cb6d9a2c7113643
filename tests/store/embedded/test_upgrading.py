"""The embedded Postgres of an older major version becomes one of the newest, with every row."""

import asyncio
from pathlib import Path

import asyncpg
import pytest

from civitai_engagement.errors import BadInput, StoreDown
from civitai_engagement.store.embedded import EmbeddedPostgres, cluster
from civitai_engagement.store.embedded.programs import FOLDERS
from civitai_engagement.store.embedded.upgrading import NEWEST
from civitai_engagement.store.store import Store

pytestmark = pytest.mark.slow
OLDER = "16"


@pytest.fixture
def old_home(reachable_folder: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Path:
    """A home whose database an older version made."""
    home = reachable_folder / f"older-{abs(hash(request.node.name))}"

    async def make() -> None:
        with monkeypatch.context() as patch:
            patch.setattr(cluster, "FOLDERS", {OLDER: FOLDERS[OLDER]})
            async with EmbeddedPostgres(home) as url:
                connection = await asyncpg.connect(url)
                await connection.execute("create table kept (word text); insert into kept values ('größe'), ('b')")
                await connection.close()

    asyncio.run(make())
    return home


def words_in(home: Path) -> tuple[str, list[str]]:
    async def read() -> tuple[str, list[str]]:
        async with EmbeddedPostgres(home) as url:
            connection = await asyncpg.connect(url)
            rows = await connection.fetch("select word from kept order by word")
            version = str(await connection.fetchval("show server_version"))
            await connection.close()
            return version.partition(".")[0], [row["word"] for row in rows]

    return asyncio.run(read())


def test_every_row_is_there_and_the_old_folder_is_kept(old_home: Path) -> None:
    assert words_in(old_home) == (OLDER, ["b", "größe"])
    done = asyncio.run(Store(url=None, home=old_home).upgrade_embedded())
    assert done is not None
    assert (done.before, done.after, done.kept) == (OLDER, NEWEST, old_home / f"data-{OLDER}")
    assert words_in(old_home) == (NEWEST, ["b", "größe"])
    assert asyncio.run(Store(url=None, home=old_home).upgrade_embedded()) is None
    # Killed between the last two steps, the next start ends what was begun.
    (old_home / "data").rename(old_home / f"data-{NEWEST}")
    assert words_in(old_home) == (NEWEST, ["b", "größe"])


def test_one_in_use_is_left_alone(old_home: Path) -> None:
    async def attempt() -> None:
        async with EmbeddedPostgres(old_home):
            await EmbeddedPostgres(old_home).upgrade()

    with pytest.raises(StoreDown, match="in use"):
        asyncio.run(attempt())
    assert words_in(old_home) == (OLDER, ["b", "größe"])


def test_a_database_elsewhere_is_its_owners_to_upgrade(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="yours to upgrade"):
        asyncio.run(Store(url="postgresql://localhost/mine", home=tmp_path).upgrade_embedded())
