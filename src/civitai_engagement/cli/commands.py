"""Every verb of `civitai-engagement`."""

import asyncio
import sys
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from civitai_engagement import __version__, log
from civitai_engagement.answers.export.subjects import ExportSubject, Format
from civitai_engagement.cli import (
    asking,
    charting,
    comments,
    comparing,
    creators,
    features,
    installing,
    keeping,
    listing,
    prompts,
    service,
    setup,
    watching,
    why,
)
from civitai_engagement.cli.printing import dumped, say, say_json
from civitai_engagement.cli.running import run
from civitai_engagement.cli.serving import serve
from civitai_engagement.cli.stopping import stoppable
from civitai_engagement.cli.telling import AsJson
from civitai_engagement.errors import BadInput, EngagementError
from civitai_engagement.runtime import Runtime
from civitai_engagement.speed import look_for_garbage_seldom

KEPT = "Stopped. What was recorded is kept; run it again to go on."
app = typer.Typer(
    name="civitai-engagement",
    help="How your Civitai images, videos and posts are doing: live, over time, and why.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)
app.add_typer(watching.app)
app.add_typer(charting.app)
app.add_typer(comparing.app)
app.add_typer(asking.app)
app.add_typer(listing.app)
app.add_typer(features.app)
app.add_typer(why.app)
app.add_typer(prompts.app)
app.add_typer(comments.app)
app.add_typer(creators.app)
app.add_typer(installing.app)
app.add_typer(setup.app)
app.add_typer(keeping.app)
app.add_typer(service.app, name="service")


def main() -> None:
    """Run the command; a problem a person can act on is one line on standard error and exit code 1."""
    look_for_garbage_seldom()
    try:
        app()
    except EngagementError as error:
        if sys.stderr is not None:  # pythonw on Windows has none
            sys.stderr.write(f"{error}\n")
        sys.exit(1)


@app.callback(invoke_without_command=True)
def root(*, version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False) -> None:
    if version:
        say(__version__)
        raise typer.Exit


app.command()(serve)


@app.command()
def post(
    url_or_id: Annotated[str, typer.Argument(help="A Civitai post: its id or URL.")],
    *,
    details: Annotated[bool, typer.Option(help="Also models, prompts and parameters.")] = False,
    as_json: AsJson = False,
) -> None:
    """Show a post's engagement now."""
    from civitai_engagement.answers.now.post_assets import PostAssets, post_assets
    from civitai_engagement.cli.tables import show_post
    from civitai_engagement.inputs.named import post_of

    async def ask(runtime: Runtime) -> PostAssets:
        number = await post_of(runtime, url_or_id)
        return await post_assets(runtime, number, limit=1000, page=1, details=details)

    answer = run(ask)
    say_json(dumped(answer)) if as_json else show_post(answer)


@app.command()
def record(
    posts: Annotated[list[str], typer.Argument(help="Civitai posts: ids or URLs.")], *, as_json: AsJson = False
) -> None:
    """Record posts, and follow them from now on. Exits with 1 if one of them failed."""
    from civitai_engagement.cli.recording import record_all

    outcomes = run(lambda runtime: record_all(runtime, posts, is_quiet=as_json), farewell=KEPT)
    if as_json:
        say_json([outcome.as_dict() for outcome in outcomes])
    if any(outcome.error for outcome in outcomes):
        raise typer.Exit(1)


@app.command("import")
def import_(
    file: Annotated[Path | None, typer.Argument(help="A CSV or JSON-lines file of post URLs or ids.")] = None,
    *,
    from_database: Annotated[str | None, typer.Option(help="Instead: the URL of an older server's database.")] = None,
    schema: Annotated[str | None, typer.Option(help="The schema of its tables. Unset: the URL's, or civitai.")] = None,
    dry_run: Annotated[bool, typer.Option(help="Only say what would be done.")] = False,
    again: Annotated[bool, typer.Option(help="Also bring posts up to date that are recorded already.")] = False,
    report: Annotated[Path | None, typer.Option(help="Write what became of each line or row to this CSV file.")] = None,
) -> None:
    """Record the posts a file names, or what an older server recorded.

    Run it again to go on after a stop. Exits with 1 if something failed.
    """
    from civitai_engagement.cli.transfer import ImportOptions, ImportTally, import_list, import_older

    options = ImportOptions(is_rehearsal=dry_run, again=again, report=report)

    async def work(runtime: Runtime) -> ImportTally:
        if file is not None and from_database is None:
            return await import_list(runtime, file, options)
        if from_database is not None and file is None:
            return await import_older(runtime, from_database, schema, options)
        raise BadInput("Pass a file of posts, or --from-database with a URL.")

    if not run(work, secrets=log.secrets_of(from_database or ""), farewell=KEPT).is_good:
        raise typer.Exit(1)


@app.command()
def export(
    what: Annotated[ExportSubject, typer.Argument(help="posts, assets, history, features or findings.")],
    *,
    form: Annotated[Format, typer.Option("--format", help="csv, jsonl or parquet.")] = Format.CSV,
    output: Annotated[Path | None, typer.Option(help="The file to write. Unset: standard output.")] = None,
    creator: Annotated[str | None, typer.Option(help="Only what this creator made: name or profile URL.")] = None,
    post_url_or_id: Annotated[str | None, typer.Option("--post", help="Only this post: its id or URL.")] = None,
    since: Annotated[str | None, typer.Option(help="Only history from this date or instant on (UTC).")] = None,
    apostrophes: Annotated[
        bool, typer.Option(help="In CSV, put ' before others' words that a spreadsheet would take for a formula.")
    ] = True,
) -> None:
    """Write what is stored as a table, all of one instant; times are UTC. docs/import-export.md names the columns.

    The commands that answer questions (movers, rate, ...) write their rows with --output.
    """
    from civitai_engagement.cli.exporting import ExportOptions, Target, export_to

    wanted = ExportOptions(creator, post_url_or_id, since)
    run(lambda runtime: export_to(runtime, what, wanted, Target(form, output, apostrophes)))


@app.command()
def collect(
    *,
    once: Annotated[bool, typer.Option("--once", help="Do what is due now, then end: for cron.")] = False,
    at: Annotated[str | None, typer.Option(help="Let our clock stand at an instant (UTC), for replays.")] = None,
    home: Annotated[Path | None, typer.Option(help="Instead of CIVITAI_ENGAGEMENT_HOME, for what sets none.")] = None,
    log_file: Annotated[Path | None, typer.Option("--log", help="Log to this file, which is kept small.")] = None,
    wait: Annotated[
        bool, typer.Option("--wait", help="While another engine is in force, wait instead of refusing: for services.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Observe what is followed: every hour until stopped, or once."""
    from civitai_engagement.cli.collecting import FAREWELL, collect_once, keep_collecting, standing_clock

    if not once and at is None:
        run(partial(keep_collecting, waits=wait), level="INFO", farewell=FAREWELL, home=home, log_file=log_file)
        return
    clock = standing_clock(at) if at else None
    runs = run(lambda runtime: collect_once(runtime, is_quiet=as_json), clock=clock, farewell=FAREWELL, home=home)
    if as_json:
        say_json([one.as_dict() for one in runs])
    if any(one.error for one in runs):
        raise typer.Exit(1)


@app.command()
def status(*, as_json: AsJson = False) -> None:
    """Show whether collecting works, what to do if not, and what is stored and where."""
    from civitai_engagement.answers.operations.collection import collection_status
    from civitai_engagement.cli.tables import show_status

    answer = run(collection_status)
    say_json(dumped(answer)) if as_json else show_status(answer)


@app.command()
def migrate(
    *,
    adopt: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="Keep ours beside the tables of others in the database of this name."),
    ] = None,
    embedded: Annotated[
        bool,
        typer.Option("--embedded", help="The embedded Postgres to its newest major version, too. Stop servers first."),
    ] = False,
) -> None:
    """Bring the database's schema up to date."""
    if embedded:
        say(run(keeping.upgraded))
    if adopt is not None:
        say(f"Our tables are in the schema {run(lambda runtime: runtime.store.adopt(adopt), level='INFO')}.")
        return
    revision = run(lambda runtime: runtime.store.revision(), level="INFO")
    say(f"The schema is at {revision}.")


@app.command()
def sandbox(
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port to listen on; 0 takes any.")] = 8765,
    seed: Annotated[int, typer.Option(help="Which world: the same seed is the same world.")] = 7,
    worlds: Annotated[
        str,
        typer.Option(
            "--worlds",
            "--world",
            metavar="NAME",
            help="usual; or one to try statistics on: null, planted, confounded-creator, confounded-model, drift,"
            " survivors, viral. What is planted is told at /__sandbox/truth.",
        ),
    ] = "usual",
) -> None:
    """Serve a made-up Civitai on this machine, to try things without network or key."""
    from civitai_engagement.cli.playground import serve_sandbox

    log.configure(level="WARNING", style="text")
    asyncio.run(stoppable(serve_sandbox(port=port, seed=seed, name=worlds), farewell="Stopped."))


@app.command()
def demo() -> None:
    """Show all of it at work: a sandbox, an embedded database, the server, and a client that asks."""
    from civitai_engagement.cli.playground import run_demo

    log.configure(level="ERROR", style="text")
    asyncio.run(stoppable(run_demo(), farewell="Stopped."))
