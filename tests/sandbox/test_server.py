import asyncio
import logging

import httpx
import pytest

from civitai_engagement.errors import BadSetup
from civitai_engagement.sandbox import Sandbox, World

pytestmark = pytest.mark.slow  # real sockets


async def test_a_world_is_served_on_loopback(world: World) -> None:
    world.add_post(post_id=7)
    async with Sandbox(world) as sandbox, httpx.AsyncClient(base_url=sandbox.url) as client:
        assert sandbox.url.startswith("http://127.0.0.1:")
        answer = await client.get("/api/v1/images?postId=7&limit=1")
        assert answer.json() == {"items": [], "metadata": {}}


async def test_a_taken_port_is_a_clear_sentence(world: World) -> None:
    async with Sandbox(world) as sandbox:
        port = int(sandbox.url.rpartition(":")[2])
        with pytest.raises(BadSetup, match=rf"cannot listen on port {port} .*Choose another port"):
            await Sandbox(world, port=port).__aenter__()


async def test_a_port_is_free_again_after_the_sandbox(world: World) -> None:
    async with Sandbox(world) as sandbox:
        port = int(sandbox.url.rpartition(":")[2])
    async with Sandbox(world, port=port) as again, httpx.AsyncClient() as client:
        assert (await client.get(f"{again.url}/api/v1/enums")).status_code == 200


async def test_broken_connections_look_broken_from_outside(world: World, caplog: pytest.LogCaptureFixture) -> None:
    async with Sandbox(world) as sandbox, httpx.AsyncClient(base_url=sandbox.url) as client:
        await client.post("/__sandbox/faults", json={"fault": "truncated", "times": 1})
        with pytest.raises(httpx.RemoteProtocolError, match="without sending complete"):
            await client.get("/api/v1/images")
        await client.post("/__sandbox/faults", json={"fault": "reset", "times": 1})
        with pytest.raises(httpx.ReadError):
            await client.get("/api/v1/images")
        assert (await client.get("/api/v1/images")).status_code == 200
    assert not [record for record in caplog.records if record.levelno >= logging.ERROR]


async def test_the_sandbox_ends_though_an_answer_is_slow(world: World, caplog: pytest.LogCaptureFixture) -> None:
    async with httpx.AsyncClient() as client:
        async with Sandbox(world) as sandbox:
            await client.post(f"{sandbox.url}/__sandbox/faults", json={"fault": "slow", "seconds": 60})
            waiting = asyncio.create_task(client.get(f"{sandbox.url}/api/v1/images"))
            while not (await client.get(f"{sandbox.url}/__sandbox/requests")).json()["count"]:  # noqa: ASYNC110 -- a socket has no event
                await asyncio.sleep(0)
        with pytest.raises(httpx.TransportError):
            await waiting
    assert not [record for record in caplog.records if record.levelno >= logging.ERROR]
