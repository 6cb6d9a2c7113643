"""The HTTP door in real processes: who may come in, by which way, and what is said to those who may not."""

import asyncio
import json
import re
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import asyncpg
import httpx
import psutil
import pytest
import uvicorn
from mcp import Client
from mcp.client.sse import sse_client

from civitai_engagement.errors import BadSetup
from civitai_engagement.runtime import Runtime
from civitai_engagement.server import bounds
from civitai_engagement.server.http import config_for, create_app, serve_http
from civitai_engagement.server.tool import names
from civitai_engagement.settings import Settings
from tests.server.unreadable import ANSWERED, TAKEN, UNANSWERED

if TYPE_CHECKING:  # pytest loads it by itself
    from tests.server.conftest import Program, Running

pytestmark = pytest.mark.slow

Tour = Callable[[Client], Awaitable[None]]
Connect = Callable[[str], AbstractAsyncContextManager[Client]]
TOKEN = "correct-horse-battery"
PING = {"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {}}
META = {"protocolVersion": "2026-07-28", "clientInfo": {"name": "test", "version": "1"}, "clientCapabilities": {}}
ACCEPT = {"Accept": "application/json, text/event-stream", "MCP-Protocol-Version": "2025-11-25"}


@asynccontextmanager
async def modern(url: str) -> AsyncIterator[Client]:
    async with Client(f"{url}/mcp") as client:
        assert client.protocol_version == "2026-07-28"
        yield client


@asynccontextmanager
async def legacy(url: str) -> AsyncIterator[Client]:
    async with Client(f"{url}/mcp", mode="legacy") as client:
        assert client.protocol_version == "2025-11-25"
        yield client


@asynccontextmanager
async def sse(url: str) -> AsyncIterator[Client]:
    async with Client(sse_client(f"{url}/sse")) as client:
        yield client


@asynccontextmanager
async def door(home: Path, **settings: str) -> AsyncIterator[httpx.AsyncClient]:
    """A plain HTTP client of the same application, without the socket: for what is decided before any tool runs."""
    app = create_app(Runtime(Settings.model_validate({"home": home, **settings})))
    transport = httpx.ASGITransport(app=app)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8000", headers=ACCEPT) as client,
    ):
        yield client


@pytest.mark.parametrize("connect", [modern, legacy, sse])
async def test_a_client_of_any_kind_gets_everything(
    program: "Program", furnished: Path, tour: Tour, connect: Connect
) -> None:
    _, url = await program.serve_http()
    async with connect(url) as client:
        await tour(client)


async def test_all_clients_of_one_process_share_one_pool(program: "Program", database_url: str) -> None:
    running, url = await program.having(DATABASE_URL=database_url).serve_http()
    async with AsyncExitStack() as stack:
        clients = [await stack.enter_async_context(connect(url)) for connect in (sse, sse, modern, legacy)]
        for client in clients:
            assert not (await client.call_tool("list_civitai_posts", {})).is_error
        assert await connections_to(database_url) == 1
    await stopped(running)


async def test_it_listens_on_loopback_only_unless_told_otherwise(program: "Program") -> None:
    running, _ = await program.serve_http()
    listening = [one for one in psutil.Process(running.process.pid).net_connections("tcp") if one.status == "LISTEN"]
    assert [one.laddr.ip for one in listening] == ["127.0.0.1"]


async def test_a_web_page_that_rebinds_its_name_is_not_let_in(tmp_path: Path) -> None:
    async with door(tmp_path) as client:
        host = await client.post("/mcp", json=PING, headers={"Host": "evil.example.com"})
        origin = await client.post("/mcp", json=PING, headers={"Origin": "https://evil.example.com"})
        broken = await client.post("/mcp", content=b"{", headers={"Origin": "https://evil.example.com"})
        usual = await client.post("/mcp", json=PING, headers={"Origin": "http://localhost:8000"})
    assert [one.status_code for one in (host, origin, broken, usual)] == [421, 403, 403, 200]


async def test_a_body_over_the_limit_is_refused_and_the_next_one_answered(tmp_path: Path) -> None:
    long = PING | {"params": {"cursor": "x" * 5_000_000}}
    async with door(tmp_path) as client:
        for huge in (json.dumps(long), json.dumps(dict(reversed(long.items())))):
            refused = await client.post("/mcp", content=huge, headers={"Content-Type": "application/json"})
            assert (refused.status_code, refused.json()["id"]) == (413, 1)
            assert refused.json()["error"]["message"] == "This request cannot be read: it is longer than 4 MiB."
        answered = await client.post("/mcp", json=PING)
    assert answered.status_code == 200


