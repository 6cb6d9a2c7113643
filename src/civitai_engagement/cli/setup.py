"""`setup`: from an installed program to an assistant that knows it, asked or by options."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import typer

from civitai_engagement.cli.printing import say
from civitai_engagement.errors import BadInput, EngagementError
from civitai_engagement.install.clients import ClientName

if TYPE_CHECKING:  # a command loads what it needs
    from civitai_engagement.install.machine import Machine
    from civitai_engagement.install.setup.changes import FileChange
    from civitai_engagement.install.setup.client_plan import ClientPlan
    from civitai_engagement.runtime import Runtime
    from civitai_engagement.setting_origins import ReadSettings

app = typer.Typer()
DONE = (
    "Restart your assistant, then ask: how are my posts doing? `civitai-engagement doctor` looks whether all is well."
)
NO_SERVICE = "History is kept while an assistant is open. `civitai-engagement service install` keeps it day and night."


@dataclass(frozen=True, slots=True)
class Answers:
    """What the user wants, as far as they said; None is to be asked."""

    creator: str | None
    clients: tuple[ClientName, ...] | None
    service: bool | None
    assume_yes: bool

    def agreed(self, question: str, *, otherwise: bool = True) -> bool:
        return otherwise if self.assume_yes else typer.confirm(question, default=otherwise)


@app.command()
def setup(
    *,
    creator: Annotated[str | None, typer.Option(help="Your name on Civitai, or the address of your profile.")] = None,
    client: Annotated[
        list[ClientName] | None, typer.Option(help="Set up this client; again for more. Unset: those that are here.")
    ] = None,
    clients: Annotated[bool, typer.Option(help="Write the clients' configurations.")] = True,
    service: Annotated[bool | None, typer.Option(help="Install the service. Unset: asks; with --yes: no.")] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Ask nothing, and write.")] = False,
    dry_run: Annotated[bool, typer.Option(help="Only show what would be written.")] = False,
    undo: Annotated[bool, typer.Option("--undo", help="Take back what setup wrote into clients' files.")] = False,
) -> None:
    """Set up your assistants: shows what it writes, keeps what was there, follows you, and offers the service."""
    from civitai_engagement.install.machine import Machine
    from civitai_engagement.setting_origins import read_settings

    machine, given = Machine.this(), read_settings()
    if undo:
        _undo(machine, given)
        return
    _refuse_wrong(given)
    wanted = tuple(client or ()) or (None if clients else ())
    answers = Answers(creator, wanted, service, assume_yes=yes or dry_run)
    name = _who(answers, given)
    _write(_changes(machine, given, answers, name), answers, given, is_rehearsal=dry_run)
    if dry_run:
        return
    if name:
        _follow(name)
    _serve(answers, machine, given)
    say(DONE)


def _undo(machine: "Machine", given: "ReadSettings") -> None:
    from civitai_engagement.install.setup.journal import SetupJournal

    home = given.settings.home.expanduser()
    for line in SetupJournal(home).undo(machine):
        say(line)
    say(f"What is followed, the service and {given.file} stay: `unwatch`, `service remove`, or delete the file.")


def _refuse_wrong(given: "ReadSettings") -> None:
    if given.wrong:
        one = given.wrong[0]
        raise BadInput(f"A setting is wrong: {one.name} {one.said}.", hint="`civitai-engagement doctor` says more.")


def _who(answers: Answers, given: "ReadSettings") -> str:
    """Ask who the user is; empty: they would rather not say."""
    from civitai_engagement.civitai.urls import parse_creator

    said = answers.creator
    if said is None and not answers.assume_yes:
        said = typer.prompt("Your name on Civitai (empty: follow nobody)", default="", show_default=False)
    if not said or not said.strip():
        return ""
    return parse_creator(said, own_host=given.settings.civitai_host)


def _changes(
    machine: "Machine", given: "ReadSettings", answers: Answers, name: str
) -> "tuple[list[FileChange], list[str]]":
    """Plan all files; gives them with what is to be said beside."""
    from civitai_engagement.install.setup.client_plan import found, planned
    from civitai_engagement.install.setup.own_settings import own_settings

    home = given.settings.home.expanduser().absolute()
    wanted = found(machine) if answers.clients is None else answers.clients
    plans = planned(machine, home, wanted)
    own = own_settings(given, home, name, moved=_moved(plans))
    said = [plan.refusal for plan in plans if plan.refusal]
    if not plans and answers.clients is None:
        said.append("No client is found here; the README has the lines for each.")
    changes = [own.change, *(plan.change for plan in plans if plan.change)]
    return [one for one in changes if not one.is_none], [*said, *own.notes]


def _moved(plans: "Iterable[ClientPlan]") -> dict[str, str]:
    return {name: value for plan in plans for name, value in plan.secrets.items()}


def _write(
    plan: "tuple[list[FileChange], list[str]]", answers: Answers, given: "ReadSettings", *, is_rehearsal: bool
) -> None:
    changes, notes = plan
    for change in changes:
        say(change.diff() + "\n")
    for note in notes:
        say(note)
    if not changes:
        say("All of it stands there already.")
    elif not is_rehearsal and answers.agreed("Write this?"):
        _written(changes, given)
    else:
        say("Nothing is written.")


def _written(changes: "list[FileChange]", given: "ReadSettings") -> None:
    from civitai_engagement.install.setup.journal import SetupJournal
    from civitai_engagement.store.embedded import make_home

    home = given.settings.home.expanduser().absolute()
    make_home(home)
    for change in changes:
        change.write() if change.is_private else SetupJournal(home).write(change)
        say(f"{change.file} is written.")
    say(f"As they were before they lie in {home / 'setup'}; `civitai-engagement setup --undo` brings them back.")


def _follow(name: str) -> None:
    """Follow the user and show what there is; what keeps that from working does not undo the rest."""
    from civitai_engagement.cli.running import run
    from civitai_engagement.install.setup.first_look import first_look

    async def follow(runtime: "Runtime") -> list[str]:
        return await first_look(runtime, name)

    try:
        for line in run(follow):
            say(line)
    except EngagementError as error:
        say(f"{name} could not be followed: {error} Later: `civitai-engagement watch creator {name}`.")


def _serve(answers: Answers, machine: "Machine", given: "ReadSettings") -> None:
    from civitai_engagement.install.service.service import service_of, unseen

    service = service_of(machine, given.settings.home)
    if service.state().is_running:
        return
    question = "History is kept only while something observes. Install a service that does, day and night?"
    wanted = answers.agreed(question, otherwise=not answers.assume_yes) if answers.service is None else answers.service
    if not wanted:
        say(NO_SERVICE)
        return
    try:
        service.install()
    except EngagementError as error:
        say(f"The service is not installed: {error}")
        return
    say(f"{service.manager.title} observes {service.manager.lasting}.")
    for line in unseen(given):
        say(line)
