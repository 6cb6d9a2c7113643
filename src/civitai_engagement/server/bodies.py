"""What is posted over HTTP, read before the SDK reads it: what cannot be taken is answered to its own id, in words."""

import json
from collections.abc import Iterable

from mcp.server.transport_security import DEFAULT_MAX_REQUEST_BODY_SIZE
from mcp.types import PARSE_ERROR, JSONRPCMessage
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from civitai_engagement.server.broken import SEARCHED, SEARCHED_AT_END
from civitai_engagement.server.messages import Said, UnreadableMessage, read, too_long

MOST = DEFAULT_MAX_REQUEST_BODY_SIZE
WAITED_FOR = 4 * MOST
_EMPTY = UnreadableMessage(PARSE_ERROR, "it is empty.")


class ReadableBodies:
    """Passes on what is one message, as it was read, and answers all else."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if not _is_message(scope):
            await self._app(scope, receive, send)
            return
        body = await _body(receive)
        if body is None:  # who sent it has left
            return
        said = _said(body)
        if len(said) == 1 and not isinstance(said[0], UnreadableMessage):
            await self._app(scope, _again(said[0], receive), send)
        else:
            status = 413 if len(body) > MOST else 400
            await _refusal(said, status)(scope, receive, send)


def _is_message(scope: Scope) -> bool:
    if scope["type"] != "http" or scope["method"] != "POST":
        return False
    path: str = scope["path"]
    return path == "/mcp" or path.startswith("/messages/")


async def _body(receive: Receive) -> bytes | None:
    """Give the body; of one that is too long its beginning and its end, as far as it is waited for."""
    body, length, is_more = bytearray(), 0, True
    while is_more and length <= WAITED_FOR:
        message = await receive()
        if message["type"] != "http.request":
            return None
        body += message.get("body", b"")
        length += len(message.get("body", b""))
        is_more = message.get("more_body", False)
        if length > MOST:
            del body[MOST - SEARCHED_AT_END : -SEARCHED_AT_END - 1]
    return bytes(body)


def _said(body: bytes) -> list[Said]:
    if len(body) > MOST:
        return [*too_long(body[:SEARCHED], body[-SEARCHED_AT_END:], f"{MOST // 2**20} MiB")]
    return read(body) or [_EMPTY]


def _refusal(said: Iterable[Said], status: int) -> Response:
    replies = [one.reply().model_dump_json() for one in said if isinstance(one, UnreadableMessage)]
    content = replies[0] if len(replies) == 1 else f"[{','.join(replies)}]"
    return Response(content, status_code=status, media_type="application/json")


def _again(read: JSONRPCMessage, receive: Receive) -> Receive:
    """Let the SDK read what we have read, and nothing beside it."""
    body = json.dumps(read.model_dump(by_alias=True, exclude_unset=True)).encode()
    first: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def replay() -> Message:
        return first.pop() if first else await receive()

    return replay
