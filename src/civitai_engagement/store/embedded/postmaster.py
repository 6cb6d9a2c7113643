"""What `postmaster.pid` says about a running Postgres, and whether it is still true."""

import os
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Self

import psutil

from civitai_engagement.errors import BadSetup

MOST_PID, MOST_PORT = 2**31 - 1, 65_535


class State(StrEnum):
    """How a data folder is being served."""

    ABSENT = "absent"
    STARTING = "starting"
    READY = "ready"
    STOPPING = "stopping"
    HIDDEN = "hidden"
    """Some process of Postgres holds the folder, but none that we can see and ask."""


@dataclass(frozen=True)
class Postmaster:
    """The first process of a Postgres, as it describes itself in its data folder.

    >>> postmaster = Postmaster.read(Path("home/data"))
    """

    pid: int
    port: int
    socket_folder: str
    state: State

    @classmethod
    def read(cls, data: Path) -> Self | None:
        try:
            return cls.parse(os.fsdecode((data / "postmaster.pid").read_bytes()))
        except FileNotFoundError:
            return None
        except OSError as error:
            hint = "Nobody may stand in its place: move it away."
            raise BadSetup(f"{data / 'postmaster.pid'} cannot be read: {error.strerror}.", hint=hint) from error

    @classmethod
    def parse(cls, text: str) -> Self | None:
        """Read the eight lines of the file, of which a young one has fewer, and a damaged one any."""
        pid, _, _, port, socket_folder, _, _, status = (*text.splitlines(), *[""] * 8)[:8]
        if not _is_number(pid, MOST_PID):
            return None
        where = int(port) if _is_number(port, MOST_PORT) else 0
        return cls(int(pid), where, socket_folder, _STATES.get(status.strip(), State.STARTING))

    def lives_on(self, data: Path) -> bool:
        """Ask whether the pid is still this postmaster, not a zombie nor a stranger with its number."""
        try:
            program, *arguments = psutil.Process(self.pid).cmdline() or [""]
        except psutil.Error:
            return False
        return Path(program).stem == "postgres" and str(data) in arguments


def _is_number(text: str, most: int) -> bool:
    return text.isascii() and text.isdecimal() and len(text) <= len(str(most)) and int(text) <= most


_STATES = {"ready": State.READY, "stopping": State.STOPPING}
