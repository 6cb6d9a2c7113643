"""`doctor` on set-ups that are broken: it says what is wrong, and what it says to do mends it."""

import json
import os
import socket
import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import asyncpg
import pytest

from civitai_engagement.clock import SystemClock
from civitai_engagement.install.doctor.diagnosis import Gravity
from civitai_engagement.install.doctor.examination import examine
from civitai_engagement.install.service.service import service_of
from civitai_engagement.sandbox.app import TEST_KEY
from civitai_engagement.setting_origins import Origin, read_settings
from tests.pooler import needs_pgbouncer, pooled

if TYPE_CHECKING:  # pytest loads it by itself
    from tests.install.conftest import Desk


async def test_a_fresh_machine_has_nothing_wrong_but_that_no_client_is_there(desk: "Desk") -> None:
    found = await desk.found()
    assert [(one.about, one.said) for one in found if not one.is_good] == [
        ("clients", "No client is found that we know how to look into.")
    ]
    assert not desk.home.exists(), "looking made something"


# Settings


@pytest.mark.parametrize(
    ("name", "value", "right"),
    [
        ("CIVITAI_ENGAGEMENT_REQUESTS_PER_SECOND", "fast", "1"),
        ("CIVITAI_BASE_URL", "civitai.com", "http://127.0.0.1:1"),
        ("CIVITAI_ENGAGEMENT_TOOLSETS", "everything", "all"),
        ("CIVITAI_ENGAGEMENT_ALERT_WEBHOOK", "hook", "https://example.com/hook"),
    ],
)
async def test_a_wrong_value_is_named_with_where_it_stands(desk: "Desk", name: str, value: str, right: str) -> None:
    desk.set(**{name: value})
    (one,) = await desk.wrong("settings")
    assert one.said.startswith(f"{name} (in the environment): ")
    assert "docs/settings.md" in one.cure
    desk.set(**{name: right})
    assert await desk.wrong("settings") == []


async def test_several_wrong_settings_in_both_places_are_all_named_and_the_rest_is_looked_at(desk: "Desk") -> None:
    file = desk.write_settings("CIVITAI_ENGAGEMENT_LOG_LEVEL=loud\nCIVITAI_ENGAGEMENT_TOKNE=x\n")
    desk.set(CIVITAI_ENGAGEMENT_KEEP_DAYS="none")
    said = [one.said for one in await desk.wrong("settings")]
    assert any(f"CIVITAI_ENGAGEMENT_LOG_LEVEL (in {file})" in one for one in said)
    assert any("CIVITAI_ENGAGEMENT_KEEP_DAYS (in the environment)" in one for one in said)
    assert any("CIVITAI_ENGAGEMENT_TOKNE" in one for one in said)
    assert [one.about for one in await desk.found() if one.about == "network"] == ["network"]


async def test_a_misspelt_name_is_answered_with_the_right_one(desk: "Desk") -> None:
    desk.set(CIVITAI_ENGAGEMENT_REQUEST_PER_SECOND="2")
    (one,) = await desk.wrong("settings")
    assert one.cure == "Did you mean CIVITAI_ENGAGEMENT_REQUESTS_PER_SECOND?"


async def test_a_file_that_others_may_read_is_closed_by_fix(desk: "Desk") -> None:
    file = desk.write_settings("CIVITAI_ENGAGEMENT_KEEP_DAYS=30\n", mode=0o644)
    (one,) = await desk.wrong("settings")
    assert ("may be read by others" in one.said, one.cure) == (True, "Run chmod 600 on it.")
    await desk.found(is_mending=True)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert await desk.wrong("settings") == []


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("CIVITAI_API_KEY='open\n", "line 1"),
        ("CIVITAI_ENGAGEMENT_HOME=/elsewhere\n", "CIVITAI_ENGAGEMENT_HOME"),
        ("\ufeff".encode("utf-16").decode("latin-1"), "UTF-8"),
    ],
)
async def test_a_file_of_settings_that_is_not_read_is_named(desk: "Desk", text: str, said: str) -> None:
    file = desk.write_settings("")
    file.write_bytes(text.encode("latin-1"))
    (one,) = await desk.wrong("settings")
    assert str(file) in one.said
    assert said in one.said + one.cure
    file.write_text("")
    assert await desk.wrong("settings") == []


