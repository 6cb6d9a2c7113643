"""A machine of a user's own: a home with clients in it, and a made-up Civitai."""

import json
import os
import sys
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import asyncpg
import pytest

from civitai_engagement.install.doctor.diagnosis import Diagnosis
from civitai_engagement.install.doctor.examination import examine
from civitai_engagement.install.machine import Machine
from civitai_engagement.sandbox import Counts, Item, Sandbox, World
from civitai_engagement.sandbox.growth import Pinned
from civitai_engagement.setting_origins import read_settings

numbers = count(1)
PROGRAM = (sys.executable, "-m", "civitai_engagement")


@dataclass
class Desk:
    """Somebody's machine: their home, our folder in it, and what their shell sets.

    >>> await desk.looks_wrong(about="key")
    """

    machine: Machine
    home: Path
    patch: pytest.MonkeyPatch

    def set(self, **variables: str) -> None:
        for name, value in variables.items():
            self.patch.setenv(name, value)

    def unset(self, *names: str) -> None:
        for name in names:
            self.patch.delenv(name, raising=False)

    def write_settings(self, text: str, *, mode: int = 0o600) -> Path:
        self.home.mkdir(parents=True, exist_ok=True)
        file = self.home / ".env"
        file.write_text(text)
        file.chmod(mode)
        return file

    def write_client(self, file: Path, servers: Mapping[str, Any], *, key: str = "mcpServers") -> Path:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps({key: servers}, indent=2))
        return file

    def entry(self, **more: Any) -> dict[str, Any]:
        environment = {"CIVITAI_ENGAGEMENT_HOME": str(self.home)}
        return {"command": PROGRAM[0], "args": [*PROGRAM[1:], "serve"], "env": environment, **more}

    async def found(self, *, starts: bool = False, is_mending: bool = False) -> list[Diagnosis]:
        return [*(await examine(self.machine, read_settings(), starts=starts, is_mending=is_mending)).found]

    async def wrong(self, about: str, **options: bool) -> list[Diagnosis]:
        return [one for one in await self.found(**options) if one.about == about and not one.is_good]


@pytest.fixture
def world() -> World:
    made = World.empty(live=True)
    made.add_post(post_id=77, username="ana", items=[Item(counters=Pinned(Counts(like=10)))])
    return made


@pytest.fixture
async def civitai(world: World) -> AsyncIterator[str]:
    async with Sandbox(world) as sandbox:
        yield sandbox.url


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, civitai: str) -> Desk:
    home = tmp_path / "user"
    home.mkdir()
    machine = replace(Machine.this(), user_home=home, config=home / ".config", program=PROGRAM)
    made = Desk(machine, home / "engagement", monkeypatch)
    made.set(
        CIVITAI_ENGAGEMENT_HOME=str(made.home),
        CIVITAI_BASE_URL=civitai,
        CIVITAI_ENGAGEMENT_REQUESTS_PER_SECOND="50",
    )
    made.unset(
        "http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "no_proxy"
    )
    return made


@pytest.fixture
async def bare_url(postgres: str) -> AsyncIterator[str]:
    """A database with nothing of ours in it."""
    name = f"bare_{os.getpid()}_{next(numbers)}"
    await ordered(postgres, f"create database {name} template template0")
    yield in_database(postgres, name)
    await ordered(postgres, f"drop database {name} with (force)")


async def ordered(url: str, statement: str) -> None:
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()


def in_database(url: str, name: str) -> str:
    return urlunsplit(urlsplit(url)._replace(path=f"/{name}"))
