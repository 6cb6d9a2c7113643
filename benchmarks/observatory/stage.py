"""A ledger to measure: an embedded Postgres, the store on it, and a clock that we move."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import SecretStr

from civitai_engagement.clock import ManualClock
from civitai_engagement.runtime import Runtime
from civitai_engagement.settings import Settings
from civitai_engagement.store.embedded import EmbeddedPostgres, temporary_folder
from civitai_engagement.store.queries import Query, parse
from civitai_engagement.store.store import Store

if TYPE_CHECKING:
    import asyncpg

START = datetime(2026, 6, 2, tzinfo=UTC)
ROUND = timedelta(hours=4)
HERE = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Stage:
    """A runtime whose clock we move, on a database of its own."""

    runtime: Runtime
    clock: ManualClock

    @property
    def store(self) -> Store:
        return self.runtime.store

    @asynccontextmanager
    async def alone(self) -> "AsyncIterator[asyncpg.Connection[Any]]":
        """Connect apart from the pool: what takes long may."""
        connection = await self.store.alone()
        try:
            yield connection
        finally:
            await connection.close()

    async def run(self, *statements: str) -> None:
        async with self.alone() as connection:
            for statement in statements:
                await connection.execute(statement)

    async def value(self, statement: str, *values: object) -> int:
        async with self.alone() as connection:
            return int(await connection.fetchval(statement, *values))

    async def describe(self, images: int) -> None:
        """Store media with the ids 1 to `images`, twenty a post, a thousand a creator, at most two months old."""
        async with self.alone() as connection:
            await queries("stage")["describe"].run(connection, images=images, now=self.clock.now())
            await connection.execute("vacuum analyze images")


@asynccontextmanager
async def staged(**settings: Any) -> AsyncIterator[Stage]:
    clock = ManualClock(START)
    with temporary_folder("bench") as folder:
        async with EmbeddedPostgres(folder / "home") as url:
            chosen = Settings(_env_file=None, database_url=SecretStr(url), **settings)
            async with Runtime(chosen, clock=clock).opened(warm_up=False) as runtime:
                yield Stage(runtime, clock)


def queries(noun: str) -> dict[str, Query]:
    """Read the statements of one part of the benchmark."""
    return parse(HERE.joinpath(f"{noun}.sql").read_text(encoding="utf-8"))
