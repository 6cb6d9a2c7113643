"""Write a small backup of each schema there was, for the tests to restore: `python -m tests.store.kept`."""

import asyncio
from pathlib import Path

import asyncpg
from alembic import command

from civitai_engagement.store.backup.taking import back_up
from civitai_engagement.store.connecting import DatabaseAddress
from civitai_engagement.store.embedded import EmbeddedPostgres, temporary_folder
from civitai_engagement.store.migrations import head, scripts
from tests.house import opened
from tests.store.test_migrations import moved, within

KEPT = Path(__file__).parent / "kept"


def revisions() -> list[str]:
    return sorted(path.name.split("_")[0] for path in (scripts() / "versions").glob("[0-9]*.py"))


async def fill(url: str) -> None:
    """Record, watch and observe a little, in a world of synthetic posts."""
    async with opened(url) as house:
        items = house.post(3)
        await house.good("record_civitai_post", posts=["77"])
        await house.good("watch_creator", usernames=["Ben"])
        await house.good("create_prompt", prompt_text="a lighthouse")
        for _ in range(3):
            house.advance(days=15)
            house.world.set_stats(items[0].id, like=house.world.item(items[0].id).counts(house.clock.now()).like + 10)
            await house.good("record_civitai_post", posts=["77"])


async def keep_all(url: str) -> None:
    """Undo the migrations one after the other, and keep what is there at each."""
    await fill(url)
    KEPT.mkdir(exist_ok=True)
    for revision in reversed(revisions()):
        await within(url, moved(command.downgrade, revision))
        if revision != head() and not (KEPT / f"{revision}.zip").exists():
            await back_up(DatabaseAddress(url), KEPT / f"{revision}.zip")
            (KEPT / f"{revision}.zip").chmod(0o644)


async def main() -> None:
    with temporary_folder("kept") as folder:
        async with EmbeddedPostgres(folder / "home") as url:
            connection = await asyncpg.connect(url)
            await connection.execute("create database kept")
            await connection.close()
            await keep_all(url.replace("/postgres?", "/kept?"))


if __name__ == "__main__":
    asyncio.run(main())
