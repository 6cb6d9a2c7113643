"""The stdio door in real processes: both eras of the protocol, and a standard output that carries nothing else."""

import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from mcp import Client

from tests.server.conftest import HELLO
from tests.server.unreadable import ANSWERED, CALL, TAKEN, UNANSWERED

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


HALVES = {
    "half a character": '"a \\ud83d"',
    "the other half": '"\\udc00\\ud83d"',
    "half a character as a name": '{"\\ud83d": [["\\udc00"]]}',
}


async def test_every_request_with_an_id_gets_an_answer_and_a_line_without_one_is_logged(program: "Program") -> None:
    talk = await program.having(DATABASE_URL="postgresql://me@127.0.0.1:1/ledger").talk()
    talk.write(
        b"\xef\xbb\xbf" + json.dumps({"jsonrpc": "2.0", "id": 0, "method": "initialize", "params": HELLO}).encode()
    )
    assert (await talk.heard())["result"]["serverInfo"]["name"] == "civitai-engagement"
    for name, wrong in ANSWERED.items():
        talk.write(wrong.sent)
        said = [await talk.heard() for _ in wrong.ids]
        assert [(one["id"], one["error"]["code"]) for one in said] == [(one, wrong.code) for one in wrong.ids], name
        assert wrong.words in said[0]["error"]["message"], name
    for name, text in HALVES.items():
        talk.write((CALL % (7, text)).encode())
        assert "holds half a character, such as a cut emoji, which no text may" in str(await talk.heard()), name
    for name, (sent, number) in TAKEN.items():
        talk.write(sent)
        assert await talk.heard() == {"jsonrpc": "2.0", "id": number, "result": {}}, name
    for nothing, _ in UNANSWERED.values():
        talk.write(nothing.encode())
    assert "result" in await talk.ask("ping")  # and nothing came before
    assert talk.running.said.count("a line that is no message") == len(UNANSWERED)
    assert [words for _, words in UNANSWERED.values() if words not in talk.running.said] == []
    assert "Traceback" not in talk.running.said


async def test_requests_over_several_lines_or_without_a_last_one_are_answered_too(program: "Program") -> None:
    talk = await program.having(DATABASE_URL="postgresql://me@127.0.0.1:1/ledger").talk()
    await talk.greet()
    talk.write(json.dumps({"jsonrpc": "2.0", "id": "spread", "method": "ping", "params": {}}, indent=2).encode())
    assert (await talk.heard())["id"] == "spread"
    assert talk.running.process.stdin
    talk.running.process.stdin.write(
        b'{"jsonrpc":"2.0","id":8,"method":"tools/list"}\n{"jsonrpc":"2.0","id":9,"method":'
    )
    talk.running.process.stdin.write(b'"ping"}')
    talk.running.process.stdin.close()
    said = [await talk.heard() for _ in range(2)]
    assert {one["id"] for one in said if "result" in one} == {8, 9}
    assert await talk.running.ends() == 0


async def test_a_prompt_that_does_not_exist_is_told_in_words(program: "Program") -> None:
    talk = await program.having(DATABASE_URL="postgresql://me@127.0.0.1:1/ledger").talk()
    await talk.greet()
    error = (await talk.ask("prompts/get", name="no such prompt"))["error"]
    assert error["code"] == -32602
    assert error["message"].startswith("There is no prompt 'no such prompt': there are civitai_media_engagement and ")
    assert "Traceback" not in talk.running.said
