"""Airflow as it runs for people: its own processes, a task killed among them, and a server of ours beside."""

import asyncio
import os
import re
import socket
import sys
from asyncio.subprocess import DEVNULL, STDOUT, Process, create_subprocess_exec
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit, urlunsplit

import httpx
import psutil
import pytest
from mcp import Client

from tests.dags.conftest import RATE

if TYPE_CHECKING:
    from tests.dags.conftest import Raised, Twins
    from tests.drills.reports import Reports

pytestmark = pytest.mark.slow
POSTS, MEDIA = 200, 10
PATIENCE = 600  # seconds
LIVE = 12
OBSERVED = "select count(*), count(distinct image_id) from image_stats_history where collected_at > $1"
TASKS = "select task_id, state, count(*), max(try_number) from task_instance group by 1, 2 order by 1"
ENDED = "select state, extract(epoch from end_date - start_date)::float8 from dag_run where end_date is not null"
LED = "select count(*) from leadership"


async def until(happened: Callable[[], Awaitable[object]]) -> object:
    async with asyncio.timeout(PATIENCE):
        while not (found := await happened()):  # noqa: ASYNC110 # other processes bring it about
            await asyncio.sleep(0.05)
    return found


@asynccontextmanager
async def started(log: Path, environment: dict[str, str], *command: str) -> AsyncIterator[Process]:
    with log.open("wb") as said:
        process = await create_subprocess_exec(
            *command, env={**os.environ, **environment}, stdin=DEVNULL, stdout=said, stderr=STDOUT
        )
    try:
        yield process
    finally:
        for one in _family(process.pid):
            with suppress(psutil.NoSuchProcess):
                one.kill()
        await process.wait()


def _family(pid: int) -> list[psutil.Process]:
    with suppress(psutil.NoSuchProcess):
        head = psutil.Process(pid)
        return [*head.children(recursive=True), head]
    return []


def _free_port() -> int:
    with socket.socket() as door:
        door.bind(("127.0.0.1", 0))
        port: int = door.getsockname()[1]
        return port


@pytest.fixture
async def services(airflow_home: dict[str, str], tmp_path: Path) -> AsyncIterator[Callable[..., Awaitable[Process]]]:
    """Start one of Airflow's processes, or ours; all end with the test, and what they said is shown if it fails."""
    async with AsyncExitStack() as stack:

        async def start(name: str, environment: dict[str, str], *command: str) -> Process:
            whole = airflow_home | environment
            return await stack.enter_async_context(started(tmp_path / name, whole, *command))

        yield start
    for log in sorted(tmp_path.iterdir()):
        print(f"--- {log.name}\n{log.read_text(errors='replace')[-6000:]}")  # noqa: T201


