"""One HTTP exchange with Civitai: the only module that knows the HTTP library."""

import asyncio
import json
import math
import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

import httpx

from civitai_engagement import __version__
from civitai_engagement.civitai.faults import RawReply, fault
from civitai_engagement.civitai.network import NetworkRoute, way_to
from civitai_engagement.civitai.unpacking import ASKED_FOR, apart, is_sane, read_body
from civitai_engagement.clock import Clock, Drift, SystemClock
from civitai_engagement.errors import UpstreamDown
from civitai_engagement.setting_values import network_environment
from civitai_engagement.settings import Settings

MIB = 1024 * 1024
MOST_REDIRECTS = 3
NO_JSON = "Civitai answered with something other than whole JSON data."
_PROXY = "Check the proxy, or unset the variable."
_CERTIFICATES = "Where a proxy or a virus scanner opens connections, let SSL_CERT_FILE name its certificates."
Carrier = httpx.AsyncBaseTransport


@dataclass(frozen=True, slots=True)
class JsonAnswer:
    """A JSON answer, and how old what it says is: `as_of` is its time on our clock less its `Age`; `size` in bytes."""

    body: object
    as_of: datetime
    fetched_at: datetime
    size: int = field(default=0, compare=False)


class Exchange:
    """Sends one request and gives back JSON, or raises an error of ours.

    >>> await Exchange(settings, clock).get("/api/v1/images", {"postId": "1"}, most_bytes=8 * MIB)
    """

    def __init__(self, settings: Settings, clock: Clock, carrier: Carrier | None = None) -> None:
        self._clock = clock
        self._drift = Drift() if isinstance(clock, SystemClock) else None  # an injected clock is not to be right
        self._key = settings.civitai_api_key
        self._seconds = settings.request_timeout.total_seconds()
        self._home = _origin(httpx.URL(settings.civitai_base_url))
        self._way = way_to(settings.civitai_base_url, network_environment() if carrier is None else {})
        self._client = httpx.AsyncClient(
            base_url=settings.civitai_base_url,
            headers={
                "User-Agent": f"civitai-engagement/{__version__}",
                "Accept": "application/json",
                "Accept-Encoding": ASKED_FOR,
            },
            timeout=self._seconds,
            limits=httpx.Limits(max_connections=4, max_keepalive_connections=2),
            event_hooks={"request": [self._sign]},
            transport=carrier,
            **self._way.options,
        )

    async def aclose(self) -> None:
        await self._client.aclose()

    @property
    def clock_ahead(self) -> timedelta | None:
        """By how much the machine's clock is ahead of Civitai's; None while unknown, or under an injected clock."""
        return self._drift.ahead(self._clock.now()) if self._drift else None

    async def get(self, path: str, query: Mapping[str, str], *, most_bytes: int) -> JsonAnswer:
        try:
            async with asyncio.timeout(self._seconds):
                return await self._exchange(path, query, most_bytes)
        except (TimeoutError, httpx.TimeoutException) as error:
            raise UpstreamDown(f"Civitai did not answer within {self._seconds:g} seconds.") from error
        except httpx.ConnectError as error:
            raise _unreachable(error, self._way) from error
        except httpx.ProxyError as error:
            raise _refused_by(self._way.proxy) from error
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise UpstreamDown("The connection to Civitai broke before its answer was complete.") from error

    async def _exchange(self, path: str, query: Mapping[str, str], most_bytes: int) -> JsonAnswer:
        async with self._answered(self._client.build_request("GET", path, params=dict(query))) as response:
            fetched_at = self._clock.now()
            self._hear(response, fetched_at)
            body = await _read(response, most_bytes)
        if response.status_code == 200 and len(body) > most_bytes:
            raise UpstreamDown(f"Civitai's answer is larger than {most_bytes // MIB} MiB.")
        reply = await apart(lambda: _reply(response, body, fetched_at), len(body))
        if reply.status != 200:
            raise fault(reply)
        if not reply.is_json:
            raise UpstreamDown(NO_JSON)
        return JsonAnswer(reply.document, fetched_at - _age(response), fetched_at, len(body))

    @asynccontextmanager
    async def _answered(self, request: httpx.Request) -> AsyncIterator[httpx.Response]:
        """Follow redirects here: the library would unpack what their bodies hold, however much."""
        for _ in range(MOST_REDIRECTS + 1):
            response = await self._client.send(request, stream=True)
            try:
                if response.next_request is None:
                    yield response
                    return
                request = response.next_request
            finally:
                await response.aclose()
        raise httpx.TooManyRedirects("Civitai passes on and on.", request=request)

    def _hear(self, response: httpx.Response, now: datetime) -> None:
        """Hear what time it is there; an answer from a cache tells an earlier one."""
        theirs = _date(response.headers.get("Date", ""))
        if self._drift and theirs is not None and not _age(response):
            self._drift.hear(theirs, now)

    async def _sign(self, request: httpx.Request) -> None:
        """Show the key to the configured origin alone; this runs for every hop of a redirect."""
        request.headers.pop("Authorization", None)
        if self._key and _origin(request.url) == self._home:
            request.headers["Authorization"] = f"Bearer {self._key.get_secret_value()}"


