"""A ledger to measure: an embedded Postgres, the store on it, and media that were described before."""

import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from pydantic import SecretStr

from civitai_engagement.clock import ManualClock
from civitai_engagement.runtime import Runtime
from civitai_engagement.settings import Settings
from civitai_engagement.store.embedded import EmbeddedPostgres
from civitai_engagement.store.store import Store

START = datetime(2026, 5, 1, tzinfo=UTC)
ROUND = timedelta(hours=4)
POST_MEDIA = 20
CREATOR_POSTS = 50

DESCRIBE = """
insert into images (id, post_id, username, url, type, created_at, published_at, first_seen_at)
select
    id, 1 + (id - 1) / $2::bigint, 'creator' || (id - 1) / ($2 * $3::bigint), 'https://image.example/' || id, 'image',
    $4::timestamptz - (1 + id % 60) * interval '1 day', $4::timestamptz - (1 + id % 60) * interval '1 day', $4
from generate_series(1, $1::bigint) as id
"""


@dataclass(frozen=True, slots=True)
class Stage:
    """A runtime whose clock we move, on a database of its own."""

    runtime: Runtime
    clock: ManualClock

    @property
    def store(self) -> Store:
        return self.runtime.store

    async def run(self, *statements: str) -> None:
        async with self.store.reading() as ledger:
            for statement in statements:
                await ledger.connection.execute(statement, timeout=300)

    async def value(self, statement: str, *values: object) -> int:
        async with self.store.reading() as ledger:
            return int(await ledger.connection.fetchval(statement, *values))

    async def describe(self, images: int) -> None:
        """Store media with the ids 1 to `images`, twenty a post, a thousand a creator, at most two months old."""
        async with self.store.reading() as ledger:
            await ledger.connection.execute("set statement_timeout = 0")
            await ledger.connection.execute(DESCRIBE, images, POST_MEDIA, CREATOR_POSTS, START)


@asynccontextmanager
async def staged() -> AsyncIterator[Stage]:
    clock = ManualClock(START)
    with reachable_folder() as folder:
        async with EmbeddedPostgres(folder / "home") as url:
            settings = Settings(_env_file=None, database_url=SecretStr(url))
            async with Runtime(settings, clock=clock).opened(warm_up=False) as runtime:
                yield Stage(runtime, clock)


@contextmanager
def reachable_folder() -> Iterator[Path]:
    """Make a folder that the user whom the database runs as under root can enter."""
    with tempfile.TemporaryDirectory(prefix="civitai-engagement-bench-") as name:
        Path(name).chmod(0o711)
        yield Path(name)
