"""The program as people run it: processes of its own, a made-up Civitai in the test's own loop, homes on disk."""

import asyncio
import json
import os
import pwd
import re
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal, Self

import jsonschema  # type: ignore[import-untyped] # it ships no types
import psutil
import pytest
from mcp import Client, StdioServerParameters
from mcp.client.stdio import stdio_client
from mcp.types import CallToolResult, TextContent, TextResourceContents

from civitai_engagement.sandbox import Counts, Item, Sandbox, World
from civitai_engagement.sandbox.growth import Pinned
from civitai_engagement.server.toolsets import off, recorded
from civitai_engagement.setting_values import Toolset
from civitai_engagement.store.store import Store

POST, OTHER_POST, MEDIA = 77, 88, 5
PATIENCE = 120  # seconds until a process that says nothing is given up
MODULE = ["-m", "civitai_engagement"]
HELLO = {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "by hand", "version": "0"}}

Era = Literal["auto", "legacy"]


@dataclass
class Running:
    """A child: its signals, its end, and all it said on standard error.

    >>> await running.says(r"listening")
    >>> assert await running.ends_on(signal.SIGTERM) == 0
    """

    process: Process
    log: Path

    @property
    def said(self) -> str:
        return self.log.read_text(errors="replace")

    async def says(self, pattern: str) -> re.Match[str]:
        async with asyncio.timeout(PATIENCE):
            while (found := re.search(pattern, self.said)) is None:
                assert self.process.returncode is None, self.said
                await asyncio.sleep(0.02)
        return found

    async def ends(self) -> int:
        async with asyncio.timeout(PATIENCE):
            return await self.process.wait()

    async def ends_on(self, number: signal.Signals) -> int:
        self.process.send_signal(number)
        return await self.ends()

    async def ends_on_eof(self) -> int:
        assert self.process.stdin
        self.process.stdin.close()
        return await self.ends()

    async def output(self) -> str:
        """Wait for the end of a command; give what it printed."""
        async with asyncio.timeout(PATIENCE):
            printed, _ = await self.process.communicate()
        return printed.decode()


@dataclass
class Talk:
    """JSON-RPC by hand over a child's pipes; every line it ever wrote is kept.

    >>> await talk.greet()
    >>> tools = await talk.ask("tools/list")
    """

    running: Running
    lines: list[bytes] = field(default_factory=list)
    _number: int = 0

    def write(self, line: bytes) -> None:
        assert self.running.process.stdin
        self.running.process.stdin.write(line + b"\n")

    def send(self, **message: Any) -> None:
        self.write(json.dumps({"jsonrpc": "2.0", **message}).encode())

    def begin(self, method: str, **params: Any) -> int:
        self._number += 1
        self.send(id=self._number, method=method, params=params)
        return self._number

    async def ask(self, method: str, **params: Any) -> dict[str, Any]:
        number = self.begin(method, **params)
        assert self.running.process.stdout
        async with asyncio.timeout(PATIENCE):
            while line := await self.running.process.stdout.readline():
                self.lines.append(line)
                answer: dict[str, Any] = json.loads(line)
                if answer.get("id") == number:
                    return answer
        raise EOFError(self.running.said)

    async def heard(self) -> dict[str, Any]:
        """Give the next line, whatever it answers."""
        assert self.running.process.stdout
        async with asyncio.timeout(PATIENCE):
            self.lines.append(await self.running.process.stdout.readline())
        answer: dict[str, Any] = json.loads(self.lines[-1])
        return answer

    async def greet(self) -> dict[str, Any]:
        answer = await self.ask("initialize", **HELLO)
        self.send(method="notifications/initialized")
        return answer

    async def call(self, tool: str, **arguments: Any) -> dict[str, Any]:
        answer = await self.ask("tools/call", name=tool, arguments=arguments)
        result: dict[str, Any] = answer["result"]
        return result