async def test_it_tells_where_each_setting_comes_from_and_no_secret(desk: "Desk") -> None:
    desk.write_settings("CIVITAI_API_KEY=very-secret\nCIVITAI_ENGAGEMENT_KEEP_DAYS=30\n")
    desk.set(CIVITAI_ENGAGEMENT_KEEP_DAYS="40")
    origins = {one.name: (one.value, one.origin) for one in read_settings().origins}
    assert origins["CIVITAI_API_KEY"] == ("set", Origin.FILE)
    assert origins["CIVITAI_ENGAGEMENT_KEEP_DAYS"] == ("40", Origin.ENVIRONMENT)
    assert origins["CIVITAI_ENGAGEMENT_COLLECT_LIMIT"] == ("200", Origin.DEFAULT)
    assert "very-secret" not in repr(await desk.found())


# The way to Civitai


async def test_a_civitai_that_is_not_there_is_a_matter_of_the_network(desk: "Desk") -> None:
    desk.set(CIVITAI_BASE_URL=f"http://127.0.0.1:{closed_port()}")
    (one,) = await desk.wrong("network")
    assert (one.gravity, one.cure) == (Gravity.FAULT, "Check the network connection.")


@pytest.mark.parametrize("proxy", ["http://127.0.0.1:99999", "ftp://proxy:21"])
async def test_a_proxy_that_cannot_be_followed_is_named_by_its_variable(desk: "Desk", proxy: str) -> None:
    desk.set(HTTP_PROXY=proxy)
    (one,) = await desk.wrong("network")
    assert one.said.startswith("HTTP_PROXY names no proxy")
    desk.unset("HTTP_PROXY")
    assert await desk.wrong("network") == []


async def test_a_proxy_that_does_not_answer_is_named_by_its_variable(desk: "Desk") -> None:
    desk.set(HTTP_PROXY=f"http://127.0.0.1:{closed_port()}")
    (one,) = await desk.wrong("network")
    assert ("HTTP_PROXY" in one.said, "unset the variable" in one.cure) == (True, True)


async def test_a_key_that_civitai_does_not_know_is_told(desk: "Desk") -> None:
    desk.set(CIVITAI_API_KEY="stale")
    (one,) = await desk.wrong("key")
    assert ("does not accept" in one.said, "civitai.com/user/account" in one.cure) == (True, True)
    desk.set(CIVITAI_API_KEY=TEST_KEY)
    assert await desk.wrong("key") == []


async def test_a_name_that_civitai_lists_nothing_of_is_told(desk: "Desk") -> None:
    desk.set(CIVITAI_ENGAGEMENT_CREATOR="anna")
    (one,) = await desk.wrong("creator")
    assert ("nothing of a creator anna" in one.said, "civitai.com/user/NAME" in one.cure) == (True, True)
    desk.set(CIVITAI_ENGAGEMENT_CREATOR="https://civitai.com/user/ana")
    assert await desk.wrong("creator") == []


class WrongClock(SystemClock):
    """A machine's clock that goes wrong by some hours."""

    def __init__(self, hours: float) -> None:
        self._by = timedelta(hours=hours)

    def now(self) -> datetime:
        return datetime.now(UTC) + self._by


@pytest.mark.parametrize(
    ("hours", "gravity", "said"),
    [
        (50, Gravity.FAULT, "50 h 0 min ahead of"),
        (-2, Gravity.FAULT, "2 h 0 min behind"),
        (0.3, Gravity.WARNING, "18 min ahead of"),
    ],
)
async def test_a_wrong_clock_is_told_with_how_wrong_it_is(
    desk: "Desk", hours: float, gravity: Gravity, said: str
) -> None:
    found = await examine(desk.machine, read_settings(), clock=WrongClock(hours), starts=False)
    (one,) = [one for one in found.found if one.about == "clock"]
    assert (one.gravity, said in one.said, one.cure.startswith("Set the clock")) == (gravity, True, True)


# The database


async def test_a_database_that_does_not_answer_is_told(desk: "Desk") -> None:
    desk.set(DATABASE_URL=f"postgresql://me:secret@127.0.0.1:{closed_port()}/mine")
    (one,) = await desk.wrong("database")
    assert "does not answer" in one.said
    assert "secret" not in one.said + one.cure


async def test_a_url_that_is_none_is_told_without_it(desk: "Desk") -> None:
    desk.set(DATABASE_URL="my secret database")
    (one,) = await desk.wrong("database")
    assert ("DATABASE_URL cannot be read." in one.said, "postgresql://" in one.cure) == (True, True)


