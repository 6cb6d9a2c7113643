"""What the embedded Postgres says when a machine does not let it be, and how it steps down from root."""

import asyncio
import os
import shutil
import stat
import subprocess
import sys
import sysconfig
from asyncio.subprocess import Process
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from civitai_engagement.errors import BadSetup, StoreDown
from civitai_engagement.store.embedded import EmbeddedPostgres
from civitai_engagement.store.embedded.account import Account
from civitai_engagement.store.embedded.cluster import Cluster
from civitai_engagement.store.embedded.doors import SocketEndpoint
from civitai_engagement.store.embedded.locks import FileLock
from civitai_engagement.store.embedded.postmaster import Postmaster, State
from civitai_engagement.store.embedded.programs import Wheel

pytestmark = pytest.mark.slow

Ask = Callable[..., Awaitable[Any]]
Invite = Callable[..., Awaitable[Process]]

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="about root")


def cluster_of(home: Path, wheel: Wheel) -> Cluster:
    account = Account.for_data(home / "data")
    return Cluster(home, account, SocketEndpoint(account), wheel)


def fake_wheel(folder: Path, **programs: str) -> Wheel:
    """A wheel of version 18 whose programs are these lines of shell."""
    programs = {"postgres": "exit 0", "initdb": 'echo 18 > "$PGDATA/PG_VERSION"', "pg_ctl": "exit 0"} | programs
    bin_folder = folder / "wheel" / "pginstall18" / "bin"
    bin_folder.mkdir(parents=True)
    for name, line in programs.items():
        (bin_folder / name).write_text(f"#!/bin/sh\n{line}\n")
        (bin_folder / name).chmod(0o755)
    return Wheel(folder / "wheel")


async def test_a_full_disk_is_called_one(place: Path) -> None:
    wheel = fake_wheel(place, initdb="echo 'initdb: could not write: No space left on device'; exit 1")
    with pytest.raises(BadSetup, match="is full. Free some space, or set DATABASE_URL"):
        await cluster_of(place, wheel).launch()
    assert not (place / "data").exists()


async def test_a_server_that_does_not_start_is_quoted(place: Path) -> None:
    cluster = cluster_of(place, fake_wheel(place, pg_ctl="echo 'FATAL: out of luck'; exit 1"))
    with pytest.raises(StoreDown, match="Postgres did not start. It said: FATAL: out of luck"):
        await cluster.launch()
    assert cluster.state() is State.ABSENT


async def test_a_data_folder_that_cannot_be_made_is_quoted(place: Path) -> None:
    with pytest.raises(StoreDown, match="could not make its data folder. It said: bad luck"):
        await cluster_of(place, fake_wheel(place, initdb="echo bad luck; exit 1")).launch()


async def test_programs_that_do_not_run_here_are_said_to(place: Path) -> None:
    wheel = fake_wheel(place, postgres="exit 127")
    (wheel.package / "pginstall").symlink_to("pginstall18")
    with pytest.raises(BadSetup, match="cannot run on this machine. Set DATABASE_URL"):
        await cluster_of(place, wheel).launch()


async def test_a_data_folder_without_a_database_is_left_alone(place: Path) -> None:
    (place / "data").mkdir()
    (place / "data" / "holiday.jpg").touch()
    with pytest.raises(BadSetup, match="holds no database"):
        await cluster_of(place, fake_wheel(place)).launch()
    assert (place / "data" / "holiday.jpg").exists()


async def test_a_server_that_vanished_has_no_url(place: Path) -> None:
    with pytest.raises(StoreDown, match="just stopped"):
        cluster_of(place, fake_wheel(place)).url()


async def test_a_folder_that_cannot_be_made_is_named(place: Path) -> None:
    (place / "file").touch()
    with pytest.raises(BadSetup, match=r"cannot use .*file.* Set CIVITAI_ENGAGEMENT_HOME"):
        await EmbeddedPostgres(place / "file" / "home").start()


async def test_stopping_what_was_never_started_does_nothing(place: Path) -> None:
    await EmbeddedPostgres(place / "home").stop()
    assert not (place / "home").exists()


