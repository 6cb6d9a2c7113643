"""The parts of the embedded Postgres that need no server."""

import asyncio
import os
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from civitai_engagement.errors import BadSetup
from civitai_engagement.store.embedded.account import Account
from civitai_engagement.store.embedded.cluster import SETTINGS
from civitai_engagement.store.embedded.doors import LoopbackEndpoint, SocketEndpoint
from civitai_engagement.store.embedded.folders import clear_drafts, made_beside
from civitai_engagement.store.embedded.journal import FULL, Journal, last_words
from civitai_engagement.store.embedded.locks import FileLock
from civitai_engagement.store.embedded.postmaster import Postmaster, State
from civitai_engagement.store.embedded.programs import Wheel

NOBODY_HERE = 54_321


@pytest.fixture
def me() -> Account:
    return Account("me", os.geteuid(), os.getegid())


@pytest.fixture
def stranger() -> Account:
    return Account("stranger", NOBODY_HERE, NOBODY_HERE, stands_in=True)


def two_locks(folder: Path) -> tuple[FileLock, FileLock]:
    return FileLock(folder / "lock"), FileLock(folder / "lock")


def test_a_lock_is_shared_by_all_who_share_it(tmp_path: Path) -> None:
    first, second = two_locks(tmp_path)
    assert first.try_shared()
    assert second.try_shared()


def test_nobody_owns_what_another_shares(tmp_path: Path) -> None:
    first, second = two_locks(tmp_path)
    first.try_shared()
    assert not second.try_exclusive()
    assert not second.held
    first.release()
    assert second.try_exclusive()


async def test_who_wants_a_lock_alone_waits_for_it(tmp_path: Path) -> None:
    first, second = two_locks(tmp_path)
    order = []

    async def waiting() -> None:
        async with second.exclusively():
            order.append("second")

    async with first.exclusively():
        task = asyncio.create_task(waiting())
        await asyncio.sleep(0)
        order.append("first")
    await task
    assert order == ["first", "second"]
    assert first.try_exclusive()


def test_a_lock_file_that_is_a_link_is_refused(tmp_path: Path) -> None:
    (tmp_path / "lock").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(OSError, match="symbolic links"):
        FileLock(tmp_path / "lock").try_shared()
    assert not (tmp_path / "elsewhere").exists()


@pytest.mark.parametrize(
    ("status", "state"),
    [("ready   ", State.READY), ("starting", State.STARTING), ("stopping", State.STOPPING), ("", State.STARTING)],
)
def test_the_pid_file_says_how_the_server_is(status: str, state: State) -> None:
    read = Postmaster.parse(f"42\n/data\n1795251362\n5432\n/tmp/civitai-x\n\n 1 2\n{status}\n")
    assert read == Postmaster(42, 5432, "/tmp/civitai-x", state)


@pytest.mark.parametrize("text", ["", "-42\n/data\n", "garbage"])
def test_a_pid_file_without_a_postmaster_names_nobody(text: str) -> None:
    assert Postmaster.parse(text) is None


def test_a_young_pid_file_is_of_a_starting_server() -> None:
    assert Postmaster.parse("42\n/data\n") == Postmaster(42, 0, "", State.STARTING)


def test_a_stranger_with_the_pid_is_not_the_postmaster(tmp_path: Path) -> None:
    assert not Postmaster(os.getpid(), 5432, "", State.READY).lives_on(tmp_path)


def test_a_pid_that_nobody_has_is_not_the_postmaster(tmp_path: Path) -> None:
    assert not Postmaster(2**22 + 1, 5432, "", State.READY).lives_on(tmp_path)


def test_a_folder_appears_whole(tmp_path: Path) -> None:
    with made_beside(tmp_path / "whole") as draft:
        (draft / "file").touch()
        assert not (tmp_path / "whole").exists()
    assert (tmp_path / "whole" / "file").exists()


