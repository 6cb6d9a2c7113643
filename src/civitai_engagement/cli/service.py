"""`service`: let the system observe, whether an assistant is open or not."""

from typing import TYPE_CHECKING, Annotated

import typer

from civitai_engagement.cli.printing import say, say_json
from civitai_engagement.cli.telling import AsJson

if TYPE_CHECKING:  # a command loads what it needs
    from civitai_engagement.install.service.service import CollectService
    from civitai_engagement.setting_origins import ReadSettings

app = typer.Typer(help="Observe what is followed while no assistant is open, as a service of your own user.")


@app.command()
def install(
    *, dry_run: Annotated[bool, typer.Option(help="Only print what would be written, and where.")] = False
) -> None:
    """Write the service (systemd, launchd, Task Scheduler) and start it; again after an upgrade does no harm."""
    service, given = _service()
    if dry_run:
        say(f"{service.manager.file}:\n\n{service.text}")
        return
    service.install()
    say(f"{service.manager.file} is written, and {service.manager.title} runs it {service.manager.lasting}.")
    _warn(given)


@app.command()
def status(*, as_json: AsJson = False) -> None:
    """Say whether the service is installed and runs; exits with 1 if not."""
    state = _service()[0].state()
    if as_json:
        told = {"installed": state.is_installed, "running": state.is_running, "current": state.is_ours}
        say_json({"summary": state.summary, "manager": state.manager, "file": str(state.file), **told})
    else:
        say(state.summary)
    if not state.is_running:
        raise typer.Exit(1)


@app.command()
def logs(lines: Annotated[int, typer.Option(min=1, max=10_000, help="How many of the last lines.")] = 50) -> None:
    """Print the last lines of what the service said."""
    say(_service()[0].logs(lines).rstrip("\n"))


@app.command()
def remove() -> None:
    """Stop the service and take it away; what was collected stays."""
    service, _ = _service()
    service.remove()
    say(f"{service.manager.file} is gone. What was collected is kept.")


def _service() -> "tuple[CollectService, ReadSettings]":
    from civitai_engagement.install.machine import Machine
    from civitai_engagement.install.service.service import service_of
    from civitai_engagement.setting_origins import read_settings

    given = read_settings()
    return service_of(Machine.this(), given.settings.home), given


def _warn(given: "ReadSettings") -> None:
    """Say what the service does not see of what this shell sets."""
    from civitai_engagement.install.service.service import unseen

    for line in unseen(given):
        typer.echo(line, err=True)
