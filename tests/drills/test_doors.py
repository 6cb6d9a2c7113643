"""The doors on a bad day: a pooler, a read-only database, one of strangers, a host that dies in mid-answer."""

import asyncio
import os
import re
import sys
import time
from asyncio.subprocess import PIPE, Process, create_subprocess_exec
from collections.abc import AsyncIterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import asyncpg
import psutil
import pytest

from civitai_engagement.clock import ManualClock
from civitai_engagement.sandbox import Item, World
from civitai_engagement.store.embedded import temporary_folder
from tests import pooler
from tests.conftest import in_database

if TYPE_CHECKING:
    from tests.drills.conftest import Raise, Stand

pytestmark = pytest.mark.drill
START = datetime(2026, 8, 1, 12, tzinfo=UTC)
POSTS, MEDIA = 3, 4
TABLES = "select count(*) from pg_class where relkind in ('r', 'p') and relnamespace = to_regnamespace('{}')"


@pytest.fixture
async def stand(raised: "Raise") -> "AsyncIterator[Stand]":
    world = World.empty(now=START)
    for number in range(1, POSTS + 1):
        world.add_post(post_id=number, username="ana", items=[Item()] * MEDIA)
    async with raised(world, ManualClock(START)) as made:
        yield made


async def ran(stand: "Stand", *arguments: str, **environment: str) -> tuple[int | None, str, str]:
    process = await stand.process(*arguments, **environment)
    printed, said = await process.communicate()
    return process.returncode, printed.decode(), said.decode()


async def ask(url: str, statement: str) -> Any:
    connection = await asyncpg.connect(url, server_settings={"default_transaction_read_only": "off"})
    try:
        return await connection.fetchval(statement)
    finally:
        await connection.close()


@pooler.needs_pgbouncer
async def test_a_pooler_in_session_mode_serves_and_the_others_are_refused(
    stand: "Stand", reachable_folder: Path
) -> None:
    figures: dict[str, object] = {}
    async with pooler.pooled(stand.house.database_url, "session", reachable_folder) as url:
        await stand.house.good("record_civitai_post", posts=[str(number) for number in range(1, POSTS + 1)])
        stand.house.advance(hours=4)
        code, _, said = await stand.collect(DATABASE_URL=url)
        assert (code, said) == (0, "")
        [(observed,)] = await stand.house.rows("select sum(observed) from runs where job = 'update_existing_stats'")
        assert (await ran(stand, "record", "1", DATABASE_URL=url))[0] == 0
        figures["session_mode"] = f"{observed} media observed by `collect --once`, a post recorded"
        assert observed == POSTS * MEDIA
    for mode in ("transaction", "statement"):
        async with pooler.pooled(stand.house.database_url, mode, reachable_folder) as url:
            answers = [await ran(stand, "status", DATABASE_URL=url) for _ in range(2)]
            assert {(code, printed) for code, printed, _ in answers} == {(1, "")}
            assert len({said for *_, said in answers}) == 1, answers
            [said] = {said for *_, said in answers}
            figures[f"{mode}_mode"] = said.strip()
            assert said.startswith("DATABASE_URL leads through a pooler in transaction mode")
    stand.reports.tell("Pooler", **figures)


async def test_a_database_that_takes_no_writes_is_read_and_live_answers_work(stand: "Stand") -> None:
    url = stand.house.database_url
    await stand.house.good("record_civitai_post", posts=["1"])
    name = await ask(url, "select current_database()")
    await ask(url, f"alter database {name} set default_transaction_read_only = on")
    try:
        asked = {
            command: await ran(stand, *command.split())
            for command in ("status", "post 2", "movers", "record 2", "watch creator ana", "collect --once", "migrate")
        }
    finally:
        await ask(url, f"alter database {name} reset default_transaction_read_only")
    assert {command: code for command, (code, *_) in asked.items()} == {
        "status": 0, "post 2": 0, "movers": 0, "migrate": 0, "record 2": 1, "watch creator ana": 1, "collect --once": 1,
    }  # fmt: skip
    assert not any("Traceback" in said for *_, said in asked.values())
    refused = [" ".join((printed + said).split()) for code, printed, said in asked.values() if code]
    assert all("takes no writes: it is read-only" in one for one in refused), refused
    stand.reports.tell(
        "Read-only",
        answered=[command for command, (code, *_) in asked.items() if code == 0],
        refused_in_words=[command for command, (code, *_) in asked.items() if code],
        tracebacks=0,
        said=" ".join(asked["watch creator ana"][2].split()),
    )


