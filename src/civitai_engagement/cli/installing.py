"""What is done once, at a terminal, to have this program work on a machine: `doctor`."""

import asyncio
from typing import TYPE_CHECKING, Annotated, Any

import typer

from civitai_engagement.cli.telling import AsJson

if TYPE_CHECKING:  # a command loads what it needs
    from civitai_engagement.install.doctor.examination import Examination

app = typer.Typer()
SIGNS = {"ok": "ok", "warning": "look", "fault": "WRONG"}


@app.command()
def doctor(
    *,
    fix: Annotated[bool, typer.Option("--fix", help="Mend what is safe to mend.")] = False,
    start: Annotated[bool, typer.Option(help="Start what the clients' configurations name, to see it answer.")] = True,
    as_json: AsJson = False,
) -> None:
    """Look for what is wrong with this installation, and say for each thing what to do. Exits with 1 if anything is."""
    from civitai_engagement.cli.printing import say_json
    from civitai_engagement.cli.running import start_log
    from civitai_engagement.cli.stopping import stoppable
    from civitai_engagement.install.doctor.examination import examine
    from civitai_engagement.install.machine import Machine
    from civitai_engagement.setting_origins import read_settings

    given = read_settings()
    start_log(given.settings, level="ERROR")
    work = examine(Machine.this(), given, starts=start, is_mending=fix)
    found = asyncio.run(stoppable(work, farewell="Stopped."))
    say_json(_as_dict(found)) if as_json else _show(found)
    if found.verdict == "fault":
        raise typer.Exit(1)


def _as_dict(found: "Examination") -> dict[str, Any]:
    return {
        "verdict": found.verdict.value,
        "findings": [
            {
                "about": one.about,
                "gravity": one.gravity.value,
                "said": one.said,
                "cure": one.cure,
                "fixable": one.mend is not None,
            }
            for one in found.found
        ],
        "settings": [{"name": one.name, "value": one.value, "from": one.origin.value} for one in found.settings],
    }


def _show(found: "Examination") -> None:
    from rich.console import Console

    from civitai_engagement.cli.tables import table

    console = Console(highlight=False, markup=False)
    made = table("", "about", "what was seen, and what to do")
    for one in found.found:
        made.add_row(SIGNS[one.gravity], one.about, f"{one.said} {one.cure}".strip())
    console.print(made)
    bad = [one for one in found.found if not one.is_good]
    said = "Nothing is wrong." if not bad else f"{len(bad)} of {len(found.found)} things want a look."
    mendable = any(one.mend is not None for one in bad)
    console.print("", said + (" `civitai-engagement doctor --fix` mends some." if mendable else ""), sep="\n")
