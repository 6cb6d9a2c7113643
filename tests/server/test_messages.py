"""What a line or a body is: a message, or what cannot be taken, with the id of each request in it that waits."""

import json

import pytest
from mcp.types import JSONRPCNotification, JSONRPCRequest

from civitai_engagement.server.lines import LONGEST_SPREAD, Line, MessageReader
from civitai_engagement.server.messages import MOST_ANSWERS, UnreadableMessage, read, too_long
from tests.server.unreadable import ANSWERED, CALL, PING, TAKEN, UNANSWERED, Id


@pytest.mark.parametrize("name", ANSWERED)
def test_each_request_that_cannot_be_read_is_answered_with_its_id(name: str) -> None:
    wrong = ANSWERED[name]
    replies = [
        json.loads(one.reply().model_dump_json()) for one in read(wrong.sent) if isinstance(one, UnreadableMessage)
    ]
    assert [(reply["id"], reply["error"]["code"]) for reply in replies] == [(one, wrong.code) for one in wrong.ids]
    assert all(wrong.words in reply["error"]["message"] for reply in replies)


@pytest.mark.parametrize("name", UNANSWERED)
def test_what_has_no_id_or_is_an_answer_waits_for_none(name: str) -> None:
    sent, words = UNANSWERED[name]
    [one] = read(sent.encode())
    assert isinstance(one, UnreadableMessage)
    assert not one.is_asked
    assert words in one.reason


@pytest.mark.parametrize("name", TAKEN)
def test_what_is_unusual_and_right_is_taken(name: str) -> None:
    sent, number = TAKEN[name]
    [one] = read(sent)
    assert isinstance(one, JSONRPCRequest)
    assert (one.id, one.method) == (number, "ping")


@pytest.mark.parametrize("blank", [b"", b"\n", b"\r\n", b" \t\n", b"\xef\xbb\xbf\n"])
def test_a_blank_line_is_nothing(blank: bytes) -> None:
    assert read(blank) == []


@pytest.mark.parametrize(
    "sent", [b'{"id":"' + b'"a\\' * 500_000, b"{" * 1_000_000, b'"id":"' * 200_000, b"{id:" * 200_000]
)
def test_no_text_takes_longer_to_search_than_its_length_asks_for(sent: bytes) -> None:
    [one] = read(sent)  # or this test's time is up
    assert isinstance(one, UnreadableMessage)


def test_a_line_of_very_many_requests_gets_so_many_answers_and_no_more() -> None:
    assert len(read(b"[" + b",".join([b'{"id":1}'] * 2_000) + b"]")) == MOST_ANSWERS


@pytest.mark.parametrize(
    ("begins", "ends", "number"),
    [
        ('{"id": 7, "params": "xx', 'xx", "jsonrpc": "2.0"}', 7),
        ('{"params": {"id": 1, "text": "xx', 'xx"}, "jsonrpc": "2.0", "id": "last"}\n', "last"),
        ('{"params": "x', "x", None),
    ],
)
def test_what_is_too_long_is_answered_by_its_beginning_or_its_end(begins: str, ends: str, number: Id) -> None:
    [one] = too_long(begins.encode(), ends.encode(), "4 MiB")
    assert (one.id, one.is_asked, one.reason) == (number, number is not None, "it is longer than 4 MiB.")


PRETTY = json.dumps({"jsonrpc": "2.0", "id": 7, "method": "ping", "params": {"list": [{"id": 1}, {}]}}, indent=2)


def heard(*lines: str) -> list[Id | str]:
    """Give the ids that are answered or taken, and what is logged as text, in order."""
    reader = MessageReader()
    said = [one for line in lines for one in reader.line(Line(line.encode() + b"\n"))] + reader.end()
    return [
        f"logged: {one.code}"
        if isinstance(one, UnreadableMessage) and not one.is_asked
        else f"told {one.method}"
        if isinstance(one, JSONRPCNotification)
        else getattr(one, "id", None)
        for one in said
    ]


def test_a_message_over_several_lines_is_one() -> None:
    assert heard(*PRETTY.splitlines(), PING % 8) == [7, 8]
    assert heard("{", "", PING[1:] % 7) == [7]


def test_what_begins_and_never_ends_does_not_swallow_what_follows() -> None:
    assert heard("{", PING % 8) == ["logged: -32700", 8]
    assert heard('{"jsonrpc": "2.0", "method": "notif', PING % 8, PING % 9) == ["logged: -32700", 8, 9]
    assert heard("{", PING[:-1] % 8) == ["logged: -32700", 8]
    assert heard("{", '"id": 7,') == [7]
    assert heard("{", '"jsonrpc": "2.0",', '"method": "notifications/initialized"', "}") == [
        "told notifications/initialized"
    ]


def test_what_is_spread_over_very_many_lines_is_given_up() -> None:
    line = f'"{"x" * 1_000}": 1,'
    count = LONGEST_SPREAD // len(line)
    said = heard("{", *[line] * (count + 1), PING % 8)
    assert said[-1] == 8
    assert set(said[:-1]) == {"logged: -32700"}


def test_a_request_that_tells_its_id_is_answered_without_waiting_for_more() -> None:
    reader = MessageReader()
    [one] = reader.line(Line((CALL % (7, '"x"'))[:40].encode() + b"\n"))
    assert isinstance(one, UnreadableMessage)
    assert one.id == 7