def called(name: str, **headers: str) -> dict[str, Any]:
    """A call of protocol 2026-07-28 as a client sends it that takes plain JSON and no stream."""
    meta = {f"io.modelcontextprotocol/{key}": value for key, value in META.items()}
    params = {"name": name, "arguments": {}, "_meta": meta}
    told = {"Accept": "application/json", "MCP-Protocol-Version": "2026-07-28", "Mcp-Method": "tools/call"}
    return {"json": PING | {"method": "tools/call", "params": params}, "headers": told | {"Mcp-Name": name} | headers}


async def test_a_brief_call_needs_no_stream_and_one_that_may_take_long_has_one(
    tmp_path: Path, database_url: str
) -> None:
    async with door(tmp_path, database_url=database_url) as client:
        codes = {name: (await client.post("/mcp", **called(name))).status_code for name in names()}
    long = {"audit_library", "calculate_sha256", "create_asset", "fetch_civitai_post_assets", "get_top_media"}
    assert {name for name, code in codes.items() if code == 406} == long | {
        "read_comments",
        "record_civitai_post",
        "sync_post_asset_stats",
        "watch_creator",  # looks at once
        "watch_post",
    }
    assert set(codes.values()) == {200, 406}


async def test_a_brief_call_passes_the_same_guards(tmp_path: Path) -> None:
    async with door(tmp_path, token=TOKEN) as client:
        bearer = {"Authorization": f"Bearer {TOKEN}"}
        guide = "get_workflow_guide"
        answers = [
            await client.post("/mcp", **called(guide)),
            await client.post("/mcp", **called(guide, Host="evil.example.com", **bearer)),
            await client.post("/mcp", **called("delete_recording", **bearer | {"Mcp-Name": guide})),
            await client.get("/mcp", headers=called(guide, **bearer)["headers"]),
            await client.post("/mcp", **called(guide, **bearer)),
        ]
    assert [answer.status_code for answer in answers] == [401, 421, 400, 405, 200]
    assert answers[-1].json()["result"]["structuredContent"]["guide"]


async def test_who_records_many_posts_hears_of_each(program: "Program", furnished: Path) -> None:
    heard: list[tuple[float, float | None]] = []

    async def hear(progress: float, total: float | None, message: str | None) -> None:
        assert message
        heard.append((progress, total))

    _, url = await program.serve_http()
    async with modern(url) as client:
        await client.call_tool("record_civitai_post", {"posts": ["77", "78"]}, progress_callback=hear)
    assert heard == [(1, 2), (2, 2)]


@pytest.mark.parametrize("blanks", [" ", "\t", " \t "])
async def test_blanks_around_a_header_s_value_are_none_of_it(tmp_path: Path, blanks: str) -> None:
    told = called("get_media_engagement_guide")
    padded = [(name.encode(), f"{blanks}{value}{blanks}".encode()) for name, value in told["headers"].items()]
    async with door(tmp_path, token=TOKEN) as client:
        bearer = (b"Authorization", f"Bearer {TOKEN}{blanks}".encode())
        answer = await client.post("/mcp", json=told["json"], headers=[*padded, bearer])
    assert answer.status_code == 200


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER", "Bearer "])
async def test_the_scheme_of_the_token_may_be_written_in_any_case(tmp_path: Path, scheme: str) -> None:
    async with door(tmp_path, token=TOKEN) as client:
        answer = await client.post("/mcp", json=PING, headers={"Authorization": f"{scheme} {TOKEN}"})
    assert answer.status_code == 200


@pytest.mark.parametrize("token", ["two words", "schlüssel", "line\nbreak", " edge", "tab\t"])
async def test_a_token_that_no_header_may_carry_is_refused_at_the_start(tmp_path: Path, token: str) -> None:
    runtime = Runtime(Settings.model_validate({"home": tmp_path, "token": token}))
    with pytest.raises(BadSetup, match="CIVITAI_ENGAGEMENT_TOKEN holds a blank or a letter"):
        await serve_http(runtime, host="127.0.0.1", port=0)


async def test_those_who_watch_name_a_known_host_and_live_is_open_to_all(tmp_path: Path) -> None:
    async with door(tmp_path, allowed_hosts="server") as client:
        codes = {
            (path, host): (await client.get(path, headers={"Host": host})).status_code
            for path in ("/health", "/metrics", "/live")
            for host in ("evil.example.com", "127.0.0.1:8000", "localhost", "server:8000", "10.0.0.9:8000")
        }
        said = (await client.get("/live")).json()
    refused = {pair for pair, code in codes.items() if code == 421}
    assert refused == {
        (path, host) for path, host in codes if path != "/live" and host in ("evil.example.com", "10.0.0.9:8000")
    }
    assert said["status"] == "alive"


