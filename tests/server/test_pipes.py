"""Standard input and output as clients give them: pipes, sockets, files; read late, or not at all."""

import asyncio
import json
import os
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import FileIO
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import pytest

from civitai_engagement.server import pipes
from civitai_engagement.server.lines import Line
from civitai_engagement.server.pipes import FileLines, PipedLines
from civitai_engagement.server.tool import names
from civitai_engagement.server.toolsets import off
from civitai_engagement.settings import Settings

if TYPE_CHECKING:  # pytest loads it by itself
    from tests.server.conftest import Program

HELLO = {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "by hand", "version": "0"}}
GREETING = {"jsonrpc": "2.0", "id": 0, "method": "initialize", "params": HELLO}
READY = {"jsonrpc": "2.0", "method": "notifications/initialized"}
WAIT = 120
LISTED = len(names()) - len(off(Settings(_env_file=None).listed))


@contextmanager
def served(program: "Program", **ends: Any) -> Iterator[subprocess.Popen[bytes]]:
    """The stdio server between the given ends; what it says of faults goes to a file."""
    command = [sys.executable, "-m", "civitai_engagement", "serve", "--no-collect"]
    where: dict[str, Any] = {"env": dict(program.environment), "cwd": program.folder}
    with (
        (program.folder / "faults").open("wb") as faults,
        subprocess.Popen(command, stderr=faults, **where, **ends) as process,
    ):
        try:
            yield process
        finally:
            process.kill()


def send(to: IO[bytes], *messages: dict[str, Any]) -> None:
    to.write(b"".join(json.dumps(one).encode() + b"\n" for one in messages))
    to.flush()


def listing(number: int) -> dict[str, Any]:
    return {"jsonrpc": "2.0", "id": number, "method": "tools/list"}


Ends = Callable[[], tuple[int, int, IO[bytes], IO[bytes]]]


def two_pipes() -> tuple[int, int, IO[bytes], IO[bytes]]:
    (theirs_in, ours_out), (ours_in, theirs_out) = os.pipe(), os.pipe()
    return theirs_in, theirs_out, os.fdopen(ours_out, "wb", 0), os.fdopen(ours_in, "rb")


def two_sockets() -> tuple[int, int, IO[bytes], IO[bytes]]:
    (ours_out, theirs_in), (ours_in, theirs_out) = socket.socketpair(), socket.socketpair()
    requests, answers = os.fdopen(ours_out.detach(), "wb", 0), os.fdopen(ours_in.detach(), "rb")
    return theirs_in.detach(), theirs_out.detach(), requests, answers


def one_socket() -> tuple[int, int, IO[bytes], IO[bytes]]:
    ours, theirs = socket.socketpair()
    again = os.dup(ours.fileno())
    return os.dup(theirs.fileno()), theirs.detach(), os.fdopen(ours.detach(), "wb", 0), os.fdopen(again, "rb")


@pytest.mark.slow
@pytest.mark.no_cover
@pytest.mark.parametrize("ends", [two_pipes, two_sockets, one_socket])
def test_a_client_may_give_pipes_or_sockets(program: "Program", ends: Ends) -> None:
    theirs_in, theirs_out, requests, answers = ends()
    with requests, answers, served(program, stdin=theirs_in, stdout=theirs_out) as process:
        os.close(theirs_in)
        os.close(theirs_out)
        send(requests, GREETING, READY, listing(1))
        assert json.loads(answers.readline())["id"] == 0
        assert len(json.loads(answers.readline())["result"]["tools"]) == LISTED
        if ends is not one_socket:
            requests.close()
            assert process.wait(WAIT) == 0


@pytest.mark.slow
@pytest.mark.no_cover
def test_answers_may_go_into_a_file(program: "Program") -> None:
    path = program.folder / "answers"
    with path.open("wb") as answers, served(program, stdin=subprocess.PIPE, stdout=answers) as process:
        assert process.stdin
        send(process.stdin, GREETING, READY)
        asyncio.run(grown(path))
        process.stdin.close()
        assert process.wait(WAIT) == 0
    assert json.loads(path.read_bytes())["id"] == 0


