"""Comments as they are read: texts live in memory for a minute, and nowhere else; authors are counted, not kept."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


@dataclass(frozen=True, slots=True)
class Comment:
    """One comment of a thread, its text without markup."""

    id: int
    created_at: datetime
    reactions: int
    text: str


@dataclass(frozen=True, slots=True)
class CommentThread:
    """The newest comments of one image or post; by so many `authors`, with `hidden` ones more that are not shown."""

    comments: tuple[Comment, ...]
    authors: int
    hidden: int
    is_complete: bool
    as_of: datetime


class Tone(StrEnum):
    """How a comment sounds; `unscored` where nobody can say: another language, no word that is known."""

    POSITIVE = "positive"
    NEUTRAL = "neutral"
    NEGATIVE = "negative"
    UNSCORED = "unscored"


@dataclass(frozen=True, slots=True)
class Scored:
    """The tone of one comment, by which rule, and whether it asks for something."""

    tone: Tone
    rule: str
    is_question: bool
