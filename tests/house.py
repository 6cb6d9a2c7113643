"""The whole product in one process: a simulated Civitai, a database, and one clock that all of them go by."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

import asyncpg
import httpx
import pytest
from mcp import Client
from mcp.server import MCPServer
from mcp.types import TextContent
from pydantic import SecretStr

from civitai_engagement.civitai.client import Civitai
from civitai_engagement.clock import ManualClock
from civitai_engagement.collect.tick import run_tick
from civitai_engagement.runtime import Runtime
from civitai_engagement.sandbox import Item, Sandbox, Switches, World, gallery
from civitai_engagement.sandbox.turns import FreeTurns
from civitai_engagement.sandbox.world import WorldClock
from civitai_engagement.server.app import build
from civitai_engagement.settings import Settings

START = datetime(2026, 5, 1, 12, tzinfo=UTC)
NOWHERE = "postgresql://nobody:hush-hush@127.0.0.1:1/none"
POST = 77
CHECKS = ("_tool_output_schemas", "_tool_output_validators")
checks: dict[str, Any] = {}  # how clients check answers: each would list all tools and compile a schema for one call


@dataclass(frozen=True, slots=True)
class Told:
    """What a tool said: its text, its structure, and whether it failed."""

    text: str
    data: Any
    is_error: bool

    @property
    def rows(self) -> list[str]:
        return self.text.splitlines()


@cache
def usual_settings() -> Settings:
    """Read the settings once: their sources are made anew each time. All tools are listed, so that clients check."""
    return Settings(_env_file=None, toolsets="all")


class House:
    """One process of ours in front of a world whose truth is known.

    >>> house.post(45)
    >>> told = await house.call("fetch_civitai_post_assets", post_id=77)
    """

    def __init__(self, world: World, clock: ManualClock, url: str, database_url: str) -> None:
        self.world = world
        self.clock = clock
        self.url = url
        self.database_url = database_url
        known = {"civitai_base_url": url, "database_url": SecretStr(database_url), "recorded_by": "Keeper"}
        self.settings = usual_settings().model_copy(update=known)
        self._runtimes: list[Runtime] = []
        self._servers: dict[Runtime, MCPServer[Runtime]] = {}
        self.runtime = self.another()
        self._door = httpx.AsyncClient(base_url=url)

    def another(self, **settings: Any) -> Runtime:
        """Make one more process on the same world and database."""
        changed = self.settings.model_copy(update=settings)
        runtime = Runtime(changed, clock=self.clock)
        runtime.civitai = Civitai(changed, clock=self.clock, budget=FreeTurns())
        self._runtimes.append(runtime)
        return runtime

    def restart(self, **settings: Any) -> None:
        """Begin again with an empty memory, as after a new start."""
        self.runtime = self.another(**settings)

    async def aclose(self) -> None:
        for runtime in self._runtimes:
            await runtime.close()
        await self._door.aclose()

    def post(self, count: int = 3, post_id: int = POST, *, username: str = "Ana", **more: Any) -> list[Item]:
        """Publish a post; its media have 1, 2, 3 … likes, one heart and two comments each."""
        self.world.add_post(post_id=post_id, username=username, items=gallery(count), **more)
        items = self.world.items_of(post_id)
        for place, item in enumerate(items, start=1):
            self.world.set_stats(item.id, like=place, heart=1, comment=2)
        return items

    def ids(self, post_id: int = POST) -> list[str]:
        return [str(item.id) for item in sorted(self.world.items_of(post_id), key=lambda item: item.id)]

    def advance(self, **by: float) -> datetime:
        self.clock.advance(timedelta(**by))
        return self.clock.now()

    async def arm(self, fault: str, **how: Any) -> None:
        (await self._door.post("/__sandbox/faults", json={"fault": fault, **how})).raise_for_status()

    async def heal(self) -> None:
        (await self._door.delete("/__sandbox/faults")).raise_for_status()

    async def asked(self) -> list[dict[str, Any]]:
        """Tell the requests Civitai was sent so far."""
        seen: list[dict[str, Any]] = (await self._door.get("/__sandbox/requests")).json()["requests"]
        return seen

    async def forget(self) -> None:
        (await self._door.delete("/__sandbox/requests")).raise_for_status()

    def client(self) -> Client:
        return Client(self._server(self.runtime))

    def _server(self, runtime: Runtime) -> MCPServer[Runtime]:
        """Build the server of a process when it is first called."""
        if runtime not in self._servers:
            self._servers[runtime] = build(runtime)
        return self._servers[runtime]

    async def call(self, tool: str, on: Runtime | None = None, **arguments: Any) -> Told:
        """Call a tool as a client does."""
        async with Client(self._server(on or self.runtime)) as client:
            vars(client.session).update(checks)
            result = await client.call_tool(tool, arguments)
            checks.update({name: vars(client.session)[name] for name in CHECKS})
        text = result.content[0]
        assert isinstance(text, TextContent)
        return Told(text.text, result.structured_content, bool(result.is_error))

    async def good(self, tool: str, **arguments: Any) -> Any:
        """Call a tool that must not fail, and give its structure."""
        told = await self.call(tool, **arguments)
        assert not told.is_error, told.text
        return told.data

    async def tick(self) -> None:
        """Do what the clock has due now, as the collector does."""
        async with await self.runtime.store.claims("test:tick") as claims:
            await run_tick(self.runtime, claims)

    async def rows(self, statement: str, *values: object) -> list[tuple[Any, ...]]:
        """Look into the database."""
        connection = await asyncpg.connect(self.database_url)
        try:
            return [tuple(row) for row in await connection.fetch(statement, *values)]
        finally:
            await connection.close()

    async def run(self, statement: str, *values: object) -> None:
        connection = await asyncpg.connect(self.database_url)
        try:
            await connection.execute(statement, *values)
        finally:
            await connection.close()


@asynccontextmanager
async def opened(database_url: str) -> AsyncIterator[House]:
    clock = ManualClock(START)
    world = World(WorldClock(clock, START), switches=Switches(post_endpoint=True))
    async with Sandbox(world) as sandbox:
        house = House(world, clock, sandbox.url, database_url)
        yield house
        await house.aclose()


@pytest.fixture
async def house(database_url: str) -> AsyncIterator[House]:
    """Everything up."""
    async with opened(database_url) as whole:
        yield whole


@pytest.fixture
async def live() -> AsyncIterator[House]:
    """Everything up but the database."""
    async with opened(NOWHERE) as whole:
        yield whole
