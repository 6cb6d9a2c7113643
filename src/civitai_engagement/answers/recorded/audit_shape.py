"""What an audit tells of the recorded posts."""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from pydantic import BaseModel

from civitai_engagement.answers.answer import Answer, row

NEWEST, MOST_NAMED = 10, 50  # compared with Civitai, unless it is said how many
MOST_TOLD = 10  # ids of what is not recorded
GROWING = timedelta(days=7)
FORGOTTEN = timedelta(days=30)
LATE = timedelta(days=2)  # twice the longest time between two looks at what is recorded


class AuditKind(StrEnum):
    """What an audit finds, what wants attention first."""

    GONE = "gone"
    PARTLY_GONE = "partly gone"
    RE_RATED = "re-rated"
    MORE_MEDIA = "with media not recorded"
    UNOBSERVED = "never observed"
    NOT_LATELY = "not observed lately"
    GROWING = "growing"
    FORGOTTEN = "forgotten"


class AuditedPost(BaseModel):
    """One post with what was found of it. `stored` and `live` are reactions and comments; null: unknown, not looked.

    `gain_7d` is null unless it was observed all week (or since it came out); `remark` tells what was seen of it.
    """

    post_id: str
    creator: str | None
    kinds: list[AuditKind]
    stored: int | None
    live: int | None
    gain_7d: int | None
    observed_at: str | None
    remark: str | None


class LibraryAudit(Answer):
    """Posts something was found of; `found` counts them by kind. `checked` were compared with Civitai now."""

    recorded: int
    checked: int
    found: dict[str, int]
    posts: list[AuditedPost]
    left_out: int

    def _lines(self) -> list[str]:
        head = "post|creator|found|stored|live|gain 7 d|observed|remark"
        left = [f"({self.left_out} more posts: ask with a larger limit)"] if self.left_out else []
        return [*([head] if self.posts else []), *map(_line, self.posts), *left]


def _line(one: AuditedPost) -> str:
    live = "-" if one.live is None else one.live
    found = ", ".join(one.kinds)
    return row(one.post_id, one.creator, found, one.stored, live, one.gain_7d, one.observed_at, one.remark or "")


@dataclass(frozen=True, slots=True)
class AuditOptions:
    """What is to be audited: these posts (None: all), the first `checks` of them against Civitai; `limit` rows."""

    posts: tuple[int, ...] | None = None
    checks: int | None = None
    limit: int = 40

    @property
    def compared(self) -> int:
        """How many are compared with Civitai; what was named is meant to be looked at."""
        if self.checks is not None:
            return self.checks
        return NEWEST if self.posts is None else MOST_NAMED
