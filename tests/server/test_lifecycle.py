"""A server's life in real processes: before its database, together with others, killed, and at its end."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psutil
import pytest
from mcp import Client
from mcp.client.sse import sse_client

from civitai_engagement.sandbox import Item, World
from civitai_engagement.server.tool import names
from civitai_engagement.server.toolsets import off
from civitai_engagement.settings import Settings

if TYPE_CHECKING:  # pytest loads it by itself
    from tests.server.conftest import Program, Talk

pytestmark = [pytest.mark.slow, pytest.mark.no_cover]

PostgresIn = Callable[[Path], list[psutil.Process]]
LISTED = len(names()) - len(off(Settings(_env_file=None).listed))


@pytest.fixture
async def black_hole() -> AsyncIterator[str]:
    """The URL of a database that takes connections and never says a word."""
    held: list[asyncio.StreamWriter] = []
    server = await asyncio.start_server(lambda _, writer: held.append(writer), "127.0.0.1", 0)
    yield f"postgresql://me:secret@127.0.0.1:{server.sockets[0].getsockname()[1]}/ledger"
    server.close()
    for writer in held:
        writer.close()


async def test_a_database_that_never_answers_delays_neither_the_greeting_nor_live_answers(
    program: "Program", black_hole: str
) -> None:
    talk = await program.having(DATABASE_URL=black_hole).talk()
    await talk.greet()
    stored = talk.begin("tools/call", name="list_civitai_posts", arguments={})
    assert len((await talk.ask("tools/list"))["result"]["tools"]) == LISTED
    live = await talk.call("fetch_civitai_post_assets", post_id=77)
    assert live["structuredContent"]["total_count"] == 5
    assert not any(f'"id":{stored},' in line.decode() for line in talk.lines)


async def test_a_database_that_cannot_start_is_named_and_the_server_stays(program: "Program") -> None:
    program.home.write_text("a file where a folder should be")
    talk = await program.talk()
    await talk.greet()
    for _ in range(2):
        refused = await talk.call("list_civitai_posts")
        assert refused["isError"]
        assert str(program.home) in words(refused)
        assert "Set CIVITAI_ENGAGEMENT_HOME to a folder" in words(refused)
    assert not (await talk.call("get_top_media", posts=[77]))["isError"]


async def test_a_database_that_comes_late_is_used_without_a_restart(program: "Program", furnished: Path) -> None:
    (furnished / "data").rename(furnished / "away")
    (furnished / "data").mkdir()
    talk = await program.talk()
    await talk.greet()
    assert (await talk.call("list_civitai_posts"))["isError"]
    (furnished / "data").rmdir()
    (furnished / "away").rename(furnished / "data")
    assert not (await talk.call("list_civitai_posts"))["isError"]


@pytest.mark.parametrize("end", ["EOF", "SIGTERM", "SIGINT", "SIGHUP"])
async def test_a_stdio_server_ends_with_its_database(
    program: "Program", furnished: Path, postgres_in: PostgresIn, end: str
) -> None:
    talk = await program.talk()
    await talk.greet()
    await talk.call("record_civitai_post", posts=[77])
    assert postgres_in(furnished)
    running = talk.running
    assert await (running.ends_on_eof() if end == "EOF" else running.ends_on(signal.Signals[end])) == 0
    assert postgres_in(furnished) == []
    assert "Traceback" not in running.said


def ears(talk: "Talk") -> Any:
    """The client's end of what the server says."""
    return talk.running.process._transport.get_pipe_transport(1)  # type: ignore[attr-defined] # asyncio offers no other


async def test_a_host_that_dies_in_mid_answer_leaves_no_database_behind(
    program: "Program", furnished: Path, postgres_in: PostgresIn
) -> None:
    talk = await program.talk()
    await talk.greet()
    await talk.call("record_civitai_post", posts=[77])
    assert postgres_in(furnished)
    for _ in range(50):
        talk.begin("tools/list")
    ears(talk).close()
    await talk.running.ends_on_eof()
    assert postgres_in(furnished) == []
    assert "Traceback" not in talk.running.said


