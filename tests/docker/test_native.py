"""The image's own commands run without Docker: the installed wheel, its user, its health check, a Postgres by URL."""

import asyncio
import os
import re
import signal
import socket
import subprocess
import tempfile
from asyncio.subprocess import Process
from collections.abc import AsyncIterator
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit
from zipfile import ZipFile

import httpx2
import pytest
from mcp import Client
from mcp.client.streamable_http import streamable_http_client

from civitai_engagement.sandbox import Item, Sandbox, World
from civitai_engagement.store.embedded.account import Account
from civitai_engagement.store.embedded.cluster import Cluster
from civitai_engagement.store.embedded.doors import LoopbackEndpoint
from civitai_engagement.store.embedded.programs import Wheel

if TYPE_CHECKING:  # pytest loads it by itself
    from tests.docker.conftest import Dockerfile, Installed

pytestmark = pytest.mark.slow

TOKEN = "a-long-random-word"


@pytest.fixture
async def postgres_with_password() -> AsyncIterator[str]:
    """The URL of a Postgres that listens on TCP and asks for a password, as the one of compose."""
    with tempfile.TemporaryDirectory(prefix="engagement-image-") as name:
        home = Path(name).resolve()
        home.chmod(0o711)
        account = Account.for_data(home / "data")
        cluster = Cluster(home, account, LoopbackEndpoint(home / "password", account), Wheel.installed())
        await cluster.launch()
        yield cluster.url()
        await cluster.halt()


@pytest.fixture
async def civitai() -> AsyncIterator[str]:
    """The URL of a made-up Civitai with one post."""
    world = World.empty(live=True)
    world.add_post(post_id=77, items=[Item(), Item(type="video")])
    async with Sandbox(world) as sandbox:
        yield sandbox.url


@pytest.mark.timeout(180)
def test_the_wheel_holds_every_file_of_the_package_and_the_migrations(installed: "Installed", root: Path) -> None:
    package = root / "src" / "civitai_engagement"
    expected = {f"civitai_engagement/{path.relative_to(package)}" for path in files_in(package)}
    expected |= {f"civitai_engagement/{path.relative_to(root)}" for path in files_in(root / "alembic")}
    with ZipFile(installed.wheel) as wheel:
        missing = expected - set(wheel.namelist())
    assert missing == set()


@pytest.mark.timeout(180)
async def test_the_image_s_commands_serve_record_and_tell_their_health(
    installed: "Installed", dockerfile: "Dockerfile", ordinary: dict[str, Any], composed: dict[str, str]
) -> None:
    port = free_port()
    environment = {"PATH": f"{installed.bin}{os.pathsep}{os.defpath}", **composed}
    serving = [*dockerfile.words("ENTRYPOINT"), *dockerfile.words("CMD")]
    health = dockerfile.words("HEALTHCHECK")

    async def start(words: list[str]) -> Process:
        named = [word.replace("8000", port) for word in words]
        return await asyncio.create_subprocess_exec(
            str(installed.bin / named[0]), *named[1:], env=environment, cwd="/", stderr=subprocess.DEVNULL, **ordinary
        )

    async def is_healthy() -> bool:
        return await (await start(health)).wait() == 0

    assert not await is_healthy()
    server = await start(serving)
    try:
        async with asyncio.timeout(60):
            while not await is_healthy():  # noqa: ASYNC110 # another process
                await asyncio.sleep(0.1)
        assert await recorded_posts(f"http://127.0.0.1:{port}/mcp") == ["77"]
        assert "civitai_engagement_tracked_media 2.0" in await scraped(port)
        server.send_signal(signal.SIGTERM)
        assert await server.wait() == 0
    finally:
        if server.returncode is None:
            server.kill()
            await server.wait()


@pytest.fixture
def composed(compose: dict[str, Any], postgres_with_password: str, civitai: str) -> dict[str, str]:
    """What compose sets for the server, with a database and a Civitai of this machine."""
    set_by_user = {"CIVITAI_BASE_URL": civitai, "CIVITAI_ENGAGEMENT_REQUESTS_PER_SECOND": "50"}
    return set_by_user | as_compose_sets(compose["services"]["server"]["environment"], postgres_with_password)


def as_compose_sets(said: dict[str, str], database_url: str) -> dict[str, str]:
    """Fill in what compose does from `.env`, and lead the service's names to this machine."""
    url = urlsplit(database_url)
    given = {"CIVITAI_ENGAGEMENT_TOKEN": TOKEN, "POSTGRES_PASSWORD": url.password or ""}
    asked = re.compile(r"\$\{(\w+):[-?][^}]*\}")
    filled = {name: asked.sub(lambda one: given.get(one[1], ""), value) for name, value in said.items()}
    there = f"{url.username}@127.0.0.1:{url.port}{url.path}"
    return {name: value.replace("civitai@postgres:5432/civitai", there) for name, value in filled.items()}


async def scraped(port: str) -> str:
    """Read the metrics as Prometheus of the profile does: by the service's name, with the token."""
    headers = {"Authorization": f"Bearer {TOKEN}", "Host": "server:8000"}
    async with httpx2.AsyncClient(headers=headers) as http:
        return (await http.get(f"http://127.0.0.1:{port}/metrics")).raise_for_status().text


@pytest.mark.timeout(180)
def test_postgres_of_compose_knows_its_options(compose: dict[str, Any], tmp_path: Path) -> None:
    """Its program, of the same major version, knows each."""
    program = Wheel.installed().programs("18", Account.for_data(tmp_path)).folder / "bin" / "postgres"
    described = subprocess.run([program, "--describe-config"], capture_output=True, text=True, check=True).stdout
    known = {line.partition("\t")[0].lower() for line in described.splitlines()}
    named = [one.removeprefix("--").partition("=")[0] for one in compose["services"]["postgres"]["command"][1:]]
    assert set(named) - known == set()


async def recorded_posts(url: str) -> list[str]:
    """Record a post as a client with the token, and say which posts are recorded then."""
    async with (
        httpx2.AsyncClient(headers={"Authorization": f"Bearer {TOKEN}"}) as http,
        Client(streamable_http_client(url, http_client=http)) as client,
    ):
        await client.call_tool("record_civitai_post", {"posts": [77]})
        listed = await client.call_tool("list_civitai_posts", {})
    assert listed.structured_content is not None
    return [post["post_id"] for post in listed.structured_content["posts"]]


def free_port() -> str:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return str(probe.getsockname()[1])


def files_in(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file() and "__pycache__" not in path.parts]
