"""Posts JSON to the one address the user set for alerts, signed, without following where it points."""

import asyncio
import hmac
import json
import ssl
from collections.abc import Mapping

import httpcore

from civitai_engagement import __version__
from civitai_engagement.errors import UpstreamDown
from civitai_engagement.outbound.urls import host_of, port_of, read_url

SECONDS = 10.0
SIGNATURE = "X-Civitai-Engagement-Signature"
LATE = (TimeoutError, httpcore.TimeoutException)
BROKEN = (httpcore.NetworkError, httpcore.ProtocolError)


class Webhook:
    """An address that takes alerts. The user chose it, so it may be a private one; redirects are not followed.

    With a secret the bytes of the body are signed (HMAC-SHA-256, in hexadecimal after `sha256=`).

    >>> await Webhook("https://example.com/hook", "secret").send({"event": "alarm", "sent_at": "2026-05-01T12:00:00Z"})
    """

    def __init__(
        self,
        url: str,
        secret: str | None = None,
        network: httpcore.AsyncNetworkBackend | None = None,
        tls: ssl.SSLContext | None = None,
        seconds: float = SECONDS,
    ) -> None:
        self._url = read_url(url)
        self._secret = secret
        self._network = network
        self._tls = tls
        self._seconds = seconds

    @property
    def host(self) -> str:
        """All of the address that may be logged: path and query may be secret."""
        return host_of(self._url)

    async def send(self, message: Mapping[str, object]) -> None:
        """Post one message; return when it was taken.

        Raises:
            UpstreamDown: It was not answered with 2xx within ten seconds.
        """
        body = json.dumps(message, ensure_ascii=False).encode()
        try:
            async with asyncio.timeout(self._seconds):
                status = await self._post(body)
        except LATE as error:
            raise UpstreamDown(f"{self.host} did not answer within {self._seconds:g} seconds.") from error
        except BROKEN as error:
            raise UpstreamDown(f"{self.host} cannot be reached.") from error
        if not 200 <= status < 300:
            raise UpstreamDown(f"{self.host} answered with {status} instead of 2xx.")

    async def _post(self, body: bytes) -> int:
        # Reading the certificates of all authorities takes a tenth of a second, which nobody else should wait for.
        tls = self._tls or await asyncio.to_thread(httpcore.default_ssl_context)
        url = httpcore.URL(
            scheme=self._url.raw_scheme, host=self._url.raw_host, port=port_of(self._url), target=self._url.raw_path
        )
        async with (
            httpcore.AsyncConnectionPool(tls, network_backend=self._network) as pool,
            pool.stream("POST", url, headers=self._headers(body), content=body) as response,
        ):
            return response.status

    def _headers(self, body: bytes) -> dict[bytes | str, bytes | str]:
        plain: dict[bytes | str, bytes | str] = {
            "Host": self._url.netloc.decode("ascii"),
            "User-Agent": f"civitai-engagement/{__version__}",
            "Content-Type": "application/json",
            "Content-Length": str(len(body)),
        }
        return plain | ({SIGNATURE: sign(body, self._secret)} if self._secret else {})


def sign(body: bytes, secret: str) -> str:
    """Sign a body as the receiver checks it."""
    return f"sha256={hmac.new(secret.encode(), body, 'sha256').hexdigest()}"
