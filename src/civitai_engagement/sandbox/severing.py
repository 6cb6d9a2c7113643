"""Answers that end in a cut connection."""

import asyncio
import socket
import struct
from typing import Any

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

CONNECTIONS = "sandbox.connections"
RESET_ON_CLOSE = struct.pack("ii", 1, 0)


class Severed(Response):
    """Sends half of an answer, or nothing at all, and cuts the connection.

    On a socket the server lends its connections through the scope; without one a reset is an exception.
    """

    def __init__(self, answer: Response | None) -> None:
        super().__init__()
        self._answer = answer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        del receive
        transport = _transport(scope)
        if self._answer is not None:
            await _send_half(self._answer, send, last=transport is None)
        elif transport is None:
            raise ConnectionResetError("the sandbox reset the connection")
        if transport is not None:
            _cut(transport, gently=self._answer is not None)
            await asyncio.sleep(0)


async def _send_half(answer: Response, send: Send, *, last: bool) -> None:
    body = bytes(answer.body)
    await send({"type": "http.response.start", "status": answer.status_code, "headers": answer.raw_headers})
    await send({"type": "http.response.body", "body": body[: len(body) // 2], "more_body": not last})


def _transport(scope: Scope) -> asyncio.Transport | None:
    connections: set[Any] = scope.get(CONNECTIONS, set())
    return next((found.transport for found in connections if found.client == scope.get("client")), None)


def _cut(transport: asyncio.Transport, *, gently: bool) -> None:
    if gently:
        transport.close()
        return
    transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_ON_CLOSE)
    transport.abort()