async def _read(response: httpx.Response, most_bytes: int) -> bytes:
    """Read the body; of an answer other than 200 the status says enough where that cannot be done."""
    try:
        return await read_body(response, most_bytes)
    except UpstreamDown:
        if response.status_code == 200:
            raise
        return b""


def _reply(response: httpx.Response, body: bytes, now: datetime) -> RawReply:
    retry_after = _retry_after(response.headers.get("Retry-After", ""), now)
    is_json = re.match(r"application/(?:[\w.-]+\+)?json\b", response.headers.get("Content-Type", ""), re.IGNORECASE)
    if not is_json or not is_sane(body):
        return RawReply(response.status_code, is_json=False, retry_after=retry_after)
    try:
        return RawReply(response.status_code, is_json=True, document=json.loads(body), retry_after=retry_after)
    except (ValueError, RecursionError):
        return RawReply(response.status_code, is_json=False, retry_after=retry_after)


def _age(response: httpx.Response) -> timedelta:
    age = response.headers.get("Age", "").strip()
    return timedelta(seconds=int(age) if re.fullmatch(r"[0-9]{1,7}", age) else 0)


def _date(text: str) -> datetime | None:
    try:
        at = parsedate_to_datetime(text)
    except (ValueError, TypeError, OverflowError):
        return None
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def _retry_after(text: str, now: datetime) -> float | None:
    try:
        seconds = float(text) if re.fullmatch(r"\s*[0-9.]+\s*", text) else _until(text, now)
    except (ValueError, TypeError, OverflowError):
        return None
    return seconds if math.isfinite(seconds) and seconds >= 0 else None


def _until(text: str, now: datetime) -> float:
    return max(0.0, (parsedate_to_datetime(text) - now).total_seconds())


def _origin(url: httpx.URL) -> tuple[str, str, int | None]:
    return url.scheme, url.host, url.port


def _unreachable(error: Exception, way: NetworkRoute) -> UpstreamDown:
    """Say why no connection came about, as far as a person can mend it."""
    if "CERTIFICATE_VERIFY_FAILED" in str(error):
        named = f" {way.trust} says whom this program trusts." if way.trust else ""
        return UpstreamDown(f"The certificate of Civitai is not one that is trusted here.{named}", hint=_CERTIFICATES)
    if way.proxy:
        return UpstreamDown(f"Civitai cannot be reached through the proxy that {way.proxy} names.", hint=_PROXY)
    return UpstreamDown("Civitai cannot be reached.", hint="Check the network connection.")


def _refused_by(variable: str | None) -> UpstreamDown:
    return UpstreamDown(f"The proxy that {variable or 'the system'} names did not let us through.", hint=_PROXY)