async def test_live_is_open_without_the_token_and_without_a_database(tmp_path: Path) -> None:
    async with door(tmp_path, token=TOKEN, database_url="postgresql://me@127.0.0.1:1/none") as client:
        assert (await client.get("/live")).status_code == 200


async def test_a_browser_may_call_from_an_origin_that_a_setting_names_and_from_no_other(tmp_path: Path) -> None:
    asks = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization,mcp-name"}
    async with door(tmp_path, token=TOKEN, allowed_origins="https://chat.example.com") as client:
        for origin, is_let_in in (("https://chat.example.com", True), ("https://evil.example.com", False)):
            before = await client.options("/mcp", headers=asks | {"Origin": origin})
            bearer = {"Authorization": f"Bearer {TOKEN}", "Origin": origin}
            answer = await client.post("/mcp", json=PING, headers=bearer)
            assert (before.status_code == 200) is is_let_in
            assert (answer.status_code == 200) is is_let_in
            assert answer.headers.get("Access-Control-Allow-Origin") == (origin if is_let_in else None)


CHAT, INSPECTOR = "https://chat.example.com", "http://localhost:6274"
STRANGERS = ("https://evil.example.com", f"{CHAT}.evil.com", "http://chat.example.com", f"{CHAT}:444", "null")


async def test_over_a_socket_each_named_origin_may_call_also_this_machine_and_no_other(program: "Program") -> None:
    running, url = await program.having(ALLOWED_ORIGINS=f"{CHAT}, {INSPECTOR}", TOKEN=TOKEN).serve_http()
    asks = {"Access-Control-Request-Headers": "authorization, mcp-method", "Access-Control-Request-Method": "POST"}
    asks["Access-Control-Request-Private-Network"] = "true"
    sent = ACCEPT | {"Authorization": f"Bearer {TOKEN}"}
    async with httpx.AsyncClient(base_url=url, headers=sent) as client:
        for origin, code in {**dict.fromkeys((CHAT, INSPECTOR), 200), **dict.fromkeys(STRANGERS, 403)}.items():
            before = await client.options("/mcp", headers=asks | {"Origin": origin})
            answer = await client.post("/mcp", json=PING, headers={"Origin": origin})
            told = [one.headers.get("Access-Control-Allow-Origin") for one in (before, answer)]
            is_let_in = code == 200
            assert (before.status_code, answer.status_code) == (200 if is_let_in else 400, code)
            assert told == [origin if is_let_in else None] * 2
            assert not is_let_in or before.headers["Access-Control-Allow-Private-Network"] == "true"
        unknown = await client.post("/mcp", json=PING, headers={"Origin": CHAT, "Authorization": "Bearer x"})
    assert (unknown.status_code, unknown.headers["Access-Control-Allow-Origin"]) == (401, CHAT)
    await stopped(running)


async def test_no_browser_may_call_unless_a_setting_says_so(tmp_path: Path) -> None:
    async with door(tmp_path) as client:
        answer = await client.post("/mcp", json=PING, headers={"Origin": "http://localhost:6274"})
    assert "Access-Control-Allow-Origin" not in answer.headers


@pytest.mark.parametrize("origins", ["*", "https://a.example/", "a.example.com", "https://a.example/path", "null"])
def test_an_origin_is_a_scheme_and_a_host(origins: str) -> None:
    with pytest.raises(ValueError, match="pass origins such as"):
        Settings(_env_file=None, allowed_origins=origins)


ERAS: dict[str, dict[str, str]] = {
    "handshake": {},
    "modern": {"MCP-Protocol-Version": "2026-07-28", "Mcp-Method": "tools/call", "Mcp-Name": "find_asset"},
}


@pytest.mark.parametrize("path", ["/mcp", "/messages/?session_id=" + "0" * 32])
@pytest.mark.parametrize("era", ERAS)
async def test_what_cannot_be_read_is_answered_over_http_as_it_is_over_stdio(
    tmp_path: Path, path: str, era: str
) -> None:
    headers = {"Content-Type": "application/json", **ERAS[era]}
    async with door(tmp_path) as client:
        for name, wrong in ANSWERED.items():
            answer = await client.post(path, content=wrong.sent, headers=headers)
            told = answer.json() if len(wrong.ids) > 1 else [answer.json()]
            assert answer.status_code == 400, name
            assert [(one["id"], one["error"]["code"]) for one in told] == [(one, wrong.code) for one in wrong.ids]
            assert wrong.words in told[0]["error"]["message"], name
        for name, (sent, words) in UNANSWERED.items():
            answer = await client.post(path, content=sent, headers=headers)
            assert (answer.status_code, answer.json()["id"]) == (400, None), name
            assert words in answer.json()["error"]["message"], name
        assert "it is empty" in (await client.post(path, content=b"", headers=headers)).text


