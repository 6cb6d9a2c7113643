"""Requests of every wrong kind, with the id and the code each is answered with, and words of the answer."""

from dataclasses import dataclass

from mcp.types import INVALID_PARAMS, INVALID_REQUEST, PARSE_ERROR

Id = int | str | None
CALL = '{"jsonrpc":"2.0","id":%s,"method":"tools/call","params":{"name":"find_asset","arguments":{"text":%s}}}'
PING = '{"jsonrpc":"2.0","id":%s,"method":"ping"}'
TWO = (PING % 1) + "%s" + (PING % '"two"')
EMOJI = "\N{GRINNING FACE}"


@dataclass(frozen=True)
class Wrong:
    """What is sent, and what each request in it is answered with."""

    sent: bytes
    words: str
    code: int = INVALID_REQUEST
    ids: tuple[Id, ...] = (7,)


def _wrong(sent: str | bytes, words: str, code: int = INVALID_REQUEST, *ids: Id) -> Wrong:
    return Wrong(sent.encode() if isinstance(sent, str) else sent, words, code, ids or (7,))


def _broken(sent: str | bytes, words: str = "it is no JSON (", *ids: Id) -> Wrong:
    return _wrong(sent, words, PARSE_ERROR, *ids)


NO_PARAMS, NO_METHOD = '"params" has to be an object', '"method" has to be a text'
NO_VERSION, NO_ID = '"jsonrpc" has to be "2.0"', '"id" has to be a text or a whole number'
ONE_BY_ONE = "send each message by itself"
ANSWERED: dict[str, Wrong] = {
    "params are a list": _wrong('{"jsonrpc":"2.0","id":7,"method":"ping","params":[1]}', NO_PARAMS, INVALID_PARAMS),
    "params are a text": _wrong('{"jsonrpc":"2.0","id":7,"method":"ping","params":"a"}', NO_PARAMS, INVALID_PARAMS),
    "params are false": _wrong('{"jsonrpc":"2.0","id":7,"method":"x","params":false}', NO_PARAMS, INVALID_PARAMS),
    "the method is a number": _wrong('{"jsonrpc":"2.0","id":7,"method":5}', NO_METHOD),
    "the method is null": _wrong('{"jsonrpc":"2.0","id":7,"method":null}', NO_METHOD),
    "no method": _wrong('{"jsonrpc":"2.0","id":7}', NO_METHOD),
    "an older version": _wrong('{"jsonrpc":"1.0","id":7,"method":"ping"}', NO_VERSION),
    "the version is a number": _wrong('{"jsonrpc":2.0,"id":7,"method":"ping"}', NO_VERSION),
    "no version": _wrong('{"id":7,"method":"tools/list"}', NO_VERSION),
    "an id with a fraction": _wrong(PING % "1.5", NO_ID, INVALID_REQUEST, None),
    "an id of null": _wrong(PING % "null", NO_ID, INVALID_REQUEST, None),
    "an id that is a list": _wrong(PING % "[1]", NO_ID, INVALID_REQUEST, None),
    "an id that is an object": _wrong(PING % '{"id":1}', NO_ID, INVALID_REQUEST, None),
    "an id of true": _wrong(PING % "true", NO_ID, INVALID_REQUEST, None),
    "an id that is no number": _broken(PING % "NaN", "it is no JSON (", None),
    "an id of 5,000 digits": _broken(PING % ("9" * 5_000), "number out of range", None),
    "an id with a nought before it": _broken(PING % "007", "it is no JSON (", None),
    "an id that is cut off": _broken('{"jsonrpc":"2.0","id":"sev', "it is no JSON (", None),
    "an id with half a character": _wrong(PING % r'"a\ud83d"', "holds half a character", INVALID_REQUEST, "a\ud83d"),
    "an id with both halves the wrong way": _broken((PING % r'"\ude00\ud83d"')[:-1], "no JSON", "\ude00\ud83d"),
    "an id with signs": _broken((PING % r'"a\"\\\u0000é"')[:-1], "no JSON", 'a"\\\0é'),
    "an id that is long": _broken((PING % f'"{EMOJI * 9_000}"')[:-1], "no JSON", EMOJI * 9_000),
    "an id of 4,000 digits": _broken((PING % ("9" * 4_000))[:-1], "no JSON", int("9" * 4_000)),
    "an id whose key is escaped": _broken(r'{"jsonrpc":"2.0","\u0069d":7,"method":"ping",}', "trailing comma"),
    "two ids, of which the last holds": _wrong('{"id":1,"id":7,"method":"ping"}', NO_VERSION),
    "its id inside, and at the end": _broken('{"jsonrpc":"2.0","method":"x","params":{"id":1,"a":tru},"id":7}'),
    "its id in quotes": _broken('{"params":{"id":1},"id":"7\\"","method":nul}', "it is no JSON (", '7"'),
    "cut off": _broken('{"jsonrpc":"2.0","id":7,"meth'),
    "a quote too few": _broken('{"jsonrpc":"2.0","method":"x,"id":7}'),
    "a brace too many": _broken(f"{PING % 7}}}", ONE_BY_ONE),
    "single quotes": _broken("{'jsonrpc':'2.0','id':'seven','method':'ping'}", "it is no JSON (", "seven"),
    "no quotes": _broken("{jsonrpc:'2.0', id: 7, method:'ping'}"),
    "words before it": _broken(f"request: {PING % 7}"),
    "words after it": _broken(f"{PING % 7} thanks", ONE_BY_ONE),
    "two after each other": _broken(TWO % "", ONE_BY_ONE, 1, "two"),
    "two with a comma": _broken(TWO % ", ", ONE_BY_ONE, 1, "two"),
    "a batch": _wrong(f"[{TWO % ','}]", "several messages in one", INVALID_REQUEST, 1, "two"),
    "a batch of one": _wrong(f"[{PING % 7}]", "several messages in one are not taken; send each by itself"),
    "a batch of all kinds": _wrong(f"[{PING % 7},{PING % '[]'},1,{{}}]", "several", INVALID_REQUEST, 7, None),
    "a batch that is broken": _broken(f"[{TWO % ','},", "it is no JSON (", 1, "two"),
    "a batch with an answer in it": _wrong(f'[{PING % 7},{{"jsonrpc":"2.0","id":1,"result":{{}}}}]', "several"),
    "deep nesting": _broken(CALL % (7, "[" * 10_000 + "]" * 10_000), "recursion limit"),
    "deep nesting before its id": _broken(f'{{"params":{"[" * 10_000}{"]" * 10_000},"id":7}}', "recursion limit"),
    "deep nesting around half a character": _broken(CALL % (7, "[" * 5_000 + '"\\ud83d"' + "]" * 5_000)),
    "nesting around half a character": _broken(CALL % (7, "[" * 300 + '"\\ud83d"' + "]" * 300)),
    "a number of 5,000 digits": _broken(CALL % (7, "9" * 5_000), "number out of range"),
    "a number that is none": _broken(CALL % (7, "NaN")),
    "one without end": _broken(CALL % (7, "-Infinity")),
    "a sign that no text may hold": _broken(CALL % (7, '"a\x01b"'), "control character"),
    "a NUL in it": _broken(CALL % (7, '"a\0b"'), "control character"),
    "Latin-1": _broken((CALL % (7, '"é"')).encode("latin-1"), "it is no UTF-8 (byte 98)"),
    "an id in Latin-1": _broken((PING % '"é"').encode("latin-1"), "it is no UTF-8", None),
    "UTF-16": _broken((CALL % (7, '"é"')).encode("utf-16-le"), "it is UTF-16; messages are UTF-8"),
    "UTF-16 the other way": _broken((CALL % (7, '"é"')).encode("utf-16-be"), "it is UTF-16"),
    "UTF-16 with its mark": _broken((PING % '"é"').encode("utf-16"), "it is UTF-16", "é"),
    "a mark before it": _broken(f"\ufeff{PING % 7}}}", ONE_BY_ONE),
}

