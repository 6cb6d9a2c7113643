"""What the database and its folder say of faults, in one sentence a person can act on."""

from pathlib import Path

import asyncpg
import pytest

from civitai_engagement.errors import BadSetup, StoreDown
from civitai_engagement.store.connecting import ours
from civitai_engagement.store.database import Database
from civitai_engagement.store.embedded import EmbeddedPostgres
from civitai_engagement.store.embedded.account import Account
from civitai_engagement.store.embedded.journal import last_words
from civitai_engagement.store.embedded.postmaster import Postmaster

PORTS = {
    "in the URL": "postgresql://me:hush@127.0.0.1:99999/db",
    "of a second host": "postgresql://me:hush@127.0.0.1:1,127.0.0.1:99999/db",
    "a word": "postgresql://me:hush@127.0.0.1:port/db",
}


@pytest.mark.parametrize("name", PORTS)
async def test_a_port_that_is_none_is_said(name: str) -> None:
    with pytest.raises(BadSetup, match=r"DATABASE_URL (names a port that is none|cannot be read)") as refused:
        await Database.open(PORTS[name])
    assert "hush" not in str(refused.value)


async def test_a_port_of_the_environment_that_is_none_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PGPORT", "99999")
    with pytest.raises(BadSetup, match="PGPORT counts"):
        await Database.open("postgresql://me@127.0.0.1/db")


def test_a_full_disk_is_told_without_the_hint_for_whoever_keeps_postgres() -> None:
    error = asyncpg.DiskFullError("could not extend file: No space left on device")
    error.hint, error.detail = "Check free disk space.", "wrote only 4096 of 8192 bytes"
    with pytest.raises(StoreDown) as told, ours("The database"):
        raise error
    assert str(told.value) == (
        "The database is out of room: could not extend file: No space left on device. Free some, then try again."
    )
    assert last_words("FATAL: no\nHINT: Check free disk space.\nLOG: gone") == "FATAL: no | LOG: gone"


@pytest.mark.parametrize("version", [b"", b"eighteen", b"\xff\xfe\x00", b"18\n18", b"9" * 5_000])
async def test_a_damaged_version_is_told(reachable_folder: Path, version: bytes) -> None:
    home = reachable_folder / f"damaged-{abs(hash(version))}"
    (home / "data").mkdir(parents=True)
    (home / "data" / "PG_VERSION").write_bytes(version)
    Account.for_data(home / "new").own(home / "data")
    with pytest.raises(BadSetup, match="data is damaged: its PG_VERSION names no version. Restore it"):
        await EmbeddedPostgres(home).start()


BROKEN = ["", "x", "9" * 5_000, "-1\n/d\n1\nport", "٣", "\0\0", "4194304999"]


@pytest.mark.parametrize("text", BROKEN)
def test_a_damaged_pid_file_names_no_process(tmp_path: Path, text: str) -> None:
    (tmp_path / "postmaster.pid").write_text(text)
    assert Postmaster.read(tmp_path) is None


@pytest.mark.parametrize("port", ["port", "9" * 5_000, "99999", "-1"])
def test_a_damaged_port_keeps_the_process_known(port: str) -> None:
    read = Postmaster.parse(f"1\n/data\n1\n{port}\n/socket\n\n\nready\n")
    assert read is not None
    assert (read.pid, read.port) == (1, 0)


def test_a_pid_file_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    (tmp_path / "postmaster.pid").mkdir()
    with pytest.raises(BadSetup, match="postmaster.pid cannot be read"):
        Postmaster.read(tmp_path)