async def grown(path: Path) -> None:
    async with asyncio.timeout(WAIT):
        while not path.read_bytes().endswith(b"\n"):  # noqa: ASYNC110 # it happens in another process
            await asyncio.sleep(0.02)


@pytest.mark.slow
@pytest.mark.no_cover
def test_a_client_that_reads_late_gets_every_byte_in_order(program: "Program") -> None:
    numbers = range(1, 13)
    with served(program, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin
        assert process.stdout
        send(process.stdin, GREETING, READY)
        assert json.loads(process.stdout.readline())["id"] == 0
        send(process.stdin, *map(listing, numbers))  # ten times what a pipe holds
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(1)
        answers = [json.loads(process.stdout.readline()) for _ in numbers]
    assert sorted(answer["id"] for answer in answers) == list(numbers)
    assert {len(answer["result"]["tools"]) for answer in answers} == {LISTED}


@pytest.mark.slow
@pytest.mark.no_cover
@pytest.mark.parametrize("ends", [two_pipes, two_sockets])
def test_a_client_that_no_longer_listens_ends_the_server_without_a_fault(program: "Program", ends: Ends) -> None:
    theirs_in, theirs_out, requests, answers = ends()
    with requests, served(program, stdin=theirs_in, stdout=theirs_out) as process:
        os.close(theirs_in)
        os.close(theirs_out)
        send(requests, GREETING, READY)
        assert json.loads(answers.readline())["id"] == 0
        answers.close()
        send(requests, listing(1))
        assert process.wait(WAIT) == 0
    assert "Traceback" not in (program.folder / "faults").read_text()


async def test_lines_are_read_whole_and_of_what_is_too_long_its_beginning_and_its_end() -> None:
    reader = asyncio.StreamReader(limit=16)
    reader.feed_data(b'{"a": 1}\r\n\n\xff\xfe\n')
    lines = PipedLines(reader)
    assert [await anext(lines) for _ in range(3)] == [Line(b'{"a": 1}\r\n'), Line(b"\n"), Line(b"\xff\xfe\n")]
    reader.feed_data(b'{"id": 7, "a": "' + b"x" * 40 + b'"}\n{}\n')
    reader.feed_eof()
    long, after = await anext(lines), await anext(lines)
    assert long.begins.startswith(b'{"id": 7')
    assert (long.ends or b"").endswith(b'xx"}\n')
    assert after == Line(b"{}\n")
    with pytest.raises(StopAsyncIteration):
        await anext(lines)


async def test_a_thread_reads_lines_of_a_file_alike(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pipes, "LONGEST_LINE", 16)
    path = tmp_path / "requests"
    path.write_bytes(b'{"a": 1}\r\n\n' + b'{"id": 7, "a": "' + b"x" * 40 + b'"}\n{}')
    with FileIO(path) as file:
        lines = FileLines(file)
        assert [await anext(lines), await anext(lines)] == [Line(b'{"a": 1}\r\n'), Line(b"\n")]
        long = await anext(lines)
        assert long.begins.startswith(b'{"id": 7')
        assert (long.ends or b"").endswith(b'xx"}\n')
        assert await anext(lines) == Line(b"{}")
        with pytest.raises(StopAsyncIteration):
            await anext(lines)


@pytest.mark.slow
@pytest.mark.no_cover
def test_requests_may_come_from_a_file(program: "Program") -> None:
    path = program.folder / "requests"
    wrong = b'{"jsonrpc":"2.0","id":5,"method":6}'
    path.write_bytes(b"\n".join([json.dumps(GREETING).encode(), wrong, json.dumps(listing(7)).encode()]))
    with path.open("rb") as requests, served(program, stdin=requests, stdout=subprocess.PIPE) as process:
        assert process.stdout
        answers = {answer["id"]: answer for answer in map(json.loads, process.stdout)}
        assert process.wait(WAIT) == 0
    assert answers.keys() == {0, 5, 7}
    assert answers[5]["error"]["code"] == -32600
    assert len(answers[7]["result"]["tools"]) == LISTED
