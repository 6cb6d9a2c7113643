"""`python -m benchmarks.imports`: the store's work of an import against a bare COPY of the rows it makes.

Posts of the sandbox are imported as the command does it, and the writing transactions are timed, requests apart. Then
the same rows are copied into the same tables, emptied. Both happen in turns; the ratio is COPY's time over ours.
"""

import argparse
import asyncio
import json
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass
from io import BytesIO
from pathlib import Path
from random import Random
from statistics import median
from time import perf_counter

from pydantic import SecretStr

from benchmarks.report import table
from civitai_engagement.civitai.client import Civitai
from civitai_engagement.library.importing.entries import ListLine
from civitai_engagement.library.importing.posts import import_posts
from civitai_engagement.runtime import Runtime
from civitai_engagement.sandbox import Counts, Item, Sandbox, Switches, World
from civitai_engagement.sandbox.growth import Pinned
from civitai_engagement.sandbox.metadata import Recipe, ordinary_meta
from civitai_engagement.sandbox.turns import FreeTurns
from civitai_engagement.settings import Settings
from civitai_engagement.store.embedded import EmbeddedPostgres, temporary_folder
from civitai_engagement.store.ledger import Ledger
from civitai_engagement.store.store import Store

BOUND = 0.2
MEDIA_A_POST = 10
TABLES = (
    "images",
    "image_tracking",
    "image_stats_history",
    "generation_parameters",
    "image_resources",
    "posts",
    "prompts",
    "assets",
    "watches",
)


@dataclass(frozen=True, slots=True)
class Round:
    """One import and one COPY of what it made."""

    rows: int
    ours: float
    copy: float

    @property
    def ratio(self) -> float:
        return self.copy / self.ours


class TimedStore(Store):
    """A store that adds up the time of its writing transactions."""

    seconds = 0.0

    @asynccontextmanager
    async def writing(self, *, images: Iterable[int] = (), is_hasty: bool = False) -> AsyncIterator[Ledger]:
        started = perf_counter()
        async with super().writing(images=images, is_hasty=is_hasty) as ledger:
            yield ledger
        self.seconds += perf_counter() - started


def world(posts: int) -> World:
    """Make posts whose media all have prompts, parameters and resources."""
    random = Random(5)
    made = World.empty(live=True, switches=Switches(post_endpoint=True, posts_per_minute=1_000_000))
    recipe = Recipe("harbourMix", 500_001, 30, 6.5)
    for number in range(1, posts + 1):
        media = [Item(counters=_counters(random), meta=ordinary_meta(random, recipe)) for _ in range(MEDIA_A_POST)]
        made.add_post(post_id=number, items=media, title=f"Harbour {number}", detail="<p>In rain.</p>")
    return made


def _counters(random: Random) -> Pinned:
    return Pinned(Counts(like=random.randrange(400), heart=random.randrange(90), comment=random.randrange(9)))


async def measure(posts: int, rounds: int) -> list[Round]:
    with temporary_folder("bench") as folder:
        async with EmbeddedPostgres(folder / "home") as url, Sandbox(world(posts)) as sandbox:
            settings = Settings(civitai_base_url=sandbox.url, database_url=SecretStr(url))
            return [await _round(settings, url, posts) for _ in range(rounds)]


async def _round(settings: Settings, url: str, posts: int) -> Round:
    runtime = Runtime(settings)
    runtime.store = store = TimedStore(url=url, home=settings.home)
    runtime.civitai = Civitai(settings, clock=runtime.clock, budget=FreeTurns())
    async with runtime.opened(warm_up=False):
        await _empty(store)
        await import_posts(runtime, [ListLine(one, str(one), one) for one in range(1, posts + 1)], lambda _: None)
        ours = store.seconds
        dumped = await _dumped(store)
        await _empty(store)
        copy = await _copied(store, dumped)
        async with store.reading() as ledger:
            rows = sum([await ledger._connection.fetchval(f"select count(*) from {one}") for one in TABLES])
    return Round(rows, ours, copy)


async def _empty(store: Store) -> None:
    async with store.reading() as ledger:
        await ledger._connection.execute(f"truncate {', '.join(TABLES)} cascade")
        await ledger._connection.execute("checkpoint")


async def _dumped(store: Store) -> dict[str, bytes]:
    dumped = {}
    async with store.reading() as ledger:
        for one in TABLES:
            target = BytesIO()
            await ledger._connection.copy_from_query(f"select * from {one}", output=target, format="binary")
            dumped[one] = target.getvalue()
    return dumped


async def _copied(store: Store, dumped: dict[str, bytes]) -> float:
    started = perf_counter()
    async with store.writing() as ledger:
        for one, raw in dumped.items():
            await ledger._connection.copy_to_table(one, source=BytesIO(raw), format="binary")
    return perf_counter() - started


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.imports", description=__doc__)
    parser.add_argument("--posts", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--out", type=Path, help="where the figures go as JSON")
    given = parser.parse_args()
    rounds = asyncio.run(measure(given.posts, given.rounds))
    lines = [[f"{one.rows:,}", f"{one.ours:.2f}", f"{one.copy:.2f}", f"{one.ratio:.2f}"] for one in rounds]
    print(table(["rows", "import s", "COPY s", "ratio"], lines))
    middle = median(one.ratio for one in rounds)
    print(f"Ratio {middle:.2f}, at least {BOUND} is wanted: {'met' if middle >= BOUND else 'missed'}.")
    if given.out:
        given.out.write_text(json.dumps({"ratio": middle, "rounds": [asdict(one) for one in rounds]}, indent=1) + "\n")


if __name__ == "__main__":
    main()