async def test_what_is_unusual_and_right_is_taken_over_http(tmp_path: Path) -> None:
    async with door(tmp_path) as client:
        for name, (sent, number) in TAKEN.items():
            answer = await client.post("/mcp", content=sent, headers={"Content-Type": "application/json"})
            [data] = [row for row in answer.text.split("\r\n") if row.startswith("data: ")]
            assert json.loads(data[6:]) == {"jsonrpc": "2.0", "id": number, "result": {}}, name


async def test_half_a_character_is_refused_by_the_tool_that_gets_it(tmp_path: Path) -> None:
    async with door(tmp_path) as client:
        for era in ERAS.values():
            sent = json.dumps(called("find_asset")["json"] | {"id": 7}).replace("{}", '{"text": "a \\ud83d"}', 1)
            answer = await client.post("/mcp", content=sent, headers={"Content-Type": "application/json", **era})
            assert "holds half a character, such as a cut emoji, which no text may" in answer.text


@asynccontextmanager
async def bounded(home: Path, host: str) -> AsyncIterator[int]:
    """Serve in this process as for a host; give the port."""
    runtime = Runtime(Settings.model_validate({"home": home, "token": TOKEN}))
    config = config_for(create_app(runtime), host)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = uvicorn.Server(config)
        serving = asyncio.create_task(server.serve(sockets=[listener]))
        yield listener.getsockname()[1]
        server.should_exit = True
        await serving