UNANSWERED: dict[str, tuple[str, str]] = {  # what has no id, or is an answer itself, and what is logged
    "words": ("nonsense", "it is no JSON ("),
    "a text": ('"text"', "it has to be an object"),
    "a number": ("7", "it has to be an object"),
    "an empty list": ("[]", "it has to be an object"),
    "a list of nothing": ("[1, null]", "several messages in one"),
    "an empty object": ("{}", NO_VERSION),
    "a notification with a wrong method": ('{"jsonrpc":"2.0","method":5}', NO_METHOD),
    "a notification with wrong params": (
        '{"jsonrpc":"2.0","method":"notifications/cancelled","params":[7]}',
        NO_PARAMS,
    ),
    "a notification without a version": ('{"method":"notifications/initialized"}', NO_VERSION),
    "a notification that is broken": ('{"jsonrpc":"2.0","method":nul}', "it is no JSON ("),
    "an answer of a wrong kind": ('{"jsonrpc":"2.0","id":7,"result":[1]}', "it is no JSON-RPC 2.0 response"),
    "an error of a wrong kind": ('{"jsonrpc":"2.0","id":7,"error":"x"}', "it is no JSON-RPC 2.0 response"),
    "an answer to nobody": ('{"jsonrpc":"2.0","id":[7],"result":{}}', "it is no JSON-RPC 2.0 response"),
    "an answer that is broken": ('{"jsonrpc":"2.0","id":7,"result":nul}', "it is no JSON ("),
}

TAKEN: dict[str, tuple[bytes, Id]] = {  # what is unusual, and right
    "a mark before it": (f"\ufeff{PING % 7}".encode(), 7),
    "a carriage return after it": (f"{PING % 7}\r".encode(), 7),
    "blanks around it": (f" \t{PING % 7} ".encode(), 7),
    "half a character in it": (b'{"jsonrpc":"2.0","id":7,"method":"ping","params":{"\\ud83d":["\\udc00"]}}', 7),
    "an error beside its method": (b'{"jsonrpc":"2.0","id":7,"method":"ping","error":{"code":1,"message":"x"}}', 7),
    "a result beside its method": (b'{"jsonrpc":"2.0","id":7,"method":"ping","result":null}', 7),
    "no params": (b'{"jsonrpc":"2.0","id":7,"method":"ping","params":null}', 7),
    "an empty id": ((PING % '""').encode(), ""),
    "an id below nought": ((PING % "-7").encode(), -7),
    "a large id": ((PING % 2**70).encode(), 2**70),
    "an id of 4,000 digits": ((PING % ("9" * 4_000)).encode(), int("9" * 4_000)),
    "an id of 5,000 digits as text": ((PING % f'"{"9" * 5_000}"').encode(), "9" * 5_000),
    "an id with an emoji": ((PING % r'"\ud83d\ude00"').encode(), EMOJI),
    "an id with signs": ((PING % '"\u2028\\u0000\\"\\\\\\n"').encode(), '\u2028\0"\\\n'),
    "two ids, of which the last holds": (b'{"jsonrpc":"2.0","id":1,"id":7,"method":"ping"}', 7),
}