async def test_a_role_without_rights_is_told_what_to_grant(desk: "Desk", database_url: str) -> None:
    connection = await asyncpg.connect(database_url)
    await connection.execute("drop role if exists looker; create role looker login")
    try:
        desk.set(DATABASE_URL=database_url.replace("postgres@", "looker@"))
        (one,) = await desk.wrong("database")
        assert ("permission denied" in one.said, "Grant it to the role in DATABASE_URL" in one.cure) == (True, True)
        await connection.execute("grant select on all tables in schema public to looker")
        (one,) = await desk.wrong("database")
        assert ("takes no writes" in one.said, "grant insert, update, delete" in one.cure) == (True, True)
        await connection.execute("grant insert, update, delete on all tables in schema public to looker")
        assert await desk.wrong("database") == []
    finally:
        await connection.execute("drop owned by looker; drop role looker")
        await connection.close()


async def test_a_database_of_others_is_named_with_the_command_that_lets_us_in(desk: "Desk", bare_url: str) -> None:
    connection = await asyncpg.connect(bare_url)
    await connection.execute("create table orders (id int)")
    await connection.close()
    desk.set(DATABASE_URL=bare_url)
    (one,) = await desk.wrong("database")
    assert ("orders" in one.said, "civitai-engagement migrate --adopt" in one.cure) == (True, True)


async def test_looking_leaves_a_database_as_it_is(desk: "Desk", bare_url: str) -> None:
    connection = await asyncpg.connect(bare_url)
    await connection.execute("create table orders (id int)")
    desk.set(CIVITAI_ENGAGEMENT_DATABASE_URL=bare_url)
    assert await desk.wrong("database") == []
    assert await connection.fetchval("select to_regnamespace('engagement') is null")
    await connection.close()


async def test_an_older_schema_is_brought_up_to_date_by_fix(desk: "Desk", bare_url: str) -> None:
    desk.set(DATABASE_URL=bare_url)
    (one,) = [one for one in await desk.found() if one.about == "schema"]
    assert one.said.startswith("Our tables are not made")
    await at_revision(bare_url, "0012")
    (one,) = await desk.wrong("schema")
    assert ("revision 0012" in one.said, "civitai-engagement migrate" in one.cure) == (True, True)
    await desk.found(is_mending=True)
    assert await desk.wrong("schema") == []


async def test_a_newer_schema_asks_for_a_newer_program(desk: "Desk", database_url: str) -> None:
    connection = await asyncpg.connect(database_url)
    await connection.execute("update alembic_version set version_num = '9999'")
    await connection.close()
    desk.set(DATABASE_URL=database_url)
    (one,) = await desk.wrong("database")
    assert ("9999" in one.said, "Upgrade civitai-engagement" in one.cure) == (True, True)


@needs_pgbouncer
async def test_a_pooler_in_transaction_mode_is_told_from_a_database(
    desk: "Desk", database_url: str, reachable_folder: Path
) -> None:
    async with pooled(database_url, "transaction", reachable_folder) as url:
        desk.set(DATABASE_URL=url)
        (one,) = await desk.wrong("database")
        assert ("pooler in transaction mode" in one.said, "session mode" in one.cure) == (True, True)
    async with pooled(database_url, "session", reachable_folder) as url:
        desk.set(DATABASE_URL=url)
        assert await desk.wrong("database") == []


async def test_a_file_in_the_place_of_our_folder_is_told(desk: "Desk") -> None:
    desk.home.write_text("")
    found = await desk.wrong("database")
    assert ("cannot use" in found[0].said, "CIVITAI_ENGAGEMENT_HOME" in found[0].cure) == (True, True)
    desk.home.unlink()
    assert await desk.wrong("database") == []


async def test_a_damaged_embedded_database_is_told(desk: "Desk") -> None:
    (desk.home / "data").mkdir(parents=True)
    (desk.home / "data" / "PG_VERSION").write_text("eighteen")
    if os.geteuid() == 0:
        desk.home.parent.parent.chmod(0o711)
    (one,) = await desk.wrong("database")
    assert one.gravity is Gravity.FAULT
    assert one.cure


async def test_that_nothing_collects_is_told_with_the_service(desk: "Desk", database_url: str) -> None:
    connection = await asyncpg.connect(database_url)
    await connection.execute(
        "insert into watches (kind, name, label, created_by, created_at) values ('creator', 'ana', 'Ana', 'me', now())"
    )
    await connection.close()
    desk.set(DATABASE_URL=database_url)
    (one,) = await desk.wrong("collecting")
    assert ("Nothing keeps the clock" in one.said, "service install" in one.cure) == (True, True)


# The service


