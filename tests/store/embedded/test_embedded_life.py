"""The embedded Postgres lives: it starts, is shared, stops, and comes back after being killed. Real servers."""

import asyncio
from asyncio.subprocess import Process
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import asyncpg
import psutil
import pytest
from sqlalchemy import text
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import create_async_engine

from civitai_engagement.errors import StoreDown
from civitai_engagement.store.embedded import EmbeddedPostgres
from civitai_engagement.store.embedded.account import Account
from civitai_engagement.store.embedded.cluster import Cluster
from civitai_engagement.store.embedded.doors import LoopbackEndpoint, SocketEndpoint
from civitai_engagement.store.embedded.postmaster import State
from civitai_engagement.store.embedded.programs import Wheel

pytestmark = pytest.mark.slow

Ask = Callable[..., Awaitable[Any]]
Invite = Callable[..., Awaitable[Process]]
PostgresIn = Callable[[Path], list[psutil.Process]]


async def url_of(guest: Process) -> str:
    assert guest.stdout
    assert await guest.stdout.readline() == b"begun\n"
    return (await guest.stdout.readline()).decode().strip()


async def leave(guest: Process) -> None:
    _, errors = await guest.communicate(b"")
    assert guest.returncode == 0, errors


async def kill(guest: Process) -> None:
    guest.kill()
    await guest.communicate(b"")


def postmaster(home: Path) -> int:
    return int((home / "data" / "postmaster.pid").read_text().splitlines()[0])


def kill_all(processes: list[psutil.Process]) -> None:
    for process in processes:
        with suppress(psutil.NoSuchProcess):
            process.kill()
    psutil.wait_procs(processes, timeout=5)


async def test_a_first_start_gives_a_postgres_18_that_knows_every_alphabet(
    place: Path, ask: Ask, postgres_in: PostgresIn
) -> None:
    async with EmbeddedPostgres(place / "home") as url:
        assert await ask(url, "show server_version_num") >= "180000"
        assert await ask(url, "select 'ÉCOLE Ж' ilike 'école ж'")
    assert postgres_in(place) == []


async def test_data_is_there_after_a_restart(furnished: Path, ask: Ask) -> None:
    async with EmbeddedPostgres(furnished) as url:
        await ask(url, "insert into note values (1)")
    async with EmbeddedPostgres(furnished) as url:
        assert await ask(url, "select count(*) from note") == 1


async def test_nothing_is_traded_for_speed(furnished: Path, ask: Ask) -> None:
    async with EmbeddedPostgres(furnished) as url:
        durable = [await ask(url, f"show {name}") for name in ("fsync", "full_page_writes", "synchronous_commit")]
    assert durable == ["on", "on", "on"]


async def test_sqlalchemy_understands_the_url(furnished: Path) -> None:
    async with EmbeddedPostgres(furnished) as url:
        engine = create_async_engine(make_url(url).set(drivername="postgresql+asyncpg"))
        async with engine.connect() as connection:
            assert await connection.scalar(text("select count(*) from note")) == 0
        await engine.dispose()


async def test_stopping_leaves_no_process_and_no_socket_folder(furnished: Path, postgres_in: PostgresIn) -> None:
    server = EmbeddedPostgres(furnished)
    folder = Path(make_url(await server.start()).query["host"])  # type: ignore[arg-type]  # one host is a string
    assert folder.stat().st_mode & 0o777 == 0o700
    await server.stop()
    assert not folder.exists()
    assert postgres_in(furnished) == []


