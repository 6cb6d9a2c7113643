"""Local files: below an allowed folder, over no link, and nothing else."""

import hashlib
import os
import socket
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from civitai_engagement.errors import BadInput, BadSetup, NotFound
from civitai_engagement.outbound import digest_path, paths
from civitai_engagement.records.media import MediaType

from .conftest import PNG


@pytest.fixture
def secret(tmp_path: Path) -> Path:
    file = tmp_path / "secret.png"
    file.write_bytes(PNG)
    return file


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "renders"
    (folder / "deep" / "er").mkdir(parents=True)
    (folder / "a.png").write_bytes(PNG)
    (folder / "deep" / "er" / "b.png").write_bytes(PNG)
    return folder


@pytest.mark.parametrize("name", ["a.png", "deep/er/b.png", "./deep//er/b.png"])
async def test_a_file_below_an_allowed_folder_is_hashed(folder: Path, name: str) -> None:
    digest = await digest_path(f" {folder}/{name}", [Path("/nowhere"), folder], MediaType.IMAGE)

    assert (digest.sha256, digest.size) == (hashlib.sha256(PNG).hexdigest(), len(PNG))
    assert (digest.media_type, digest.mime) == (MediaType.IMAGE, "image/png")
    assert digest.final_url == (folder / name).as_uri()


async def test_a_tilde_is_the_home_folder(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(folder.parent))

    assert (await digest_path("~/renders/a.png", [folder])).size == len(PNG)


