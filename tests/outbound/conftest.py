"""A network without sockets: names, the addresses they lead to, and what answers there."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from functools import cache

import httpcore

from civitai_engagement.errors import Refused, Retryable
from civitai_engagement.outbound import Fetcher
from civitai_engagement.settings import Settings

PUBLIC = "93.184.215.14"
NO_TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
PNG = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + b"\0" * 64
MP4 = b"\0\0\0\x14ftypisom\0\0\2\0isom" + b"\0" * 64


def http(body: bytes = PNG, status: str = "200 OK", **headers: object) -> bytes:
    """Write an answer as it goes over the wire; `_` in a header's name is `-`."""
    named = {"Content-Length": len(body)} | {name.replace("_", "-"): value for name, value in headers.items()}
    lines = [f"HTTP/1.1 {status}", *(f"{name}: {value}" for name, value in named.items() if value is not None)]
    return "\r\n".join([*lines, "", ""]).encode() + body


def redirect(to: str, status: str = "302 Found") -> bytes:
    return http(b"", status, Location=to)


@dataclass
class Wire(httpcore.AsyncNetworkStream):
    """One connection; it says its pieces whatever it is asked."""

    pieces: Iterator[bytes]
    heard: bytearray = field(default_factory=bytearray)
    tls_name: str | None = None

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ASYNC109 - httpcore's signature
        await asyncio.sleep(0)
        return next(self.pieces, b"")

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ASYNC109 - httpcore's signature
        self.heard += buffer

    async def aclose(self) -> None:
        return None

    async def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,  # noqa: ASYNC109 - httpcore's signature
    ) -> httpcore.AsyncNetworkStream:
        self.tls_name = server_hostname
        return self


@dataclass
class Network(httpcore.AsyncNetworkBackend):
    """Remembers each connection; gives each the next of `answers`, the last one again and again.

    `names` maps a name to its addresses; a list of lists is one answer of DNS after the other. Numbers lead to
    themselves, other names to a public address, addresses in `silent` to nothing.
    """

    answers: Sequence[bytes | Iterable[bytes] | Exception] = (http(),)
    names: dict[str, list[list[str]]] = field(default_factory=dict)
    silent: set[str] = field(default_factory=set)
    connected: list[tuple[str, int]] = field(default_factory=list)
    wires: list[Wire] = field(default_factory=list)

    async def resolve(self, host: str, port: int) -> Sequence[str]:
        said = self.names.get(host, [[PUBLIC]])
        return said.pop(0) if len(said) > 1 else said[0]

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - httpcore's signature
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        if host in self.silent:
            raise httpcore.ConnectError
        self.connected.append((host, port))
        answer = self.answers[min(len(self.wires), len(self.answers) - 1)]
        if isinstance(answer, Exception):
            raise answer
        self.wires.append(Wire(iter([answer] if isinstance(answer, bytes) else answer)))
        return self.wires[-1]


@cache
def _settings(**given: object) -> Settings:
    return Settings(_env_file=None, **given)  # type: ignore[arg-type] # each setting has a type of its own


@asynccontextmanager
async def opened(network: Network, **settings: object) -> AsyncIterator[Fetcher]:
    """Open a fetcher on a network; keywords are settings."""
    async with Fetcher(_settings(**settings), network, network.resolve, NO_TLS) as one:
        yield one


async def connections(url: str, network: Network, **settings: object) -> list[tuple[str, int]]:
    """Ask for a URL and say where connections went, whatever came of it."""
    async with opened(network, **settings) as fetcher:
        with suppress(Refused, Retryable):
            await fetcher.digest(url)
    return network.connected
