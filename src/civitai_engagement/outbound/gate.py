"""The one way out: connections to public addresses, and to Civitai."""

import asyncio
import socket
from collections.abc import Awaitable, Callable, Iterable, Sequence
from contextlib import suppress

import httpcore

from civitai_engagement.errors import BadInput, UpstreamDown
from civitai_engagement.outbound.addresses import is_public

CIVITAI = ("civitai.com", "civitai.red", "civitai.green")
HTTPS = 443
WEB_PORTS = frozenset({80, HTTPS})
MOST_TRIES = 4
NO_ANSWER = (httpcore.ConnectError, httpcore.ConnectTimeout)
Resolver = Callable[[str, int], Awaitable[Sequence[str]]]


async def resolve(host: str, port: int) -> Sequence[str]:
    """Ask the system for all addresses of a name; odd spellings of a number come back as the number they mean."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(address[0]) for *_, address in found))


class Gate(httpcore.AsyncNetworkBackend):
    """Looks a host up, judges all its addresses and connects to one of those it judged, in one step.

    So neither a redirect nor an answer of DNS that changes leads past it. `home` is the host and port of the
    configured base URL, which may be anywhere. Civitai's own hosts may as well (some networks give out made-up
    addresses), over TLS, where the certificate proves them.

    >>> httpcore.AsyncConnectionPool(network_backend=Gate(("127.0.0.1", 8765)))
    """

    def __init__(
        self,
        home: tuple[str, int],
        network: httpcore.AsyncNetworkBackend | None = None,
        resolver: Resolver = resolve,
    ) -> None:
        self._home = home
        self._network = network or httpcore.AnyIOBackend()
        self._resolve = resolver

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - httpcore's signature
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        for address in (await self._addresses(host, port))[:MOST_TRIES]:
            with suppress(*NO_ANSWER):
                return await self._network.connect_tcp(address, port, timeout, local_address, socket_options)
        raise UpstreamDown(f"{host} cannot be reached.", hint="Try again later.")

    async def _addresses(self, host: str, port: int) -> Sequence[str]:
        trusted = self._trusts(host, port)
        if not trusted and port not in WEB_PORTS:
            raise BadInput(f"Port {port} of {host} is not one of the web.", hint="Only 80 and 443 are allowed.")
        addresses = await self._look_up(host, port)
        if not trusted and not all(is_public(address) for address in addresses):
            raise BadInput(f"{host} is not on the public internet.", hint="Pass a URL that anybody can open.")
        return addresses

    async def _look_up(self, host: str, port: int) -> Sequence[str]:
        try:
            return await self._resolve(host, port)
        except OSError as error:
            hint = "Check its spelling, and the network connection."
            raise UpstreamDown(f"The name {host} cannot be looked up.", hint=hint) from error

    def _trusts(self, host: str, port: int) -> bool:
        return (host, port) == self._home or (port == HTTPS and _is_civitai(host))


def _is_civitai(host: str) -> bool:
    return any(host == domain or host.endswith(f".{domain}") for domain in CIVITAI)
