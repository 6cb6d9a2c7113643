"""Small media files, different for every media: a picture of one pixel, a film and a sound of nothing."""

import struct
import zlib

from starlette.requests import Request
from starlette.responses import Response

from civitai_engagement.sandbox.responses import api_answer
from civitai_engagement.sandbox.stage import Stage

CONTENT_TYPES = {"jpeg": "image/png", "mp4": "video/mp4", "mp3": "audio/mpeg"}


async def show_media(stage: Stage, request: Request) -> Response:
    """`/media/<uuid>.<extension>`; as on Civitai the extension does not tell the stored format."""
    name: str = request.path_params["name"]
    if not any(item.file_name == name for item in stage.world.items):
        return api_answer({"error": "Not found"}, 404)
    extension = name.rpartition(".")[2]
    return Response(media_bytes(name), media_type=CONTENT_TYPES[extension])


def media_bytes(name: str) -> bytes:
    """The file behind a name, always the same."""
    match name.rpartition(".")[2]:
        case "mp4":
            return _box(b"ftyp", b"isom\0\0\2\0isomiso2mp41") + _box(b"free", name.encode()) + _box(b"mdat", b"")
        case "mp3":
            return b"ID3\x04\0\0\0\0\0\0" + b"\xff\xfb\x90\x00" + name.encode()
        case _:
            return _pixel(name)


def _pixel(name: str) -> bytes:
    header = struct.pack(">IIBBBBB", 1, 1, 8, 2, 0, 0, 0)
    colour = zlib.crc32(name.encode()).to_bytes(4, "big")[:3]
    chunks = (
        (b"IHDR", header),
        (b"tEXt", b"Comment\0" + name.encode()),
        (b"IDAT", zlib.compress(b"\0" + colour)),
        (b"IEND", b""),
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(kind, data) for kind, data in chunks)


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def _box(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data) + 8) + kind + data
