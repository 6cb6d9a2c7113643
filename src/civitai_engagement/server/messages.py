"""What a line or a body says: a message to pass on, or why it is none, and who waits for an answer to it.

The SDK drops what it cannot take, so that its sender waits for ever, or answers it to nobody in pydantic's words. So
every door asks here before the SDK does.
"""

import json
import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any, NoReturn

from mcp.types import (
    INVALID_PARAMS,
    INVALID_REQUEST,
    PARSE_ERROR,
    ErrorData,
    JSONRPCError,
    JSONRPCMessage,
    JSONRPCNotification,
    JSONRPCRequest,
    jsonrpc_message_adapter,
)
from pydantic import ValidationError
from pydantic_core import from_json

from civitai_engagement.server.broken import Id, ids_in

BOM = b"\xef\xbb\xbf"
HALF = "\uffff"  # no character; `given` refuses it as half of one
LOST = "\ufffd"  # what Python puts in the place of bytes that are no text
MOST_ANSWERS = 1_000  # to one line
SEVERAL = "several messages in one are not taken; send each by itself."
MORE = "something follows the message; send each message by itself."
_NOT_2_0 = "it is no JSON-RPC 2.0 request: "
_SURROGATE = re.compile("[\ud800-\udfff]")
_HALF_ESCAPED = re.compile(r"\\u[dD][89a-fA-F]")


class ErrorReply(JSONRPCError):
    """An error that answers any id as it was sent: also half a character, which pydantic does not write."""

    def model_dump_json(self, **_: Any) -> str:
        said = {"code": self.error.code, "message": self.error.message}
        return json.dumps({"jsonrpc": "2.0", "id": self.id, "error": said}, separators=(",", ":"))


@dataclass(frozen=True, slots=True)
class UnreadableMessage:
    """What cannot be taken. `is_asked`: its sender waits for an answer. `is_unfinished`: its end is missing."""

    code: int
    reason: str
    is_asked: bool = False
    id: Id | None = None
    is_unfinished: bool = False

    def reply(self) -> ErrorReply:
        said = ErrorData(code=self.code, message=f"This request cannot be read: {self.reason}")
        return ErrorReply.model_construct(jsonrpc="2.0", id=self.id, error=said)


Said = JSONRPCMessage | UnreadableMessage


def read(raw: bytes) -> list[Said]:
    """Read a line or a body. A message is alone; of what cannot be taken each request is told by itself.

    >>> read(b'{"jsonrpc": "2.0", "id": 7, "method": 5}')
    [UnreadableMessage(code=-32600, reason='it is no JSON-RPC 2.0 request: ...', is_asked=True, id=7)]
    """
    raw = raw.removeprefix(BOM).rstrip(b"\r\n")
    try:
        sent = from_json(raw, allow_inf_nan=False)
    except ValueError as error:
        return list(islice(_unparsed(raw, str(error)), MOST_ANSWERS))
    return list(islice(_judged(sent), MOST_ANSWERS))


def too_long(begins: bytes, ends: bytes, most: str) -> list[UnreadableMessage]:
    """Answer what is not read whole by its beginning and its end, which may tell its id."""
    text = (begins + ends).decode("utf-8", "replace")
    return list(_refused(text, UnreadableMessage(INVALID_REQUEST, f"it is longer than {most}.")))


def _unparsed(raw: bytes, fault: str) -> Iterator[Said]:
    if not raw.strip():
        return
    text, reason = _decoded(raw)
    if not reason and _HALF_ESCAPED.search(text):
        with suppress(ValueError, RecursionError):
            sent = json.loads(text, parse_constant=_no_number)
            whole = from_json(json.dumps(_whole(sent)))  # no deeper than others may be
            yield from list(_judged(sent if _is_request(sent) and _fault(sent) else whole))
            return
    reason = reason or (MORE if fault.startswith("trailing characters") else f"it is no JSON ({fault}).")
    is_unfinished = fault.startswith("EOF") and raw.lstrip().startswith(b"{")
    yield from _refused(text, UnreadableMessage(PARSE_ERROR, reason, is_unfinished=is_unfinished))