async def test_our_secrets_are_not_in_the_environment_of_postgres(
    furnished: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CIVITAI_API_KEY", "very-secret")
    async with EmbeddedPostgres(furnished):
        assert "CIVITAI_API_KEY" not in psutil.Process(postmaster(furnished)).environ()


@pytest.mark.parametrize(
    "name", ["with space", "ключ-né", "quote'\"$HOME`x", "n" * 120], ids=["space", "é", "'", "long"]
)
async def test_any_name_of_the_home_folder_works(name: str, furnished: Path, ask: Ask) -> None:
    async with EmbeddedPostgres(furnished.rename(furnished.with_name(name))) as url:
        assert await ask(url, "select count(*) from note") == 0


async def test_an_odd_name_works_from_the_first_start(place: Path, ask: Ask) -> None:
    async with EmbeddedPostgres(place / "Application Support" / "é'\"$HOME") as url:
        assert await ask(url, "select 1") == 1


async def test_two_servers_in_one_process_are_one_postgres(furnished: Path, ask: Ask) -> None:
    async with EmbeddedPostgres(furnished) as first:
        async with EmbeddedPostgres(furnished) as second:
            assert first == second
        assert await ask(first, "select 1") == 1


@pytest.mark.parametrize("count", [2, 4])
async def test_processes_that_start_at_the_same_moment_share_one_postgres(
    count: int, place: Path, invite: Invite, postgres_in: PostgresIn
) -> None:
    guests = [await invite(place / "home") for _ in range(count)]
    urls = {await url_of(guest) for guest in guests}
    assert len(urls) == 1
    assert "postgresql://" in urls.pop()
    await asyncio.gather(*map(leave, guests))
    assert postgres_in(place) == []


async def test_only_the_last_one_out_stops_it(
    furnished: Path, invite: Invite, ask: Ask, postgres_in: PostgresIn
) -> None:
    guest = await invite(furnished)
    await url_of(guest)
    server = EmbeddedPostgres(furnished)
    url = await server.start()
    await leave(guest)
    assert await ask(url, "select 1") == 1
    await server.stop()
    assert postgres_in(furnished) == []


async def test_after_the_owner_is_killed_the_next_one_finds_it_and_stops_it(
    furnished: Path, invite: Invite, postgres_in: PostgresIn
) -> None:
    guest = await invite(furnished)
    url = await url_of(guest)
    await kill(guest)
    async with EmbeddedPostgres(furnished) as again:
        assert again == url
    assert postgres_in(furnished) == []


async def test_a_killed_postmaster_comes_back_under_the_same_url(furnished: Path, ask: Ask) -> None:
    server = EmbeddedPostgres(furnished)
    url = await server.start()
    await ask(url, "insert into note values (1)")
    kill_all([psutil.Process(postmaster(furnished))])
    assert await server.start() == url
    assert await ask(url, "select count(*) from note") == 1
    await server.stop()


async def test_acknowledged_writes_survive_the_death_of_everything(
    furnished: Path, ask: Ask, postgres_in: PostgresIn
) -> None:
    server = EmbeddedPostgres(furnished)
    connection = await asyncpg.connect(await server.start())
    acknowledged = 200
    for number in range(acknowledged):
        await connection.execute("insert into note values ($1)", number + 1)
    kill_all(postgres_in(furnished))
    connection.terminate()
    url = await server.start()
    assert await ask(url, "select count(*) from note where id <= $1", acknowledged) == acknowledged
    await server.stop()


@pytest.mark.parametrize("moment", [0.02, 0.1, 0.25, 0.45, 0.65])
async def test_a_first_start_that_is_killed_at_any_moment_is_no_obstacle(
    moment: float, place: Path, invite: Invite, ask: Ask, postgres_in: PostgresIn
) -> None:
    guest = await invite(place / "home")
    assert guest.stdout
    await guest.stdout.readline()
    await asyncio.sleep(moment)
    await kill(guest)
    if moment != 0.25:  # there its orphans live on
        kill_all(postgres_in(place))
    async with EmbeddedPostgres(place / "home") as url:
        assert await ask(url, "select 1") == 1
    assert postgres_in(place) == []
    assert list((place / "home").glob("*.new-*")) == []


async def cancelled_in(step: str, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Begin to start a server, and cancel that when it has come to a step."""
    original, reached = getattr(Cluster, step), asyncio.Event()

    async def noted(*arguments: Any) -> Any:
        reached.set()
        return await original(*arguments)

    monkeypatch.setattr(Cluster, step, noted)
    starting = asyncio.create_task(EmbeddedPostgres(home).start())
    await reached.wait()
    starting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await starting


@pytest.mark.parametrize("step", ["launch", "_programs", "_create", "_start", "_serve"])
async def test_a_cancelled_first_start_leaves_nothing_behind(
    step: str, place: Path, postgres_in: PostgresIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    await cancelled_in(step, place / "home", monkeypatch)
    assert postgres_in(place) == []


@pytest.mark.parametrize("step", ["launch", "_programs", "_start", "_serve"])
async def test_a_cancelled_start_leaves_nothing_running(
    step: str, furnished: Path, postgres_in: PostgresIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    await cancelled_in(step, furnished, monkeypatch)
    assert postgres_in(furnished) == []


async def test_a_start_cancelled_while_the_server_comes_up_leaves_nothing_running(
    furnished: Path, postgres_in: PostgresIn
) -> None:
    server = EmbeddedPostgres(furnished)
    starting = asyncio.create_task(server.start())
    while not starting.done() and not postgres_in(furnished):  # noqa: ASYNC110 # it is another program's
        await asyncio.sleep(0)
    starting.cancel()
    with suppress(asyncio.CancelledError):
        await starting
        await server.stop()  # it was faster than we could look
    assert postgres_in(furnished) == []


async def test_a_pid_file_that_names_a_stranger_is_not_believed(furnished: Path, ask: Ask) -> None:
    stranger = await asyncio.create_subprocess_exec("sleep", "60")
    file = furnished / "data" / "postmaster.pid"
    file.write_text(f"{stranger.pid}\n{furnished}/data\n1\n5432\n/tmp/civitai-gone\n\n 1 1\nready   \n")
    async with EmbeddedPostgres(furnished) as url:
        assert await ask(url, "select 1") == 1
    assert stranger.returncode is None
    stranger.kill()
    await stranger.wait()


async def test_version_16_stands_in_where_18_does_not_run(place: Path, ask: Ask) -> None:
    package = place / "broken"
    (package / "pginstall18").mkdir(parents=True)
    (package / "pginstall").symlink_to(Wheel.installed().package / "pginstall")
    cluster = cluster_in(place, Wheel(package))
    await cluster.launch()
    assert (await ask(cluster.url(), "show server_version_num")).startswith("16")
    await cluster.halt()


OUTLIVED = "#!/bin/sh\nsleep 1 &\n"  # by a process that holds the lock, as the server's last ones do


def wheel_with(pg_ctl: str, place: Path) -> Wheel:
    """Give the installed programs, but this one for pg_ctl."""
    installed, programs = Wheel.installed().package / "pginstall18", place / "wheel" / "pginstall18" / "bin"
    programs.mkdir(parents=True)
    for name in "initdb", "postgres":
        (programs / name).symlink_to(installed / "bin" / name)
    (programs / "pg_ctl").write_text(f"{OUTLIVED}{pg_ctl.format(installed / 'bin' / 'pg_ctl')}\n")
    (programs / "pg_ctl").chmod(0o755)
    return Wheel(place / "wheel")


async def test_a_start_that_fails_returns_when_the_last_process_is_gone(furnished: Path) -> None:
    cluster = cluster_in(furnished, wheel_with("exit 1", furnished.parent))
    with pytest.raises(StoreDown, match="Postgres did not start"):
        await cluster.launch()
    assert cluster.state() is State.ABSENT


async def test_a_stop_returns_when_the_last_process_is_gone(furnished: Path) -> None:
    cluster = cluster_in(furnished, wheel_with('exec {} "$@"', furnished.parent))
    await cluster.launch()
    await cluster.halt()
    assert cluster.state() is State.ABSENT


async def test_loopback_asks_for_the_password(place: Path) -> None:
    cluster = cluster_in(place, Wheel.installed(), loopback=True)
    await cluster.launch()
    url = make_url(cluster.url())
    await (await asyncpg.connect(cluster.url())).close()
    with pytest.raises(asyncpg.InvalidPasswordError):
        await asyncpg.connect(url.set(password="guess").render_as_string(hide_password=False))
    await cluster.halt()
    assert cluster.state() is State.ABSENT


def cluster_in(place: Path, wheel: Wheel, *, loopback: bool = False) -> Cluster:
    account = Account.for_data(place / "data")
    door = LoopbackEndpoint(place / "password", account) if loopback else SocketEndpoint(account)
    return Cluster(place, account, door, wheel)
