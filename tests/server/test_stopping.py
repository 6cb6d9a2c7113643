"""Commands that end by themselves, ended sooner: by Ctrl-C, a service manager, a closed terminal, in real processes."""

import asyncio
import fcntl
import os
import pty
import signal
import termios
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import psutil
import pytest
from mcp import Client

if TYPE_CHECKING:  # pytest loads it by itself
    from tests.server.conftest import Program, Running

pytestmark = pytest.mark.slow

MODULE = ["-m", "civitai_engagement"]
PostgresIn = Callable[[Path], list[psutil.Process]]
Silence = tuple[str, asyncio.Event]
Stopped = tuple[tuple[str, ...], signal.Signals, str]
KEPT = "Stopped. What was recorded is kept; run it again to go on.\n"
OBSERVED = "Stopped. What was observed is kept; the next run does the rest.\n"
# What each command is doing when the signal comes: starting its first database, or waiting for Civitai.
STARTING = [
    (("status",), signal.SIGTERM, "Stopped.\n"),
    (("status", "--json"), signal.SIGHUP, "Stopped.\n"),
    (("migrate",), signal.SIGINT, "Stopped.\n"),
    (("collect",), signal.SIGTERM, OBSERVED),
    (("collect", "--once"), signal.SIGHUP, OBSERVED),
    (("demo",), signal.SIGTERM, "Stopped.\n"),
]
WAITING = [
    (("record", "77"), signal.SIGTERM, KEPT),
    (("record", "77", "--json"), signal.SIGHUP, KEPT),
    (("import", "posts.csv"), signal.SIGINT, KEPT),
    (("import", "posts.csv"), signal.SIGHUP, KEPT),
    (("collect", "--once"), signal.SIGTERM, OBSERVED),
    (("post", "77"), signal.SIGHUP, "Stopped.\n"),
]


@pytest.fixture
async def silence() -> AsyncIterator[Silence]:
    """A Civitai that takes questions and never answers: its URL, and whether it was asked."""
    asked = asyncio.Event()
    held: list[asyncio.StreamWriter] = []

    async def hear(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        held.append(writer)
        if await reader.read(1):
            asked.set()

    server = await asyncio.start_server(hear, "127.0.0.1", 0)
    yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", asked
    server.close()
    for writer in held:
        writer.close()


async def until(happened: Callable[[], object]) -> None:
    async with asyncio.timeout(30):
        while not happened():  # noqa: ASYNC110 # it happens in another process
            await asyncio.sleep(0.005)


async def ends_twice_told(running: "Running", number: signal.Signals) -> int:
    """Send the signal again and again, as people do who do not see it end."""
    for _ in range(3):
        running.process.send_signal(number)
        await asyncio.sleep(0)
    return await running.ends()


@pytest.mark.parametrize("stopped", STARTING)
async def test_a_command_stopped_while_its_database_starts_leaves_none_behind(
    program: "Program", postgres_in: PostgresIn, stopped: Stopped
) -> None:
    command, number, said = stopped
    program = replace(program, environment={**program.environment, "TMPDIR": str(program.folder)})  # where demo lives
    running = await program.start(*command)
    await until(lambda: postgres_in(program.folder))
    assert await ends_twice_told(running, number) == 128 + number, running.said
    assert running.said.endswith(said)
    assert "Traceback" not in running.said
    assert postgres_in(program.folder) == []


@pytest.mark.parametrize("stopped", WAITING)
async def test_a_command_stopped_while_it_waits_for_civitai_lets_go_of_everything(
    program: "Program", furnished: Path, postgres_in: PostgresIn, silence: Silence, stopped: Stopped
) -> None:
    (url, asked), (command, number, said) = silence, stopped
    (program.folder / "posts.csv").write_text("post_id\n77\n88\n")
    if command[0] == "collect":
        assert (await program.run("watch", "post", "77"))[0] == 0
    running = await program.having(CIVITAI_BASE_URL=url).start(*command)
    async with asyncio.timeout(30):
        await asked.wait()
    assert await ends_twice_told(running, number) == 128 + number, running.said
    assert running.said.endswith(said)
    assert "Traceback" not in running.said
    assert postgres_in(furnished) == []
    if command[0] == "collect":  # what it left is free to be done
        code, printed, _ = await program.run("collect", "--once", "--json")
        assert (code, '"update_existing_stats"' in printed) == (0, True), printed


async def test_a_terminal_that_closes_ends_a_command_without_a_word_too_many(
    program: "Program", furnished: Path, postgres_in: PostgresIn, silence: Silence
) -> None:
    url, asked = silence
    ours, theirs = pty.openpty()
    environment = {**program.environment, "CIVITAI_BASE_URL": url}
    process = await asyncio.create_subprocess_exec(
        program.python, *MODULE, "record", "77", stdin=theirs, stdout=theirs, stderr=theirs, env=environment,
        preexec_fn=partial(take_terminal, theirs),
    )  # fmt: skip
    os.close(theirs)
    async with asyncio.timeout(30):
        await asked.wait()
    os.close(ours)  # the kernel hangs up, and whatever is written fails
    async with asyncio.timeout(30):
        assert await process.wait() == 128 + signal.SIGHUP
    assert postgres_in(furnished) == []


def take_terminal(terminal: int) -> None:
    """Make it the controlling terminal of a session of our own."""
    os.setsid()
    fcntl.ioctl(terminal, termios.TIOCSCTTY, 0)


@pytest.mark.parametrize("door", ["stdio", "http"])
async def test_a_server_told_to_end_again_and_again_still_ends_its_database(
    program: "Program", furnished: Path, postgres_in: PostgresIn, door: str
) -> None:
    if door == "http":
        running, url = await program.serve_http()
        async with Client(f"{url}/mcp") as client:
            assert not (await client.call_tool("list_civitai_posts", {})).is_error
    else:
        talk = await program.talk()
        await talk.greet()
        await talk.call("list_civitai_posts")
        running = talk.running
    assert postgres_in(furnished)
    assert await ends_twice_told(running, signal.SIGTERM) == 0
    assert postgres_in(furnished) == []
    assert "Traceback" not in running.said