def test_a_folder_whose_making_fails_never_appears(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no"), made_beside(tmp_path / "whole"):
        raise ValueError("no")
    assert list(tmp_path.iterdir()) == []


def test_only_drafts_are_cleared(tmp_path: Path) -> None:
    (tmp_path / "data.new-abc").mkdir()
    (tmp_path / "data").mkdir()
    clear_drafts(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["data"]


def write(journal: Journal, words: bytes) -> None:
    fd = journal.open()
    os.write(fd, words)
    os.close(fd)


def test_the_journal_quotes_only_what_was_written_this_time(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "postgres.log")
    write(journal, b"old\n")
    write(journal, b"one\n\ntwo\n")
    assert last_words(journal.words()) == "one | two"


def test_a_full_journal_starts_afresh_and_keeps_the_one_before(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "postgres.log")
    write(journal, b"x" * (FULL + 1))
    write(journal, b"new")
    assert journal.path.read_bytes() == b"new"
    assert (tmp_path / "postgres.log.1").stat().st_size == FULL + 1


def test_the_journal_is_for_its_owner_only(tmp_path: Path) -> None:
    write(Journal(tmp_path / "postgres.log"), b"")
    assert (tmp_path / "postgres.log").stat().st_mode & 0o777 == 0o600


def crashed_in(folder: str | Path, port: int = 5432) -> Postmaster:
    return Postmaster(1, port, str(folder), State.READY)


def test_the_socket_gets_a_fresh_private_folder(me: Account) -> None:
    door = SocketEndpoint(me)
    folder = Path(door.open(None)["unix_socket_directories"])
    assert folder.stat().st_mode & 0o777 == 0o700
    assert len(os.fsencode(folder / ".s.PGSQL.5432")) < 104
    door.close(str(folder))
    assert not folder.exists()


def test_after_a_crash_the_socket_is_where_it_was_and_its_remains_are_gone(me: Account, tmp_path: Path) -> None:
    folder = tmp_path / "civitai-before"
    folder.mkdir(mode=0o700)
    (folder / ".s.PGSQL.5432.lock").touch()
    assert SocketEndpoint(me).open(crashed_in(folder))["unix_socket_directories"] == str(folder)
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize(("name", "mode"), [("civitai-open", 0o755), ("another", 0o700)])
def test_a_folder_that_may_not_be_ours_is_neither_used_nor_touched(
    name: str, mode: int, me: Account, tmp_path: Path
) -> None:
    folder = tmp_path / name
    folder.mkdir()
    folder.chmod(mode)
    (folder / ".s.PGSQL.5432").touch()
    door = SocketEndpoint(me)
    door.close(str(folder))
    fresh = door.open(crashed_in(folder))["unix_socket_directories"]
    assert fresh != str(folder)
    assert (folder / ".s.PGSQL.5432").exists()
    door.close(fresh)


def test_a_folder_of_another_user_is_not_used(tmp_path: Path) -> None:
    folder = tmp_path / "civitai-squatted"
    folder.mkdir(mode=0o700)
    door = SocketEndpoint(Account("other", NOBODY_HERE, NOBODY_HERE))
    fresh = door.open(crashed_in(folder))["unix_socket_directories"]
    assert fresh != str(folder)
    Path(fresh).rmdir()


def test_the_url_survives_any_temp_folder(me: Account) -> None:
    url = SocketEndpoint(me).url(crashed_in("/tmp/a b&c/é"))
    assert parse_qs(urlsplit(url).query) == {"host": ["/tmp/a b&c/é"], "port": ["5432"]}


def test_no_temp_folder_for_the_socket_is_said_with_a_way_out(
    me: Account, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("civitai_engagement.store.embedded.doors.LONGEST_TEMP", 1)
    with pytest.raises(BadSetup, match="TMPDIR"):
        SocketEndpoint(me).open(None)


def test_the_loopback_password_is_fresh_and_private(me: Account, tmp_path: Path) -> None:
    door = LoopbackEndpoint(tmp_path / "password", me)
    door.initdb_options()
    first = (tmp_path / "password").read_text()
    door.initdb_options()
    assert (tmp_path / "password").read_text() != first
    assert (tmp_path / "password").stat().st_mode & 0o777 == 0o600


def test_loopback_listens_on_loopback_only_and_where_it_did_before(me: Account, tmp_path: Path) -> None:
    door = LoopbackEndpoint(tmp_path / "password", me)
    first = door.open(None)
    assert first["listen_addresses"] == "127.0.0.1"
    assert door.open(crashed_in("", int(first["port"]))) == first


def test_a_port_that_is_taken_is_not_asked_for_again(me: Account, tmp_path: Path) -> None:
    import socket

    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        settings = LoopbackEndpoint(tmp_path / "password", me).open(crashed_in("", port))
    assert settings["port"] != str(port)


def test_a_system_without_a_wheel_is_told_to_set_database_url() -> None:
    with pytest.raises(BadSetup, match="Set DATABASE_URL"):
        Wheel.installed("no_such_package")


def test_data_of_a_version_we_do_not_bring_is_refused(me: Account) -> None:
    with pytest.raises(BadSetup, match="version 18 or 16, but the data is of version 12"):
        Wheel.installed().programs("12", me)


def test_a_private_parent_is_named_to_whoever_must_open_it(stranger: Account, place: Path) -> None:
    closed = place / "closed"
    (closed / "home").mkdir(parents=True)
    closed.chmod(0o700)
    with pytest.raises(BadSetup, match=f"stranger that it runs as cannot enter {closed}\\..*DATABASE_URL"):
        stranger.check(closed / "home", closed / "home" / "data")


def test_a_folder_may_be_entered_by_its_group(place: Path) -> None:
    (place / "home").mkdir()
    (place / "home").chmod(0o710)
    assert Account("friend", NOBODY_HERE, place.stat().st_gid, stands_in=True).reaches(place / "home")
    assert not Account("stranger", NOBODY_HERE, NOBODY_HERE, stands_in=True).reaches(place / "home")


def test_data_of_another_user_is_refused_by_name(place: Path) -> None:
    with pytest.raises(BadSetup, match="belongs to the user .*, but Postgres would run as other"):
        Account("other", NOBODY_HERE, NOBODY_HERE).check(place, place)


@pytest.fixture
def root(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.geteuid", lambda: 0)


def test_root_without_anybody_to_step_down_to_is_told_so(
    root: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("civitai_engagement.store.embedded.account.STAND_INS", ("no-such-user",))
    with pytest.raises(BadSetup, match="neither a user postgres nor a user nobody"):
        Account.for_data(tmp_path / "data")


def test_an_ordinary_user_stands_for_themselves(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.geteuid", lambda: NOBODY_HERE)
    account = Account.for_data(tmp_path / "data")
    assert (account.uid, account.stands_in) == (NOBODY_HERE, False)
    assert account.reaches(tmp_path / "data")


def test_an_owner_without_a_name_is_told_by_number(me: Account, tmp_path: Path) -> None:
    if os.geteuid() != 0:
        pytest.skip("only root gives folders away")
    os.chown(tmp_path, NOBODY_HERE, NOBODY_HERE)
    with pytest.raises(BadSetup, match=f"belongs to the user number {NOBODY_HERE}"):
        me.check(tmp_path, tmp_path)


@pytest.mark.parametrize("name", ["fsync", "full_page_writes", "synchronous_commit"])
def test_no_setting_trades_safety_for_speed(name: str) -> None:
    assert name not in SETTINGS
