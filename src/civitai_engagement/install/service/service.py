"""`service`: written, started, asked after and taken back."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from civitai_engagement.errors import BadSetup, NotFound
from civitai_engagement.install.machine import Machine
from civitai_engagement.install.service.manager import BY_CRON, ServiceManager, asked, manager_of
from civitai_engagement.install.service.plan import ServicePlan
from civitai_engagement.log import scrub
from civitai_engagement.setting_origins import Origin, ReadSettings
from civitai_engagement.setting_values import HOME, network_environment

NOT_INSTALLED = "The service is not installed."
INSTALL = "Run `civitai-engagement service install`."


@dataclass(frozen=True, slots=True)
class ServiceState:
    """How the service is: `is_ours` tells that it starts this installation, for this home."""

    manager: str
    file: Path
    is_installed: bool
    is_running: bool
    is_ours: bool

    @property
    def summary(self) -> str:
        if not self.is_installed:
            return f"{NOT_INSTALLED} {INSTALL}"
        if not self.is_ours:
            return f"{self.file} starts another installation or home. To have it start this one: {INSTALL}"
        if not self.is_running:
            return (
                f"The service is installed ({self.file}), and not running. `civitai-engagement service logs` says why."
            )
        return f"The service runs ({self.manager}, {self.file})."


class CollectService:
    """The service of one installation.

    >>> CollectService(manager_of(machine), ServicePlan.of(machine, home)).install()
    """

    def __init__(self, manager: ServiceManager, plan: ServicePlan) -> None:
        self.manager = manager
        self.plan = plan

    @property
    def text(self) -> str:
        return self.manager.text(self.plan)

    def install(self) -> None:
        """Write the manager's file and start what it names; again, it starts anew what is there.

        Raises:
            BadSetup: The file cannot be written, or the manager refuses it; the file then stays.
        """
        try:
            self.manager.file.parent.mkdir(parents=True, exist_ok=True)
            self.manager.file.write_text(self.text, encoding=self.manager.encoding)
        except OSError as error:
            raise BadSetup(f"{self.manager.file} cannot be written: {error.strerror}.", hint=BY_CRON) from error
        if self.manager.title == "launchd":  # which refuses what it knows already
            self._forget()
        for words in self.manager.start:
            done = asked(words)
            if done.returncode:
                raise _refused(self.manager, words, done.stderr or done.stdout)

    def state(self) -> ServiceState:
        manager = self.manager
        there = _read(manager)
        is_running = there is not None and self._runs()
        return ServiceState(manager.title, manager.file, there is not None, is_running, there == self.text)

    def _runs(self) -> bool:
        try:
            done = asked(self.manager.ask)
        except BadSetup:
            return False
        return done.returncode == 0 and self.manager.running in done.stdout

    def logs(self, lines: int) -> str:
        """Give the last lines it said.

        Raises:
            NotFound: It is not installed, or said nothing yet.
        """
        if not self.manager.file.exists():
            raise NotFound(NOT_INSTALLED, hint=INSTALL)
        if self.manager.show:
            done = asked((*self.manager.show, str(lines)))
            return done.stdout or done.stderr
        if not self.plan.log.exists():
            raise NotFound(f"It has said nothing yet ({self.plan.log}).", hint="`civitai-engagement service status`.")
        said = self.plan.log.read_text(encoding="utf-8", errors="replace").splitlines()
        return "\n".join(said[-lines:]) + "\n"

    def remove(self) -> None:
        """Stop it and take its file away; what was collected stays.

        Raises:
            NotFound: It is not installed.
        """
        if not self.manager.file.exists():
            raise NotFound(NOT_INSTALLED)
        self._forget()
        self.manager.file.unlink()
        if self.manager.title == "systemd":
            _quietly(self.manager.start[0])

    def _forget(self) -> None:
        for words in self.manager.stop:
            _quietly(words)


def _quietly(words: tuple[str, ...]) -> None:
    """Ask what may be refused: one who knows no such service has nothing to forget."""
    try:
        asked(words)
    except BadSetup:
        return


def _read(manager: ServiceManager) -> str | None:
    try:
        return manager.file.read_text(encoding=manager.encoding)
    except FileNotFoundError:
        return None
    except (OSError, UnicodeError):
        return ""


def _refused(manager: ServiceManager, words: tuple[str, ...], said: str) -> BadSetup:
    last = scrub(said.strip()).splitlines()[-1:] or ["nothing"]
    told = f"{manager.file} is written, but `{' '.join(words)}` failed: {last[0]}"
    return BadSetup(told, hint=f"Is {manager.title} there for your user? Otherwise: {BY_CRON}")


def service_of(machine: Machine, home: Path) -> CollectService:
    return CollectService(manager_of(machine), ServicePlan.of(machine, home))


def unseen(given: ReadSettings) -> Iterator[str]:
    """Say what a service does not see, as only the shell that installs it sets it."""
    names = [name for name in given.names_in(Origin.ENVIRONMENT) if name != HOME]
    if names:
        yield f"The service does not see what only this shell sets ({', '.join(names)}): write it to {given.file}."
    network = sorted(one.name for one in network_environment().values())
    if network:
        yield f"Nor {', '.join(network)}, which says how to reach Civitai: set it for your whole session."