async def test_a_service_that_does_not_run_or_starts_something_else_is_told(desk: "Desk", tmp_path: Path) -> None:
    desk.set(PATH=str(tmp_path))
    service = service_of(desk.machine, desk.home)
    service.manager.file.parent.mkdir(parents=True)
    service.manager.file.write_text(service.text)
    (one,) = await desk.wrong("service")
    assert ("does not run" in one.said, "service logs" in one.cure) == (True, True)
    service.manager.file.write_text(service.text.replace(str(desk.home), "/srv/other"))
    (one,) = await desk.wrong("service")
    assert ("another home" in one.said, "service install" in one.cure) == (True, True)


# The clients


def cursor(desk: "Desk") -> Path:
    return desk.machine.user_home / ".cursor" / "mcp.json"


async def test_a_client_that_does_not_name_us_is_sent_to_setup(desk: "Desk") -> None:
    desk.write_client(cursor(desk), {"other": {"command": "other"}})
    (one,) = await desk.wrong("clients")
    assert "civitai-engagement setup" in one.cure
    desk.write_client(cursor(desk), {"mine": desk.entry()})
    assert await desk.wrong("clients") == []


async def test_a_file_that_is_no_json_is_told_with_the_line(desk: "Desk") -> None:
    desk.write_client(cursor(desk), {}).write_text('{\n "mcpServers": {\n  "a": 1,,\n }\n}')
    (one,) = await desk.wrong("client cursor")
    assert ("no JSON in line 3" in one.said, "Mend that line" in one.cure) == (True, True)


async def test_a_program_that_moved_away_is_told(desk: "Desk") -> None:
    entry = desk.entry(command="/gone/civitai-engagement")
    desk.write_client(cursor(desk), {"civitai-engagement": entry})
    (one,) = await desk.wrong("client cursor", starts=True)
    assert ("/gone/civitai-engagement is not there" in one.said, "civitai-engagement setup" in one.cure) == (True, True)


async def test_a_secret_in_a_clients_file_is_named_not_told(desk: "Desk") -> None:
    entry = desk.entry(env={"CIVITAI_API_KEY": "abc123", "CIVITAI_ENGAGEMENT_HOME": str(desk.home)})
    desk.write_client(cursor(desk), {"civitai-engagement": entry})
    (one,) = await desk.wrong("client cursor")
    assert ("CIVITAI_API_KEY" in one.said, "abc123" in one.said + one.cure) == (True, False)


async def test_a_client_with_another_home_is_told(desk: "Desk") -> None:
    entry = desk.entry(env={"CIVITAI_ENGAGEMENT_HOME": "/srv/other"})
    desk.write_client(cursor(desk), {"civitai-engagement": entry})
    (one,) = await desk.wrong("client cursor")
    assert ("/srv/other" in one.said, "the same folder" in one.cure) == (True, True)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["-m", "civitai_engagement", "serve"], None),
        (["-m", "civitai_engagement", "serve", "--no-such"], "ends without an answer"),
        (["-m", "civitai_engagement", "--version"], "something other than MCP"),
    ],
)
async def test_what_a_client_starts_is_started_and_greeted(
    desk: "Desk", arguments: list[str], said: str | None
) -> None:
    desk.write_client(cursor(desk), {"civitai-engagement": desk.entry(args=arguments)})
    wrong = await desk.wrong("client cursor", starts=True)
    assert [said in one.said for one in wrong if said] == ([True] if said else [])
    assert said is not None or wrong == []


def closed_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


async def at_revision(url: str, revision: str) -> None:
    """Make the schema as it was at a revision."""
    from alembic import command
    from alembic.config import Config

    from civitai_engagement.store.connecting import DatabaseAddress
    from civitai_engagement.store.migrations import engine_for, scripts

    engine = engine_for(DatabaseAddress(url), "public")
    config = Config()
    config.set_main_option("script_location", str(scripts()))

    def upgrade(connection: object) -> None:
        config.attributes.update(connection=connection, versions="alembic_version")
        command.upgrade(config, revision)

    async with engine.begin() as connection:
        await connection.run_sync(upgrade)
    await engine.dispose()


def test_the_command_prints_json_and_fails_where_something_is_wrong(desk: "Desk") -> None:
    from typer.testing import CliRunner

    from civitai_engagement.cli.commands import app

    desk.set(HOME=str(desk.machine.user_home), CIVITAI_BASE_URL=f"http://127.0.0.1:{closed_port()}")
    result = CliRunner().invoke(app, ["doctor", "--json"])
    told = json.loads(result.stdout)
    assert (result.exit_code, told["verdict"]) == (1, "fault")
    assert {"about", "gravity", "said", "cure", "fixable"} == set(told["findings"][0])
    assert {"name", "value", "from"} == set(told["settings"][0])
