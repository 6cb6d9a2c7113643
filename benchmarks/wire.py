"""Raw JSON-RPC over pipes and over keep-alive HTTP: the same for both servers, and nothing of an MCP client in it."""

import asyncio
import json
import re
from asyncio.subprocess import Process
from collections.abc import Awaitable, Callable
from contextlib import suppress
from itertools import count
from time import monotonic
from typing import Any, Protocol, Self

Answer = dict[str, Any]
Connection = tuple[asyncio.StreamReader, asyncio.StreamWriter]
BIGGEST_LINE = 16 * 2**20
IDLE_SECONDS = 2  # the servers close a connection that was idle for five
MODERN = "2026-07-28"
HANDSHAKE = "2025-11-25"
_META = {
    "io.modelcontextprotocol/protocolVersion": MODERN,
    "io.modelcontextprotocol/clientInfo": {"name": "benchmarks", "version": "1"},
    "io.modelcontextprotocol/clientCapabilities": {},
}
_ID = re.compile(rb'"id":(\d+)')
_LENGTH = re.compile(rb"content-length: (\d+)", re.IGNORECASE)


class Wire(Protocol):
    """A connection to a server: a request goes out, the bytes of its answer come back."""

    async def ask(self, method: str, params: Answer) -> bytes: ...


def request(number: int, method: str, params: Answer) -> bytes:
    """Write a request of the modern era, which needs no handshake."""
    whole = {"jsonrpc": "2.0", "id": number, "method": method, "params": params | {"_meta": _META}}
    return json.dumps(whole).encode()


def answer_of(body: bytes) -> Answer:
    """Read an answer in full, and refuse one that is an error."""
    answer: Answer = json.loads(body)
    if "result" not in answer or answer["result"].get("isError"):
        raise RuntimeError(f"the server answered {body[:500]!r}")
    return answer


class Pipes:
    """JSON-RPC lines over the standard input and output of a process; answers are matched by their id.

    >>> async with Pipes(process) as pipes:
    ...     body = await pipes.ask("tools/list", {})
    """

    def __init__(self, process: Process) -> None:
        if process.stdin is None or process.stdout is None:
            raise ValueError("the process needs pipes")
        self._writer, self._reader = process.stdin, process.stdout
        self._waiting: dict[int, asyncio.Future[bytes]] = {}
        self._numbers = count(1)

    async def __aenter__(self) -> Self:
        self._listening = asyncio.create_task(self._listen())
        return self

    async def __aexit__(self, *_: object) -> None:
        self._listening.cancel()
        with suppress(asyncio.CancelledError):
            await self._listening

    async def ask(self, method: str, params: Answer) -> bytes:
        number = next(self._numbers)
        answer: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()
        self._waiting[number] = answer
        self._writer.write(request(number, method, params) + b"\n")
        return await answer

    async def _listen(self) -> None:
        while line := await self._reader.readline():
            found = _ID.search(line, 0, 64)
            if found:
                self._waiting.pop(int(found[1])).set_result(line)
        for answer in self._waiting.values():
            answer.set_exception(ConnectionError("the server is gone"))


class Posts:
    """JSON-RPC as POSTs to /mcp, over as many kept-alive connections as there are requests in flight."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._idle: list[tuple[float, Connection]] = []
        self._numbers = count(1)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        for _since, (_reader, writer) in self._idle:
            writer.close()

    async def ask(self, method: str, params: Answer) -> bytes:
        connection = await self._connection()
        reader, writer = connection
        writer.write(self._post(request(next(self._numbers), method, params), method, params))
        head = await reader.readuntil(b"\r\n\r\n")
        length = _LENGTH.search(head)
        if not head.startswith(b"HTTP/1.1 200 ") or length is None:
            raise ConnectionError(f"the server answered {head!r}")
        body = await reader.readexactly(int(length[1]))
        self._idle.append((monotonic(), connection))
        return body

    async def _connection(self) -> Connection:
        while self._idle:
            since, kept = self._idle.pop()
            if monotonic() - since < IDLE_SECONDS:
                return kept
            kept[1].close()
        return await asyncio.open_connection("127.0.0.1", self._port, limit=BIGGEST_LINE)

    def _post(self, body: bytes, method: str, params: Answer) -> bytes:
        headers = {
            "Host": f"127.0.0.1:{self._port}",
            "Content-Type": "application/json",
            "Accept": "application/json, text/event-stream",
            "MCP-Protocol-Version": MODERN,
            "Mcp-Method": method,
            "Content-Length": str(len(body)),
        } | ({"Mcp-Name": params["name"]} if "name" in params else {})
        lines = ["POST /mcp HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items()), "", ""]
        return "\r\n".join(lines).encode() + body


async def list_at_once(process: Process) -> None:
    """Ask for the tools in the modern era: the first request of all."""
    await _say(process, request(1, "tools/list", {}))
    answer_of(await _hear(process))


async def list_after_handshake(process: Process) -> None:
    """Ask for the tools in the handshake era: initialize, initialized, tools/list."""
    about = {"protocolVersion": HANDSHAKE, "capabilities": {}, "clientInfo": {"name": "benchmarks", "version": "1"}}
    await _say(process, _plain("initialize", about, 1))
    answer_of(await _hear(process))
    await _say(process, _plain("notifications/initialized", {}), _plain("tools/list", {}, 2))
    answer_of(await _hear(process))


HANDSHAKES: dict[str, Callable[[Process], Awaitable[None]]] = {
    MODERN: list_at_once,
    HANDSHAKE: list_after_handshake,
}


def _plain(method: str, params: Answer, number: int | None = None) -> bytes:
    numbered = {} if number is None else {"id": number}
    return json.dumps({"jsonrpc": "2.0", "method": method, "params": params} | numbered).encode()


async def _say(process: Process, *messages: bytes) -> None:
    if process.stdin is None:
        raise ValueError("the process needs pipes")
    process.stdin.writelines(message + b"\n" for message in messages)
    await process.stdin.drain()


async def _hear(process: Process) -> bytes:
    if process.stdout is None:
        raise ValueError("the process needs pipes")
    return await process.stdout.readline()
