"""What became of each line of a list, or of each row of an older database."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum


class LineStatus(StrEnum):
    """What became of one line or row."""

    IMPORTED = "imported"
    ALREADY = "already there"
    DUPLICATE = "duplicate"
    SKIPPED = "passed over"
    FAILED = "failed"
    UNTRIED = "not tried"
    WOULD = "would be imported"


@dataclass(frozen=True, slots=True)
class LineOutcome:
    """What became of one line or row: where it stood, what it said, and a remark that says why.

    >>> LineOutcome("line 3", "77", LineStatus.IMPORTED, post_id=77, media=5, new_assets=5)
    """

    where: str
    given: str
    status: LineStatus
    post_id: int | None = None
    media: int | None = None
    new_assets: int | None = None
    remark: str = ""


Tell = Callable[[LineOutcome], None]
