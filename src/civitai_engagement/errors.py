"""Every error of ours, by what the caller can do about it.

EngagementError
├── Retryable            wait, then the same call may work
│   ├── UpstreamDown         Civitai did not answer, or answered with a fault
│   │   ├── UpstreamBusy         it asked for a pause (429, 503)
│   │   └── UpstreamUnbelievable its answer cannot be true (foreign items, sudden zeros)
│   ├── StoreDown            the database is not reachable, or still starting
│   └── Deposed              another process has taken this run over
├── Refused              the same call never works; change it
│   ├── BadInput             what was passed is not what is asked for
│   ├── NotFound             the thing named does not exist, or is hidden
│   ├── UpstreamRefused      Civitai rejects this request
│   └── BadSetup             a port, a folder or a setting of this machine
│       └── ClockWrong           its clock: nothing is written by it
└── Broken               our fault: logged, and it bubbles
"""


class EngagementError(Exception):
    """An error with a sentence for a person and, where there is one, the next step (`hint`)."""

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message} {self.hint}".strip()


class Retryable(EngagementError):
    """Wait, then try again; `retry_after` is in seconds where the other side named them."""

    def __init__(self, message: str, *, hint: str = "", retry_after: float | None = None) -> None:
        super().__init__(message, hint=hint)
        self.retry_after = retry_after


class UpstreamDown(Retryable):
    """Civitai did not answer, or answered with a fault of its own."""


class UpstreamBusy(UpstreamDown):
    """Civitai asked for a pause."""


class UpstreamUnbelievable(UpstreamDown):
    """Civitai answered, but the answer cannot be true."""


class StoreDown(Retryable):
    """The database is not reachable, or still starting."""


class Deposed(Retryable):
    """Another process has taken this run over: nothing more may be written for it from here."""


class Refused(EngagementError):
    """The same call will never work; change it."""


class BadInput(Refused):
    """What was passed is not what is asked for."""


class NotFound(Refused):
    """The thing named does not exist, or is hidden."""


class UpstreamRefused(Refused):
    """Civitai rejects this request whatever the time; `status` is its HTTP status."""

    def __init__(self, message: str, *, status: int, hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.status = status


class BadSetup(Refused):
    """A port, a folder or a setting of this machine does not allow it."""


class ClockWrong(BadSetup):
    """The clock of this machine is more than an hour from Civitai's: nothing is written by it."""


class Broken(EngagementError):
    """Our own mistake."""
