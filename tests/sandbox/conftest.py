from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import httpx
import pytest

from civitai_engagement.sandbox import World, create_app

Ask = Callable[..., Awaitable[httpx.Response]]
Arm = Callable[..., Awaitable[None]]


@pytest.fixture
def world() -> World:
    return World.empty()


@pytest.fixture
async def client(world: World) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(app=create_app(world))
    async with httpx.AsyncClient(transport=transport, base_url="http://sandbox") as opened:
        yield opened


@pytest.fixture
def ask(client: httpx.AsyncClient) -> Ask:
    """Ask for images."""

    async def images(**params: Any) -> httpx.Response:
        return await client.get("/api/v1/images", params=params)

    return images


@pytest.fixture
def arm(client: httpx.AsyncClient) -> Arm:
    async def armed(fault: str, **how: Any) -> None:
        answer = await client.post("/__sandbox/faults", json={"fault": fault, **how})
        assert answer.status_code == 200, answer.text

    return armed
