"""Small protocols by which rooms on one floor reach each other without knowing each other."""

from enum import StrEnum
from typing import Protocol


class Lane(StrEnum):
    """Who is waiting for a request to Civitai: somebody at a keyboard, or a background job."""

    LIVE = "live"
    BULK = "bulk"


class Budget(Protocol):
    """The right to send requests to Civitai, one at a time."""

    async def take(self, lane: Lane) -> None:
        """Return when the next request may go out; live callers go before bulk ones."""
        ...
