"""How long and how large a request may be until it is whole, for a server that more than this machine can reach."""

import asyncio
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

MOST_HEAD = 64 * 2**10  # bytes of the first line and all headers
AROUND = 4  # bytes around the name and value of a header
HEAD_WITHIN = 10.0  # seconds
BODY_WITHIN = 60.0  # seconds; the largest body is 4 MiB
TOO_LARGE = b"HTTP/1.1 431 Request Header Fields Too Large\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
TOO_SLOW = b"HTTP/1.1 408 Request Timeout\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"


class BoundedProtocol(HttpToolsProtocol):
    """uvicorn's protocol, which by itself waits for ever and takes headers of any size.

    >>> uvicorn.Config(app, http=BoundedProtocol)
    """

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self._head = 0
        self._deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        self._within(HEAD_WITHIN)

    def connection_lost(self, exc: Exception | None) -> None:
        self._within(None)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        known = self.cycle
        super().data_received(data)
        if self.cycle is known and self._is_in_head():  # all of it was of a head that is not whole yet
            self._count(data)

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._head = 0
        self._within(HEAD_WITHIN)

    def on_url(self, url: bytes) -> None:
        super().on_url(url)
        self._head += len(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        super().on_header(name, value)
        self._head += len(name) + len(value) + AROUND
        if self._head > MOST_HEAD:
            raise ValueError("the headers are too large")  # ends the parser, which answers with `send_400_response`

    def on_headers_complete(self) -> None:
        super().on_headers_complete()
        self._within(BODY_WITHIN)

    def on_message_complete(self) -> None:
        super().on_message_complete()
        self._within(None)

    def send_400_response(self, msg: str) -> None:
        if self._head > MOST_HEAD:
            self._end(TOO_LARGE)
        else:
            super().send_400_response(msg)

    def _is_in_head(self) -> bool:
        return self.cycle is None or self.cycle.response_complete

    def _count(self, data: bytes) -> None:
        self._head += len(data)
        if self._head > MOST_HEAD and not self.transport.is_closing():
            self._end(TOO_LARGE)

    def _within(self, seconds: float | None) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
        self._deadline = None if seconds is None else self.loop.call_later(seconds, self._end, TOO_SLOW)

    def _end(self, answer: bytes) -> None:
        if not self.transport.is_closing():
            self.transport.write(answer)
            self.transport.close()
