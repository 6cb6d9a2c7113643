"""What `setup` wrote, so that it can be taken back: kept in our home, with each file as it was before."""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from civitai_engagement.errors import BadSetup, NotFound
from civitai_engagement.install.client_files import ClientFile
from civitai_engagement.install.clients import ClientPlace, places
from civitai_engagement.install.machine import Machine
from civitai_engagement.install.setup.changes import PRIVATE, FileChange, write_whole

FOLDER, FILE = "setup", "written.json"


@dataclass(frozen=True, slots=True)
class WrittenFile:
    """A file we wrote: where it is kept as it was (empty: it was not there), and the digest of what we wrote."""

    file: str
    backup: str
    digest: str


class SetupJournal:
    """The files `setup` wrote, oldest first.

    >>> SetupJournal(home).write(change)
    >>> [*SetupJournal(home).undo(machine)]
    ['/home/me/.cursor/mcp.json is as it was.']
    """

    def __init__(self, home: Path) -> None:
        self._folder = home / FOLDER
        self._file = self._folder / FILE

    def write(self, change: FileChange) -> None:
        """Keep the file as it is, note what is to be written, and write it.

        Raises:
            BadSetup: Something of this cannot be written; the file is then as it was.
        """
        written = self._read()
        old = next((one for one in written if one.file == str(change.file)), None)
        if old is not None and change.before is not None and old.digest == _digest(change.before):
            backup = old.backup  # ours all along: what was before us is kept already
        else:
            backup = self._keep(change, len(written))
        rest = [one for one in written if one is not old or one.backup != backup]
        self._note([*rest, WrittenFile(str(change.file), backup, _digest(change.after))])
        change.write()

    def undo(self, machine: Machine) -> Iterator[str]:
        """Take back what was written, the latest first; says what became of each file.

        Raises:
            NotFound: Nothing is noted.
        """
        written = self._read()
        if not written:
            raise NotFound("setup has written nothing here that could be taken back.")
        while written:
            yield _taken_back(written.pop(), machine)
            self._note(written)
        self._forget()

    def _keep(self, change: FileChange, number: int) -> str:
        if change.before is None:
            return ""
        kept = self._folder / f"{number}-{change.file.name}"
        write_whole(kept, change.file.read_bytes(), mode=PRIVATE)
        return str(kept)

    def _read(self) -> list[WrittenFile]:
        try:
            said: list[dict[str, Any]] = json.loads(self._file.read_text(encoding="utf-8"))
            return [WrittenFile(**one) for one in said]
        except FileNotFoundError:
            return []
        except (OSError, ValueError, TypeError) as error:
            raise BadSetup(
                f"{self._file} cannot be read.", hint="Move it away; the files of before lie beside it."
            ) from error

    def _note(self, written: list[WrittenFile]) -> None:
        write_whole(self._file, json.dumps([asdict(one) for one in written], indent=2) + "\n", mode=PRIVATE)

    def _forget(self) -> None:
        for file in self._folder.iterdir():
            file.unlink()
        self._folder.rmdir()


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _taken_back(one: WrittenFile, machine: Machine) -> str:
    file = Path(one.file)
    if not file.exists():
        return f"{file} is gone already."
    if hashlib.sha256(file.read_bytes()).hexdigest() != one.digest:
        return _without_us(file, machine)
    if not one.backup:
        file.unlink()
        return f"{file} is gone: it was not there before."
    write_whole(file, Path(one.backup).read_bytes())
    return f"{file} is as it was."


def _without_us(file: Path, machine: Machine) -> str:
    """Take only our entry out of a file that others have changed since."""
    place = next((one for one in places(machine) if one.file == file), None)
    try:
        return _entry_out(ClientFile.read(place)) if place else f"{file} was changed since: left as it is."
    except BadSetup as error:
        return f"{file} was changed since, and is left as it is: {error}"


def _entry_out(read: ClientFile) -> str:
    place: ClientPlace = read.place
    if read.has_comments or read.entry is None:
        return f"{place.file} was changed since: left as it is."
    write_whole(place.file, read.without_entry())
    return f"{place.file} was changed since: only our entry is taken out of it."
