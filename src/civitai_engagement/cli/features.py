"""`features` at a terminal: what is learned of media is brought up to date, or learned anew from the beginning."""

from functools import partial
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:  # a command loads what it needs
    from civitai_engagement.runtime import Runtime

FAREWELL = "Stopped. What was read off is kept; the next run does the rest."
AT_ONCE = 20_000
app = typer.Typer()


@app.command()
def features(
    *,
    rebuild: Annotated[
        bool, typer.Option("--rebuild", help="Read everything off anew, not only what changed.")
    ] = False,
) -> None:
    """Read off how media were made and what they had at each age, as each tick does: what effects are found from."""
    from civitai_engagement.cli.printing import say
    from civitai_engagement.cli.running import run

    media = run(partial(_keep, rebuild=rebuild), farewell=FAREWELL)
    say(f"The features of {media:,} media were read off; all are up to date.")


async def _keep(runtime: "Runtime", *, rebuild: bool) -> int:
    """Read off everything that is outdated, with a bar at a terminal."""
    from rich.console import Console
    from rich.progress import Progress

    from civitai_engagement.analysis.features import RULES
    from civitai_engagement.collect.jobs.features import keep_outdated

    if rebuild:
        async with runtime.store.writing() as ledger:
            await ledger.features.outdate_all()
    async with runtime.store.reading() as ledger:
        total = await ledger.features.left(rules=RULES)
    console, media = Console(stderr=True), 0
    with Progress(console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task("Reading off", total=total)
        while kept := await keep_outdated(runtime, AT_ONCE, on_step=partial(progress.advance, task)):
            media += kept
    return media