async def test_a_database_of_strangers_gets_nothing_until_ours_are_let_in(stand: "Stand", postgres: str) -> None:
    await ask(postgres, "create database shop")
    url = in_database(postgres, "shop")
    try:
        await ask(url, "create table customers (id int)")
        refused = await ran(stand, "status", DATABASE_URL=url)
        before = await ask(url, TABLES.format("public"))
        [command] = re.findall(r"`civitai-engagement (migrate [^`]*)`", refused[2])
        adopted = await ran(stand, *command.split(), DATABASE_URL=url)
        recorded = await ran(stand, "record", "1", DATABASE_URL=url)
        theirs, ours = [await ask(url, TABLES.format(schema)) for schema in ("public", "engagement")]
    finally:
        await ask(postgres, "drop database shop with (force)")
    assert [code for code, *_ in (refused, adopted, recorded)] == [1, 0, 0]
    assert (before, theirs) == (1, 1)
    stand.reports.tell(
        "Foreign database",
        its_tables="customers",
        said=refused[2].strip(),
        tables_after_the_refusal=before,
        then=command,
        tables_in_public_and_engagement=f"{theirs} and {ours}",
    )


IN_FLIGHT = 50
# A client of its own process: it greets, asks for what needs the database, then for much without reading any of it.
HOST = """
import json, subprocess, sys

log, in_flight = sys.argv[1:]
server = subprocess.Popen(
    [sys.executable, "-m", "civitai_engagement", "serve", "--no-collect"],
    stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=open(log, "wb"),
)

def send(**message):
    server.stdin.write(json.dumps({"jsonrpc": "2.0", **message}).encode() + b"\\n")
    server.stdin.flush()

def ask(number, method, **params):
    send(id=number, method=method, params=params)
    while json.loads(server.stdout.readline()).get("id") != number:
        pass

ask(0, "initialize", protocolVersion="2025-11-25", capabilities={}, clientInfo={"name": "host", "version": "0"})
send(method="notifications/initialized")
ask(1, "tools/call", name="list_civitai_posts", arguments={})
for number in range(2, 2 + int(in_flight)):
    send(id=number, method="tools/list")
print(server.pid, flush=True)
how = sys.stdin.readline()
if "pipes" in how:
    server.stdout.close()
server.stdin.close()
sys.stdin.readline()
"""


class Host:
    """Somebody's client, in a process that can be killed with all it has.

    >>> host = await Host.start(stand, folder)
    >>> await host.dies("it is killed")
    """

    def __init__(self, process: Process, log: Path) -> None:
        self._process = process
        self._log = log
        self.server = 0

    @classmethod
    async def start(cls, stand: "Stand", folder: Path) -> "Host":
        """Start it, and wait until its answers are on their way."""
        environment = {
            **os.environ,
            "CIVITAI_BASE_URL": stand.house.url,
            "CIVITAI_ENGAGEMENT_HOME": str(folder / "home"),
        }
        made = cls(
            await create_subprocess_exec(
                sys.executable,
                "-c",
                HOST,
                str(folder / "said"),
                str(IN_FLIGHT),
                env=environment,
                stdin=PIPE,
                stdout=PIPE,
            ),
            folder / "said",
        )
        assert made._process.stdout
        made.server = int(await made._process.stdout.readline())
        return made

    async def dies(self, how: str) -> None:
        assert self._process.stdin
        if how == "it is killed":
            self._process.kill()
        else:
            self._process.stdin.write(f"{how}\n".encode())
            await self._process.stdin.drain()

    @property
    def serves(self) -> bool:
        with suppress(psutil.NoSuchProcess):
            return psutil.Process(self.server).status() != psutil.STATUS_ZOMBIE
        return False

    async def end(self) -> str:
        """Make sure it is gone; give what its server said."""
        with suppress(ProcessLookupError):
            self._process.kill()
        await self._process.wait()
        return self._log.read_text()


def postgres_in(folder: Path) -> list[psutil.Process]:
    """Every living process of Postgres whose command names a folder, or that works in it."""
    return [one for one in psutil.process_iter() if _is_postgres(one) and _works_in(one, folder)]


def _is_postgres(process: psutil.Process) -> bool:
    with suppress(psutil.Error):
        return process.name().startswith(("postgres", "initdb", "pg_ctl"))
    return False


def _works_in(process: psutil.Process, folder: Path) -> bool:
    with suppress(psutil.Error):
        return any(str(folder) in word for word in (process.cwd(), *process.cmdline()))
    return False


async def test_a_host_that_dies_in_mid_answer_leaves_no_database_behind(stand: "Stand") -> None:
    figures: dict[str, object] = {}
    for how in ("its pipes are gone", "it reads no more and closes its end", "it is killed"):
        with temporary_folder("drill") as folder:
            host = await Host.start(stand, folder)
            assert postgres_in(folder)
            began = time.monotonic()
            await host.dies(how)
            async with asyncio.timeout(60):
                while host.serves or postgres_in(folder):  # noqa: ASYNC110 # other processes
                    await asyncio.sleep(0.05)
            figures[how] = f"no process left after {time.monotonic() - began:.1f} s"
            assert "Traceback" not in await host.end()
    stand.reports.tell("Host death in mid-answer", answers_on_their_way=IN_FLIGHT, **figures)