@dataclass(frozen=True)
class Program:
    """`civitai-engagement` with an environment of its own.

    >>> async with program.client() as client: ...
    >>> running = await program.start("serve", "--transport", "http", "--port", "0")
    """

    folder: Path
    environment: Mapping[str, str]
    python: str = sys.executable
    options: Mapping[str, Any] = field(default_factory=dict)
    children: list[Running] = field(default_factory=list)

    @property
    def home(self) -> Path:
        return Path(self.environment["CIVITAI_ENGAGEMENT_HOME"])

    def having(self, **changes: str) -> Self:
        """The same program with other settings: `LOG_LEVEL` for CIVITAI_ENGAGEMENT_LOG_LEVEL, others in full."""
        full = ("CIVITAI_", "DATABASE_URL", "HOME", "PYTHON")
        named = {
            name if name.startswith(full) and name != "HOME" else f"CIVITAI_ENGAGEMENT_{name}": value
            for name, value in changes.items()
        }
        return replace(self, environment={**self.environment, **named})

    async def start(self, *arguments: str) -> Running:
        log = self.folder / f"stderr-{len(self.children)}"
        with log.open("wb") as errors:
            process = await asyncio.create_subprocess_exec(
                self.python,
                *MODULE,
                *arguments,
                stdin=PIPE if "serve" in arguments else DEVNULL,
                stdout=PIPE,
                stderr=errors,
                cwd=self.folder,
                env=self.environment,
                limit=2**24,
                **self.options,
            )
        self.children.append(Running(process, log))
        return self.children[-1]

    async def run(self, *arguments: str) -> tuple[int | None, str, str]:
        """Run a command to its end: exit code, standard output, standard error."""
        running = await self.start(*arguments)
        printed = await running.output()
        return running.process.returncode, printed, running.said

    async def talk(self) -> Talk:
        return Talk(await self.start("serve", "--no-collect"))

    async def serve_http(self, *arguments: str) -> tuple[Running, str]:
        """Start the HTTP door on a free port; give its base URL."""
        running = await self.start("serve", "--transport", "http", "--port", "0", "--no-collect", *arguments)
        return running, (await running.says(r"url='(http://[^/]+)/mcp'"))[1]

    @asynccontextmanager
    async def client(self, era: Era = "auto") -> AsyncIterator[Client]:
        server = StdioServerParameters(
            command=self.python, args=[*MODULE, "serve", "--no-collect"], env=dict(self.environment), cwd=self.folder
        )
        with (self.folder / "stderr-of-client").open("a") as errors:
            async with Client(stdio_client(server, errlog=errors), mode=era) as client:
                yield client


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder that any user can enter; whatever Postgres still runs there ends with the test."""
    made = Path(tempfile.mkdtemp(prefix="engagement-door-")).resolve()
    made.chmod(0o711)
    yield made
    for process in _postgres_in(made):
        with suppress(psutil.NoSuchProcess):
            process.kill()
    shutil.rmtree(made, ignore_errors=True)


@pytest.fixture(scope="session")
def pattern(reachable_folder: Path) -> Path:
    """A home with a stopped, migrated database, to copy."""
    home = reachable_folder / "pattern"

    async def make() -> None:
        store = Store(url=None, home=home)
        await store.open()
        await store.close()

    asyncio.run(make())
    return home


@pytest.fixture
def furnished(folder: Path, pattern: Path) -> Path:
    """Put a stopped, empty database where the program looks for it, for tests that are not about the first start."""
    subprocess.run(["cp", "-a", str(pattern), str(folder / "home")], check=True)
    return folder / "home"


@pytest.fixture
def world() -> World:
    """Two posts; the first has images, a video, and counters that tell them apart."""
    made = World.empty(live=True)
    kinds = ["image", "image", "video", "image", "image"]
    likes = [Item(type=kind, counters=Pinned(Counts(like=10 * place))) for place, kind in enumerate(kinds, start=1)]
    made.add_post(post_id=POST, username="ana", items=likes, title="Lighthouses")
    made.add_post(post_id=OTHER_POST, username="ben", items=[Item(counters=Pinned(Counts(heart=3)))])
    return made


@pytest.fixture
async def civitai(world: World) -> AsyncIterator[str]:
    """The URL of the made-up Civitai."""
    async with Sandbox(world) as sandbox:
        yield sandbox.url


@pytest.fixture
async def program(civitai: str, folder: Path) -> AsyncIterator[Program]:
    """The program with a home that does not exist yet; children that are left are killed."""
    environment = {
        **os.environ,
        "CIVITAI_BASE_URL": civitai,
        "CIVITAI_ENGAGEMENT_HOME": str(folder / "home"),
        "CIVITAI_ENGAGEMENT_REQUESTS_PER_SECOND": "50",
    }
    made = Program(folder, environment)
    yield made
    for child in made.children:
        with suppress(ProcessLookupError):
            child.process.kill()
        await child.process.communicate()


@pytest.fixture
def ledger(program: Program, database_url: str) -> Program:
    """The program on an empty database that is up already: each command would start and stop one of its own."""
    return program.having(DATABASE_URL=database_url)


@pytest.fixture
def postgres_in() -> Callable[[Path], list[psutil.Process]]:
    """Every living process of Postgres that works in a folder."""
    return _postgres_in


def _postgres_in(folder: Path) -> list[psutil.Process]:
    return [process for process in psutil.process_iter() if _works_in(process, folder)]


def _works_in(process: psutil.Process, folder: Path) -> bool:
    with suppress(psutil.Error):
        program, *arguments = process.cmdline() or [""]
        postgres = Path(program.split(":")[0]).name.startswith(("postgres", "initdb", "pg_ctl"))
        return postgres and any(str(folder) in word for word in (process.cwd(), *arguments))
    return False


CALLS: Sequence[tuple[str, Mapping[str, Any]]] = (
    ("record_civitai_post", {"posts": [str(POST), OTHER_POST]}),
    ("fetch_civitai_post_assets", {"post_id": f"https://civitai.com/posts/{POST}", "include_details": True}),
    ("list_civitai_posts", {"include_details": True}),
    ("find_asset", {"post_id": POST}),
    ("get_top_media", {"posts": POST, "by": "likes"}),
    ("get_media_engagement_guide", {}),
    ("get_workflow_guide", {}),
    ("create_prompt", {"prompt_text": "a lighthouse in fog"}),
    ("update_asset", {"asset_id": "1", "on_behalf_of": "Bea"}),
    ("create_civitai_post", {"civitai_id": "999", "status": "pending"}),
    ("update_civitai_post", {"post_id": "999", "title": "Harbour"}),
    ("delete_recording", {"kind": "post", "id": "999"}),
    ("restore_recording", {"kind": "post", "id": "999"}),
    ("sync_post_asset_stats", {"civitai_post_id": POST}),
    ("watch_creator", {"usernames": "ana"}),
    ("watch_post", {"posts": [POST, OTHER_POST]}),
    ("list_watches", {}),
    ("list_posts", {"sort": "most"}),
    ("unwatch_creator", {"usernames": ["ana"]}),
    ("unwatch_post", {"posts": OTHER_POST}),
    ("get_engagement_history", {"post": POST}),
    ("list_changes", {}),
    ("get_collection_status", {}),
    ("get_top_movers", {"window": "24h"}),
    ("find_unusual", {"creator": "ana"}),
    ("audit_library", {"checks": 1}),
    ("rate_post", {"post": POST}),
    ("compare_posts", {"posts": [POST, OTHER_POST]}),
    ("summarize_creator", {"username": "ana"}),
    ("find_peak_hours", {"time_zone": "Europe/Berlin"}),
    ("chart_engagement", {"posts": [POST], "by": "time"}),
    ("find_parameter_effects", {}),
    ("find_prompt_patterns", {}),
    ("profile_creators", {}),
    ("compare_models", {}),
)
HASHING = {"create_asset", "calculate_sha256"}  # they read files: tests/library
KEYED = {"read_comments"}  # it needs a key: tests/answers/test_comment_answers.py


@pytest.fixture
def tour() -> Callable[[Client], Any]:
    """Use everything the server offers, as a client would, and check what comes back."""
    return _tour


async def _tour(client: Client) -> None:
    tools = {tool.name: tool for tool in (await client.list_tools()).tools}
    unlisted = off(frozenset({Toolset.CREATOR, Toolset.WHY}))
    assert tools.keys() == ({name for name, _ in CALLS} | HASHING | KEYED) - unlisted
    schemas = {told["name"]: told["outputSchema"] for told in recorded()}
    for name, arguments in CALLS:
        _check(await client.call_tool(name, dict(arguments)), schemas[name])
    await _read_everything(client)


def _check(result: CallToolResult, schema: dict[str, Any] | None) -> None:
    """Text and structure are each complete alone: the sentence, and every id of media, stand in both."""
    text = "\n".join(block.text for block in result.content if isinstance(block, TextContent))
    assert not result.is_error, text
    assert schema is not None
    structured = result.structured_content
    assert isinstance(structured, dict)
    jsonschema.validate(structured, schema)
    assert text.startswith(structured["summary"])
    missing = [number for number in _ids(structured) if number not in text]
    assert missing == []


def _ids(value: object) -> Iterator[str]:
    if isinstance(value, list):
        for one in value:
            yield from _ids(one)
    if isinstance(value, dict):
        yield from (str(value[name]) for name in ("civitai_image_id", "civitai_id") if value.get(name))
        for one in value.values():
            yield from _ids(one)


async def _read_everything(client: Client) -> None:
    prompts = (await client.list_prompts()).prompts
    resources = (await client.list_resources()).resources
    guides = [one for one in resources if str(one.uri).startswith("guide:")]
    assert len(guides) == 2
    assert [prompt.name for prompt in prompts[2:]] == ["what_works"]
    assert {str(one.uri) for one in resources} - {str(one.uri) for one in guides} == {
        "changes://latest",
        "ui://civitai-engagement/chart",
    }
    for prompt, guide in zip(prompts[:2], guides, strict=True):
        said = (await client.get_prompt(prompt.name)).messages[0].content
        assert isinstance(said, TextContent)
        assert await _read(client, str(guide.uri)) == said.text
    templates = {one.uri_template for one in (await client.list_resource_templates()).resource_templates}
    assert templates == {
        f"{kind}{{{name}_id}}" for name in ("post", "image") for kind in (f"{name}://", f"history://{name}/")
    }
    post = json.loads(await _read(client, f"post://{POST}"))
    assert post["total_count"] == MEDIA
    image = json.loads(await _read(client, f"image://{post['assets'][0]['civitai_image_id']}"))
    assert image["found"] is True
    assert json.loads(await _read(client, f"history://post/{POST}"))["media"] == MEDIA
    assert json.loads(await _read(client, "changes://latest"))["changes"]


async def _read(client: Client, uri: str) -> str:
    [content] = (await client.read_resource(uri)).contents
    assert isinstance(content, TextResourceContents)
    return content.text


@pytest.fixture
def ordinary(folder: Path) -> Callable[[Program], Program]:
    """Let a program run as the user nobody, by a Python that user can reach; needs root."""

    def as_nobody(program: Program) -> Program:
        place = folder / "nobody"
        place.mkdir()
        shutil.chown(place, "nobody")
        paths = os.pathsep.join(path for path in sys.path if path.endswith(("site-packages", "src")))
        kept = {name: value for name, value in program.environment.items() if not name.startswith("COVERAGE")}
        environment = kept | {"PYTHONPATH": paths, "HOME": str(place), "PYTHONDONTWRITEBYTECODE": "1"}
        options = {"user": "nobody", "group": pwd.getpwnam("nobody").pw_gid, "extra_groups": []}
        return replace(program, environment=environment, python=_python_for_all(), options=options)

    if os.geteuid() != 0:
        pytest.skip("only root can become another user; everybody else is one already")
    return as_nobody


def _python_for_all() -> str:
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    for python in (Path(sys.executable), Path("/usr/local/bin", version), Path("/usr/bin", version)):
        if python.exists() and all(folder.stat().st_mode & stat.S_IXOTH for folder in python.resolve().parents):
            return str(python)
    pytest.skip(f"no {version} here that the user nobody can run")
