"""Standard input and output, between us and the client that started us, waited for by the loop itself.

The SDK reads and writes them in threads, three for each call, which takes as long as all the rest of a small answer.
"""

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from io import FileIO
from stat import S_ISFIFO, S_ISSOCK
from typing import Any

from mcp.server import MCPServer
from mcp.server.stdio import stdio_server
from mcp.types import Tool as ListedTool

from civitai_engagement.runtime import Runtime
from civitai_engagement.server.replies import SEARCHED, Heard

STDIN, STDOUT, STDERR = 0, 1, 2
UNREAD_SECONDS = 5.0  # so long a client that has closed our input may take to read what it was sent
LONGEST_LINE = 64 * 2**20  # bytes


class PipedServer(MCPServer[Runtime]):
    """The SDK's server; over stdio without threads where the loop can wait. `unlisted` tools answer all the same."""

    unlisted: frozenset[str] = frozenset()

    async def list_tools(self) -> list[ListedTool]:
        return [tool for tool in await super().list_tools() if tool.name not in self.unlisted]

    async def run_stdio_async(self) -> None:
        if can_be_waited_for():
            async with _taken_over() as (lines, output), stdio_server(lines, output) as (reading, writing):
                await self._talk(reading, writing)
        else:
            async with stdio_server() as (reading, writing):
                await self._talk(reading, writing)

    async def _talk(self, reading: Any, writing: Any) -> None:
        server = self._lowlevel_server
        await server.run(Heard(reading, writing), writing, server.create_initialization_options())


class ClientLines:
    """The lines a client sends, until it closes."""

    def __init__(self, reader: asyncio.StreamReader, at_end: Callable[[], object] = bool) -> None:
        self._reader = reader
        self._at_end = at_end

    def __aiter__(self) -> "ClientLines":
        return self

    async def __anext__(self) -> str:
        line = await self._line()
        if not line:
            self._at_end()
            raise StopAsyncIteration
        return line.decode("utf-8", "replace")

    async def _line(self) -> bytes:
        """Give a line; of one that is too long its beginning, which is no JSON, but may tell whom to answer."""
        beginning = b""
        while True:
            try:
                rest = await self._reader.readuntil(b"\n")
            except asyncio.IncompleteReadError as error:
                rest = error.partial
            except asyncio.LimitOverrunError as error:
                part = await self._reader.readexactly(error.consumed)
                beginning = beginning or part[:-1][:SEARCHED]
                continue
            return beginning or rest


class Output:
    """What a client is sent; `flush` returns when its pipe has taken all of it."""

    def __init__(self, writer: asyncio.StreamWriter) -> None:
        self._writer = writer

    async def write(self, text: str) -> None:
        self._writer.write(text.encode())

    async def flush(self) -> None:
        await self._writer.drain()


def can_be_waited_for() -> bool:
    """Tell whether both are pipes: no loop can wait for a file, or on Windows, and a terminal is not ours to change."""
    if sys.platform == "win32":  # pragma: no cover
        return False
    try:
        ends = [os.fstat(one) for one in (STDIN, STDOUT)]
        os.fstat(STDERR)
    except OSError:
        return False
    return all(S_ISFIFO(end.st_mode) or S_ISSOCK(end.st_mode) for end in ends) and not os.path.samestat(*ends)


@asynccontextmanager
async def _taken_over() -> AsyncIterator[tuple[Any, Any]]:
    """Keep both to ourselves: for all others standard input is empty now, and standard output leads to error."""
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader(LONGEST_LINE)
    incoming, _ = await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), _our_own(STDIN, "rb"))
    outgoing, flow = await loop.connect_write_pipe(
        lambda: asyncio.StreamReaderProtocol(asyncio.StreamReader()), _our_own(STDOUT, "wb")
    )
    outgoing.set_write_buffer_limits(0)  # so that waiting for it is waiting for all of it
    output = Output(asyncio.StreamWriter(outgoing, flow, None, loop))
    try:  # the SDK asks for files, and does no more than iterate over the one, and write to and flush the other
        yield ClientLines(reader, at_end=lambda: loop.call_later(UNREAD_SECONDS, outgoing.abort)), output
    finally:
        incoming.close()
        outgoing.close()


def _our_own(number: int, mode: str) -> FileIO:
    """Move a standard stream to a number that no child inherits and no stray `print` reaches."""
    own = os.dup(number)
    instead = os.open(os.devnull, os.O_RDONLY) if number == STDIN else os.dup(STDERR)
    os.dup2(instead, number)
    os.close(instead)
    return FileIO(own, mode)
