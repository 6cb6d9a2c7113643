"""An answer to every request with an id: also to one that cannot be read as it is written.

The SDK drops what it cannot parse, and its sender waits for ever.
"""

import json
import logging
import re
from collections.abc import Iterator
from typing import Any, Protocol

from mcp.shared.message import SessionMessage
from mcp.types import INVALID_REQUEST, PARSE_ERROR, ErrorData, JSONRPCError, jsonrpc_message_adapter
from pydantic import ValidationError

log = logging.getLogger(__name__)
BOM = "\ufeff"
HALF = "\uffff"  # no character; `given` refuses it as half of one
SEARCHED = 1_000_000  # characters of the beginning of a line in which its id is looked for
SEARCHED_AT_END = 10_000
_HALF_ESCAPED = re.compile(r"\\u[dD][89a-fA-F]")
_SURROGATE = re.compile("[\ud800-\udfff]")
_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*+(?:"(?P<colon>\s*:)?|\Z)|[{}\[\]]')
_ID = re.compile(r'\s*("(?:[^"\\]|\\.){0,200}"|-?\d{1,30})\s*(?=[,}]|$)')
_ID_AT_END = re.compile(r'"id"\s*:\s*("(?:[^"\\]|\\.){0,200}"|-?\d{1,30})\s*(?:,\s*"\w+"\s*:\s*"[^"]*"\s*)*\}\s*$')
Id = int | str


class Stream(Protocol):
    """What the SDK hands its messages on by."""

    async def __anext__(self) -> SessionMessage | Exception: ...


class ReplySink(Protocol):
    """Where answers go."""

    async def send(self, item: SessionMessage) -> None: ...


class Heard:
    """A stream of messages; what is none is answered here, if it has an id, and logged, if not.

    >>> await server.run(Heard(reading, writing), writing, options)
    """

    def __init__(self, messages: Any, answers: ReplySink) -> None:
        self._messages = messages
        self._answers = answers

    def __getattr__(self, name: str) -> Any:
        return getattr(self._messages, name)

    async def __aenter__(self) -> "Heard":
        await self._messages.__aenter__()
        return self

    async def __aexit__(self, *error: object) -> None:
        await self._messages.__aexit__(*error)

    def __aiter__(self) -> "Heard":
        return self

    async def __anext__(self) -> SessionMessage:
        while True:
            item = await self._messages.__anext__()
            if not isinstance(item, Exception):
                return item  # type: ignore[no-any-return]
            if (mended := _mended(item)) is not None:
                return mended
            await self._answer(item)

    async def _answer(self, error: Exception) -> None:
        replies = list(replies_to(error))
        for reply in replies:
            await self._answers.send(SessionMessage(reply))
        if not replies and _input(error) != "\n":
            log.warning("a line that is no message", extra={"reason": _reason(error)})


def _mended(error: Exception) -> SessionMessage | None:
    """Read what is whole but for a mark before it, or for half a character, which a tool refuses in words."""
    line = _input(error)
    if not isinstance(line, str) or not (line.startswith(BOM) or _HALF_ESCAPED.search(line)):
        return None
    try:
        message = jsonrpc_message_adapter.validate_python(_whole(json.loads(line.lstrip(BOM))), by_name=False)
    except (ValueError, RecursionError):
        return None
    return SessionMessage(message)


def _whole(value: Any) -> Any:
    if isinstance(value, str):
        return _SURROGATE.sub(HALF, value)
    if isinstance(value, list):
        return [_whole(one) for one in value]
    return {_whole(key): _whole(one) for key, one in value.items()} if isinstance(value, dict) else value


def replies_to(error: Exception) -> Iterator[JSONRPCError]:
    """Answer each request of a line that cannot be taken, as far as its id can be told."""
    sent = _input(error)
    code = PARSE_ERROR if isinstance(sent, str) else INVALID_REQUEST
    for one in sent if isinstance(sent, list) else [sent]:
        number = id_of(one) if isinstance(one, str) else one.get("id") if isinstance(one, dict) else None
        if isinstance(number, int | str) and not isinstance(number, bool):
            said = ErrorData(code=code, message=f"This request cannot be read: {_reason(error)}")
            yield JSONRPCError(jsonrpc="2.0", id=number, error=said)


def id_of(line: str) -> Id | None:
    """Find the id of a request in a line that is no JSON: its key on the first level, else what stands at the end.

    >>> id_of('{"jsonrpc": "2.0", "params": {"id": 1, "text": "x}"}, "id": 7, broken')
    7
    """
    depth = 0
    for token in _TOKEN.finditer(line[:SEARCHED]):
        depth += {"{": 1, "[": 1, "}": -1, "]": -1}.get(token[0], 0)
        if depth == 1 and token["colon"] and token[0].startswith('"id"') and (found := _ID.match(line, token.end())):
            return _read(found[1])
    at_end = _ID_AT_END.search(line[-SEARCHED_AT_END:])
    return _read(at_end[1]) if at_end else None


def _read(text: str) -> Id | None:
    try:
        number: Id = json.loads(text)
    except ValueError:
        return None
    return _SURROGATE.sub(HALF, number) if isinstance(number, str) else number


def _input(error: Exception) -> Any:
    """Give what could not be taken: the line, or what it says."""
    return error.errors(include_url=False)[0]["input"] if isinstance(error, ValidationError) else None


def _reason(error: Exception) -> str:
    if not isinstance(error, ValidationError):
        return "it is no JSON-RPC message."
    first = error.errors(include_url=False, include_input=False)[0]
    if first["type"] == "json_invalid":
        return f"it is no JSON ({first['ctx']['error']})."
    if isinstance(_input(error), list):
        return "several messages in one line are not taken; send each by itself."
    return "it is no JSON-RPC 2.0 request."
