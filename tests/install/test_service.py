"""The service: what each system's manager is given, what it is asked, and the command it starts, really run."""

import os
import plistlib
import shlex
import shutil
import stat
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import pytest
from typer.testing import CliRunner

from civitai_engagement.cli.commands import app
from civitai_engagement.errors import BadSetup
from civitai_engagement.install.service.launchd import plist_of
from civitai_engagement.install.service.plan import ServicePlan
from civitai_engagement.install.service.service import CollectService, service_of
from civitai_engagement.install.service.systemd import unit_of
from civitai_engagement.install.service.task import NAMESPACE, task_of

if TYPE_CHECKING:  # pytest loads it by itself
    from tests.install.conftest import Desk

ANALYZE = shutil.which("systemd-analyze")
ODD = ["plain", "with blank", "50% off", "$HOME", 'a "quoted" one', "back\\slash", "it's", "Größe"]
SECRETS = {
    "CIVITAI_API_KEY": "key-123",
    "CIVITAI_ENGAGEMENT_TOKEN": "token-123",
    "DATABASE_URL": "postgresql://a:pw-123@h/d",
}


def plan_in(folder: Path) -> ServicePlan:
    folder.mkdir(exist_ok=True)
    program = folder / "civitai-engagement"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    return ServicePlan((str(program),), folder / "home")


@pytest.mark.parametrize("name", ODD)
def test_a_unit_names_any_folder_as_it_is(tmp_path: Path, name: str) -> None:
    plan = plan_in(tmp_path / name)
    lines = dict(line.split("=", 1) for line in unit_of(plan).splitlines() if "=" in line)
    assert unescaped(lines["ExecStart"].removeprefix('"/usr/bin/env" ').replace("$$", "$")) == [*plan.words]
    assert unescaped(lines["Environment"]) == [f"CIVITAI_ENGAGEMENT_HOME={plan.home}"]


def unescaped(text: str) -> list[str]:
    """Read words as systemd does: quotes and backslashes, then specifiers."""
    return [word.replace("%%", "%") for word in shlex.split(text)]


