"""One file that is to change: shown as a diff, written whole or not at all, the file before kept."""

import os
import re
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from difflib import unified_diff
from pathlib import Path
from stat import S_IMODE

from civitai_engagement.errors import BadSetup
from civitai_engagement.log import MASK, scrub

PRIVATE = 0o600
_NAMED = r"[\w.-]*(?:key|token|secret|passw|auth|cookie|credential|webhook|database_url)[\w.-]*"
_SECRETS = (
    re.compile(rf'(?i)("{_NAMED}"\s*:\s*)"(?:[^"\\]|\\.)+"'),  # in JSON
    re.compile(rf"(?i)^([+ -]?\s*(?:export\s+)?{_NAMED}\s*=).+"),  # in .env
)


@dataclass(frozen=True, slots=True)
class FileChange:
    """What a file holds (None: it is not there) and what it is to hold.

    >>> print(FileChange(file, "a\\n", "b\\n").diff())
    """

    file: Path
    before: str | None
    after: str
    is_private: bool = False

    @property
    def is_none(self) -> bool:
        return (self.before or "") == self.after

    def diff(self) -> str:
        """Show what changes, without what looks like a secret: files of clients hold those of other servers, too."""
        before = (self.before or "").splitlines()
        name = str(self.file)
        lines = unified_diff(
            before, self.after.splitlines(), name if self.before else "/dev/null", name, lineterm="", n=2
        )
        return "\n".join(_masked(line) for line in lines)

    def write(self) -> None:
        """Write the file.

        Raises:
            BadSetup: It cannot be written; it is then as it was.
        """
        write_whole(self.file, self.after, mode=PRIVATE if self.is_private else None)


def _masked(line: str) -> str:
    for pattern in _SECRETS:
        line = pattern.sub(rf"\g<1>{MASK}", line)
    return scrub(line)


def write_whole(file: Path, text: str | bytes, *, mode: int | None = None) -> None:
    """Put a text in the place of a file in one step, where a link leads; it keeps its mode unless one is named.

    Raises:
        BadSetup: It cannot be written.
    """
    target = file.resolve()
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        kept = S_IMODE(target.stat().st_mode) if target.exists() else PRIVATE
        _replace(target, text.encode() if isinstance(text, str) else text, kept if mode is None else mode)
    except OSError as error:
        raise BadSetup(f"{file} cannot be written: {error.strerror}.", hint="Make it yours, or its folder.") from error


def _replace(target: Path, text: bytes, mode: int) -> None:
    fd, draft = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
    try:
        with os.fdopen(fd, "wb") as file:
            file.write(text)
            os.fsync(fd)
        Path(draft).chmod(mode)
        Path(draft).replace(target)
    except BaseException:
        with suppress(OSError):
            Path(draft).unlink()
        raise