async def test_a_client_that_stops_reading_and_closes_its_end_ends_its_server(
    program: "Program", furnished: Path, postgres_in: PostgresIn
) -> None:
    talk = await program.talk()
    await talk.greet()
    await talk.call("list_civitai_posts")
    ears(talk).pause_reading()
    for _ in range(200):
        talk.begin("tools/list")
    assert talk.running.process.stdin
    talk.running.process.stdin.close()
    await until(lambda: not postgres_in(furnished))
    ears(talk).resume_reading()  # asyncio tells of an end only when all is read
    assert await talk.running.ends() == 0
    assert "Traceback" not in talk.running.said


@pytest.mark.parametrize("end", ["EOF", "SIGTERM"])
async def test_a_database_that_never_answers_does_not_hold_up_the_end(
    program: "Program", black_hole: str, end: str
) -> None:
    talk = await program.having(DATABASE_URL=black_hole).talk()
    await talk.greet()
    talk.begin("tools/call", name="list_civitai_posts", arguments={})
    assert (await talk.call("fetch_civitai_post_assets", post_id=77))["isError"] is False
    running = talk.running
    async with asyncio.timeout(8):  # a connection is given up after ten
        assert await (running.ends_on_eof() if end == "EOF" else running.ends_on(signal.Signals[end])) == 0


@pytest.mark.parametrize("end", ["EOF", "SIGTERM"])
async def test_an_end_during_the_first_start_leaves_nothing_behind(
    program: "Program", postgres_in: PostgresIn, end: str
) -> None:
    talk = await program.talk()
    await talk.greet()
    talk.begin("tools/call", name="list_civitai_posts", arguments={})
    await until(lambda: postgres_in(program.folder))
    running = talk.running
    assert await (running.ends_on_eof() if end == "EOF" else running.ends_on(signal.Signals[end])) == 0
    assert postgres_in(program.folder) == []


