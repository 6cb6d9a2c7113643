"""The SHA-256 of a file: behind a URL, or on this machine where that is allowed."""

import asyncio
import hashlib
from contextlib import suppress
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from civitai_engagement.errors import Refused
from civitai_engagement.library.hashing import hash_file, is_url
from civitai_engagement.outbound.urls import read_url
from civitai_engagement.runtime import Runtime
from civitai_engagement.sandbox import Switches
from civitai_engagement.sandbox.media import media_bytes
from civitai_engagement.settings import Settings

if TYPE_CHECKING:
    from tests.house import House

HASH = "calculate_sha256"
PICTURE = media_bytes("picture.jpeg")


def local(house: "House", folder: Path) -> Runtime:
    """A process whose client sits at this machine and may name files below a folder."""
    runtime = house.another(allowed_folders=str(folder))
    runtime.is_local = True
    return runtime


async def test_a_file_behind_a_url_is_hashed_as_it_is_stored(live: "House") -> None:
    item = live.post(1)[0]
    told = await live.good(HASH, path=f" {live.url}/media/{item.file_name} ")
    content = media_bytes(item.file_name)
    assert told["sha256sum"] == hashlib.sha256(content).hexdigest()
    assert (told["success"], told["source_type"], told["size"], told["mime"]) == (
        True,
        "url",
        len(content),
        "image/png",
    )


async def test_a_file_of_an_allowed_folder_is_hashed_for_a_client_of_this_machine(
    live: "House", tmp_path: Path
) -> None:
    file = tmp_path / "picture.png"
    file.write_bytes(PICTURE)
    told = await live.call(HASH, on=local(live, tmp_path), path=str(file))
    assert told.data["sha256sum"] == hashlib.sha256(PICTURE).hexdigest()
    assert told.data["source_type"] == "file"


REFUSED: dict[str, tuple[str, str]] = {
    "outside": ("/etc/hostname", "is not below a folder that may be read. CIVITAI_ENGAGEMENT_ALLOWED_FOLDERS"),
    "not there": ("{folder}/none.png", "There is no file"),
    "a way round": ("{folder}/../x", "Pass a whole path from the root"),
    "half a path": ("picture.png", "Pass a whole path from the root"),
    "a folder": ("{folder}/inner", "inner is not a file"),
    "nothing": ("", "path"),
    "a file URL": ("file://{folder}/picture.png", "Only URLs that start with https:// or http://"),
    "no such host": ("http://127.0.0.1/x", "not on the public internet"),
    "half a bracket": ("http://[::1/x", "That is not a URL. Pass one such as https://example.com/picture.png."),
    "a name in brackets": ("http://[x]/a.png", "That is not a URL."),
    "a letter that is none": ("https://exa℀mple.com/a.png", "That is not a URL."),
    "neither path nor URL": ("//[x", "is not below a folder that may be read"),
}


@pytest.mark.parametrize("name", REFUSED)
async def test_a_file_that_may_not_be_read_is_a_failed_call(live: "House", tmp_path: Path, name: str) -> None:
    (tmp_path / "inner").mkdir()
    path, said = REFUSED[name]
    told = await live.call(HASH, on=local(live, tmp_path), path=path.format(folder=tmp_path))
    assert told.is_error
    assert said in told.text


@settings(deadline=None)
@given(st.text() | st.builds("{}://{}".format, st.sampled_from(["http", "HTTPS", "f1.x", "", "1"]), st.text()))
@example("http://[::1/x")
@example("https://exa℀mple.com/a.png")
@example("https://example.com/\ud800")
@example("//[x")
def test_any_text_is_a_url_or_a_path_that_is_read_or_refused_in_words(text: str) -> None:
    here: Any = SimpleNamespace(is_local=True, settings=Settings(_env_file=None, allowed_folders="/nowhere"))
    with suppress(Refused):
        if is_url(text):
            read_url(text)  # what hash_file asks first; then comes the network
        else:
            asyncio.run(hash_file(here, text, None))


async def test_a_client_of_another_machine_names_no_local_files(live: "House", tmp_path: Path) -> None:
    file = tmp_path / "picture.png"
    file.write_bytes(PICTURE)
    told = await live.call(HASH, on=live.another(allowed_folders=str(tmp_path)), path=str(file))
    assert told.is_error
    assert "only for a client on the same machine (stdio). Pass an http(s) URL." in told.text


async def test_a_local_file_can_be_recorded_and_found_by_its_digest(house: "House", tmp_path: Path) -> None:
    file = tmp_path / "picture.png"
    file.write_bytes(PICTURE)
    runtime = local(house, tmp_path)
    made = await house.call("create_asset", on=runtime, asset_url=str(file), asset_type="image", asset_source="upload")
    digest = (await house.call(HASH, on=runtime, path=str(file))).data["sha256sum"]
    found = await house.good("find_asset", sha256sum=digest.upper())
    assert (found["asset_id"], found["uri"]) == (made.data["id"], str(file))


async def test_a_file_that_cannot_be_read_is_no_reason_not_to_record_a_post(house: "House") -> None:
    house.world.switches = Switches(post_endpoint=True, local_media=True)
    items = house.post(2)
    house.world.add_item({"id": 900, "postId": 77, "url": "http://127.0.0.1:9/x.png", "createdAt": "2026-05-01"})
    (told,) = (await house.good("record_civitai_post", posts=[77], hash_files=True))["results"]
    assert (told["outcome"], told["assets"]) == ("recorded", 3)
    digests = {item.id: hashlib.sha256(media_bytes(item.file_name)).hexdigest() for item in items}
    assert dict(await house.rows("select image_id, sha256sum from assets")) == digests | {900: None}
