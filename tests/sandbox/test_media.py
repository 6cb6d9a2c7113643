import struct
import zlib

import httpx

from civitai_engagement.sandbox import Item, Switches, World
from civitai_engagement.sandbox.media import media_bytes


async def test_every_media_has_a_small_file_of_its_own(world: World, client: httpx.AsyncClient) -> None:
    world.switches = Switches(local_media=True)
    world.add_post(post_id=7, items=[Item(), Item(), Item(type="video"), Item(type="audio")])
    items = (await client.get("/api/v1/images?postId=7")).json()["items"]
    files = [await client.get(item["url"]) for item in items]
    assert all(file.status_code == 200 and 0 < len(file.content) < 300 for file in files)
    assert len({file.content for file in files}) == 4
    types = [file.headers["content-type"] for file in files]
    assert sorted(types) == ["audio/mpeg", "image/png", "image/png", "video/mp4"]


async def test_a_file_nobody_posted_is_not_found(client: httpx.AsyncClient) -> None:
    assert (await client.get("/media/nothing.jpeg")).status_code == 404


def test_a_picture_is_a_sound_png_of_one_pixel() -> None:
    data = media_bytes("a.jpeg")
    assert data.startswith(b"\x89PNG\r\n\x1a\n")
    assert struct.unpack(">II", data[16:24]) == (1, 1)
    assert struct.unpack(">I", data[29:33])[0] == zlib.crc32(data[12:29])


def test_a_film_is_a_row_of_boxes() -> None:
    data, kinds = media_bytes("a.mp4"), []
    while data:
        size = struct.unpack(">I", data[:4])[0]
        kinds.append(data[4:8])
        data = data[size:]
    assert kinds == [b"ftyp", b"free", b"mdat"]