@pytest.mark.parametrize("end", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
async def test_an_http_server_ends_though_streams_are_open(
    program: "Program", furnished: Path, postgres_in: PostgresIn, end: signal.Signals
) -> None:
    running, url = await program.serve_http()
    async with AsyncExitStack() as stack:
        plain = await stack.enter_async_context(Client(f"{url}/mcp"))
        streamed = await stack.enter_async_context(Client(sse_client(f"{url}/sse")))
        for client in (plain, streamed):
            assert not (await client.call_tool("list_civitai_posts", {})).is_error
        await stack.enter_async_context(plain.listen(tools_list_changed=True))
        assert await running.ends_on(end) == 0
    assert postgres_in(furnished) == []


@pytest.mark.parametrize("victim", ["server", "database", "both"])
async def test_what_was_acknowledged_survives_a_kill_while_recording(
    program: "Program", furnished: Path, postgres_in: PostgresIn, world: World, victim: str
) -> None:
    numbers = range(1001, 1031)
    for number in numbers:
        world.add_post(post_id=number, items=[Item()])
    talk = await program.talk()
    await talk.greet()
    acknowledged: set[str] = set()
    recording = asyncio.create_task(record_one_by_one(talk, numbers, acknowledged))
    await until(lambda: len(acknowledged) >= 10)
    if victim != "database":
        talk.running.process.kill()
    if victim != "server":
        kill_all(postgres_in(furnished))
    with suppress(EOFError, ConnectionError):
        await recording
    assert await recorded(await program.talk()) >= acknowledged


async def test_a_server_outlives_its_killed_database(
    program: "Program", furnished: Path, postgres_in: PostgresIn
) -> None:
    talk = await program.talk()
    await talk.greet()
    await talk.call("record_civitai_post", posts=[77])
    kill_all(postgres_in(furnished))
    first, second = [await talk.call("list_civitai_posts") for _ in range(2)]
    assert not first["isError"] or "Try again" in words(first)
    assert second["structuredContent"]["total"] == 1


async def test_two_servers_started_at_once_on_a_fresh_folder_share_what_they_record(
    program: "Program", postgres_in: PostgresIn
) -> None:
    one, other = [await program.talk() for _ in range(2)]
    await asyncio.gather(one.greet(), other.greet())
    outcomes = await asyncio.gather(
        one.call("record_civitai_post", posts=[77]), other.call("record_civitai_post", posts=[88])
    )
    assert [outcome["isError"] for outcome in outcomes] == [False, False]
    seen = [{row["post_id"] for row in (await listed(talk))["posts"]} for talk in (one, other)]
    assert seen == [{"77", "88"}, {"77", "88"}]
    assert await one.running.ends_on_eof() == 0
    assert (await listed(other))["total"] == 2
    assert await other.running.ends_on_eof() == 0
    assert postgres_in(program.folder) == []


async def test_an_ordinary_user_is_served_from_a_home_with_an_odd_name(
    program: "Program", ordinary: Callable[["Program"], "Program"], postgres_in: PostgresIn
) -> None:
    talk = await ordinary(program.having(HOME=str(program.folder / "nobody" / "Données d’Анна"))).talk()
    await talk.greet()
    assert not (await talk.call("record_civitai_post", posts=[77]))["isError"]
    owners = {process.username() for process in postgres_in(program.folder)}
    assert owners == {psutil.Process(talk.running.process.pid).username()}
    assert await talk.running.ends_on_eof() == 0
    assert postgres_in(program.folder) == []


async def test_a_first_start_that_is_killed_midway_is_no_obstacle(program: "Program", postgres_in: PostgresIn) -> None:
    talk = await program.talk()
    await talk.greet()
    talk.begin("tools/call", name="record_civitai_post", arguments={"posts": [77]})
    await until(lambda: postgres_in(program.folder))
    talk.running.process.kill()
    kill_all(postgres_in(program.folder))
    again = await program.talk()
    await again.greet()
    assert not (await again.call("record_civitai_post", posts=[77]))["isError"]


async def test_a_pid_file_that_names_a_living_stranger_is_no_obstacle(program: "Program", furnished: Path) -> None:
    stranger = f"{os.getpid()}\n{furnished}/data\n1\n5432\n/tmp/civitai-gone\n\n 1 1\nready   \n"
    (furnished / "data" / "postmaster.pid").write_text(stranger)
    talk = await program.talk()
    await talk.greet()
    assert not (await talk.call("list_civitai_posts"))["isError"]


async def record_one_by_one(talk: "Talk", numbers: range, acknowledged: set[str]) -> None:
    for number in numbers:
        result = await talk.call("record_civitai_post", posts=[number])
        if result["structuredContent"]["recorded"]:
            acknowledged.add(str(number))


async def recorded(talk: "Talk") -> set[str]:
    await talk.greet()
    return {row["post_id"] for row in (await listed(talk, limit=100))["posts"]}


async def listed(talk: "Talk", **arguments: Any) -> dict[str, Any]:
    result = await talk.call("list_civitai_posts", **arguments)
    assert not result["isError"], words(result)
    structured: dict[str, Any] = result["structuredContent"]
    return structured


def words(result: dict[str, Any]) -> str:
    text: str = result["content"][0]["text"]
    return text


async def until(happened: Callable[[], object]) -> None:
    async with asyncio.timeout(120):
        while not happened():  # noqa: ASYNC110 # it happens in another process
            await asyncio.sleep(0.005)


def kill_all(processes: list[psutil.Process]) -> None:
    for process in processes:
        with suppress(psutil.NoSuchProcess):
            process.kill()
    psutil.wait_procs(processes, timeout=5)


@pytest.mark.parametrize("end", ["EOF", "SIGTERM", "SIGHUP"])
async def test_a_live_answer_that_waits_for_its_turn_does_not_hold_up_the_end(
    program: "Program", furnished: Path, postgres_in: PostgresIn, end: str
) -> None:
    talk = await program.having(CIVITAI_ENGAGEMENT_REQUESTS_PER_SECOND="0.5").talk()
    await talk.greet()
    await talk.call("list_watches")
    for post in (77, 78, 79):
        talk.begin("tools/call", name="fetch_civitai_post_assets", arguments={"post_id": post})
    running = talk.running
    assert await (running.ends_on_eof() if end == "EOF" else running.ends_on(signal.Signals[end])) == 0
    assert postgres_in(furnished) == []
    assert "Traceback" not in running.said