@pytest.mark.skipif(ANALYZE is None, reason="needs systemd-analyze (Debian: systemd)")
@pytest.mark.slow
def test_systemd_finds_nothing_to_say_about_the_units(tmp_path: Path) -> None:
    files = []
    for number, name in enumerate(ODD):
        file = tmp_path / f"civitai-engagement-{number}.service"
        file.write_text(unit_of(plan_in(tmp_path / name)))
        files.append(file)
    command = [str(ANALYZE), "verify", "--man=no", "--recursive-errors=no", *map(str, files)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    said = [line for line in done.stderr.splitlines() if "civitai" in line]
    assert (done.returncode, said) == (0, [])


def test_launchd_starts_the_command_at_login_and_again_when_it_ends(tmp_path: Path) -> None:
    plan = plan_in(tmp_path / "a & <b>")
    read = plistlib.loads(plist_of(plan).encode())
    assert read["ProgramArguments"] == [*plan.words, "--log", str(plan.home / "collect.log")]
    assert read["EnvironmentVariables"] == {"CIVITAI_ENGAGEMENT_HOME": str(plan.home)}
    assert (read["RunAtLoad"], read["KeepAlive"]) == (True, True)


ORDER = {  # of the schema, tasksettings and their like as xs:all aside
    "Task": ["RegistrationInfo", "Triggers", "Principals", "Settings", "Actions"],
    "Exec": ["Command", "Arguments"],
    "RestartOnFailure": ["Interval", "Count"],
}


def test_the_task_follows_the_schema_and_opens_no_window() -> None:
    program = "C:\\Users\\Ana B\\venv\\Scripts\\civitai-engagement.exe"
    plan = ServicePlan((program,), Path("C:\\Users\\Ana B\\AppData\\Local\\civitai-engagement"))
    task = ET.fromstring(task_of(plan))
    assert (task.tag, task.get("version")) == (f"{{{NAMESPACE}}}Task", "1.2")
    for name, parts in ORDER.items():
        for found in task.iter(f"{{{NAMESPACE}}}{name}"):
            assert [part.tag.partition("}")[2] for part in found] == parts
    told = {part.tag.partition("}")[2]: part.text for part in task.iter()}
    assert told["Command"] == "C:\\Users\\Ana B\\venv\\Scripts\\pythonw.exe"
    assert str(told["Arguments"]).startswith('-m civitai_engagement collect --wait --home "C:\\Users\\Ana B\\')
    assert (told["ExecutionTimeLimit"], told["DisallowStartIfOnBatteries"]) == ("PT0S", "false")


@pytest.mark.parametrize("write", [unit_of, plist_of, task_of])
def test_no_secret_of_the_environment_stands_in_what_a_manager_reads(desk: "Desk", write: object) -> None:
    desk.set(**SECRETS)
    text = write(ServicePlan.of(desk.machine, desk.home))  # type: ignore[operator]
    assert "-123" not in text
    assert str(desk.home) in text


def test_a_home_with_a_line_break_gets_no_unit(desk: "Desk") -> None:
    with pytest.raises(BadSetup, match="control character"):
        ServicePlan.of(desk.machine, Path("/srv/a\nExecStartPre=/bin/sh"))


FAKE = """#!/bin/sh
echo "{name} $*" >> "{log}"
case "$*" in *is-active*|*print*|*/Query*) cat "{state}" 2>/dev/null || exit 3;; esac
case "$*" in *enable*|*bootstrap*|*/Run*) printf '{running}' > "{state}";; esac
case "$*" in *disable*|*bootout*|*/End*) rm -f "{state}";; esac
"""
RUNNING = {"systemctl": "active", "launchctl": "state = running", "schtasks": "Status: Running"}


@pytest.fixture
def asked(desk: "Desk", tmp_path: Path) -> Path:
    """Stand-ins for the managers' programs; what they are asked is written down."""
    log, folder = tmp_path / "asked", tmp_path / "bin"
    folder.mkdir()
    for name, running in RUNNING.items():
        program = folder / name
        program.write_text(FAKE.format(name=name, log=log, state=tmp_path / f"{name}.state", running=running))
        program.chmod(program.stat().st_mode | stat.S_IXUSR)
    desk.set(PATH=f"{folder}{os.pathsep}{os.environ['PATH']}")
    return log


@pytest.mark.slow
@pytest.mark.parametrize(
    ("system", "manager"), [("linux", "systemctl"), ("darwin", "launchctl"), ("win32", "schtasks")]
)
def test_a_service_is_installed_asked_after_and_removed(desk: "Desk", asked: Path, system: str, manager: str) -> None:
    service = service_of(replace(desk.machine, system=system), desk.home)
    assert service.state().is_installed is False
    service.install()
    assert (service.state().is_installed, service.state().is_running, service.state().is_ours) == (True, True, True)
    service.install()
    assert service.state().is_running, "again it does no harm"
    elsewhere = CollectService(service.manager, replace(service.plan, home=Path("/srv/other")))
    assert elsewhere.state().is_ours is False
    service.remove()
    assert (service.state().is_installed, service.manager.file.exists()) == (False, False)
    assert {line.split()[0] for line in asked.read_text().splitlines()} == {manager}


def test_a_system_without_a_manager_is_told_of_cron(desk: "Desk", tmp_path: Path) -> None:
    desk.set(PATH=str(tmp_path))
    service = service_of(replace(desk.machine, system="linux"), desk.home)
    with pytest.raises(BadSetup, match="cron each hour"):
        service.install()


@pytest.mark.slow
def test_what_only_this_shell_sets_is_told_at_the_install(desk: "Desk", asked: Path) -> None:
    desk.set(HOME=str(desk.machine.user_home), XDG_CONFIG_HOME=str(desk.machine.config), **SECRETS)
    done = CliRunner().invoke(app, ["service", "install"])
    assert done.exit_code == 0, done.output
    assert "DATABASE_URL" in done.stderr
    assert str(desk.home / ".env") in done.stderr
    assert CliRunner().invoke(app, ["service", "status"]).exit_code == 0
    assert CliRunner().invoke(app, ["service", "remove"]).exit_code == 0
    assert CliRunner().invoke(app, ["service", "status"]).exit_code == 1