async def test_a_database_held_from_elsewhere_is_not_started_twice(
    furnished: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("civitai_engagement.store.embedded.server.SECONDS_HIDDEN", 0.1)
    elsewhere = FileLock(furnished / "running.lock")
    elsewhere.try_exclusive()
    with pytest.raises(StoreDown, match="another container"):
        await EmbeddedPostgres(furnished).start()
    elsewhere.release()


async def test_a_long_start_is_told_in_the_log(
    furnished: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("civitai_engagement.store.embedded.server.SECONDS_UNTIL_NOTICE", 0)
    async with EmbeddedPostgres(furnished):
        assert "still starting" in caplog.text


async def test_every_process_of_postgres_holds_the_lock_that_says_it_runs(furnished: Path) -> None:
    async with EmbeddedPostgres(furnished):
        assert not FileLock(furnished / "running.lock").try_exclusive()
    assert FileLock(furnished / "running.lock").try_exclusive()


def test_a_zombie_is_not_the_postmaster(tmp_path: Path) -> None:
    with subprocess.Popen(["true"]) as child:
        os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
        assert psutil.Process(child.pid).status() == psutil.STATUS_ZOMBIE
        assert not Postmaster(child.pid, 5432, "", State.READY).lives_on(tmp_path)


@pytest.fixture
def small_disk(place: Path) -> Iterator[Path]:
    disk = place / "disk"
    disk.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=20m,mode=755", "none", disk], check=False)
    if mounted.returncode:
        pytest.skip("this machine does not let us mount")
    yield disk
    subprocess.run(["umount", "-l", disk], check=True)


@as_root
async def test_a_disk_that_fills_up_during_the_first_start_is_called_full(small_disk: Path) -> None:
    with pytest.raises(BadSetup, match="is full"):
        await EmbeddedPostgres(small_disk / "home").start()
    assert not (small_disk / "home" / "data").exists()


@as_root
async def test_root_steps_down_and_opens_nothing_to_the_world(place: Path) -> None:
    async with EmbeddedPostgres(place / "home"):
        postmaster = Postmaster.read(place / "home" / "data")
        assert postmaster
        assert psutil.Process(postmaster.pid).uids().effective != 0
        assert stat.S_IMODE((place / "home").stat().st_mode) == 0o710
        assert stat.S_IMODE((place / "home" / "data").stat().st_mode) == 0o700


@as_root
async def test_roots_closed_home_is_refused_and_left_closed(place: Path) -> None:
    place.chmod(0o700)
    with pytest.raises(BadSetup, match="cannot enter"):
        await EmbeddedPostgres(place / "home").start()
    assert stat.S_IMODE(place.stat().st_mode) == 0o700


@as_root
async def test_root_uses_the_data_of_whichever_stand_in_made_them(furnished: Path, ask: Ask) -> None:
    subprocess.run(["chown", "-R", "nobody", furnished / "data"], check=True)
    furnished.chmod(0o711)
    async with EmbeddedPostgres(furnished) as url:
        assert await ask(url, "select count(*) from note") == 0


@as_root
async def test_programs_out_of_reach_are_copied_once(place: Path, ask: Ask) -> None:
    closed = place / "closed"
    closed.mkdir(mode=0o700)
    real = Wheel.installed().package
    (closed / real.name).symlink_to(real)
    (closed / f"{real.name}.libs").symlink_to(real.with_suffix(".libs"))
    (place / "programs-0.0").mkdir()
    cluster = cluster_of(place, Wheel(closed / real.name))
    await cluster.launch()
    assert await ask(cluster.url(), "select 1") == 1
    await cluster.halt()
    (copy,) = place.glob("programs-*")
    assert copy.name != "programs-0.0"


def ordinary_python() -> str:
    """A Python that the user nobody can run, with the packages of this one."""
    path = f"{Path(__file__).parents[3] / 'src'}:{sysconfig.get_path('purelib')}"
    for python in (sys.executable, shutil.which(f"python3.{sys.version_info.minor}", path="/usr/bin") or "false"):
        command = ["env", f"PYTHONPATH={path}", python, "-c", "import civitai_engagement.store.embedded"]
        try:
            tried = subprocess.run(command, user="nobody", extra_groups=[], check=False, capture_output=True)
        except OSError:
            continue
        if tried.returncode == 0:
            return python
    pytest.skip("no Python here that an ordinary user can run")


async def as_nobody(invite: Invite, home: Path) -> Process:
    path = f"{Path(__file__).parents[3] / 'src'}:{sysconfig.get_path('purelib')}"
    environment = {"PYTHONPATH": path, "PATH": os.defpath}
    python = await asyncio.to_thread(ordinary_python)
    return await invite(home, python, user="nobody", extra_groups=[], env=environment, cwd="/")


@as_root
async def test_an_ordinary_user_needs_no_stand_in(place: Path, invite: Invite, ask: Ask) -> None:
    shutil.chown(place, "nobody")
    guest = await as_nobody(invite, place / "home")
    assert guest.stdout
    await guest.stdout.readline()
    url = (await guest.stdout.readline()).decode().strip()
    assert await ask(url, "select 1") == 1
    await guest.communicate(b"")
    assert guest.returncode == 0
    assert (place / "home" / "data").owner() == "nobody"


@as_root
async def test_an_ordinary_user_is_told_of_a_folder_that_is_not_theirs(place: Path, invite: Invite) -> None:
    guest = await as_nobody(invite, place / "home")
    _, errors = await guest.communicate(b"")
    assert b"BadSetup" in errors
    assert b"Permission denied. Set CIVITAI_ENGAGEMENT_HOME" in errors
