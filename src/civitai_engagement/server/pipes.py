"""Standard input and output, between us and the client that started us, waited for by the loop itself.

The SDK reads and writes them in threads, three for each call, which takes as long as all the rest of a small answer.
"""

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from io import BufferedReader, FileIO, StringIO
from stat import S_ISFIFO, S_ISSOCK
from typing import Any

from anyio import to_thread, wrap_file
from mcp.server import MCPServer
from mcp.server.stdio import stdio_server
from mcp.shared.exceptions import MCPError
from mcp.types import INVALID_PARAMS, GetPromptResult, InputRequiredResult
from mcp.types import Tool as ListedTool

from civitai_engagement.runtime import Runtime
from civitai_engagement.server.broken import SEARCHED, SEARCHED_AT_END
from civitai_engagement.server.lines import LONGEST_LINE, ClientLines, Line
from civitai_engagement.server.replies import AnswerStream, ClientMessages, OpenRequests
from civitai_engagement.server.speed import low_level

STDIN, STDOUT, STDERR = 0, 1, 2
LONGEST_NAME = 100  # characters of one that is repeated
UNREAD_SECONDS = 5.0  # so long a client that has closed our input may take to read what it was sent


class PipedServer(MCPServer[Runtime]):
    """The SDK's server; over stdio without threads where the loop can wait. `unlisted` tools answer all the same."""

    unlisted: frozenset[str] = frozenset()

    async def list_tools(self) -> list[ListedTool]:
        return [tool for tool in await super().list_tools() if tool.name not in self.unlisted]

    async def get_prompt(self, name: str, *arguments: Any, **named: Any) -> GetPromptResult | InputRequiredResult:
        known = [prompt.name for prompt in await self.list_prompts()]
        if name not in known:
            said = f"There is no prompt {name[:LONGEST_NAME]!r}: there are {' and '.join(known)}."
            raise MCPError(INVALID_PARAMS, said)
        return await super().get_prompt(name, *arguments, **named)

    async def run_stdio_async(self) -> None:
        if can_be_waited_for():
            async with _taken_over() as (lines, output), stdio_server(_unread(), output) as (unread, writing):
                await self._talk(lines, unread, writing)
        else:
            async with stdio_server(_unread()) as (unread, writing):
                await self._talk(FileLines(_our_own(STDIN, "rb")), unread, writing)

    async def _talk(self, lines: ClientLines, unread: Any, writing: Any) -> None:
        await unread.aclose()
        server, waiting = low_level(self), OpenRequests()
        answers = AnswerStream(writing, waiting)
        await server.run(ClientMessages(lines, answers, waiting), answers, server.create_initialization_options())


class PipedLines:
    """The lines a client sends, until it closes."""

    def __init__(self, reader: asyncio.StreamReader, at_end: Callable[[], object] = bool) -> None:
        self._reader = reader
        self._at_end = at_end

    async def __anext__(self) -> Line:
        line = await self._line()
        if not line.begins:
            self._at_end()
            raise StopAsyncIteration
        return line

    async def _line(self) -> Line:
        begins, ends = b"", b""
        while True:
            try:
                last = await self._reader.readuntil(b"\n")
            except asyncio.IncompleteReadError as error:
                last = error.partial
            except asyncio.LimitOverrunError as error:
                part = await self._reader.readexactly(error.consumed)
                begins, ends = begins or part[:SEARCHED], part[-SEARCHED_AT_END:]
                continue
            return Line(begins, (ends + last)[-SEARCHED_AT_END:]) if begins else Line(last)


class FileLines:
    """Lines where no loop can wait: a thread reads them, and is left behind when we end."""

    def __init__(self, file: FileIO) -> None:
        self._file = BufferedReader(file)

    async def __anext__(self) -> Line:
        line = await to_thread.run_sync(self._line, abandon_on_cancel=True)
        if not line.begins:
            raise StopAsyncIteration
        return line

    def _line(self) -> Line:
        begins = last = self._file.readline(LONGEST_LINE)
        if len(begins) < LONGEST_LINE or begins.endswith(b"\n"):
            return Line(begins)
        while last and not last.endswith(b"\n"):
            ends, last = last, self._file.readline(LONGEST_LINE)
        return Line(begins[:SEARCHED], (ends[-SEARCHED_AT_END:] + last)[-SEARCHED_AT_END:])


class Output:
    """What a client is sent; `flush` returns when its pipe has taken all of it."""

    def __init__(self, writer: asyncio.StreamWriter) -> None:
        self._writer = writer

    async def write(self, text: str) -> None:
        self._writer.write(text.encode())

    async def flush(self) -> None:
        await self._writer.drain()


def _unread() -> Any:
    """Stand for standard input where the SDK asks for it: it drops what it cannot parse, so we read it ourselves."""
    return wrap_file(StringIO())


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
    try:  # the SDK asks for a file, and does no more than write to and flush it
        yield PipedLines(reader, at_end=lambda: loop.call_later(UNREAD_SECONDS, outgoing.abort)), output
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
