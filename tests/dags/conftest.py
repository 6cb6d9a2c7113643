"""Airflow in a home of its own, beside a ledger and a made-up Civitai; all of it only where Airflow is installed."""

import asyncio
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager
from datetime import UTC, datetime, timedelta
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit
from uuid import uuid4

import asyncpg
import pytest

from civitai_engagement.clock import ManualClock, SystemClock
from civitai_engagement.sandbox import Item, Sandbox, Switches, World
from civitai_engagement.sandbox.world import WorldClock
from tests.drills.conftest import RequestLog
from tests.drills.reports import Reports

collect_ignore_glob = [] if find_spec("airflow") else ["test_*.py"]

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "airflow.md"
TEMPLATE = "made_by_the_migrations"  # by tests/conftest.py
BEFORE = timedelta(hours=5)  # so long ago the media were seen first, so that all are due
RATE = 10.0
TIMES = (
    "- '{as_of,last_observed_at,next_due_at,changed_at,collected_at,previous_observed_at,first_seen_at,"
    "generation_read_at}'::text[]"
)
TABLES = ("images", "image_tracking", "image_stats_history", "generation_parameters", "image_resources")
DONE = "select planned, observed, missing, suspect, coverage from runs where job = $1"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--write-figures", action="store_true", help="Write the figures to docs/airflow.md.")


@pytest.fixture(scope="session")
def figures(request: pytest.FixtureRequest) -> Iterator[Reports]:
    made = Reports(page=PAGE, command="make airflow")
    yield made
    if request.config.getoption("--write-figures", default=False) and not request.session.testsfailed:
        made.write()


class Ledgers:
    """Databases made by the migrations, on one server.

    >>> async with ledgers.one() as url: ...
    """

    def __init__(self, url: str) -> None:
        self.url = url

    @asynccontextmanager
    async def one(self, template: str = TEMPLATE) -> AsyncIterator[str]:
        name = f"airflow_{uuid4().hex}"
        await self.order(f"create database {name} template {template}")
        yield urlunsplit(urlsplit(self.url)._replace(path=f"/{name}"))
        await self.order(f"drop database {name} with (force)")

    async def order(self, statement: str) -> None:
        connection = await asyncpg.connect(self.url)
        await connection.execute(statement)
        await connection.close()


@pytest.fixture
def ledgers(postgres: str) -> Ledgers:
    return Ledgers(postgres)


@contextmanager
def installed(postgres: str, folder: Path, name: str) -> Iterator[dict[str, str]]:
    """Airflow's environment: a database on the same server, a home, one secret for its processes, and the pool."""
    asyncio.run(Ledgers(postgres).order(f"create database {name}"))
    metadata = urlunsplit(urlsplit(postgres)._replace(scheme="postgresql+psycopg2", path=f"/{name}"))
    environment = {
        "AIRFLOW_HOME": str(folder / name),
        "AIRFLOW__CORE__DAGS_FOLDER": str(ROOT / "dags"),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": metadata,
        "AIRFLOW__API_AUTH__JWT_SECRET": 8 * "only-for-tests-",
    }
    with pytest.MonkeyPatch.context() as patch:
        for variable, value in environment.items():
            patch.setenv(variable, value)
        airflow("db", "migrate")
        airflow("pools", "set", "civitai_api", "4", "API calls")
        yield environment


@pytest.fixture(scope="module")
def airflow_home(postgres: str, reachable_folder: Path, request: pytest.FixtureRequest) -> Iterator[dict[str, str]]:
    with installed(postgres, reachable_folder, request.module.__name__.rpartition(".")[2]) as environment:
        yield environment


def airflow(*arguments: str) -> str:
    """Run a command of Airflow's to its end."""
    command = [str(Path(sys.executable).with_name("airflow")), *arguments]
    ran = subprocess.run(command, capture_output=True, text=True, check=False, env=os.environ)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return ran.stdout


