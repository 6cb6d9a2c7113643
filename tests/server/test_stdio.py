"""The stdio door in real processes: both eras of the protocol, and a standard output that carries nothing else."""

import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from mcp import Client

from tests.server.conftest import HELLO

if TYPE_CHECKING:  # pytest loads it by itself
    from tests.server.conftest import Era, Program

pytestmark = pytest.mark.slow

Tour = Callable[[Client], Awaitable[None]]


@pytest.mark.parametrize(("era", "version"), [("auto", "2026-07-28"), ("legacy", "2025-11-25")])
async def test_a_client_of_either_era_gets_everything(
    program: "Program", furnished: Path, tour: Tour, era: "Era", version: str
) -> None:
    async with program.client(era) as client:
        assert client.protocol_version == version
        await tour(client)


async def test_standard_output_carries_only_protocol_while_things_go_wrong(
    program: "Program", furnished: Path, civitai: str
) -> None:
    talk = await program.having(LOG_LEVEL="DEBUG", LIVE_PATIENCE="PT1S").talk()
    await talk.greet()
    for line in (b"{broken", b"", b"[]", b'"text"', b"\xff\xfe", b'{"jsonrpc": "1.0", "id": 9}', b"null"):
        talk.write(line)
    async with httpx.AsyncClient(base_url=civitai) as door:
        await door.post("/__sandbox/faults", json={"fault": "internal-error"})
    failures = [
        await talk.call("fetch_civitai_post_assets", post_id=77),
        await talk.call("fetch_civitai_post_assets", post_id="not an id"),
        await talk.call("fetch_civitai_post_assets", post_id=77, limit=1000),
        await talk.call("fetch_civitai_post_assets", post=77),
        await talk.call("no_such_tool"),
    ]
    unknown = await talk.ask("no/such/method")
    kept = await talk.call("list_civitai_posts")
    assert [failure["isError"] for failure in failures] == [True] * 5
    assert "error" in unknown
    assert not kept["isError"]
    assert {json.loads(line)["jsonrpc"] for line in talk.lines} == {"2.0"}
    assert " DEBUG " in talk.running.said


async def test_a_failed_call_says_in_plain_words_what_to_do(program: "Program", furnished: Path) -> None:
    talk = await program.talk()
    await talk.greet()
    assert words(await talk.call("fetch_civitai_post_assets", post=77)).startswith(
        "fetch_civitai_post_assets has no parameter 'post': did you mean 'post_id'?"
    )
    assert "Traceback" not in talk.running.said


async def test_a_resource_that_cannot_be_read_says_why(program: "Program") -> None:
    talk = await program.having(DATABASE_URL="postgresql://me@127.0.0.1:1/ledger").talk()
    await talk.greet()
    post = (await talk.ask("resources/read", uri="post://lighthouse"))["error"]
    image = (await talk.ask("resources/read", uri="image://100000001"))["error"]
    assert (post["code"], image["code"]) == (-32602, -32603)
    assert post["message"].startswith("'lighthouse' is neither an id nor a URL.")
    assert image["message"].startswith("The database at 127.0.0.1:1 does not answer. Try again")


async def test_secrets_are_in_no_output_at_the_most_talkative_level(
    program: "Program", database_url: str, civitai: str
) -> None:
    secrets = {"CIVITAI_API_KEY": "key-4f1c0ffee", "TOKEN": "token-4f1c0ffee"}
    url = f"{database_url}&password=pass-4f1c0ffee"
    talk = await program.having(LOG_LEVEL="DEBUG", LIVE_PATIENCE="PT1S", DATABASE_URL=url, **secrets).talk()
    await talk.greet()
    assert not (await talk.call("record_civitai_post", posts=[77]))["isError"]
    async with httpx.AsyncClient(base_url=civitai) as door:
        for fault in ("edge-403", "reset", "internal-error"):
            await door.post("/__sandbox/faults", json={"fault": fault, "times": 2})
            await talk.call("fetch_civitai_post_assets", post_id=88)
    await talk.running.ends_on_eof()
    everything = talk.running.said + b"".join(talk.lines).decode()
    assert "4f1c0ffee" not in everything
    assert " DEBUG " in everything


def words(result: dict[str, Any]) -> str:
    text: str = result["content"][0]["text"]
    return text


CALL = '{"jsonrpc":"2.0","id":%s,"method":"tools/call","params":{"name":"find_asset","arguments":{"text":%s}}}'
UNREADABLE = {
    "half a character": (CALL % ("7", '"a \\ud83d"'), "holds half a character, such as a cut emoji, which no text may"),
    "the other half": (CALL % ("7", '"\\udc00\\ud83d"'), "holds half a character"),
    "half a character as a name": (CALL % ("7", '{"\\ud83d": [["\\udc00"]]}'), "holds half a character"),
    "half a character in its id": (CALL % ('"\\ud83d"', '"x"'), None),
    "deep nesting": (CALL % ("7", "[" * 5_000 + "]" * 5_000), "cannot be read: it is no JSON (recursion limit"),
    "a long number": (CALL % ("7", "9" * 5_000), "cannot be read: it is no JSON (number out of range"),
    "a broken line": ('{"jsonrpc":"2.0","id":7,"method":"tools/list","params":{', "cannot be read: it is no JSON"),
    "its id at the end": ('{"jsonrpc":"2.0","method":"x","params":{"id":1,"a":tru},"id":7}', "it is no JSON"),
    "its id in quotes": ('{"params":{"id":1},"id":"7\\"","method":nul}', None),
    "no method": ('{"jsonrpc":"2.0","id":7}', "it is no JSON-RPC 2.0 request"),
    "no version": ('{"id":7,"method":"tools/list"}', "it is no JSON-RPC 2.0 request"),
    "several in one": ('[{"jsonrpc":"2.0","id":7,"method":"ping"}]', "several messages in one line are not taken"),
    "a mark before it": ("\ufeff" + CALL % ("7", '""'), "find_asset needs a criterion"),
}


async def test_every_request_with_an_id_gets_an_answer_and_a_line_without_one_is_logged(program: "Program") -> None:
    talk = await program.having(DATABASE_URL="postgresql://me@127.0.0.1:1/ledger").talk()
    talk.write(
        b"\xef\xbb\xbf" + json.dumps({"jsonrpc": "2.0", "id": 0, "method": "initialize", "params": HELLO}).encode()
    )
    assert (await talk.heard())["result"]["serverInfo"]["name"] == "civitai-engagement"
    for name, (line, words) in UNREADABLE.items():
        talk.write(line.encode())
        answer = await talk.heard()
        assert answer["id"] in {7, '7"', "\uffff"}, name
        assert (words or "") in str(answer), name
    talk.write(b"nonsense")
    await talk.running.says("a line that is no message reason='it is no JSON")
    assert "result" in await talk.ask("ping")
    assert "Traceback" not in talk.running.said