async def test_beyond_loopback_headers_are_bounded_in_size_and_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bounds, "HEAD_WITHIN", 0.5)
    async with bounded(tmp_path, "0.0.0.0") as port:
        large = b"GET /live HTTP/1.1\r\nHost: x\r\n" + b"X: " + b"x" * 70_000 + b"\r\n\r\n"
        assert b" 431 " in await sent(port, large)
        assert b" 431 " in await sent(port, b"GET /live HTTP/1.1\r\n" + b"X: x\r\n" * 20_000)
        assert b" 431 " in await sent(port, b"GET /live HTTP/1.1\r\n" + b"X: x\r\n" * 20_000 + b"\r\n")
        assert b" 200 " not in await sent(port, b"GET /live?" + b"x" * 200_000 + b" HTTP/1.1\r\n\r\n")
        assert b" 200 " in await sent(port, b"GET /live HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        assert b" 408 " in await sent(port, b"GET /live HTTP/1.1\r\nHost: x\r\n")
        assert b" 408 " in await sent(port, b"")


def test_only_beyond_loopback_are_requests_bounded(tmp_path: Path) -> None:
    app = create_app(Runtime(Settings.model_validate({"home": tmp_path})))
    chosen = {host: config_for(app, host).http for host in ("127.0.0.1", "localhost", "::1", "0.0.0.0", "192.0.2.1")}
    assert [host for host, protocol in chosen.items() if protocol is bounds.BoundedProtocol] == ["0.0.0.0", "192.0.2.1"]


async def sent(port: int, request: bytes) -> bytes:
    """Send bytes, and give all that comes back until the other side closes."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(request)
    try:
        async with asyncio.timeout(120):
            return await reader.read()
    except ConnectionResetError:
        return b""
    finally:
        writer.close()


@pytest.mark.slow
async def test_ids_of_sse_sessions_are_in_no_log(program: "Program", furnished: Path) -> None:
    running, url = await program.having(LOG_LEVEL="DEBUG").serve_http()
    async with sse(url) as client:
        await client.call_tool("get_media_engagement_guide", {})
    await stopped(running)
    assert "/messages/" in running.said
    assert not re.search(r"session_id=[0-9a-f]", running.said)
    assert not re.search(r"(?i)session[^\n]*[0-9a-f]{32}|[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}", running.said)


@pytest.mark.parametrize("path", ["/mcp", "/sse", "/messages/", "/nowhere", "//health", "/health/"])
@pytest.mark.parametrize("sent", ["", TOKEN, f"Bearer {TOKEN}x", "Bearer ", "Bearer é", f"Basic {TOKEN}"])
async def test_nothing_but_health_is_open_without_the_token(tmp_path: Path, path: str, sent: str) -> None:
    async with door(tmp_path, token=TOKEN) as client:
        answer = await client.post(path, json=PING, headers=[(b"Authorization", sent.encode())])
        assert (answer.status_code, answer.headers["WWW-Authenticate"]) == (401, "Bearer")
        assert (await client.get("/health")).json()["status"] == "ok"


async def test_with_the_token_a_named_host_is_let_in_and_no_other(tmp_path: Path) -> None:
    bearer = {"Authorization": f"Bearer {TOKEN}"}
    async with door(tmp_path, token=TOKEN, allowed_hosts="mcp.example.com, other") as client:
        answers = [
            (await client.post("/mcp", json=PING, headers=bearer | {"Host": host})).status_code
            for host in ("mcp.example.com", "mcp.example.com:8443", "other", "127.0.0.1:8000", "example.com")
        ]
    assert answers == [200, 200, 200, 200, 421]


@pytest.mark.parametrize(
    ("host", "code"),
    [
        ("LOCALHOST:8000", 200),
        ("mcp.example.com", 200),
        ("MCP.Example.COM:8443", 200),
        ("[::1]:8000", 200),
        ("localhost:evil.example.com", 421),
        ("localhost:80@evil.example.com", 421),
        ("localhost:", 421),
        ("localhost:8000:8000", 421),
        ("localhost/evil", 421),
        ("", 421),
    ],
)
async def test_a_host_is_a_name_in_any_case_and_perhaps_a_port(tmp_path: Path, host: str, code: int) -> None:
    async with door(tmp_path, allowed_hosts="Mcp.example.com", allowed_origins="https://Chat.example.com") as client:
        for method, path in (("POST", "/mcp"), ("GET", "/health")):
            headers = {"Host": host, "Origin": "https://chat.example.com"}
            answer = await client.request(method, path, json=PING, headers=headers)
            assert answer.status_code == code
            assert answer.headers["Access-Control-Allow-Origin"] == "https://chat.example.com"
        twice = [("Host", "localhost"), ("Host", host), *ACCEPT.items()]
        assert (await client.post("/mcp", json=PING, headers=twice)).status_code == 421


async def test_it_refuses_to_serve_the_network_without_a_token(program: "Program") -> None:
    assert await refusal(program, "serve", "--transport", "http", "--host", "0.0.0.0") == (
        "Refusing to listen on 0.0.0.0 without a token: anybody who reaches it could use it. "
        "Set CIVITAI_ENGAGEMENT_TOKEN, or listen on 127.0.0.1."
    )


@pytest.mark.parametrize("host", ["192.0.2.1", "mcp.example.com", "::"])
async def test_any_address_but_loopback_needs_a_token(tmp_path: Path, host: str) -> None:
    runtime = Runtime(Settings.model_validate({"home": tmp_path}))
    with pytest.raises(BadSetup, match="without a token"):
        await serve_http(runtime, host=host, port=0)


@pytest.mark.parametrize("host", ["localhost", "127.0.0.2"])
async def test_loopback_by_any_name_needs_no_token(tmp_path: Path, host: str) -> None:
    runtime = Runtime(Settings.model_validate({"home": tmp_path}))
    with socket.create_server((host, 0)) as taken, pytest.raises(BadSetup, match=f"Cannot listen on {host}:"):
        await serve_http(runtime, host=host, port=taken.getsockname()[1])


async def test_a_taken_port_is_said_in_one_line(program: "Program") -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        line = await refusal(program, "serve", "--transport", "sse", "--port", str(port))
    assert line.startswith(f"Cannot listen on 127.0.0.1:{port}: Address already in use.")


async def test_the_database_is_started_before_anybody_asks_for_it(program: "Program", furnished: Path) -> None:
    _, url = await program.serve_http()
    async with httpx.AsyncClient(base_url=url) as client, asyncio.timeout(120):
        while (await client.get("/health")).json()["database"] != "ready":  # noqa: ASYNC110 # another process
            await asyncio.sleep(0.05)


async def refusal(program: "Program", *arguments: str) -> str:
    """Run a command that must fail with exit code 1 and one line; give the line."""
    code, printed, said = await program.run(*arguments)
    assert (code, printed) == (1, "")
    [line] = said.splitlines()
    return line


async def connections_to(url: str) -> int:
    connection = await asyncpg.connect(url)
    try:
        ours = "select count(*) from pg_stat_activity where datname = current_database() and application_name = $1"
        number: int = await connection.fetchval(ours, "civitai-engagement")
    finally:
        await connection.close()
    return number


async def stopped(running: "Running") -> None:
    running.process.terminate()
    await running.ends()
