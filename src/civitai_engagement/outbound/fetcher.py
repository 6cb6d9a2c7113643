"""Fetches the file behind a URL and hashes it on the way."""

import asyncio
import ssl
from types import TracebackType
from typing import Self

import httpcore
import httpx

from civitai_engagement import __version__
from civitai_engagement.errors import BadInput, UpstreamDown
from civitai_engagement.outbound.digest import Digestion, FileDigest
from civitai_engagement.outbound.gate import Gate, Resolver, resolve
from civitai_engagement.outbound.replies import ReplyHead
from civitai_engagement.outbound.urls import host_of, port_of, read_url
from civitai_engagement.records.media import MediaType
from civitai_engagement.settings import Settings

MOST_REDIRECTS = 5
MOST_CONNECTIONS = 4
SECONDS_TO_CONNECT = 10.0
LATE = (TimeoutError, httpcore.TimeoutException)
BROKEN = (httpcore.NetworkError, httpcore.ProtocolError)


class Fetcher:
    """Hashes files of the public web and of Civitai, without keeping them and without credentials.

    >>> async with Fetcher(settings) as fetcher:
    ...     digest = await fetcher.digest("https://image.civitai.com/x/y/original=true/z.jpeg", MediaType.IMAGE)
    """

    def __init__(
        self,
        settings: Settings,
        network: httpcore.AsyncNetworkBackend | None = None,
        resolver: Resolver = resolve,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        home = httpx.URL(settings.civitai_base_url)
        self._gate = Gate((host_of(home), port_of(home)), network, resolver)
        self._tls = tls
        self._seconds = settings.outbound_timeout.total_seconds()
        self._most_bytes = settings.outbound_max_bytes

    async def __aenter__(self) -> Self:
        # Reading the certificates of all authorities takes a tenth of a second, which nobody else should wait for.
        tls = self._tls or await asyncio.to_thread(httpcore.default_ssl_context)
        self._pool = httpcore.AsyncConnectionPool(tls, max_connections=MOST_CONNECTIONS, network_backend=self._gate)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._pool.aclose()

    async def digest(self, url: str, expected: MediaType | None = None) -> FileDigest:
        """Hash the file as its host stores it; refuse content that is known not to be what is expected."""
        first = read_url(url)
        try:
            async with asyncio.timeout(self._seconds):
                return await self._follow(first, expected)
        except LATE as error:
            hint = "CIVITAI_ENGAGEMENT_OUTBOUND_TIMEOUT sets the limit."
            raise UpstreamDown(f"The file did not come within {self._seconds:g} seconds.", hint=hint) from error
        except httpcore.ConnectError as error:
            raise UpstreamDown("The host offers no safe connection.", hint="Its certificate may not hold.") from error
        except BROKEN as error:
            raise UpstreamDown("The connection broke before the file was complete.", hint="Try again.") from error

    async def _follow(self, url: httpx.URL, expected: MediaType | None) -> FileDigest:
        for _ in range(MOST_REDIRECTS + 1):
            async with self._pool.stream(
                "GET", _on_the_wire(url), headers=_headers(url), extensions={"timeout": self._patience()}
            ) as response:
                reply = ReplyHead(url, response)
                if reply.next_url is None:
                    return await self._read(reply, expected)
                url = reply.next_url
        raise BadInput(f"The URL is passed on more than {MOST_REDIRECTS} times.")

    async def _read(self, reply: ReplyHead, expected: MediaType | None) -> FileDigest:
        reply.must_be_a_file()
        digestion = Digestion(self._most_bytes, expected)
        digestion.announce(reply.announced_size)
        async for piece in reply.pieces():
            digestion.feed(piece)
        digest = digestion.finish(str(reply.url))
        if expected and digest.mime is None and reply.is_web_page:
            raise BadInput(f"This is a web page, not {expected}.", hint="Pass the address of the media itself.")
        return digest

    def _patience(self) -> dict[str, float]:
        longest = self._seconds
        return {"connect": min(SECONDS_TO_CONNECT, longest), "read": longest, "write": longest, "pool": longest}


def _on_the_wire(url: httpx.URL) -> httpcore.URL:
    return httpcore.URL(scheme=url.raw_scheme, host=url.raw_host, port=port_of(url), target=url.raw_path)


def _headers(url: httpx.URL) -> dict[bytes | str, bytes | str]:
    return {
        "Host": url.netloc.decode("ascii"),
        "User-Agent": f"civitai-engagement/{__version__}",
        "Accept": "*/*",
        "Accept-Encoding": "identity",
    }