async def test_an_allowed_folder_may_be_a_link_and_goes_by_both_names(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(folder)

    assert (await digest_path(f"{tmp_path}/link/a.png", [tmp_path / "link"])).size == len(PNG)
    assert (await digest_path(f"{folder}/a.png", [tmp_path / "link"])).size == len(PNG)


async def test_nothing_is_read_where_no_folder_is_allowed(folder: Path) -> None:
    with pytest.raises(BadInput, match="CIVITAI_ENGAGEMENT_ALLOWED_FOLDERS"):
        await digest_path(f"{folder}/a.png", [])


@pytest.mark.parametrize(
    "name",
    ["../secret.png", "deep/../../secret.png", "deep/../a.png", "..", "deep/er/../../../secret.png"],
)
async def test_a_way_up_is_refused_even_if_it_comes_back(folder: Path, secret: Path, name: str) -> None:
    with pytest.raises(BadInput, match="without"):
        await digest_path(f"{folder}/{name}", [folder])


@pytest.mark.parametrize("text", ["", "a.png", "renders/a.png", "~root/a.png", "file:///etc/passwd", "C:\\a.png"])
async def test_only_whole_paths_are_paths(folder: Path, text: str) -> None:
    with pytest.raises(BadInput, match="whole path"):
        await digest_path(text, [folder])


async def test_a_folder_whose_name_only_begins_alike_is_another(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "renders-private").mkdir()
    (tmp_path / "renders-private" / "a.png").write_bytes(PNG)

    with pytest.raises(BadInput, match="not below"):
        await digest_path(f"{tmp_path}/renders-private/a.png", [folder])


async def test_what_lies_outside_is_refused_whether_it_exists_or_not(folder: Path, secret: Path) -> None:
    with pytest.raises(BadInput, match="not below"):
        await digest_path(str(secret), [folder])
    with pytest.raises(BadInput, match="not below"):
        await digest_path(f"{secret}.not-there", [folder])


@pytest.mark.parametrize("where", ["out.png", "deep/out.png"])
async def test_a_link_to_a_file_is_refused(folder: Path, secret: Path, where: str) -> None:
    (folder / where).symlink_to(secret)

    with pytest.raises(BadInput, match="leads over a link"):
        await digest_path(f"{folder}/{where}", [folder])


async def test_a_link_to_a_folder_is_refused_at_any_depth(folder: Path, secret: Path) -> None:
    (folder / "up").symlink_to(folder.parent)
    (folder / "deep" / "up").symlink_to("../..")

    for way in ("up/secret.png", "deep/up/secret.png", "up/renders/a.png"):
        with pytest.raises(BadInput, match="leads over a link"):
            await digest_path(f"{folder}/{way}", [folder])


async def test_a_folder_swapped_for_a_link_in_the_middle_of_the_way_leads_nowhere(
    folder: Path, secret: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder.parent / "er").mkdir()
    (folder.parent / "er" / "b.png").write_bytes(b"not to be read")
    real = os.open

    def swapping(path: str | Path, flags: int, *, dir_fd: int | None = None) -> int:
        if path == "er":
            (folder / "deep").rename(folder / "moved")
            (folder / "deep").symlink_to(folder.parent)
        return real(path, flags, dir_fd=dir_fd)

    monkeypatch.setattr(os, "open", swapping)
    monkeypatch.setattr(os, "supports_dir_fd", {swapping})

    assert (await digest_path(f"{folder}/deep/er/b.png", [folder])).sha256 == hashlib.sha256(PNG).hexdigest()


async def test_a_file_that_is_not_there_is_not_found(folder: Path) -> None:
    for name in ("no.png", "no/such.png"):
        with pytest.raises(NotFound, match=name):
            await digest_path(f"{folder}/{name}", [folder])


async def test_a_file_is_no_folder(folder: Path) -> None:
    with pytest.raises(BadInput, match="no folder"):
        await digest_path(f"{folder}/a.png/b.png", [folder])


async def test_only_files_are_read(folder: Path) -> None:
    os.mkfifo(folder / "pipe")

    for name in ("pipe", "deep"):
        with pytest.raises(BadInput, match="is not a file"):
            await digest_path(f"{folder}/{name}", [folder])
    with pytest.raises(BadInput, match="not below"):
        await digest_path(str(folder), [folder])


async def test_a_socket_is_no_file(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind("door")
        with pytest.raises(BadInput):
            await digest_path(f"{folder}/door", [folder])


@pytest.mark.parametrize("name", ["nul\0l.png", "\ud800.png", "x" * 300 + ".png"])
async def test_a_name_no_file_can_have_is_bad_input(folder: Path, name: str) -> None:
    with pytest.raises(BadInput, match="cannot be read"):
        await digest_path(f"{folder}/{name}", [folder])


async def test_a_file_of_another_kind_is_refused(folder: Path) -> None:
    with pytest.raises(BadInput, match="asset_type=image"):
        await digest_path(f"{folder}/a.png", [folder], MediaType.VIDEO)


async def test_a_file_that_is_too_large_is_refused_before_it_is_read(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(paths, "PIECE", -1)  # reading so many bytes is an error of its own
    with (folder / "large.bin").open("wb") as file:
        file.truncate(500_000_001)

    with pytest.raises(BadInput, match="larger than 500 MB"):
        await digest_path(f"{folder}/large.bin", [folder])


async def test_a_system_that_cannot_open_below_a_folder_says_so(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "supports_dir_fd", set())

    with pytest.raises(BadSetup):
        await digest_path(f"{folder}/a.png", [folder])


@pytest.fixture(scope="module")
def maze(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with links of every kind, and one secret outside."""
    root = tmp_path_factory.mktemp("maze")
    (root / "out").mkdir()
    (root / "out" / "f").write_bytes(b"secret")
    (root / "in" / "a").mkdir(parents=True)
    (root / "in" / "a" / "f").write_bytes(b"allowed")
    (root / "in" / "b").symlink_to(root / "out")
    (root / "in" / "a" / "b").symlink_to("..")
    (root / "in" / "c").symlink_to(root / "out" / "f")
    return root


@given(steps=st.lists(st.sampled_from(["a", "b", "c", "f", "..", ".", "", "in", "out", "\0"]), max_size=6))
async def test_no_way_through_a_maze_of_links_leads_to_the_secret(maze: Path, steps: list[str]) -> None:
    try:
        digest = await digest_path("/".join([f"{maze}/in", *steps]), [maze / "in"])
    except (BadInput, NotFound):
        return
    assert digest.sha256 == hashlib.sha256(b"allowed").hexdigest()


async def test_no_file_stays_open(folder: Path) -> None:
    (folder / "link").symlink_to("a.png")
    before = len(list(Path("/dev/fd").iterdir()))

    for name in ("a.png", "deep/er/b.png", "link", "no/such", "deep/no", "deep", "a.png/b"):
        try:
            await digest_path(f"{folder}/{name}", [folder])
        except (BadInput, NotFound):
            continue

    assert len(list(Path("/dev/fd").iterdir())) == before
