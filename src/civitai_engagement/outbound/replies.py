"""What a host answers when it is asked for a file."""

import re
from collections.abc import AsyncIterator

import httpcore
import httpx

from civitai_engagement.errors import EngagementError, NotFound, UpstreamBusy, UpstreamDown, UpstreamRefused
from civitai_engagement.outbound.urls import host_of, read_url

REDIRECTS = frozenset({301, 302, 303, 307, 308})
GONE = frozenset({404, 410})
BUSY = frozenset({429, 503})


class ReplyHead:
    """The head of an answer, read with suspicion; its body only in pieces.

    >>> reply = ReplyHead(url, response)
    >>> reply.next_url or reply.must_be_a_file()
    """

    def __init__(self, url: httpx.URL, response: httpcore.Response) -> None:
        self.url = url
        self._status = response.status
        self._headers = httpx.Headers(response.headers)
        self._response = response

    @property
    def next_url(self) -> httpx.URL | None:
        """Where a redirect leads, read as carefully as what a user gives."""
        if self._status not in REDIRECTS or not (location := self._headers.get("Location")):
            return None
        try:
            return read_url(str(self.url.join(location)))
        except httpx.InvalidURL as error:
            raise UpstreamDown(f"{host_of(self.url)} passes on to something that is not a URL.") from error

    @property
    def announced_size(self) -> int:
        """The size in bytes that the host announces; 0 where it announces none."""
        return self._number("Content-Length") or 0

    @property
    def is_web_page(self) -> bool:
        return str(self._headers.get("Content-Type", "")).lower().startswith("text/html")

    def must_be_a_file(self) -> None:
        """Refuse any answer that is not the whole file in its own bytes."""
        if self._status != 200:
            raise self._fault()
        if self._headers.get("Content-Encoding", "").strip().lower() not in {"", "identity"}:
            raise UpstreamRefused(f"{host_of(self.url)} sends the file only in a packed form.", status=self._status)

    def pieces(self) -> AsyncIterator[bytes]:
        return self._response.aiter_stream()

    def _fault(self) -> EngagementError:
        host, status = host_of(self.url), self._status
        if status in GONE:
            return NotFound(f"{host} has no such file ({status}).", hint="Check the URL.")
        if status in BUSY:
            return UpstreamBusy(f"{host} asks for a pause ({status}).", retry_after=self._number("Retry-After"))
        if 400 <= status < 500:
            return UpstreamRefused(f"{host} does not give the file to strangers ({status}).", status=status)
        return UpstreamDown(f"{host} answered with a fault ({status}).", hint="Try again later.")

    def _number(self, header: str) -> int | None:
        said: str = self._headers.get(header, "")
        return int(said) if re.fullmatch(r"[0-9]{1,15}", said) else None
