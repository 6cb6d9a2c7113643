"""The command line of the service, started as systemd starts it: it collects, is killed, starts again, and shares."""

import asyncio
import os
import shlex
import signal
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING, Any

import asyncpg
import pytest

from civitai_engagement.install.service.plan import ServicePlan
from civitai_engagement.install.service.systemd import unit_of
from civitai_engagement.records.condition import Job
from civitai_engagement.setting_values import foreign_environment

if TYPE_CHECKING:  # pytest loads it by itself
    from tests.install.conftest import Desk

PATIENCE = 120.0
# As if an hour had passed since: what was run was run an hour ago, and all that is followed is due.
AN_HOUR_LATER = """
update runs set tick_at = tick_at - interval '1000 hours';  -- no two of one job may meet on the way
update runs set tick_at = tick_at + interval '999 hours', started_at = started_at - interval '1 hour',
    finished_at = finished_at - interval '1 hour';
update image_tracking
set next_due_at = now() - interval '1 minute', last_observed_at = last_observed_at - interval '1 hour'
"""
DONE = "select count(*) from runs where job = $1 and finished_at is not null and error is null"
WATCH = "insert into watches (kind, name, label, created_by, created_at) values ('creator', 'ana', 'Ana', 'me', now())"


def as_systemd_reads(unit: str) -> tuple[list[str], dict[str, str]]:
    lines = dict(line.split("=", 1) for line in unit.splitlines() if "=" in line)
    (setting,) = shlex.split(lines["Environment"].replace("%%", "%"))
    name, _, value = setting.partition("=")
    return shlex.split(lines["ExecStart"].replace("%%", "%").replace("$$", "$")), {name: value}


@asynccontextmanager
async def started(words: list[str], environment: dict[str, str]) -> AsyncIterator[Process]:
    """Start a program with hardly any environment, as a service manager does."""
    bare = {name: value for name, value in foreign_environment().items() if name in {"PATH", "COVERAGE_PROCESS_START"}}
    process = await asyncio.create_subprocess_exec(
        *words, stdin=PIPE, stdout=DEVNULL, stderr=DEVNULL, env=bare | environment, cwd="/"
    )
    try:
        yield process
    finally:
        with suppress(ProcessLookupError):
            process.kill()
        await process.wait()


async def until_done(connection: "asyncpg.Connection[Any]", ticks: int, job: Job = Job.EXISTING_STATS) -> None:
    async with asyncio.timeout(PATIENCE):
        while await connection.fetchval(DONE, job) < ticks:  # noqa: ASYNC110 # nobody tells
            await asyncio.sleep(0.05)


@pytest.mark.slow
async def test_it_collects_tick_after_tick_killed_or_not_and_a_server_beside_it_never_twice(
    desk: "Desk", database_url: str
) -> None:
    words, environment = as_systemd_reads(unit_of(ServicePlan.of(desk.machine, desk.home)))
    desk.write_settings(
        f"DATABASE_URL='{database_url}'\nCIVITAI_BASE_URL={os.environ['CIVITAI_BASE_URL']}\n"
        "CIVITAI_ENGAGEMENT_REQUESTS_PER_SECOND=50\n"
    )
    connection = await asyncpg.connect(database_url)
    await connection.execute(WATCH)
    async with started(words, environment) as service:
        await until_done(connection, 1)
        service.send_signal(signal.SIGKILL)
        await service.wait()
    await connection.execute(AN_HOUR_LATER)
    serve = [*desk.machine.program, "serve"]
    async with started(words, environment) as service, started(serve, environment):
        await until_done(connection, 2)
        await connection.execute(AN_HOUR_LATER)
        service.send_signal(signal.SIGKILL)  # whoever is left takes over, and catches up
        await service.wait()
        async with started(words, environment):
            await until_done(connection, 3)
            await until_done(connection, 1, Job.NEW_IMAGES)
    taken = await connection.fetch("select epoch from runs where job = $1", Job.EXISTING_STATS)
    assert [row["epoch"] for row in taken] == [1, 1, 1], "a tick was run by two"
    assert await connection.fetchval("select count(*) from image_tracking where source = 'watched'") == 1
    await connection.close()
