"""The body of an answer, unpacked and counted as it comes, so that no small answer becomes a large one."""

import asyncio
import re
import zlib
from collections.abc import AsyncIterator, Callable
from typing import TypeVar

import httpx

from civitai_engagement.errors import UpstreamDown

T = TypeVar("T")
ASKED_FOR = "gzip, deflate"
PIECE = 256 * 1024  # bytes unpacked before others have their turn
LIGHT = 16 * 1024  # bytes of JSON that are read at once; of larger ones each item takes a fifth of a millisecond
_MEMBER = b"\x1f\x8b"  # begins a member of gzip
_GZIP_OR_ZLIB = zlib.MAX_WBITS | 32
_PACKED = {"gzip", "x-gzip", "deflate"}
# Every list and object takes a hundred bytes of memory. Real pages open one in thirty bytes, "[[],[],…" one in three.
MOST_OPENED, LEAST_BYTES_EACH = 100_000, 16


async def read_body(response: httpx.Response, most_bytes: int) -> bytes:
    """Read the body, but not much more of it than is wanted.

    Raises:
        UpstreamDown: It is packed twice, or in a way that was not asked for.
    """
    body, received = bytearray(), 0
    unpack = _unpacker(response)
    if response.is_stream_consumed:  # a carrier gave it whole and unpacked, as scripted ones do
        return response.content
    async for chunk in response.aiter_raw():
        received += len(chunk)
        async for piece in unpack(chunk):
            body += piece
            if len(body) > most_bytes:
                return bytes(body)
        if received > most_bytes:
            return bytes(body.ljust(received))
    return bytes(body)


def is_sane(body: bytes) -> bool:
    """Say whether what the JSON holds fits its length."""
    return body.count(b"{") + body.count(b"[") <= max(MOST_OPENED, len(body) // LEAST_BYTES_EACH)


async def apart(work: Callable[[], T], size: int) -> T:
    """Do work on so many bytes beside the loop, where they are many."""
    return await asyncio.to_thread(work) if size > LIGHT else work()


Unpack = Callable[[bytes], AsyncIterator[bytes]]


def _unpacker(response: httpx.Response) -> Unpack:
    said = response.headers.get("Content-Encoding", "").lower()
    packed = [one for one in re.split(r"[\s,]+", said) if one not in {"", "identity"}]
    if len(packed) > 1 or not set(packed) <= _PACKED:
        raise UpstreamDown("Civitai's answer is packed twice, or in a way that was not asked for.")
    return _Unpacked().pieces if packed else _as_it_is


async def _as_it_is(chunk: bytes) -> AsyncIterator[bytes]:
    yield chunk


class _Unpacked:
    """Unpacks gzip, zlib and what some call deflate, a piece at a time; gzip may come in several members."""

    def __init__(self) -> None:
        self._packed: zlib._Decompress | None = None
        self._waiting = b""  # less than tells what it begins
        self._members = 0

    async def pieces(self, chunk: bytes) -> AsyncIterator[bytes]:
        chunk = self._waiting + chunk
        while self._packed or self._begins(chunk):
            packed = self._packed = self._packed or _begun(chunk)
            try:
                piece = packed.decompress(chunk, PIECE)
            except zlib.error as error:
                raise UpstreamDown("Civitai's answer cannot be unpacked.") from error
            yield piece
            chunk = packed.unused_data if packed.eof else packed.unconsumed_tail
            self._packed = None if packed.eof else packed
            self._members += packed.eof
            if not chunk and len(piece) < PIECE:  # a whole piece may leave more behind it than the input shows
                break
            await asyncio.sleep(0)
        self._waiting = chunk[: len(_MEMBER) - 1]

    def _begins(self, chunk: bytes) -> bool:
        """Tell whether there is enough to begin with; behind a first member only another one of gzip counts."""
        return chunk.startswith(_MEMBER) if self._members else len(chunk) >= len(_MEMBER)


def _begun(chunk: bytes) -> "zlib._Decompress":
    """Take the first bytes for a header of gzip or zlib; without one it is bare deflate."""
    try:
        zlib.decompressobj(_GZIP_OR_ZLIB).decompress(chunk[:2], 1)
    except zlib.error:
        return zlib.decompressobj(-zlib.MAX_WBITS)
    return zlib.decompressobj(_GZIP_OR_ZLIB)
