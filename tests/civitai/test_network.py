"""Proxies and certificates of the environment: followed, or refused in a sentence that names the variable."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from civitai_engagement.civitai.exchange import Exchange
from civitai_engagement.civitai.network import way_to
from civitai_engagement.clock import SystemClock
from civitai_engagement.errors import BadSetup, UpstreamDown
from civitai_engagement.sandbox import Sandbox, World
from civitai_engagement.settings import NETWORK, Settings, network_environment

HERE = "http://127.0.0.1:1"


@pytest.fixture(autouse=True)
def direct(monkeypatch: pytest.MonkeyPatch) -> None:
    """Begin without proxies."""
    for name in NETWORK:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


async def asked(url: str = HERE) -> object:
    exchange = Exchange(Settings(_env_file=None, CIVITAI_BASE_URL=url), SystemClock())
    try:
        return (await exchange.get("/api/v1/images", {"limit": "1"}, most_bytes=2**20)).body
    finally:
        await exchange.aclose()


@asynccontextmanager
async def socks() -> AsyncIterator[tuple[int, list[str]]]:
    """A SOCKS proxy that tells which hosts it was asked for."""
    hosts: list[str] = []

    async def pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(65_536):
            writer.write(data)
        writer.close()
        await writer.wait_closed()

    ended = asyncio.Event()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readexactly((await reader.readexactly(2))[1])
        writer.write(b"\x05\x00")
        kind = (await reader.readexactly(4))[3]
        size = 4 if kind == 1 else (await reader.readexactly(1))[0]
        address = await reader.readexactly(size)
        port = int.from_bytes(await reader.readexactly(2), "big")
        hosts.append(".".join(map(str, address)) if kind == 1 else address.decode())
        there, back = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"\x05\x00\x00\x01\x7f\x00\x00\x01\x00\x00")
        await asyncio.gather(pump(reader, back), pump(there, writer))
        ended.set()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()[1], hosts
        await asyncio.wait_for(ended.wait(), 120)


@pytest.mark.parametrize("scheme", ["socks5h", "socks5", "socks"])
@pytest.mark.parametrize("name", ["ALL_PROXY", "http_proxy"])
async def test_a_socks_proxy_is_used(monkeypatch: pytest.MonkeyPatch, scheme: str, name: str) -> None:
    async with Sandbox(World.empty(live=True)) as sandbox, socks() as (port, hosts):
        monkeypatch.setenv(name, f"{scheme}://127.0.0.1:{port}/")
        assert isinstance(await asked(sandbox.url.replace("127.0.0.1", "localhost")), dict)
    assert hosts == ["localhost"]


@pytest.mark.parametrize("exceptions", ["[::1]", "::1", "[::1]:80, example.com", "*", "::/64", "[", "a,,[::1]"])
async def test_what_no_proxy_names_is_never_a_fault(monkeypatch: pytest.MonkeyPatch, exceptions: str) -> None:
    monkeypatch.setenv("NO_PROXY", exceptions)
    async with Sandbox(World.empty(live=True)) as sandbox:
        assert isinstance(await asked(sandbox.url), dict)


EXCEPTIONS = {
    "[::1]": ("http://[::1]:80", True),
    "::1": ("http://[::1]:80", True),
    "civitai.com": ("https://civitai.com", True),
    ".civitai.com": ("https://www.civitai.com", True),
    "itai.com": ("https://civitai.com", False),
    "10.0.0.0/8, example.com:443": ("https://10.1.2.3", True),
    "example.com:443": ("https://example.com", True),
    "*.example.com": ("https://a.example.com", True),
    "localhost 127.0.0.1  example.com": ("https://example.com", True),
    "": ("https://civitai.com", False),
}


@pytest.mark.parametrize("exceptions", EXCEPTIONS)
def test_no_proxy_names_hosts_their_parents_and_networks(monkeypatch: pytest.MonkeyPatch, exceptions: str) -> None:
    url, is_direct = EXCEPTIONS[exceptions]
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("NO_PROXY", exceptions)
    assert (way_to(url, network_environment()).proxy is None) is is_direct


BROKEN = [
    "ftp://127.0.0.1:3128",
    "socks4://127.0.0.1:1080",
    "http://",
    "127.0.0.1:99999",
    "socks5h://",
    "http://h:port",
]


@pytest.mark.parametrize("name", ["ALL_PROXY", "all_proxy", "HTTP_PROXY"])
@pytest.mark.parametrize("value", BROKEN)
async def test_a_proxy_that_is_none_is_refused_by_its_variable(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(BadSetup, match=f"^{name} names no proxy that can be used"):
        await asked()


@pytest.mark.parametrize("scheme", ["http", "socks5h", "socks"])
async def test_a_proxy_that_does_not_answer_is_named_and_its_password_not(
    monkeypatch: pytest.MonkeyPatch, scheme: str
) -> None:
    monkeypatch.setenv("ALL_PROXY", f"{scheme}://me:hush-hush@127.0.0.1:1")
    with pytest.raises(UpstreamDown, match="through the proxy that ALL_PROXY names") as refused:
        await asked("http://civitai.example")
    assert "hush" not in str(refused.value)


async def test_a_place_for_keys_that_is_gone_is_told_by_its_variable(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("SSLKEYLOGFILE", str(tmp_path / "gone" / "keys"))
    monkeypatch.setenv("SSL_CERT_DIR", str(tmp_path))
    with pytest.raises(BadSetup, match=r"^SSLKEYLOGFILE names .*/gone/keys, which cannot be written\. Unset it"):
        await asked()


@pytest.mark.parametrize("name", ["SSL_CERT_FILE", "SSL_CERT_DIR"])
@pytest.mark.parametrize("held", [None, "no certificate"])
async def test_certificates_that_are_gone_are_told_by_their_variable(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str, held: str | None
) -> None:
    path = tmp_path / "certificates.pem"
    if held:
        path.write_text(held)
    monkeypatch.setenv(name, str(path))
    with pytest.raises(BadSetup, match=f"^{name} names .*certificates.pem, which holds no certificates"):
        await asked()


def test_certificates_that_are_there_are_trusted(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("SSL_CERT_DIR", str(tmp_path))
    way = way_to("https://civitai.com", network_environment())
    assert isinstance(way.options["verify"], ssl.SSLContext)
    assert way.trust == "SSL_CERT_DIR"
