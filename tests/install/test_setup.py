"""`setup` on a home with clients in it: what it shows, what it writes, and that all of it can be taken back."""

import asyncio
import json
import stat
from asyncio.subprocess import PIPE, STDOUT
from pathlib import Path
from typing import TYPE_CHECKING, Any

import asyncpg
import pytest
from dotenv import dotenv_values
from typer.testing import CliRunner, Result

from civitai_engagement import env_file
from civitai_engagement.cli.commands import app
from civitai_engagement.install.client_files import ClientFile
from civitai_engagement.install.clients import ClientName, places
from civitai_engagement.install.setup.changes import FileChange
from civitai_engagement.install.setup.client_plan import found, planned
from civitai_engagement.install.setup.secrets_file import with_settings
from civitai_engagement.sandbox.app import TEST_KEY

if TYPE_CHECKING:  # pytest loads it by itself
    from tests.install.conftest import Desk

OTHER = {"command": "npx", "args": ["-y", "other"], "env": {"OTHER_TOKEN": "theirs-123", "OPENAI_KEY": "sk-theirs-123"}}
DESKTOP = ClientName.CLAUDE_DESKTOP
KEY, PASSWORD = TEST_KEY, "our-pw-123"


def place(desk: "Desk", name: ClientName) -> Path:
    return next(one.file for one in places(desk.machine) if one.name is name)


@pytest.fixture
def three(desk: "Desk") -> list[Path]:
    """A home with Claude Desktop (which starts us with a key), Cursor (others only) and VS Code (no file yet)."""
    desk.set(HOME=str(desk.machine.user_home), XDG_CONFIG_HOME=str(desk.machine.config))
    old = {
        "command": "/old/civitai-engagement",
        "args": ["serve", "--toolsets", "all"],
        "env": {"CIVITAI_API_KEY": KEY, "CIVITAI_ENGAGEMENT_LOG_LEVEL": "ERROR"},
        "autoApprove": ["rate_post"],
    }
    desktop, cursor, code = (place(desk, one) for one in (DESKTOP, ClientName.CURSOR, ClientName.VS_CODE))
    desk.write_client(desktop, {"other": OTHER, "civitai-engagement": old})
    cursor.parent.mkdir(parents=True)
    cursor.write_text('{\n\t"mcpServers": {\n\t\t"other": {"command": "größe"}\n\t},\n\t"theme": "dark"\n}')
    code.parent.mkdir(parents=True)
    return [desktop, cursor, code]


def run(*arguments: str, said: str | None = None) -> Result:
    return CliRunner().invoke(app, ["setup", *arguments], input=said)


def servers(file: Path, key: str = "mcpServers") -> dict[str, Any]:
    told: dict[str, Any] = json.loads(file.read_text())[key]
    return told


def test_three_clients_are_shown_written_and_restored(desk: "Desk", three: list[Path]) -> None:
    before = {file: file.read_bytes() if file.exists() else None for file in three}
    shown = run("--dry-run")
    assert {file: file.read_bytes() if file.exists() else None for file in three} == before, "a rehearsal wrote"
    assert not desk.home.exists()
    done = run("--yes")
    assert (done.exit_code, shown.exit_code) == (0, 0), done.output
    assert all(f"+++ {file}" in shown.output and f"+++ {file}" in done.output for file in three)
    desktop, cursor, code = three
    for servers_of in (servers(desktop), servers(cursor), servers(code, "servers")):
        ours = servers_of["civitai-engagement"]
        assert [ours["command"], *ours["args"]][: len(desk.machine.program)] != []
        assert ours["env"]["CIVITAI_ENGAGEMENT_HOME"] == str(desk.home)
    again = run("--yes")
    assert "stands there already" in again.output
    undone = run("--undo")
    assert undone.exit_code == 0, undone.output
    assert {file: file.read_bytes() if file.exists() else None for file in three} == before
    assert run("--undo").exit_code == 1


def test_what_others_wrote_and_what_the_user_chose_stays(desk: "Desk", three: list[Path]) -> None:
    run("--yes")
    desktop, cursor, code = three
    assert servers(desktop)["other"] == OTHER
    ours = servers(desktop)["civitai-engagement"]
    assert ours["args"][-3:] == ["serve", "--toolsets", "all"]
    assert (ours["autoApprove"], ours["env"]["CIVITAI_ENGAGEMENT_LOG_LEVEL"]) == (["rate_post"], "ERROR")
    text = cursor.read_text()
    assert json.loads(text)["theme"] == "dark"
    assert ("größe" in text, '\n\t"mcpServers"' in text) == (True, True)
    assert servers(code, "servers")["civitai-engagement"]["type"] == "stdio"


def test_secrets_are_in_one_place_only_and_shown_nowhere(desk: "Desk", three: list[Path]) -> None:
    desk.set(DATABASE_URL=f"postgresql://me:{PASSWORD}@127.0.0.1:1/mine")
    done = run("--yes")
    assert not [secret for secret in (KEY, PASSWORD, "theirs-123") if secret in done.output], done.output
    for file in three:
        assert KEY not in file.read_text()
        assert PASSWORD not in file.read_text()
    ours = desk.home / ".env"
    assert stat.S_IMODE(ours.stat().st_mode) == 0o600
    told = dotenv_values(ours)
    assert (told["CIVITAI_API_KEY"], PASSWORD in str(told["DATABASE_URL"])) == (KEY, True)
    backups = [file for file in (desk.home / "setup").rglob("*") if file.is_file()]
    assert {stat.S_IMODE(file.stat().st_mode) for file in backups} == {0o600}


