"""`backup` and `restore`: all that is kept, in one file."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from civitai_engagement.cli.printing import say

if TYPE_CHECKING:  # a command loads what it needs
    from civitai_engagement.runtime import Runtime
    from civitai_engagement.store.backup.archive import BackupManifest

app = typer.Typer()
File = Annotated[Path, typer.Argument(help="The file of the backup, such as engagement.zip.")]


@app.command()
def backup(
    file: File,
    *,
    with_secrets: Annotated[bool, typer.Option(help="Also the `.env` of the home, keys and all.")] = False,
) -> None:
    """Write all that is recorded and observed to one file, while servers go on; no key is in it unless you say so."""
    from civitai_engagement.cli.running import run

    async def work(runtime: "Runtime") -> "BackupManifest":
        return await runtime.store.back_up(file, secrets=_own_file(runtime) if with_secrets else b"")

    made = run(work)
    say(f"{file}: {made.rows:,} rows of {len(made.tables)} tables, schema {made.revision}.")


def _own_file(runtime: "Runtime") -> bytes:
    from civitai_engagement import env_file

    file = runtime.settings.home.expanduser() / env_file.NAME
    return file.read_bytes() if file.exists() else b""


@app.command()
def restore(
    file: File,
    *,
    replace: Annotated[bool, typer.Option(help="Instead of what the database holds of ours.")] = False,
    with_secrets: Annotated[bool, typer.Option(help="Also the `.env`, where the home has none yet.")] = False,
) -> None:
    """Fill the database, embedded or your own, from a backup of either, also of an older version."""
    from civitai_engagement.cli.running import run

    async def work(runtime: "Runtime") -> "tuple[BackupManifest, str]":
        made = await runtime.store.restore(file, replace=replace)
        return made, _secrets(file, runtime.settings.home.expanduser()) if with_secrets else ""

    made, said = run(work)
    say(f"{made.rows:,} rows of {len(made.tables)} tables are restored, as of {made.made_at}.")
    if said:
        say(said)


async def upgraded(runtime: "Runtime") -> str:
    """Bring the embedded Postgres to its newest major version; says what was done."""
    done = await runtime.store.upgrade_embedded()
    if done is None:
        return "The embedded Postgres is of its newest version."
    return f"The embedded Postgres is version {done.after} now; as it was under {done.before}, it lies in {done.kept}."


def _secrets(file: Path, home: Path) -> str:
    from civitai_engagement import env_file
    from civitai_engagement.store.backup.archive import restored_secrets

    target = home / env_file.NAME
    return f"{target} is written." if restored_secrets(file, target) else f"{target} is left as it is."
