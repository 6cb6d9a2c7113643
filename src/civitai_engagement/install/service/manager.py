"""One service manager: where it reads its file, and the words by which it starts, asks after and forgets it."""

import subprocess
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from civitai_engagement.errors import BadSetup
from civitai_engagement.extras import NAME
from civitai_engagement.install.machine import Machine
from civitai_engagement.install.service.launchd import LABEL, plist_of
from civitai_engagement.install.service.plan import ServicePlan
from civitai_engagement.install.service.systemd import unit_of
from civitai_engagement.install.service.task import task_of

UNIT = f"{NAME}.service"
SECONDS = 60


@dataclass(frozen=True, slots=True)
class ServiceManager:
    """How one system keeps a program running.

    `text` writes its file, `start` makes it known and running, `ask` exits with 0 where it runs, `show` prints its log
    (empty: our file has it), `stop` ends it and forgets it. `lasting` says until when it runs.
    """

    title: str
    file: Path
    text: Callable[[ServicePlan], str]
    start: tuple[tuple[str, ...], ...]
    ask: tuple[str, ...]
    stop: tuple[tuple[str, ...], ...]
    lasting: str
    show: tuple[str, ...] = ()
    running: str = ""
    encoding: str = "utf-8"


def manager_of(machine: Machine) -> ServiceManager:
    """Choose the manager of this system."""
    if machine.system == "win32":
        return _task_scheduler(machine)
    return _launchd(machine) if machine.system == "darwin" else _systemd(machine)


def _systemd(machine: Machine) -> ServiceManager:
    ctl = ("systemctl", "--user")
    return ServiceManager(
        title="systemd",
        file=machine.config / "systemd" / "user" / UNIT,
        text=unit_of,
        start=((*ctl, "daemon-reload"), (*ctl, "enable", UNIT), (*ctl, "restart", UNIT)),
        ask=(*ctl, "is-active", UNIT),
        stop=((*ctl, "disable", "--now", UNIT),),
        lasting="while you are logged in; `loginctl enable-linger` lets it run from the machine's start on",
        show=("journalctl", "--user-unit", UNIT, "--no-pager", "--lines"),
    )


def _launchd(machine: Machine) -> ServiceManager:
    domain = f"gui/{machine.user}"
    file = machine.user_home / "Library" / "LaunchAgents" / f"{LABEL}.plist"
    return ServiceManager(
        title="launchd",
        file=file,
        text=plist_of,
        start=(("launchctl", "bootstrap", domain, str(file)),),
        ask=("launchctl", "print", f"{domain}/{LABEL}"),
        stop=(("launchctl", "bootout", f"{domain}/{LABEL}"),),
        lasting="while you are logged in",
        running="state = running",
    )


def _task_scheduler(machine: Machine) -> ServiceManager:
    file = machine.config / NAME / "task.xml"
    return ServiceManager(
        title="the Task Scheduler",
        file=file,
        text=task_of,
        start=(
            ("schtasks", "/Create", "/F", "/TN", NAME, "/XML", str(file)),
            ("schtasks", "/Run", "/TN", NAME),
        ),
        ask=("schtasks", "/Query", "/TN", NAME, "/FO", "LIST"),
        stop=(("schtasks", "/End", "/TN", NAME), ("schtasks", "/Delete", "/F", "/TN", NAME)),
        lasting="while you are logged in",
        running="Running",
        encoding="utf-16",  # what schtasks reads whatever the system's language is
    )


def asked(words: Sequence[str]) -> "subprocess.CompletedProcess[str]":
    """Run a command of the manager.

    Raises:
        BadSetup: This system has no such manager, or it does not answer.
    """
    try:
        return subprocess.run([*words], capture_output=True, text=True, timeout=SECONDS, check=False)  # noqa: S603 # ours
    except FileNotFoundError as error:
        raise BadSetup(f"There is no {words[0]} on this system.", hint=BY_CRON) from error
    except subprocess.TimeoutExpired as error:
        raise BadSetup(f"{words[0]} does not answer.", hint=BY_CRON) from error


BY_CRON = (
    "Let what keeps your programs running start `civitai-engagement collect`, or cron each hour `civitai-engagement"
    " collect --once`."
)
