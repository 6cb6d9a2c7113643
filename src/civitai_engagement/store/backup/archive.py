"""The file of a backup: a zip of COPY texts, one a table, and a manifest that says of which schema they are."""

import json
import os
import re
import zipfile
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from civitai_engagement.errors import BadInput

FORMAT = 1
MANIFEST, SECRETS = "manifest.json", ".env"
CHUNK = 2**20
_NAME = re.compile(r"[a-z_][a-z0-9_]*")
_BOUND = re.compile(r"FOR VALUES FROM \('[0-9 :+-]+'\) TO \('[0-9 :+-]+'\)")
_REVISION = re.compile(r"[0-9]{4}")


@dataclass(frozen=True, slots=True)
class TableCopy:
    """One table of a backup: which columns its lines have, how many they are, and which column counts itself."""

    name: str
    columns: tuple[str, ...]
    rows: int
    counter: str | None = None

    @property
    def member(self) -> str:
        return f"tables/{self.name}.copy"


@dataclass(frozen=True, slots=True)
class PartitionCopy:
    """One partition, whose rows are in its parent's lines."""

    name: str
    parent: str
    bound: str


@dataclass(frozen=True, slots=True)
class BackupManifest:
    """What a backup holds; tables stand in the order in which they can be filled."""

    revision: str
    program: str
    server: str
    made_at: str
    tables: tuple[TableCopy, ...]
    partitions: tuple[PartitionCopy, ...]

    @property
    def rows(self) -> int:
        return sum(one.rows for one in self.tables)

    def as_json(self) -> str:
        return json.dumps({"format": FORMAT, **asdict(self)}, indent=2) + "\n"


@contextmanager
def new_archive(file: Path) -> Iterator[zipfile.ZipFile]:
    """Write a backup, which its owner alone may read; it is there when whole, or not at all.

    Raises:
        BadInput: It cannot be written.
    """
    draft = file.with_name(f".{file.name}.new")
    try:
        fd = os.open(draft, os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(fd, "w+b") as raw, zipfile.ZipFile(raw, "w", zipfile.ZIP_DEFLATED) as archive:
            yield archive
        draft.replace(file)
    except OSError as error:
        raise BadInput(f"{file} cannot be written: {error.strerror}.", hint="Name a file elsewhere.") from error
    finally:
        draft.unlink(missing_ok=True)


@contextmanager
def opened_archive(file: Path) -> "Iterator[tuple[zipfile.ZipFile, BackupManifest]]":
    """Read a backup.

    Raises:
        BadInput: It is none, or one of a newer program.
    """
    try:
        archive = zipfile.ZipFile(file)
    except (OSError, zipfile.BadZipFile) as error:
        raise BadInput(f"{file} is no backup that can be read.", hint="Name one `backup` has written.") from error
    with archive:
        yield archive, _manifest(archive, file)


def _manifest(archive: zipfile.ZipFile, file: Path) -> BackupManifest:
    try:
        told: dict[str, Any] = json.loads(archive.read(MANIFEST))
        if told.pop("format") != FORMAT:
            raise BadInput(f"{file} was made by a newer program.", hint="Upgrade civitai-engagement.")
        tables = tuple(TableCopy(**{**one, "columns": tuple(one["columns"])}) for one in told.pop("tables"))
        partitions = tuple(PartitionCopy(**one) for one in told.pop("partitions"))
        manifest = BackupManifest(tables=tables, partitions=partitions, **told)
    except (KeyError, ValueError, TypeError, zipfile.BadZipFile) as error:
        raise BadInput(f"{file} is no backup of ours.", hint="Name one `backup` has written.") from error
    _refuse_foreign(manifest, file)
    return manifest


def _refuse_foreign(manifest: BackupManifest, file: Path) -> None:
    """Refuse names that are none: they become part of statements."""
    tables = manifest.tables
    names = [*(one.name for one in tables), *(name for one in tables for name in (*one.columns, one.counter or "a"))]
    names += [name for one in manifest.partitions for name in (one.name, one.parent)]
    bounds = [one.bound for one in manifest.partitions]
    is_ours = all(map(_NAME.fullmatch, names)) and all(map(_BOUND.fullmatch, bounds))
    if not is_ours or not _REVISION.fullmatch(manifest.revision):
        raise BadInput(f"{file} is no backup of ours.", hint="Name one `backup` has written.")


async def chunks(archive: zipfile.ZipFile, member: str) -> AsyncIterator[bytes]:
    """Give the lines of a table."""
    with archive.open(member) as lines:
        while chunk := lines.read(CHUNK):
            yield chunk


def restored_secrets(file: Path, target: Path) -> bool:
    """Write the settings a backup holds, for their owner alone; not where some stand already, or it has none."""
    with opened_archive(file) as (archive, _):
        if target.exists() or SECRETS not in archive.namelist():
            return False
        target.parent.mkdir(parents=True, exist_ok=True)
        with os.fdopen(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as written:
            written.write(archive.read(SECRETS))
    return True