def test_a_file_changed_since_keeps_what_was_added_and_loses_only_us(desk: "Desk", three: list[Path]) -> None:
    run("--yes")
    cursor = three[1]
    told = json.loads(cursor.read_text())
    cursor.write_text(json.dumps({**told, "added": 1}))
    assert "only our entry" in run("--undo").output
    assert (json.loads(cursor.read_text())["added"], "civitai-engagement" in servers(cursor)) == (1, False)


def test_a_file_with_comments_or_without_sense_is_left_alone(desk: "Desk", three: list[Path]) -> None:
    _, cursor, code = three
    code.write_text('{\n  // mine\n  "servers": {},\n}')
    cursor.write_text("{ not json")
    done = run("--yes")
    assert (code.read_text(), cursor.read_text()) == ('{\n  // mine\n  "servers": {},\n}', "{ not json")
    by_hand = 'Put this into "servers" by hand: {"civitai-engagement": {'
    assert (by_hand in done.output, "no JSON" in done.output) == (True, True)


def test_a_file_behind_a_link_is_written_where_it_leads(desk: "Desk", three: list[Path], tmp_path: Path) -> None:
    cursor = three[1]
    target = cursor.rename(tmp_path / "dotfiles.json")
    cursor.symlink_to(target)
    run("--yes")
    assert cursor.is_symlink()
    assert "civitai-engagement" in servers(target)
    run("--undo")
    assert (cursor.is_symlink(), "civitai-engagement" in servers(target)) == (True, False)


def test_only_the_clients_named_are_written(desk: "Desk", three: list[Path]) -> None:
    desktop, cursor, code = three
    run("--yes", "--client", "cursor", "--client", "windsurf")
    assert "civitai-engagement" in servers(cursor)
    assert (servers(desktop)["civitai-engagement"]["command"], code.exists()) == ("/old/civitai-engagement", False)
    assert "civitai-engagement" in servers(place(desk, ClientName.WINDSURF))
    other = run("--yes", "--no-clients")
    assert not code.exists(), other.output


def test_a_no_writes_nothing(desk: "Desk", three: list[Path]) -> None:
    before = [file.read_text() for file in three if file.exists()]
    done = run("--no-service", said="\nn\n")
    assert "Nothing is written." in done.output
    assert [file.read_text() for file in three if file.exists()] == before
    assert not desk.home.exists()


@pytest.mark.slow
async def test_whoever_says_their_name_is_followed_and_sees_a_first_look(
    desk: "Desk", three: list[Path], database_url: str, tmp_path: Path
) -> None:
    desk.set(DATABASE_URL=database_url, PATH=str(tmp_path))
    code, said = await as_a_process(desk, "setup", "--service", said=b"https://civitai.com/user/ana\ny\n")
    assert code == 0, said
    assert "Creator ana is watched: 1 post with 1 media and 10 reactions" in said
    assert dotenv_values(desk.home / ".env")["CIVITAI_ENGAGEMENT_CREATOR"] == "ana"
    assert "The service is not installed: There is no systemctl" in said
    connection = await asyncpg.connect(database_url)
    assert await connection.fetchval("select name from watches") == "ana"
    await connection.close()


async def as_a_process(desk: "Desk", *arguments: str, said: bytes) -> tuple[int | None, str]:
    """Run a command beside the made-up Civitai, which answers in this loop."""
    process = await asyncio.create_subprocess_exec(
        *desk.machine.program, *arguments, stdin=PIPE, stdout=PIPE, stderr=STDOUT
    )
    printed, _ = await process.communicate(said)
    return process.returncode, printed.decode()


@pytest.mark.parametrize(
    "value", ["plain", "with blank", "it's", 'a "b"', "back\\slash", "$HOME #x", "ä=ö", "a#b", "'"]
)
def test_a_value_is_read_as_it_was_written(tmp_path: Path, value: str) -> None:
    change = with_settings(tmp_path, {"CIVITAI_API_KEY": value})
    change.write()
    assert env_file.read(change.file)["CIVITAI_API_KEY"] == value


def test_what_stood_in_our_file_stays_and_one_name_stands_once(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("# mine\nexport CIVITAI_API_KEY=old\nOTHER=1\n")
    change = with_settings(tmp_path, {"CIVITAI_API_KEY": "new"})
    assert change.after == "# mine\nOTHER=1\nCIVITAI_API_KEY=new\n"
    assert "new" not in change.diff()
    assert "old" not in change.diff()


def test_where_nothing_is_to_be_set_our_file_is_not_made(tmp_path: Path) -> None:
    assert with_settings(tmp_path, {}).is_none


def test_every_client_is_found_by_its_file_or_folder(desk: "Desk") -> None:
    assert found(desk.machine) == []
    for one in places(desk.machine):
        one.file.parent.mkdir(parents=True, exist_ok=True)
        one.file.write_text("")
    assert found(desk.machine) == [*ClientName]
    plans = planned(desk.machine, desk.home, ClientName)
    assert all(
        plan.change and ClientFile(plan.place, plan.change.after, json.loads(plan.change.after)).entry for plan in plans
    )


def test_a_change_keeps_the_mode_of_a_file(tmp_path: Path) -> None:
    file = tmp_path / "mcp.json"
    file.write_text("a")
    file.chmod(0o640)
    FileChange(file, "a", "b").write()
    assert (file.read_text(), stat.S_IMODE(file.stat().st_mode)) == ("b", 0o640)
    assert [*tmp_path.iterdir()] == [file]
