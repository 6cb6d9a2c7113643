"""What every answer is: one sentence complete alone, its time, its doubts, and a text a line a row."""

import re
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import overload

from pydantic import BaseModel, Field

TEXT_BYTES = 20_000  # 5,000 tokens at four bytes a token
CELL_LIMIT = 500
# Unseen, or turning the text round: control characters, halves of characters, and what Unicode lists as ignorable by
# default (DerivedCoreProperties), which can spell hidden words; and what is no character at all. What joins letters and
# emoji stays, once where it stands between two: after a selector at most, as in a flag of several colours.
_NONE = (*range(0xFDD0, 0xFDF0), *(plane | end for plane in range(0, 0x110000, 0x10000) for end in (0xFFFE, 0xFFFF)))
_CONTROLS = (*range(32), *range(127, 160), *range(0xD800, 0xE000), *range(0xFFF0, 0xFFFC), *_NONE)
_FILLERS = (0xAD, 0x34F, 0x61C, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x2800, 0x3164, 0xFFA0, *range(0x180B, 0x1810))
_DIRECTIONS = (0x200B, 0x200E, 0x200F, 0xFEFF, *range(0x202A, 0x202F), *range(0x2060, 0x2070))
_SELECTORS = (*range(0xFE00, 0xFE0E), *range(0x1BCA0, 0x1BCA4), *range(0x1D173, 0x1D17B), *range(0xE0000, 0xE1000))
_SPACES = dict.fromkeys((0x0A, 0x09, 0x0D, 0x2028, 0x2029), " ")
_SELECTORS_SEEN, _JOINERS = "\ufe0e\ufe0f", "\u200c\u200d"
_JOINT = re.compile(rf"[{_SELECTORS_SEEN}{_JOINERS}]{{2,}}|(?<!\S)[{_SELECTORS_SEEN}{_JOINERS}]+")
_CONTROL = dict.fromkeys((*_CONTROLS, *_FILLERS, *_DIRECTIONS, *_SELECTORS)) | _SPACES


class Answer(BaseModel):
    """The head of every answer.

    `summary` says all that matters in one sentence; `as_of` is the instant (UTC) the oldest number in it was true.
    """

    summary: str
    as_of: str | None = None
    notes: list[str] = Field(default_factory=list)

    def as_text(self) -> str:
        """Say the whole answer in plain text, within `TEXT_BYTES`; what does not fit is counted."""
        notes = [f"note: {note}" for note in self.notes]
        lines = self._lines()
        kept = fit(lines, TEXT_BYTES - len("\n".join([self.summary, *notes]).encode()) - 80)
        left = len(lines) - len(kept)
        cut = [f"({left} more lines do not fit: ask with a smaller limit)"] if left else []
        return "\n".join([self.summary, *kept, *cut, *notes])

    def pictures(self) -> Sequence[bytes]:
        """Give the PNG images that go beside the text, which is complete without them."""
        return ()

    def _lines(self) -> list[str]:
        return []


@overload
def utc(instant: datetime) -> str: ...
@overload
def utc(instant: datetime | None) -> str | None: ...
def utc(instant: datetime | None) -> str | None:
    """Write an instant as 2026-11-21T09:00:00Z."""
    if instant is None:
        return None
    there = instant if instant.tzinfo is UTC else instant.astimezone(UTC)
    return f"{there.isoformat('T', 'seconds')[:19]}Z"


def spoken(instant: datetime) -> str:
    """Write an instant for a sentence: 2026-11-21 09:00 UTC."""
    return instant.astimezone(UTC).strftime("%Y-%m-%d %H:%M UTC")


def oldest(instants: Iterable[datetime | None]) -> datetime | None:
    return min((instant for instant in instants if instant is not None), default=None)


@overload
def clean(text: str, limit: int) -> str: ...
@overload
def clean(text: str | None, limit: int) -> str | None: ...
def clean(text: str | None, limit: int) -> str | None:
    """Prepare a stranger's words: control characters out, white space folded, cut at `limit` characters with an …."""
    if text is None:
        return None
    seen = text if text.isascii() and text.isprintable() else _JOINT.sub(_joint, text.translate(_CONTROL))
    folded = " ".join(seen.split())
    return folded if len(folded) <= limit else folded[: limit - 1] + "…"


def _joint(found: re.Match[str]) -> str:
    """Keep of a run of what joins one selector and one joiner, and nothing where a word begins."""
    run, before = found[0], found.string[max(found.start() - 1, 0) : found.start()]
    if not before or before.isspace():
        return ""
    selector = run[0] if run[0] in _SELECTORS_SEEN else ""
    return selector + next((one for one in run if one in _JOINERS), "")


def shown(value: object) -> str:
    """Write a value as a cell of a row: unknown is `?`; what could end the cell or the row is taken out of text."""
    if not isinstance(value, str):
        return "?" if value is None else str(value)
    if value.isalnum() and len(value) <= CELL_LIMIT:  # most cells: ids, kinds, sizes
        return value
    return clean(value, CELL_LIMIT).replace("|", "/")


def row(*values: object) -> str:
    return "|".join(map(shown, values))


def fit(lines: Iterable[str], budget: int) -> list[str]:
    """Give the leading lines that fit into `budget` bytes."""
    kept: list[str] = []
    for line in lines:
        budget -= len(line.encode()) + 1
        if budget < 0:
            break
        kept.append(line)
    return kept


@overload
def three_figures(value: float) -> float: ...
@overload
def three_figures(value: float | None) -> float | None: ...
def three_figures(value: float | None) -> float | None:
    """Round an estimate to three figures, and not into the whole ones: more would be more than is known."""
    if value is None:
        return None
    return float(round(value)) if abs(value) >= 1_000 else float(f"{value:.3g}")


def figures(value: float) -> str:
    """Write an estimate in three figures, never as a power of ten: 0.0571, 3.2, 128, 30,100.

    >>> figures(3.208), figures(30_149.6)
    ('3.21', '30,150')
    """
    return f"{value:,.0f}" if abs(value) >= 999.5 else f"{three_figures(value):g}"


def count(number: int, thing: str, things: str = "") -> str:
    """Write 1 image, 2,000 images."""
    return f"{number:,} {thing if number == 1 else things or thing + 's'}"


def engagement(total: float) -> str:
    """Write 1 reaction or comment, 2,000 reactions and comments."""
    return f"{total:,.0f} {'reaction or comment' if round(total) == 1 else 'reactions and comments'}"


def more(number: int) -> str:
    """Write 5 more, 5 fewer."""
    return f"{abs(number):,} {'more' if number >= 0 else 'fewer'}"


def every(number: int) -> str:
    """Write both, all 3."""
    return "both" if number == 2 else f"all {number:,}"


def times(ratio: float, than: str) -> str:
    """Write 2.5 times the typical; of a ratio that is told as 1: as much as the typical.

    >>> times(2.5, "the typical"), times(1.001, "the typical")
    ('2.5 times the typical', 'as much as the typical')
    """
    told = figures(ratio)
    return f"as much as {than}" if told == "1" else f"{told} times {than}"
