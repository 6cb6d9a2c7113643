"""What a client says over stdio, line by line, so that each request among it gets an answer."""

import asyncio
import logging
from collections import Counter, deque
from contextlib import suppress
from typing import Any, Self

from mcp.shared.message import SessionMessage
from mcp.types import JSONRPCError, JSONRPCMessage, JSONRPCNotification, JSONRPCRequest, JSONRPCResponse

from civitai_engagement.server.lines import ClientLines, MessageReader
from civitai_engagement.server.messages import Said, UnreadableMessage

log = logging.getLogger(__name__)
LAST_ANSWERS_SECONDS = 1.0  # so long answers may take when the client has closed; hosts wait two until they kill
ENDLESS = "subscriptions/listen"


class OpenRequests:
    """The requests that wait for their answer."""

    def __init__(self) -> None:
        self._open: Counter[str] = Counter()
        self._none = asyncio.Event()

    def heard(self, message: JSONRPCMessage) -> None:
        if isinstance(message, JSONRPCRequest) and message.method != ENDLESS:
            self._open[str(message.id)] += 1
            self._none.clear()
        elif isinstance(message, JSONRPCNotification) and message.method == "notifications/cancelled":
            self._close((message.params or {}).get("requestId"))

    def sent(self, message: JSONRPCMessage) -> None:
        if isinstance(message, JSONRPCResponse | JSONRPCError):
            self._close(message.id)

    async def all_answered(self) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(LAST_ANSWERS_SECONDS):
                await self._none.wait() if self._open else None

    def _close(self, number: object) -> None:
        self._open -= Counter({str(number): 1})
        if not self._open:
            self._none.set()


class AnswerStream:
    """The SDK's way out, which tells who has been answered."""

    def __init__(self, sink: Any, waiting: OpenRequests) -> None:
        self._sink = sink
        self._waiting = waiting

    async def send(self, item: SessionMessage) -> None:
        await self._sink.send(item)
        self._waiting.sent(item.message)

    async def aclose(self) -> None:
        await self._sink.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *error: object) -> None:
        await self.aclose()


class ClientMessages:
    """Messages as the SDK takes them; what is none is answered here, if it asks, and else logged.

    >>> waiting = OpenRequests()
    >>> answers = AnswerStream(writing, waiting)
    >>> await server.run(ClientMessages(lines, answers, waiting), answers, options)
    """

    def __init__(self, lines: ClientLines, answers: AnswerStream, waiting: OpenRequests) -> None:
        self._lines = lines
        self._answers = answers
        self._waiting = waiting
        self._reader = MessageReader()
        self._read: deque[Said] = deque()

    async def receive(self) -> SessionMessage:
        while True:
            while self._read:
                if not isinstance(one := self._read.popleft(), UnreadableMessage):
                    self._waiting.heard(one)
                    return SessionMessage(one)
                await self._refuse(one)
            self._read.extend(await self._next())

    async def _next(self) -> list[Said]:
        try:
            return self._reader.line(await anext(self._lines))
        except StopAsyncIteration:
            if rest := self._reader.end():
                return rest
            await self._waiting.all_answered()
            raise

    async def _refuse(self, one: UnreadableMessage) -> None:
        if one.is_asked:
            await self._answers.send(SessionMessage(one.reply()))
        else:
            log.warning("a line that is no message", extra={"reason": one.reason})

    async def aclose(self) -> None:
        self._read.clear()

    __anext__ = receive

    def __aiter__(self) -> Self:
        return self

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *error: object) -> None:
        await self.aclose()
