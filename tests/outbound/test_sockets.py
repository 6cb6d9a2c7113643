"""On real sockets of this machine; the configured base URL stands for Civitai."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import pytest

from civitai_engagement.errors import BadInput, UpstreamDown
from civitai_engagement.outbound import Fetcher
from civitai_engagement.records.media import MediaType
from civitai_engagement.settings import Settings

from .conftest import PNG, http, redirect

pytestmark = pytest.mark.slow


@dataclass
class Host:
    """Gives every caller the same answer, and counts them."""

    answer: bytes
    port: int = 0
    callers: list[bytes] = field(default_factory=list)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.callers.append(await reader.read(65_536))
        writer.write(self.answer)
        await writer.drain()
        writer.close()
        await writer.wait_closed()


@asynccontextmanager
async def hosting(answer: bytes) -> AsyncIterator[Host]:
    host = Host(answer)
    async with await asyncio.start_server(host.serve, "127.0.0.1") as server:
        host.port = server.sockets[0].getsockname()[1]
        yield host


def fetcher_at(port: int, scheme: str = "http") -> Fetcher:
    return Fetcher(Settings(_env_file=None, civitai_base_url=f"{scheme}://127.0.0.1:{port}"))


async def test_a_file_of_the_configured_host_is_fetched() -> None:
    async with hosting(http(Connection="close")) as host, fetcher_at(host.port) as fetcher:
        digest = await fetcher.digest(f"http://127.0.0.1:{host.port}/a.jpeg", MediaType.IMAGE)

    assert digest.size == len(PNG)
    assert b"Accept-Encoding: identity" in host.callers[0]


@pytest.mark.parametrize("name", ["127.0.0.1", "localhost", "2130706433", "0x7f.1", "[::1]", "[::ffff:127.0.0.1]"])
async def test_another_port_of_this_machine_is_never_called(name: str) -> None:
    async with hosting(http()) as secret, fetcher_at(1) as fetcher:
        with pytest.raises(BadInput):
            await fetcher.digest(f"http://{name}:{secret.port}/")
        with pytest.raises(BadInput, match="not on the public internet"):
            await fetcher.digest(f"http://{name}/")

    assert secret.callers == []


async def test_even_the_configured_host_cannot_send_us_to_a_neighbour() -> None:
    async with (
        hosting(http()) as secret,
        hosting(redirect(f"http://127.0.0.1:{secret.port}/")) as host,
        fetcher_at(host.port) as fetcher,
    ):
        with pytest.raises(BadInput):
            await fetcher.digest(f"http://127.0.0.1:{host.port}/")

    assert (len(host.callers), secret.callers) == (1, [])


async def test_a_host_that_does_not_speak_tls_gets_no_request() -> None:
    async with hosting(http(Connection="close")) as host, fetcher_at(host.port, "https") as fetcher:
        with pytest.raises(UpstreamDown, match="no safe connection"):
            await fetcher.digest(f"https://127.0.0.1:{host.port}/a.png")

    assert not any(b"GET" in caller for caller in host.callers)
