"""From an older major version of the embedded Postgres to the newest we bring: by pg_upgrade, the old folder kept."""

import tempfile
from dataclasses import dataclass
from pathlib import Path

from civitai_engagement.errors import BadSetup, StoreDown
from civitai_engagement.store.embedded.account import Account
from civitai_engagement.store.embedded.doors import USER, Endpoint
from civitai_engagement.store.embedded.folders import made_beside
from civitai_engagement.store.embedded.journal import Journal, last_words
from civitai_engagement.store.embedded.programs import FOLDERS, Programs

NEWEST = next(iter(FOLDERS))


@dataclass(frozen=True, slots=True)
class MajorUpgrade:
    """What was done: from which version to which, and where the folder of before is kept."""

    before: str
    after: str
    kept: Path


def finish_interrupted(data: Path) -> None:
    """Put a finished new folder in its place, where an upgrade was killed between its last two steps."""
    made = _beside(data, NEWEST)
    if not data.exists() and made.exists():
        made.rename(data)


def _beside(data: Path, version: str) -> Path:
    return data.with_name(f"{data.name}-{version}")


async def upgrade_major(
    data: Path, old: Programs, new: Programs, *, account: Account, door: Endpoint, journal: Journal
) -> MajorUpgrade:
    """Make a folder of the newer version beside the one that is there, and put it in its place; no server may run.

    Raises:
        BadSetup: There is something in the way.
        StoreDown: It failed; the database is as it was.
    """
    made, kept = _beside(data, new.version), _beside(data, old.version)
    for one in (made, kept):
        if one.exists():
            raise BadSetup(f"{one} is in the way.", hint="It is of an earlier upgrade: move it away.")
    with made_beside(made) as draft:
        account.own(draft)
        await _filled(draft, data, old, new, door=door, journal=journal)
    _swapped(data, made, kept)
    return MajorUpgrade(old.version, new.version, kept)


async def _filled(draft: Path, data: Path, old: Programs, new: Programs, *, door: Endpoint, journal: Journal) -> None:
    # As the older version made its folders: pg_upgrade takes over locales, and wants checksums alike.
    made = [f"--username={USER}", "--encoding=UTF8", "--locale=C", "--no-data-checksums", *door.initdb_options()]
    await _run(new, journal, "initdb", *made, data=draft)
    listening = door.open(None)["unix_socket_directories"]
    if not listening:
        hint = "Run `civitai-engagement backup`, move its data folder away, and `civitai-engagement restore`."
        raise BadSetup("The embedded Postgres cannot be upgraded in place on this system.", hint=hint)
    try:
        folders = ["-b", str(old.folder / "bin"), "-B", str(new.folder / "bin"), "-d", str(data), "-D", str(draft)]
        await _run(new, journal, "pg_upgrade", *folders, "-U", USER, "-s", listening, within=Path(listening))
    finally:
        _emptied(Path(listening))
        door.close(listening)


def _swapped(data: Path, made: Path, kept: Path) -> None:
    data.rename(kept)
    made.rename(data)  # killed before this, the next start does it


def _emptied(folder: Path) -> None:
    for remains in folder.glob("*"):
        remains.unlink(missing_ok=True)


async def _run(
    programs: Programs, journal: Journal, name: str, *options: str, data: Path | None = None, within: Path | None = None
) -> None:
    with tempfile.TemporaryFile() as said:
        code = await programs.run(name, *options, data=data, output=said.fileno(), within=within)
        said.seek(0)
        words = said.read().decode(errors="replace")
    if code:
        raise StoreDown(
            f"{name} failed; the database is as it was. It said: {last_words(words)}", hint=f"See {journal.path}."
        )