async def test_the_scheduler_s_processes_observe_every_media_once_though_a_task_is_killed_and_civitai_is_busy(
    airflow_home: dict[str, str],
    raised: "Raised",
    services: Callable[..., Awaitable[Process]],
    tmp_path: Path,
    figures: "Reports",
) -> None:
    port = _free_port()
    settings = {
        "AIRFLOW__CORE__EXECUTOR": "LocalExecutor",
        "AIRFLOW__CORE__PARALLELISM": "4",
        "AIRFLOW__CORE__DAGS_ARE_PAUSED_AT_CREATION": "False",
        "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"http://127.0.0.1:{port}/execution/",
        "AIRFLOW__SCHEDULER__SCHEDULER_HEARTBEAT_SEC": "1",
        "CIVITAI_ENGAGEMENT_ENGINE": "airflow",
    }
    async with raised(POSTS, MEDIA) as twins:
        began = datetime.now(UTC)
        ours = twins.environment(twins.by_airflow)
        program = str(Path(sys.executable).with_name("airflow"))
        await _order(twins, fault="busy", share=0.05)
        door = ("--host", "127.0.0.1", "--port", str(port), "--workers", "1")
        await services("api-server", settings | ours, program, "api-server", *door)
        await until(partial(_answers, f"http://127.0.0.1:{port}/api/v2/version"))
        await services("dag-processor", settings | ours, program, "dag-processor")
        scheduler = await services("scheduler", settings | ours, program, "scheduler")

        async def is_half_way() -> bool:
            return len(twins.log.times) > POSTS // 3

        async def victim() -> psutil.Process | None:
            return _who_asks(scheduler.pid, twins.sandbox.url)

        await until(is_half_way)
        killed = await until(victim)
        assert isinstance(killed, psutil.Process)
        killed.kill()
        beside = [sys.executable, "-m", "civitai_engagement", "serve", "--transport", "http", "--port", "0"]
        await services("server", ours, *beside)
        await _asks_live(tmp_path / "server")
        metadata = urlunsplit(
            urlsplit(airflow_home["AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"])._replace(scheme="postgresql")
        )

        async def ended() -> list[tuple[str, float]]:
            return await twins.rows(metadata, ENDED)

        await until(ended)
        [(state, seconds)] = await ended()
        tasks = await twins.rows(metadata, TASKS)
        await until(lambda: _says(tmp_path / "server", "this process keeps no clock"))
        faults = await _order(twins)
        busiest, requests = twins.log.most_within(5.0), len(twins.log.times)
        await twins.tick()
        memory = sum(one.memory_full_info().pss for one in _family(scheduler.pid))
        [(rows, media)] = await twins.rows(twins.by_airflow, OBSERVED, began)
        figures.tell(
            "Airflow's own processes",
            media=media,
            observed_more_than_once=rows - media,
            shards=next(count for name, _, count, _ in tasks if name == "update_existing_stats"),
            requests=requests,
            answers_503_injected=faults,
            tasks_killed="1, which was tried again" if any(tries > 1 for *_, tries in tasks) else 1,
            the_run=f"{state} in {seconds:.0f} s",
            most_requests_in_5_seconds=f"{busiest} (allowed {RATE * 5:.0f})",
            live_questions_to_the_server_beside=LIVE,
            memory_of_the_scheduler=f"{memory / 2**20:.0f} MB",
        )
        assert (state, rows, media) == ("success", POSTS * MEDIA, POSTS * MEDIA)
        assert max(tries for name, *_, tries in tasks if name == "update_existing_stats") == 2
        assert busiest <= RATE * 5 + 1  # a span may catch one more at its edge
        assert faults > 0
        assert await twins.rows(twins.by_airflow, LED) == [(0,)]
        assert "the engine in force is airflow" in (tmp_path / "server").read_text()
        assert await twins.kept(twins.by_airflow) == await twins.kept(twins.by_clock)


def _who_asks(scheduler: int, url: str) -> psutil.Process | None:
    """Find a task's process that is talking to Civitai."""
    port = urlsplit(url).port
    for one in _family(scheduler):
        with suppress(psutil.Error):
            if any(door.raddr and door.raddr.port == port for door in one.net_connections()):
                return one
    return None


async def _answers(url: str) -> bool:
    async with httpx.AsyncClient() as client:
        with suppress(httpx.TransportError):
            return (await client.get(url)).is_success
    return False


async def _says(log: Path, pattern: str) -> re.Match[str] | None:
    return re.search(pattern, log.read_text(errors="replace"))


async def _asks_live(log: Path) -> None:
    """Ask the server beside what only Civitai knows, as its clients do."""
    found = await until(lambda: _says(log, r"url='(http://[^/]+)/mcp'"))
    assert isinstance(found, re.Match)
    async with Client(f"{found[1]}/mcp") as client:
        for number in range(1, LIVE + 1):
            answer = await client.call_tool("fetch_civitai_post_assets", {"post_id": str(number)})
            assert not answer.is_error, answer.content


async def _order(twins: "Twins", **fault: object) -> int:
    """Arm a fault, or end all; gives how many requests were hit."""
    async with httpx.AsyncClient(base_url=twins.sandbox.url) as door:
        if fault:
            (await door.post("/__sandbox/faults", json=fault)).raise_for_status()
        armed = (await door.get("/__sandbox/faults")).json()["armed"]
        if not fault:
            (await door.delete("/__sandbox/faults")).raise_for_status()
    return sum(int(one["hits"]) for one in armed)
