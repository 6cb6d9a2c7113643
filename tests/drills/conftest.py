"""What the drills stand on: a grown world, several processes on one database, and a log of who asked when."""

import os
import sys
import time
from asyncio.subprocess import DEVNULL, PIPE, Process, create_subprocess_exec
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit, urlunsplit
from uuid import uuid4

import asyncpg
import pytest
from starlette.types import ASGIApp, Receive, Scope, Send

from civitai_engagement.clock import ManualClock
from civitai_engagement.sandbox import Sandbox, World
from civitai_engagement.sandbox.world import WorldClock
from tests.drills.reports import Reports

if TYPE_CHECKING:
    from tests.house import House

TEMPLATE = "made_by_the_migrations"  # by tests/conftest.py


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--write-reports", action="store_true", help="Write the drills' figures to docs/drills.md.")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave the long drills out unless they are asked for by their mark; short ones run always."""
    if "drill" in config.getoption("markexpr"):
        return
    drills = [item for item in items if (mark := item.get_closest_marker("drill")) and not mark.kwargs.get("always")]
    config.hook.pytest_deselected(items=drills)
    items[:] = [item for item in items if item not in drills]


@dataclass
class RequestLog:
    """Notes on the machine's clock when Civitai was asked.

    >>> log.listen_to(sandbox)
    >>> assert log.most_within(1.0) <= 2
    """

    times: list[float] = field(default_factory=list)

    def listen_to(self, sandbox: Sandbox) -> None:
        app: ASGIApp = sandbox._app

        async def noted(scope: Scope, receive: Receive, send: Send) -> None:
            if scope["path"].startswith("/api/"):
                self.times.append(time.monotonic())
            await app(scope, receive, send)

        sandbox._app = noted  # type: ignore[assignment] # any ASGI application will do

    def most_within(self, seconds: float) -> int:
        """Give the largest number of requests in any span of so many seconds."""
        return max((sum(start <= at < start + seconds for at in self.times) for start in self.times), default=0)


@dataclass
class Stand:
    """A house, what its Civitai was asked when, and where to tell what was seen."""

    house: "House"
    log: RequestLog
    reports: Reports

    async def process(self, *arguments: str, **environment: str) -> Process:
        """Start the program as people do, on this house's database unless told another."""
        settings = {
            "CIVITAI_BASE_URL": self.house.url,
            "DATABASE_URL": self.house.database_url,
            "CIVITAI_ENGAGEMENT_REQUESTS_PER_SECOND": "50",
        }
        return await create_subprocess_exec(
            sys.executable, "-m", "civitai_engagement", *arguments,
            env={**os.environ, **settings, **environment}, stdin=DEVNULL, stdout=PIPE, stderr=PIPE,
        )  # fmt: skip

    async def collect(self, *arguments: str, **environment: str) -> tuple[int | None, str, str]:
        """Run `collect --once` at the house's time to its end: exit code, standard output, standard error."""
        at = self.house.clock.now().isoformat()
        process = await self.process("collect", "--once", "--at", at, *arguments, **environment)
        printed, said = await process.communicate()
        return process.returncode, printed.decode(), said.decode()


Database = Callable[[], AbstractAsyncContextManager[str]]
Raise = Callable[..., AbstractAsyncContextManager[Stand]]


@pytest.fixture
def database(postgres: str) -> Database:
    """One more fresh, migrated database: `async with database() as url: ...`."""

    @asynccontextmanager
    async def made() -> AsyncIterator[str]:
        name = f"drill_{uuid4().hex}"
        connection = await asyncpg.connect(postgres)
        await connection.execute(f"create database {name} template {TEMPLATE}")
        yield urlunsplit(urlsplit(postgres)._replace(path=f"/{name}"))
        await connection.execute(f"drop database {name} with (force)")
        await connection.close()

    return made


@pytest.fixture(scope="session")
def reports(request: pytest.FixtureRequest) -> Iterator[Reports]:
    made = Reports()
    yield made
    if request.config.getoption("--write-reports", default=False) and not request.session.testsfailed:
        made.write()


@pytest.fixture
def raised(database_url: str, reports: Reports) -> Raise:
    """Raise a house on a world: `async with raised(world, clock) as stand: ...`."""
    from tests.house import House

    @asynccontextmanager
    async def stand(world: World, clock: ManualClock, **settings: Any) -> AsyncIterator[Stand]:
        world.clock = WorldClock(clock, clock.now())
        sandbox, log = Sandbox(world), RequestLog()
        log.listen_to(sandbox)
        async with sandbox:
            house = House(world, clock, sandbox.url, database_url)
            house.restart(**settings)
            try:
                yield Stand(house, log, reports)
            finally:
                await house.aclose()

    return stand