def _decoded(raw: bytes) -> tuple[str, str]:
    """Give the text, and what is wrong with its bytes."""
    if raw.count(0) * 3 > len(raw):
        order = "be" if raw.startswith((b"\0", b"\xfe\xff")) else "le"
        text = raw.decode(f"utf-16-{order}", "replace").replace("\0", "").lstrip("\ufeff")
        return text, "it is UTF-16; messages are UTF-8."
    try:
        return raw.decode(), ""
    except UnicodeDecodeError as error:
        return raw.decode("utf-8", "replace"), f"it is no UTF-8 (byte {error.start + 1})."


def _no_number(name: str) -> NoReturn:
    raise ValueError(f"{name} is no number of JSON")


def _refused(text: str, why: UnreadableMessage) -> Iterator[UnreadableMessage]:
    ids = list(ids_in(text))
    if not ids:
        yield why
    for one in ids:
        is_spoiled = isinstance(one, str) and LOST in one
        yield replace(why, is_asked=True, id=None if is_spoiled else one)


def _judged(sent: Any) -> Iterator[Said]:
    if isinstance(sent, dict):
        yield _message(sent)
        return
    requests = [one for one in sent if _is_request(one)] if isinstance(sent, list) else []
    reason = SEVERAL if isinstance(sent, list) and sent else f"{_NOT_2_0}it has to be an object."
    if not requests:
        yield UnreadableMessage(INVALID_REQUEST, reason)
    for one in requests:
        yield UnreadableMessage(INVALID_REQUEST, reason, is_asked=True, id=_id_of(one))


def _message(sent: Mapping[str, Any]) -> Said:
    if _is_response(sent):
        return _response(sent)
    is_asked = "id" in sent
    if fault := _fault(sent):
        return UnreadableMessage(*fault, is_asked=is_asked, id=_id_of(sent))
    return (JSONRPCRequest if is_asked else JSONRPCNotification).model_validate(sent)


def _response(sent: Mapping[str, Any]) -> Said:
    """Take an answer to something we asked; what is none is never answered, or two would answer each other for ever."""
    try:
        return jsonrpc_message_adapter.validate_python({**sent, "method": None}, by_name=False)
    except ValidationError:
        return UnreadableMessage(INVALID_REQUEST, "it is no JSON-RPC 2.0 response.")


def _is_request(sent: Any) -> bool:
    return isinstance(sent, dict) and "id" in sent and not _is_response(sent)


def _is_response(sent: Mapping[str, Any]) -> bool:
    return not sent.get("method") and ("result" in sent or "error" in sent)


def _fault(sent: Mapping[str, Any]) -> tuple[int, str] | None:
    if sent.get("jsonrpc") != "2.0":
        return INVALID_REQUEST, f'{_NOT_2_0}"jsonrpc" has to be "2.0".'
    if "id" in sent and not _is_id(sent["id"]):
        return INVALID_REQUEST, f'{_NOT_2_0}"id" has to be a text or a whole number.'
    if isinstance(sent.get("id"), str) and _SURROGATE.search(sent["id"]):
        return INVALID_REQUEST, f'{_NOT_2_0}"id" holds half a character, such as a cut emoji, which no text may.'
    if not isinstance(sent.get("method"), str):
        return INVALID_REQUEST, f'{_NOT_2_0}"method" has to be a text.'
    if not isinstance(sent.get("params", {}), dict | None):
        return INVALID_PARAMS, '"params" has to be an object.'
    return None


def _id_of(sent: Mapping[str, Any]) -> Id | None:
    return sent["id"] if _is_id(sent.get("id")) else None


def _is_id(value: Any) -> bool:
    return isinstance(value, str) or type(value) is int


def _whole(value: Any) -> Any:
    """Put a sign in the place of each half a character, so that a tool can refuse it in words."""
    if isinstance(value, str):
        return _SURROGATE.sub(HALF, value)
    if isinstance(value, list):
        return [_whole(one) for one in value]
    return {_whole(key): _whole(one) for key, one in value.items()} if isinstance(value, Mapping) else value
