"""How clients reach the embedded Postgres: a private socket, or on Windows loopback with a password."""

import os
import secrets
import socket
import stat
import sys
import tempfile
from pathlib import Path
from typing import Protocol
from urllib.parse import quote

from civitai_engagement.errors import BadSetup
from civitai_engagement.store.embedded.account import Account
from civitai_engagement.store.embedded.postmaster import Postmaster

PREFIX = "civitai-"
LONGEST_TEMP = 70  # a socket's whole path must stay under 104 bytes on macOS, 108 on Linux
USER = DATABASE = "postgres"


class Endpoint(Protocol):
    """One way in: what it asks of `initdb` and of the server, and the URL that leads there."""

    def initdb_options(self) -> list[str]: ...

    def open(self, before: Postmaster | None) -> dict[str, str]:
        """Prepare, and say the server settings that make it listen here; where it did before, if that was cut short."""
        ...

    def url(self, postmaster: Postmaster) -> str: ...

    def close(self, socket_folder: str) -> None:
        """Remove what a server that is gone left behind."""
        ...


class SocketEndpoint:
    """A Unix socket in a fresh private folder; others find it in `postmaster.pid`.

    >>> SocketEndpoint(account).url(postmaster)
    'postgresql://postgres@/postgres?host=/tmp/civitai-x1y2z3&port=5432'
    """

    def __init__(self, account: Account) -> None:
        self._account = account

    def initdb_options(self) -> list[str]:
        return ["--auth-local=trust", "--auth-host=reject"]

    def open(self, before: Postmaster | None) -> dict[str, str]:
        # The same place again after a crash: the other processes' URLs stay true.
        folder = self._emptied(before.socket_folder) if before else None
        folder = folder or self._fresh()
        return {
            "listen_addresses": "",
            "port": "5432",
            "unix_socket_directories": str(folder),
            "unix_socket_permissions": "0700",
        }

    def url(self, postmaster: Postmaster) -> str:
        host = quote(postmaster.socket_folder, safe="/")
        return f"postgresql://{USER}@/{DATABASE}?host={host}&port={postmaster.port}"

    def close(self, socket_folder: str) -> None:
        folder = self._emptied(socket_folder)
        if folder is not None:
            folder.rmdir()

    def _fresh(self) -> Path:
        folder = Path(tempfile.mkdtemp(prefix=PREFIX, dir=self._temp()))
        self._account.own(folder)
        return folder

    def _emptied(self, socket_folder: str) -> Path | None:
        folder = Path(socket_folder)
        if not self._is_ours(folder):
            return None
        for remains in folder.glob(".s.PGSQL.*"):
            remains.unlink(missing_ok=True)
        return folder

    def _is_ours(self, folder: Path) -> bool:
        try:
            facts = folder.lstat()
        except OSError:
            return False
        private = stat.S_ISDIR(facts.st_mode) and stat.S_IMODE(facts.st_mode) == 0o700
        return private and facts.st_uid == self._account.uid and folder.name.startswith(PREFIX)

    def _temp(self) -> Path:
        places = [Path(tempfile.gettempdir()), Path("/tmp")]  # noqa: S108 - a random private folder is made in it
        for place in places:
            if self._suits(place):
                return place
        raise BadSetup(
            f"No temporary folder suits the socket of Postgres: {', '.join(map(str, places))}.",
            hint=f"Set TMPDIR to a short path that the user {self._account.name} can reach, or set DATABASE_URL.",
        )

    def _suits(self, place: Path) -> bool:
        plain = not set(str(place)) & set(',"')
        short = len(os.fsencode(place)) <= LONGEST_TEMP
        return plain and short and place.is_dir() and self._account.reaches(place)


class LoopbackEndpoint:
    """A free port on 127.0.0.1 behind a random password, for systems without private sockets.

    >>> LoopbackEndpoint(home / "password", account).url(postmaster)
    'postgresql://postgres:...@127.0.0.1:49731/postgres'
    """

    def __init__(self, password: Path, account: Account) -> None:
        self._password = password
        self._account = account

    def initdb_options(self) -> list[str]:
        self._password.unlink(missing_ok=True)
        fd = os.open(self._password, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(fd, "w") as file:
            file.write(secrets.token_urlsafe(24))
        self._account.own(self._password)
        return ["--auth=scram-sha-256", f"--pwfile={self._password}"]

    def open(self, before: Postmaster | None) -> dict[str, str]:
        port = _free_port(before.port if before else 0)
        return {"listen_addresses": "127.0.0.1", "port": str(port), "unix_socket_directories": ""}

    def url(self, postmaster: Postmaster) -> str:
        return f"postgresql://{USER}:{self._password.read_text()}@127.0.0.1:{postmaster.port}/{DATABASE}"

    def close(self, socket_folder: str) -> None:
        """Nothing is left behind."""


def door_of_this_machine(home: Path, account: Account) -> Endpoint:
    return LoopbackEndpoint(home / "password", account) if sys.platform == "win32" else SocketEndpoint(account)


def _free_port(wanted: int) -> int:
    try:
        with socket.create_server(("127.0.0.1", wanted)) as probe:
            return int(probe.getsockname()[1])
    except OSError:
        return _free_port(0)
