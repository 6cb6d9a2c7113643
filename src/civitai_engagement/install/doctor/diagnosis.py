"""One thing that was looked at, and how it is."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import StrEnum


class Gravity(StrEnum):
    """How bad it is: a fault keeps something from working, a warning may."""

    OK = "ok"
    WARNING = "warning"
    FAULT = "fault"


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """What was looked at, what was seen, and what to do; `mend` does it, where it is safe to do.

    >>> Diagnosis.fault("key", "Civitai does not know the key.", "Make a new one.")
    """

    about: str
    gravity: Gravity
    said: str
    cure: str = ""
    mend: Callable[[], Awaitable[str]] | None = None

    @classmethod
    def good(cls, about: str, said: str) -> "Diagnosis":
        return cls(about, Gravity.OK, said)

    @classmethod
    def warning(cls, about: str, said: str, cure: str, mend: Callable[[], Awaitable[str]] | None = None) -> "Diagnosis":
        return cls(about, Gravity.WARNING, said, cure, mend)

    @classmethod
    def fault(cls, about: str, said: str, cure: str, mend: Callable[[], Awaitable[str]] | None = None) -> "Diagnosis":
        return cls(about, Gravity.FAULT, said, cure, mend)

    @property
    def is_good(self) -> bool:
        return self.gravity is Gravity.OK