class Twins:
    """Two ledgers of one world that know the same of it: one for Airflow, one for the clock of our own."""

    def __init__(self, world: World, sandbox: Sandbox, log: RequestLog, urls: tuple[str, str]) -> None:
        self.world = world
        self.sandbox = sandbox
        self.log = log
        self.by_airflow, self.by_clock = urls

    def environment(self, database_url: str) -> dict[str, str]:
        return {
            "CIVITAI_BASE_URL": self.sandbox.url,
            "CIVITAI_ENGAGEMENT_DATABASE_URL": database_url,
            "CIVITAI_ENGAGEMENT_REQUESTS_PER_SECOND": str(RATE),
            "CIVITAI_ENGAGEMENT_COLLECT_LIMIT": "200",
        }

    async def tick(self) -> None:
        """Let the clock of our own do on its ledger what Airflow does on the other."""
        from pydantic import SecretStr

        from civitai_engagement.collect.tick import run_tick
        from civitai_engagement.runtime import Runtime
        from tests.house import usual_settings

        known = {"civitai_base_url": self.sandbox.url, "database_url": SecretStr(self.by_clock)}
        settings = usual_settings().model_copy(update={**known, "requests_per_second": 50.0})
        async with Runtime(settings).opened(warm_up=False) as runtime, await runtime.store.claims("twin:1") as claims:
            await run_tick(runtime, claims)

    async def rows(self, url: str, statement: str, *values: object) -> list[tuple[Any, ...]]:
        connection = await asyncpg.connect(url)
        rows = await connection.fetch(statement, *values)
        await connection.close()
        return [tuple(row) for row in rows]

    async def kept(self, url: str) -> dict[str, list[tuple[Any, ...]]]:
        """Every row of a ledger, without the times of observation, and what became of the round."""
        kept = {
            one: await self.rows(url, f"select (to_jsonb(t) {TIMES})::text from {one} as t order by 1")
            for one in TABLES
        }
        return kept | {"run": await self.rows(url, DONE, "update_existing_stats")}


Raised = Callable[[int, int], AbstractAsyncContextManager[Twins]]


@pytest.fixture
def raised(ledgers: Ledgers) -> Raised:
    """Raise twins: so many posts with so many media each, seen five hours ago; all of them have grown since."""

    @asynccontextmanager
    async def twins(posts: int, media: int) -> AsyncIterator[Twins]:
        clock = ManualClock(datetime.now(UTC) - BEFORE)
        world = _world(clock, posts, media)
        sandbox, log = Sandbox(world), RequestLog()
        log.listen_to(sandbox)
        async with sandbox, ledgers.one() as first:
            await _seen(first, sandbox, clock, posts)
            world.clock = WorldClock(SystemClock(), SystemClock().now())
            for item in list(world.items):
                world.set_stats(item.id, like=50 + item.id % 7, heart=2, comment=2)
            async with ledgers.one(urlsplit(first).path[1:]) as second:
                log.times.clear()
                yield Twins(world, sandbox, log, (first, second))

    return twins


def _world(clock: ManualClock, posts: int, media: int) -> World:
    switches = Switches(post_endpoint=True, posts_per_minute=100_000)
    world = World(WorldClock(clock, clock.now() - timedelta(hours=3)), switches=switches)
    for number in range(1, posts + 1):
        gallery = [Item(level=1, meta={"steps": 20 + number % 9}) for _ in range(media)]
        world.add_post(post_id=number, username=f"creator-{number}", items=gallery)
        for item in world.items_of(number):
            world.set_stats(item.id, like=number % 9 + 1, heart=1, comment=2)
    world.clock = WorldClock(clock, clock.now())
    return world


async def _seen(url: str, sandbox: Sandbox, clock: ManualClock, posts: int) -> None:
    """Record all posts, as of then."""
    from tests.house import House

    house = House(sandbox.world, clock, sandbox.url, url)
    for first in range(1, posts + 1, 20):
        some = [str(number) for number in range(first, min(first + 20, posts + 1))]
        await house.good("record_civitai_post", posts=some)
    await house.aclose()
